//! The plain LZ77 variant of XPRESS in which compressed buffers are stored: [MS-XCA] 2.3 and 2.4, "Plain LZ77".
//!
//! Own code instead of the crate rust-lzxpress 0.7.1: that one reads a 32-bit length without asking whether the input
//! still has it, which panics on a cut buffer, and knows no limit for its output, so that a few bytes may fill the memory.

use super::cursor::Cursor;

/// Shortest match; lengths are stored less this.
const SHORTEST: usize = 3;
/// What the length field of a match holds at most, before a half byte, a byte and more continue it.
const FIELD: usize = 7;
/// The same for the half byte.
const HALF: usize = 15;
/// The same for the byte.
const BYTE: usize = 255;

/// Unpacks to at most `size` bytes. Damage and a missing end leave what was unpacked before it, which is then shorter.
pub(super) fn unpack(packed: &[u8], size: usize) -> Vec<u8> {
    let mut state = State { input: Cursor::new(packed), half: None, output: Vec::new(), size };
    // Nothing stands behind the damage but the damage: the output's length tells it.
    let _ = state.run();
    state.output
}

struct State<'a> {
    input: Cursor<'a>,
    /// A byte of which the upper half is the next half byte.
    half: Option<u8>,
    output: Vec<u8>,
    size: usize,
}

impl State<'_> {
    /// `None` where the input ends or is damaged.
    fn run(&mut self) -> Option<()> {
        while self.output.len() < self.size {
            let flags = self.input.u32()?;
            for bit in (0..32).rev() {
                if self.output.len() >= self.size {
                    break;
                }
                if flags >> bit & 1 == 0 {
                    let literal = self.input.u8()?;
                    self.output.push(literal);
                } else {
                    self.copy()?;
                }
            }
        }
        Some(())
    }

    fn copy(&mut self) -> Option<()> {
        let pair = usize::from(self.input.u16()?);
        let distance = (pair >> 3).saturating_add(1);
        let length = self.length(pair & FIELD)?.checked_add(SHORTEST)?;
        let from = self.output.len().checked_sub(distance)?;
        let mut left = length.min(self.size.saturating_sub(self.output.len()));
        // A match may reach into what it writes itself: then it repeats.
        while left > 0 {
            let step = left.min(self.output.len().saturating_sub(from));
            self.output.extend_from_within(from..from.saturating_add(step));
            left = left.saturating_sub(step);
        }
        Some(())
    }

    fn length(&mut self, field: usize) -> Option<usize> {
        if field < FIELD {
            return Some(field);
        }
        let half = match self.half.take() {
            Some(byte) => usize::from(byte >> 4),
            None => {
                let byte = self.input.u8()?;
                self.half = Some(byte);
                usize::from(byte & 0x0F)
            }
        };
        if half < HALF {
            return half.checked_add(FIELD);
        }
        let byte = usize::from(self.input.u8()?);
        if byte < BYTE {
            return byte.checked_add(HALF)?.checked_add(FIELD);
        }
        let long = match self.input.u16()? {
            0 => usize::try_from(self.input.u32()?).ok()?,
            length => usize::from(length),
        };
        // The long forms hold the whole length; one that fits the shorter forms is damage.
        (long >= HALF.saturating_add(FIELD)).then_some(long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The two examples of [MS-XCA] 3.1.
    #[test]
    fn the_published_examples_are_unpacked() {
        let letters = b"abcdefghijklmnopqrstuvwxyz";
        let packed = [&[0x3f, 0, 0, 0][..], letters].concat();
        assert_eq!(unpack(&packed, 26), letters);
        let packed = [0xff, 0xff, 0xff, 0x1f, 0x61, 0x62, 0x63, 0x17, 0x00, 0x0f, 0xff, 0x26, 0x01];
        assert_eq!(unpack(&packed, 300), b"abc".repeat(100));
    }

    #[test]
    fn a_cut_length_ends_the_output_where_it_is() {
        // A 32-bit length of which the last bytes are missing: another unpacker panics here.
        let packed = [0, 0, 0, 0x60, b'a', 0x07, 0x00, 0x0f, 0xff, 0x00, 0x00, 0x10];
        assert_eq!(unpack(&packed, 4096), b"a");
    }

    #[test]
    fn a_match_of_four_gigabytes_gives_what_was_asked_for() {
        let packed = [0, 0, 0, 0x60, b'a', 0x07, 0x00, 0x0f, 0xff, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(unpack(&packed, 4096), [b'a'; 4096]);
    }

    #[test]
    fn a_match_before_the_first_byte_is_damage() {
        assert_eq!(unpack(&[0, 0, 0, 0x60, b'a', 0x08, 0x00, 1, 2, 3, 4], 100), b"a");
    }

    proptest! {
        #[test]
        fn any_bytes_unpack_to_no_more_than_asked(bytes in prop::collection::vec(any::<u8>(), 0..300), size in 0_usize..5000) {
            prop_assert!(unpack(&bytes, size).len() <= size);
        }
    }
}
