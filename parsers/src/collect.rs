//! [`Collector`]: what every reader fills while it reads one input, and what is made of it when the input ends.
//!
//! Records are counted one by one (coverage), decoded if they may speak of VSS, and kept only then. What can be known
//! only at the end of an input (the offset of its clock, its order, which processes matter) is applied in [`Collector::finish`].

mod known;
mod lanes;
mod merge;
mod met;

use crate::processes::{self, Processes};
use crate::record::LogRecord;
use crate::{time, windows};
use chrono::TimeDelta;
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use vsscope_model::{
    Clock, EtwProvider, Event, InputReport, Inventory, Issue, IssueKind, RecordRef, TextReading, TimeBasis,
    Timestamp, Via,
};

use known::Known;
use lanes::{Lane, Lanes, OTHER_CHANNELS, Range};

pub(crate) use merge::Run;
pub(crate) use met::{Identity, Met, Names};

/// Distinct issues that an input may have; what comes after is counted under one message per kind.
const MAX_ISSUES: usize = 100;

/// Ids of Sysmon whose `UtcTime` comes from another clock than that of the other records: network connections and DNS
/// queries were seen hours to days away from their neighbours (`formats/json-events.md` samples of 2023).
const SYSMON_FOREIGN_CLOCK: [u32; 2] = [3, 22];

/// Provider name of Sysmon.
pub(crate) const SYSMON: &str = "Microsoft-Windows-Sysmon";

/// How far the time of a Sysmon record and its `UtcTime` may be apart: the record is written a little after the event.
const SYSMON_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Values of one record that are kept. `FormatMessage` stops at 99; scripts and lists in named fields may have more.
pub(crate) const MAX_PARAMS: usize = 1000;

/// Bytes of text that the records of one chunk of an event log may become, of those that are kept. A chunk has 64 KiB, but
/// its records share templates, and a template can repeat one value a thousand times.
pub(crate) const MAX_CHUNK_TEXT: usize = 1 << 20;

/// What a correction of the clock came to, in records whose time is the record's own.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Corrected {
    /// Records of hosts with a known offset.
    pub moved: u64,
    /// The others.
    pub left: u64,
}

/// A record as coverage sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Computer, empty if the record names none.
    pub host: &'a str,
    /// Channel, or what stands for it.
    pub channel: &'a str,
    /// The instant that counts.
    pub time: Timestamp,
    /// The time as the record's envelope has it; the order of the input is judged by it.
    pub written: Timestamp,
    /// Which clock gave [`Seen::time`].
    pub clock: Clock,
}

/// Gathers what one input gives.
pub(crate) struct Collector {
    report: InputReport,
    lanes: Lanes,
    names: HashSet<Arc<str>, RandomState>,
    shared: windows::Shared,
    /// Whether process events nobody refers to are dropped.
    sift: bool,
    processes: Processes,
    /// What the chunk that is read may still become, see [`MAX_CHUNK_TEXT`].
    room: Option<usize>,
    /// The records that were met, in logs that number them.
    met: Met,
    /// Whether the record that comes next is carved.
    carving: bool,
    /// Whether records that a container marks as carved are wanted.
    takes_carved: bool,
    /// The records that were met, where copies are to be told from them, and how many copies there were.
    known: Option<Known>,
    copies: u64,
    /// Room for the events of parts that come: memory that is given back and asked for again has to be cleared by the system
    /// each time.
    spare: Mutex<Vec<Vec<Event>>>,
}

impl Collector {
    /// An empty collector for the input of this name and format.
    pub fn new(path: &Arc<str>, format: &str) -> Self {
        Collector {
            report: InputReport { path: path.clone(), format: format.to_owned(), ..InputReport::default() },
            lanes: Lanes::default(),
            names: HashSet::default(),
            shared: windows::Shared::default(),
            sift: true,
            processes: Processes::default(),
            room: None,
            met: Met::default(),
            carving: false,
            takes_carved: false,
            known: None,
            copies: 0,
            spare: Mutex::default(),
        }
    }

