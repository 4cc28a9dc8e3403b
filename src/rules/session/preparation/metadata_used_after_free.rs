use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// GetWriterMetadata was called after FreeWriterMetadata on the same instance.
    /// # Why it matters
    /// Metadata that was freed cannot be had again on the instance; the requester works with less than it believes.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// A FreeWriterMetadata that failed freed nothing.
    /// # What to do
    /// Free the metadata when nothing needs it any more, or make a new instance.
    /// # References
    /// Microsoft: IVssBackupComponents::FreeWriterMetadata.
    pub struct MetadataUsedAfterFree {
        id: "metadata-used-after-free",
        title: "Writer metadata used after FreeWriterMetadata",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::FreeWriterMetadata],
    needs: &[],
    forbidden: &[&[Method::GetWriterMetadata]],
    remedy: "Move FreeWriterMetadata behind the last use of the metadata.",
};

impl Rule for MetadataUsedAfterFree {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
