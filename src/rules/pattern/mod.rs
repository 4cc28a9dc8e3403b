//! What several rules do alike, written once: a rule file is data on a pattern.

pub mod call_after;
pub mod code;
pub mod edge_of_evidence;
pub mod freeze_window;
pub mod group;
pub mod provider_step;
pub mod volsnap;
pub mod writer_code;
pub mod writer_failed;
