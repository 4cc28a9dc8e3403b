use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// PostRestore was called on an instance on which PreRestore had not succeeded.
    /// # Why it matters
    /// The writers were not prepared for the restore: they may hold their files open, and new targets and restore
    /// options were not heard.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// The trace begins inside the session or lost records; an instance that was initialised for a backup has a finding
    /// of its own.
    /// # What to do
    /// Call PreRestore and wait for its end before files are copied.
    /// # References
    /// Microsoft: Overview of Preparing for Restore; IVssBackupComponents::PostRestore.
    pub struct PostRestoreWithoutPreRestore {
        id: "post-restore-without-pre-restore",
        title: "PostRestore without PreRestore",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::PostRestore],
    needs: &[Method::PreRestore],
    applies: |job, _| job.is_restore(),
    remedy: "Do not trust the restored data: repeat the restore with a requester that calls PreRestore first.",
};

impl Rule for PostRestoreWithoutPreRestore {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}
