//! A writer failed at a callback: by its status, by its own answer, by the state that it set, or by VSS 8229.

use crate::knowledge::writers;
use crate::rules::case::{same_writer, writer_name};
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::Arc;
use vsscope_model::{
    CallRecord, Callback, Component, Confidence, Event, Guid, HResult, Method, SessionKind, Severity,
    Timestamp, What, Writer, WriterState,
};

/// What the evidence says about the failure of a writer.
#[derive(Debug)]
pub struct Failure {
    /// Number of the operation.
    operation: Option<usize>,
    /// Host.
    pub host: Arc<str>,
    /// The writer.
    pub writer: Writer,
    /// Where it failed.
    pub callback: Callback,
    /// The code, where the evidence has one.
    pub hresult: Option<HResult>,
    /// How firmly it is tied.
    pub confidence: Confidence,
    /// When.
    pub time: Timestamp,
    /// The events that say so.
    pub events: Vec<usize>,
}

impl Failure {
    /// The operation.
    fn operation<'c, 't>(&self, case: &'c Case<'t>) -> Option<&'c Operation<'t>> {
        case.operations.get(self.operation?)
    }
}

/// Calls that make VSS send a callback. A status that was read before any of them is a leftover of an earlier session
/// (learn.microsoft.com, "Determining Writer Status").
fn triggers(callback: &Callback) -> &'static [Method] {
    match callback {
        Callback::Identify => &[Method::GatherWriterMetadata],
        Callback::PrepareBackup => &[Method::PrepareForBackup],
        Callback::PrepareSnapshot | Callback::Freeze | Callback::Thaw | Callback::PostSnapshot => {
            &[Method::DoSnapshotSet]
        }
        Callback::BackupComplete => &[Method::BackupComplete],
        Callback::PreRestore => &[Method::PreRestore],
        Callback::PostRestore => &[Method::PostRestore],
        _ => &[],
    }
}

/// One finding per operation, writer and callback.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, callbacks: &[Callback]) {
    for failure in case.writer_failures().iter().filter(|failure| callbacks.contains(&failure.callback)) {
        let operation = failure.operation(case);
        let name = match operation {
            Some(operation) => operation.writer_name(&failure.writer),
            None => writer_name(&failure.writer),
        };
        let name = name.unwrap_or_else(|| "a writer".to_owned());
        let draft = match operation {
            Some(operation) => Draft::of(info, operation)
                .set(failure.events.first().and_then(|&index| operation.set_of(index))),
            None => Draft::new(info, &failure.host),
        };
        let ignored =
            operation.and_then(|operation| ignored(operation, &failure.writer, Some(&failure.callback)));
        let code = failure.hresult.map(|hr| format!(" with {}", words::code(hr))).unwrap_or_default();
        let aside = ignored.map(|text| format!(" {text}")).unwrap_or_default();
        findings.add(
            draft
                .writer(Some(&name))
                .severity(if ignored.is_some() { Severity::Info } else { info.severity })
                .confidence(failure.confidence)
                .at(failure.time)
                .detail(format!(
                    "{name} failed at {}{code}, at {}.{aside}",
                    failure.callback,
                    words::iso(failure.time)
                ))
                .remedy(advice(failure.hresult))
                .evidence(failure.events.iter().copied()),
        );
    }
}

/// What to do about a writer's failure code. Retry advice: learn.microsoft.com, `IVssBackupComponents::GetWriterStatus`.
pub fn advice(code: Option<HResult>) -> &'static str {
    match code {
        Some(HResult::VSS_WRITERERROR_TIMEOUT) => {
            "Find what used up the freeze window (see the phases of the set), lower the load at that time, and repeat the \
             backup after ten minutes, at most three times."
        }
        Some(HResult::VSS_WRITERERROR_OUT_OF_RESOURCES) => {
            "Free memory and handles on the host (or move the job to a quieter time), then repeat the backup after ten \
             minutes."
        }
        Some(HResult::VSS_WRITERERROR_RETRYABLE) => {
            "Read the application's own log at that time. The writer expects a retry to help: repeat the backup after ten \
             minutes with a new instance, at most three times."
        }
        Some(HResult::VSS_WRITERERROR_NONRETRYABLE) => {
            "A retry will not help. Read the application's own log at that time, mend what it names, and restart the \
             service that hosts the writer."
        }
        Some(HResult::VSS_WRITERERROR_INCONSISTENT) => {
            "The volumes of the set do not hold all of the writer's data in one state. Add every volume that the writer \
             names to the set, and look for torn databases in the application's log."
        }
        _ => {
            "Read the application's own log at that time, then repeat the backup with a new instance. If the failure \
             stays, restart the service that hosts the writer."
        }
    }
}

