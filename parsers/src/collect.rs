//! [`Collector`]: what every reader fills while it reads one input, and what is made of it when the input ends.
//!
//! Records are counted one by one (coverage), decoded if they may speak of VSS, and kept only then. What can be known
//! only at the end of an input (the offset of its clock, its order, which processes matter) is applied in [`Collector::finish`].

use crate::record::LogRecord;
use crate::{time, windows};
use chrono::TimeDelta;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use vsscope_model::{Clock, Event, InputReport, Issue, IssueKind, RecordRef, Span, Timestamp, Via, What};

/// Distinct issues that an input may have; what comes after is counted under one message per kind.
const MAX_ISSUES: usize = 200;

/// Programs whose start and end are kept whatever else the input holds: requesters that come with Windows, the service
/// itself and the usual writer of SQL Server.
const VSS_PROGRAMS: [&str; 10] = [
    "vssvc.exe",
    "vssadmin.exe",
    "diskshadow.exe",
    "vshadow.exe",
    "wbadmin.exe",
    "wbengine.exe",
    "ntdsutil.exe",
    "esentutl.exe",
    "wmic.exe",
    "sqlwriter.exe",
];

/// Words of a command line that make its process worth keeping, in lower case; `Win32_ShadowCopy` holds the second.
const VSS_WORDS: [&str; 2] = ["swprv", "shadowcopy"];

/// Ids of Sysmon whose `UtcTime` comes from another clock than that of the other records: network connections and DNS
/// queries were seen hours to days away from their neighbours (`formats/json-events.md` samples of 2023).
const SYSMON_FOREIGN_CLOCK: [u32; 2] = [3, 22];

/// Provider name of Sysmon.
pub(crate) const SYSMON: &str = "Microsoft-Windows-Sysmon";

/// How far the time of a Sysmon record and its `UtcTime` may be apart: the record is written a little after the event.
const SYSMON_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What the records of one host and channel add up to.
#[derive(Debug, Default)]
struct Lane {
    /// First, last and count of the records whose time is the record's own.
    own: Option<Range>,
    /// The same for records whose time is a UTC field.
    field: Option<Range>,
    /// The written time of the last record, its steps forward and backward.
    previous: Option<Timestamp>,
    forward: u64,
    backward: u64,
}

/// First, last, count.
#[derive(Debug, Clone, Copy)]
struct Range {
    first: Timestamp,
    last: Timestamp,
    records: u64,
}

impl Range {
    fn widen(range: &mut Option<Range>, time: Timestamp) {
        let range = range.get_or_insert(Range { first: time, last: time, records: 0 });
        range.first = range.first.min(time);
        range.last = range.last.max(time);
        range.records = range.records.saturating_add(1);
    }
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
    lanes: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Lane>>,
    names: HashSet<Arc<str>>,
    /// Whether process events nobody refers to are dropped at the end.
    sift: bool,
}

impl Collector {
    /// An empty collector for the input of this name and format.
    pub fn new(path: &Arc<str>, format: &str) -> Self {
        Collector {
            report: InputReport { path: path.clone(), format: format.to_owned(), ..InputReport::default() },
            lanes: BTreeMap::new(),
            names: HashSet::new(),
            sift: true,
        }
    }

    /// Keeps all process events: the input was sifted when it was written.
    pub fn keep_processes(&mut self) {
        self.sift = false;
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
        let channel = (!channel.is_empty()).then(|| self.name(channel));
        RecordRef { input: self.report.path.clone(), channel, ..RecordRef::default() }
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
        let lane = self.lane(seen.host, seen.channel);
        match seen.clock {
            Clock::Field => Range::widen(&mut lane.field, seen.time),
            Clock::Record | Clock::Corrected | Clock::Trace => Range::widen(&mut lane.own, seen.time),
        }
        match lane.previous.replace(seen.written) {
            Some(previous) if previous < seen.written => lane.forward = lane.forward.saturating_add(1),
            Some(previous) if previous > seen.written => lane.backward = lane.backward.saturating_add(1),
            _ => {}
        }
    }

    fn lane(&mut self, host: &str, channel: &str) -> &mut Lane {
        let (host, channel) = (self.name(host), self.name(channel));
        self.lanes.entry(host).or_default().entry(channel).or_default()
    }

    /// Decodes a record and keeps what it says of VSS.
    pub fn decode(&mut self, mut record: LogRecord) {
        if record.clock == Clock::Record {
            self.check_sysmon_clock(&mut record);
        }
        if let Some(event) = windows::decode(&record) {
            self.report.events.push(event);
        }
    }

