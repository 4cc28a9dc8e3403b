//! Rules about the instance of the requester: begun once, used for one thing, released.

use crate::rules::Rule;

mod access_denied;
mod backup_and_restore_on_instance;
mod bad_state;
mod initialize_twice;
mod instance_not_released;
mod instance_reused_after_abort;
mod instance_reused_after_complete;
mod not_initialised;
mod retries_exhausted;
mod retry_too_soon;
mod second_snapshot_set_on_instance;

pub use access_denied::AccessDenied;
pub use backup_and_restore_on_instance::BackupAndRestoreOnInstance;
pub use bad_state::BadState;
pub use initialize_twice::InitializeTwice;
pub use instance_not_released::InstanceNotReleased;
pub use instance_reused_after_abort::InstanceReusedAfterAbort;
pub use instance_reused_after_complete::InstanceReusedAfterComplete;
pub use not_initialised::NotInitialised;
pub use retries_exhausted::RetriesExhausted;
pub use retry_too_soon::RetryTooSoon;
pub use second_snapshot_set_on_instance::SecondSnapshotSetOnInstance;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &InstanceReusedAfterComplete,
    &InstanceReusedAfterAbort,
    &SecondSnapshotSetOnInstance,
    &AccessDenied,
    &InstanceNotReleased,
    &NotInitialised,
    &BackupAndRestoreOnInstance,
    &InitializeTwice,
    &RetriesExhausted,
    &RetryTooSoon,
];
