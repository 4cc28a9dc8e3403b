use crate::rules::case::{of_run, same_writer};
use crate::rules::pattern::instances::{self, Change, is_end_of, own_service};
use crate::rules::pattern::writer_failed::is_deselected;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use vsscope_model::{
    Callback, Confidence, Event, Method, Participation, ServiceState, Severity, Timestamp, What, Writer,
    WriterRun,
};

rule! {
    /// # What it flags
    /// A writer that was part of a session is gone before the session ends: it is missing from a later list of the
    /// writers' status, its class shows another instance id, or the service that hosts it stopped or crashed.
    /// # Why it matters
    /// A restarted writer has a new instance id and gets no more events of the session: its application was not frozen, or
    /// is never told that the backup is complete.
    /// # Evidence needed
    /// A trace with the states that the requester read, or with the writers' events and their instance ids, or the records
    /// of the service control manager in the System log beside a timeline of the writer.
    /// # When it is silent
    /// The requester read the state of some writers only: a list lacks several writers that share no service or process, or
    /// more than half of the earlier one, or only writers whose components were not added while it has the others. It stopped
    /// reading at a writer that had failed. The end of the VSS service itself, which has a rule of its own. The service ended
    /// after the BackupComplete of its writer: the session had nothing more to tell it.
    ///
    /// A writer of which the requester added no component is shown as information. Where the requester selects no
    /// components, idle services come and go: an orderly stop (7036 alone) is a warning before the PostSnapshot of the
    /// writer and an information after it; a crash is an error before it and a warning after it, as BackupComplete does not
    /// reach the writer.
    /// # What to do
    /// Find out why the service ended (service control manager 7031, 7034, 7036, Application Error 1000), and repeat the
    /// backup with a new instance.
    /// # References
    /// Microsoft: Stopping Services for Restore by Requesters; Determining Writer Status; VSS glossary (writer instance).
    pub struct WriterDisappeared {
        id: "writer-disappeared",
        title: "Writer gone before the session ended",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// Two records of the end of a service that are this close together are of one end.
const SAME_END: TimeDelta = TimeDelta::seconds(5);

/// What tells that a writer is gone.
struct Loss<'t> {
    writer: &'t Writer,
    text: String,
    at: Timestamp,
    confidence: Confidence,
    events: Vec<usize>,
}

impl Loss<'_> {
    /// The record of the end of the writer's service behind it.
    fn service_end(&self, case: &Case<'_>, operation: &Operation<'_>) -> Option<(usize, Timestamp)> {
        let last = *self.events.first()?;
        service_end(case, operation, service_of(self.writer)?, last).filter(|(_, at)| *at <= self.at)
    }
}

impl Rule for WriterDisappeared {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let lists = lists(case, operation);
            let mut told: Vec<Writer> = Vec::new();
            // Another instance says more than a list without the first one.
            let lost = new_instances(case, operation);
            let losses = lost.into_iter().chain(from_lists(case, operation, &lists));
            for loss in losses {
                let name = operation.writer_name(loss.writer);
                if told.iter().any(|known| same_class(known, loss.writer)) {
                    continue;
                }
                told.push(loss.writer.clone());
                let Some(severity) = weight(case, operation, loss.writer, loss.service_end(case, operation))
                else {
                    continue;
                };
                let label = name.clone().unwrap_or_else(|| "A writer".to_owned());
                findings.add(
                    self.draft(operation, severity)
                        .writer(name.as_deref())
                        .confidence(loss.confidence)
                        .at(loss.at)
                        .detail(format!("{label} {}.", loss.text))
                        .evidence(loss.events),
                );
            }
            self.stopped_services(case, operation, &told, findings);
        }
    }
}

impl WriterDisappeared {
    fn draft(&self, operation: &Operation<'_>, severity: Severity) -> Draft {
        Draft::of(self.info(), operation).severity(severity).remedy(
            "Find out why the process of the writer ended or was restarted, and repeat the backup with a new instance.",
        )
    }

