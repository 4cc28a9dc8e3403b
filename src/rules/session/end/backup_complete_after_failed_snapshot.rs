use crate::rules::pattern::after_failed_snapshot;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// DoSnapshotSet failed or was cancelled, no later one succeeded, and the requester called BackupComplete all the same.
    /// # Why it matters
    /// BackupComplete tells the writers that their data is safe. There was no shadow copy to save it from, yet a writer may
    /// cut its logs on that word, and with them the way back to the last good backup.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// A second DoSnapshotSet on the instance succeeded before. Copying the live files instead does not make the call right.
    /// Where VSS refused the call with VSS_E_BAD_STATE the writers were not told, and the finding says so.
    /// # What to do
    /// After a failed DoSnapshotSet call AbortBackup and release. Make a full backup of applications that cut their logs.
    /// # References
    /// Microsoft: IVssBackupComponents::BackupComplete; IVssBackupComponents::SetBackupSucceeded; Aborting VSS Operations.
    pub struct BackupCompleteAfterFailedSnapshot {
        id: "backup-complete-after-failed-snapshot",
        title: "BackupComplete although DoSnapshotSet had failed",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for BackupCompleteAfterFailedSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for hit in after_failed_snapshot::hits(case, &Method::BackupComplete) {
            let Some(first) = hit.calls.first() else { continue };
            let refused =
                |call: &&CallRecord| [call.hresult, call.accepted].contains(&Some(HResult::VSS_BAD_STATE));
            let told = match hit.calls.iter().all(refused) {
                true => "VSS refused that call, so the writers were not told and cut no logs.",
                false => "The writers were told that this backup is complete.",
            };
            findings.add(
                Draft::of(self.info(), hit.operation)
                    .confidence(hit.confidence)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} after {}, with no shadow copy in between. {told}",
                        words::capital(&hit.operation.requester()),
                        words::call(first),
                        words::call(hit.failed)
                    ))
                    .remedy(
                        "Make a new full backup of every application that cuts its logs after a backup, and change the \
                         requester so that a failed DoSnapshotSet leads to AbortBackup and Release.",
                    )
                    .evidence(hit.failed.events.iter().copied())
                    .evidence(hit.calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
