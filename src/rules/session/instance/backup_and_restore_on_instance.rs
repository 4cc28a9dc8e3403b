use crate::rules::pattern::job::{Job, is_initialisation, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// An instance was initialised for a backup and for a restore; or calls of a backup (AddComponent,
    /// StartSnapshotSet, AddToSnapshotSet, PrepareForBackup, DoSnapshotSet, BackupComplete) were made on one
    /// initialised for a restore; or PreRestore or PostRestore on one initialised for a backup.
    /// # Why it matters
    /// An instance serves one kind of work. In the wrong mode the methods answer VSS_E_BAD_STATE.
    /// # Evidence needed
    /// A trace with the requester's calls, with the initialisation of the instance.
    /// # When it is silent
    /// SetBackupState on an instance for a restore, which Microsoft's own sample does; recovery sets, which need an
    /// instance for a restore. Of instances that were worked out from process and thread, a second initialisation
    /// rather begins another instance.
    /// # What to do
    /// Use an instance of its own for the restore.
    /// # References
    /// Microsoft: IVssBackupComponents; IVssBackupComponents::StartSnapshotSet; IVssBackupComponents::AddComponent;
    /// IVssBackupComponentsEx3::RecoverSet.
    pub struct BackupAndRestoreOnInstance {
        id: "backup-and-restore-on-instance",
        title: "Backup and restore on one instance",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// Calls that belong to a backup only.
const BACKUP: &[Method] = &[
    Method::AddComponent,
    Method::StartSnapshotSet,
    Method::AddToSnapshotSet,
    Method::PrepareForBackup,
    Method::DoSnapshotSet,
    Method::BackupComplete,
];

/// Calls that belong to a restore only.
const RESTORE: &[Method] = &[Method::PreRestore, Method::PostRestore];

impl Rule for BackupAndRestoreOnInstance {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let Some(first) = job.initialisation() else { continue };
            let wrong = of_the_other_mode(&job, first);
            let Some(call) = wrong.first() else { continue };
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(call.started)
                    .detail(format!(
                        "{} called {}, and on the same instance {}.",
                        words::capital(&job.operation.requester()),
                        words::call(first),
                        words::calls(&wrong)
                    ))
                    .remedy("Change the requester so that it makes an instance for the backup and another for the restore.")
                    .evidence(first.events.iter().copied())
                    .evidence(wrong.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// The initialisation for the other mode, where it succeeded: what comes after it cannot be told apart. Else the calls of
/// the other mode.
fn of_the_other_mode<'t>(job: &Job<'_, 't>, first: &CallRecord) -> Vec<&'t CallRecord> {
    let other = |call: &&CallRecord| is_initialisation(call) && call.method != first.method && call.ok();
    if let Some(second) = job.calls.iter().find(other) {
        return vec![second];
    }
    let forbidden = if job.is_restore() { BACKUP } else { RESTORE };
    job.calls.iter().filter(|call| forbidden.contains(&call.method)).collect()
}
