//! Rules over one requester session.

use super::Rule;

mod abandoned_without_abort;
mod abort_not_called_after_start;
mod access_denied;
mod backup_complete_after_failed_snapshot;
mod backup_complete_after_shadow_lost;
mod backup_complete_before_copy;
mod backup_complete_failed;
mod backup_complete_without_snapshot;
mod backup_shutdown_without_complete;
mod component_added_twice;
mod component_marked_failed;
mod instance_not_released;
mod instance_reused_after_abort;
mod instance_reused_after_complete;
mod metadata_not_saved;
mod second_snapshot_set_on_instance;
mod status_not_checked_after_complete;
mod status_not_checked_after_prepare;
mod status_not_checked_after_snapshot;
mod succeeded_after_failed_snapshot;
mod succeeded_not_set;
mod succeeded_true_for_failed_writer;
mod succeeded_unknown_component;
mod unnecessary_delete_snapshots;
mod xml_not_final;

pub use abandoned_without_abort::AbandonedWithoutAbort;
pub use abort_not_called_after_start::AbortNotCalledAfterStart;
pub use access_denied::AccessDenied;
pub use backup_complete_after_failed_snapshot::BackupCompleteAfterFailedSnapshot;
pub use backup_complete_after_shadow_lost::BackupCompleteAfterShadowLost;
pub use backup_complete_before_copy::BackupCompleteBeforeCopy;
pub use backup_complete_failed::BackupCompleteFailed;
pub use backup_complete_without_snapshot::BackupCompleteWithoutSnapshot;
pub use backup_shutdown_without_complete::BackupShutdownWithoutComplete;
pub use component_added_twice::ComponentAddedTwice;
pub use component_marked_failed::ComponentMarkedFailed;
pub use instance_not_released::InstanceNotReleased;
pub use instance_reused_after_abort::InstanceReusedAfterAbort;
pub use instance_reused_after_complete::InstanceReusedAfterComplete;
pub use metadata_not_saved::MetadataNotSaved;
pub use second_snapshot_set_on_instance::SecondSnapshotSetOnInstance;
pub use status_not_checked_after_complete::StatusNotCheckedAfterComplete;
pub use status_not_checked_after_prepare::StatusNotCheckedAfterPrepare;
pub use status_not_checked_after_snapshot::StatusNotCheckedAfterSnapshot;
pub use succeeded_after_failed_snapshot::SucceededAfterFailedSnapshot;
pub use succeeded_not_set::SucceededNotSet;
pub use succeeded_true_for_failed_writer::SucceededTrueForFailedWriter;
pub use succeeded_unknown_component::SucceededUnknownComponent;
pub use unnecessary_delete_snapshots::UnnecessaryDeleteSnapshots;
pub use xml_not_final::XmlNotFinal;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &BackupShutdownWithoutComplete,
    &InstanceReusedAfterComplete,
    &InstanceReusedAfterAbort,
    &SecondSnapshotSetOnInstance,
    &ComponentAddedTwice,
    &UnnecessaryDeleteSnapshots,
    &AccessDenied,
    &AbandonedWithoutAbort,
    &AbortNotCalledAfterStart,
    &BackupCompleteAfterFailedSnapshot,
    &BackupCompleteAfterShadowLost,
    &BackupCompleteBeforeCopy,
    &BackupCompleteFailed,
    &BackupCompleteWithoutSnapshot,
    &ComponentMarkedFailed,
    &InstanceNotReleased,
    &MetadataNotSaved,
    &StatusNotCheckedAfterComplete,
    &StatusNotCheckedAfterPrepare,
    &StatusNotCheckedAfterSnapshot,
    &SucceededAfterFailedSnapshot,
    &SucceededNotSet,
    &SucceededTrueForFailedWriter,
    &SucceededUnknownComponent,
    &XmlNotFinal,
];
