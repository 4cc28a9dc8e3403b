//! Rules about what comes before the shadow copy: context, state, metadata, options, PrepareForBackup.

use crate::rules::Rule;

mod backup_state_changed_late;
mod backup_state_missing;
mod backup_type_undefined;
mod context_invalid;
mod context_set_late;
mod gather_metadata_twice;
mod metadata_not_gathered;
mod metadata_used_after_free;
mod options_too_late;
mod prepare_before_set;
mod prepare_missing;
mod prepare_not_finished;
mod set_context_twice;
mod writer_call_in_writerless_context;
mod writer_filter_too_late;

pub use backup_state_changed_late::BackupStateChangedLate;
pub use backup_state_missing::BackupStateMissing;
pub use backup_type_undefined::BackupTypeUndefined;
pub use context_invalid::ContextInvalid;
pub use context_set_late::ContextSetLate;
pub use gather_metadata_twice::GatherMetadataTwice;
pub use metadata_not_gathered::MetadataNotGathered;
pub use metadata_used_after_free::MetadataUsedAfterFree;
pub use options_too_late::OptionsTooLate;
pub use prepare_before_set::PrepareBeforeSet;
pub use prepare_missing::PrepareMissing;
pub use prepare_not_finished::PrepareNotFinished;
pub use set_context_twice::SetContextTwice;
pub use writer_call_in_writerless_context::WriterCallInWriterlessContext;
pub use writer_filter_too_late::WriterFilterTooLate;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
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
    &OptionsTooLate,
    &PrepareBeforeSet,
    &PrepareMissing,
    &PrepareNotFinished,
];
