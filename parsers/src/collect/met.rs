//! [`Met`]: which records of a log were met already. A log copied into another, or a chunk that lies twice in an image, has the
//! same records once more, and they count once.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use vsscope_model::{Event, Timestamp};

/// What records of one log are told apart by: everything that Windows numbers and stamps, in 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64, u64);

impl Identity {
    /// Of a record's host, channel, id, instant, provider and event id.
    pub fn of(
        host: &str,
        channel: &str,
        record: u64,
        time: Timestamp,
        provider: &str,
        event_id: u32,
    ) -> Self {
        // The same in every run: nothing is seeded.
        let mut hasher = DefaultHasher::new();
        (host, channel, record, time, provider, event_id).hash(&mut hasher);
        let first = hasher.finish();
        hasher.write_u8(1);
        Identity(first, hasher.finish())
    }

    /// Of the record that an event was read from, if its log numbers its records.
    fn of_event(event: &Event) -> Option<Self> {
        let host = event.host.as_deref().unwrap_or_default();
        let (channel, record) = (event.source.channel.as_deref()?, event.source.record?);
        Some(Identity::of(host, channel, record, event.time, &event.provider, event.event_id?))
    }
}

/// The records whose events were kept, and how many came again.
#[derive(Debug, Default)]
pub(crate) struct Met {
    known: HashSet<Identity>,
    copies: u64,
}

impl Met {
    /// Whether the record was met.
    pub fn has(&self, record: Identity) -> bool {
        self.known.contains(&record)
    }

    /// Counts a record that was met before.
    pub fn count(&mut self, copies: u64) {
        self.copies = self.copies.saturating_add(copies);
    }

    /// Whether the event is of a record that was not met before; counts those that were.
    pub fn is_new(&mut self, event: &Event) -> bool {
        let is_new = Identity::of_event(event).is_none_or(|record| self.known.insert(record));
        self.count(u64::from(!is_new));
        is_new
    }

    /// How many events came again.
    pub fn copies(&self) -> u64 {
        self.copies
    }
}