    /// Keeps all process events: the input was sifted when it was written.
    pub fn keep_processes(&mut self) {
        self.sift = false;
    }

    /// Takes carved records, and remembers from here on which records were met.
    pub fn take_carved(&mut self) {
        self.takes_carved = true;
        self.known = Some(Known::default());
    }

    /// Whether records that a container marks as carved are wanted.
    pub fn takes_carved(&self) -> bool {
        self.takes_carved
    }

    /// Says of what is counted and decoded from here on whether it is carved. That covers no time, and its events are marked.
    pub fn mark(&mut self, carved: bool) {
        self.carving = carved;
    }

    /// Whether this is a carved record that was met before, and so does not count again. Live ones are only remembered.
    pub fn is_copy(&mut self, host: &str, channel: &str, id: Option<u64>, time: Timestamp) -> bool {
        let (Some(known), Some(id)) = (&mut self.known, id) else { return false };
        let is_copy = !known.is_new(host, channel, id, time) && self.carving;
        self.copies = self.copies.saturating_add(u64::from(is_copy));
        is_copy
    }

    /// Carved records that were met before.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// Records counted so far.
    pub fn records(&self) -> u64 {
        self.report.records
    }

    /// Whether no record was read so far, and no word said of it.
    pub fn is_silent(&self) -> bool {
        self.report.records == 0 && self.report.issues.is_empty()
    }

    /// The shared form of a name.
    pub fn name(&mut self, text: &str) -> Arc<str> {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name: Arc<str> = Arc::from(text);
        self.names.insert(name.clone());
        name
    }

    /// A place in this input.
    pub fn place(&mut self, channel: &str) -> RecordRef {
        let channel = self.name(channel);
        self.place_in(channel)
    }

    /// The same, of a channel whose name is shared.
    pub fn place_in(&self, channel: Arc<str>) -> RecordRef {
        let channel = Some(channel).filter(|channel| !channel.is_empty());
        RecordRef { input: self.report.path.clone(), channel, carved: self.carving, ..RecordRef::default() }
    }

    /// The place of a line of an events file; an event that names no log of its own is from here.
    pub fn place_via(&self, original: RecordRef, line: u64) -> RecordRef {
        let input = self.report.path.clone();
        if original.input.is_empty() {
            RecordRef { input, line: Some(line), ..original }
        } else {
            RecordRef { via: Some(Via { input, line }), ..original }
        }
    }

    /// Counts a record.
    pub fn count(&mut self, seen: Seen<'_>) {
        self.report.records = self.report.records.saturating_add(1);
        let Some(lane) = self.lane(seen.host, seen.channel) else { return };
        match seen.clock {
            Clock::Field => Range::widen(&mut lane.field, seen.time),
            _ => Range::widen(&mut lane.own, seen.time),
        }
        lane.begun = lane.begun.or(Some(seen.written));
        if let Some(previous) = lane.previous.replace(seen.written) {
            lane.step(previous, seen.written);
        }
    }

    /// Counts records of one channel at once, whose first and last times are these if they have times. Their order does not
    /// count.
    pub fn count_all(&mut self, channel: &str, range: Option<(Timestamp, Timestamp)>, records: u64) {
        self.report.records = self.report.records.saturating_add(records);
        let Some((first, last)) = range else { return };
        let Some(lane) = self.lane("", channel) else { return };
        Range::join(&mut lane.own, Some(Range { first, last, records }));
    }

    fn lane(&mut self, host: &str, channel: &str) -> Option<&mut Lane> {
        let place = match self.lanes.find(host, channel, self.carving) {
            Some(place) => place,
            None if self.lanes.have_room_for(host, channel) => {
                let (host, channel) = (self.name(host), self.name(channel));
                self.lanes.add(host, channel, self.carving)
            }
            None => {
                self.issue(IssueKind::Note, "", "records of too many hosts and channels, counted together");
                let (host, channel) = (self.name(""), self.name(OTHER_CHANNELS));
                self.lanes.others(host, channel, self.carving)
            }
        };
        self.lanes.get_mut(place)
    }

