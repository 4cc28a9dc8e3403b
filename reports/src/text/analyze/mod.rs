//! The post-mortem on one screen: what failed, why, what else, what is missing, what next.

pub(crate) mod coverage;
pub(crate) mod findings;
pub(crate) mod head;
pub(crate) mod inputs;
mod inventory;
pub(crate) mod sets;

pub(crate) use sets::{outcome_style, sets_to_show, short_id, stacked};

use super::TextOptions;
use super::page::Page;
use vsscope_model::Analysis;

/// Column at which the text behind a label begins.
const LABEL: usize = 10;
/// How many kinds of events are listed, and how many findings that are no errors are shown in full, for brevity.
const IN_FULL: usize = 8;

/// The analysis as one screen of text.
pub fn analyze(analysis: &Analysis, options: &TextOptions) -> String {
    let mut page = Page::about(analysis, options);
    head::head(&mut page, analysis);
    findings::findings(&mut page, analysis);
    sets::sets(&mut page, analysis);
    super::statistics::statistics(&mut page, analysis);
    inventory::inventory(&mut page, analysis);
    coverage::coverage(&mut page, analysis);
    coverage::missing(&mut page, analysis);
    page.finish()
}
