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
    from: u32,
    length: u16,
}

impl Entry {
    fn bytes(self, chunk: &[u8]) -> &[u8] {
        let from = usize::try_from(self.from).unwrap_or(usize::MAX);
        chunk.get(from..from.saturating_add(usize::from(self.length))).unwrap_or_default()
    }
}

/// An instance of a template; made once and filled for one record after another.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Instance {
    entries: Vec<Entry>,
}

impl Instance {
    /// Reads the instance that binary XML from `at` to `end` consists of and gives the place of its definition in `shapes`.
    pub fn read(&mut self, chunk: &[u8], at: usize, end: usize, shapes: &mut Shapes) -> Option<usize> {
        let definition = self.table(chunk, at, end)?;
        let shape = shapes.find(chunk, definition)?;
        // What is beyond the table decides about nothing.
        let is_null = |slot: &u16| self.entries.get(usize::from(*slot)).is_some_and(|entry| entry.kind == 0);
        (!shapes.get(shape)?.conditions.iter().any(is_null)).then_some(shape)
    }

    /// Reads the table of values and gives the offset of the definition.
    fn table(&mut self, chunk: &[u8], at: usize, end: usize) -> Option<u32> {
        let mut cursor = Cursor::new(chunk.get(..end)?, at);
        // The binary XML of a value may do without a header.
        if cursor.peek()? == 0x0F {
            (cursor.take(4)? == [0x0F, 1, 1, 0]).then_some(())?;
        }
        (cursor.u8()? == 0x0C).then_some(())?;
        cursor.take(5)?;
        let offset = cursor.u32()?;
        if usize::try_from(offset).is_ok_and(|offset| offset == cursor.at()) {
            cursor.take(20)?;
            let size = usize::try_from(cursor.u32()?).ok()?;
            cursor.take(size)?;
        }
        let count = usize::try_from(cursor.u32()?).ok()?;
        let table = cursor.take(count.checked_mul(4)?)?;
        // A chunk has 64 KiB and room for 16 Ki values of that size: far below what 32 bits hold.
        let mut from = u32::try_from(cursor.at()).ok()?;
        self.entries.clear();
        self.entries.extend(table.as_chunks::<4>().0.iter().map(|[low, high, kind, _]| {
            let length = u16::from_le_bytes([*low, *high]);
            let entry = Entry { kind: *kind, from, length };
            from = from.wrapping_add(u32::from(length));
            entry
        }));
        let from = usize::try_from(from).ok()?;
        // Behind the values the end of the document, if anything.
        let ends = from <= end && matches!(chunk.get(from..end)?, [] | [0, ..]);
        ends.then_some(offset)
    }

    /// Whether the table has this place.
    pub fn has(&self, slot: u16) -> bool {
        usize::from(slot) < self.entries.len()
    }

    /// The value at a place of the table; null where there is none.
    pub fn value<'a>(&self, chunk: &'a [u8], slot: u16) -> Value<'a> {
        let entry = self.entries.get(usize::from(slot));
        entry.map(|entry| Value { kind: entry.kind, bytes: entry.bytes(chunk) }).unwrap_or_default()
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

    /// The bytes that hold the values of the payload; `None` where that is not certain.
    pub fn payload<'a>(&self, chunk: &'a [u8], payload: &Payload) -> Option<&'a [u8]> {
        match payload {
            Payload::None => Some(&[]),
            Payload::Nested(slot) | Payload::NestedUser(slot) => Some(self.value(chunk, *slot).bytes),
            Payload::Data(_) => {
                let (first, last) = (self.entries.first()?, self.entries.last()?);
                let end = usize::try_from(last.from).ok()?.checked_add(usize::from(last.length))?;
                chunk.get(usize::try_from(first.from).ok()?..end)
            }
            Payload::Other => None,
        }
    }

    /// Whether a value of the payload may begin with one of the words; `inner` is room for its table.
    pub fn begins(&self, chunk: &[u8], payload: &Payload, words: &Words, inner: &mut Instance) -> bool {
        let may_begin = |entry: &Entry| match entry.kind {
            0x01 | 0x0E => words.begin(entry.bytes(chunk)),
            // Numbers, times and their like begin with no word; other texts and lists may.
            0x02 | 0x81.. | BINARY_XML => true,
            _ => false,
        };
        match payload {
            Payload::None => false,
            Payload::Data(_) => self.entries.iter().any(may_begin),
            Payload::Nested(slot) | Payload::NestedUser(slot) => {
                let table = self.nested(*slot).and_then(|(from, to)| inner.table(chunk, from, to));
                table.is_none() || inner.entries.iter().any(may_begin)
            }
            Payload::Other => true,
        }
    }

    /// Where a value of binary XML begins and ends in its chunk.
    pub fn nested(&self, slot: u16) -> Option<(usize, usize)> {
        let entry = self.entries.get(usize::from(slot))?;
        let from = usize::try_from(entry.from).ok()?;
        Some((from, from.checked_add(usize::from(entry.length))?))
    }
}
