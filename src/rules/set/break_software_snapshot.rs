use crate::rules::pattern::refused::{self, Refused};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// BreakSnapshotSet (or its Ex form) was refused with VSS_E_PROVIDER_VETO.
    /// # Why it matters
    /// Breaking makes volumes of their own out of the copies. Only hardware providers can do that; the system provider
    /// keeps differences, which are no volume, and always refuses.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// Never: the code has one meaning at this call.
    /// # What to do
    /// Expose the copy instead (ExposeSnapshot), or make the set with a hardware provider.
    /// # References
    /// Microsoft: IVssBackupComponents::BreakSnapshotSet; Breaking Shadow Copies.
    pub struct BreakSoftwareSnapshot {
        id: "break-software-snapshot",
        title: "Software copies cannot be broken",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const PATTERN: Refused = Refused {
    methods: &[Method::BreakSnapshotSet],
    is_hit: |code| code == HResult::VSS_PROVIDER_VETO,
    meaning: "Only copies of a hardware provider can be broken.",
    remedy: "Expose the copies instead of breaking them, or make the set with the hardware provider of the storage.",
};

impl Rule for BreakSoftwareSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        refused::check(self.info(), case, findings, &PATTERN);
    }
}
