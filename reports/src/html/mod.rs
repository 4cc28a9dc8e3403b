//! One self-contained page for a browser.

use crate::ReportOptions;
use vsscope_model::Analysis;

/// The report form.
pub fn report(_analysis: &Analysis, _options: &ReportOptions<'_>) -> String {
    String::new()
}
