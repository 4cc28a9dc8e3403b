//! The catalogue of the tables as a page.

use super::{Column, TABLES, Table};
use std::fmt::Write as _;

/// The tables with their columns, as sections of Markdown.
pub fn markdown() -> String {
    TABLES.iter().map(section).collect()
}

fn section(table: &Table) -> String {
    let mut section =
        format!("\n## `{}`\n\n{}\n\n| column | type | |\n|---|---|---|\n", table.name, table.about);
    for Column { name, kind, about } in table.columns {
        // Writing to a string cannot fail.
        let _ = writeln!(section, "| `{name}` | {} | {about} |", kind.as_str());
    }
    section
}
