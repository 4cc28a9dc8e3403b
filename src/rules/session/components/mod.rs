//! Rules about the components of a backup and their marks.

use crate::rules::Rule;

mod ancestor_and_descendant_added;
mod component_added_late;
mod component_added_twice;
mod component_marked_failed;
mod succeeded_after_complete;
mod succeeded_after_failed_snapshot;
mod succeeded_not_set;
mod succeeded_true_for_failed_writer;
mod succeeded_unknown_component;

pub use ancestor_and_descendant_added::AncestorAndDescendantAdded;
pub use component_added_late::ComponentAddedLate;
pub use component_added_twice::ComponentAddedTwice;
pub use component_marked_failed::ComponentMarkedFailed;
pub use succeeded_after_complete::SucceededAfterComplete;
pub use succeeded_after_failed_snapshot::SucceededAfterFailedSnapshot;
pub use succeeded_not_set::SucceededNotSet;
pub use succeeded_true_for_failed_writer::SucceededTrueForFailedWriter;
pub use succeeded_unknown_component::SucceededUnknownComponent;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &ComponentAddedTwice,
    &ComponentMarkedFailed,
    &SucceededAfterFailedSnapshot,
    &SucceededNotSet,
    &SucceededTrueForFailedWriter,
    &SucceededUnknownComponent,
    &ComponentAddedLate,
    &SucceededAfterComplete,
    &AncestorAndDescendantAdded,
];
