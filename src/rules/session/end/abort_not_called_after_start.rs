use crate::rules::pattern::absence::is_whole;
use crate::rules::set::is_left_open;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, EndReason, Method};

rule! {
    /// # What it flags
    /// StartSnapshotSet succeeded, the writers were never prepared, no shadow copy was made, and the instance was released
    /// without AbortBackup.
    /// # Why it matters
    /// Microsoft's pages disagree: one lets a requester simply release before PrepareForBackup, the other wants AbortBackup
    /// as soon as a set was started. As a rule no harm is done; the clean-up is left to the release.
    /// # Evidence needed
    /// A trace with the requester's calls up to the release.
    /// # When it is silent
    /// No set was started (discovery, queries); PrepareForBackup or DoSnapshotSet succeeded or its result is not known; the
    /// set was held so long that set-left-open speaks; evidence that begins inside the session or has holes; the output of
    /// tools.
    /// # What to do
    /// Call AbortBackup on every error path after StartSnapshotSet. VSS ignores it when there is nothing to abort.
    /// # References
    /// Microsoft: Aborting VSS Operations; IVssBackupComponents::AbortBackup.
    pub struct AbortNotCalledAfterStart {
        id: "abort-not-called-after-start",
        title: "Set started and released without AbortBackup",
        severity: Info,
        scope: Session,
        basis: "documented (pages disagree)",
    }
}

impl Rule for AbortNotCalledAfterStart {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let started = operation.calls_of(&Method::StartSnapshotSet).find(|call| call.ok());
            let released = operation.session.filter(|session| session.end_reason == EndReason::Released);
            let ended = released.and_then(|session| session.ended);
            let (Some(started), Some(ended)) = (started, ended) else { continue };
            if !is_given_up(operation)
                || !is_whole(case, operation, started.started, ended)
                || is_left_open(case, operation)
            {
                continue;
            }
            let release = operation.calls_of(&Method::Release);
            findings.add(
                Draft::of(self.info(), operation)
                    .at(ended)
                    .detail(format!(
                        "{} called {} and released the instance at {} without AbortBackup.",
                        words::capital(&operation.requester()),
                        words::call(started),
                        words::iso(ended)
                    ))
                    .remedy("Let the requester call AbortBackup before Release on this way out, too.")
                    .evidence(started.events.iter().copied())
                    .evidence(release.flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Nothing prepared, nothing made, nothing aborted.
fn is_given_up(operation: &Operation<'_>) -> bool {
    let none_did = |method: Method| operation.calls_of(&method).all(CallRecord::failed);
    none_did(Method::PrepareForBackup)
        && none_did(Method::DoSnapshotSet)
        && operation.calls_of(&Method::AbortBackup).next().is_none()
}
