//! Output: an [`Analysis`](vsscope_model::Analysis) becomes text for a terminal, JSON or NDJSON.
//!
//! One file per form of output. Nothing here reads logs, knows a rule or decides anything: what is shown was decided
//! before. Human output may change at any time; the JSON forms are a public interface.

pub mod catalogue;
pub mod describe;
pub mod explain;
pub mod json;
pub mod text;

pub use catalogue::RuleDoc;
pub use describe::describe;
pub use json::{analysis_json, events_ndjson};
pub use text::{LeftOut, TextOptions, analyze, events, events_told, timeline};
