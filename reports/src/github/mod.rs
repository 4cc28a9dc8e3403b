//! Findings as annotations of a GitHub workflow.

use crate::ReportOptions;
use vsscope_model::Analysis;

/// The annotations form.
pub fn annotations(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}
