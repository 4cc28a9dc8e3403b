use crate::rules::pattern::missing_after::{self, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PrepareForBackup succeeded, and the requester went on to DoSnapshotSet, BackupComplete or AbortBackup without
    /// GatherWriterStatus in between.
    /// # Why it matters
    /// PrepareForBackup comes back with success also when a writer refused: only the writer's status says so. The snapshot
    /// is then made without knowing that an application will be missing from the backup.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Contexts without writers; component mode without any component; sessions that ended before one of the three calls;
    /// evidence with holes in between, and the output of tools, which does not list such calls.
    /// # What to do
    /// Call GatherWriterStatus after PrepareForBackup and read each selected writer's answer with GetWriterStatus.
    /// # References
    /// Microsoft: Determining Writer Status; Overview of Pre-Backup Tasks.
    pub struct StatusNotCheckedAfterPrepare {
        id: "status-not-checked-after-prepare",
        title: "No look at the writers' status after PrepareForBackup",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: MissingAfter = MissingAfter {
    after: Method::PrepareForBackup,
    before: &[Method::DoSnapshotSet, Method::BackupComplete, Method::AbortBackup],
    end: false,
    due: "GatherWriterStatus",
    is_done: |_, gap| gap.has(&Method::GatherWriterStatus),
    is_due: |_, _| true,
    meaning: "A writer that refused to prepare would have gone unnoticed.",
    remedy: "Let the requester gather the status of the writers here, and leave out or give up on what a writer refused.",
};

impl Rule for StatusNotCheckedAfterPrepare {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check(self.info(), case, findings, &PATTERN);
    }
}
