//! Colours, kept out of the way of layout.
//!
//! While text is wrapped and put into tables, a style is a mark of width zero that no log can contain, since
//! [`safe`](super::safe) shows these characters by their codes. At the end the marks become ANSI sequences.

use vsscope_model::Severity;

/// How a piece of text is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Error,
    Warning,
    Info,
    Good,
    Dim,
    Strong,
}

/// Style, its mark (deprecated format characters: default-ignorable, so of no width), its ANSI parameters.
const STYLES: &[(Style, char, &str)] = &[
    (Style::Error, '\u{206a}', "1;31"),
    (Style::Warning, '\u{206b}', "33"),
    (Style::Info, '\u{206c}', "36"),
    (Style::Good, '\u{206d}', "32"),
    (Style::Dim, '\u{206e}', "2"),
    (Style::Strong, '\u{206f}', "1"),
];
const END: char = '\u{2064}';
/// A blank that layout does not take for a place to break. Becomes a plain blank at the end.
pub(crate) const HARD_BLANK: char = '\u{a0}';

impl Style {
    /// The text in this style; must not span lines. Without colour the text as it is.
    pub(crate) fn on(self, text: &str, color: bool) -> String {
        match STYLES.iter().find(|(style, ..)| *style == self) {
            Some((_, mark, _)) if color && !text.is_empty() => {
                let marked =
                    |word: &str| if word.is_empty() { String::new() } else { format!("{mark}{word}{END}") };
                text.split(' ').map(marked).collect::<Vec<_>>().join(" ")
            }
            _ => text.to_owned(),
        }
    }
}

impl From<Severity> for Style {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Error => Style::Error,
            Severity::Warning => Style::Warning,
            Severity::Info => Style::Info,
        }
    }
}

/// Turns marks into ANSI sequences and trims the ends of lines. Whatever control character is left is made a `?`: nothing
/// but the sequences written here can steer the terminal.
pub(crate) fn paint(text: &str) -> String {
    let mut painted = String::with_capacity(text.len());
    for line in text.lines() {
        let mut open = false;
        for c in line.trim_end_matches([' ', HARD_BLANK]).chars() {
            match c {
                HARD_BLANK => painted.push(' '),
                END if open => {
                    painted.push_str("\u{1b}[0m");
                    open = false;
                }
                END => {}
                c if c.is_control() => painted.push('?'),
                c => match STYLES.iter().find(|(_, mark, _)| *mark == c) {
                    Some((_, _, code)) => {
                        painted.push_str(&format!("\u{1b}[{code}m"));
                        open = true;
                    }
                    None => painted.push(c),
                },
            }
        }
        if open {
            painted.push_str("\u{1b}[0m");
        }
        painted.push('\n');
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn marks_have_no_width_and_become_sequences() {
        let marked = Style::Error.on("two words", true);
        assert_eq!(marked.width(), 9);
        assert_eq!(paint(&marked), "\u{1b}[1;31mtwo\u{1b}[0m \u{1b}[1;31mwords\u{1b}[0m\n");
        assert_eq!(Style::Error.on("two words", false), "two words");
    }

    #[test]
    fn a_style_cut_by_a_line_end_does_not_leak() {
        let cut = Style::Good.on("cut", true).replace('u', "u\n");
        assert_eq!(paint(&cut), "\u{1b}[32mcu\u{1b}[0m\nt\n");
    }

    #[test]
    fn a_stray_control_character_never_gets_out() {
        assert_eq!(paint("a\u{1b}[31mb"), "a?[31mb\n");
    }
}
