use crate::rules::host::lost_its_service;
use crate::rules::pattern::absence::{is_whole, seen_to_end};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, EndReason, Method, What};

rule! {
    /// # What it flags
    /// After a PrepareForBackup that succeeded the session ended without a shadow copy (DoSnapshotSet failed, was never
    /// called, or was still at work when the requester's process ended), without AbortBackup and without BackupComplete.
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
            let died = failed.is_some_and(|call| is_cut_off(operation, call));
            let course = match failed {
                Some(call) if died => format!("{}, which had not ended", words::call(call)),
                Some(call) => words::call(call),
                None => "no DoSnapshotSet".to_owned(),
            };
            let end = failed.into_iter().chain(operation.calls_of(&Method::Release));
            let exit =
                operation.iter(case.timeline).find(|(_, e)| matches!(e.what, What::ProcessEnded { .. }));
            findings.add(
                Draft::of(self.info(), operation)
                    .aftermath(failed.is_some() && !died)
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
                    .evidence(end.flat_map(|call| call.events.iter().copied()))
                    .evidence(exit.filter(|_| died).map(|(index, _)| index)),
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
    creations().all(|call| call.failed() || is_cut_off(operation, call))
        && !completed
        && operation.calls_of(&Method::AbortBackup).next().is_none()
}

/// Whether the requester's process ended while a creation was at work that nobody saw succeed.
fn is_cut_off(operation: &Operation<'_>, call: &CallRecord) -> bool {
    let died = operation
        .session
        .is_some_and(|session| matches!(session.end_reason, EndReason::Crashed | EndReason::ProcessExit));
    died && call.ended.is_none() && call.was_taken() && !operation.sets.iter().any(|set| is_made(set))
}

/// Whether the set was made all the same: its provider came to the last step.
fn is_made(set: &vsscope_model::SnapshotSet) -> bool {
    use vsscope_model::{PhaseActor, ProviderStep};
    let last = ProviderStep::PostFinalCommitSnapshots;
    set.phases.iter().any(|phase| {
        phase.actor == PhaseActor::Provider && phase.name == last.as_str() && phase.ended.is_some()
    })
}
