//! Snapshot sets as Mermaid diagrams.

use crate::ReportOptions;
use vsscope_model::Analysis;

/// The gantt form.
pub fn gantt(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}

/// The sequence form.
pub fn sequence(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}
