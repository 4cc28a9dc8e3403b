use crate::rules::pattern::missing_after::{self, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// A backup with components was completed, and its document was never written out with SaveAsXML.
    /// # Why it matters
    /// A restore through VSS begins with that document (InitializeForRestore). Without it the files are there, and no writer
    /// can be asked to take them back.
    /// # Evidence needed
    /// A trace with the requester's calls up to the end of the session.
    /// # When it is silent
    /// No component mode or no component; BackupComplete did not succeed; evidence that begins inside the session, ends
    /// before it does or has holes; the output of tools. For agents that only bring the writers to rest for an image of the
    /// disk, and never restore through VSS, the finding means nothing.
    /// # What to do
    /// Save the requester's document and the document of each writer beside the backup.
    /// # References
    /// Microsoft: Overview of Actual Backup of Files; Backup Components Document Life Cycle;
    /// IVssBackupComponents::SaveAsXML.
    pub struct MetadataNotSaved {
        id: "metadata-not-saved",
        title: "Backup with components whose document was not saved",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: MissingAfter = MissingAfter {
    after: Method::BackupComplete,
    before: &[],
    end: true,
    due: "a SaveAsXML on this instance",
    is_done: |_, gap| gap.operation.calls_of(&Method::SaveAsXml).next().is_some(),
    is_due: |_, gap| gap.operation.is_by_components(),
    meaning: "A restore through VSS has no document to begin with.",
    remedy: "If restores are to go through the writers, let the requester save its document after BackupComplete, with the \
             documents of the writers. An agent that makes images of disks needs neither.",
};

impl Rule for MetadataNotSaved {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check(self.info(), case, findings, &PATTERN);
    }
}
