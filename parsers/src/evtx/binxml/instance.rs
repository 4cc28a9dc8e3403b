//! An instance of a template: which definition it uses, and its table of values.

use super::cursor::Cursor;
use super::shape::{Shapes, Source};

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

/// An instance of a template; made once and filled for one record after another.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Instance {
    entries: Vec<Entry>,
}

impl Instance {
    /// Reads the instance that binary XML from `at` to `end` consists of and gives the place of its definition in `shapes`.
    pub fn read(&mut self, chunk: &[u8], at: usize, end: usize, shapes: &mut Shapes) -> Option<usize> {
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
        let mut from = cursor.at();
        self.entries.clear();
        for [low, high, kind, _] in table.as_chunks::<4>().0 {
            let length = u16::from_le_bytes([*low, *high]);
            self.entries.push(Entry { kind: *kind, from: u32::try_from(from).ok()?, length });
            from = from.checked_add(usize::from(length))?;
        }
        // Behind the values the end of the document, if anything.
        let ends = from <= end && matches!(chunk.get(from..end)?, [] | [0, ..]);
        if !ends {
            return None;
        }
        let shape = shapes.find(chunk, offset)?;
        // What is beyond the table decides about nothing.
        let is_null = |slot: &u16| self.entries.get(usize::from(*slot)).is_some_and(|entry| entry.kind == 0);
        (!shapes.get(shape)?.conditions.iter().any(is_null)).then_some(shape)
    }

    /// Whether the table has this place.
    pub fn has(&self, slot: u16) -> bool {
        usize::from(slot) < self.entries.len()
    }

    /// The value at a place of the table; null where there is none.
    pub fn value<'a>(&self, chunk: &'a [u8], slot: u16) -> Value<'a> {
        let entry = self.entries.get(usize::from(slot));
        let value = entry.and_then(|entry| {
            let from = usize::try_from(entry.from).ok()?;
            let bytes = chunk.get(from..from.checked_add(usize::from(entry.length))?)?;
            Some(Value { kind: entry.kind, bytes })
        });
        value.unwrap_or_default()
    }

    /// What a field is; null where it is absent.
    pub fn resolve<'a>(&self, chunk: &'a [u8], source: Source) -> Value<'a> {
        match source {
            Source::Absent => Value::default(),
            Source::Literal(from, to) => Value { kind: UTF16, bytes: chunk.get(from..to).unwrap_or_default() },
            Source::Slot(slot) => self.value(chunk, slot),
        }
    }

    /// Where a value of binary XML begins and ends in its chunk.
    pub fn nested(&self, slot: u16) -> Option<(usize, usize)> {
        let entry = self.entries.get(usize::from(slot))?;
        let from = usize::try_from(entry.from).ok()?;
        Some((from, from.checked_add(usize::from(entry.length))?))
    }
}