    /// The service that hosts a writer ended between the writer's first event and the end of the session.
    fn stopped_services(
        &self,
        case: &Case<'_>,
        operation: &Operation<'_>,
        told: &[Writer],
        findings: &mut Findings,
    ) {
        let mut named: Vec<Writer> = told.to_vec();
        for (writer, seen) in parts(case, operation) {
            if named.iter().any(|known| same_class(known, &writer)) {
                continue;
            }
            let Some(service) = service_of(&writer) else { continue };
            let Some((index, at)) = service_end(case, operation, service, seen) else { continue };
            let Some(severity) = weight(case, operation, &writer, Some((index, at))) else { continue };
            let name = operation.writer_name(&writer).unwrap_or_else(|| "A writer".to_owned());
            findings.add(
                self.draft(operation, severity)
                    .writer(Some(&name))
                    .confidence(Confidence::Strong)
                    .at(at)
                    .detail(format!(
                        "{name} lives in the service {service}, which ended at {}, while the session went on.",
                        words::iso(at)
                    ))
                    .evidence([seen, index]),
            );
            named.push(writer);
        }
    }
}

/// How much the loss of a writer matters, with the end of its service where there is a record of it; nothing if the writer
/// had been told that the backup is complete.
fn weight(
    case: &Case<'_>,
    operation: &Operation<'_>,
    writer: &Writer,
    ended: Option<(usize, Timestamp)>,
) -> Option<Severity> {
    let deselected = is_deselected(operation, writer);
    let unknown = if deselected { Severity::Info } else { Severity::Error };
    let Some((index, at)) = ended else { return Some(unknown) };
    let stage = stage(case, operation, writer, at);
    let selects = operation.is_by_components();
    match (stage, is_crash(case, operation, writer, index)) {
        (Stage::Complete, _) => None,
        _ if selects || deselected => Some(unknown),
        (Stage::Creation, true) => Some(Severity::Error),
        (Stage::Creation, false) | (Stage::Copied, true) => Some(Severity::Warning),
        (Stage::Copied, false) => Some(Severity::Info),
    }
}

/// How far a session had come with a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its part in a snapshot set was to come, or under way.
    Creation,
    /// It had its PostSnapshot.
    Copied,
    /// It had its BackupComplete.
    Complete,
}

fn stage(case: &Case<'_>, operation: &Operation<'_>, writer: &Writer, at: Timestamp) -> Stage {
    let works = |method: &Method| matches!(method, Method::PrepareForBackup | Method::DoSnapshotSet);
    let again = operation.calls().iter().any(|call| works(&call.method) && call.started > at);
    if !again && has_got(case, operation, writer, &Callback::BackupComplete, at) {
        Stage::Complete
    } else if !again && has_got(case, operation, writer, &Callback::PostSnapshot, at) {
        Stage::Copied
    } else {
        Stage::Creation
    }
}

/// Whether a writer had got a callback by an instant. Where the evidence has that callback of no writer, the end of the call
/// that sends it tells.
fn has_got(
    case: &Case<'_>,
    operation: &Operation<'_>,
    writer: &Writer,
    callback: &Callback,
    at: Timestamp,
) -> bool {
    let sent = operation.iter(case.timeline).filter(
        |(_, event)| matches!(&event.what, What::Callback { callback: sent, .. } if sent == callback),
    );
    let mut sent = sent.map(|(_, event)| event).peekable();
    if sent.peek().is_none() {
        let method = if *callback == Callback::BackupComplete {
            Method::BackupComplete
        } else {
            Method::DoSnapshotSet
        };
        return operation
            .calls_of(&method)
            .any(|call| call.finished && call.ok() && call.ended.is_some_and(|ended| ended <= at));
    }
    sent.any(|event| event.time <= at && event.writer.as_ref().is_some_and(|other| same_class(other, writer)))
}

/// Whether the service of a writer crashed: its end is one by its record, or by another one of the same end.
fn is_crash(case: &Case<'_>, operation: &Operation<'_>, writer: &Writer, index: usize) -> bool {
    let Some((event, service)) = case.event(index).zip(service_of(writer)) else { return false };
    let crashed = |event: &Event| {
        is_end_of(event, service) && matches!(&event.what, What::Service { state: ServiceState::Crashed, .. })
    };
    let mut near = case.telling_between(operation.host(), event.time - SAME_END, event.time + SAME_END);
    crashed(event) || near.any(|(_, event)| crashed(event))
}

