use crate::rules::components;
use crate::rules::pattern::after_failed_snapshot;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// The requester marked components as not saved: SetBackupSucceeded with false.
    /// # Why it matters
    /// The requester itself says that their backup failed. Their writers will keep the logs, as they should; the files are
    /// missing from the backup.
    /// # Evidence needed
    /// A trace with the requester's calls and their parameters.
    /// # When it is silent
    /// The mark came after a DoSnapshotSet that failed: then it should not have been set at all, and
    /// succeeded-after-failed-snapshot says so.
    /// # What to do
    /// Read in the requester's own log which files it could not copy.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupSucceeded; Overview of Actual Backup of Files.
    pub struct ComponentMarkedFailed {
        id: "component-marked-failed",
        title: "The requester marked a component as not saved",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for ComponentMarkedFailed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let marks = operation.calls_of(&Method::SetBackupSucceeded);
            let failed: Vec<&CallRecord> =
                marks.filter(|call| call.args.succeeded == Some(false) && !call.failed()).collect();
            let Some(first) = failed.first() else { continue };
            if after_failed_snapshot::hit(case, operation, &Method::SetBackupSucceeded).is_some() {
                continue;
            }
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} reported as not saved, from {} on: {}.",
                        words::capital(&operation.requester()),
                        words::iso(first.started),
                        components::named_by(&failed)
                    ))
                    .remedy("Look up in the job's own log which files of these components could not be copied, and why.")
                    .evidence(failed.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
