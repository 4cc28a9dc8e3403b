//! Text for a terminal: the post-mortem on one screen, the timelines, the list of events, the catalogue of rules.
//!
//! Everything that a log wrote passes through [`safe`] before it is shown. Colour never stands alone: what it says is
//! there in words as well. Lines keep to [`TextOptions::width`]; what does not fit is wrapped, and broken if need be.

pub(crate) mod analyze;
mod answer;
pub(crate) mod clock;
mod diff;
mod events;
mod explain;
pub(crate) mod gantt;
mod hosts;
pub(crate) mod page;
mod rules;
pub(crate) mod statistics;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod timeline;
pub(crate) mod units;

pub use analyze::analyze;
pub use answer::{answer, answer_markdown};
pub use diff::diff;
pub use events::{events, events_told};
pub use explain::answers_text;
pub use hosts::hosts;
pub use rules::{explain_text, rules_text};
pub use timeline::timeline;

use std::borrow::Cow;
use vsscope_model::LeftOut;

/// How text is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal. Less than [`TextOptions::NARROWEST`] is taken as that.
    pub width: usize,
    /// Whether ANSI colours are written.
    pub color: bool,
    /// Whether only ASCII is written; other characters of the logs are then shown by their codes.
    pub ascii: bool,
    /// Time zone of the output; times carry their offset.
    pub tz: chrono_tz::Tz,
    /// Whether everything is shown that is otherwise folded for brevity.
    pub verbose: bool,
    /// What a filter took out of the analysis; absent where there was no filter.
    pub left_out: Option<LeftOut>,
}

impl Default for TextOptions {
    /// 80 columns, plain UTF-8, UTC.
    fn default() -> Self {
        TextOptions {
            width: 80,
            color: false,
            ascii: false,
            tz: chrono_tz::UTC,
            verbose: false,
            left_out: None,
        }
    }
}

impl TextOptions {
    /// The narrowest layout that keeps its lines within the width.
    pub const NARROWEST: usize = 40;
    /// From this width on, tables use one line per row where 80 columns need two.
    const WIDE: usize = 120;

    fn columns(&self) -> usize {
        self.width.max(Self::NARROWEST)
    }

    fn is_wide(&self) -> bool {
        self.columns() >= Self::WIDE
    }

    /// Text of unknown origin, fit to be shown.
    pub(crate) fn clean(&self, text: &str) -> String {
        let shown = safe(text);
        if !self.ascii || shown.is_ascii() {
            return shown;
        }
        shown.chars().map(|c| if c.is_ascii() { c.to_string() } else { code_of(c) }).collect()
    }

    /// What is said where a page has no set to show.
    pub(crate) fn without_sets(&self) -> &'static str {
        match self.left_out {
            Some(LeftOut { sets: 1.., .. }) => "No snapshot set passes the filter.",
            _ => "No snapshot set can be told from this evidence.",
        }
    }

    /// One of two spellings: with or without characters beyond ASCII.
    fn either<T>(&self, utf8: T, ascii: T) -> T {
        if self.ascii { ascii } else { utf8 }
    }

    /// What stands between the parts of a line.
    pub(crate) fn dot(&self) -> &'static str {
        self.either(" · ", ", ")
    }
}

/// Day and time of an instant to the second in a zone, with its offset, on plain blanks.
pub(crate) fn stamp(time: vsscope_model::Timestamp, tz: chrono_tz::Tz) -> String {
    let options = TextOptions { tz, ..TextOptions::default() };
    options.second(time, clock::Reading::Instant).replace(style::HARD_BLANK, " ")
}

/// Makes text of unknown origin harmless for a terminal: white space becomes single blanks, every other character that
/// has no shape of its own (controls, escape, marks that reorder or hide text) is shown by its code.
pub fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.trim().chars() {
        match character {
            ' ' | '\t' | '\n' | '\r' | '\u{a0}' | '\u{2028}' | '\u{2029}' => {
                if !shown.ends_with(' ') {
                    shown.push(' ');
                }
            }
            c if breaks_out(c) => push_code(&mut shown, c),
            c => shown.push(c),
        }
    }
    shown
}

/// Text of unknown origin on one line: ends of lines become blanks, controls and marks that hide or reorder text their codes.
/// Each character is replaced by itself, so that a name in a text reads as the name alone does.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(breaks_out) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            c if breaks_out(c) => push_code(&mut shown, c),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is more than a sign on its line.
fn breaks_out(c: char) -> bool {
    c.is_ascii_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_shapeless(c)
}

fn push_code(shown: &mut String, c: char) {
    if c.is_ascii_control() {
        shown.push_str(&format!("\\x{:02x}", u32::from(c)));
    } else {
        shown.push_str(&code_of(c));
    }
}

fn code_of(c: char) -> String {
    format!("\\u{{{:x}}}", u32::from(c))
}

/// C1 controls, bidirectional controls, zero-width characters and tags. See Unicode Technical Report 36, "Unicode Security
/// Considerations", on text whose order or content cannot be seen.
pub(crate) fn is_shapeless(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_hidden_marks_become_visible() {
        assert_eq!(safe("a\u{1b}]0;title\u{7}b"), r"a\x1b]0;title\x07b");
        assert_eq!(safe("exe\u{202e}txt.\u{200b}"), r"exe\u{202e}txt.\u{200b}");
        assert_eq!(safe("\u{9b}31m"), r"\u{9b}31m");
        assert_eq!(safe("  two\r\n\tlines  "), "two lines");
        assert_eq!(safe("日本語 ü"), "日本語 ü");
    }

    #[test]
    fn text_on_one_line_keeps_its_other_characters() {
        assert_eq!(one_line("  two\r\n\tlines\u{2028}x\u{2029}  "), "  two   lines x   ");
        assert_eq!(one_line("a\u{1b}b\0\u{85}\u{202e}\u{7f}"), r"a\x1bb\x00\u{85}\u{202e}\x7f");
        assert!(matches!(one_line("日本語 ü\u{a0}a  b\\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn ascii_mode_shows_other_characters_by_their_code() {
        let options = TextOptions { ascii: true, ..TextOptions::default() };
        assert_eq!(options.clean("日 C:"), r"\u{65e5} C:");
    }
}