/// The writers that had a part in a session, each with its first event: those that took part in a set, and those that gave
/// their metadata to a session that then let writers work.
fn parts(case: &Case<'_>, operation: &Operation<'_>) -> Vec<(Writer, usize)> {
    let works = |method: &Method| matches!(method, Method::PrepareForBackup | Method::DoSnapshotSet);
    let worked = operation.calls().iter().any(|call| works(&call.method));
    let mut parts: Vec<(Writer, usize)> = Vec::new();
    for (index, event) in operation.iter(case.timeline).filter(|_| worked) {
        let Some(writer) = &event.writer else { continue };
        let gave = match &event.what {
            What::Callback { callback, .. } => *callback == Callback::Identify,
            What::Call { method, .. } => *method == Method::GetWriterMetadata,
            _ => false,
        };
        // A writer that the requester switched off has a run that says so.
        let mut runs = operation.sets.iter().flat_map(|set| &set.writers);
        let excluded =
            runs.any(|run| run.participation == Participation::Excluded && same_class(&of_run(run), writer));
        if gave && !excluded && !parts.iter().any(|(known, _)| same_class(known, writer)) {
            parts.push((writer.clone(), index));
        }
    }
    for run in operation.sets.iter().flat_map(|set| &set.writers) {
        let involved = run.participation == Participation::Involved;
        let first = run.phases.iter().flat_map(|phase| &phase.events).next();
        let Some(&first) = first.filter(|_| involved) else { continue };
        let writer = case.event(first).and_then(|event| event.writer.clone()).unwrap_or_else(|| of_run(run));
        if !parts.iter().any(|(known, _)| same_class(known, &writer)) {
            parts.push((writer, first));
        }
    }
    parts
}

/// Key name of the service that hosts a writer; nothing for those that live in the VSS service itself.
fn service_of(writer: &Writer) -> Option<&'static str> {
    own_service(writer.class_id, writer.name.as_deref().unwrap_or_default())
}

/// The record of the end of a service after an event of a session, before the session's end.
fn service_end(
    case: &Case<'_>,
    operation: &Operation<'_>,
    service: &str,
    from: usize,
) -> Option<(usize, Timestamp)> {
    let from = case.event(from)?.time;
    let end = operation.session.and_then(|session| session.ended).unwrap_or(operation.ended);
    let mut events = case.telling_between(operation.host(), from, end);
    events.find(|(_, event)| is_end_of(event, service)).map(|(index, event)| (index, event.time))
}

/// Whether a writer of a set got another instance, or lost its service, before the session ended.
pub(super) fn is_gone(case: &Case<'_>, operation: &Operation<'_>, run: &WriterRun) -> bool {
    let writer = of_run(run);
    let first = run.phases.iter().flat_map(|phase| &phase.events).next();
    let stopped = service_of(&writer)
        .zip(first)
        .is_some_and(|(service, &first)| service_end(case, operation, service, first).is_some());
    stopped || new_instances(case, operation).iter().any(|loss| same_class(loss.writer, &writer))
}

/// Whether two writers are of one class, whatever their instances.
pub(super) fn same_class(a: &Writer, b: &Writer) -> bool {
    match (a.class_id, b.class_id) {
        (Some(a), Some(b)) => a == b,
        _ => same_writer(a, b),
    }
}

/// One list of states that the requester read.
type List<'t> = Vec<(usize, &'t Event, &'t Writer)>;

/// The lists that the requester read to their end: each follows a GatherWriterStatus, and the last state of each is no
/// failure, at which a requester may stop reading.
fn lists<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<List<'t>> {
    if !case.sees_every_call(operation) {
        return Vec::new();
    }
    let gathers =
        operation.calls_of(&Method::GatherWriterStatus).filter_map(|call| call.events.first().copied());
    let mut bounds: Vec<usize> = gathers.collect();
    bounds.push(usize::MAX);
    let list = |pair: &[usize]| -> List<'t> {
        let within = operation.iter(case.timeline).filter(|(index, _)| pair[0] < *index && *index < pair[1]);
        let states = within.filter(|(_, event)| matches!(event.what, What::WriterStatus { .. }));
        states.filter_map(|(index, event)| Some((index, event, event.writer.as_ref()?))).collect()
    };
    let ends_well = |list: &List<'_>| {
        list.last().is_some_and(|(_, event, _)| {
            matches!(&event.what, What::WriterStatus { state, failure }
                if state.failed_at().is_none() && failure.is_none_or(|code| !code.is_failure()))
        })
    };
    bounds.windows(2).map(list).filter(ends_well).collect()
}

