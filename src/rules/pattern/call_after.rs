//! Calls that are not allowed any more after another call on the same instance.

use super::job::jobs;
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
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

/// Calls that come too late after another one.
pub struct CallAfter {
    /// The calls after which it is too late.
    pub pivots: &'static [Method],
    /// Calls of which one has to have succeeded before, or the pivot had nothing to end.
    pub needs: &'static [Method],
    /// Calls that are wrong after it.
    pub forbidden: &'static [&'static [Method]],
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per instance that was used after the pivot.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &CallAfter) {
    for operation in &case.operations {
        check_calls(info, operation, operation.calls(), findings, pattern);
    }
}

/// The same within the first work of each instance: calls of a second one are not late for the first.
pub fn check_in_job(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &CallAfter) {
    for job in jobs(case) {
        check_calls(info, job.operation, job.calls, findings, pattern);
    }
}

fn check_calls(
    info: &'static RuleInfo,
    operation: &Operation<'_>,
    calls: &[CallRecord],
    findings: &mut Findings,
    pattern: &CallAfter,
) {
    let pivot = calls.iter().enumerate().find(|(at, call)| {
        pattern.pivots.contains(&call.method)
            && call.was_taken()
            && (pattern.needs.is_empty()
                || calls[..*at].iter().any(|c| pattern.needs.contains(&c.method) && c.ok()))
    });
    let Some((at, pivot)) = pivot else { return };
    let is_wrong = |call: &&CallRecord| pattern.forbidden.iter().any(|list| list.contains(&call.method));
    let wrong: Vec<&CallRecord> = calls[at + 1..].iter().filter(is_wrong).collect();
    if !wrong.is_empty() {
        findings.add(draft(info, operation, pivot, &wrong).remedy(pattern.remedy));
    }
}

/// The finding that calls came after the pivot.
pub fn draft(
    info: &'static RuleInfo,
    operation: &Operation<'_>,
    pivot: &CallRecord,
    wrong: &[&CallRecord],
) -> Draft {
    let draft = Draft::of(info, operation)
        .detail(format!(
            "{} called {}, and afterwards on the same instance {}.",
            words::capital(&operation.requester()),
            words::call(pivot),
            words::calls(wrong)
        ))
        .evidence(pivot.events.iter().copied())
        .evidence(wrong.iter().flat_map(|call| call.events.iter().copied()));
    match wrong.first() {
        Some(first) => draft.at(first.started),
        None => draft,
    }
}
