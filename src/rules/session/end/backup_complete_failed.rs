use crate::rules::host::lost_its_service;
use crate::rules::pattern::after_failed_snapshot;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// BackupComplete came back with an error other than VSS_E_BAD_STATE, and no later call of it succeeded.
    /// # Why it matters
    /// Some writers did not hear that the backup is complete, or could not deal with it. Their logs may not have been cut
    /// and their history may lack this backup.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// The call was cancelled; VSS_E_BAD_STATE, which is a matter of the order of calls; contexts without writers, in which
    /// the call is an error by itself; after a DoSnapshotSet that had failed, and where the logs show that the service went
    /// away: other rules speak then.
    /// # What to do
    /// Read the writers' status and the Application log at that time, restart the services of the writers that they name,
    /// and repeat the backup.
    /// # References
    /// Microsoft: IVssBackupComponents::BackupComplete; VSS_WRITER_STATE.
    pub struct BackupCompleteFailed {
        id: "backup-complete-failed",
        title: "BackupComplete failed",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for BackupCompleteFailed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(failed) = last_failure(operation) else { continue };
            if operation.context().is_some_and(|context| context.is_writerless())
                || after_failed_snapshot::hit(case, operation, &Method::BackupComplete).is_some()
                || lost_its_service(case, operation)
            {
                continue;
            }
            findings.add(
                Draft::of(self.info(), operation)
                    .at(failed.started)
                    .detail(format!(
                        "{} finished its backup with {}. Which writers were told of the end is not certain.",
                        words::capital(&operation.requester()),
                        words::call(failed)
                    ))
                    .remedy(
                        "Look up the writers' status and the errors of VSS in the Application log at that time, restart \
                         the service of each writer that failed, and repeat the backup. Check that the logs of its \
                         databases get cut again.",
                    )
                    .evidence(failed.events.iter().copied()),
            );
        }
    }
}

/// The last BackupComplete, if it failed in a way that is neither a wrong order nor meant.
fn last_failure<'t>(operation: &Operation<'t>) -> Option<&'t CallRecord> {
    let last = operation.calls_of(&Method::BackupComplete).last()?;
    let code = last.hresult.or(last.accepted)?;
    (code.is_failure() && code != HResult::VSS_BAD_STATE).then_some(last)
}
