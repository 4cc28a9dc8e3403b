use crate::rules::pattern::call_after::{self, CallAfter};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// AddToSnapshotSet was called after VSS had taken DoSnapshotSet of the same set.
    /// # Why it matters
    /// DoSnapshotSet fixes the set. The late volume has no shadow copy in it.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Volumes of a second set on the instance, which is a finding of its own. A DoSnapshotSet that VSS refused fixed
    /// nothing.
    /// # What to do
    /// Add every volume before DoSnapshotSet.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers; IVssBackupComponents::AddToSnapshotSet.
    pub struct VolumeAddedLate {
        id: "volume-added-late",
        title: "Volume added after DoSnapshotSet",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::DoSnapshotSet],
    needs: &[],
    forbidden: &[&[Method::AddToSnapshotSet]],
    remedy: "Treat the late volumes as not backed up, and change the requester so that it adds all of them before \
             DoSnapshotSet.",
};

impl Rule for VolumeAddedLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check_in_job(self.info(), case, findings, &PATTERN);
    }
}
