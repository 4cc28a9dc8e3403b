//! Rules about the end of a backup: BackupComplete, AbortBackup, DeleteSnapshots, Release, the document.

use crate::rules::Rule;

mod abandoned_without_abort;
mod abort_not_called_after_start;
mod backup_complete_after_failed_snapshot;
mod backup_complete_after_shadow_lost;
mod backup_complete_before_copy;
mod backup_complete_failed;
mod backup_complete_twice;
mod backup_complete_without_snapshot;
mod backup_shutdown_without_complete;
mod delete_before_complete;
mod delete_object_not_found;
mod metadata_not_saved;
mod unnecessary_delete_snapshots;
mod xml_not_final;
mod xml_saved_too_early;

pub use abandoned_without_abort::AbandonedWithoutAbort;
pub use abort_not_called_after_start::AbortNotCalledAfterStart;
pub use backup_complete_after_failed_snapshot::BackupCompleteAfterFailedSnapshot;
pub use backup_complete_after_shadow_lost::BackupCompleteAfterShadowLost;
pub use backup_complete_before_copy::BackupCompleteBeforeCopy;
pub use backup_complete_failed::BackupCompleteFailed;
pub use backup_complete_twice::BackupCompleteTwice;
pub use backup_complete_without_snapshot::BackupCompleteWithoutSnapshot;
pub use backup_shutdown_without_complete::BackupShutdownWithoutComplete;
pub use delete_before_complete::DeleteBeforeComplete;
pub use delete_object_not_found::DeleteObjectNotFound;
pub use metadata_not_saved::MetadataNotSaved;
pub use unnecessary_delete_snapshots::UnnecessaryDeleteSnapshots;
pub use xml_not_final::XmlNotFinal;
pub use xml_saved_too_early::XmlSavedTooEarly;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &BackupShutdownWithoutComplete,
    &UnnecessaryDeleteSnapshots,
    &AbandonedWithoutAbort,
    &AbortNotCalledAfterStart,
    &BackupCompleteAfterFailedSnapshot,
    &BackupCompleteAfterShadowLost,
    &BackupCompleteBeforeCopy,
    &BackupCompleteFailed,
    &BackupCompleteWithoutSnapshot,
    &MetadataNotSaved,
    &XmlNotFinal,
    &BackupCompleteTwice,
    &XmlSavedTooEarly,
    &DeleteBeforeComplete,
    &DeleteObjectNotFound,
];
