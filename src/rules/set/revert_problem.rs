use crate::rules::pattern::refused::{self, Refused};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// RevertToSnapshot was refused: the copy is not persistent (VSS_E_UNSUPPORTED_CONTEXT), a revert of the volume is
    /// already at work (VSS_E_REVERT_IN_PROGRESS), or the volume is in use or of a kind that cannot be reverted
    /// (VSS_E_VOLUME_IN_USE, VSS_E_VOLUME_NOT_SUPPORTED).
    /// # Why it matters
    /// The volume still has its newer content. A revert that is at work goes on, over a restart as well, and cannot be
    /// cancelled.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// RevertToSnapshot failed with another code, or another call with one of these.
    /// # What to do
    /// Ask QueryRevertStatus whether a revert is at work and wait for its end; close what uses the volume; revert to
    /// persistent copies only.
    /// # References
    /// Microsoft: IVssBackupComponents::RevertToSnapshot; IVssBackupComponents::QueryRevertStatus.
    pub struct RevertProblem {
        id: "revert-problem",
        title: "Revert refused",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODES: [HResult; 4] = [
    HResult::VSS_UNSUPPORTED_CONTEXT,
    HResult::VSS_REVERT_IN_PROGRESS,
    HResult::VSS_VOLUME_IN_USE,
    HResult::VSS_VOLUME_NOT_SUPPORTED,
];

const PATTERN: Refused = Refused {
    methods: &[Method::RevertToSnapshot],
    is_hit: |code| CODES.contains(&code),
    meaning: "A volume can be reverted to persistent copies only, one revert at a time, and not while it is in use.",
    remedy: "Ask for the state with QueryRevertStatus. Wait for a revert that is at work; close programs that use the volume; \
             take a persistent copy of a volume that can be reverted.",
};

impl Rule for RevertProblem {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        refused::check(self.info(), case, findings, &PATTERN);
    }
}
