//! Rules over a host, or over the evidence as a whole.

use super::Rule;

mod clock_stepped;
mod diag_recording_disabled;
mod failure_in_trace;
mod host_restarted_mid_session;
mod known_noise;
mod service_stopped_mid_session;
mod shadow_copies_aborted;
mod shadow_copies_deleted_by_command;
mod snapshot_set_in_progress;
mod trace_ends_mid_session;
mod trace_starts_mid_session;
mod vss_error_logged;
mod vss_tool_run_during_backup;

pub use clock_stepped::ClockStepped;
pub use diag_recording_disabled::DiagRecordingDisabled;
pub use failure_in_trace::FailureInTrace;
pub use host_restarted_mid_session::HostRestartedMidSession;
pub use known_noise::KnownNoise;
pub use service_stopped_mid_session::ServiceStoppedMidSession;
pub use shadow_copies_aborted::ShadowCopiesAborted;
pub use shadow_copies_deleted_by_command::ShadowCopiesDeletedByCommand;
pub use snapshot_set_in_progress::SnapshotSetInProgress;
pub use trace_ends_mid_session::TraceEndsMidSession;
pub use trace_starts_mid_session::TraceStartsMidSession;
pub use vss_error_logged::VssErrorLogged;
pub use vss_tool_run_during_backup::VssToolRunDuringBackup;

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
    &DiagRecordingDisabled,
];
