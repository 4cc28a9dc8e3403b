//! [`Layout`]: what stands before the body of a line, as a list of pieces, and how a line is read by it ([`read`]). Profiles
//! are written as layouts and the learner builds one; nothing here knows where a layout came from.

mod marks;
mod read;

use super::body::Labels;
use super::time_format::TimeFormat;
pub(super) use marks::{Digits, Marks};
pub(super) use read::{Fields, Reading};

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

impl Layout {
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
    pub fn depth(&self, blanks: Option<u32>) -> Option<u32> {
        let indent = self.indent?;
        blanks?.saturating_sub(indent.base).checked_div(indent.unit)
    }

    /// Learns from records what the blanks before their bodies mean: nothing if they are always the same.
    pub fn learn_indent(&mut self, blanks: &[u32]) {
        let (Some(base), Some(most)) = (blanks.iter().min().copied(), blanks.iter().max()) else { return };
        let unit = blanks.iter().fold(0, |unit, blanks| common_divisor(unit, blanks.saturating_sub(base)));
        self.indent = (*most > base).then_some(Indent { base, unit });
    }
}

fn common_divisor(one: u32, other: u32) -> u32 {
    let (mut one, mut other) = (one, other);
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}
