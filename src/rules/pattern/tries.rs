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
        let failure = failure(case, operation);
        let key = (operation.host().to_lowercase(), image, volumes);
        series.entry(key).or_default().push(Try { operation, failure });
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

fn failure(case: &Case<'_>, operation: &Operation<'_>) -> Option<(HResult, Vec<usize>)> {
    let of_call = |call: &CallRecord| {
        let code = call.hresult.or(call.accepted).filter(|code| RETRYABLE.contains(code))?;
        is_deciding(&call.method).then(|| (code, call.events.clone()))
    };
    // A status that was read before PrepareForBackup is a leftover of another session.
    let prepared =
        operation.calls_of(&Method::PrepareForBackup).filter_map(|c| c.events.first().copied()).min();
    let of_status = |index: usize, what: &What| match what {
        What::WriterStatus { failure: Some(code), .. } if RETRYABLE.contains(code) => {
            (prepared? < index).then(|| (*code, vec![index]))
        }
        _ => None,
    };
    operation
        .calls()
        .iter()
        .find_map(of_call)
        .or_else(|| operation.iter(case.timeline).find_map(|(index, event)| of_status(index, &event.what)))
}
