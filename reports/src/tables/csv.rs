//! A table as CSV (RFC 4180): header, CRLF, UTF-8 without a byte order mark, times as RFC 3339 in UTC, null as an empty
//! cell and an empty text as `""`.
//!
//! Text comes from logs, and spreadsheets run what looks like a formula (OWASP, "CSV Injection"). A text that could be taken
//! for one gets a leading apostrophe, and so does a text that begins with an apostrophe: taking one leading apostrophe away
//! gives every text back. Control characters other than tab and line ends, which no spreadsheet and no terminal should
//! get, are shown by their code (`\u{1b}`). Numbers, times and truth values are written as they are.

use crate::cell::formula_safe;
use polars::prelude::{
    Column, DataFrame, DataType, IntoColumn, NewChunkedArray, PlSmallStr, PolarsError, PolarsResult,
    StringChunked, TimeZone,
};
use polars_io::prelude::{CsvWriter, SerWriter};
use std::io::{self, Write};

/// How many rows are made ready at a time.
const ROWS: usize = 1 << 14;

/// Writes a table.
///
/// # Errors
///
/// What the writer fails with, and columns of lists or structures, which CSV has no form for.
pub fn write(frame: &DataFrame, out: &mut dyn Write) -> io::Result<()> {
    write_rows(frame, out).map_err(io_error)
}

/// An error of polars as one of writing, so that a reader who goes away can be told from a failure.
fn io_error(error: PolarsError) -> io::Error {
    match error {
        PolarsError::IO { error, .. } => io::Error::new(error.kind(), error.to_string()),
        other => io::Error::other(other),
    }
}

fn write_rows(frame: &DataFrame, out: &mut dyn Write) -> PolarsResult<()> {
    let head = ready(&frame.head(Some(0)))?;
    let writer = CsvWriter::new(out).with_line_terminator(PlSmallStr::from_static("\r\n"));
    let mut writer = writer.batched(head.schema())?;
    for start in (0..frame.height()).step_by(ROWS) {
        writer.write_batch(&ready(&frame.slice(i64::try_from(start).unwrap_or(i64::MAX), ROWS))?)?;
    }
    writer.finish()
}

/// The table with every cell in the form in which it is to be read.
fn ready(frame: &DataFrame) -> PolarsResult<DataFrame> {
    let columns = frame.columns().iter().map(ready_column).collect::<PolarsResult<Vec<Column>>>()?;
    let mut made = DataFrame::new(frame.height(), columns)?;
    made.rechunk_mut();
    Ok(made)
}

fn ready_column(column: &Column) -> PolarsResult<Column> {
    match column.dtype() {
        DataType::String => {
            let cells = column.str()?.iter().map(|cell| cell.map(formula_safe));
            Ok(StringChunked::from_iter_options(column.name().clone(), cells).into_column())
        }
        DataType::Datetime(_, zone) => {
            let form = match zone {
                Some(zone) if *zone == TimeZone::UTC => "%FT%H:%M:%S%.9fZ",
                Some(_) => "%FT%H:%M:%S%.9f%:z",
                None => "%FT%H:%M:%S%.9f",
            };
            Ok(column.datetime()?.to_string(form)?.into_column())
        }
        _ => Ok(column.clone()),
    }
}
