use crate::rules::pattern::call_after::{self, CallAfter, NEW_WORK};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// After BackupComplete the same instance of IVssBackupComponents begins or prepares new work: SetContext,
    /// SetBackupState, AddComponent, StartSnapshotSet, PreRestore and the like.
    /// # Why it matters
    /// An instance serves one backup, one restore or one query. Used again it answers VSS_E_BAD_STATE in the best case; in
    /// the worst case two backups end up in one document.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Status, document, query, expose, break and delete calls, AbortBackup and Release are allowed after BackupComplete.
    /// A new instance at an old address is a new session. A BackupComplete that VSS refused ends nothing.
    /// # What to do
    /// Create a new instance for every job and for every retry.
    /// # References
    /// Microsoft: IVssBackupComponents; Overview of Backup Initialization; Overview of Backup Termination.
    pub struct InstanceReusedAfterComplete {
        id: "instance-reused-after-complete",
        title: "Instance used again after BackupComplete",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: CallAfter = CallAfter {
    pivots: &[Method::BackupComplete],
    needs: &[],
    forbidden: &[NEW_WORK],
    remedy: "Change the requester so that it releases the instance after a job and makes a new one for the next.",
};

impl Rule for InstanceReusedAfterComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        call_after::check(self.info(), case, findings, &PATTERN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::HResult;

    const ID: &str = "instance-reused-after-complete";

    #[test]
    fn new_work_after_completion_is_named_with_its_result() {
        let mut lab = Lab::backup();
        lab.call(506.5, Method::BackupComplete);
        lab.call(3507.5, Method::SetBackupState).hresult = Some(HResult::VSS_BAD_STATE);
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert!(finding.detail.contains("SetBackupState"), "{}", finding.detail);
        assert!(finding.detail.contains("VSS_E_BAD_STATE"), "{}", finding.detail);
        assert_eq!(finding.evidence.len(), 2);
    }

    #[test]
    fn clean_up_after_completion_is_silent() {
        let mut lab = Lab::backup();
        lab.call(500.0, Method::BackupComplete);
        for method in
            [Method::GatherWriterStatus, Method::SaveAsXml, Method::DeleteSnapshots, Method::Release]
        {
            lab.call(501.0, method);
        }
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_refused_completion_ends_nothing() {
        let mut lab = Lab::backup();
        lab.call(500.0, Method::BackupComplete).hresult = Some(HResult::VSS_BAD_STATE);
        lab.call(501.0, Method::AddComponent);
        assert_silent(&lab, ID);
    }
}
