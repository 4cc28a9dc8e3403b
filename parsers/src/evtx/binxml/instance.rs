//! An instance of a template: which definition it uses, and its table of values.

use super::cursor::Cursor;
use super::shape::{Payload, Shapes, Source};
use crate::windows::Words;

/// Binary XML inside a value.
pub(super) const BINARY_XML: u8 = 0x21;
/// UTF-16 text.
pub(super) const UTF16: u8 = 0x01;

/// A value of the table: its type and its bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::evtx) struct Value<'a> {
    pub kind: u8,
    pub bytes: &'a [u8],
}

/// A value as it stands in the chunk.
#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: u8,
    from: usize,
    length: u16,
}

impl Entry {
    fn bytes(self, chunk: &[u8]) -> &[u8] {
        chunk.get(self.from..self.from.saturating_add(usize::from(self.length))).unwrap_or_default()
    }

    fn value(self, chunk: &[u8]) -> Value<'_> {
        Value { kind: self.kind, bytes: self.bytes(chunk) }
    }
}

/// The table of values of an instance: four bytes for each (size, type, padding), then the values without gaps.
#[derive(Debug, Clone, Copy)]
pub(in crate::evtx) struct Table<'a> {
    chunk: &'a [u8],
    rows: &'a [[u8; 4]],
    /// Where the first value begins.
    first: usize,
}

impl<'a> Table<'a> {
    /// Reads the instance that binary XML from `at` to `end` consists of: the offset of its definition and its values.
    pub fn read(chunk: &'a [u8], at: usize, end: usize) -> Option<(u32, Self)> {
        let (definition, table) = Table::begin(chunk, at, end)?;
        table.check(end, &[], &mut [])?;
        Some((definition, table))
    }

    /// The same up to the values, which are still to be checked.
    pub fn begin(chunk: &'a [u8], at: usize, end: usize) -> Option<(u32, Self)> {
        let mut cursor = Cursor::new(chunk.get(..end)?, at);
        // The binary XML of a value may do without a header.
        if cursor.peek()? == 0x0F {
            (cursor.take(4)? == [0x0F, 1, 1, 0]).then_some(())?;
        }
        (cursor.u8()? == 0x0C).then_some(())?;
        cursor.take(5)?;
        let definition = cursor.u32()?;
        if usize::try_from(definition).is_ok_and(|offset| offset == cursor.at()) {
            cursor.take(20)?;
            let size = usize::try_from(cursor.u32()?).ok()?;
            cursor.take(size)?;
        }
        let count = usize::try_from(cursor.u32()?).ok()?;
        let (rows, _) = cursor.take(count.checked_mul(4)?)?.as_chunks::<4>();
        Some((definition, Table { chunk, rows, first: cursor.at() }))
    }

    /// Whether the values are what their types say, and nothing but the end of the document is behind them. Puts those at
    /// these places, which are in rising order, into the fields beside them; what is beyond the table stays as it is.
    pub fn check(&self, end: usize, wanted: &[(u16, usize)], into: &mut [Value<'a>]) -> Option<()> {
        let (mut from, mut at) = (self.first, 0);
        for (slot, field) in wanted {
            let slot = usize::from(*slot);
            let (Some(before), Some(row)) = (self.rows.get(at..slot), self.rows.get(slot)) else { break };
            (from, at) = (self.pass(before, from)?, slot);
            *into.get_mut(*field)? = Entry { kind: row[2], from, length: length(row) }.value(self.chunk);
        }
        let after = self.pass(self.rows.get(at..)?, from)?;
        // Behind the values the end of the document, if anything.
        (after <= end && matches!(self.chunk.get(after..end)?, [] | [0, ..])).then_some(())
    }

    /// Where these values end, which begin at this place; `None` if one of them is not what its type says.
    fn pass(&self, rows: &[[u8; 4]], from: usize) -> Option<usize> {
        let mut after = from;
        for row in rows {
            let (from, length) = (after, length(row));
            // A chunk has room for rows of at most 1 GiB of values.
            after = after.wrapping_add(usize::from(length));
            if least(row[2]) > length && !fits(row[2], self.chunk.get(from..after)?) {
                return None;
            }
        }
        Some(after)
    }

    /// Whether none of the elements that depend on a value is left out.
    pub fn meets(&self, conditions: &[u16]) -> bool {
        // What is beyond the table decides about nothing.
        !conditions.iter().any(|slot| self.rows.get(usize::from(*slot)).is_some_and(|row| row[2] == 0))
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let mut from = self.first;
        self.rows.iter().map(move |row| {
            let entry = Entry { kind: row[2], from, length: length(row) };
            from = from.saturating_add(usize::from(entry.length));
            entry
        })
    }

    /// The bytes that hold the values of the payload; `None` where that is not certain.
    pub fn payload(&self, payload: &Payload) -> Option<&'a [u8]> {
        match payload {
            Payload::None => Some(&[]),
            Payload::Nested(slot) | Payload::NestedUser(slot) => {
                let Some(entry) = self.entries().nth(usize::from(*slot)) else { return Some(&[]) };
                // The crate reads on where the size of a value cuts off what is in it.
                let is_whole =
                    entry.length == 0 || Table::read(self.chunk, entry.from, entry.end()).is_some();
                is_whole.then(|| entry.bytes(self.chunk))
            }
            Payload::Data(..) => self.chunk.get(self.first..self.entries().last()?.end()),
            Payload::Other => None,
        }
    }

