use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_REBOOT_REQUIRED (0x80042327) from a call or in a record of VSS.
    /// # Why it matters
    /// The provider met an error from which only a restart of the host recovers. Until then it makes no copies.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: the code has one meaning.
    /// # What to do
    /// Restart the host in the next window and repeat the backup.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet.
    pub struct RebootRequired {
        id: "reboot-required",
        title: "Provider asks for a restart",
        severity: Error,
        scope: Host,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[CodeWatch::of(HResult::VSS_REBOOT_REQUIRED, &[])],
    meaning: "The provider cannot go on before the host is restarted",
    remedy: "Restart the host at the next occasion, then repeat the backup. If it comes back, ask the provider's \
             vendor.",
};

impl Rule for RebootRequired {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
