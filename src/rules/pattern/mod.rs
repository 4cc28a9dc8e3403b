//! What several rules do alike, written once: a rule file is data on a pattern.

pub mod absence;
pub mod after_failed_snapshot;
pub mod call_after;
pub mod code;
pub mod command;
pub mod edge_of_evidence;
pub mod error_path;
pub mod freeze_window;
pub mod group;
pub mod instances;
pub mod job;
pub mod left;
pub mod maker;
pub mod missing_after;
pub mod overlap;
pub mod prerequisite;
pub mod provider_step;
pub mod refused;
pub mod removal;
pub mod repeated;
pub mod selection;
pub mod serialised;
pub mod tries;
pub mod volsnap;
pub mod writer_code;
pub mod writer_failed;
