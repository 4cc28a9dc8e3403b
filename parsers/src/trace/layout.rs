//! [`Layout`]: what stands before the body of a line, as a list of pieces, and how a line is read by it. Profiles are
//! written as layouts and the learner builds one; nothing here knows where a layout came from.

use super::body::{self, Body, Labels, Shape};
use super::columns::{self, counter, open, small};
use super::stamp::{self, Cursor, Stamp};
use super::time_format::TimeFormat;
use super::words;

/// What stands before the body of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Layout {
    /// The pieces in order.
    pub pieces: Vec<Piece>,
    /// How times are written; any common form if absent.
    pub time_format: Option<TimeFormat>,
    /// Words for entries and exits.
    pub labels: Labels,
    /// What the blanks before the body say.
    pub indent: Option<Indent>,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// This text.
    Literal(String),
    /// Blanks or tabs, at least one, or the end of the line.
    Blanks,
    /// A column.
    Column(Column, Stop),
    /// Pieces that may be missing.
    Optional(Vec<Piece>),
}

/// Where a column of free text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Before this character.
    Byte(u8),
    /// Before a blank or at the end of the line.
    Blank,
    /// At the end of the line.
    End,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Radix {
    /// Hexadecimal, with or without `0x`.
    Hex,
    /// Decimal.
    Decimal,
}

/// What a number means that is read over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Context of the thread.
    Context,
    /// Number of the record.
    Sequence,
    /// A clock whose unit nothing says.
    Counter,
    /// Not known.
    Unknown,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Time, with or without date; `-` means none.
    Time,
    /// Seconds, with or without fraction, since an unknown moment.
    Seconds,
    /// A counter whose step lasts this many nanoseconds.
    Ticks(u64),
    /// Process id.
    Pid(Radix),
    /// Thread id.
    Tid(Radix),
    /// A number that the records keep no place for.
    Number(Radix, Meaning),
    /// A module of VSS.
    Module,
    /// A level of VSS tracing.
    Level,
    /// Source file.
    File,
    /// Line in it.
    Line,
    /// Source file as an alias of eight characters.
    Alias,
    /// Blanks that show the call depth.
    Indent,
    /// Function.
    Function,
    /// Word that says what kind of record it is.
    Label,
    /// Anything.
    Skip,
}

/// Blanks before the body as call depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Indent {
    /// Blanks of depth 0.
    pub base: u32,
    /// Blanks per level.
    pub unit: u32,
}

/// What the columns of a line hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
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

/// A line as a layout reads it.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every line is a record, and it does not outlive its line"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading<'a> {
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

