//! How a line is read by a [`Layout`]: the columns before its body one after the other, then the body.

use super::marks::Marks;
use super::{Column, Layout, Piece, Radix, Stop};
use crate::trace::body::{self, Body, Shape};
use crate::trace::columns::{self, counter, open, small};
use crate::trace::recall::Recall;
use crate::trace::stamp::{self, Stamp};
use crate::trace::words;

/// What the columns of a line hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::trace) struct Fields<'a> {
    /// Time stamp.
    pub stamp: Option<Stamp>,
    /// The time column holds something that is no known form of a time.
    pub odd_time: bool,
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id.
    pub tid: Option<u32>,
    /// Module.
    pub module: Option<&'static str>,
    /// Level.
    pub level: Option<u32>,
    /// Blanks before the body.
    pub blanks: Option<u32>,
    /// Source file or alias.
    pub file: Option<&'a str>,
    /// Line in it.
    pub source_line: Option<u32>,
    /// Function.
    pub function: Option<&'a str>,
    /// Kind of record.
    pub label: Option<&'a str>,
    /// How much of what stood there is found only before a record: a line with little of it may be a coincidence.
    weight: u32,
}

impl Fields<'_> {
    /// Whether they make a record by themselves, whatever its body.
    pub fn are_sure(&self) -> bool {
        self.weight >= SURE
    }
}

/// A line as a layout reads it.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every line is a record, and it does not outlive its line"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trace) enum Reading<'a> {
    /// A record.
    Record {
        /// Its columns.
        fields: Fields<'a>,
        /// Its body.
        body: Body<'a>,
        /// Everything behind the columns.
        rest: &'a str,
    },
    /// It begins like a record and is none.
    Broken,
    /// It does not begin like one.
    Other,
}

/// Weight from which columns alone make a record, whatever the body. Two numbers without `0x` are less: the lines of a hex
/// dump begin so too.
const SURE: u32 = 4;

/// Longest text that is taken for a time of an unknown form.
const MAX_ODD_TIME: usize = 64;

impl Layout {
    /// Reads a line.
    pub fn read<'a>(&self, line: &'a str, recall: &mut Recall) -> Reading<'a> {
        let mut fields = Fields::default();
        let rest = match self.prefix(line, recall, &mut fields) {
            Ok(rest) => rest,
            Err(begun) => return if begun { Reading::Broken } else { Reading::Other },
        };
        let body = self.body(rest, &fields);
        if fields.are_sure() || body.shape >= Shape::Qualified {
            return Reading::Record { fields, body, rest };
        }
        Reading::Other
    }

    /// Reads the columns of a line and gives what is behind them; where they are not all there, whether it begins like a
    /// record.
    pub fn prefix<'a>(
        &self,
        line: &'a str,
        recall: &mut Recall,
        fields: &mut Fields<'a>,
    ) -> Result<&'a str, bool> {
        self.marked_prefix(line, recall, fields, None)
    }

    /// The same, and notes where what stands.
    pub fn marked_prefix<'a>(
        &self,
        line: &'a str,
        recall: &mut Recall,
        fields: &mut Fields<'a>,
        marks: Option<&mut Marks>,
    ) -> Result<&'a str, bool> {
        if line.starts_with("[[") {
            // The sample program vshadow brackets its own trace so.
            return Err(false);
        }
        let mut scan = Scan { layout: self, line, at: 0, fields, recall, marks };
        for (matched, piece) in self.pieces.iter().enumerate() {
            if scan.piece(piece).is_none() {
                let is_sign = match self.pieces.first() {
                    Some(Piece::Literal(_)) => true,
                    Some(Piece::Column(Column::Time, _)) => !scan.fields.odd_time,
                    _ => false,
                };
                return Err(matched > if is_sign { 0 } else { 2 });
            }
        }
        Ok(line.get(scan.at..).unwrap_or_default())
    }

    /// Reads what stands behind the columns.
    pub fn body<'a>(&self, rest: &'a str, fields: &Fields<'a>) -> Body<'a> {
        let edge = fields.label.and_then(|label| self.labels.edge(label));
        match (fields.function, edge) {
            (None, None) => body::parse(rest, &self.labels),
            (None, Some(_)) => body::parse_labelled(rest, edge, None),
            (Some(_), _) => body::parse_labelled(rest, edge, fields.function),
        }
    }
}

/// A line that is being read.
struct Scan<'l, 'a> {
    layout: &'l Layout,
    line: &'a str,
    /// Bytes of it that are read.
    at: usize,
    fields: &'l mut Fields<'a>,
    recall: &'l mut Recall,
    /// Where what stands, if that is asked for.
    marks: Option<&'l mut Marks>,
}

