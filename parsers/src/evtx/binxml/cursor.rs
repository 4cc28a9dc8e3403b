//! Reading forward in the bytes of a chunk.

use crate::bytes::{u16_at, u32_at};

/// A place in a chunk. Offsets inside binary XML count from the chunk's start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    chunk: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at this place of a chunk.
    pub fn new(chunk: &'a [u8], at: usize) -> Self {
        Cursor { chunk, at }
    }

    /// The bytes of the chunk.
    pub fn whole(self) -> &'a [u8] {
        self.chunk
    }

    /// Where it stands.
    pub fn at(self) -> usize {
        self.at
    }

    /// The next byte, which stays.
    pub fn peek(self) -> Option<u8> {
        self.chunk.get(self.at).copied()
    }

    /// The next byte.
    pub fn u8(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.checked_add(1)?;
        Some(byte)
    }

    /// The next 16-bit number.
    pub fn u16(&mut self) -> Option<u16> {
        let number = u16_at(self.chunk, self.at)?;
        self.at = self.at.checked_add(2)?;
        Some(number)
    }

    /// The next 32-bit number.
    pub fn u32(&mut self) -> Option<u32> {
        let number = u32_at(self.chunk, self.at)?;
        self.at = self.at.checked_add(4)?;
        Some(number)
    }

    /// The next bytes.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let bytes = self.chunk.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// A name, as UTF-16: its offset, and behind it the name itself where it is used for the first time.
    pub fn name(&mut self) -> Option<&'a [u8]> {
        let (from, to) = self.name_place()?;
        self.chunk.get(from..to)
    }

    /// Where a name stands: from, to. One with a NUL in it is out of the ordinary.
    pub fn name_place(&mut self) -> Option<(usize, usize)> {
        let offset = usize::try_from(self.u32()?).ok()?;
        let mut entry = Cursor::new(self.chunk, offset);
        // The offset of the next name of the table and a hash.
        entry.take(6)?;
        let length = usize::from(entry.u16()?).checked_mul(2)?;
        let from = entry.at;
        if entry.take(length)?.as_chunks::<2>().0.contains(&[0, 0]) {
            return None;
        }
        let to = entry.at;
        if offset == self.at {
            entry.take(2)?;
            self.at = entry.at;
        }
        Some((from, to))
    }
}

/// Whether UTF-16 text is this ASCII word.
pub(super) fn is(wide: &[u8], word: &str) -> bool {
    let (units, rest) = wide.as_chunks::<2>();
    let word = word.as_bytes();
    rest.is_empty()
        && units.len() == word.len()
        && units.iter().zip(word).all(|(unit, byte)| *unit == [*byte, 0])
}
