//! Tables on comfy-table, with the guarantee that they fit.
//!
//! Widths are shared out here, so that words and paths break where a reader would break them: columns without any content
//! are left out, rigid columns (times, numbers) keep their width, the others get what is left, the fullest most. Where
//! even the shortest useful widths do not fit, each row becomes a list of lines.

use super::TextOptions;
use super::page::{cut, wrap};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// How a column behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text that may wrap.
    Flexible,
    /// Text that keeps its width.
    Rigid,
    /// Like `Rigid`, aligned to the right.
    Number,
}

/// A table under construction.
#[derive(Clone)]
pub(crate) struct Grid {
    heads: Vec<String>,
    kinds: Vec<Kind>,
    rows: Vec<Vec<String>>,
    /// Place of a row and text below it.
    notes: BTreeMap<usize, String>,
    one_line: bool,
    all_columns: bool,
}

const UTF8: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
const ASCII: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));
/// Columns between two columns: comfy-table's border and one of padding.
const BETWEEN: usize = 2;
/// A column of text narrower than this cannot be read.
const NARROWEST: usize = 6;

impl Grid {
    /// A table with these heads.
    pub(crate) fn new(columns: &[(&str, Kind)]) -> Self {
        let (heads, kinds) = columns.iter().map(|(head, kind)| ((*head).to_owned(), *kind)).unzip();
        Grid { heads, kinds, rows: Vec::new(), notes: BTreeMap::new(), one_line: false, all_columns: false }
    }

    /// Cuts rows to one line instead of wrapping them.
    pub(crate) fn one_line(mut self) -> Self {
        self.one_line = true;
        self
    }

    /// Shows columns without any content too.
    pub(super) fn all_columns(mut self) -> Self {
        self.all_columns = true;
        self
    }

