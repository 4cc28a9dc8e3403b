use crate::rules::case::{same_run, same_writer};
use crate::rules::pattern::instances::{self, Change, is_end_of, own_service};
use crate::rules::pattern::writer_failed::is_deselected;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Confidence, Event, Method, Participation, Severity, Timestamp, What, Writer, WriterRun};

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
    /// The requester read the state of some writers only, or stopped reading at one that had failed; the end of the VSS
    /// service itself, which has a rule of its own. A writer of which the requester added no component is shown as
    /// information.
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

/// What tells that a writer is gone.
struct Loss<'t> {
    writer: &'t Writer,
    text: String,
    at: Timestamp,
    confidence: Confidence,
    events: Vec<usize>,
}

impl Rule for WriterDisappeared {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let lists = lists(case, operation);
            let mut told: Vec<Writer> = Vec::new();
            let losses = from_lists(&lists).into_iter().chain(new_instances(case, operation));
            for loss in losses {
                let name = operation.writer_name(loss.writer);
                if told.iter().any(|known| same_class(known, loss.writer)) {
                    continue;
                }
                told.push(loss.writer.clone());
                let label = name.clone().unwrap_or_else(|| "A writer".to_owned());
                findings.add(
                    self.draft(operation, loss.writer)
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
    fn draft(&self, operation: &Operation<'_>, writer: &Writer) -> Draft {
        let deselected = is_deselected(operation, writer);
        Draft::of(self.info(), operation)
            .severity(if deselected { Severity::Info } else { Severity::Error })
            .remedy("Find out why the process of the writer ended or was restarted, and repeat the backup with a new instance.")
    }

    /// The service that hosts a writer ended between the writer's first event and the end of the session.
    fn stopped_services(
        &self,
        case: &Case<'_>,
        operation: &Operation<'_>,
        told: &[Writer],
        findings: &mut Findings,
    ) {
        let runs: Vec<&WriterRun> = operation.sets.iter().flat_map(|set| &set.writers).collect();
        let mut named: Vec<&str> = Vec::new();
        for run in runs.into_iter().filter(|run| run.participation == Participation::Involved) {
            let known = told.iter().any(|writer| same_run(run, writer)) || named.contains(&run.name.as_str());
            let first = run.phases.iter().find_map(|phase| phase.started.or(phase.ended));
            let (Some(first), Some(service), false) = (first, own_service(run.class_id, &run.name), known)
            else {
                continue;
            };
            let end = operation.session.and_then(|session| session.ended).unwrap_or(operation.ended);
            let stop =
                case.between(operation.host(), first, end).find(|(_, event)| is_end_of(event, service));
            let Some((index, event)) = stop else { continue };
            let Some(seen) = run.phases.iter().flat_map(|phase| &phase.events).next() else { continue };
            named.push(&run.name);
            let writer = case.event(*seen).and_then(|event| event.writer.as_ref());
            let draft = match writer {
                Some(writer) => self.draft(operation, writer),
                None => Draft::of(self.info(), operation),
            };
            findings.add(
                draft
                    .writer(Some(&run.name))
                    .confidence(Confidence::Strong)
                    .at(event.time)
                    .detail(format!(
                        "{} lives in the service {service}, which ended at {}, while the session went on.",
                        run.name,
                        words::iso(event.time)
                    ))
                    .evidence([*seen, index]),
            );
        }
    }
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
fn from_lists<'t>(lists: &[List<'t>]) -> Vec<Loss<'t>> {
    let mut losses = Vec::new();
    for pair in lists.windows(2) {
        let [before, after] = pair else { continue };
        let Some(&(first, read, _)) = after.first() else { continue };
        let is_in =
            |list: &List<'_>, writer: &Writer| list.iter().any(|(.., other)| same_writer(other, writer));
        // A requester that reads the state of chosen writers only has shorter lists; the one that reads all of them
        // reads all others again.
        let missing: Vec<_> = before.iter().filter(|(.., writer)| !is_in(after, writer)).collect();
        let [(index, _, writer)] = missing[..] else { continue };
        if before.len() < 2 {
            continue;
        }
        losses.push(Loss {
            writer,
            text: format!(
                "is missing from the status of the writers that was read at {}",
                words::iso(read.time)
            ),
            at: read.time,
            confidence: Confidence::Strong,
            events: vec![*index, first],
        });
    }
    losses
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
    use vsscope_model::{Callback, Guid, ServiceState, WriterState};

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
            for (n, instance) in instances.iter().enumerate() {
                lab.callback(7.0 + n as f64, "SqlServerWriter", Callback::BackupComplete, true);
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
