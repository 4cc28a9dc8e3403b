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
    let marked = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let (base, from) = match radix {
        Radix::Hex => (16, if marked { 2 } else { 0 }),
        Radix::Decimal => (10, 0),
    };
    let (mut value, mut at) = (0_u64, from);
    while let Some(digit) = bytes.get(at).and_then(|byte| char::from(*byte).to_digit(base)) {
        value = value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))?;
        at = at.saturating_add(1);
    }
    let ends = bytes.get(at).is_none_or(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    (at > from && ends).then_some((value, at))
}