    /// Adds a row; it has one cell per column. A cell may hold line breaks.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.heads.len());
        self.rows.push(cells);
    }

    /// Puts text below the last row. Only tables of one line per row have room for it.
    pub(crate) fn note(&mut self, text: String) {
        debug_assert!(self.one_line);
        self.notes.extend(self.rows.len().checked_sub(1).map(|at| (at, text)));
    }

    /// The text below a row, wrapped.
    fn noted(&self, row: usize, width: usize) -> Vec<String> {
        const INDENT: usize = 4;
        let room = width.saturating_sub(INDENT).max(1);
        let lines = self.notes.get(&row).map(|text| wrap(text, room, room)).unwrap_or_default();
        lines.into_iter().map(|line| format!("{}{line}", " ".repeat(INDENT))).collect()
    }

    /// The columns in use by their place, head and kind.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, &str, Kind)> {
        let columns = self.heads.iter().zip(&self.kinds).enumerate();
        let used = |at: usize| self.rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty()));
        columns.filter(move |(at, _)| used(*at)).map(|(at, (head, kind))| (at, head.as_str(), *kind))
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines of the table, none wider than `width`.
    pub(crate) fn render(&self, options: &TextOptions, width: usize) -> Vec<String> {
        let is_used = |&at: &usize| self.all_columns || self.rows.iter().any(|row| !row[at].is_empty());
        let used: Vec<usize> = (0..self.heads.len()).filter(is_used).collect();
        match self.widths(&used, width) {
            Some(widths) => self.laid_out(options, &used, &widths, width),
            None => self.listed(width, &used),
        }
    }

    /// The width of each used column, if there is a useful one for all of them.
    fn widths(&self, used: &[usize], width: usize) -> Option<Vec<usize>> {
        let room = width.checked_sub(used.len().saturating_sub(1) * BETWEEN)?;
        let texts = |at: usize| {
            std::iter::once(&self.heads[at])
                .chain(self.rows.iter().map(move |row| &row[at]))
                .flat_map(|t| t.lines())
        };
        let natural: Vec<usize> =
            used.iter().map(|&at| texts(at).map(UnicodeWidthStr::width).max().unwrap_or(0)).collect();
        if natural.iter().sum::<usize>() <= room {
            return Some(natural);
        }
        let longest_word =
            |at: usize| texts(at).flat_map(|text| text.split(' ')).map(UnicodeWidthStr::width).max();
        let whole = |at: usize| if self.one_line { Some(NARROWEST) } else { longest_word(at) };
        let flexible: Vec<usize> =
            (0..used.len()).filter(|&at| self.kinds[used[at]] == Kind::Flexible).collect();
        let mut widths = natural.clone();
        for &at in &flexible {
            widths[at] = whole(used[at]).unwrap_or(0).min(natural[at]);
        }
        // Too wide with whole words: take from the widest column of text until it fits.
        let least = |at: usize| self.heads[used[at]].width().clamp(NARROWEST, 2 * NARROWEST);
        while widths.iter().sum::<usize>() > room {
            let widest =
                flexible.iter().copied().filter(|&at| widths[at] > least(at)).max_by_key(|&at| widths[at])?;
            widths[widest] -= 1;
        }
        // Room to spare: give to the column that lacks most.
        while widths.iter().sum::<usize>() < room {
            let lack = |at: usize| natural[at] * 1000 / widths[at].max(1);
            let neediest =
                flexible.iter().copied().filter(|&at| widths[at] < natural[at]).max_by_key(|&at| lack(at))?;
            widths[neediest] += 1;
        }
        Some(widths)
    }

    fn laid_out(&self, options: &TextOptions, used: &[usize], widths: &[usize], width: usize) -> Vec<String> {
        let mut table = Table::new();
        table.load_style(options.either(UTF8, ASCII));
        table.force_no_tty();
        table.set_content_arrangement(ContentArrangement::Disabled);
        let sign = options.either("…", "...");
        let cell = |text: &str, width: usize| match self.one_line {
            true => cut(text, width, sign),
            false if text.lines().all(|line| line.width() <= width) => text.to_owned(),
            false => text.lines().flat_map(|line| wrap(line, width, width)).collect::<Vec<_>>().join("\n"),
        };
        let cells = |texts: &[String]| -> Vec<String> {
            used.iter().zip(widths).map(|(&at, &width)| cell(&texts[at], width)).collect()
        };
        table.set_header(cells(&self.heads));
        for row in &self.rows {
            table.add_row(cells(row));
        }
        for (place, column) in table.column_iter_mut().enumerate() {
            let padding = u16::from(place + 1 < used.len());
            column.set_padding((0, padding));
            let width = u16::try_from(widths[place]).unwrap_or(u16::MAX).saturating_add(padding);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
            if self.kinds[used[place]] == Kind::Number {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let lines = table.lines().map(|line| line.trim_end().to_owned());
        if self.notes.is_empty() {
            return lines.collect();
        }
        // Two lines of head, then a line per row.
        let below = |at: usize| at.checked_sub(2).map(|row| self.noted(row, width)).unwrap_or_default();
        lines.enumerate().flat_map(|(at, line)| std::iter::once(line).chain(below(at))).collect()
    }

    fn listed(&self, width: usize, used: &[usize]) -> Vec<String> {
        let line = |row: &[String], at: usize| {
            let text = format!("{}: {}", self.heads[at], row[at].replace('\n', " "));
            wrap(&text, width, width)
        };
        let block = |(place, row): (usize, &Vec<String>)| -> Vec<String> {
            let filled = used.iter().filter(|&&at| !row[at].is_empty());
            filled
                .flat_map(|&at| line(row, at))
                .chain(self.noted(place, width))
                .chain([String::new()])
                .collect()
        };
        self.rows.iter().enumerate().flat_map(block).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Grid {
        let mut grid = Grid::new(&[
            ("writer", Kind::Flexible),
            ("time", Kind::Rigid),
            ("note", Kind::Flexible),
            ("n", Kind::Number),
        ]);
        grid.row(vec!["日本語 Writer".into(), "01:14:55.123Z".into(), String::new(), "7".into()]);
        grid.row(vec!["NTDS".into(), "01:14:56.000Z".into(), String::new(), "1,234".into()]);
        grid
    }

    #[test]
    fn columns_align_by_width_and_empty_ones_are_left_out() {
        let want = [
            "writer         time               n",
            "───────────────────────────────────",
            "日本語 Writer  01:14:55.123Z      7",
            "NTDS           01:14:56.000Z  1,234",
        ];
        assert_eq!(sample().render(&TextOptions::default(), 80), want);
    }

    #[test]
    fn a_tight_table_breaks_text_and_leaves_times_whole() {
        let want = [
            "writer  time               n",
            "────────────────────────────",
            "日本語  01:14:55.123Z      7",
            "Writer",
            "NTDS    01:14:56.000Z  1,234",
        ];
        assert_eq!(sample().render(&TextOptions::default(), 28), want);
    }

    #[test]
    fn a_note_stands_below_its_row() {
        let mut grid = Grid::new(&[("what", Kind::Flexible)]).one_line();
        grid.row(vec!["first".into()]);
        grid.note("what the first one says".into());
        grid.row(vec!["second".into()]);
        let want = ["what", "──────", "first", "    what the first", "    one says", "second"];
        assert_eq!(grid.render(&TextOptions::default(), 18), want);
    }

    #[test]
    fn a_table_never_exceeds_its_width() {
        for width in 8..60 {
            let lines = sample().render(&TextOptions::default(), width);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:#?}");
        }
    }
}
