//! Backups of the same volumes by the same program, one after the other, and which of them failed with a code after which
//! Microsoft advises to wait ten minutes and to try three times at most.

use crate::rules::{Case, Operation};
use std::collections::BTreeMap;
use vsscope_model::{CallRecord, HResult, Method, SessionDetail, SessionKind, What};

/// The codes (learn.microsoft.com, `IVssBackupComponents::DoSnapshotSet`, `IVssBackupComponents::GetWriterStatus`).
const RETRYABLE: &[HResult] = &[
    HResult::VSS_FLUSH_WRITES_TIMEOUT,
    HResult::VSS_HOLD_WRITES_TIMEOUT,
    HResult::VSS_PROVIDER_VETO,
    HResult::VSS_UNEXPECTED_PROVIDER_ERROR,
    HResult::VSS_WRITERERROR_OUT_OF_RESOURCES,
    HResult::VSS_WRITERERROR_TIMEOUT,
    HResult::VSS_WRITERERROR_RETRYABLE,
];

/// One backup.
pub struct Try<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The code with which it failed, and the events that say so; absent if it failed with no such code or not at all.
    pub failure: Option<(HResult, Vec<usize>)>,
    /// Whether the evidence says that it failed, with whatever code.
    pub failed: bool,
}

/// The tries of each host, program and group of volumes, in order. Tries without known program or volumes are left out:
/// nobody can say what they repeat.
pub fn series<'c, 't>(case: &'c Case<'t>) -> Vec<Vec<Try<'c, 't>>> {
    let mut series: BTreeMap<(String, String, Vec<String>), Vec<Try<'c, 't>>> = BTreeMap::new();
    for operation in &case.operations {
        let Some(session) = operation.session else { continue };
        let is_backup = session.kind == SessionKind::Backup && session.detail == SessionDetail::Calls;
        let image = session.requester.image.as_deref().map(str::to_lowercase);
        let volumes = volumes(operation);
        let Some(image) = image.filter(|_| is_backup && !volumes.is_empty()) else { continue };
        if operation.is_transcript(case.timeline) {
            continue;
        }
        let failure = failure(case, operation, |code| RETRYABLE.contains(&code));
        let failed = failure.is_some() || failed(case, operation);
        let key = (operation.host().to_lowercase(), image, volumes);
        series.entry(key).or_default().push(Try { operation, failure, failed });
    }
    series.into_values().collect()
}

/// The volumes of a backup, as far as it came to name them.
fn volumes(operation: &Operation<'_>) -> Vec<String> {
    let added = operation.calls_of(&Method::AddToSnapshotSet).filter_map(|call| call.volume.as_deref());
    let known = operation.sets.iter().flat_map(|set| &set.volumes).map(String::as_str);
    let mut volumes: Vec<String> =
        added.chain(known).map(|volume| volume.trim_end_matches('\\').to_lowercase()).collect();
    volumes.sort_unstable();
    volumes.dedup();
    volumes
}

fn is_deciding(method: &Method) -> bool {
    matches!(
        method,
        Method::AddToSnapshotSet | Method::PrepareForBackup | Method::DoSnapshotSet | Method::BackupComplete
    )
}

/// The first of these codes in a result that decides, else in a writer's status.
fn failure(
    case: &Case<'_>,
    operation: &Operation<'_>,
    counts: impl Fn(HResult) -> bool,
) -> Option<(HResult, Vec<usize>)> {
    let of_call = |call: &CallRecord| {
        let code = call.hresult.or(call.accepted).filter(|&code| counts(code))?;
        is_deciding(&call.method).then(|| (code, call.events.clone()))
    };
    operation.calls().iter().find_map(of_call).or_else(|| writer_failure(case, operation, counts))
}

/// The first of these codes in a writer's status. One that was read before PrepareForBackup is a leftover of another
/// session.
fn writer_failure(
    case: &Case<'_>,
    operation: &Operation<'_>,
    counts: impl Fn(HResult) -> bool,
) -> Option<(HResult, Vec<usize>)> {
    let prepared =
        operation.calls_of(&Method::PrepareForBackup).filter_map(|c| c.events.first().copied()).min()?;
    operation.iter(case.timeline).find_map(|(index, event)| match &event.what {
        What::WriterStatus { failure: Some(code), .. } if counts(*code) && prepared < index => {
            Some((*code, vec![index]))
        }
        _ => None,
    })
}

/// Whether a backup failed with whatever code: a step that it needs failed and never succeeded, or a writer failed.
fn failed(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    let is_failure = |call: &CallRecord| call.hresult.is_some_and(HResult::is_failure);
    let never = |method: &Method| {
        operation.calls_of(method).any(is_failure) && !operation.calls_of(method).any(CallRecord::ok)
    };
    let steps = [Method::PrepareForBackup, Method::DoSnapshotSet, Method::BackupComplete];
    // A volume that was refused can be left out.
    let made = operation.calls_of(&Method::DoSnapshotSet).any(CallRecord::ok);
    steps.iter().any(never)
        || (!made && operation.calls_of(&Method::AddToSnapshotSet).any(is_failure))
        || writer_failure(case, operation, HResult::is_failure).is_some()
}