    /// Keeps an event that is one already.
    pub fn keep(&mut self, event: Event) {
        self.report.events.push(event);
    }

    /// A Sysmon record whose own time contradicts its `UtcTime` gets the latter.
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
        let place = match (record.record_id, record.source.line) {
            (Some(id), _) => format!("record {id}"),
            (None, Some(line)) => format!("line {line}"),
            (None, None) => String::new(),
        };
        self.issue(
            IssueKind::Clock,
            place,
            "the record's time and the UtcTime inside it are more than 5 minutes apart; UtcTime was used",
        );
        record.time = utc;
        record.clock = Clock::Field;
        record.resolution_ns = Some(1_000_000);
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

    /// Records whose time is the record's own.
    pub fn records_by_own_clock(&self) -> u64 {
        let ranges = self.lanes.values().flat_map(BTreeMap::values).filter_map(|lane| lane.own);
        ranges.map(|range| range.records).fold(0, u64::saturating_add)
    }

    /// Moves every time that is the record's own back by this offset; times from UTC fields stay.
    pub fn correct_clock(&mut self, offset: TimeDelta) {
        for range in
            self.lanes.values_mut().flat_map(BTreeMap::values_mut).filter_map(|lane| lane.own.as_mut())
        {
            range.first = time::earlier(range.first, offset);
            range.last = time::earlier(range.last, offset);
        }
        for event in self.report.events.iter_mut().filter(|event| event.clock == Clock::Record) {
            event.time = time::earlier(event.time, offset);
            event.clock = Clock::Corrected;
        }
    }

    /// Puts the events of every channel that runs backwards into the order of time, for inputs without record ids: of
    /// events with equal times only their place in the input tells which was first.
    pub fn mend_order(&mut self) {
        let backward: HashSet<(&str, &str)> = self
            .lanes
            .iter()
            .flat_map(|(host, lanes)| lanes.iter().map(move |(channel, lane)| (host, channel, lane)))
            .filter(|(_, _, lane)| lane.backward > lane.forward)
            .map(|(host, channel, _)| (&**host, &**channel))
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

    /// The report.
    pub fn finish(mut self, bytes: u64) -> InputReport {
        if self.sift {
            sift_processes(&mut self.report.events);
        }
        self.report.bytes = bytes;
        self.report.spans = self
            .lanes
            .iter()
            .flat_map(|(host, lanes)| lanes.iter().filter_map(move |(source, lane)| span(host, source, lane)))
            .collect();
        self.report
    }
}

fn span(host: &Arc<str>, source: &Arc<str>, lane: &Lane) -> Option<Span> {
    let ranges = || [lane.own, lane.field].into_iter().flatten();
    Some(Span {
        host: host.clone(),
        source: source.clone(),
        first: ranges().map(|range| range.first).min()?,
        last: ranges().map(|range| range.last).max()?,
        records: ranges().map(|range| range.records).fold(0, u64::saturating_add),
    })
}

/// The `UtcTime` of a Sysmon record, unless it is of a kind that takes it from another clock.
pub(crate) fn sysmon_utc(event_id: u32, text: &str) -> Option<Timestamp> {
    if SYSMON_FOREIGN_CLOCK.contains(&event_id) {
        return None;
    }
    time::parse(text).map(|stamp| stamp.time)
}

/// Drops the starts and ends of processes that no other event speaks of and that are no tool of VSS: a Sysmon log has
/// thousands of them.
fn sift_processes(events: &mut Vec<Event>) {
    let speaks_of: HashSet<u32> = events
        .iter()
        .filter(|event| !is_process_event(event))
        .filter_map(|event| event.process.pid)
        .collect();
    events.retain(|event| {
        !is_process_event(event)
            || event.process.pid.is_some_and(|pid| speaks_of.contains(&pid))
            || is_vss_program(event)
    });
}

fn is_process_event(event: &Event) -> bool {
    matches!(event.what, What::ProcessStarted { .. } | What::ProcessEnded { .. })
}

fn is_vss_program(event: &Event) -> bool {
    let named = |image: &str| VSS_PROGRAMS.iter().any(|program| program.eq_ignore_ascii_case(image));
    let command_line = match &event.what {
        What::ProcessStarted { command_line } => {
            command_line.as_deref().unwrap_or_default().to_ascii_lowercase()
        }
        _ => String::new(),
    };
    event.process.image_name().is_some_and(named) || VSS_WORDS.iter().any(|word| command_line.contains(word))
}
