use crate::rules::pattern::job::Job;
use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// DoSnapshotSet was called on a set to which no volume had been added.
    /// # Why it matters
    /// Nothing was copied. For writers whose components lie on no volume that is meant.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// VSS refused DoSnapshotSet; no set was started; the trace begins inside the session or lost records.
    /// # What to do
    /// See which volumes the requester was to add and why it did not.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; IVssBackupComponents::AddToSnapshotSet.
    pub struct EmptySnapshotSet {
        id: "empty-snapshot-set",
        title: "Shadow copy set without volumes",
        severity: Info,
        scope: Set,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::DoSnapshotSet],
    needs: &[Method::AddToSnapshotSet],
    applies: has_set,
    remedy: "Check the job's selection of volumes. Nothing is to be done where only components without volumes \
             are backed up.",
};

impl Rule for EmptySnapshotSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}

/// Whether a set was started before, and VSS took the call that makes it.
fn has_set(job: &Job<'_, '_>, at: usize) -> bool {
    let started = job.before(at).iter().any(|call| call.method == Method::StartSnapshotSet && call.ok());
    started && job.call(at).was_taken()
}