    /// Decodes a record and keeps what it says of VSS.
    pub fn decode(&mut self, mut record: LogRecord) {
        if record.clock == Clock::Record {
            self.check_sysmon_clock(&mut record);
        }
        if record.data.len() > MAX_PARAMS || record.user_data.len() > MAX_PARAMS {
            record.data.truncate(MAX_PARAMS);
            record.user_data.truncate(MAX_PARAMS);
            self.issue(
                IssueKind::Note,
                place_of(&record),
                format!("a record has more than {MAX_PARAMS} values; the rest was left out"),
            );
        }
        let (id, line) = (record.record_id, record.source.line);
        let size = record.data.size().saturating_add(record.user_data.size());
        let Some(event) = self.meaning(record) else { return };
        if let Some(room) = self.room {
            let Some(left) = room.checked_sub(size) else {
                let message =
                    "the records of a chunk hold far more text than it has bytes; some were left out";
                return self.issue(IssueKind::Record, place_in_log(id, line), message);
            };
            self.room = Some(left);
        }
        self.report.events.push(event);
        self.processes.clear_if_many(&mut self.report.events);
    }

    /// From here on come the records of another chunk of an event log.
    pub fn begin_chunk(&mut self) {
        self.room = Some(MAX_CHUNK_TEXT);
    }

    /// The event that a record stands for, if it speaks of VSS.
    pub fn meaning(&mut self, record: LogRecord) -> Option<Event> {
        windows::decode(record, &mut self.shared)
    }

    /// Keeps an event that is one already.
    pub fn keep(&mut self, mut event: Event) {
        self.shared.share(&mut event);
        self.report.events.push(event);
    }

    /// A Sysmon record whose own time contradicts its `UtcTime`: if a zone explains the difference, the time was written
    /// in that zone. Else the clock was set between the event and its record (a machine that was suspended shows months
    /// of difference), and the record's time is the one that agrees with its neighbours.
    fn check_sysmon_clock(&mut self, record: &mut LogRecord) {
        if !record.is_from(SYSMON) {
            return;
        }
        let Some(utc) = record.field("UtcTime").and_then(|text| sysmon_utc(record.event_id, text)) else {
            return;
        };
        if record.time.signed_duration_since(utc).abs() <= SYSMON_TOLERANCE {
            return;
        }
        let is_zone = time::zone_between(record.time, utc).is_some();
        let used = if is_zone { "UtcTime" } else { "the record's time" };
        let message = format!(
            "the record's time and the UtcTime inside it are more than 5 minutes apart; {used} was used"
        );
        self.issue(IssueKind::Clock, place_of(record), message);
        if is_zone {
            record.time = utc;
            record.clock = Clock::Field;
            record.resolution_ns = Some(1_000_000);
        }
    }

    /// Adds an issue. Messages carry no positions, so that what is wrong in the same way is counted and not repeated.
    pub fn issue(&mut self, kind: IssueKind, place: impl Into<String>, message: impl Into<String>) {
        self.issue_of(kind, place, message, 1);
    }

    /// Adds an issue that stands for this many occurrences.
    pub fn issue_of(
        &mut self,
        kind: IssueKind,
        place: impl Into<String>,
        message: impl Into<String>,
        count: u64,
    ) {
        let mut message = message.into();
        let known = |issue: &&mut Issue, message: &str| issue.kind == kind && issue.message == message;
        if self.report.issues.len() >= MAX_ISSUES
            && !self.report.issues.iter_mut().any(|i| known(&i, &message))
        {
            message = "more of this kind".to_owned();
        }
        match self.report.issues.iter_mut().find(|issue| known(issue, &message)) {
            Some(issue) => issue.count = issue.count.saturating_add(count),
            None => self.report.issues.push(Issue { kind, place: place.into(), count, message }),
        }
    }

