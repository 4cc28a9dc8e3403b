//! What a query found, cell by cell, and its forms for programs.

use super::database::Named;
use crate::tables::csv;
use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta};
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, Field, IntoColumn, NamedFrom, Series, TimeUnit,
};
use polars_io::prelude::{ParquetCompression, ParquetWriter};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io::{self, Write};
use vsscope_model::Timestamp;

/// The rows that a query found. The rows of `CREATE TABLE` and `DROP TABLE` say what was done.
#[derive(Debug, Clone)]
pub struct Answer {
    frame: DataFrame,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Not known, or not applicable.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction; never one that is not finite.
    Number(f64),
    /// Text, of a log or of the query.
    Text(String),
    /// An instant.
    Instant(Timestamp),
    /// A date, a time of day, or both, of no zone, as in ISO 8601.
    Local(String),
    /// A difference of times in ms.
    Duration(f64),
    /// A list.
    List(Vec<Cell>),
    /// Named parts.
    Parts(Vec<(String, Cell)>),
}

impl Answer {
    pub(super) fn new(frame: DataFrame) -> Self {
        Answer { frame }
    }

    /// Names with their types and descriptions; a part that none of them has is left out.
    pub(super) fn of_names(head: &str, names: &[Named]) -> Self {
        let column = |head: &str, part: fn(&Named) -> &str| -> Column {
            let cells: Vec<Option<&str>> =
                names.iter().map(|named| Some(part(named)).filter(|text| !text.is_empty())).collect();
            Series::new(head.into(), cells).into_column()
        };
        let columns = [
            column(head, |named| &named.name),
            column("type", |named| &named.kind),
            column("about", |named| &named.about),
        ];
        Answer::of_columns(columns.into_iter().filter(|column| column.null_count() < names.len()).collect())
    }

    /// Rows of text.
    pub(super) fn of_rows<const N: usize>(heads: &[&str; N], rows: &[[String; N]]) -> Self {
        let column = |(at, head): (usize, &&str)| {
            let cells: Vec<Option<&str>> = rows.iter().map(|row| row.get(at).map(String::as_str)).collect();
            Series::new((*head).into(), cells).into_column()
        };
        Answer::of_columns(heads.iter().enumerate().map(column).collect())
    }

    /// One cell.
    pub(super) fn of_text(head: &str, text: &str) -> Self {
        Answer::of_columns(vec![Series::new(head.into(), [text]).into_column()])
    }

    fn of_columns(columns: Vec<Column>) -> Self {
        // Fails for columns of one name or of different lengths; there are none.
        Answer { frame: DataFrame::new_infer_height(columns).unwrap_or_default() }
    }

    /// The names of the columns.
    pub fn heads(&self) -> Vec<&str> {
        self.frame.get_column_names().into_iter().map(|name| name.as_str()).collect()
    }

    /// How many rows there are.
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// Whether the columns hold numbers, by column.
    pub fn numbers(&self) -> Vec<bool> {
        let is_number =
            |column: &Column| column.dtype().is_numeric() || matches!(column.dtype(), DataType::Duration(_));
        self.frame.columns().iter().map(is_number).collect()
    }

    /// The cells of a row; empty behind the last one.
    pub fn row(&self, row: usize) -> Vec<Cell> {
        let cells = self.frame.columns().iter().map(|column| column.get(row).map(cell));
        cells.collect::<Result<_, _>>().unwrap_or_default()
    }

    /// The first `most` rows.
    pub fn head(&self, most: usize) -> Answer {
        Answer { frame: self.frame.head(Some(most)) }
    }

    /// An array of objects, one per row, with the columns as keys in their order. Times are RFC 3339 in UTC, durations
    /// milliseconds, what is not known is `null`.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"[")?;
        for row in 0..self.height() {
            out.write_all(if row == 0 { b"\n  " } else { b",\n  " })?;
            self.object(row, out)?;
        }
        out.write_all(if self.height() == 0 { b"]\n" } else { b"\n]\n" })
    }

    /// The same objects, one per line.
    pub fn ndjson(&self, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..self.height() {
            self.object(row, out)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn object(&self, row: usize, out: &mut dyn Write) -> io::Result<()> {
        let parts = self.heads().into_iter().map(str::to_owned).zip(self.row(row)).collect();
        serde_json::to_writer(out, &Cell::Parts(parts)).map_err(io::Error::from)
    }

    /// CSV as of the tables ([`csv::write`]): safe from formulas, times RFC 3339 in UTC. Durations are milliseconds, lists and
    /// parts JSON.
    ///
    /// # Errors
    ///
    /// What the writer fails with.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let plain = |column: &Column| match column.dtype() {
            DataType::Duration(unit) => in_ms(column, *unit),
            DataType::Time => as_text(column, |cell| match cell {
                Cell::Local(time) => Some(time),
                _ => None,
            }),
            kind if kind.is_nested() => as_text(column, |cell| serde_json::to_string(&cell).ok()),
            _ => column.clone(),
        };
        let columns = self.frame.columns().iter().map(plain).collect();
        csv::write(&DataFrame::new(self.height(), columns).map_err(io::Error::other)?, out)
    }

    /// Apache Parquet, compressed with zstd. Columns keep the types that they have in SQL, durations too.
    ///
    /// # Errors
    ///
    /// What the writer fails with.
    pub fn parquet(&self, out: &mut dyn Write) -> io::Result<()> {
        let writer = ParquetWriter::new(out).with_compression(ParquetCompression::Zstd(None));
        writer.finish(&mut self.frame.clone()).map(drop).map_err(io::Error::other)
    }
}

