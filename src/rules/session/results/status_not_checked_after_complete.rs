use crate::rules::pattern::missing_after::{self, MissingAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// BackupComplete succeeded, and the session ended without a GatherWriterStatus after it.
    /// # Why it matters
    /// A writer that could not finish (cut its logs, note the backup) says so in its status only. Up to Windows Server 2008
    /// SP2 the call was also what freed the writer's session; there too many open ones end in
    /// VSS_E_WRITER_STATUS_NOT_AVAILABLE. Later versions free it by themselves, so it is advice.
    /// # Evidence needed
    /// A trace with the requester's calls up to the end of the session.
    /// # When it is silent
    /// Contexts without writers; component mode without any component; evidence that begins inside the session, ends
    /// before it does or has holes; the output of tools.
    /// # What to do
    /// Gather and read the status of the writers once more before Release.
    /// # References
    /// Microsoft: Determining Writer Status; Overview of Actual Backup of Files; IVssBackupComponents::BackupComplete;
    /// IVssBackupComponents::GatherWriterStatus. KB 978773.
    pub struct StatusNotCheckedAfterComplete {
        id: "status-not-checked-after-complete",
        title: "No look at the writers' status after BackupComplete",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: MissingAfter = MissingAfter {
    after: Method::BackupComplete,
    before: &[],
    end: true,
    due: "GatherWriterStatus",
    is_done: |_, gap| gap.has(&Method::GatherWriterStatus),
    is_due: |_, _| true,
    meaning: "A writer that failed at the end of the backup would have gone unnoticed.",
    remedy: "Let the requester gather and read the status of the writers a last time before it releases the instance.",
};

impl Rule for StatusNotCheckedAfterComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        missing_after::check(self.info(), case, findings, &PATTERN);
    }
}
