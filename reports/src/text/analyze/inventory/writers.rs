//! The writers that tools list, those that failed first.

use super::{List, details, rows, said, section};
use crate::describe::{named_status, state_words, writer_label};
use crate::text::TextOptions;
use crate::text::page::{Page, together};
use crate::text::style::Style;
use crate::text::table::{Grid, Kind};
use vsscope_model::{ListedWriter, Status, WriterState};

pub(super) fn writers(page: &mut Page, writers: &[ListedWriter]) {
    section(page, "Writers", writers, |page, writers| {
        let columns = [
            ("writer", Kind::Flexible),
            ("state", Kind::Flexible),
            ("failure", Kind::Flexible),
            ("last error", Kind::Flexible),
        ];
        let mut grid = Grid::new(&columns);
        let (failed, sound): (Vec<_>, Vec<_>) =
            writers.iter().copied().partition(|writer| has_failed(writer));
        let shown = rows(page).max(failed.len());
        for writer in failed.iter().chain(&sound).take(shown) {
            grid.row(row(page, writer));
        }
        let below = match writers.len().saturating_sub(shown) {
            0 => Vec::new(),
            hidden => vec![format!("and {hidden} more, none of them failed (all with --verbose)")],
        };
        let options = page.options;
        let details = writers.iter().filter(|_| options.verbose).map(|writer| ids(writer, options)).collect();
        List { grid, below, details }
    });
}

/// Whether the state is one of the failed ones (6 to 15), or a failure code says so.
fn has_failed(writer: &ListedWriter) -> bool {
    writer.state.is_some_and(|state| state.failed_at().is_some())
        || writer.failure.is_some_and(|code| code.is_failure())
}

fn row(page: &Page, writer: &ListedWriter) -> Vec<String> {
    let options = page.options;
    let red = |text: String, wrong: bool| if wrong { page.style(Style::Error, &text) } else { text };
    let state_failed = writer.state.is_some_and(|state| state.failed_at().is_some());
    let failure = writer.failure.map(|code| named_status(Status::Hresult(code))).unwrap_or_default();
    vec![
        name(writer, options),
        red(writer.state.map(|state| state_cell(state, options)).unwrap_or_default(), state_failed),
        red(failure, writer.failure.is_some_and(|code| code.is_failure())),
        said(page, writer.last_error.as_deref()),
    ]
}

fn name(writer: &ListedWriter, options: &TextOptions) -> String {
    options.clean(&writer_label(Some(&writer.writer)))
}

fn ids(writer: &ListedWriter, options: &TextOptions) -> String {
    let class = writer.writer.class_id.map(|id| format!("class {id}"));
    let instance = writer.writer.instance_id.map(|id| format!("instance {id}"));
    details(&name(writer, options), [class, instance], &writer.source)
}

/// Number and documented name, on a narrow page in short words.
fn state_cell(state: WriterState, options: &TextOptions) -> String {
    match state.name() {
        Some(name) if options.is_wide() => format!("{} {name}", state.0),
        _ => together(&state_words(state)),
    }
}
