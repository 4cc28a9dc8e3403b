//! Rules over one snapshot set.

use super::Rule;

mod abort_during_freeze;
mod auto_release_released_early;
mod empty_snapshot_set;
mod flush_hold_exceeded;
mod flush_writes_timeout;
mod foreign_delete_of_live_set;
mod hold_writes_timeout;
mod insufficient_storage;
mod set_left_open;
mod shadow_lost_during_backup;
mod snapshot_limit_reached;
mod snapshot_set_failed;
mod snapshot_without_writers;
mod transaction_manager_timeout;
mod volume_not_supported;

pub use abort_during_freeze::AbortDuringFreeze;
pub use auto_release_released_early::AutoReleaseReleasedEarly;
mod use_after_break;
mod volume_added_late;
mod volume_added_twice;
mod volume_added_without_set;

pub use abort_during_freeze::AbortDuringFreeze;
pub use empty_snapshot_set::EmptySnapshotSet;
pub use flush_hold_exceeded::FlushHoldExceeded;
pub use flush_writes_timeout::FlushWritesTimeout;
pub use foreign_delete_of_live_set::ForeignDeleteOfLiveSet;
pub use hold_writes_timeout::HoldWritesTimeout;
pub use insufficient_storage::InsufficientStorage;
pub use set_left_open::SetLeftOpen;
pub use shadow_lost_during_backup::ShadowLostDuringBackup;
pub use snapshot_limit_reached::SnapshotLimitReached;
pub use snapshot_set_failed::SnapshotSetFailed;
pub use snapshot_without_writers::SnapshotWithoutWriters;
pub use transaction_manager_timeout::TransactionManagerTimeout;
pub use volume_not_supported::VolumeNotSupported;
pub use use_after_break::UseAfterBreak;
pub use volume_added_late::VolumeAddedLate;
pub use volume_added_twice::VolumeAddedTwice;
pub use volume_added_without_set::VolumeAddedWithoutSet;

pub(super) use foreign_delete_of_live_set::foreign_deletes;
pub(super) use set_left_open::is_left_open;
pub(super) use shadow_lost_during_backup::{losses, losses_of_live_sets};

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &FlushHoldExceeded,
    &AbortDuringFreeze,
    &InsufficientStorage,
    &SnapshotWithoutWriters,
    &ForeignDeleteOfLiveSet,
    &ShadowLostDuringBackup,
    &AutoReleaseReleasedEarly,
    &SetLeftOpen,
    &FlushWritesTimeout,
    &TransactionManagerTimeout,
    &SnapshotLimitReached,
    &VolumeNotSupported,
    &HoldWritesTimeout,
    &VolumeAddedWithoutSet,
    &VolumeAddedLate,
    &VolumeAddedTwice,
    &EmptySnapshotSet,
    &UseAfterBreak,
];
