//! Rules over a host, or over the evidence as a whole.

use super::Rule;

mod clock_stepped;
mod component_in_overlapping_sessions;
mod diag_recording_disabled;
mod diff_area_low;
mod events_lost;
mod failure_in_trace;
mod host_restarted_mid_session;
mod known_noise;
mod mass_shadow_delete;
mod oldest_shadow_deleted;
mod overlapping_set_creation;
mod reboot_required;
mod service_stopped_mid_session;
mod shadow_copies_aborted;
mod shadow_copies_deleted_by_command;
mod shadow_storage_resized_by_command;
mod snapshot_set_in_progress;
mod snapshot_set_in_progress_stuck;
mod trace_ends_mid_session;
mod trace_starts_mid_session;
mod two_products_full;
mod vss_error_logged;
mod vss_tool_run_during_backup;
mod writer_infrastructure;

pub use clock_stepped::ClockStepped;
pub use component_in_overlapping_sessions::ComponentInOverlappingSessions;
pub use diag_recording_disabled::DiagRecordingDisabled;
pub use diff_area_low::DiffAreaLow;
pub use events_lost::EventsLost;
pub use failure_in_trace::FailureInTrace;
pub use host_restarted_mid_session::HostRestartedMidSession;
pub use known_noise::KnownNoise;
pub use mass_shadow_delete::MassShadowDelete;
pub use oldest_shadow_deleted::OldestShadowDeleted;
pub use overlapping_set_creation::OverlappingSetCreation;
pub use reboot_required::RebootRequired;
pub use service_stopped_mid_session::ServiceStoppedMidSession;
pub use shadow_copies_aborted::ShadowCopiesAborted;
pub use shadow_copies_deleted_by_command::ShadowCopiesDeletedByCommand;
pub use shadow_storage_resized_by_command::ShadowStorageResizedByCommand;
pub use snapshot_set_in_progress::SnapshotSetInProgress;
pub use snapshot_set_in_progress_stuck::SnapshotSetInProgressStuck;
pub use trace_ends_mid_session::TraceEndsMidSession;
pub use trace_starts_mid_session::TraceStartsMidSession;
pub use two_products_full::TwoProductsFull;
pub use vss_error_logged::VssErrorLogged;
pub use vss_tool_run_during_backup::VssToolRunDuringBackup;
pub use writer_infrastructure::WriterInfrastructure;

pub(super) use service_stopped_mid_session::lost_its_service;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &VssToolRunDuringBackup,
    &SnapshotSetInProgress,
    &ShadowCopiesAborted,
    &ClockStepped,
    &TraceStartsMidSession,
    &TraceEndsMidSession,
    &ServiceStoppedMidSession,
    &HostRestartedMidSession,
    &ShadowCopiesDeletedByCommand,
    &ShadowStorageResizedByCommand,
    &DiagRecordingDisabled,
    &RebootRequired,
    &WriterInfrastructure,
    &DiffAreaLow,
    &OldestShadowDeleted,
    &EventsLost,
    &ComponentInOverlappingSessions,
    &OverlappingSetCreation,
    &SnapshotSetInProgressStuck,
    &MassShadowDelete,
    &TwoProductsFull,
];