/// Why the failure of a writer at a callback is no more than an information, as a sentence: the requester chose nothing of
/// it. A writer that refuses Identify is not in the metadata, so nothing of it can be chosen, and the failure counts.
pub fn ignored(operation: &Operation<'_>, writer: &Writer, at: Option<&Callback>) -> Option<&'static str> {
    if at == Some(&Callback::Identify) || !is_deselected(operation, writer) {
        return None;
    }
    Some(match is_restore(operation) {
        true => "The requester selected no component of this writer for the restore.",
        false => "The requester added no component of this writer.",
    })
}

fn is_restore(operation: &Operation<'_>) -> bool {
    operation.session.is_some_and(|session| session.kind == SessionKind::Restore)
}

/// The calls that chose components, of a backup in component mode or of a restore.
fn choices<'t>(operation: &Operation<'t>) -> Vec<&'t CallRecord> {
    let component_mode = operation.is_by_components();
    match (is_restore(operation), component_mode) {
        (true, _) => operation
            .calls_of(&Method::SetSelectedForRestore)
            .filter(|call| call.ok() && call.args.selected != Some(false))
            .collect(),
        (false, true) => operation.calls_of(&Method::AddComponent).filter(|call| call.ok()).collect(),
        (false, false) => Vec::new(),
    }
}

/// Whether the requester works with components, every call is visible, and none chose a component of this writer: added it
/// to a backup, or selected it for a restore.
pub fn is_deselected(operation: &Operation<'_>, writer: &Writer) -> bool {
    if !operation.shows_every_call() {
        return false;
    }
    let added: Vec<_> = choices(operation).into_iter().map(|call| call.args.component.as_ref()).collect();
    // Without the arguments (trace level too low) nobody knows whose components they are.
    let known = !added.is_empty() && added.iter().all(Option::is_some);
    let has_id = class_of(writer).is_some();
    let comparable = |named: &str| named.parse::<Guid>().is_err() || has_id;
    known
        && !added
            .iter()
            .flatten()
            .any(|component| !comparable(&component.writer) || is_component_of(component, writer))
}

/// Whether the requester is seen to choose a component of a writer.
fn is_chosen(operation: &Operation<'_>, writer: &Writer) -> bool {
    let mut chosen = choices(operation).into_iter().filter_map(|call| call.args.component.as_ref());
    chosen.any(|component| is_component_of(component, writer))
}

/// Class id of a writer. An event may have the name alone.
fn class_of(writer: &Writer) -> Option<Guid> {
    let by_name = || writer.name.as_deref().and_then(writers::by_name).map(|known| known.class_id);
    writer.class_id.or_else(by_name)
}

/// Whether a component is named as one of a writer. Of two instances of one writer only one may have been added.
fn is_component_of(component: &Component, writer: &Writer) -> bool {
    let id = class_of(writer).map(|id| id.to_string());
    let bare = component.writer.trim_matches(['{', '}']);
    let is_of = id.is_some_and(|id| id.eq_ignore_ascii_case(bare))
        || writer.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&component.writer));
    let instance: Option<Guid> = component.instance.as_deref().and_then(|text| text.parse().ok());
    is_of && !matches!((instance, writer.instance_id), (Some(a), Some(b)) if a != b)
}

/// Two signs of one failure of which one belongs to no operation are this close together.
const SAME_FAILURE: TimeDelta = TimeDelta::seconds(10);

