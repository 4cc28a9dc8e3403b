use crate::rules::pattern::call_after::{self, COMPLETION, CallAfter, NEW_WORK};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// After AbortBackup the same instance goes on: it begins new work, or calls BackupComplete or SetBackupSucceeded.
    /// # Why it matters
    /// An aborted instance cannot be resumed. Writers have dropped their state, and what the requester does afterwards
    /// fails or is recorded in a document that nobody may use.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Status, query, delete and Release after the abort are allowed. An AbortBackup before StartSnapshotSet or
    /// PrepareForBackup had succeeded is ignored by VSS, and so is what follows it.
    /// # What to do
    /// Release the instance after AbortBackup and start over with a new one.
    /// # References
    /// Microsoft: Aborting VSS Operations; IVssBackupComponents::AbortBackup; Overview of Backup Initialization.
    pub struct InstanceReusedAfterAbort {
        id: "instance-reused-after-abort",
        title: "Instance used again after AbortBackup",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::AbortBackup],
    needs: &[Method::StartSnapshotSet, Method::PrepareForBackup],
    forbidden: &[NEW_WORK, COMPLETION],
    remedy: "Change the requester so that it releases the instance after AbortBackup and makes a new one for the retry.",
};

impl Rule for InstanceReusedAfterAbort {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check(self.info(), case, findings, &PATTERN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};

    const ID: &str = "instance-reused-after-abort";

    #[test]
    fn completion_after_an_abort_is_flagged() {
        let mut lab = Lab::backup();
        lab.call(80.0, Method::AbortBackup);
        lab.call(81.0, Method::BackupComplete);
        assert_fires(&lab, ID);
    }

    #[test]
    fn clean_up_after_an_abort_is_silent() {
        let mut lab = Lab::backup();
        lab.call(80.0, Method::AbortBackup);
        lab.call(81.0, Method::DeleteSnapshots);
        lab.call(82.0, Method::Release);
        assert_silent(&lab, ID);
    }

    #[test]
    fn an_abort_of_nothing_is_silent() {
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::AbortBackup);
        lab.call(2.0, Method::StartSnapshotSet);
        assert_silent(&lab, ID);
    }
}