    /// Records that exist and could not be read.
    pub fn lose(&mut self, records: u64) {
        self.report.lost = self.report.lost.saturating_add(records);
    }

    /// Moves the times that are the record's own back by the offset that this gives for host and time as written; times
    /// from UTC fields stay.
    pub fn correct_clock(&mut self, offset: impl Fn(&str, Timestamp) -> Option<TimeDelta>) -> Corrected {
        let mut corrected = Corrected::default();
        for Lane { host, own, .. } in self.lanes.iter_mut() {
            let Some(range) = own else { continue };
            let utc = |written| Some(time::earlier(written, offset(host, written)?));
            let (Some(one), Some(other)) = (utc(range.first), utc(range.last)) else {
                corrected.left = corrected.left.saturating_add(range.records);
                continue;
            };
            (range.first, range.last) = (one.min(other), one.max(other));
            corrected.moved = corrected.moved.saturating_add(range.records);
        }
        for event in self.report.events.iter_mut().filter(|event| event.clock == Clock::Record) {
            let host = event.host.as_deref().unwrap_or_default();
            if let Some(offset) = offset(host, event.time).filter(|offset| !offset.is_zero()) {
                event.time = time::earlier(event.time, offset);
                event.clock = Clock::Corrected;
            }
        }
        corrected
    }

    /// Puts the events of every channel that runs backwards into the order of time, for inputs without record ids: of
    /// events with equal times only their place in the input tells which was first.
    pub fn mend_order(&mut self) {
        let backward: HashSet<(&str, &str)> = self
            .lanes
            .iter()
            .filter(|lane| lane.backward > lane.forward)
            .map(|lane| (&*lane.host, &*lane.channel))
            .collect();
        if backward.is_empty() {
            return;
        }
        let mut places: HashMap<(Arc<str>, Arc<str>), Vec<usize>> = HashMap::new();
        for (index, event) in self.report.events.iter().enumerate() {
            let lane =
                (event.host.clone().unwrap_or_default(), event.source.channel.clone().unwrap_or_default());
            if backward.contains(&(&*lane.0, &*lane.1)) {
                places.entry(lane).or_default().push(index);
            }
        }
        for indexes in places.into_values() {
            let half = indexes.len() / 2;
            for (low, high) in indexes.iter().zip(indexes.iter().rev()).take(half) {
                self.report.events.swap(*low, *high);
            }
        }
    }

    /// What the times of the input are.
    pub fn times(&mut self, basis: TimeBasis) {
        self.report.times = basis;
    }

    /// How the text was read.
    pub fn text(&mut self, reading: TextReading) {
        self.report.text = Some(reading);
    }

    /// Why this kind of input never tells everything.
    pub fn partial(&mut self, why: &str) {
        self.report.partial = Some(why.to_owned());
    }

    /// The providers of an event trace.
    pub fn providers(&mut self, providers: Vec<EtwProvider>) {
        self.report.providers = providers;
    }

    /// What the input lists.
    pub fn inventory(&mut self) -> &mut Inventory {
        &mut self.report.inventory
    }

    /// Counts a record that has no time; coverage cannot say when it was.
    pub fn count_timeless(&mut self) {
        self.report.records = self.report.records.saturating_add(1);
    }

    /// The events that were kept so far, for readers that know only at the end what their clock is.
    pub fn events_mut(&mut self) -> &mut Vec<Event> {
        &mut self.report.events
    }

    /// The report.
    pub fn finish(mut self, bytes: u64) -> InputReport {
        if self.sift {
            processes::sift(&mut self.report.events);
        }
        if self.met.copies() > 0 {
            let message = match self.met.copies() {
                1 => "1 event is in it more than once and counts once".to_owned(),
                copies => format!("{copies} events are in it more than once and count once"),
            };
            self.issue(IssueKind::Note, "", message);
        }
        self.report.bytes = bytes;
        if let Some(message) = self.known.take().and_then(|known| known.limit()) {
            self.issue(IssueKind::Note, "", message);
        }
        self.report.spans = self.lanes.in_order().filter_map(Lane::span).collect();
        self.report
    }
}