/// Every failure that the evidence has, one per operation, writer and callback.
pub fn failures(case: &Case<'_>) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    // By what they have in common at least, so that a log with thousands of failures is not compared with itself.
    let mut known: HashMap<(Option<usize>, Arc<str>, Callback), Vec<usize>> = HashMap::new();
    for (index, event) in case.telling() {
        let Some(new) = failure(case, index, event) else { continue };
        let of_one = known.entry((new.operation, Arc::clone(&new.host), new.callback.clone())).or_default();
        let is_of_writer = |at: &&usize| same_writer(&found[**at].writer, &new.writer);
        let same = of_one.iter().rev().find(is_of_writer).copied();
        // In order of time.
        let near = (0..found.len()).rev().take_while(|&at| new.time - found[at].time <= SAME_FAILURE);
        let echo = near.filter(|&at| is_echo(&found[at], &new)).find(|at| is_of_writer(&at));
        match same.max(echo) {
            Some(at) => {
                let known = &mut found[at];
                known.hresult = known.hresult.or(new.hresult);
                known.confidence = known.confidence.max(new.confidence);
                known.events.extend(new.events);
            }
            None => {
                of_one.push(found.len());
                found.push(new);
            }
        }
    }
    found
}

/// Whether two signs of one failure were told apart only because one of them belongs to no operation.
fn is_echo(known: &Failure, new: &Failure) -> bool {
    known.operation.is_none() != new.operation.is_none()
        && known.callback == new.callback
        && known.host == new.host
        && (known.time - new.time).abs() <= SAME_FAILURE
}

/// Whether both are the same operation, or both none.
pub fn same_operation(a: Option<&Operation<'_>>, b: Option<&Operation<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

fn failure(case: &Case<'_>, index: usize, event: &Event) -> Option<Failure> {
    if event.is_record("VSS", 8229) {
        return rejection(case, index, event);
    }
    let writer = event.writer.clone()?;
    let operation = case.operation_of(index);
    let tie = operation.map_or(Confidence::Strong, |operation| operation.tie(event));
    let code = event.hresult().filter(|code| code.is_failure());
    let (callback, hresult, confidence) = match &event.what {
        What::WriterStatus { state, failure } => {
            let callback = state.failed_at()?;
            let confidence = freshness(case, operation?, index, &callback, &writer)?.min(tie);
            (callback, failure.filter(|code| code.is_failure()).or(code), confidence)
        }
        What::WriterState { state } => (state.failed_at()?, code, tie),
        What::Callback { callback, accepted: Some(false), .. } => (callback.clone(), code, tie),
        _ => return None,
    };
    let host = event.host.clone().unwrap_or_default();
    Some(Failure {
        operation: operation.map(|operation| operation.number),
        host,
        writer,
        callback,
        hresult,
        confidence,
        time: event.time,
        events: vec![index],
    })
}

/// VSS 8229 does not say in so many words at which callback: what the writer was doing then does.
fn rejection(case: &Case<'_>, index: usize, event: &Event) -> Option<Failure> {
    if case.noise(index).is_some() {
        return None;
    }
    let writer = event.writer.clone()?;
    let (operation, callback, at) = case.callback_at(index, event, &writer)?;
    Some(Failure {
        operation: Some(operation.number),
        host: event.host.clone().unwrap_or_default(),
        writer,
        callback,
        hresult: event.hresult().filter(|code| code.is_failure()),
        confidence: Confidence::Strong,
        time: event.time,
        events: vec![at, index],
    })
}

/// Whether a status that was read speaks of this session. Absent: it is a leftover. Weak: nobody knows, as the evidence
/// begins inside the session and does not have what caused the callback, or the same status was read before the cause and
/// the evidence has no callbacks.
pub fn freshness(
    case: &Case<'_>,
    operation: &Operation<'_>,
    index: usize,
    callback: &Callback,
    writer: &Writer,
) -> Option<Confidence> {
    fresh_after(case, operation, index, std::slice::from_ref(callback), writer)
}

/// [`freshness`] of a status that any one of these callbacks can have left.
fn fresh_after(
    case: &Case<'_>,
    operation: &Operation<'_>,
    index: usize,
    callbacks: &[Callback],
    writer: &Writer,
) -> Option<Confidence> {
    let causes: Vec<&Method> = callbacks.iter().flat_map(triggers).collect();
    let calls = operation.calls().iter().filter(|call| causes.contains(&&call.method));
    let called = calls.filter_map(|call| call.events.first().copied()).min();
    let sent = sent_to(case, operation, writer).find(|(_, callback)| callbacks.contains(callback));
    let sent = sent.map(|(at, _)| at);
    if sent.is_some_and(|at| at < index) {
        return Some(Confidence::Exact);
    }
    if let Some(called) = called.filter(|&called| called < index) {
        return after_call(case, operation, (called, index), callbacks, writer);
    }
    // A cause that is still to come tells that the state is older. Without a call behind it (BackupShutdown) the callback
    // comes when the session is over: whatever a session reads is from another one.
    let is_open = sent.is_none() && called.is_none() && !causes.is_empty();
    operation.session.filter(|session| session.starts_mid && is_open).map(|_| Confidence::Weak)
}

/// The callbacks that an operation's evidence has of one writer.
fn sent_to<'t>(
    case: &Case<'t>,
    operation: &Operation<'t>,
    writer: &Writer,
) -> impl Iterator<Item = (usize, &'t Callback)> {
    operation.iter(case.timeline).filter_map(move |(at, event)| match &event.what {
        What::Callback { callback, .. } => {
            event.writer.as_ref().is_some_and(|w| same_writer(w, writer)).then_some((at, callback))
        }
        _ => None,
    })
}