/// Writers of an earlier list that a later one does not have, though it has others of the earlier one.
fn from_lists<'t>(case: &Case<'_>, operation: &Operation<'_>, lists: &[List<'t>]) -> Vec<Loss<'t>> {
    let mut losses = Vec::new();
    for pair in lists.windows(2) {
        let [before, after] = pair else { continue };
        let Some(&(first, read, _)) = after.first() else { continue };
        let is_in =
            |list: &List<'_>, writer: &Writer| list.iter().any(|(.., other)| same_writer(other, writer));
        let missing: Vec<_> = before.iter().filter(|(.., writer)| !is_in(after, writer)).copied().collect();
        if is_choice(case, operation, before, after, &missing) {
            continue;
        }
        losses.extend(missing.into_iter().map(|(index, _, writer)| Loss {
            writer,
            text: format!(
                "is missing from the status of the writers that was read at {}",
                words::iso(read.time)
            ),
            at: read.time,
            confidence: Confidence::Strong,
            events: vec![index, first],
        }));
    }
    losses
}

/// Whether a list may lack writers of an earlier one because the requester read the states of some writers only. The one
/// that reads all of them reads all others again; writers that go together go with what hosts them.
fn is_choice(
    case: &Case<'_>,
    operation: &Operation<'_>,
    before: &List<'_>,
    after: &List<'_>,
    missing: &List<'_>,
) -> bool {
    let deselected = |list: &List<'_>| list.iter().filter(|(.., w)| is_deselected(operation, w)).count();
    let own_only = deselected(after) == 0 && deselected(missing) == missing.len();
    let few = missing.len() == 1 && before.len() > 1;
    let together = missing.len() * 2 <= before.len() && share_a_host(case, operation, missing);
    own_only || !(few || together)
}

/// Whether writers live in one service by what is known of them, or in one process by their own events.
fn share_a_host(case: &Case<'_>, operation: &Operation<'_>, list: &List<'_>) -> bool {
    let same = |hosts: BTreeSet<Option<String>>| hosts.len() == 1 && !hosts.contains(&None);
    let services = list.iter().map(|(.., writer)| service_of(writer).map(str::to_lowercase)).collect();
    let process = |writer: &Writer| {
        let mut events = operation.iter(case.timeline);
        events.find_map(|(_, event)| {
            let own = matches!(event.what, What::Callback { .. } | What::WriterState { .. });
            let of_writer = event.writer.as_ref().is_some_and(|other| same_writer(other, writer));
            event.process.pid.filter(|_| own && of_writer).map(|pid| pid.to_string())
        })
    };
    same(services) || same(list.iter().map(|(.., writer)| process(writer)).collect())
}

