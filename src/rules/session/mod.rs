//! Rules over one requester session.

use super::Rule;

mod access_denied;
mod backup_shutdown_without_complete;
mod component_added_twice;
mod instance_reused_after_abort;
mod instance_reused_after_complete;
mod second_snapshot_set_on_instance;
mod unnecessary_delete_snapshots;

pub use access_denied::AccessDenied;
pub use backup_shutdown_without_complete::BackupShutdownWithoutComplete;
pub use component_added_twice::ComponentAddedTwice;
pub use instance_reused_after_abort::InstanceReusedAfterAbort;
pub use instance_reused_after_complete::InstanceReusedAfterComplete;
pub use second_snapshot_set_on_instance::SecondSnapshotSetOnInstance;
pub use unnecessary_delete_snapshots::UnnecessaryDeleteSnapshots;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &BackupShutdownWithoutComplete,
    &InstanceReusedAfterComplete,
    &InstanceReusedAfterAbort,
    &SecondSnapshotSetOnInstance,
    &ComponentAddedTwice,
    &UnnecessaryDeleteSnapshots,
    &AccessDenied,
];
