//! Text on its way into the page. Whatever is in an [`Html`] was escaped, or was written here; nothing else gets into a
//! template without being escaped by it.

use crate::text::safe;
use crate::text::style::{HARD_BLANK, Style, pieces};
use std::fmt;

/// Markup that is fit to be put into the page as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Markup that this program wrote itself.
    pub(super) fn ours(markup: impl Into<String>) -> Self {
        Html(markup.into())
    }

    /// Text, with the marks of its styles as elements.
    pub(super) fn of(text: &str) -> Self {
        // Hard blanks at the head are an indent; the others keep words together in columns of letters.
        let head = text.len() - text.trim_start_matches(HARD_BLANK).len();
        let (indent, text) = text.split_at(head);
        let text = format!("{indent}{}", text.replace(HARD_BLANK, " "));
        let mut html = String::with_capacity(text.len());
        for (style, piece) in pieces(&text) {
            match style.map(class) {
                Some(class) => html.push_str(&format!("<span class={class}>{}</span>", escape(&piece))),
                None => html.push_str(&escape(&piece)),
            }
        }
        Html(html)
    }

    /// Text of unknown origin.
    pub(super) fn clean(text: &str) -> Self {
        Html(escape(&safe(text)))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// The class of a style; `style.css` has them.
pub(super) fn class(style: Style) -> &'static str {
    match style {
        Style::Error => "error",
        Style::Warning => "warning",
        Style::Info => "info",
        Style::Good => "good",
        Style::Dim => "dim",
        Style::Strong => "strong",
    }
}

/// What stands before a word in this style, so that colour is never alone.
pub(super) fn sign(style: Style) -> &'static str {
    match style {
        Style::Error => "✕",
        Style::Warning => "⚠",
        Style::Good => "✓",
        Style::Info | Style::Dim | Style::Strong => "•",
    }
}

/// Text as content of an element or of a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// An id of this page: the own id where it is plain, else the number of the thing.
pub(super) fn anchor(kind: &str, id: &str, number: usize) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@' | ':');
    match !id.is_empty() && id.chars().all(plain) {
        true => format!("{kind}-{id}"),
        false => format!("{kind}-number-{}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements_and_everything_else_stays_text() {
        let text = format!("a<b> {} \"c\"", Style::Error.on("x&y", true));
        assert_eq!(Html::of(&text).as_str(), "a&lt;b&gt; <span class=error>x&amp;y</span> &quot;c&quot;");
        assert_eq!(Html::of("\u{a0}\u{a0}a\u{a0}b").as_str(), "\u{a0}\u{a0}a b");
        assert_eq!(Html::clean("a\u{202e}b'").as_str(), "a\\u{202e}b&#39;");
    }

    #[test]
    fn an_anchor_holds_nothing_that_a_log_could_break_out_with() {
        assert_eq!(anchor("set", "0c6f1a2b-1d2f", 4), "set-0c6f1a2b-1d2f");
        assert_eq!(anchor("set", "x\" onclick=y", 4), "set-number-5");
        assert_eq!(anchor("set", "", 0), "set-number-1");
    }
}
