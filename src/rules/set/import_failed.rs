use crate::rules::pattern::refused::{self, Refused};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// ImportSnapshots failed or was cancelled, imported nothing (VSS_E_NO_SNAPSHOTS_IMPORTED) or only some of the copies
    /// (VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED).
    /// # Why it matters
    /// The copies are not, or not all, visible on this host. VSS does not tidy up after a failed import: LUNs that the
    /// provider has shown to the host stay there.
    /// # Evidence needed
    /// A trace with the calls of the importing requester and their results.
    /// # When it is silent
    /// A refusal for lack of rights has a rule of its own.
    /// # What to do
    /// Look at masking and zoning of the LUNs and at the records of the hardware provider on this host; take away the LUNs
    /// that were shown; then import again.
    /// # References
    /// Microsoft: IVssBackupComponents::ImportSnapshots; Importing Transportable Shadow Copied Volumes.
    pub struct ImportFailed {
        id: "import-failed",
        title: "Import of a transportable set failed",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const PATTERN: Refused = Refused {
    methods: &[Method::ImportSnapshots],
    is_hit: |code| {
        let partial =
            code == HResult::VSS_SOME_SNAPSHOTS_NOT_IMPORTED || code == HResult::VSS_ASYNC_CANCELLED;
        partial || (code.is_failure() && code != HResult::ACCESS_DENIED)
    },
    meaning: "VSS does not take back the LUNs that were shown to the host for it.",
    remedy: "Check masking, zoning and the hardware provider on the importing host, remove the LUNs that were shown, and \
             import again from the stored document.",
};

impl Rule for ImportFailed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        refused::check(self.info(), case, findings, &PATTERN);
    }
}
