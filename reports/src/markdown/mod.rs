//! Markdown for a ticket or a mail.

use crate::ReportOptions;
use vsscope_model::Analysis;

/// The report form.
pub fn report(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}

/// The ticket form.
pub fn ticket(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}
