use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// EnableWriterClasses, DisableWriterClasses or DisableWriterInstances was called after VSS had taken
    /// GatherWriterMetadata.
    /// # Why it matters
    /// The filter has no effect any more: a writer that was to stay out takes part and may fail the backup, or one that
    /// was wanted is missing.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A GatherWriterMetadata that VSS refused.
    /// # What to do
    /// Filter before gathering; learn the list of writers with an instance of its own.
    /// # References
    /// Microsoft: Overview of Backup Initialization; IVssBackupComponents::DisableWriterClasses.
    pub struct WriterFilterTooLate {
        id: "writer-filter-too-late",
        title: "Writers filtered after GatherWriterMetadata",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::GatherWriterMetadata],
    needs: &[],
    forbidden: &[&[
        Method::EnableWriterClasses,
        Method::DisableWriterClasses,
        Method::DisableWriterInstances,
    ]],
    remedy: "Change the requester so that it filters right after InitializeForBackup.",
};

impl Rule for WriterFilterTooLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
