use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// Volumes were added to a set and BackupComplete was called, and the session has no DoSnapshotSet.
    /// # Why it matters
    /// The set was opened and never made, so what the job saved came from the live volumes. The writers were told that it
    /// is a complete backup.
    /// # Evidence needed
    /// A trace with the requester's calls from the beginning of the session.
    /// # When it is silent
    /// No volume was added: backups of files that need no shadow copy, such as logs, end like this; evidence that begins
    /// inside the session or has holes; the output of tools.
    /// # What to do
    /// Call DoSnapshotSet, or open no set.
    /// # References
    /// Microsoft: Overview of Pre-Backup Tasks; Requestor Role in Backing Up Complex Stores.
    pub struct BackupCompleteWithoutSnapshot {
        id: "backup-complete-without-snapshot",
        title: "BackupComplete for a set that was never made",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for BackupCompleteWithoutSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let added: Vec<_> =
                operation.calls_of(&Method::AddToSnapshotSet).filter(|call| call.ok()).collect();
            let complete = operation.calls_of(&Method::BackupComplete).next();
            let (Some(first), Some(complete)) = (added.first(), complete) else { continue };
            let creates = operation.calls_of(&Method::DoSnapshotSet).next().is_some();
            if creates || !is_whole(case, operation, first.started, complete.started) {
                continue;
            }
            let volumes: Vec<&str> = added.iter().filter_map(|call| call.volume.as_deref()).collect();
            let what = match volumes.as_slice() {
                [] => words::call(first),
                _ => format!("AddToSnapshotSet for {}", words::list(&volumes)),
            };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(complete.started)
                    .detail(format!(
                        "After {what}, {} went on to {} without DoSnapshotSet.",
                        operation.requester(),
                        words::call(complete)
                    ))
                    .remedy(
                        "Take this backup for one of open files and repeat it. Let the requester make the set that it \
                         opens, or leave StartSnapshotSet out.",
                    )
                    .evidence(added.iter().flat_map(|call| call.events.iter().copied()))
                    .evidence(complete.events.iter().copied()),
            );
        }
    }
}
