use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// SetSelectedForRestore, AddRestoreSubcomponent, SetAdditionalRestores, SetRestoreOptions or SetRestoreState was
    /// called after VSS had taken PreRestore.
    /// # Why it matters
    /// Writers decide in PreRestore what to stop and where files go. What is chosen later, they do not see.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A PreRestore that VSS refused prepared nothing.
    /// # What to do
    /// Choose components and options before PreRestore.
    /// # References
    /// Microsoft: IVssBackupComponents::SetSelectedForRestore; IVssBackupComponents::AddRestoreSubcomponent;
    /// IVssBackupComponents::SetAdditionalRestores; Setting VSS Restore Options.
    pub struct RestoreSelectionLate {
        id: "restore-selection-late",
        title: "Restore selection or options after PreRestore",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::PreRestore],
    needs: &[],
    forbidden: &[&[
        Method::SetSelectedForRestore,
        Method::AddRestoreSubcomponent,
        Method::SetAdditionalRestores,
        Method::SetRestoreOptions,
        Method::SetRestoreState,
    ]],
    remedy: "Repeat the restore with a requester that makes these calls before PreRestore.",
};

impl Rule for RestoreSelectionLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
