//! What counts as long, soon or many where no documented limit says so.
//!
//! Documented limits (60 s of freeze, 10 s of held writes) are in [`crate::knowledge::limits`] and cannot be changed. These
//! here are an analyst's choice (basis "inferred threshold"); `vsscope.toml` can set each of them under its name.

use chrono::TimeDelta;

/// Thresholds of rules. Durations are in seconds in `vsscope.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// A freeze window of at least this share of the writer's limit is long.
    pub freeze_window_share: f64,
    /// One writer's OnFreeze that takes longer is slow.
    pub freeze_handler: TimeDelta,
    /// One writer's OnPrepareSnapshot that takes longer is slow.
    pub prepare_handler: TimeDelta,
    /// Writes that are held for at least this long are held long (the limit is 10 s).
    pub flush_hold: TimeDelta,
    /// CommitSnapshots of a provider that takes longer is slow. The pages say that it should take less than a second.
    pub provider_commit: TimeDelta,
    /// PreCommitSnapshots or PostCommitSnapshots that takes longer is slow. The pages allow a second or two.
    pub provider_precommit: TimeDelta,
    /// A set that was started and neither created nor aborted for this long was left open.
    pub set_open: TimeDelta,
    /// A failed call after which the instance does nothing for this long leaves its set open.
    pub set_idle: TimeDelta,
    /// An instance that stays this long after the work was done was not released.
    pub release_after_work: TimeDelta,
    /// A delete is the last act of a session when the release follows within this time.
    pub release_after_delete: TimeDelta,
    /// BackupComplete so soon after the snapshot cannot follow a copy.
    pub complete_after_snapshot: TimeDelta,
    /// The set of a backup that is used for this long after BackupComplete is still being copied.
    pub use_after_complete: TimeDelta,
    /// A persistent set of a failed backup that is still there after this long is orphaned.
    pub orphaned_after: TimeDelta,
    /// Refused StartSnapshotSet for longer than this blocks the host.
    pub blocked_for: TimeDelta,
    /// So many refused requesters within [`Thresholds::blocked_for`] mean that the host is blocked.
    pub blocked_requesters: usize,
    /// Advised pause before a retry (documented: ten minutes).
    pub retry_pause: TimeDelta,
    /// Advised number of tries (documented: three).
    pub retries: usize,
    /// So many shadow copies deleted within [`Thresholds::mass_delete_within`] by one stranger are a mass delete.
    pub mass_delete: usize,
    /// See [`Thresholds::mass_delete`].
    pub mass_delete_within: TimeDelta,
    /// Two creations on one host that overlap by more than this contradict the protocol.
    pub creation_overlap: TimeDelta,
    /// Full backups of one writer by two programs within this time are in each other's way.
    pub two_products_within: TimeDelta,
    /// A chain of restores that is not closed for this long was forgotten.
    pub restore_chain_open: TimeDelta,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            freeze_window_share: 0.5,
            freeze_handler: TimeDelta::seconds(10),
            prepare_handler: TimeDelta::seconds(60),
            flush_hold: TimeDelta::seconds(5),
            provider_commit: TimeDelta::seconds(2),
            provider_precommit: TimeDelta::seconds(2),
            set_open: TimeDelta::minutes(10),
            set_idle: TimeDelta::seconds(60),
            release_after_work: TimeDelta::minutes(60),
            release_after_delete: TimeDelta::seconds(60),
            complete_after_snapshot: TimeDelta::seconds(5),
            use_after_complete: TimeDelta::seconds(300),
            orphaned_after: TimeDelta::minutes(60),
            blocked_for: TimeDelta::minutes(10),
            blocked_requesters: 3,
            retry_pause: TimeDelta::minutes(10),
            retries: 3,
            mass_delete: 3,
            mass_delete_within: TimeDelta::seconds(60),
            creation_overlap: TimeDelta::seconds(1),
            two_products_within: TimeDelta::days(7),
            restore_chain_open: TimeDelta::hours(24),
        }
    }
}
