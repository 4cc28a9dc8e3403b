//! A comparison of two runs as JSON, Markdown and HTML; text is in [`crate::text::diff`]. `words` says what all of them say.

mod html;
mod markdown;
pub(crate) mod words;

pub use html::html;
pub use markdown::markdown;

use vsscope_model::Diff;

/// The comparison as `vsscope.diff/1`, with a line end.
pub fn json(diff: &Diff) -> String {
    crate::json::to_text(diff, true)
}
