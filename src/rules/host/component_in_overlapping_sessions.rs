use crate::rules::components::{self, same_key};
use crate::rules::pattern::overlap::{self, Overlap, Span};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{BackupType, CallRecord, Component, Method, Severity, Timestamp};

rule! {
    /// # What it flags
    /// Two backups that ran at the same time on one host held the same component of the same writer. Both are of a type
    /// that belongs to a chain of backups (FULL, INCREMENTAL, DIFFERENTIAL, LOG); where one of them is a COPY it is an
    /// information.
    /// # Why it matters
    /// Backups may run side by side. But each of these two tells the writer in the end that the component is saved: logs
    /// are cut and the history is set by both, and neither chain can be restored without the other.
    /// # Evidence needed
    /// A trace with the calls of both requesters and their parameters.
    /// # When it is silent
    /// The backups follow one another, also as a retry after an abort or a failure; both are copies; a type or the
    /// component is not in the trace; the clock was set meanwhile.
    /// # What to do
    /// Give the chain of full and log backups to one product and set the others to COPY.
    /// # References
    /// Microsoft: Writers; Requestor Role in Backing Up Complex Stores; IVssBackupComponentsEx3::GetSessionId.
    pub struct ComponentInOverlappingSessions {
        id: "component-in-overlapping-sessions",
        title: "One component in two backups at the same time",
        severity: Warning,
        scope: Host,
        basis: "inferred",
    }
}

impl Rule for ComponentInOverlappingSessions {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let spans = case.operations.iter().filter_map(span).collect();
        for pair in overlap::overlaps(case, spans, TimeDelta::zero()) {
            let Some(severity) = severity(&pair) else { continue };
            let shared = shared(&pair);
            if shared.is_empty() {
                continue;
            }
            let events = shared.iter().flat_map(|(a, b)| a.events.iter().chain(&b.events)).copied();
            let what = components::list(shared.iter().filter_map(|(a, _)| components::of(a)));
            findings.add(
                Draft::of(self.info(), pair.second.operation)
                    .severity(severity)
                    .confidence(pair.confidence())
                    .at(pair.second.from)
                    .detail(format!(
                        "{} ({}) and {} ({}) both backed up {what} between {} and {}.",
                        words::capital(&pair.first.operation.requester()),
                        backup_type(&pair.first),
                        pair.second.operation.requester(),
                        backup_type(&pair.second),
                        words::iso(pair.second.from),
                        words::iso(pair.first.to.min(pair.second.to))
                    ))
                    .remedy(
                        "Decide which product owns the full and log backups of this application and set the other one \
                         to COPY, or leave the application out of it.",
                    )
                    .evidence(pair.events())
                    .evidence(events),
            );
        }
    }
}

/// From PrepareForBackup until the backup was completed, given up or over.
fn span<'c, 't>(operation: &'c Operation<'t>) -> Option<Span<'c, 't>> {
    operation.session?;
    let begin = operation.calls_of(&Method::PrepareForBackup).find(|call| call.was_taken())?;
    let ends = |call: &CallRecord| match call.method {
        Method::BackupComplete | Method::AbortBackup => Some(call.started),
        Method::PrepareForBackup | Method::DoSnapshotSet if call.failed() => call.ended,
        _ => None,
    };
    let end = operation.calls().iter().filter(|call| call.started >= begin.started).find_map(|call| {
        let at: Timestamp = ends(call)?;
        Some((at, call.events.clone()))
    });
    let over = || Some((operation.session?.ended?, Vec::new()));
    // Where neither is in the evidence, its last sign stands for the end.
    let (to, mut events) = end.or_else(over).unwrap_or((operation.ended, Vec::new()));
    events.extend(&begin.events);
    Some(Span { operation, from: begin.started, to, events })
}

fn backup_type(span: &Span<'_, '_>) -> BackupType {
    let known = span.operation.session.and_then(|session| session.backup_type.clone());
    known.unwrap_or(BackupType::Undefined)
}

/// Both of a chain: the rule's severity; one of a chain and one copy: an information.
fn severity(pair: &Overlap<'_, '_>) -> Option<Severity> {
    use BackupType::{Copy, Differential, Full, Incremental, Log};
    let is_chain = |kind: &BackupType| matches!(kind, Full | Incremental | Differential | Log);
    match (backup_type(&pair.first), backup_type(&pair.second)) {
        (a, b) if is_chain(&a) && is_chain(&b) => Some(Severity::Warning),
        (Copy, other) | (other, Copy) if is_chain(&other) => Some(Severity::Info),
        _ => None,
    }
}

/// The calls that added a component to both documents.
fn shared<'t>(pair: &Overlap<'_, 't>) -> Vec<(&'t CallRecord, &'t CallRecord)> {
    let added = |span: &Span<'_, 't>| {
        let calls = span.operation.calls_of(&Method::AddComponent).filter(|call| call.ok());
        calls.filter_map(|call| Some((components::of(call)?, call))).collect::<Vec<_>>()
    };
    let (first, second) = (added(&pair.first), added(&pair.second));
    let same = |key: &Component| second.iter().find(|(other, _)| same_key(key, other)).map(|(_, call)| *call);
    first.iter().filter_map(|(key, call)| Some((*call, same(key)?))).collect()
}
