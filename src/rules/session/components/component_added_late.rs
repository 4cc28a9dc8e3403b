use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// AddComponent was called after VSS had taken PrepareForBackup or DoSnapshotSet of the same backup.
    /// # Why it matters
    /// The writer did not see the component in PrepareForBackup. A writer with no component before that gets no events
    /// at all, so that its data is copied without its help.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Between StartSnapshotSet and PrepareForBackup, where the pages differ on whether it is allowed. A
    /// PrepareForBackup that VSS refused prepared nothing.
    /// # What to do
    /// Add every component before PrepareForBackup.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; Overview of the Backup Discovery Phase; Working with Selectability and
    /// Logical Paths; IVssBackupComponents::AddComponent.
    pub struct ComponentAddedLate {
        id: "component-added-late",
        title: "Component added after PrepareForBackup",
        severity: Error,
        scope: Session,
        basis: "documented order, inferred effect",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::PrepareForBackup, Method::DoSnapshotSet],
    needs: &[],
    forbidden: &[&[Method::AddComponent]],
    remedy: "Treat the late components as not backed up, and change the requester so that it adds all of them \
             before PrepareForBackup.",
};

impl Rule for ComponentAddedLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
