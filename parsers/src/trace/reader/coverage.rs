//! [`Coverage`]: how many records there are, and from when to when.

use crate::collect::Collector;
use crate::trace::CHANNEL;
use vsscope_model::Timestamp;

/// Records that were counted.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    range: Option<(Timestamp, Timestamp)>,
    timed: u64,
    timeless: u64,
}

impl Coverage {
    /// Counts a record.
    pub fn count(&mut self, time: Option<Timestamp>) {
        self.count_all(time.map(|time| (time, time)), 1);
    }

    /// Counts records whose first and last times are these, if they have times.
    pub fn count_all(&mut self, times: Option<(Timestamp, Timestamp)>, records: u64) {
        let Some((first, last)) = times else {
            self.timeless = self.timeless.saturating_add(records);
            return;
        };
        self.timed = self.timed.saturating_add(records);
        self.range = Some(match self.range {
            Some((earliest, latest)) => (earliest.min(first), latest.max(last)),
            None => (first, last),
        });
    }

    /// Tells what was counted.
    pub fn tell(&self, out: &mut Collector) {
        out.count_all(CHANNEL, None, self.timeless);
        if self.timed > 0 {
            out.count_all(CHANNEL, self.range, self.timed);
        }
    }
}
