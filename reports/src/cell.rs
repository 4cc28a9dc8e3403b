//! Cells of comma-separated files: harmless in a spreadsheet, quoted as RFC 4180 says.

use std::borrow::Cow;

/// What spreadsheets take for the beginning of a formula, in ASCII and in full width; see OWASP, "CSV Injection".
const FORMULA: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Text of a log for a cell of a spreadsheet: with a `'` before it where it would be taken for a formula, else as it is.
///
/// Blanks, controls and `'` before the formula do not hide it. Text that already begins with such a `'` gets another one, so
/// that taking one away always gives the original. Numbers are no text: they are not to be handed in.
pub fn formula_safe(text: &str) -> Cow<'_, str> {
    let first = text.chars().find(|c| !c.is_whitespace() && !c.is_control() && *c != '\'');
    // A leading tab or line end starts a formula of itself in some programs.
    let begins = text.starts_with(['\t', '\r', '\n']);
    match begins || first.is_some_and(|c| FORMULA.contains(&c)) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// One line of a comma-separated file, ended by CR LF. Cells are quoted where they have to be.
pub(crate) fn csv_row<'a>(cells: impl IntoIterator<Item = Cow<'a, str>>) -> String {
    let quoted = |cell: Cow<'a, str>| match cell.contains([',', '"', '\n', '\r', '\'', ' ']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.into_owned(),
    };
    let mut row = cells.into_iter().map(quoted).collect::<Vec<_>>().join(",");
    row.push_str("\r\n");
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_other_text_is_left_alone() {
        for formula in
            ["=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "'=1", "\r\n+1", "＝1", "\tx", "\u{0}=1"]
        {
            assert_eq!(formula_safe(formula), format!("'{formula}"));
        }
        for text in ["", "C:", "a=b", "1-2", "'quoted'", "SqlServerWriter", " x"] {
            assert_eq!(formula_safe(text), text);
        }
    }

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        let row = |cells: &[&str]| csv_row(cells.iter().map(|cell| Cow::Owned((*cell).to_owned())));
        assert_eq!(row(&["a", "", "b"]), "a,,b\r\n");
        assert_eq!(
            row(&["x,y", "say \"hi\"", "two\nlines"]),
            "\"x,y\",\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
        );
    }
}
