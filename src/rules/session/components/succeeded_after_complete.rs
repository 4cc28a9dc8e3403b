use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// SetBackupSucceeded was called after VSS had taken BackupComplete.
    /// # Why it matters
    /// The document is read-only by then, and writers have already read which components succeeded: they take the
    /// backup for failed and do not truncate logs.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A BackupComplete that VSS refused completed nothing; marks of a second backup on the instance are its own
    /// matter.
    /// # What to do
    /// Mark the components first, then call BackupComplete.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupSucceeded; CVssWriter::OnBackupComplete.
    pub struct SucceededAfterComplete {
        id: "succeeded-after-complete",
        title: "SetBackupSucceeded after BackupComplete",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::BackupComplete],
    needs: &[],
    forbidden: &[&[Method::SetBackupSucceeded]],
    remedy: "Swap the two calls in the requester, and check whether the writers' logs were truncated since.",
};

impl Rule for SucceededAfterComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
