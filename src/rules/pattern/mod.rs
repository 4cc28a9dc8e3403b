//! What several rules do alike, written once: a rule file is data on a pattern.

pub mod call_after;
pub mod code;
pub mod edge_of_evidence;
pub mod freeze_window;
pub mod group;
pub mod job;
pub mod prerequisite;
pub mod repeated;
pub mod writer_failed;
