//! Bounds-checked reads out of headers and payloads: what reaches past the end is absent.

pub(super) use crate::bytes::u16_at;
use vsscope_model::Guid;

/// Reads fields one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    /// At the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Cursor(bytes)
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next bytes, this many.
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.first_chunk().copied()
    }

    /// A byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// A 16-bit number.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    /// A 32-bit number.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A GUID as Windows keeps it in memory.
    pub fn guid(&mut self) -> Option<Guid> {
        self.array().map(Guid::from_memory)
    }

    /// A UTF-16 string up to its NUL, which is consumed; `None` if it has none.
    pub fn wide_until_nul(&mut self) -> Option<String> {
        let units = self.0.chunks_exact(2).position(|unit| unit == [0, 0])?;
        let text = self.wide(units)?;
        self.take(2)?;
        Some(text)
    }

    /// A UTF-16 string of this many code units. Lone surrogates become U+FFFD.
    pub fn wide(&mut self, units: usize) -> Option<String> {
        self.take(units.checked_mul(2)?).map(wide)
    }
}

/// UTF-16 as text. Lone surrogates become U+FFFD.
pub(super) fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    char::decode_utf16(units.iter().copied().map(u16::from_le_bytes))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The byte at this place.
pub(super) fn u8_at(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

/// The signed 64-bit number at this place.
pub(super) fn i64_at(bytes: &[u8], at: usize) -> Option<i64> {
    Cursor(bytes.get(at..)?).array().map(i64::from_le_bytes)
}

/// The GUID at this place.
pub(super) fn guid_at(bytes: &[u8], at: usize) -> Option<Guid> {
    Cursor(bytes.get(at..)?).guid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_without_its_nul_is_absent_and_nothing_is_consumed() {
        let mut cursor = Cursor::new(&[b'a', 0, b'b', 0]);
        assert_eq!(cursor.wide_until_nul(), None);
        assert_eq!(cursor.rest().len(), 4);
        assert_eq!(cursor.wide(2).as_deref(), Some("ab"));
        assert_eq!(cursor.u8(), None);
    }

    #[test]
    fn an_odd_byte_before_the_nul_does_not_shift_the_string() {
        let mut cursor = Cursor::new(&[b'a', 0, 0, 1, 0, 0, 7]);
        assert_eq!(cursor.wide_until_nul().as_deref(), Some("a\u{100}"));
        assert_eq!(cursor.rest(), [7]);
    }
}
