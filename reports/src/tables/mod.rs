//! The analysis as tables, for SQL, spreadsheets and data frames.
//!
//! [`TABLES`] is the catalogue. A table is built when it is asked for, one at a time ([`Table::frame`]): that of the events
//! can be large. Names of columns are a public interface like the keys of the JSON forms: added, never renamed. Keys have
//! one name in all tables, so that these join on `set`, `session`, `host`, `writer`, `input`.

mod column;
pub mod csv;
mod events;
mod findings;
mod inputs;
mod lookup;
mod page;
pub mod parquet;
mod phases;
mod sessions;
mod sets;
mod snapshots;
mod writers;

use polars::prelude::DataFrame;
use vsscope_model::Analysis;

pub use column::ColumnType;
pub use events::TABLE as EVENTS;
pub use findings::TABLE as FINDINGS;
pub(crate) use lookup::owners;
pub use page::markdown;
pub use phases::TABLE as PHASES;

/// Name and version of the tables: what their names, columns and types are.
pub const SCHEMA: &str = "vsscope.tables/1";

/// What stands between the parts of a cell that holds a list.
pub const LIST_SEPARATOR: &str = "; ";

/// A table of an analysis: its description, and the way to build it.
#[derive(Debug)]
pub struct Table {
    /// Name in SQL and of its file.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// Columns in order.
    pub columns: &'static [Column],
    build: fn(&Analysis) -> DataFrame,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: ColumnType,
    /// What it holds.
    pub about: &'static str,
}

/// The tables in the order of the documentation.
pub const TABLES: &[Table] = &[
    events::TABLE,
    sessions::TABLE,
    sets::TABLE,
    phases::TABLE,
    writers::TABLE,
    snapshots::TABLE,
    findings::TABLE,
    inputs::TABLE,
];

/// The table of this name; case does not matter.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name.eq_ignore_ascii_case(name))
}

impl Table {
    /// The table of an analysis. Columns and types are the declared ones, also where there is no row.
    pub fn frame(&self, analysis: &Analysis) -> DataFrame {
        (self.build)(analysis)
    }
}
