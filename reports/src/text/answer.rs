//! The answer to a query as a table for a terminal.

use super::clock::Reading;
use super::page::wrap;
use super::style::{HARD_BLANK, paint};
use super::table::{Grid, Kind};
use super::units;
use super::{TextOptions, safe};
use crate::markdown::escape::prose;
use crate::sql::{Answer, Cell};

impl TextOptions {
    /// How many rows of an answer are shown unless something else is asked for.
    pub const ROWS: usize = 1000;
}

/// The answer as a table of at most `most` rows (all with `None`), with a line that says how many rows there are and how
/// many are not shown. Times are in the zone of the page; what is not known is empty.
pub fn answer(answer: &Answer, most: Option<usize>, options: &TextOptions) -> String {
    let heads: Vec<String> = answer.heads().iter().map(|head| options.clean(head)).collect();
    let shown = most.unwrap_or(usize::MAX).min(answer.height());
    let mut lines = Vec::new();
    if shown > 0 {
        let rows: Vec<Vec<Cell>> = (0..shown).map(|row| answer.row(row)).collect();
        let is_time =
            |at: usize| rows.iter().any(|row| matches!(row.get(at), Some(Cell::Instant(_) | Cell::Local(_))));
        let kinds = answer.numbers().into_iter().enumerate().map(|(at, is_number)| match is_number {
            true => Kind::Number,
            false if is_time(at) => Kind::Rigid,
            false => Kind::Flexible,
        });
        let columns: Vec<(&str, Kind)> = heads.iter().map(String::as_str).zip(kinds).collect();
        let mut grid = Grid::new(&columns).all_columns();
        for row in rows {
            grid.row(row.iter().map(|cell| words(cell, options)).collect());
        }
        lines.extend(grid.render(options, options.columns()));
    }
    lines.extend(wrap(&count(answer, shown), options.columns(), options.columns()));
    paint(&lines.join("\n"))
}

/// The answer as a Markdown table, with the same words and limits as [`answer`].
pub fn answer_markdown(answer: &Answer, most: Option<usize>, options: &TextOptions) -> String {
    let options = TextOptions { color: false, ..options.clone() };
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let shown = most.unwrap_or(usize::MAX).min(answer.height());
    let mut page = line(answer.heads().iter().map(|head| prose(&options.clean(head))).collect());
    let rules = answer.numbers().into_iter().map(|is_number| if is_number { "---:" } else { "---" });
    page.push_str(&line(rules.map(str::to_owned).collect()));
    for row in 0..shown {
        page.push_str(&line(answer.row(row).iter().map(|cell| prose(&words(cell, &options))).collect()));
    }
    if shown < answer.height() {
        page.push_str(&format!("\n{}\n", prose(&count(answer, shown))));
    }
    page.replace(HARD_BLANK, " ")
}

/// `3 rows`, and what is not shown.
fn count(answer: &Answer, shown: usize) -> String {
    let rows = units::count(answer.height(), "row");
    match answer.height() - shown {
        0 if answer.height() > 0 => format!("({rows})"),
        0 => format!("({rows}; columns: {})", safe(&answer.heads().join(", "))),
        more => format!(
            "({rows}; {} not shown: ask for less with LIMIT, or for all with --max-rows 0)",
            units::thousands(more as u64)
        ),
    }
}

fn words(cell: &Cell, options: &TextOptions) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Boolean(true) => "yes".to_owned(),
        Cell::Boolean(false) => "no".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Number(number) => rounded(*number),
        Cell::Text(text) => options.clean(text),
        Cell::Instant(time) => options.instant(*time, Reading::Instant),
        Cell::Local(text) => options.clean(text).replace(' ', "T"),
        Cell::Duration(ms) => units::duration(*ms),
        Cell::List(cells) => cells.iter().map(|cell| words(cell, options)).collect::<Vec<_>>().join("; "),
        Cell::Parts(parts) => {
            let part =
                |(name, cell): &(String, Cell)| format!("{}={}", options.clean(name), words(cell, options));
            parts.iter().map(part).collect::<Vec<_>>().join("; ")
        }
    }
}

/// At most three decimals: microseconds of a figure in ms.
fn rounded(number: f64) -> String {
    let text = format!("{number:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    match number != 0.0 && (number.abs() < 0.000_5 || number.abs() >= 1e15) {
        true => format!("{number:e}"),
        false if short == "-0" => "0".to_owned(),
        false => short.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_decimals_at_most() {
        assert_eq!([0.0, 2.0, 0.1234, -1.5, 1234.0].map(rounded), ["0", "2", "0.123", "-1.5", "1234"]);
        assert_eq!([0.0001, 1e20].map(rounded), ["1e-4", "1e20"]);
    }
}
