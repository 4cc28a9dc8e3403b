//! The summary of a run whose reports are split by host: a line for each.

use super::TextOptions;
use super::page::Page;
use super::table::{Grid, Kind};
use crate::hosts::Row;

/// The summary as a table.
pub fn hosts(rows: &[Row<'_>], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    page.heading(&Row::title(rows));
    let mut grid = Grid::new(&[
        ("Host", Kind::Flexible),
        ("Verdict", Kind::Rigid),
        ("Sets", Kind::Number),
        ("Errors", Kind::Number),
        ("Warnings", Kind::Number),
        ("File", Kind::Flexible),
    ]);
    for row in rows {
        let [sets, errors, warnings] = row.figures();
        let (style, verdict) = row.styled();
        let verdict = page.style(style, verdict);
        grid.row(vec![options.clean(row.host), verdict, sets, errors, warnings, options.clean(row.file)]);
    }
    page.table(0, &grid);
    page.finish()
}
