//! Bounds-checked reads of little-endian numbers, and hexadecimal text.

/// The array of `N` bytes at this place.
fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// The 16-bit number at this place.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// The 32-bit number at this place.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// The 64-bit number at this place.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// The bytes that a string of hexadecimal digits stands for; `None` if it is anything else.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

/// Bytes as hexadecimal digits in lower case.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    halves.filter_map(|half| char::from_digit(half.into(), 16)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_past_the_end_are_absent() {
        let bytes = [0x80, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(u32_at(&bytes, 0), Some(0x80));
        assert_eq!(u32_at(&bytes, 5), None);
        assert_eq!(u64_at(&bytes, 0), Some(0x1_0000_0080));
        assert_eq!(u64_at(&bytes, usize::MAX), None);
    }

    #[test]
    fn hex_is_read_in_both_cases_and_nothing_else_is() {
        assert_eq!(from_hex("2D20436f"), Some(b"- Co".to_vec()));
        assert_eq!(from_hex(""), Some(Vec::new()));
        assert_eq!(from_hex("2D2"), None);
        assert_eq!(from_hex("2Dzz"), None);
        assert_eq!(from_hex("é2"), None);
    }
}
