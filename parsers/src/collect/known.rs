//! [`Known`]: which records of an input were met already. A chunk lies in an image several times (older states of it, copies of
//! the file), and the unused space of a log holds what its live records have too.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use vsscope_model::Timestamp;

/// Records that are remembered: their hashes take some 80 MB. More than 4 million records are a gigabyte of chunks.
const MOST: usize = 4 << 20;

/// The records that were met: host, log, id and instant are that of one record only. An id alone is not, since numbers begin
/// again when a log is cleared.
#[derive(Debug, Default)]
pub(super) struct Known {
    hashes: HashSet<u64>,
    /// Records that came when no more could be remembered.
    beyond: u64,
}

impl Known {
    /// Whether a record was not met before. It is from now on.
    pub fn is_new(&mut self, host: &str, channel: &str, id: u64, time: Timestamp) -> bool {
        // The same in every run: nothing is seeded.
        let mut hasher = DefaultHasher::new();
        (host, channel, id, time).hash(&mut hasher);
        let hash = hasher.finish();
        if self.hashes.len() < MOST {
            return self.hashes.insert(hash);
        }
        let is_new = !self.hashes.contains(&hash);
        self.beyond = self.beyond.saturating_add(u64::from(is_new));
        is_new
    }

    /// What there is to say where not all records could be remembered. Events are compared once more with all others in
    /// any case.
    pub fn limit(self) -> Option<String> {
        let beyond = self.beyond;
        (beyond > 0).then(|| {
            format!("more than {MOST} records: {beyond} of them were not remembered, and a copy of one of these counts in the number of records once more")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_began_again_is_another_record() {
        let mut known = Known::default();
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (before, after) = (time("2031-03-07T04:05:06.0000001Z"), time("2031-03-07T04:05:06.0000002Z"));
        assert!(known.is_new("HOST1", "System", 7, before));
        assert!(!known.is_new("HOST1", "System", 7, before));
        assert!(known.is_new("HOST1", "System", 7, after));
        assert!(known.is_new("HOST1", "System", 8, before));
        assert!(known.is_new("HOST1", "Application", 7, before));
        assert!(known.is_new("HOST2", "System", 7, before));
        assert_eq!(known.limit(), None);
    }
}
