//! A table as Apache Parquet: compressed with zstd, and the same bytes for the same table.
//!
//! The metadata of the file has `vsscope.schema` ([`super::SCHEMA`]), `vsscope.table` (name), `vsscope.about` (what a row is)
//! and `vsscope.columns` (JSON: what each column holds). Text is what the log has, with whatever it contains.

use super::{Column, SCHEMA, Table};
use polars::prelude::{DataFrame, PolarsResult};
use polars_io::prelude::{KeyValueMetadata, ParquetCompression, ParquetWriter};
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Writes a table.
///
/// # Errors
///
/// What the writer fails with.
pub fn write(table: &Table, frame: &mut DataFrame, out: &mut dyn Write) -> io::Result<()> {
    write_frame(table, frame, out).map_err(super::io_error)
}

fn write_frame(table: &Table, frame: &mut DataFrame, out: &mut dyn Write) -> PolarsResult<()> {
    let about = |column: &Column| (column.name.to_owned(), Value::from(column.about));
    let columns: Map<String, Value> = table.columns.iter().map(about).collect();
    let metadata = [
        ("vsscope.schema", SCHEMA.to_owned()),
        ("vsscope.table", table.name.to_owned()),
        ("vsscope.about", table.about.to_owned()),
        ("vsscope.columns", Value::Object(columns).to_string()),
    ];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value)).to_vec();
    ParquetWriter::new(out)
        .with_compression(ParquetCompression::Zstd(None))
        .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata)))
        .finish(frame)?;
    Ok(())
}
