use crate::rules::pattern::call_after;
use crate::rules::pattern::job::jobs;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{CallRecord, Method, Severity};

rule! {
    /// # What it flags
    /// VSS took BackupComplete twice or more on one instance.
    /// # Why it matters
    /// Writers may do their work after the backup twice, such as truncating logs; and one instance may serve two jobs.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// The first call was refused. Where its asynchronous work failed, the second one is a retry and is information
    /// only. Where new work lies in between, it is told as new work on a used instance.
    /// # What to do
    /// One instance, one backup, one BackupComplete.
    /// # References
    /// Microsoft: IVssBackupComponents; Overview of Backup Initialization. That writers work twice is inferred.
    pub struct BackupCompleteTwice {
        id: "backup-complete-twice",
        title: "BackupComplete called more than once",
        severity: Warning,
        scope: Session,
        basis: "inferred",
    }
}

impl Rule for BackupCompleteTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let is_taken = |call: &&CallRecord| call.method == Method::BackupComplete && call.was_taken();
            let taken: Vec<&CallRecord> = job.calls.iter().filter(is_taken).collect();
            let [first, again @ ..] = taken.as_slice() else { continue };
            if again.is_empty() {
                continue;
            }
            let tries = &taken[..taken.len() - 1];
            let is_retry = tries.iter().all(|call| call.failed());
            let severity = if is_retry { Severity::Info } else { self.info().severity };
            findings.add(
                call_after::draft(self.info(), job.operation, first, again).severity(severity).remedy(
                    "Change the requester so that it completes a backup once and then releases the instance.",
                ),
            );
        }
    }
}
