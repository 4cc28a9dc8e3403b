//! Rules about restores and imports.

use crate::rules::Rule;

mod additional_restores_open;
mod import_without_document;
mod post_restore_without_pre_restore;
mod pre_restore_without_post_restore;
mod restore_abort;
mod restore_metadata_not_gathered;
mod restore_nothing_selected;
mod restore_selection_late;
mod restore_status_not_checked;
mod restore_status_not_set;
mod restore_status_out_of_window;
mod restore_subcomponent_without_root;
mod restore_writer_missing;

pub use additional_restores_open::AdditionalRestoresOpen;
pub use import_without_document::ImportWithoutDocument;
pub use post_restore_without_pre_restore::PostRestoreWithoutPreRestore;
pub use pre_restore_without_post_restore::PreRestoreWithoutPostRestore;
pub use restore_abort::RestoreAbort;
pub use restore_metadata_not_gathered::RestoreMetadataNotGathered;
pub use restore_nothing_selected::RestoreNothingSelected;
pub use restore_selection_late::RestoreSelectionLate;
pub use restore_status_not_checked::RestoreStatusNotChecked;
pub use restore_status_not_set::RestoreStatusNotSet;
pub use restore_status_out_of_window::RestoreStatusOutOfWindow;
pub use restore_subcomponent_without_root::RestoreSubcomponentWithoutRoot;
pub use restore_writer_missing::RestoreWriterMissing;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &RestoreSelectionLate,
    &PostRestoreWithoutPreRestore,
    &PreRestoreWithoutPostRestore,
    &RestoreStatusNotSet,
    &RestoreWriterMissing,
    &RestoreAbort,
    &RestoreMetadataNotGathered,
    &RestoreNothingSelected,
    &RestoreStatusNotChecked,
    &RestoreStatusOutOfWindow,
    &RestoreSubcomponentWithoutRoot,
    &AdditionalRestoresOpen,
    &ImportWithoutDocument,
];