impl<'a> Scan<'_, 'a> {
    /// Reads a piece; `None` if it is not there.
    fn piece(&mut self, piece: &Piece) -> Option<()> {
        let rest = self.line.get(self.at..)?;
        match piece {
            Piece::Literal(text) => {
                let is_there = match text.as_bytes() {
                    [byte] => rest.as_bytes().first() == Some(byte),
                    bytes => rest.as_bytes().starts_with(bytes),
                };
                is_there.then_some(())?;
                self.pass(text.len(), if text == " " { 0 } else { 2 });
            }
            Piece::Blanks => {
                let blanks = blanks(rest);
                (blanks > 0 || rest.is_empty()).then_some(())?;
                self.pass(blanks, 0);
            }
            Piece::Optional(pieces) => {
                let (before, known) = (self.at, *self.fields);
                if pieces.iter().try_for_each(|piece| self.piece(piece)).is_none() {
                    (self.at, *self.fields) = (before, known);
                    self.mark(|marks, _| marks.missing(pieces));
                }
                return Some(());
            }
            Piece::Column(column, stop) => {
                let passed = self.column(*column, *stop, rest)?;
                self.pass(passed, weight(*column, rest));
            }
        }
        let from = self.line.len().saturating_sub(rest.len());
        self.mark(|marks, to| marks.found(piece, rest, from..to));
        Some(())
    }

    fn mark(&mut self, note: impl FnOnce(&mut Marks, usize)) {
        if let Some(marks) = &mut self.marks {
            note(marks, self.at);
        }
    }

    fn pass(&mut self, bytes: usize, weight: u32) {
        self.at = self.at.saturating_add(bytes);
        self.fields.weight = self.fields.weight.saturating_add(weight);
    }

    /// Reads a column at the start of a text and gives the bytes that it takes.
    fn column(&mut self, column: Column, stop: Stop, rest: &'a str) -> Option<usize> {
        let fields = &mut *self.fields;
        Some(match column {
            Column::Time => self.time(stop, rest)?,
            Column::Seconds => {
                let (stamp, length) = stamp::seconds(rest).or_else(|| counter(rest, stamp::SECOND))?;
                fields.stamp.get_or_insert(stamp);
                length
            }
            Column::Ticks(step) => {
                let (stamp, length) = counter(rest, step)?;
                fields.stamp.get_or_insert(stamp);
                length
            }
            Column::Pid(radix) => small(rest, radix, &mut fields.pid)?,
            Column::Tid(radix) => small(rest, radix, &mut fields.tid)?,
            Column::Number(radix, _) => columns::number(rest, radix)?.1,
            Column::Line => small(rest, Radix::Decimal, &mut fields.source_line)?,
            Column::Level => small(rest, Radix::Decimal, &mut fields.level)?,
            Column::Module => {
                let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
                fields.module = Some(words::module(rest.get(..length)?)?);
                length
            }
            Column::Alias => {
                let alias =
                    rest.get(..8).filter(|alias| alias.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
                fields.file.get_or_insert(alias);
                8
            }
            Column::Indent => {
                let blanks = blanks(rest);
                fields.blanks = u32::try_from(blanks).ok();
                blanks
            }
            Column::File => {
                let length = open(stop, rest, &mut fields.file)?;
                fields.file.filter(|path| body::is_path(path))?;
                length
            }
            Column::Function => {
                let length = open(stop, rest, &mut fields.function)?;
                fields.function = fields.function.map(words::without_convention);
                length
            }
            Column::Label => open(stop, rest, &mut fields.label)?,
            Column::Skip => open(stop, rest, &mut None)?,
        })
    }

    /// A time; `-`, and what is no known form of a time but ends where a character says it, are records without one.
    fn time(&mut self, stop: Stop, rest: &str) -> Option<usize> {
        let read = match &self.layout.time_format {
            Some(format) => format.scan(rest),
            None => self.recall.scan(rest).or_else(|| stamp::seconds(rest)),
        };
        let recalled = self.recall.places().map(|(length, _)| length);
        let is_recalled = recalled.is_some() && read.map(|(_, length)| length) == recalled;
        if !is_recalled && !rest.starts_with('-') {
            self.mark(|marks, _| marks.loosen());
        }
        let fits = |length: usize| match stop {
            Stop::Byte(byte) => rest.as_bytes().get(length) == Some(&byte),
            Stop::Blank | Stop::End => true,
        };
        if let Some((stamp, length)) = read.filter(|(_, length)| fits(*length)) {
            self.fields.stamp.get_or_insert(stamp);
            return Some(length);
        }
        if rest.starts_with('-') && fits(1) && !rest.starts_with("--") {
            return Some(1);
        }
        let Stop::Byte(_) = stop else { return None };
        let mut odd = None;
        let length = open(stop, rest, &mut odd).filter(|length| *length <= MAX_ODD_TIME)?;
        self.fields.odd_time = true;
        Some(length)
    }
}

/// How much a column that was found makes a record.
fn weight(column: Column, rest: &str) -> u32 {
    match column {
        Column::Time | Column::Module => SURE,
        Column::Indent | Column::Skip | Column::Function | Column::Label => 0,
        _ if rest.starts_with("0x") => 2,
        _ => 1,
    }
}

/// Blanks and tabs at the start of a text.
fn blanks(rest: &str) -> usize {
    rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
