//! Rules over one requester session.

use super::Rule;

mod abandoned_without_abort;
mod abort_not_called_after_start;
mod access_denied;
mod additional_restores_open;
mod ancestor_and_descendant_added;
mod async_cancelled;
mod async_timeout_ignored;
mod backup_and_restore_on_instance;
mod backup_complete_after_failed_snapshot;
mod backup_complete_after_shadow_lost;
mod backup_complete_before_copy;
mod backup_complete_failed;
mod backup_complete_twice;
mod backup_complete_without_snapshot;
mod backup_shutdown_without_complete;
mod backup_state_changed_late;
mod backup_state_missing;
mod backup_type_undefined;
mod bad_state;
mod component_added_late;
mod component_added_twice;
mod component_marked_failed;
mod context_invalid;
mod context_set_late;
mod delete_before_complete;
mod delete_object_not_found;
mod gather_metadata_twice;
mod initialize_twice;
mod instance_not_released;
mod instance_reused_after_abort;
mod instance_reused_after_complete;
mod metadata_not_gathered;
mod metadata_not_saved;
mod metadata_used_after_free;
mod not_initialised;
mod options_too_late;
mod post_restore_without_pre_restore;
mod pre_restore_without_post_restore;
mod prepare_before_set;
mod prepare_missing;
mod prepare_not_finished;
mod restore_abort;
mod restore_metadata_not_gathered;
mod restore_nothing_selected;
mod restore_selection_late;
mod restore_status_not_checked;
mod restore_status_not_set;
mod restore_status_out_of_window;
mod restore_subcomponent_without_root;
mod restore_writer_missing;
mod retries_exhausted;
mod retry_too_soon;
mod second_snapshot_set_on_instance;
mod set_context_twice;
mod status_not_checked_after_complete;
mod status_not_checked_after_prepare;
mod status_not_checked_after_snapshot;
mod status_read_without_gather;
mod succeeded_after_complete;
mod succeeded_after_failed_snapshot;
mod succeeded_not_set;
mod succeeded_true_for_failed_writer;
mod succeeded_unknown_component;
mod unnecessary_delete_snapshots;
mod writer_call_in_writerless_context;
mod writer_filter_too_late;
mod xml_not_final;
mod xml_saved_too_early;

