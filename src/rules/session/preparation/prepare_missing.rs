use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// In a context with writers DoSnapshotSet was called on an instance on which PrepareForBackup had not succeeded.
    /// # Why it matters
    /// The writers did not get PrepareForBackup: they could not choose what to flush and recorded nothing for the
    /// restore, so that the document may not fit the data.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// Contexts without writers; a context that the evidence does not have; imports of a stored document; restores; a
    /// trace that begins inside the session or lost records. A PrepareForBackup that is still under way is another
    /// finding.
    /// # What to do
    /// Call PrepareForBackup in every backup with writers, also where no component is chosen.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; IVssBackupComponents::PrepareForBackup.
    pub struct PrepareMissing {
        id: "prepare-missing",
        title: "DoSnapshotSet without PrepareForBackup",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::DoSnapshotSet],
    needs: &[Method::PrepareForBackup],
    applies: |job, at| job.is_backup() && job.has_writers(at),
    remedy: "Add PrepareForBackup before DoSnapshotSet, wait for its end and read the writers' status.",
};

impl Rule for PrepareMissing {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
