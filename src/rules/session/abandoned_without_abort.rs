use crate::rules::host::lost_its_service;
use crate::rules::pattern::absence::{is_whole, seen_to_end};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// After a PrepareForBackup that succeeded the session ended without a shadow copy (DoSnapshotSet failed or was never
    /// called), without AbortBackup and without BackupComplete.
    /// # Why it matters
    /// The writers were told to prepare and then heard nothing more. Until BackupShutdown reaches them they stay prepared
    /// and keep the state of the session, which is limited in number.
    /// # Evidence needed
    /// A trace with the requester's calls up to the end of the session.
    /// # When it is silent
    /// PrepareForBackup failed; BackupComplete ended a backup that needed no shadow copy, or came after the failed
    /// DoSnapshotSet, which is a finding of its own; the service went away, so that nobody could be told; evidence that
    /// begins inside the session, ends before it does or has holes; the output of tools. Microsoft's VShadow sample leaves
    /// out the abort as well, so it is a warning only.
    /// # What to do
    /// Call AbortBackup on every way out after PrepareForBackup, wait for its return, release, and start again with a new
    /// instance.
    /// # References
    /// Microsoft: Aborting VSS Operations; Overview of Backup Initialization; IVssBackupComponents::AbortBackup.
    pub struct AbandonedWithoutAbort {
        id: "abandoned-without-abort",
        title: "Session given up without AbortBackup",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for AbandonedWithoutAbort {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let prepared = operation.calls_of(&Method::PrepareForBackup).find(|call| call.ok());
            let Some(prepared) = prepared.filter(|_| is_open_ended(operation)) else { continue };
            let Some(ended) = seen_to_end(case, operation) else { continue };
            if !is_whole(case, operation, prepared.started, ended) || lost_its_service(case, operation) {
                continue;
            }
            let failed = operation.calls_of(&Method::DoSnapshotSet).last();
            let course = match failed {
                Some(call) => words::call(call),
                None => "no DoSnapshotSet".to_owned(),
            };
            let end = failed.into_iter().chain(operation.calls_of(&Method::Release));
            findings.add(
                Draft::of(self.info(), operation)
                    .at(ended)
                    .detail(format!(
                        "{} had the writers prepared with {}; then came {course}, and the session ended at {} without \
                         AbortBackup.",
                        words::capital(&operation.requester()),
                        words::call(prepared),
                        words::iso(ended)
                    ))
                    .remedy(
                        "Change the requester so that it calls AbortBackup before Release on this way out. Writers that \
                         still show a state of this session come back with a restart of their services.",
                    )
                    .evidence(prepared.events.iter().copied())
                    .evidence(end.flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// No shadow copy, no abort, and no completion that did more than fail where there was no set to complete.
fn is_open_ended(operation: &Operation<'_>) -> bool {
    let creations = || operation.calls_of(&Method::DoSnapshotSet);
    let mut completions = operation.calls_of(&Method::BackupComplete);
    let completed = match creations().next() {
        Some(_) => completions.next().is_some(),
        None => !completions.all(CallRecord::failed),
    };
    creations().all(CallRecord::failed)
        && !completed
        && operation.calls_of(&Method::AbortBackup).next().is_none()
}
