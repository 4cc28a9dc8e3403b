//! Rules over one writer.

use super::Rule;

mod database_failed_in_freeze;
mod freeze_window_exceeded;
mod freeze_window_long;
mod thaw_missing;
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
mod writer_rejected_event;

pub use database_failed_in_freeze::DatabaseFailedInFreeze;
pub use freeze_window_exceeded::FreezeWindowExceeded;
pub use freeze_window_long::FreezeWindowLong;
pub use thaw_missing::ThawMissing;
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
pub use writer_rejected_event::WriterRejectedEvent;

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
];
