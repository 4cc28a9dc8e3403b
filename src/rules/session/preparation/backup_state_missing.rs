use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PrepareForBackup was called on an instance on which SetBackupState had not succeeded.
    /// # Why it matters
    /// SetBackupState tells the writers the type of the backup and whether components are chosen. Without it
    /// PrepareForBackup answers VSS_E_BAD_STATE.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// The trace begins inside the session or lost records; an instance that was not initialised, or was initialised
    /// for a restore, has findings of its own.
    /// # What to do
    /// Call SetBackupState after InitializeForBackup, before PrepareForBackup.
    /// # References
    /// Microsoft: IVssBackupComponents::PrepareForBackup; IVssBackupComponents::SetBackupState; Overview of Backup
    /// Initialization.
    pub struct BackupStateMissing {
        id: "backup-state-missing",
        title: "PrepareForBackup without SetBackupState",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::PrepareForBackup],
    needs: &[Method::SetBackupState],
    applies: |job, _| !job.is_restore(),
    remedy: "Add SetBackupState with the type and mode of the backup to the requester's initialisation.",
};

impl Rule for BackupStateMissing {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