/// Where a record was read, for an issue.
fn place_of(record: &LogRecord) -> String {
    place_in_log(record.record_id, record.source.line)
}

fn place_in_log(id: Option<u64>, line: Option<u64>) -> String {
    match (id, line) {
        (Some(id), _) => format!("record {id}"),
        (None, Some(line)) => format!("line {line}"),
        (None, None) => String::new(),
    }
}

/// The `UtcTime` of a Sysmon record, unless it is of a kind that takes it from another clock.
pub(crate) fn sysmon_utc(event_id: u32, text: &str) -> Option<Timestamp> {
    if SYSMON_FOREIGN_CLOCK.contains(&event_id) {
        return None;
    }
    time::parse(text).map(|stamp| stamp.time)
}

#[cfg(test)]
mod tests {
    use super::lanes::{MAX_LANES, MAX_NAME};
    use super::*;
    use vsscope_model::Param;

    fn collector() -> Collector {
        Collector::new(&Arc::from("log"), "evtx")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn sysmon(event_id: u32, time: &str, fields: &[(&str, &str)]) -> LogRecord {
        let named = |(name, value): &(&str, &str)| Param {
            name: Some((*name).to_owned()),
            value: (*value).to_owned(),
        };
        LogRecord {
            time: at(time),
            data: fields.iter().map(named).collect(),
            clock: Clock::Record,
            ..windows::tests::named(SYSMON, event_id, &[])
        }
    }

    #[test]
    fn hosts_without_end_filled_the_memory() {
        let mut out = collector();
        let time = at("2031-03-07T04:05:06Z");
        let long = "x".repeat(MAX_NAME + 1);
        let hosts = (0..MAX_LANES + 500).map(|number| number.to_string());
        for host in hosts.chain([long]) {
            out.count(Seen { host: &host, channel: "System", time, written: time, clock: Clock::Record });
        }
        let report = out.finish(0);
        assert_eq!(report.spans.len(), MAX_LANES + 1);
        assert_eq!(report.spans.iter().map(|span| span.records).sum::<u64>(), report.records);
        assert_eq!((report.issues.len(), report.issues[0].count), (1, 501));
    }

    #[test]
    fn a_record_of_endless_values_is_cut() {
        let mut out = collector();
        let mut record = windows::tests::positional("VSS", 8193, &[]);
        record.data = vec![Param { name: None, value: "x".to_owned() }; MAX_PARAMS + 1].into();
        out.decode(record);
        let report = out.finish(0);
        assert_eq!(report.events[0].record.as_ref().unwrap().params.len(), MAX_PARAMS);
        assert_eq!(report.issues.len(), 1);
    }

    #[test]
    fn a_suspended_machine_put_its_processes_months_back() {
        for (written, utc, expected) in [
            ("2031-03-06T08:13:10Z", "2030-12-28 09:00:04.755", ("2031-03-06T08:13:10Z", Clock::Record)),
            ("2031-03-06T08:13:10Z", "2031-03-06 06:13:09.900", ("2031-03-06T06:13:09.900Z", Clock::Field)),
        ] {
            let mut out = collector();
            out.decode(sysmon(1, written, &[("UtcTime", utc), ("ProcessId", "8"), ("Image", "vssvc.exe")]));
            let report = out.finish(0);
            assert_eq!((report.events[0].time, report.events[0].clock), (at(expected.0), expected.1));
            assert_eq!(report.issues[0].kind, IssueKind::Clock);
        }
    }

    #[test]
    fn a_hundred_thousand_different_issues_are_few_lines() {
        let mut out = collector();
        for number in 0..100_000 {
            out.issue(IssueKind::Record, "", format!("message {number}"));
        }
        let report = out.finish(0);
        assert_eq!(report.issues.len(), MAX_ISSUES + 1);
        assert_eq!(report.issues.iter().map(|issue| issue.count).sum::<u64>(), 100_000);
    }
}
