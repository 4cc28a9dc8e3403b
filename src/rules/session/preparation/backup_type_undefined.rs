use crate::rules::pattern::job::jobs;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{BackupType, CallRecord, Method};

rule! {
    /// # What it flags
    /// SetBackupState was called with the type VSS_BT_UNDEFINED.
    /// # Why it matters
    /// Writers cannot know what to back up and whether to truncate logs. The page of the type calls it an error of the
    /// application.
    /// # Evidence needed
    /// A trace with the requester's calls and the parameters of SetBackupState.
    /// # When it is silent
    /// The type is not in the evidence; the call failed and another one with a type succeeded.
    /// # What to do
    /// Set a type: full, incremental, differential, log, copy or other.
    /// # References
    /// Microsoft: VSS_BACKUP_TYPE; IVssBackupComponents::SetBackupState.
    pub struct BackupTypeUndefined {
        id: "backup-type-undefined",
        title: "Backup type undefined",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for BackupTypeUndefined {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let states = || job.calls.iter().filter(|call| call.method == Method::SetBackupState);
            let is_undefined = |call: &&CallRecord| call.args.backup_type == Some(BackupType::Undefined);
            let mended = states().any(|call| call.ok() && !is_undefined(&call));
            let wrong: Vec<&CallRecord> =
                states().filter(is_undefined).filter(|call| !(call.failed() && mended)).collect();
            let Some(first) = wrong.first() else { continue };
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} with the type VSS_BT_UNDEFINED.",
                        words::capital(&job.operation.requester()),
                        words::calls(&wrong)
                    ))
                    .remedy("Let the requester set the type of the backup.")
                    .evidence(wrong.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
