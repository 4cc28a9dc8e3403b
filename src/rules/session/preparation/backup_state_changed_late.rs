use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// SetBackupState was called after VSS had taken PrepareForBackup of the same backup.
    /// # Why it matters
    /// Writers have read type and mode by then. They do not see the change, or finish another type of backup than they
    /// began.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A PrepareForBackup that VSS refused; calls after the end of the backup, which are new work on a used instance.
    /// # What to do
    /// Set the state once, during initialisation.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupState; Requester Role in VSS Incremental and Differential Backups.
    pub struct BackupStateChangedLate {
        id: "backup-state-changed-late",
        title: "SetBackupState after PrepareForBackup",
        severity: Warning,
        scope: Session,
        basis: "inferred",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::PrepareForBackup],
    needs: &[],
    forbidden: &[&[Method::SetBackupState]],
    remedy: "Change the requester so that it calls SetBackupState before PrepareForBackup only.",
};

impl Rule for BackupStateChangedLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
