use crate::rules::pattern::call_after;
use crate::rules::pattern::job::jobs;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{CallRecord, HResult};

rule! {
    /// # What it flags
    /// InitializeForBackup, or InitializeForRestore, succeeded twice on one instance, or was refused with
    /// VSS_E_BAD_STATE after it had succeeded.
    /// # Why it matters
    /// It is the sign of an instance that a program keeps and hands out again.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// The first call failed. Of instances that were worked out from process and thread, a second success rather begins
    /// another instance. After BackupComplete or an abort the call is told as new work on a used instance.
    /// # What to do
    /// Initialise once, right after creation.
    /// # References
    /// Microsoft: IVssBackupComponents::InitializeForBackup; IVssBackupComponents::InitializeForRestore;
    /// IVssBackupComponents.
    pub struct InitializeTwice {
        id: "initialize-twice",
        title: "Instance initialised more than once",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for InitializeTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let Some(first) = job.initialisation().filter(|call| call.ok()) else { continue };
            let is_again = |call: &&CallRecord| {
                call.method == first.method && (call.ok() || call.hresult == Some(HResult::VSS_BAD_STATE))
            };
            let again: Vec<&CallRecord> = job.calls[1..].iter().filter(is_again).collect();
            if again.is_empty() {
                continue;
            }
            findings.add(call_after::draft(self.info(), job.operation, first, &again).remedy(
                "Change the requester so that every job makes, initialises and releases its own instance.",
            ));
        }
    }
}
