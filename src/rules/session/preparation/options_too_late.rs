use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// SetBackupOptions or SetPreviousBackupStamp was called after VSS had taken PrepareForBackup.
    /// # Why it matters
    /// Writers read options and stamps while they handle PrepareForBackup. An incremental backup then starts from the
    /// wrong point, or becomes another kind of backup.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A PrepareForBackup that VSS refused prepared nothing; calls after the end of the backup belong to other work.
    /// # What to do
    /// Set options and stamps right after AddComponent.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupOptions; IVssBackupComponents::SetPreviousBackupStamp.
    pub struct OptionsTooLate {
        id: "options-too-late",
        title: "Backup options or stamps set after PrepareForBackup",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::PrepareForBackup],
    needs: &[],
    forbidden: &[&[Method::SetBackupOptions, Method::SetPreviousBackupStamp]],
    remedy: "Change the requester so that it sets options and stamps before PrepareForBackup, and make a full \
             backup in the meantime.",
};

impl Rule for OptionsTooLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