impl Layout {
    /// Reads a line.
    pub fn read<'a>(&self, line: &'a str) -> Reading<'a> {
        if line.starts_with("[[") {
            // The sample program vshadow brackets its own trace so.
            return Reading::Other;
        }
        let mut cursor = Cursor::new(line);
        let mut fields = Fields::default();
        let mut matched = 0_u32;
        for piece in &self.pieces {
            if self.piece(piece, line, &mut cursor, &mut fields).is_none() {
                let is_sign = match self.pieces.first() {
                    Some(Piece::Literal(_)) => true,
                    Some(Piece::Column(Column::Time, _)) => !fields.odd_time,
                    _ => false,
                };
                let begun = matched > if is_sign { 0 } else { 2 };
                return if begun { Reading::Broken } else { Reading::Other };
            }
            matched = matched.saturating_add(1);
        }
        let rest = line.get(cursor.at()..).unwrap_or_default();
        let body = self.body(rest, &fields);
        if fields.weight >= SURE || body.shape >= Shape::Qualified {
            return Reading::Record { fields, body, rest };
        }
        Reading::Other
    }

    /// Whether anything stands before the bodies, so that a line without it is told from a record.
    pub fn has_prefix(&self) -> bool {
        self.pieces.iter().any(|piece| {
            !matches!(piece, Piece::Optional(_) | Piece::Blanks | Piece::Column(Column::Indent, _))
        })
    }

    /// Whether a column is among the pieces, also among those that may be missing.
    pub fn has(&self, wanted: impl Fn(Column) -> bool + Copy) -> bool {
        fn any(pieces: &[Piece], wanted: impl Fn(Column) -> bool + Copy) -> bool {
            pieces.iter().any(|piece| match piece {
                Piece::Column(column, _) => wanted(*column),
                Piece::Optional(pieces) => any(pieces, wanted),
                Piece::Literal(_) | Piece::Blanks => false,
            })
        }
        any(&self.pieces, wanted)
    }

    /// Whether a line that is no record can be what is left of the columns of one that was cut.
    pub fn may_be_cut(&self, line: &str) -> bool {
        let line = line.trim_start();
        let first = self.pieces.iter().find(|piece| !matches!(piece, Piece::Optional(_) | Piece::Blanks));
        match first {
            Some(Piece::Literal(text)) => line.starts_with(text.as_str()) || text.starts_with(line),
            Some(Piece::Column(
                Column::Indent | Column::Skip | Column::File | Column::Function | Column::Label,
                _,
            )) => false,
            Some(Piece::Column(column, _)) => {
                let is_hex = matches!(
                    column,
                    Column::Pid(Radix::Hex) | Column::Tid(Radix::Hex) | Column::Number(Radix::Hex, _)
                );
                let fits = |c: char| c.is_ascii_hexdigit() || "x:.,/- T".contains(c);
                (is_hex || line.starts_with(|c: char| c.is_ascii_digit())) && line.chars().all(fits)
            }
            _ => false,
        }
    }

    /// The call depth that the blanks of a record show.
    pub fn depth(&self, fields: &Fields<'_>) -> Option<u32> {
        let indent = self.indent?;
        fields.blanks?.saturating_sub(indent.base).checked_div(indent.unit)
    }

    /// Learns from records what the blanks before their bodies mean: nothing if they are always the same.
    pub fn learn_indent(&mut self, blanks: &[u32]) {
        let (Some(base), Some(most)) = (blanks.iter().min().copied(), blanks.iter().max()) else { return };
        let unit = blanks.iter().fold(0, |unit, blanks| common_divisor(unit, blanks.saturating_sub(base)));
        self.indent = (*most > base).then_some(Indent { base, unit });
    }

    fn body<'a>(&self, rest: &'a str, fields: &Fields<'a>) -> Body<'a> {
        let edge = fields.label.and_then(|label| self.labels.edge(label));
        match (fields.function, edge) {
            (None, None) => body::parse(rest, &self.labels),
            (None, Some(_)) => body::parse_labelled(rest, edge, None),
            (Some(_), _) => body::parse_labelled(rest, edge, fields.function),
        }
    }

    fn piece<'a>(
        &self,
        piece: &Piece,
        line: &'a str,
        cursor: &mut Cursor<'_>,
        fields: &mut Fields<'a>,
    ) -> Option<()> {
        let rest = line.get(cursor.at()..)?;
        match piece {
            Piece::Literal(text) => {
                rest.starts_with(text.as_str()).then_some(())?;
                cursor.pass(text.len());
                fields.weight = fields.weight.saturating_add(if text == " " { 0 } else { 2 });
            }
            Piece::Blanks => {
                (cursor.blanks() > 0 || rest.is_empty()).then_some(())?;
            }
            Piece::Optional(pieces) => {
                let (before, known) = (*cursor, *fields);
                let all = pieces.iter().try_for_each(|piece| self.piece(piece, line, cursor, fields));
                if all.is_none() {
                    (*cursor, *fields) = (before, known);
                }
            }
            Piece::Column(column, stop) => {
                let passed = self.column(*column, *stop, rest, fields)?;
                cursor.pass(passed);
            }
        }
        Some(())
    }

    /// Reads a column at the start of a text and gives the bytes that it takes.
    fn column<'a>(
        &self,
        column: Column,
        stop: Stop,
        rest: &'a str,
        fields: &mut Fields<'a>,
    ) -> Option<usize> {
        let weight = match column {
            Column::Time | Column::Module => SURE,
            Column::Indent | Column::Skip | Column::Function | Column::Label => 0,
            _ if rest.starts_with("0x") => 2,
            _ => 1,
        };
        let passed = match column {
            Column::Time => self.time(stop, rest, fields)?,
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
                let blanks = rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
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
        };
        fields.weight = fields.weight.saturating_add(weight);
        Some(passed)
    }

    /// A time; `-`, and what is no known form of a time but ends where a character says it, are records without one.
    fn time(&self, stop: Stop, rest: &str, fields: &mut Fields<'_>) -> Option<usize> {
        let read = match &self.time_format {
            Some(format) => format.scan(rest),
            None => stamp::scan(rest).or_else(|| stamp::seconds(rest)),
        };
        let fits = |length: usize| match stop {
            Stop::Byte(byte) => rest.as_bytes().get(length) == Some(&byte),
            Stop::Blank | Stop::End => true,
        };
        if let Some((stamp, length)) = read.filter(|(_, length)| fits(*length)) {
            fields.stamp.get_or_insert(stamp);
            return Some(length);
        }
        if rest.starts_with('-') && fits(1) && !rest.starts_with("--") {
            return Some(1);
        }
        let Stop::Byte(_) = stop else { return None };
        let mut odd = None;
        let length = open(stop, rest, &mut odd).filter(|length| *length <= MAX_ODD_TIME)?;
        fields.odd_time = true;
        Some(length)
    }
}

/// Longest text that is taken for a time of an unknown form.
const MAX_ODD_TIME: usize = 64;

fn common_divisor(one: u32, other: u32) -> u32 {
    let (mut one, mut other) = (one, other);
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}
