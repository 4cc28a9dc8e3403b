//! [`Met`]: which records of a log were met already. A log copied into another, or a chunk that lies twice in an image, has the
//! same records once more, and they count once.

use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use vsscope_model::{Event, Timestamp};

/// What records of one log are told apart by: everything that Windows numbers and stamps. Of the names a hash in 64 bits, the
/// numbers as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    /// Of the names and the event id.
    kind: u64,
    record: u64,
    time: Timestamp,
}

impl Identity {
    /// Of a record's names ([`Names::hash`]), id, instant and event id.
    pub fn of(names: u64, record: u64, time: Timestamp, event_id: u32) -> Self {
        // Odd, so that every id gives another product.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        Identity { kind: names ^ u64::from(event_id).wrapping_mul(SPREAD), record, time }
    }
}

/// Hashes host, channel and provider of a record, which mostly are those of the record before.
#[derive(Debug, Default)]
pub(crate) struct Names {
    last: Option<([Option<Arc<str>>; 3], u64)>,
}

impl Names {
    /// The hash, the same in every run. A name that is absent is as one that is empty.
    pub fn hash(&mut self, names: [Option<&Arc<str>>; 3]) -> u64 {
        // Names that are shared are the same in memory, mostly.
        if let Some((known, hash)) = &self.last
            && known.iter().zip(names).all(|(known, name)| known.as_ref() == name)
        {
            return *hash;
        }
        let mut hasher = DefaultHasher::new();
        names.map(|name| name.map_or("", |name| &**name)).hash(&mut hasher);
        let hash = hasher.finish();
        self.last = Some((names.map(Option::<&Arc<str>>::cloned), hash));
        hash
    }

    /// Of the record that an event was read from, if its log numbers its records.
    fn identity(&mut self, event: &Event) -> Option<Identity> {
        let (channel, record) = (event.source.channel.as_ref()?, event.source.record?);
        let names = self.hash([event.host.as_ref(), Some(channel), Some(&event.provider)]);
        Some(Identity::of(names, record, event.time, event.event_id?))
    }
}

/// The records whose events were kept, and how many came again.
#[derive(Debug, Default)]
pub(crate) struct Met {
    known: HashSet<Identity, RandomState>,
    names: Names,
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
        let is_new = self.names.identity(event).is_none_or(|record| self.known.insert(record));
        self.count(u64::from(!is_new));
        is_new
    }

    /// How many events came again.
    pub fn copies(&self) -> u64 {
        self.copies
    }
}
