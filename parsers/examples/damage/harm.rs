//! What is done to a copy of a file. The same seed does the same harm.

use std::ops::Range;

/// What cuts and chunks of event logs are counted in.
const CHUNK: usize = 65_536;
/// Where the chunks of an event log begin.
const EVTX_HEADER: usize = 4096;
/// What a disk loses at once.
const SECTOR: usize = 512;

/// A kind of harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Single bits are wrong.
    Flips,
    /// Sectors of a disk could not be read and are zero.
    Zeroed,
    /// The start, the end or a part between them is missing.
    Cut,
    /// Blocks stand in another order.
    Shuffled,
}

impl Harm {
    /// All kinds.
    pub const ALL: [Harm; 4] = [Harm::Flips, Harm::Zeroed, Harm::Cut, Harm::Shuffled];

    /// The kind of this mutation; they take turns.
    pub fn of(number: u64) -> Self {
        let kinds = Harm::ALL.len() as u64;
        Harm::ALL[usize::try_from(number % kinds).unwrap_or(0)]
    }

    /// Does it, from hardly noticeable to heavy.
    pub fn apply(self, mut bytes: Vec<u8>, seed: u64) -> Vec<u8> {
        let mut dice = Dice(seed);
        if bytes.is_empty() {
            return bytes;
        }
        match self {
            Harm::Flips => {
                for _ in 0..1_usize << dice.below(10) {
                    let (at, bit) = (dice.below(bytes.len()), dice.below(8));
                    bytes[at] ^= 1 << bit;
                }
            }
            Harm::Zeroed => {
                for _ in 0..1 + dice.below(32) {
                    let start = dice.below(bytes.len()) / SECTOR * SECTOR;
                    let end = bytes.len().min(start + SECTOR);
                    bytes[start..end].fill(0);
                }
            }
            Harm::Cut => {
                bytes.drain(cut(bytes.len(), &mut dice));
            }
            Harm::Shuffled => shuffle(&mut bytes, &mut dice),
        }
        bytes
    }
}

/// What is missing: half of the time the end, as of a copy that broke off.
fn cut(length: usize, dice: &mut Dice) -> Range<usize> {
    let (a, b) = (dice.below(length), dice.below(length));
    match dice.below(4) {
        0 => 0..a,
        1 => a.min(b)..a.max(b),
        _ => a..length,
    }
}

/// Changes blocks for others; those of a small file are smaller, so that there are some.
fn shuffle(bytes: &mut [u8], dice: &mut Dice) {
    let start = if bytes.starts_with(b"ElfFile\0") { EVTX_HEADER.min(bytes.len()) } else { 0 };
    let body = &mut bytes[start..];
    let mut block = CHUNK;
    while block > 16 && body.len() / block < 4 {
        block /= 2;
    }
    let blocks = body.len() / block;
    if blocks < 2 {
        return;
    }
    for _ in 0..=dice.below(blocks) {
        let (one, other) = (dice.below(blocks), dice.below(blocks));
        let (first, second) = (one.min(other), one.max(other));
        if first < second {
            let (left, right) = body.split_at_mut(second * block);
            left[first * block..(first + 1) * block].swap_with_slice(&mut right[..block]);
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }
}

/// The seed of one mutation of a file.
pub fn seed(base: u64, name: &str, number: u64) -> u64 {
    // FNV-1a: the name counts and not its place in a list.
    let name = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    Dice(base ^ name).next().wrapping_add(Dice(number).next())
}
