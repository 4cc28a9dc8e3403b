//! Output: an [`Analysis`](vsscope_model::Analysis) becomes text, JSON, tables, pages and the forms that other programs read.
//!
//! One room per form of output; [`tables`] are the rows behind CSV, Parquet and [`sql`]. Nothing here reads logs, knows a rule or decides anything: what is shown was decided
//! before. Human output may change at any time; the JSON forms are a public interface.

pub mod catalogue;
mod cell;
pub mod describe;
pub mod diff;
pub mod explain;
mod explanations;
pub mod github;
pub mod hosts;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mermaid;
pub mod sarif;
pub mod schema;
pub mod show;
pub mod sql;
mod subject;
pub mod tables;
pub mod text;
pub mod timesketch;

pub use catalogue::RuleDoc;
pub use describe::describe;
pub use json::{analysis_json, events_ndjson};
pub use text::{TextOptions, analyze, events, events_told, timeline};

pub use vsscope_model::LeftOut;

/// What the reports that people or other programs read need beside the analysis.
#[derive(Debug, Clone, Copy)]
pub struct ReportOptions<'a> {
    /// What the rules say of themselves.
    pub rules: &'a [RuleDoc],
    /// Time zone of the output; times carry their offset.
    pub tz: chrono_tz::Tz,
    /// What a filter took out of the analysis; absent where there was no filter.
    pub left_out: Option<LeftOut>,
    /// From which severity on a finding fails a test of a build server.
    pub fail_on: vsscope_model::Severity,
}
