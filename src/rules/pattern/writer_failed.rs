//! A writer failed at a callback: by its status, by its own answer, by the state that it set, or by VSS 8229.

use crate::rules::case::{same_writer, writer_name};
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use chrono::TimeDelta;
use vsscope_model::{
    CallRecord, Callback, Confidence, Event, HResult, Method, SessionKind, Severity, Timestamp, What, Writer,
    WriterState,
};

/// What the evidence says about the failure of a writer.
pub struct Failure<'c, 't> {
    /// The operation.
    pub operation: Option<&'c Operation<'t>>,
    /// Host.
    pub host: &'t str,
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
    for failure in failures(case).into_iter().filter(|failure| callbacks.contains(&failure.callback)) {
        let name = match failure.operation {
            Some(operation) => operation.writer_name(&failure.writer),
            None => writer_name(&failure.writer),
        };
        let name = name.unwrap_or_else(|| "a writer".to_owned());
        let draft = match failure.operation {
            Some(operation) => Draft::of(info, operation)
                .set(failure.events.first().and_then(|&index| operation.set_of(index))),
            None => Draft::new(info, failure.host),
        };
        let ignored = failure
            .operation
            .and_then(|operation| ignored(operation, &failure.writer, Some(&failure.callback)));
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
                .evidence(failure.events),
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
    let component_mode = operation.session.is_some_and(|session| session.component_mode == Some(true));
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
    let id = writer.class_id.map(|id| id.to_string());
    let is_of = |named: &str| {
        let bare = named.trim_matches(['{', '}']);
        id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(bare))
            || writer.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(named))
    };
    // Of two instances of one writer only one may have been added.
    let other_instance = |named: Option<&str>| {
        let named: Option<vsscope_model::Guid> = named.and_then(|text| text.parse().ok());
        matches!((named, writer.instance_id), (Some(a), Some(b)) if a != b)
    };
    let comparable = |named: &str| named.parse::<vsscope_model::Guid>().is_err() || id.is_some();
    known
        && !added.iter().flatten().any(|component| {
            !comparable(&component.writer)
                || (is_of(&component.writer) && !other_instance(component.instance.as_deref()))
        })
}

/// Every failure that the evidence has, one per operation, writer and callback.
pub fn failures<'c, 't>(case: &'c Case<'t>) -> Vec<Failure<'c, 't>> {
    let mut found: Vec<Failure<'c, 't>> = Vec::new();
    for (index, event) in case.events() {
        let Some(new) = failure(case, index, event) else { continue };
        let same = |known: &&mut Failure<'c, 't>| {
            known.callback == new.callback
                && known.host == new.host
                && (same_operation(known.operation, new.operation) || is_echo(known, &new))
                && same_writer(&known.writer, &new.writer)
        };
        match found.iter_mut().rev().find(same) {
            Some(known) => {
                known.hresult = known.hresult.or(new.hresult);
                known.confidence = known.confidence.max(new.confidence);
                known.events.extend(new.events);
            }
            None => found.push(new),
        }
    }
    found
}

/// Whether two signs of one failure were told apart only because one of them belongs to no operation.
fn is_echo(known: &Failure<'_, '_>, new: &Failure<'_, '_>) -> bool {
    let loose = known.operation.is_none() != new.operation.is_none();
    loose && (known.time - new.time).abs() <= TimeDelta::seconds(10)
}

/// Whether both are the same operation, or both none.
pub fn same_operation(a: Option<&Operation<'_>>, b: Option<&Operation<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

fn failure<'c, 't>(case: &'c Case<'t>, index: usize, event: &'t Event) -> Option<Failure<'c, 't>> {
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
    let host = event.host.as_deref().unwrap_or_default();
    Some(Failure {
        operation,
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
fn rejection<'c, 't>(case: &'c Case<'t>, index: usize, event: &'t Event) -> Option<Failure<'c, 't>> {
    if case.noise(index).is_some() {
        return None;
    }
    let writer = event.writer.clone()?;
    let (operation, callback, at) = case.callback_at(index, event, &writer)?;
    Some(Failure {
        operation: Some(operation),
        host: event.host.as_deref().unwrap_or_default(),
        writer,
        callback,
        hresult: event.hresult().filter(|code| code.is_failure()),
        confidence: Confidence::Strong,
        time: event.time,
        events: vec![at, index],
    })
}

/// Whether a status that was read speaks of this session. Absent: it is a leftover. Weak: the evidence begins inside the
/// session and does not have what caused the callback, so nobody knows.
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
    let called = calls.filter_map(|call| call.events.first().copied());
    let sent = operation.iter(case.timeline).filter_map(|(at, event)| match &event.what {
        What::Callback { callback, .. } if callbacks.contains(callback) => {
            event.writer.as_ref().is_some_and(|w| same_writer(w, writer)).then_some(at)
        }
        _ => None,
    });
    let mut signs = called.chain(sent).peekable();
    // A cause that is still to come tells that the state is older. Without a call behind it (BackupShutdown) the callback
    // comes when the session is over: whatever a session reads is from another one.
    let is_open = signs.peek().is_none() && !causes.is_empty();
    if signs.any(|at| at < index) {
        return Some(Confidence::Exact);
    }
    operation.session.filter(|session| session.starts_mid && is_open).map(|_| Confidence::Weak)
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
