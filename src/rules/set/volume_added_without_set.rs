use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// AddToSnapshotSet was called on an instance on which StartSnapshotSet had not succeeded.
    /// # Why it matters
    /// There is no set to which the volume could be added, and the backup will not hold it.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// The trace begins inside the session or lost records.
    /// # What to do
    /// Call StartSnapshotSet first and go on only if it succeeded.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers; Overview of the Backup Discovery Phase;
    /// IVssBackupComponents::AddToSnapshotSet.
    pub struct VolumeAddedWithoutSet {
        id: "volume-added-without-set",
        title: "AddToSnapshotSet without StartSnapshotSet",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::AddToSnapshotSet],
    needs: &[Method::StartSnapshotSet],
    applies: |job, _| !job.is_restore(),
    remedy: "Let the requester call StartSnapshotSet first, wait and retry where another set is in progress, and \
             give up if it fails.",
};

impl Rule for VolumeAddedWithoutSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
