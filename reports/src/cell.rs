//! Texts of logs as cells of comma-separated files: harmless in a spreadsheet, and to be had back.

use std::borrow::Cow;

/// A text that no spreadsheet takes for a formula (OWASP, "CSV Injection"): with a `'` before it where it could be taken for
/// one, also behind blanks or marks that cannot be seen, or where it begins with a `'`, so that taking one `'` away gives
/// every text back. Control characters other than tab and line ends are shown by their code (`\u{1b}`). Numbers are no
/// text: they are not to be handed in.
pub(crate) fn formula_safe(text: &str) -> Cow<'_, str> {
    let is_shown = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
    let shown: Cow<'_, str> = match text.chars().all(is_shown) {
        true => Cow::Borrowed(text),
        false => text
            .chars()
            .map(|c| if is_shown(c) { c.to_string() } else { c.escape_unicode().to_string() })
            .collect::<String>()
            .into(),
    };
    if is_dangerous(&shown) { Cow::Owned(format!("'{shown}")) } else { shown }
}

/// Whether a cell with this text could be taken for a formula, or looks like one that was made harmless.
fn is_dangerous(text: &str) -> bool {
    let is_skipped =
        |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    // OWASP's list, with the full-width forms that Excel takes for the others.
    let begins =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}');
    text.starts_with(['\t', '\r', '\n', '\'']) || text.trim_start_matches(is_skipped).starts_with(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_other_text_is_left_alone() {
        for formula in ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "'=1", "\r\n+1", "＝1", "\tx", "'x"]
        {
            assert_eq!(formula_safe(formula), format!("'{formula}"));
        }
        for text in ["", "C:", "a=b", "1-2", "SqlServerWriter", " x"] {
            assert_eq!(formula_safe(text), text);
        }
        assert_eq!(formula_safe("\u{0}=1"), "\\u{0}=1");
    }
}
