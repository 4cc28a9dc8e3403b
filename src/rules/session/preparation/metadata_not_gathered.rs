use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// In a context with writers AddComponent, PrepareForBackup or DoSnapshotSet was called on an instance on which
    /// GatherWriterMetadata had not succeeded.
    /// # Why it matters
    /// Without metadata VSS has no writers for the session: components cannot be added and DoSnapshotSet returns an
    /// error.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// Contexts without writers; a context that the evidence does not have; imports of a stored document; restores; a
    /// trace that begins inside the session or lost records. Metadata that is still being gathered is another finding.
    /// # What to do
    /// Call GatherWriterMetadata, wait for its end and read its status before going on.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; IVssBackupComponents::AddComponent;
    /// IVssBackupComponents::GatherWriterMetadata.
    pub struct MetadataNotGathered {
        id: "metadata-not-gathered",
        title: "Writers' metadata not gathered",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::AddComponent, Method::PrepareForBackup, Method::DoSnapshotSet],
    needs: &[Method::GatherWriterMetadata],
    applies: |job, at| job.is_backup() && job.has_writers(at),
    remedy: "Change the requester so that it gathers the metadata and waits for the result before it adds \
             components or makes the set.",
};

impl Rule for MetadataNotGathered {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
