//! What the records of an input add up to, by host and channel.

use std::collections::BTreeMap;
use std::sync::Arc;
use vsscope_model::{Span, Timestamp};

/// Channels of hosts that are told apart. A real input has some hundred; names in a damaged one are endless.
pub(super) const MAX_LANES: usize = 10_000;
/// Longest name of a host or channel that is told apart, in bytes.
pub(super) const MAX_NAME: usize = 1000;
/// What stands for the channels beyond that.
pub(super) const OTHER_CHANNELS: &str = "(other channels)";

/// What the records of one host and channel add up to.
#[derive(Debug)]
pub(super) struct Lane {
    pub host: Arc<str>,
    pub channel: Arc<str>,
    /// Whether the records are carved; live ones of the same log have a lane of their own.
    pub carved: bool,
    /// First, last and count of the records whose time is the record's own.
    pub own: Option<Range>,
    /// The same for records whose time is a UTC field.
    pub field: Option<Range>,
    /// The written time of the first record.
    pub begun: Option<Timestamp>,
    /// The written time of the last record, its steps forward and backward.
    pub previous: Option<Timestamp>,
    pub forward: u64,
    pub backward: u64,
}

impl Lane {
    /// One without records.
    pub fn new(host: Arc<str>, channel: Arc<str>, carved: bool) -> Self {
        Lane {
            host,
            channel,
            carved,
            own: None,
            field: None,
            begun: None,
            previous: None,
            forward: 0,
            backward: 0,
        }
    }

    /// Whether it is of this host and channel.
    pub fn is_of(&self, host: &str, channel: &str, carved: bool) -> bool {
        *self.host == *host && *self.channel == *channel && self.carved == carved
    }

    /// Adds what comes next.
    pub fn join(&mut self, next: Lane) {
        Range::join(&mut self.own, next.own);
        Range::join(&mut self.field, next.field);
        if let (Some(previous), Some(begun)) = (self.previous, next.begun) {
            self.step(previous, begun);
        }
        self.begun = self.begun.or(next.begun);
        self.previous = next.previous.or(self.previous);
        self.forward = self.forward.saturating_add(next.forward);
        self.backward = self.backward.saturating_add(next.backward);
    }

    /// Counts a step from one written time to the next.
    pub fn step(&mut self, from: Timestamp, to: Timestamp) {
        self.forward = self.forward.saturating_add(u64::from(from < to));
        self.backward = self.backward.saturating_add(u64::from(from > to));
    }

    /// What coverage says of it; `None` if none of its records has a time.
    pub fn span(&self) -> Option<Span> {
        let ranges = || [self.own, self.field].into_iter().flatten();
        Some(Span {
            host: self.host.clone(),
            source: self.channel.clone(),
            first: ranges().map(|range| range.first).min()?,
            last: ranges().map(|range| range.last).max()?,
            records: ranges().map(|range| range.records).fold(0, u64::saturating_add),
            carved: self.carved,
        })
    }
}

/// First, last, count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub first: Timestamp,
    pub last: Timestamp,
    pub records: u64,
}

impl Range {
    /// Counts a record.
    pub fn widen(range: &mut Option<Range>, time: Timestamp) {
        Range::join(range, Some(Range { first: time, last: time, records: 1 }));
    }

    /// Adds what others came to.
    pub fn join(range: &mut Option<Range>, other: Option<Range>) {
        let Some(other) = other else { return };
        let range = range.get_or_insert(Range { records: 0, ..other });
        range.first = range.first.min(other.first);
        range.last = range.last.max(other.last);
        range.records = range.records.saturating_add(other.records);
    }
}

/// Places of lanes by host and channel.
type Places = BTreeMap<Arc<str>, BTreeMap<Arc<str>, usize>>;

/// The lanes of an input.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    list: Vec<Lane>,
    live: Places,
    carved: Places,
    /// Lanes but for the one of the other channels.
    told_apart: usize,
    /// The lane of the last record: most records are of the same one.
    last: usize,
}

impl Lanes {
    /// The place of a lane, if there is one.
    pub fn find(&mut self, host: &str, channel: &str, carved: bool) -> Option<usize> {
        if !self.list.get(self.last).is_some_and(|lane| lane.is_of(host, channel, carved)) {
            let places = if carved { &self.carved } else { &self.live };
            self.last = *places.get(host)?.get(channel)?;
        }
        Some(self.last)
    }

    /// Whether records of this host and channel can be told from others.
    pub fn have_room_for(&self, host: &str, channel: &str) -> bool {
        self.told_apart < MAX_LANES && host.len() <= MAX_NAME && channel.len() <= MAX_NAME
    }

    /// Adds a lane and gives its place.
    pub fn add(&mut self, host: Arc<str>, channel: Arc<str>, carved: bool) -> usize {
        self.told_apart = self.told_apart.saturating_add(1);
        self.others(host, channel, carved)
    }

    /// The place of the lane for those that cannot be told apart.
    pub fn others(&mut self, host: Arc<str>, channel: Arc<str>, carved: bool) -> usize {
        let new = Lane::new(Arc::clone(&host), Arc::clone(&channel), carved);
        let next = self.list.len();
        let places = if carved { &mut self.carved } else { &mut self.live };
        let place = *places.entry(host).or_default().entry(channel).or_insert(next);
        if place == next {
            self.list.push(new);
        }
        self.last = place;
        place
    }

    /// The lane at a place.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Lane> {
        self.list.get_mut(place)
    }

    /// All in any order.
    pub fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.list.iter()
    }

    /// All in any order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.list.iter_mut()
    }

    /// All, the live ones first, by host and channel.
    pub fn in_order(&self) -> impl Iterator<Item = &Lane> {
        self.places().filter_map(|place| self.list.get(place))
    }

    /// The same.
    pub fn into_order(mut self) -> impl Iterator<Item = Lane> {
        let mut list: Vec<Option<Lane>> = std::mem::take(&mut self.list).into_iter().map(Some).collect();
        let places: Vec<usize> = self.places().collect();
        places.into_iter().filter_map(move |place| list.get_mut(place)?.take())
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        [&self.live, &self.carved].into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).copied()
    }
}
