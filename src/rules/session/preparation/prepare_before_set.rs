use crate::rules::pattern::job::Job;
use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PrepareForBackup was called before StartSnapshotSet had succeeded, and StartSnapshotSet came afterwards.
    /// # Why it matters
    /// VSS expects the set to be started first. Writers were prepared for a set that did not exist.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// Backups that make no shadow copy never start a set; the trace begins inside the session or lost records.
    /// # What to do
    /// Start the set, add the volumes, and prepare then.
    /// # References
    /// Microsoft: IVssBackupComponents::StartSnapshotSet; IVssBackupComponents::PrepareForBackup.
    pub struct PrepareBeforeSet {
        id: "prepare-before-set",
        title: "PrepareForBackup before StartSnapshotSet",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::PrepareForBackup],
    needs: &[Method::StartSnapshotSet],
    applies: set_follows,
    remedy: "Change the order in the requester: StartSnapshotSet, AddToSnapshotSet, PrepareForBackup, \
             DoSnapshotSet.",
};

impl Rule for PrepareBeforeSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}

/// Whether a set is started after this place.
fn set_follows(job: &Job<'_, '_>, at: usize) -> bool {
    job.calls[at..].iter().any(|call| call.method == Method::StartSnapshotSet && call.ok())
}
