//! Rules about results that nobody waited for or looked at.

use crate::rules::Rule;

mod async_cancelled;
mod async_status_not_read;
mod async_timeout_ignored;
mod status_not_checked_after_complete;
mod status_not_checked_after_prepare;
mod status_not_checked_after_snapshot;
mod status_read_without_gather;

pub use async_cancelled::AsyncCancelled;
pub use async_status_not_read::AsyncStatusNotRead;
pub use async_timeout_ignored::AsyncTimeoutIgnored;
pub use status_not_checked_after_complete::StatusNotCheckedAfterComplete;
pub use status_not_checked_after_prepare::StatusNotCheckedAfterPrepare;
pub use status_not_checked_after_snapshot::StatusNotCheckedAfterSnapshot;
pub use status_read_without_gather::StatusReadWithoutGather;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &StatusNotCheckedAfterComplete,
    &StatusNotCheckedAfterPrepare,
    &StatusNotCheckedAfterSnapshot,
    &AsyncCancelled,
    &AsyncTimeoutIgnored,
    &StatusReadWithoutGather,
    &AsyncStatusNotRead,
];