pub use abandoned_without_abort::AbandonedWithoutAbort;
pub use abort_not_called_after_start::AbortNotCalledAfterStart;
pub use access_denied::AccessDenied;
pub use additional_restores_open::AdditionalRestoresOpen;
pub use ancestor_and_descendant_added::AncestorAndDescendantAdded;
pub use async_cancelled::AsyncCancelled;
pub use async_timeout_ignored::AsyncTimeoutIgnored;
pub use backup_and_restore_on_instance::BackupAndRestoreOnInstance;
pub use backup_complete_after_failed_snapshot::BackupCompleteAfterFailedSnapshot;
pub use backup_complete_after_shadow_lost::BackupCompleteAfterShadowLost;
pub use backup_complete_before_copy::BackupCompleteBeforeCopy;
pub use backup_complete_failed::BackupCompleteFailed;
pub use backup_complete_twice::BackupCompleteTwice;
pub use backup_complete_without_snapshot::BackupCompleteWithoutSnapshot;
pub use backup_shutdown_without_complete::BackupShutdownWithoutComplete;
pub use backup_state_changed_late::BackupStateChangedLate;
pub use backup_state_missing::BackupStateMissing;
pub use backup_type_undefined::BackupTypeUndefined;
pub use bad_state::BadState;
pub use component_added_late::ComponentAddedLate;
pub use component_added_twice::ComponentAddedTwice;
pub use component_marked_failed::ComponentMarkedFailed;
pub use context_invalid::ContextInvalid;
pub use context_set_late::ContextSetLate;
pub use delete_before_complete::DeleteBeforeComplete;
pub use delete_object_not_found::DeleteObjectNotFound;
pub use gather_metadata_twice::GatherMetadataTwice;
pub use initialize_twice::InitializeTwice;
pub use instance_not_released::InstanceNotReleased;
pub use instance_reused_after_abort::InstanceReusedAfterAbort;
pub use instance_reused_after_complete::InstanceReusedAfterComplete;
pub use metadata_not_gathered::MetadataNotGathered;
pub use metadata_not_saved::MetadataNotSaved;
pub use metadata_used_after_free::MetadataUsedAfterFree;
pub use not_initialised::NotInitialised;
pub use options_too_late::OptionsTooLate;
pub use post_restore_without_pre_restore::PostRestoreWithoutPreRestore;
pub use pre_restore_without_post_restore::PreRestoreWithoutPostRestore;
pub use prepare_before_set::PrepareBeforeSet;
pub use prepare_missing::PrepareMissing;
pub use prepare_not_finished::PrepareNotFinished;
pub use restore_abort::RestoreAbort;
pub use restore_metadata_not_gathered::RestoreMetadataNotGathered;
pub use restore_nothing_selected::RestoreNothingSelected;
pub use restore_selection_late::RestoreSelectionLate;
pub use restore_status_not_checked::RestoreStatusNotChecked;
pub use restore_status_not_set::RestoreStatusNotSet;
pub use restore_status_out_of_window::RestoreStatusOutOfWindow;
pub use restore_subcomponent_without_root::RestoreSubcomponentWithoutRoot;
pub use restore_writer_missing::RestoreWriterMissing;
pub use retries_exhausted::RetriesExhausted;
pub use retry_too_soon::RetryTooSoon;
pub use second_snapshot_set_on_instance::SecondSnapshotSetOnInstance;
pub use set_context_twice::SetContextTwice;
pub use status_not_checked_after_complete::StatusNotCheckedAfterComplete;
pub use status_not_checked_after_prepare::StatusNotCheckedAfterPrepare;
pub use status_not_checked_after_snapshot::StatusNotCheckedAfterSnapshot;
pub use status_read_without_gather::StatusReadWithoutGather;
pub use succeeded_after_complete::SucceededAfterComplete;
pub use succeeded_after_failed_snapshot::SucceededAfterFailedSnapshot;
pub use succeeded_not_set::SucceededNotSet;
pub use succeeded_true_for_failed_writer::SucceededTrueForFailedWriter;
pub use succeeded_unknown_component::SucceededUnknownComponent;
pub use unnecessary_delete_snapshots::UnnecessaryDeleteSnapshots;
pub use writer_call_in_writerless_context::WriterCallInWriterlessContext;
pub use writer_filter_too_late::WriterFilterTooLate;
pub use xml_not_final::XmlNotFinal;
pub use xml_saved_too_early::XmlSavedTooEarly;

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
    &NotInitialised,
    &BackupAndRestoreOnInstance,
    &InitializeTwice,
    &GatherMetadataTwice,
    &SetContextTwice,
    &ContextSetLate,
    &ContextInvalid,
    &BackupTypeUndefined,
    &BackupStateMissing,
    &BackupStateChangedLate,
    &WriterFilterTooLate,
    &MetadataNotGathered,
    &MetadataUsedAfterFree,
    &WriterCallInWriterlessContext,
    &ComponentAddedLate,
    &OptionsTooLate,
    &PrepareBeforeSet,
    &PrepareMissing,
    &AsyncCancelled,
    &AsyncTimeoutIgnored,
    &PrepareNotFinished,
    &StatusReadWithoutGather,
    &SucceededAfterComplete,
    &BackupCompleteTwice,
    &XmlSavedTooEarly,
    &RestoreSelectionLate,
    &PostRestoreWithoutPreRestore,
    &DeleteBeforeComplete,
    &DeleteObjectNotFound,
    &PreRestoreWithoutPostRestore,
    &RestoreStatusNotSet,
    &RestoreWriterMissing,
    &RetriesExhausted,
    &RetryTooSoon,
    &AncestorAndDescendantAdded,
    &RestoreAbort,
    &RestoreMetadataNotGathered,
    &RestoreNothingSelected,
    &RestoreStatusNotChecked,
    &RestoreStatusOutOfWindow,
    &RestoreSubcomponentWithoutRoot,
    &AdditionalRestoresOpen,
];
