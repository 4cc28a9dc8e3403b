use crate::rules::pattern::missing_after::{self, Gap, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PreRestore succeeded, and the status of the writers was not gathered before SetFileRestoreStatus, PostRestore or the
    /// end of the session; or PostRestore succeeded, and it was not gathered before the end of the session.
    /// # Why it matters
    /// Both calls succeed also where a writer says no. After such a PreRestore files are copied over a database that is
    /// still open; after such a PostRestore an application that did not come back goes unnoticed.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// No component was selected, so no writer takes part; the session ended directly after PreRestore (threshold
    /// `complete_after_snapshot`), when nothing was copied; a SetFileRestoreStatus while PreRestore was running, which is
    /// another finding; a PreRestore or PostRestore that failed; evidence that begins inside the session, ends before it
    /// does or has holes in between; the output of tools.
    /// # What to do
    /// Call GatherWriterStatus, and GetWriterStatus for each writer, after PreRestore before anything is copied, and after
    /// PostRestore before Release.
    /// # References
    /// Microsoft: Determining Writer Status; Overview of Preparing for Restore; Overview of Restore Clean-Up and
    /// Termination.
    pub struct RestoreStatusNotChecked {
        id: "restore-status-not-checked",
        title: "No look at the writers' status in a restore",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERNS: [MissingAfter; 2] = [
    MissingAfter {
        after: Method::PreRestore,
        before: &[Method::SetFileRestoreStatus, Method::PostRestore],
        end: true,
        due: "GatherWriterStatus",
        is_done: |_, gap| gap.has(&Method::GatherWriterStatus),
        is_due: had_time_to_copy,
        meaning: "Whether a writer objected to the restore was never asked.",
        remedy: "Ask the applications whether their restored data is in order. Let the requester read the status of the \
                 writers after PreRestore, and copy nothing where one has failed.",
    },
    MissingAfter {
        after: Method::PostRestore,
        before: &[],
        end: true,
        due: "GatherWriterStatus",
        is_done: |_, gap| gap.has(&Method::GatherWriterStatus),
        is_due: |_, _| true,
        meaning: "Whether the writers could bring the restored data into use was never asked.",
        remedy: "See that the applications are online with the restored data. Let the requester read the status of the \
                 writers before it releases the instance.",
    },
];

/// Whether the restore went on after PreRestore was over, or lasted long enough for something to be copied.
fn had_time_to_copy(case: &Case<'_>, gap: &Gap<'_, '_>) -> bool {
    let Some(ready) = gap.after.ended else { return false };
    match gap.closing {
        Some(closing) => closing.started >= ready,
        None => {
            gap.until - ready >= case.thresholds.complete_after_snapshot
                && !case.clock_stepped(gap.operation.host(), ready, gap.until)
        }
    }
}

impl Rule for RestoreStatusNotChecked {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check_first(self.info(), case, findings, &PATTERNS);
    }
}
