use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_TRANSACTION_FREEZE_TIMEOUT (0x80042328) or VSS_E_TRANSACTION_THAW_TIMEOUT (0x80042329) from a call or in a
    /// record of VSS.
    /// # Why it matters
    /// The transaction managers of Windows (DTC, KTM) could not stop, or not go on, in time. The set failed with it.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: each of the two codes has one meaning.
    /// # What to do
    /// The requester has to repeat the backup. Look for transactions that were open for long at that time.
    /// # References
    /// Microsoft: Working with File System and Security Features; IVssBackupComponents::DoSnapshotSet.
    pub struct TransactionManagerTimeout {
        id: "transaction-manager-timeout",
        title: "Transaction manager did not freeze or thaw in time",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[
        CodeWatch::of(HResult::VSS_TRANSACTION_FREEZE_TIMEOUT, &[]),
        CodeWatch::of(HResult::VSS_TRANSACTION_THAW_TIMEOUT, &[]),
    ],
    meaning: "The transaction managers (DTC or KTM) did not freeze or thaw in time",
    remedy: "Repeat the backup with a new instance. If it comes back, find out which transactions are open for long \
             at the time of the job (dcomcnfg, Distributed Transaction Coordinator) and move one of the two.",
};

impl Rule for TransactionManagerTimeout {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
