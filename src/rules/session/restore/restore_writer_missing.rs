use crate::rules::pattern::refused::{self, Refused};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// SetSelectedForRestore or SetAdditionalRestores came back with VSS_E_OBJECT_NOT_FOUND.
    /// # Why it matters
    /// Either the backup document does not hold the component, or no running writer owns it. The writer would take no part
    /// in the restore, and its data would come back without it.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// Never: the code has one meaning at these calls.
    /// # What to do
    /// Start the application whose writer is missing (`vssadmin list writers`) and repeat the restore, check that the
    /// document is the one of this backup, or restore without the writer on purpose.
    /// # References
    /// Microsoft: IVssBackupComponents::SetSelectedForRestore; Overview of Preparing for Restore.
    pub struct RestoreWriterMissing {
        id: "restore-writer-missing",
        title: "Component cannot be selected for restore",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Refused = Refused {
    methods: &[Method::SetSelectedForRestore, Method::SetAdditionalRestores],
    is_hit: |code| code == HResult::VSS_OBJECT_NOT_FOUND,
    meaning: "The document does not hold the component, or no writer that owns it is running.",
    remedy: "Start the application that the component belongs to and see that its writer is listed; check that the \
             document belongs to this backup; then repeat the restore.",
};

impl Rule for RestoreWriterMissing {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        refused::check(self.info(), case, findings, &PATTERN);
    }
}
