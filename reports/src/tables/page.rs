//! The catalogue of the tables as a page.

use super::{Column, LIST_SEPARATOR, SCHEMA, TABLES, Table};
use std::fmt::Write as _;

/// The tables with their columns, as Markdown without a heading of the first level.
pub fn markdown() -> String {
    let mut page = format!(
        "Names, columns and types are `{SCHEMA}`: within a version they are added, never renamed or removed. Every cell may be \
         null, which says that the evidence does not tell, or that there is nothing to tell. Key columns (`set`, `session`, \
         `host`, `writer`, `input`, `finding`) have one name in all tables: `JOIN phases USING (set)`.\n\n\
         | type | in a data frame and in Parquet | in CSV |\n|---|---|---|\n\
         | text | UTF-8 string; GUIDs lower case without braces, codes like `0x800423f2` | the text, made harmless (below) |\n\
         | integer | 64 bits | digits |\n\
         | number | 64-bit float; columns that end in `_ms` are durations in ms | digits with a point |\n\
         | boolean | boolean | `true`, `false` |\n\
         | time | timestamp in ns, UTC; null before 1677-09-21 and after 2262-04-11 | `2031-03-04T05:06:07.123456700Z` |\n\n\
         A list is one text, its parts separated by `{LIST_SEPARATOR}`, since CSV has no lists.\n"
    );
    for table in TABLES {
        page.push_str(&section(table));
    }
    page
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
