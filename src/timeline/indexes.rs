//! Sets and maps of indexes of events. A set is made of hundreds of events, and every one is looked up a few times: the
//! hasher of the standard library, which withstands chosen keys, would be most of the work.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A set of indexes.
pub type IndexSet = HashSet<usize, BuildHasherDefault<IndexHasher>>;
/// A map by index.
pub type IndexMap<V> = HashMap<usize, V, BuildHasherDefault<IndexHasher>>;

/// Spreads indexes, which nobody chooses.
#[derive(Debug, Default, Clone, Copy)]
pub struct IndexHasher(u64);

impl Hasher for IndexHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The golden ratio in 64 bits: neighbours end far apart. Tables take their places from both ends of the hash.
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_in_a_row_are_told_apart() {
        let known: IndexSet = (0..10_000).step_by(2).collect();
        assert!((0..10_000).all(|index| known.contains(&index) == (index % 2 == 0)));
    }
}
