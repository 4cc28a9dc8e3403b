//! Events and findings for Timesketch.

use crate::ReportOptions;
use vsscope_model::Analysis;

/// The jsonl form.
pub fn jsonl(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}

/// The csv form.
pub fn csv(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}
