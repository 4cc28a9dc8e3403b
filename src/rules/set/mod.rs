//! Rules over one snapshot set.

use super::Rule;

mod abort_during_freeze;
mod auto_release_released_early;
mod break_before_import;
mod break_software_snapshot;
mod delete_incomplete;
mod diff_area_changed_during_backup;
mod duplicate_set_id;
mod empty_snapshot_set;
mod expose_not_allowed;
mod flush_hold_exceeded;
mod flush_hold_long;
mod flush_writes_timeout;
mod foreign_delete_of_live_set;
mod hold_writes_timeout;
mod import_failed;
mod insufficient_storage;
mod persistent_set_orphaned;
mod revert_problem;
mod set_imported_twice;
mod set_left_open;
mod shadow_lost_during_backup;
mod snapshot_limit_reached;
mod snapshot_set_failed;
mod snapshot_without_writers;
mod transaction_manager_timeout;
mod transportable_completed_before_import;
mod use_after_break;
mod volume_added_late;
mod volume_added_twice;
mod volume_added_without_set;
mod volume_not_supported;

pub use abort_during_freeze::AbortDuringFreeze;
pub use auto_release_released_early::AutoReleaseReleasedEarly;
pub use break_before_import::BreakBeforeImport;
pub use break_software_snapshot::BreakSoftwareSnapshot;
pub use delete_incomplete::DeleteIncomplete;
pub use diff_area_changed_during_backup::DiffAreaChangedDuringBackup;
pub use duplicate_set_id::DuplicateSetId;
pub use empty_snapshot_set::EmptySnapshotSet;
pub use expose_not_allowed::ExposeNotAllowed;
pub use flush_hold_exceeded::FlushHoldExceeded;
pub use flush_hold_long::FlushHoldLong;
pub use flush_writes_timeout::FlushWritesTimeout;
pub use foreign_delete_of_live_set::ForeignDeleteOfLiveSet;
pub use hold_writes_timeout::HoldWritesTimeout;
pub use import_failed::ImportFailed;
pub use insufficient_storage::InsufficientStorage;
pub use persistent_set_orphaned::PersistentSetOrphaned;
pub use revert_problem::RevertProblem;
pub use set_imported_twice::SetImportedTwice;
pub use set_left_open::SetLeftOpen;
pub use shadow_lost_during_backup::ShadowLostDuringBackup;
pub use snapshot_limit_reached::SnapshotLimitReached;
pub use snapshot_set_failed::SnapshotSetFailed;
pub use snapshot_without_writers::SnapshotWithoutWriters;
pub use transaction_manager_timeout::TransactionManagerTimeout;
pub use transportable_completed_before_import::TransportableCompletedBeforeImport;
pub use use_after_break::UseAfterBreak;
pub use volume_added_late::VolumeAddedLate;
pub use volume_added_twice::VolumeAddedTwice;
pub use volume_added_without_set::VolumeAddedWithoutSet;
pub use volume_not_supported::VolumeNotSupported;

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
    &BreakSoftwareSnapshot,
    &DeleteIncomplete,
    &DuplicateSetId,
    &ImportFailed,
    &PersistentSetOrphaned,
    &TransportableCompletedBeforeImport,
    &DiffAreaChangedDuringBackup,
    &FlushHoldLong,
    &BreakBeforeImport,
    &SetImportedTwice,
    &ExposeNotAllowed,
    &RevertProblem,
];
