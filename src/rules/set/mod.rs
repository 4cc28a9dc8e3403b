//! Rules over one snapshot set.

use super::Rule;

mod abort_during_freeze;
mod empty_snapshot_set;
mod flush_hold_exceeded;
mod foreign_delete_of_live_set;
mod insufficient_storage;
mod shadow_lost_during_backup;
mod snapshot_set_failed;
mod snapshot_without_writers;
mod use_after_break;
mod volume_added_late;
mod volume_added_twice;
mod volume_added_without_set;

pub use abort_during_freeze::AbortDuringFreeze;
pub use empty_snapshot_set::EmptySnapshotSet;
pub use flush_hold_exceeded::FlushHoldExceeded;
pub use foreign_delete_of_live_set::ForeignDeleteOfLiveSet;
pub use insufficient_storage::InsufficientStorage;
pub use shadow_lost_during_backup::ShadowLostDuringBackup;
pub use snapshot_set_failed::SnapshotSetFailed;
pub use snapshot_without_writers::SnapshotWithoutWriters;
pub use use_after_break::UseAfterBreak;
pub use volume_added_late::VolumeAddedLate;
pub use volume_added_twice::VolumeAddedTwice;
pub use volume_added_without_set::VolumeAddedWithoutSet;

pub(super) use shadow_lost_during_backup::losses_of_live_sets;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &FlushHoldExceeded,
    &AbortDuringFreeze,
    &InsufficientStorage,
    &SnapshotWithoutWriters,
    &ForeignDeleteOfLiveSet,
    &ShadowLostDuringBackup,
    &VolumeAddedWithoutSet,
    &VolumeAddedLate,
    &VolumeAddedTwice,
    &EmptySnapshotSet,
    &UseAfterBreak,
];
