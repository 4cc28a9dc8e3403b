//! Calls that are not allowed any more after another call on the same instance.

use crate::rules::{Case, Draft, Findings, RuleInfo, words};
use vsscope_model::{CallRecord, Method};

/// Calls that begin or prepare new work. The pages of `IVssBackupComponents` allow one backup, restore or query per
/// instance; status, document, query and clean-up calls stay allowed.
pub const NEW_WORK: &[Method] = &[
    Method::InitializeForBackup,
    Method::InitializeForRestore,
    Method::SetContext,
    Method::SetBackupState,
    Method::GatherWriterMetadata,
    Method::EnableWriterClasses,
    Method::DisableWriterClasses,
    Method::EnableWriterInstances,
    Method::DisableWriterInstances,
    Method::AddComponent,
    Method::SetBackupOptions,
    Method::SetPreviousBackupStamp,
    Method::StartSnapshotSet,
    Method::AddToSnapshotSet,
    Method::PrepareForBackup,
    Method::DoSnapshotSet,
    Method::PreRestore,
    Method::PostRestore,
    Method::ImportSnapshots,
];

/// Calls that finish a backup; after an abort they are as wrong as new work.
pub const COMPLETION: &[Method] = &[Method::BackupComplete, Method::SetBackupSucceeded];

/// A call that ends the usefulness of an instance.
pub struct CallAfter {
    /// The call.
    pub pivot: Method,
    /// Calls of which one has to have succeeded before, or the pivot had nothing to end.
    pub needs: &'static [Method],
    /// Calls that are wrong after it.
    pub forbidden: &'static [&'static [Method]],
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per session in which the instance was used after the pivot.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &CallAfter) {
    for operation in &case.operations {
        let calls = operation.calls();
        let pivot = calls.iter().enumerate().find(|(at, call)| {
            call.method == pattern.pivot
                && call.was_taken()
                && (pattern.needs.is_empty()
                    || calls[..*at].iter().any(|c| pattern.needs.contains(&c.method) && c.ok()))
        });
        let Some((at, pivot)) = pivot else { continue };
        let is_wrong = |call: &&CallRecord| pattern.forbidden.iter().any(|list| list.contains(&call.method));
        let wrong: Vec<&CallRecord> = calls[at + 1..].iter().filter(is_wrong).collect();
        let Some(first) = wrong.first() else { continue };
        let named: Vec<String> = wrong.iter().map(|call| words::call(call)).collect();
        findings.add(
            Draft::of(info, operation)
                .at(first.started)
                .detail(format!(
                    "{} called {}, and afterwards on the same instance {}.",
                    words::capital(&operation.requester()),
                    words::call(pivot),
                    words::list(&named)
                ))
                .remedy(pattern.remedy)
                .evidence(pivot.events.iter().copied())
                .evidence(wrong.iter().flat_map(|call| call.events.iter().copied())),
        );
    }
}