    /// Whether a value of the payload may begin with one of the words.
    pub fn begins(&self, payload: &Payload, words: &Words) -> bool {
        let may_begin = |entry: Entry| match entry.kind {
            0x01 | 0x0E => words.begin(entry.bytes(self.chunk)),
            // Numbers, times and their like begin with no word; other texts and lists may.
            0x02 | 0x81.. | BINARY_XML => true,
            _ => false,
        };
        match payload {
            Payload::None => false,
            Payload::Data(..) => self.entries().any(may_begin),
            Payload::Nested(slot) | Payload::NestedUser(slot) => {
                let Some(entry) = self.entries().nth(usize::from(*slot)) else { return false };
                let inner = Table::read(self.chunk, entry.from, entry.end());
                inner.is_none_or(|(_, inner)| inner.entries().any(may_begin))
            }
            Payload::Other => true,
        }
    }
}

impl Entry {
    fn end(self) -> usize {
        self.from.saturating_add(usize::from(self.length))
    }
}

/// What a value of a type takes at least; `LOOK` where it says so itself. The crate goes by the type where a row has less room,
/// and so do the values behind it. Looked up: a jump for every value of every record would be guessed wrong too often.
fn least(kind: u8) -> u16 {
    #[expect(clippy::indexing_slicing, reason = "computed by the compiler, which would not go on")]
    static LEAST: [u16; 256] = {
        let (mut of, mut kind) = ([0; 256], 0);
        while kind < of.len() {
            of[kind] = match kind {
                0x03 | 0x04 => 1,
                0x05 | 0x06 => 2,
                0x07 | 0x08 | 0x0B | 0x0D | 0x10 | 0x14 => 4,
                0x09 | 0x0A | 0x0C | 0x11 | 0x15 => 8,
                0x0F | 0x12 => 16,
                SID | TEXTS => LOOK,
                _ => 0,
            };
            kind = kind.saturating_add(1);
        }
        of
    };
    LEAST.get(usize::from(kind)).copied().unwrap_or(LOOK)
}

const LOOK: u16 = u16::MAX;
/// A SID, and an array of UTF-16 texts.
const SID: usize = 0x13;
const TEXTS: usize = 0x81;

/// Whether a value whose type asks for more than its size is whole all the same.
fn fits(kind: u8, value: &[u8]) -> bool {
    match (usize::from(kind), value) {
        // Revision, number of parts, authority, parts of four bytes.
        (SID, [_, parts, ..]) => usize::from(*parts).saturating_mul(4).saturating_add(8) <= value.len(),
        (TEXTS, []) => true,
        (TEXTS, _) => value.len().is_multiple_of(2) && value.ends_with(&[0, 0]),
        _ => false,
    }
}

/// The size of a value.
fn length([low, high, ..]: &[u8; 4]) -> u16 {
    u16::from_le_bytes([*low, *high])
}

/// The values of an instance by their places; made once and filled for one record after another.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Instance {
    entries: Vec<Entry>,
}

impl Instance {
    /// Takes the values of a table.
    pub fn fill(&mut self, table: &Table<'_>) {
        self.entries.clear();
        self.entries.extend(table.entries());
    }

    /// Reads an instance and gives the place of its definition in `shapes`.
    pub fn read(&mut self, chunk: &[u8], at: usize, end: usize, shapes: &mut Shapes) -> Option<usize> {
        let (definition, table) = Table::read(chunk, at, end)?;
        let shape = shapes.find(chunk, definition)?;
        self.fill(&table);
        table.meets(&shapes.get(shape)?.conditions).then_some(shape)
    }

    /// Whether the table has this place.
    pub fn has(&self, slot: u16) -> bool {
        usize::from(slot) < self.entries.len()
    }

    /// The value at a place of the table; null where there is none.
    pub fn value<'a>(&self, chunk: &'a [u8], slot: u16) -> Value<'a> {
        self.entries.get(usize::from(slot)).map(|entry| entry.value(chunk)).unwrap_or_default()
    }

    /// What a field is; null where it is absent.
    pub fn resolve<'a>(&self, chunk: &'a [u8], source: Source) -> Value<'a> {
        match source {
            Source::Absent => Value::default(),
            Source::Literal(from, to) => {
                Value { kind: UTF16, bytes: chunk.get(from..to).unwrap_or_default() }
            }
            Source::Slot(slot) => self.value(chunk, slot),
        }
    }

    /// Where a value of binary XML begins and ends in its chunk.
    pub fn nested(&self, slot: u16) -> Option<(usize, usize)> {
        self.entries.get(usize::from(slot)).map(|entry| (entry.from, entry.end()))
    }
}
