//! The values of columns at the start of a text: numbers, counters, text up to where it ends.

use super::layout::{Radix, Stop};
use super::stamp::{self, Stamp, Value};

/// Text up to where it ends; it must not be empty.
pub(super) fn open<'a>(stop: Stop, rest: &'a str, to: &mut Option<&'a str>) -> Option<usize> {
    let length = match stop {
        Stop::Byte(byte) => memchr::memchr(byte, rest.as_bytes())?,
        Stop::Blank => memchr::memchr2(b' ', b'\t', rest.as_bytes()).unwrap_or(rest.len()),
        Stop::End => rest.len(),
    };
    let text = rest.get(..length).filter(|text| !text.is_empty())?;
    *to = Some(text);
    Some(length)
}

/// A counter of steps as a stamp.
pub(super) fn counter(rest: &str, step: u64) -> Option<(Stamp, usize)> {
    let (value, length) = number(rest, Radix::Decimal)?;
    let digits = (0..9).find(|digits| step >= stamp::SECOND.checked_div(10_u64.pow(*digits)).unwrap_or(1));
    let digits = u8::try_from(digits.unwrap_or(9)).unwrap_or(9);
    Some((Stamp { value: Value::Counter(value.checked_mul(step)?), digits }, length))
}

/// A number of 32 bits.
pub(super) fn small(rest: &str, radix: Radix, to: &mut Option<u32>) -> Option<usize> {
    let (value, length) = number(rest, radix)?;
    *to = Some(u32::try_from(value).ok()?);
    Some(length)
}

/// A number that ends where a word ends, and its length.
pub(super) fn number(rest: &str, radix: Radix) -> Option<(u64, usize)> {
    let bytes = rest.as_bytes();
    match (radix, bytes) {
        (Radix::Hex, [b'0', b'x' | b'X', digits @ ..]) => {
            digits_of::<16>(digits).map(|(value, length)| (value, length.saturating_add(2)))
        }
        (Radix::Hex, digits) => digits_of::<16>(digits),
        (Radix::Decimal, digits) => digits_of::<10>(digits),
    }
}

fn digits_of<const BASE: u8>(bytes: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut length) = (0_u64, 0_usize);
    for byte in bytes {
        let digit = DIGITS.get(usize::from(*byte)).copied().unwrap_or(NO_DIGIT);
        if digit >= BASE {
            if byte.is_ascii_alphanumeric() || *byte == b'_' {
                return None;
            }
            break;
        }
        value = value.checked_mul(u64::from(BASE))?.checked_add(u64::from(digit))?;
        length = length.saturating_add(1);
    }
    (length > 0).then_some((value, length))
}

const NO_DIGIT: u8 = u8::MAX;

/// The value of every byte as a hexadecimal digit.
#[allow(clippy::indexing_slicing, reason = "computed by the compiler, which would not go on")]
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let (mut value, small, large) = (0_u8, *b"0123456789abcdef", *b"0123456789ABCDEF");
    while value < 16 {
        digits[small[value as usize] as usize] = value;
        digits[large[value as usize] as usize] = value;
        value += 1;
    }
    digits
};
