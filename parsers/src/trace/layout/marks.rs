//! [`Marks`]: where what stands before the body of one line, and whether a line that has other digits in the same places, and
//! the same everywhere else, is read in the same way.

use super::{Column, Piece, Radix};
use std::ops::Range;

/// Most digits of which no number becomes too large for its column.
const MAX_HEX: usize = 8;
const MAX_DECIMAL: usize = 9;

/// Digits of a number, without `0x`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::trace) struct Digits {
    /// Where they stand.
    pub place: Range<usize>,
    /// How they are written.
    pub radix: Radix,
}

impl Digits {
    /// Whether there are digits in their place.
    pub fn are_digits(&self, line: &[u8]) -> bool {
        let is_digit = |byte: &u8| match self.radix {
            Radix::Hex => byte.is_ascii_hexdigit(),
            Radix::Decimal => byte.is_ascii_digit(),
        };
        line.get(self.place.clone()).is_some_and(|digits| digits.iter().all(is_digit))
    }
}

/// Where what stands before the body of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::trace) struct Marks {
    /// The time.
    pub time: Option<Range<usize>>,
    /// The process id.
    pub pid: Option<Digits>,
    /// The thread id.
    pub tid: Option<Digits>,
    /// Other numbers.
    pub numbers: Vec<Digits>,
    /// Where the blanks before the body begin, if their number says something.
    pub indent: Option<usize>,
    /// Behind all that was found.
    pub end: usize,
    /// What was found last depends on the byte behind it.
    looks_ahead: bool,
    /// It is a word that letters would make longer.
    is_word: bool,
    /// Something depends on more than these places.
    is_loose: bool,
}

impl Marks {
    /// Whether the digits in these places are all that may differ.
    pub fn are_tight(&self) -> bool {
        !self.is_loose && !self.looks_ahead
    }

    /// A piece was found in a place, at the start of what was left of the line.
    pub fn found(&mut self, piece: &Piece, rest: &str, place: Range<usize>) {
        self.is_loose |= self.indent.is_some();
        self.end = place.end;
        let is_empty = place.is_empty();
        let behind_word = std::mem::take(&mut self.is_word);
        match piece {
            Piece::Literal(_) => self.looks_ahead = false,
            Piece::Blanks => self.looks_ahead = true,
            Piece::Optional(_) => {}
            Piece::Column(Column::Indent, _) => self.indent = Some(place.start),
            Piece::Column(column, _) => {
                self.looks_ahead = true;
                self.is_word = *column == Column::Module;
                // Digits that may be letters would belong to the word.
                self.is_loose |= is_empty || behind_word;
                self.column(*column, rest, place);
            }
        }
    }

    fn column(&mut self, column: Column, rest: &str, place: Range<usize>) {
        let digits = |radix| {
            let is_marked = radix == Radix::Hex && matches!(rest.as_bytes(), [b'0', b'x' | b'X', ..]);
            let from = place.start.saturating_add(if is_marked { 2 } else { 0 });
            Digits { place: from..place.end, radix }
        };
        let most = |radix| if radix == Radix::Hex { MAX_HEX } else { MAX_DECIMAL };
        let (to, radix) = match column {
            // `-` is no time and stays as it is.
            Column::Time if rest.starts_with('-') => return,
            Column::Time => {
                self.is_loose |= self.time.is_some();
                self.time = Some(place);
                return;
            }
            Column::Pid(radix) => (Some(&mut self.pid), radix),
            Column::Tid(radix) => (Some(&mut self.tid), radix),
            Column::Number(radix, _) => (None, radix),
            Column::Line | Column::Level => (None, Radix::Decimal),
            Column::Module | Column::Alias => return,
            Column::Seconds
            | Column::Ticks(_)
            | Column::File
            | Column::Indent
            | Column::Function
            | Column::Label
            | Column::Skip => {
                self.is_loose = true;
                return;
            }
        };
        let digits = digits(radix);
        self.is_loose |= digits.place.len() > most(radix);
        match to {
            Some(known) => self.is_loose |= known.replace(digits).is_some(),
            None => self.numbers.push(digits),
        }
    }

    /// What was found depends on what it says, or on more than its place.
    pub fn loosen(&mut self) {
        self.is_loose = true;
    }

    /// Pieces that may be missing are missing.
    pub fn missing(&mut self, pieces: &[Piece]) {
        let is_one_byte = match pieces {
            [Piece::Blanks] => true,
            [Piece::Literal(text)] => matches!(text.as_bytes(), [byte] if !byte.is_ascii_alphanumeric()),
            _ => false,
        };
        self.is_loose |= !is_one_byte;
        self.looks_ahead = true;
    }
}
