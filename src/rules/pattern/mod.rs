//! What several rules do alike, written once: a rule file is data on a pattern.

pub mod call_after;
pub mod code;
pub mod edge_of_evidence;
pub mod error_path;
pub mod freeze_window;
pub mod group;
pub mod missing_before;
pub mod overlap;
pub mod refused;
pub mod removal;
pub mod tries;
pub mod writer_failed;