/// Classes whose one instance gave way to another one within the session.
fn new_instances<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<Loss<'t>> {
    let loss = |change: &Change<'t>| {
        let event = case.event(change.first)?;
        Some(Loss {
            writer: change.writer,
            text: format!("has another instance id from {} on", words::iso(event.time)),
            at: event.time,
            confidence: Confidence::Exact,
            events: vec![change.last, change.first],
        })
    };
    instances::changes(case, operation).iter().filter_map(loss).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::writers;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::Guid;
    use vsscope_model::{Callback, WriterState};

    const ID: &str = "writer-disappeared";

    fn read(lab: &mut Lab, at: f64, writers: &[&str]) {
        lab.call(at, Method::GatherWriterStatus);
        for (n, name) in writers.iter().enumerate() {
            lab.status(at + 0.01 * (n + 1) as f64, name, WriterState::STABLE, None);
        }
    }

    #[test]
    fn a_writer_that_a_later_list_lacks_is_gone() {
        let mut lab = Lab::backup();
        read(&mut lab, 7.0, &["SqlServerWriter", "System Writer", "Registry Writer"]);
        read(&mut lab, 9.0, &["System Writer", "Registry Writer"]);
        assert_eq!(find(&lab.run(), ID).writer.as_deref(), Some("SqlServerWriter"));
    }

    #[test]
    fn the_same_list_twice_is_silent() {
        let mut lab = Lab::backup();
        read(&mut lab, 7.0, &["SqlServerWriter", "System Writer"]);
        read(&mut lab, 9.0, &["System Writer", "SqlServerWriter"]);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_list_of_chosen_writers_is_silent() {
        let mut lab = Lab::backup();
        read(&mut lab, 7.0, &["SqlServerWriter", "System Writer", "Registry Writer"]);
        read(&mut lab, 9.0, &["System Writer"]);
        assert_silent(&lab, ID);
    }

    #[test]
    fn another_instance_of_a_class_is_a_restart_if_the_first_is_gone() {
        let with = |instances: &[u128]| {
            let mut lab = Lab::backup();
            let callbacks = [Callback::PostSnapshot, Callback::BackupComplete, Callback::BackupShutdown];
            for (n, (instance, callback)) in instances.iter().zip(callbacks).enumerate() {
                lab.callback(7.0 + n as f64, "SqlServerWriter", callback, true);
                for event in lab.timeline.events.iter_mut().filter(|e| e.writer.is_some()) {
                    let writer = event.writer.as_mut().expect("a writer");
                    writer.class_id = Some(writers::SQL_SERVER);
                    writer.instance_id = writer.instance_id.or(Some(Guid::from_bits(*instance)));
                }
            }
            lab
        };
        assert_fires(&with(&[1, 2]), ID);
        assert_silent(&with(&[1, 1]), ID);
        assert_silent(&with(&[1, 2, 1]), ID);
    }

    #[test]
    fn one_of_three_instances_gives_way_to_another() {
        let with = |last: &[u128]| {
            let mut lab = Lab::backup();
            let rounds =
                [(7.0, Callback::PostSnapshot, &[1, 2, 3][..]), (8.0, Callback::BackupComplete, last)];
            for (at, callback, instances) in rounds {
                for (n, instance) in instances.iter().enumerate() {
                    lab.callback(at + 0.1 * n as f64, "SqlServerWriter", callback.clone(), true);
                    let writer = lab.timeline.events.last_mut().and_then(|event| event.writer.as_mut());
                    let writer = writer.expect("a writer");
                    writer.class_id = Some(writers::SQL_SERVER);
                    writer.instance_id = Some(Guid::from_bits(*instance));
                }
            }
            lab
        };
        assert_fires(&with(&[2, 3, 4]), ID);
        assert_silent(&with(&[3, 2, 1]), ID);
        assert_silent(&with(&[1, 2, 3, 4]), ID);
    }

    #[test]
    fn writers_of_one_service_go_together() {
        let all =
            ["System Writer", "Registry Writer", "Cluster Database", "Cluster Shared Volume VSS Writer"];
        let with = |left: &[&str]| {
            let mut lab = Lab::backup();
            read(&mut lab, 7.0, &all);
            read(&mut lab, 9.0, left);
            lab
        };
        assert_fires(&with(&all[..2]), ID);
        assert_silent(&with(&[all[0], all[2]]), ID);
        assert_silent(&with(&all[..1]), ID);
    }

    #[test]
    fn the_end_of_the_hosting_service_counts_while_the_session_goes_on() {
        let mut lab = Lab::backup();
        lab.freeze("SqlServerWriter", 7.0, 8.0, Callback::Thaw);
        let stopped = |service: &str| What::Service { service: service.into(), state: ServiceState::Crashed };
        let mut other = Lab::backup();
        other.freeze("SqlServerWriter", 7.0, 8.0, Callback::Thaw);
        lab.event(9.0, stopped("sqlwriter"));
        other.event(9.0, stopped("spooler"));
        for lab in [&mut lab, &mut other] {
            lab.call(12.0, Method::BackupComplete);
        }
        assert_fires(&lab, ID);
        assert_silent(&other, ID);
    }
}
