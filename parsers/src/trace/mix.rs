//! Hashes and searches over words of eight bytes, for what is asked at every line. The hashes are quick rather than strong;
//! what they begin with is random, so that no trace can be made of names that all fall into one place.

use std::hash::{BuildHasher, Hasher, RandomState};

/// What hashes begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Seed(RandomState::new().build_hasher().finish())
    }
}

impl BuildHasher for Seed {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed(self.0)
    }
}

/// What was hashed so far.
#[derive(Debug)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(Seed(self.0), bytes);
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0, number);
    }

    /// Which variant an enum has.
    fn write_isize(&mut self, number: isize) {
        self.0 = self.0.rotate_left(1) ^ u64::from(number != 0);
    }
}

/// Both halves of a product.
#[inline]
fn mix(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ other).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    half(product) ^ half(product >> 64)
}

/// The hash of bytes.
pub(super) fn hash(seed: Seed, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(seed.0, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    for (to, byte) in last.iter_mut().zip(rest) {
        *to = *byte;
    }
    end(hash, u64::from_le_bytes(last), rest.len())
}

/// The hash of the bytes before the first `stop`, and how many they are. `None` if they are many, or the text ends too soon
/// behind them.
#[inline]
pub(super) fn hash_to(seed: Seed, text: &[u8], stop: u8) -> Option<(usize, u64)> {
    let (words, _) = text.as_chunks::<8>();
    let (mut hash, mut length) = (seed.0, 0_usize);
    for word in words.iter().take(MAX_WORDS) {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ each(stop));
        if found == 0 {
            hash = mix(hash, word);
            length = length.saturating_add(8);
            continue;
        }
        let rest = place(found);
        // The bits of the stop are no longer there, and nor are those behind it.
        let before = (found & found.wrapping_neg()).wrapping_shr(7).wrapping_sub(1);
        return Some((length.saturating_add(rest), end(hash, word & before, rest)));
    }
    None
}

/// Longest run of bytes that is hashed up to a stop, in words.
const MAX_WORDS: usize = 32;

fn end(hash: u64, word: u64, length: usize) -> u64 {
    mix(hash, word ^ each(u8::try_from(length).unwrap_or_default()))
}

/// A byte in all eight places.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Marks the first zero byte of a word in its highest bit; what is marked behind it may be none.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(each(1)) & !word & each(0x80)
}

/// Marks the first byte of a word that is a control character or no ASCII in its highest bit; what is marked behind it may be
/// neither.
fn odd(word: u64) -> u64 {
    (word.wrapping_sub(each(b' ')) | word) & each(0x80)
}

/// Longest text that is searched for its end.
const MAX_TEXT: usize = 4 << 10;
/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// How many bytes there are before the first that is a control character or no ASCII, and whether an `x` or `X` may be one of
/// them. `None` if they are many, or the text ends too soon behind them.
#[inline]
pub(super) fn plain_to_break(text: &[u8]) -> Option<(usize, bool)> {
    let (mut at, mut has_x) = (0_usize, false);
    // Whole blocks first; the one with the break is looked at word by word.
    for block in text.as_chunks::<BLOCK>().0.iter().take(MAX_TEXT / BLOCK) {
        let is_odd = |byte: u8| byte.cast_signed() < b' '.cast_signed();
        if block.iter().fold(false, |odd, byte| odd | is_odd(*byte)) {
            break;
        }
        has_x |= block.iter().fold(false, |any, byte| any | (*byte | 0x20 == b'x'));
        at = at.saturating_add(BLOCK);
    }
    let rest = MAX_TEXT.saturating_sub(at).min(text.len().saturating_sub(at));
    let (words, _) = text.get(at..)?.get(..rest)?.as_chunks::<8>();
    let mut x = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        x |= zeros((word | each(0x20)) ^ each(b'x'));
        let found = odd(word);
        if found != 0 {
            return Some((at.saturating_add(place(found)), has_x || x != 0));
        }
        at = at.saturating_add(8);
    }
    None
}

/// Where the first of three bytes stands.
pub(super) fn find(text: &[u8], [one, two, three]: [u8; 3]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ each(one)) | zeros(word ^ each(two)) | zeros(word ^ each(three));
        if found != 0 {
            return Some(number.saturating_mul(8).saturating_add(place(found)));
        }
    }
    let found = rest.iter().position(|byte| [one, two, three].contains(byte))?;
    Some(text.len().saturating_sub(rest.len()).saturating_add(found))
}

/// The place of the first mark.
fn place(marks: u64) -> usize {
    usize::try_from(marks.trailing_zeros() / 8).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2000), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_found_in_words_is_what_is_found_in_bytes(bytes in prop::collection::vec(any::<u8>(), 8), byte in any::<u8>()) {
            let word = u64::from_le_bytes(bytes.clone().try_into().unwrap());
            let first = |is: &dyn Fn(u8) -> bool| bytes.iter().position(|byte| is(*byte));
            let found = |marks: u64| (marks != 0).then(|| place(marks));
            prop_assert_eq!(found(zeros(word ^ each(byte))), first(&|other| other == byte));
        }

        #[test]
        fn the_first_of_three_bytes_is_found(text in "[ -,]{0,40}") {
            let wanted = [b')', b' ', b'+'];
            prop_assert_eq!(find(text.as_bytes(), wanted), text.bytes().position(|byte| wanted.contains(&byte)));
        }

        #[test]
        fn plain_text_ends_before_the_first_byte_that_is_not(
            text in prop::collection::vec(prop_oneof![9 => b' '..0x7F, 1 => Just(b'x'), 1 => any::<u8>()], 0..40),
        ) {
            let end = text.iter().position(|byte| *byte < b' ' || *byte >= 0x80);
            let found = plain_to_break(&text);
            prop_assert_eq!(found.map(|found| found.0), end.filter(|end| *end < text.len() / 8 * 8));
            let has_x = |end: usize| text[..end].iter().any(|byte| byte.eq_ignore_ascii_case(&b'x'));
            prop_assert!(found.is_none_or(|(end, may_be)| may_be || !has_x(end)));
        }

        #[test]
        fn a_hash_up_to_a_stop_is_that_of_the_bytes_before_it(name in "[ -|~]{0,40}", behind in "[ -~]{8,20}") {
            let seed = Seed::default();
            let text = format!("{name}}}{behind}");
            prop_assert_eq!(hash_to(seed, text.as_bytes(), b'}'), Some((name.len(), hash(seed, name.as_bytes()))));
            prop_assert_eq!(hash_to(seed, name.as_bytes(), b'}'), None);
        }
    }

    #[test]
    fn hashes_tell_names_apart() {
        let seed = Seed::default();
        let names = [
            "",
            "a",
            "aa",
            "aaaaaaaa",
            "aaaaaaaaa",
            "aaaaaaaaaaaaaaaa",
            "\0",
            "\0\0",
            "b",
            "CDemo::Run",
            "CDemo::Ran",
        ];
        let mut hashes = names.map(|name| hash(seed, name.as_bytes())).to_vec();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), names.len());
    }
}
