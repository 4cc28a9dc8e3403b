use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// AbortBackup was called on an instance for a restore: one that was initialised for it, or on which VSS had taken
    /// PreRestore.
    /// # Why it matters
    /// A restore cannot be aborted. Writers that were told to make way with PreRestore go on waiting for PostRestore, and
    /// what was copied stays copied.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Backups and imports; an instance of which the evidence shows neither what it was initialised for nor a PreRestore;
    /// the output of tools.
    /// # What to do
    /// To give up a restore, set the status of each component that was not restored with SetFileRestoreStatus and call
    /// PostRestore.
    /// # References
    /// Microsoft: Aborting VSS Operations; IVssBackupComponents::AbortBackup; IVssBackupComponents::SetFileRestoreStatus.
    pub struct RestoreAbort {
        id: "restore-abort",
        title: "AbortBackup in a restore",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RestoreAbort {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let is_abort = |at: &usize| job.call(*at).method == Method::AbortBackup && is_restore(&job, *at);
            let aborts: Vec<&CallRecord> =
                (0..job.calls.len()).filter(is_abort).map(|at| job.call(at)).collect();
            let Some(first) = aborts.first() else { continue };
            let begin = job.initialisation().or_else(|| prepared(job.calls));
            let begin_text = begin.map(|call| format!(", after {}", words::call(call))).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} in a restore{begin_text}.",
                        words::capital(&job.operation.requester()),
                        words::calls(&aborts)
                    ))
                    .remedy(
                        "Check that the applications are online, and let the requester end a failed restore with \
                         SetFileRestoreStatus and PostRestore.",
                    )
                    .evidence(begin.into_iter().flat_map(|call| call.events.iter().copied()))
                    .evidence(aborts.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Whether the instance works for a restore, as far as the calls before this place tell.
fn is_restore(job: &Job<'_, '_>, at: usize) -> bool {
    match job.initialisation() {
        Some(_) => job.is_restore(),
        None => prepared(job.before(at)).is_some(),
    }
}

/// The PreRestore that VSS took.
fn prepared(calls: &[CallRecord]) -> Option<&CallRecord> {
    calls.iter().find(|call| call.method == Method::PreRestore && call.was_taken())
}
