use crate::rules::case::is_windows_pe;
use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PreRestore was called on an instance for a restore on which GatherWriterMetadata had not succeeded.
    /// # Why it matters
    /// Gathering the metadata is what brings a requester into contact with the writers that are running. Every restore
    /// needs it; without it VSS knows no writer that could take part.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// Windows PE, where a restore of the whole system (ASR) runs whose steps do not name the call; metadata whose result
    /// is not in the evidence; a trace that begins inside the session or lost records; the output of tools.
    /// # What to do
    /// Call GatherWriterMetadata after InitializeForRestore and wait for its end.
    /// # References
    /// Microsoft: Overview of Restore Initialization; Use of Components by the Requester.
    pub struct RestoreMetadataNotGathered {
        id: "restore-metadata-not-gathered",
        title: "Restore without the writers' metadata",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::PreRestore],
    needs: &[Method::GatherWriterMetadata],
    applies: |job, _| job.is_restore() && !is_windows_pe(job.operation.host()),
    remedy: "Ask the applications whether their restored data is in order, and repeat the restore with a requester that \
             gathers the metadata first.",
};

impl Rule for RestoreMetadataNotGathered {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