/// A status (the second index) that was read after the call (the first one) that sends the callbacks, where no callback of
/// them to this writer was seen before it. A writer that took no part keeps the state that it had.
fn after_call(
    case: &Case<'_>,
    operation: &Operation<'_>,
    (called, index): (usize, usize),
    callbacks: &[Callback],
    writer: &Writer,
) -> Option<Confidence> {
    let before = status_before(case, operation, called, writer);
    let is_changed = before.is_some_and(|before| {
        case.event(index).is_none_or(|now| now.what != before.what || now.hresult() != before.hresult())
    });
    let worked = sent_to(case, operation, writer).any(|(_, callback)| *callback != Callback::Identify);
    if is_changed || worked {
        return Some(Confidence::Exact);
    }
    // A writer that does not answer leaves no callback either; one that was chosen should have got them.
    let silent = case.event(index).is_some_and(does_not_answer) || is_chosen(operation, writer);
    if !silent && is_left_out(case, operation, callbacks, writer) {
        return None;
    }
    match before {
        // Nothing shows whether it failed again in the same way or was not asked; the components that were chosen may.
        Some(_) if is_deselected(operation, writer) => None,
        Some(_) => Some(Confidence::Weak),
        None => Some(Confidence::Exact),
    }
}

fn does_not_answer(event: &Event) -> bool {
    let code = match &event.what {
        What::WriterStatus { failure, .. } => failure.or_else(|| event.hresult()),
        _ => event.hresult(),
    };
    code == Some(HResult::VSS_WRITER_NOT_RESPONDING)
}

/// The last status of a writer that a session read before an event.
fn status_before<'t>(
    case: &Case<'t>,
    operation: &Operation<'t>,
    index: usize,
    writer: &Writer,
) -> Option<&'t Event> {
    let mut earlier = operation.iter(case.timeline).rev().skip_while(|(at, _)| *at >= index);
    let of_writer = |event: &Event| {
        matches!(event.what, What::WriterStatus { .. })
            && event.writer.as_ref().is_some_and(|other| same_writer(other, writer))
    };
    earlier.find(|(_, event)| of_writer(event)).map(|(_, event)| event)
}

/// Whether a trace of the writers shows that this one answered Identify, and then the callbacks of others only.
fn is_left_out(case: &Case<'_>, operation: &Operation<'_>, callbacks: &[Callback], writer: &Writer) -> bool {
    let identified = sent_to(case, operation, writer).any(|(_, callback)| *callback == Callback::Identify);
    let others = || {
        operation.iter(case.timeline).any(|(_, event)| {
            let sent = matches!(&event.what, What::Callback { callback, .. } if callbacks.contains(callback));
            sent && event.writer.as_ref().is_some_and(|other| !same_writer(other, writer))
        })
    };
    identified && others()
}

/// The same for a status of any state: one that is no failure can carry a code too, and counts from the first call on that
/// makes writers work.
pub fn status_freshness(
    case: &Case<'_>,
    operation: &Operation<'_>,
    index: usize,
    state: WriterState,
    writer: &Writer,
) -> Option<Confidence> {
    match state.failed_at() {
        Some(callback) => freshness(case, operation, index, &callback, writer),
        None => fresh_after(case, operation, index, &[Callback::PrepareBackup, Callback::PreRestore], writer),
    }
}
