//! What is wrong with a query, where, and what may have been meant.

use crate::text::safe;
use std::fmt;

/// A place in the text of a query, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// How many characters it spans; at least 1.
    pub length: usize,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub message: String,
    /// Where, if that is known.
    pub place: Option<Place>,
    /// Names that may have been meant, the nearest first.
    pub near: Vec<String>,
    /// What there is, or what to write instead.
    pub help: Option<String>,
}

impl QueryError {
    /// An error without a place.
    pub(super) fn new(message: impl Into<String>) -> Self {
        QueryError { message: message.into(), place: None, near: Vec::new(), help: None }
    }

    /// The same, with a place.
    pub(super) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The same, with what to write instead.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The error for a person: the message, the line of the query with a mark below the place, and the help.
    pub fn told(&self, sql: &str) -> String {
        let mut told = self.to_string();
        let line =
            self.place.and_then(|place| Some((place, sql.split('\n').nth(place.line.checked_sub(1)?)?)));
        if let Some((place, line)) = line {
            // Cleaning changes widths: what stands before the place is cleaned by itself.
            let before: String = line.chars().take(place.column.saturating_sub(1)).collect();
            let marked: String =
                line.chars().skip(place.column.saturating_sub(1)).take(place.length.max(1)).collect();
            let (shown, indent) = (visible(line), width(&visible(&before)));
            let carets = width(&visible(&marked)).max(1);
            told.push_str(&format!("\n  {shown}\n  {}{}", " ".repeat(indent), "^".repeat(carets)));
        }
        if let Some(help) = &self.help {
            told.push_str(&format!("\n{}", safe(help)));
        }
        told
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "line {}, column {}: ", place.line, place.column)?;
        }
        f.write_str(&safe(&self.message))?;
        if !self.near.is_empty() {
            write!(f, "; did you mean {}?", safe(&self.near.join(", ")))?;
        }
        Ok(())
    }
}

impl std::error::Error for QueryError {}

/// Text of a query with every character that has no shape shown by its code, and blanks kept: the mark below has to fit.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { " ".to_owned() } else { safe(&c.to_string()) }).collect()
}

fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_below_the_place_also_behind_wide_and_hidden_characters() {
        let error = QueryError::new("no such column")
            .at(Some(Place { line: 2, column: 9, length: 3 }))
            .help("columns: a, b");
        let told = error.told("SELECT *\n'日\u{1b}' AS abc");
        // Before the place: a quotation mark, two columns, four for the code, a quotation mark, and four for " AS ".
        let mark = format!("{}^^^", " ".repeat(2 + 12));
        let want = format!("line 2, column 9: no such column\n  '日\\x1b' AS abc\n{mark}\ncolumns: a, b");
        assert_eq!(told, want);
    }
}
