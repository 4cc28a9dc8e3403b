//! Types of columns, and how a column is made of rows.
//!
//! A table is declared with `table!`: each column once, with its type, its description and the way from a row to its cell.

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray,
    StringChunked, TimeUnit, TimeZone,
};
use serde::Serialize;
use vsscope_model::{Event, Timestamp};

/// Type of a column. Every cell may be null: not known, or not applicable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text; names, ids and codes too, in the form of the JSON output.
    Text,
    /// Whole number.
    Integer,
    /// Number with a fraction; durations in ms.
    Number,
    /// True or false.
    Boolean,
    /// Instant in UTC, in steps of 1 ns.
    Time,
}

impl ColumnType {
    /// The type of a data frame.
    pub fn data_type(self) -> DataType {
        match self {
            ColumnType::Text => DataType::String,
            ColumnType::Integer => DataType::Int64,
            ColumnType::Number => DataType::Float64,
            ColumnType::Boolean => DataType::Boolean,
            ColumnType::Time => DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC)),
        }
    }

    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            ColumnType::Text => "text",
            ColumnType::Integer => "integer",
            ColumnType::Number => "number",
            ColumnType::Boolean => "boolean",
            ColumnType::Time => "time",
        }
    }
}

/// [`ColumnType::Text`].
pub(super) struct Text;
/// [`ColumnType::Integer`].
pub(super) struct Integer;
/// [`ColumnType::Number`].
pub(super) struct Number;
/// [`ColumnType::Boolean`].
pub(super) struct Boolean;
/// [`ColumnType::Time`].
pub(super) struct Time;

impl Text {
    pub(super) const KIND: ColumnType = ColumnType::Text;

    pub(super) fn column<'r, R, V: AsRef<str>>(
        name: &str,
        rows: &'r [R],
        cell: impl Fn(&'r R) -> Option<V>,
    ) -> Column {
        StringChunked::from_iter_options(name.into(), rows.iter().map(cell)).into_column()
    }
}

impl Integer {
    pub(super) const KIND: ColumnType = ColumnType::Integer;

    /// What does not fit into 63 bits is null; no count or place in a real file is that large.
    pub(super) fn column<'r, R, V: TryInto<i64>>(
        name: &str,
        rows: &'r [R],
        cell: impl Fn(&'r R) -> Option<V>,
    ) -> Column {
        let cells = rows.iter().map(|row| cell(row)?.try_into().ok());
        Int64Chunked::from_iter_options(name.into(), cells).into_column()
    }
}

impl Number {
    pub(super) const KIND: ColumnType = ColumnType::Number;

    pub(super) fn column<'r, R>(name: &str, rows: &'r [R], cell: impl Fn(&'r R) -> Option<f64>) -> Column {
        Float64Chunked::from_iter_options(name.into(), rows.iter().map(cell)).into_column()
    }
}

impl Boolean {
    pub(super) const KIND: ColumnType = ColumnType::Boolean;

    pub(super) fn column<'r, R>(name: &str, rows: &'r [R], cell: impl Fn(&'r R) -> Option<bool>) -> Column {
        BooleanChunked::from_iter_options(name.into(), rows.iter().map(cell)).into_column()
    }
}

impl Time {
    pub(super) const KIND: ColumnType = ColumnType::Time;

    /// No time ([`Event::NO_TIME`]) is null, and so is what 64 bits of ns cannot hold (before 1677 and after 2262).
    pub(super) fn column<'r, R>(
        name: &str,
        rows: &'r [R],
        cell: impl Fn(&'r R) -> Option<Timestamp>,
    ) -> Column {
        let known = |time: &Timestamp| *time != Event::NO_TIME;
        let cells = rows.iter().map(|row| cell(row).filter(known)?.timestamp_nanos_opt());
        Int64Chunked::from_iter_options(name.into(), cells)
            .into_datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC))
            .into_column()
    }
}

/// A frame of columns that were made of the same rows.
pub(super) fn frame(rows: usize, columns: Vec<Column>) -> DataFrame {
    // Fails only for columns of one name or of different lengths; `table!` gives each row to each column.
    DataFrame::new(rows, columns).expect("the columns of a table have different names and one length")
}

/// Declares `TABLE`: name, description, the function that makes the rows, and the columns.
macro_rules! table {
    ($name:literal, $about:literal, $rows:path, { $($column:ident: $kind:ident = $cell:expr, $told:literal;)+ }) => {
        #[doc = $about]
        pub const TABLE: $crate::tables::Table = $crate::tables::Table {
            name: $name,
            about: $about,
            columns: &[$($crate::tables::Column {
                name: stringify!($column),
                kind: $crate::tables::column::$kind::KIND,
                about: $told,
            }),+],
            build: |analysis| {
                let rows = $rows(analysis);
                let columns =
                    vec![$($crate::tables::column::$kind::column(stringify!($column), &rows, $cell)),+];
                $crate::tables::column::frame(rows.len(), columns)
            },
        };
    };
}
pub(super) use table;

/// A value that JSON writes as a word.
pub(super) fn word(value: impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    }
}

/// A list in one cell; null where it is empty.
pub(super) fn list<S: AsRef<str>>(parts: impl IntoIterator<Item = S>) -> Option<String> {
    let parts: Vec<S> = parts.into_iter().collect();
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    (!parts.is_empty()).then(|| parts.join(super::LIST_SEPARATOR))
}
