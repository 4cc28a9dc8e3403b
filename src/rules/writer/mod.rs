//! Rules over one writer.

use super::Rule;

mod abort_after_post_snapshot;
mod database_failed_in_freeze;
mod freeze_handler_slow;
mod freeze_window_exceeded;
mod freeze_window_long;
mod stale_writer_status;
mod thaw_missing;
mod writer_disappeared;
mod writer_error_inconsistent_snapshot;
mod writer_error_nonretryable;
mod writer_error_out_of_resources;
mod writer_error_partial;
mod writer_error_retryable;
mod writer_event_order;
mod writer_exception;
mod writer_failed_at_backup_complete;
mod writer_failed_at_backup_shutdown;
mod writer_failed_at_freeze;
mod writer_failed_at_identify;
mod writer_failed_at_post_snapshot;
mod writer_failed_at_prepare_backup;
mod writer_failed_at_prepare_snapshot;
mod writer_failed_at_restore;
mod writer_failed_at_thaw;
mod writer_listed_as_failed;
mod writer_not_responding;
mod writer_rejected_event;
mod writer_restarted_during_restore;
mod writer_sessions_exhausted;
mod writer_shutdown_without_complete;
mod writer_waiting_complete;

pub use abort_after_post_snapshot::AbortAfterPostSnapshot;
pub use database_failed_in_freeze::DatabaseFailedInFreeze;
pub use freeze_handler_slow::FreezeHandlerSlow;
pub use freeze_window_exceeded::FreezeWindowExceeded;
pub use freeze_window_long::FreezeWindowLong;
pub use stale_writer_status::StaleWriterStatus;
pub use thaw_missing::ThawMissing;
pub use writer_disappeared::WriterDisappeared;
pub use writer_error_inconsistent_snapshot::WriterErrorInconsistentSnapshot;
pub use writer_error_nonretryable::WriterErrorNonretryable;
pub use writer_error_out_of_resources::WriterErrorOutOfResources;
pub use writer_error_partial::WriterErrorPartial;
pub use writer_error_retryable::WriterErrorRetryable;
pub use writer_event_order::WriterEventOrder;
pub use writer_exception::WriterException;
pub use writer_failed_at_backup_complete::WriterFailedAtBackupComplete;
pub use writer_failed_at_backup_shutdown::WriterFailedAtBackupShutdown;
pub use writer_failed_at_freeze::WriterFailedAtFreeze;
pub use writer_failed_at_identify::WriterFailedAtIdentify;
pub use writer_failed_at_post_snapshot::WriterFailedAtPostSnapshot;
pub use writer_failed_at_prepare_backup::WriterFailedAtPrepareBackup;
pub use writer_failed_at_prepare_snapshot::WriterFailedAtPrepareSnapshot;
pub use writer_failed_at_restore::WriterFailedAtRestore;
pub use writer_failed_at_thaw::WriterFailedAtThaw;
pub use writer_listed_as_failed::WriterListedAsFailed;
pub use writer_not_responding::WriterNotResponding;
pub use writer_rejected_event::WriterRejectedEvent;
pub use writer_restarted_during_restore::WriterRestartedDuringRestore;
pub use writer_sessions_exhausted::WriterSessionsExhausted;
pub use writer_shutdown_without_complete::WriterShutdownWithoutComplete;
pub use writer_waiting_complete::WriterWaitingComplete;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &DatabaseFailedInFreeze,
    &WriterFailedAtIdentify,
    &WriterFailedAtPrepareBackup,
    &WriterFailedAtPrepareSnapshot,
    &WriterFailedAtFreeze,
    &WriterFailedAtThaw,
    &WriterFailedAtPostSnapshot,
    &WriterFailedAtBackupComplete,
    &WriterFailedAtBackupShutdown,
    &WriterFailedAtRestore,
    &WriterRejectedEvent,
    &WriterListedAsFailed,
    &FreezeWindowExceeded,
    &FreezeWindowLong,
    &ThawMissing,
    &WriterErrorInconsistentSnapshot,
    &WriterErrorOutOfResources,
    &WriterErrorNonretryable,
    &WriterNotResponding,
    &WriterErrorPartial,
    &WriterErrorRetryable,
    &WriterSessionsExhausted,
    &StaleWriterStatus,
    &WriterDisappeared,
    &WriterEventOrder,
    &AbortAfterPostSnapshot,
    &FreezeHandlerSlow,
    &WriterException,
    &WriterShutdownWithoutComplete,
    &WriterWaitingComplete,
    &WriterRestartedDuringRestore,
];
