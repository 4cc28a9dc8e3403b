use crate::rules::pattern::after_failed_snapshot;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Method, Severity};

rule! {
    /// # What it flags
    /// SetBackupSucceeded after a DoSnapshotSet that failed or was cancelled, with no later one that succeeded.
    /// # Why it matters
    /// The document then says of components that they were saved from a shadow copy which was never there. Whoever restores
    /// from it, and the writer itself, takes that for a backup.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// A second DoSnapshotSet on the instance succeeded before. It is a warning where no call is known to have marked a
    /// component as saved: the marks were false, or the trace does not have them.
    /// # What to do
    /// After a failed DoSnapshotSet leave out SetBackupSucceeded and BackupComplete, and abort.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupSucceeded; Aborting VSS Operations.
    pub struct SucceededAfterFailedSnapshot {
        id: "succeeded-after-failed-snapshot",
        title: "Components marked although DoSnapshotSet had failed",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for SucceededAfterFailedSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for hit in after_failed_snapshot::hits(case, &Method::SetBackupSucceeded) {
            let Some(first) = hit.calls.first() else { continue };
            let saved = hit.calls.iter().filter(|call| call.args.succeeded == Some(true)).count();
            let marks = match saved {
                0 => "No mark is known to say that the component was saved.".to_owned(),
                count => format!("Components were marked as saved {}.", words::times(count)),
            };
            findings.add(
                Draft::of(self.info(), hit.operation)
                    .severity(if saved > 0 { self.info().severity } else { Severity::Warning })
                    .confidence(hit.confidence)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} after {}, with no shadow copy in between. {marks}",
                        words::capital(&hit.operation.requester()),
                        words::call(first),
                        words::call(hit.failed)
                    ))
                    .remedy(
                        "Do not rely on this backup. Change the requester so that it marks nothing and calls AbortBackup \
                         once DoSnapshotSet has failed.",
                    )
                    .evidence(hit.failed.events.iter().copied())
                    .evidence(hit.calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
