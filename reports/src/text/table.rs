//! Tables on comfy-table, with the guarantee that they fit.
//!
//! Columns without any content are left out. Rigid columns (times, numbers) keep their width and the others wrap; where
//! that does not fit either, all columns wrap; where even that is too wide, each row becomes a list of lines.

use super::page::wrap;
use super::TextOptions;
use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle,
};
use unicode_width::UnicodeWidthStr;

/// How a column behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text that may wrap.
    Flexible,
    /// Text that keeps its width.
    Rigid,
    /// Like `Rigid`, aligned to the right.
    Number,
}

/// A table under construction.
pub(super) struct Grid {
    columns: Vec<(String, Kind)>,
    rows: Vec<Vec<String>>,
    one_line: bool,
}

const UTF8: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
const ASCII: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));

impl Grid {
    /// A table with these heads. A head may hold a line break.
    pub(super) fn new(columns: &[(&str, Kind)]) -> Self {
        let columns = columns.iter().map(|(head, kind)| ((*head).to_owned(), *kind)).collect();
        Grid { columns, rows: Vec::new(), one_line: false }
    }

    /// Cuts rows to one line instead of wrapping them.
    pub(super) fn one_line(mut self) -> Self {
        self.one_line = true;
        self
    }

    /// Adds a row; it has one cell per column.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table, none wider than `width`.
    pub(super) fn render(&self, options: &TextOptions, width: usize) -> Vec<String> {
        let used = self.used_columns();
        [true, false]
            .into_iter()
            .map(|rigid| self.laid_out(options, width, &used, rigid))
            .find(|lines| lines.iter().all(|line| line.trim_end().width() <= width))
            .unwrap_or_else(|| self.listed(width, &used))
    }

    fn used_columns(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|&at| self.rows.iter().any(|row| !row[at].is_empty())).collect()
    }

    fn laid_out(&self, options: &TextOptions, width: usize, used: &[usize], rigid: bool) -> Vec<String> {
        let mut table = Table::new();
        table.load_style(options.either(UTF8, ASCII));
        table.force_no_tty();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
        table.set_truncation_indicator(options.either("…", "..."));
        table.set_header(used.iter().map(|&at| self.columns[at].0.clone()).collect::<Vec<_>>());
        for cells in &self.rows {
            let mut row = Row::from(used.iter().map(|&at| cells[at].clone()).collect::<Vec<_>>());
            if self.one_line {
                row.max_height(1);
            }
            table.add_row(row);
        }
        for (column, &at) in table.column_iter_mut().zip(used) {
            let kind = self.columns[at].1;
            column.set_padding((0, 1));
            if kind == Kind::Number {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if rigid && kind != Kind::Flexible {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        table.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    fn listed(&self, width: usize, used: &[usize]) -> Vec<String> {
        let line = |row: &Vec<String>, at: usize| {
            let (head, _) = &self.columns[at];
            wrap(&format!("{}: {}", head.replace('\n', " "), row[at].replace('\n', " ")), width, width)
        };
        let block = |row: &Vec<String>| -> Vec<String> {
            let filled = used.iter().filter(|&&at| !row[at].is_empty());
            filled.flat_map(|&at| line(row, at)).chain([String::new()]).collect()
        };
        self.rows.iter().flat_map(block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Grid {
        let mut grid =
            Grid::new(&[("writer", Kind::Flexible), ("time", Kind::Rigid), ("note", Kind::Flexible), ("n", Kind::Number)]);
        grid.row(vec!["日本語 Writer".into(), "01:14:55.123Z".into(), String::new(), "7".into()]);
        grid.row(vec!["NTDS".into(), "01:14:56.000Z".into(), String::new(), "1,234".into()]);
        grid
    }

    #[test]
    fn columns_align_by_width_and_empty_ones_are_left_out() {
        let lines = sample().render(&TextOptions::default(), 80);
        let want = [
            "writer         time               n",
            "───────────────────────────────────",
            "日本語 Writer  01:14:55.123Z      7",
            "NTDS           01:14:56.000Z  1,234",
        ];
        let trimmed: Vec<_> = lines.iter().map(|line| line.trim_end_matches('─').to_owned()).collect();
        assert_eq!([&trimmed[0], &trimmed[2], &trimmed[3]], [want[0], want[2], want[3]]);
    }

    #[test]
    fn a_table_never_exceeds_its_width() {
        for width in 10..60 {
            let lines = sample().render(&TextOptions::default(), width);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:#?}");
        }
    }
}
