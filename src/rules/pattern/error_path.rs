//! Whether a session went wrong (`errorpath(I)` of the protocol): then what follows is clean-up.

use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Operation};
use vsscope_model::{CallRecord, Method, What};

/// A failure, a cancellation, an abort, a writer that failed, or a loss.
pub fn went_wrong(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    let bad_call = |call: &CallRecord| match call.method {
        Method::PrepareForBackup | Method::DoSnapshotSet | Method::BackupComplete => call.failed(),
        Method::SetBackupSucceeded => call.args.succeeded == Some(false),
        Method::Cancel | Method::AbortBackup => true,
        _ => false,
    };
    let prepared =
        operation.calls_of(&Method::PrepareForBackup).filter_map(|call| call.events.first().copied()).min();
    let bad_status = |(index, what): (usize, &What)| match what {
        What::WriterStatus { state, failure } => {
            let failed = state.failed_at().is_some() || failure.is_some_and(|code| code.is_failure());
            failed && prepared.is_some_and(|prepared| prepared < index)
        }
        _ => false,
    };
    operation.calls().iter().any(bad_call)
        || operation.iter(case.timeline).any(|(index, event)| bad_status((index, &event.what)))
        || was_lost(case, operation)
}

fn was_lost(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    case.telling_between(operation.host(), operation.started, operation.ended).any(|(_, event)| {
        let of_set = |volume: &str| {
            operation.sets.iter().flat_map(|set| &set.volumes).any(|known| same_volume(known, volume))
        };
        matches!(event.what, What::ShadowLoss) && event.volume.as_deref().is_some_and(of_set)
    })
}
