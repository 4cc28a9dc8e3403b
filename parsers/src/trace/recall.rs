//! [`Recall`]: the time stamp that was read last. The next one nearly always differs in the fraction of its second alone, and
//! then there is no need to read all of it again.

use super::stamp::{self, Scanned, Stamp};
use std::ops::Range;

/// Longest stamp that is remembered, up to its fraction and behind it.
const MAX_HEAD: usize = 32;
const MAX_TAIL: usize = 8;
/// Nanoseconds of the last digit of a fraction with so many digits.
const STEPS: [u64; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];

/// The stamp that was read last.
#[derive(Debug, Clone, Default)]
pub(super) struct Recall {
    /// Whether stamps are remembered.
    on: bool,
    last: Option<Remembered>,
}

/// A stamp as text and as what it means without its fraction.
#[derive(Debug, Clone)]
struct Remembered {
    head: Kept<MAX_HEAD>,
    digits: usize,
    tail: Kept<MAX_TAIL>,
    /// The byte behind it, if it was not the end.
    behind: Option<u8>,
    stamp: Stamp,
}

impl Recall {
    /// Remembers stamps.
    pub fn on() -> Self {
        Recall { on: true, last: None }
    }

    /// Remembers nothing.
    pub fn off() -> Self {
        Recall::default()
    }

    /// As [`stamp::scan`].
    pub fn scan(&mut self, text: &str) -> Option<(Stamp, usize)> {
        if let Some(last) = &self.last
            && let Some((part, length)) = last.again(text.as_bytes())
        {
            return Some((last.stamp.with_fraction(part), length));
        }
        // What is remembered is always what was read last, or nothing: not an older stamp.
        self.last = None;
        let scanned = stamp::scan_parts(text)?;
        if self.on {
            self.last = Remembered::of(&scanned, text.as_bytes());
        }
        Some((scanned.stamp, scanned.length))
    }

    /// The stamp that is remembered, without its fraction.
    pub fn base(&self) -> Option<Stamp> {
        self.last.as_ref().map(|last| last.stamp)
    }

    /// How long the stamp is that is remembered, and where in it the digits of its fraction stand.
    pub fn places(&self) -> Option<(usize, Range<usize>)> {
        let last = self.last.as_ref()?;
        let digits = last.head.length..last.head.length.saturating_add(last.digits);
        Some((digits.end.saturating_add(last.tail.length), digits))
    }
}

impl Remembered {
    /// `None` where what stands behind the stamp may have a say in what it is.
    fn of(scanned: &Scanned, text: &[u8]) -> Option<Self> {
        let Scanned { stamp, length, fraction: (from, to) } = scanned.clone();
        let (head, tail) = (text.get(..from)?, text.get(to..length)?);
        let digits = to.checked_sub(from)?;
        let behind = text.get(length).copied();
        let may_go_on = digits == 0 && tail.is_empty() && matches!(behind, Some(b'.' | b',' | b':'));
        if digits > 9 || may_go_on || behind.is_some_and(begins_more) {
            return None;
        }
        let stamp = stamp.without_fraction(number(text.get(from..to)?)?)?;
        Some(Remembered { head: Kept::of(head)?, digits, tail: Kept::of(tail)?, behind, stamp })
    }

    /// The fraction of the stamp at the start of a text and the length of the stamp, if it is this one but for the fraction.
    fn again(&self, text: &[u8]) -> Option<(u64, usize)> {
        let rest = text.strip_prefix(self.head.bytes())?;
        let (digits, rest) = rest.split_at_checked(self.digits)?;
        let rest = rest.strip_prefix(self.tail.bytes())?;
        if rest.first() != self.behind.as_ref() || self.may_go_on(rest) {
            return None;
        }
        Some((number(digits)?, text.len().saturating_sub(rest.len())))
    }

    /// Whether half of the day or a zone may stand behind blanks.
    fn may_go_on(&self, rest: &[u8]) -> bool {
        matches!(self.behind, Some(b' ' | b'\t'))
            && rest
                .iter()
                .find(|byte| !matches!(byte, b' ' | b'\t'))
                .is_some_and(|byte| matches!(byte, b'A' | b'a' | b'P' | b'p' | b'U'))
    }
}

/// Whether a byte behind a stamp may be a part of it.
fn begins_more(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'A' | b'a' | b'P' | b'p' | b'Z' | b'+' | b'-')
}

/// Digits of a fraction as nanoseconds; `None` if one of them is none, or there are too many.
#[inline]
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    let step = STEPS.get(digits.len())?;
    let mut value = 0_u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // At most nine digits do not overflow.
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(value.wrapping_mul(*step))
}

/// A few bytes.
#[derive(Debug, Clone)]
struct Kept<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Kept<N> {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut kept = Kept { bytes: [0; N], length: bytes.len() };
        kept.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(kept)
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stamp_that_differs_in_its_fraction_is_read_from_the_one_before() {
        let mut recall = Recall::on();
        let first = "2031-03-07 04:05:06.123,0x1";
        assert_eq!(recall.scan(first), stamp::scan(first));
        let last = recall.last.clone().unwrap();
        for (text, is_known) in [
            ("2031-03-07 04:05:06.987,0x1", true),
            ("2031-03-07 04:05:07.123,0x1", false),
            ("2031-03-07 04:05:06.98,0x1", false),
            ("2031-03-07 04:05:06.9871,0x1", false),
            ("2031-03-07 04:05:06.12x,0x1", false),
            ("2031-03-07 04:05:06.123", false),
            ("2031-03-07 04:05:06.123 PM", false),
        ] {
            let again =
                last.again(text.as_bytes()).map(|(part, length)| (last.stamp.with_fraction(part), length));
            assert_eq!(again.is_some(), is_known, "{text}");
            assert!(again.is_none() || again == stamp::scan(text), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_stamp_can_be_a_part_of_it() {
        let mut recall = Recall::on();
        for text in [
            "04:05:06.1 x",
            "04:05:06.2 PM",
            "04:05:06.3 PID",
            "2031-03-07 04:05:06.1 x",
            "2031-03-07 04:05:06.2 UTC",
            "2031-03-07 04:05:06.3 +",
            "2031-03-07 04:05:06.4+02:00",
            "04:05:06,1x",
            "04:05:06,123",
            "04:05:06,456x",
            "04:05:06:123",
            "04:05:06:1234",
        ] {
            assert_eq!(recall.scan(text), stamp::scan(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_after_any_other_is_read_as_if_it_came_alone(texts in prop::collection::vec(
            "(2031-03-07[ T]|3/7/2031 |)0?4:05:0[67]([.,:][0-9]{1,10}|)( ?[AaPp]M?|Z| UTC|[+-]0[12]:?00|)[ ,\\]x:.\\t]{0,2}[A0Pu:x]?", 1..8,
        )) {
            let mut recall = Recall::on();
            for text in &texts {
                prop_assert_eq!(recall.scan(text), stamp::scan(text), "{}", text);
            }
        }
    }
}