fn in_ms(column: &Column, unit: TimeUnit) -> Column {
    let cells = (0..column.len()).map(|row| match column.get(row) {
        Ok(AnyValue::Duration(count, _)) => Some(milliseconds(count, unit)),
        _ => None,
    });
    Series::new(column.name().clone(), cells.collect::<Vec<_>>()).into_column()
}

fn as_text(column: &Column, text: fn(Cell) -> Option<String>) -> Column {
    let cells = (0..column.len()).map(|row| match column.get(row).map(cell) {
        Ok(Cell::Null) | Err(_) => None,
        Ok(cell) => text(cell),
    });
    Series::new(column.name().clone(), cells.collect::<Vec<_>>()).into_column()
}

fn cell(value: AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Null,
        AnyValue::Boolean(value) => Cell::Boolean(value),
        AnyValue::String(text) => Cell::Text(text.to_owned()),
        AnyValue::StringOwned(text) => Cell::Text(text.to_string()),
        AnyValue::Date(days) => {
            local(DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::days(days.into())), "%Y-%m-%d")
        }
        AnyValue::Datetime(count, unit, zone) => time(count, unit, zone.is_some()),
        AnyValue::DatetimeOwned(count, unit, zone) => time(count, unit, zone.is_some()),
        AnyValue::Time(count) => time_of_day(count),
        AnyValue::Duration(count, unit) => Cell::Duration(milliseconds(count, unit)),
        AnyValue::List(series) | AnyValue::Array(series, _) => Cell::List(series.iter().map(cell).collect()),
        AnyValue::Struct(_, _, fields) => {
            let fields: Vec<Field> = fields.to_vec();
            let values = value._iter_struct_av().map(cell);
            Cell::Parts(fields.iter().map(|field| field.name().to_string()).zip(values).collect())
        }
        AnyValue::StructOwned(parts) => {
            let (values, fields) = *parts;
            let names = fields.iter().map(|field| field.name().to_string());
            Cell::Parts(names.zip(values.into_iter().map(cell)).collect())
        }
        AnyValue::Binary(bytes) => Cell::Text(hex(bytes)),
        AnyValue::BinaryOwned(bytes) => Cell::Text(hex(&bytes)),
        other => number(&other),
    }
}

fn number(value: &AnyValue<'_>) -> Cell {
    if value.is_integer() {
        return value.extract::<i128>().map_or(Cell::Null, Cell::Integer);
    }
    match value.extract::<f64>() {
        Some(number) if number.is_finite() => Cell::Number(number),
        Some(_) => Cell::Null,
        // Whatever else has a form of its own.
        None => Cell::Local(value.to_string()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn local(time: Option<Timestamp>, form: &str) -> Cell {
    time.map_or(Cell::Null, |time| Cell::Local(time.naive_utc().format(form).to_string()))
}

/// polars computes in UTC also where a column has another zone.
fn time(count: i64, unit: TimeUnit, is_zoned: bool) -> Cell {
    let time = match unit {
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(count)),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(count),
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(count),
    };
    match time {
        Some(time) if is_zoned => Cell::Instant(time),
        Some(time) if time.time() == NaiveTime::MIN => local(Some(time), "%Y-%m-%dT%H:%M:%S"),
        time => local(time, "%Y-%m-%dT%H:%M:%S%.f"),
    }
}

/// Nanoseconds since midnight, as CSV has them: `05:06:00.500`.
fn time_of_day(count: i64) -> Cell {
    let parts = (u32::try_from(count / 1_000_000_000), u32::try_from(count % 1_000_000_000));
    let (Ok(seconds), Ok(rest)) = parts else { return Cell::Null };
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, rest)
        .map_or(Cell::Null, |time| Cell::Local(time.format("%H:%M:%S%.f").to_string()))
}

fn milliseconds(count: i64, unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Nanoseconds => count as f64 / 1e6,
        TimeUnit::Microseconds => count as f64 / 1e3,
        TimeUnit::Milliseconds => count as f64,
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Null => serializer.serialize_unit(),
            Cell::Boolean(value) => serializer.serialize_bool(*value),
            Cell::Integer(number) => serializer.serialize_i128(*number),
            Cell::Number(number) | Cell::Duration(number) => serializer.serialize_f64(*number),
            Cell::Text(text) | Cell::Local(text) => serializer.serialize_str(text),
            Cell::Instant(time) => {
                serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Cell::List(cells) => {
                let mut list = serializer.serialize_seq(Some(cells.len()))?;
                cells.iter().try_for_each(|cell| list.serialize_element(cell))?;
                list.end()
            }
            Cell::Parts(parts) => {
                let mut map = serializer.serialize_map(Some(parts.len()))?;
                parts.iter().try_for_each(|(name, cell)| map.serialize_entry(name, cell))?;
                map.end()
            }
        }
    }
}
