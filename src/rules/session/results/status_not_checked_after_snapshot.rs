use crate::rules::pattern::missing_after::{self, Gap, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// DoSnapshotSet succeeded, and until BackupComplete, AbortBackup or the end of the session the requester did not
    /// gather the status of the writers, or gathered it and read none.
    /// # Why it matters
    /// DoSnapshotSet can succeed although a writer failed. The data of its application is then in the copy as after a power
    /// cut, and the job reports a good backup.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Contexts without writers; component mode without any component; an abort or the end of the session directly after
    /// DoSnapshotSet (threshold `complete_after_snapshot`), when nothing was copied; evidence with holes in between or that
    /// ends before the session does; the output of tools.
    /// # What to do
    /// Before anything is copied call GatherWriterStatus, and GetWriterStatus for each selected writer.
    /// # References
    /// Microsoft: Determining Writer Status; Writer Errors and Vetoes; Overview of Pre-Backup Tasks.
    pub struct StatusNotCheckedAfterSnapshot {
        id: "status-not-checked-after-snapshot",
        title: "No look at the writers' status after DoSnapshotSet",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: MissingAfter = MissingAfter {
    after: Method::DoSnapshotSet,
    before: &[Method::BackupComplete, Method::AbortBackup],
    end: true,
    due: "GatherWriterStatus with GetWriterStatus",
    is_done: |case, gap| gap.has(&Method::GatherWriterStatus) && gap.has_status(case),
    is_due: had_a_use,
    meaning: "Whether every writer took part in the copy was never asked.",
    remedy: "Let the requester read the status of each selected writer before it copies. Until then look for failures of \
             writers in the Application log, and take the copies of this job for crash consistent.",
};

/// Whether the copy was put to use: completed, or kept long enough for something to be read from it.
fn had_a_use(case: &Case<'_>, gap: &Gap<'_, '_>) -> bool {
    let completed = gap.closing.is_some_and(|call| call.method == Method::BackupComplete);
    let kept = gap.after.ended.is_some_and(|ready| {
        gap.until - ready >= case.thresholds.complete_after_snapshot
            && !case.clock_stepped(gap.operation.host(), ready, gap.until)
    });
    completed || kept
}

impl Rule for StatusNotCheckedAfterSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check(self.info(), case, findings, &PATTERN);
    }
}
