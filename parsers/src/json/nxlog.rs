//! NXLog-style lines, as in the OTRF Security-Datasets: flat objects whose event data stand beside the envelope.
//!
//! The times of these exports cannot be trusted: they were seen hours away from UTC, with and without a `Z`. Sysmon's
//! `UtcTime` is right, so it is used where there is one, and the offset that it shows is applied to the other records.

use super::raw::{leaves, number, scalar, text};
use super::{Unfit, place};
use crate::collect::{Collector, SYSMON, Seen, sysmon_utc};
use crate::record::LogRecord;
use crate::{time, windows};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use vsscope_model::{Clock, IssueKind, Param, RecordRef, Timestamp};

/// Keys of the envelope; every other key is a field of the event.
const ENVELOPE: [&str; 26] = [
    "SourceName",
    "ProviderGuid",
    "EventID",
    "Channel",
    "Hostname",
    "TimeCreated",
    "@timestamp",
    "@version",
    "EventTime",
    "EventReceivedTime",
    "Message",
    "Task",
    "Level",
    "Keywords",
    "Version",
    "OpcodeValue",
    "Opcode",
    "RecordNumber",
    "ExecutionProcessID",
    "ThreadID",
    "SourceModuleName",
    "SourceModuleType",
    "SeverityValue",
    "Severity",
    "port",
    "tags",
];

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "SourceName", borrow)]
    provider: &'a RawValue,
    #[serde(rename = "EventID", borrow)]
    event_id: &'a RawValue,
    #[serde(rename = "Channel", default, borrow)]
    channel: Raw<'a>,
    #[serde(rename = "Hostname", default, borrow)]
    host: Raw<'a>,
    #[serde(rename = "TimeCreated", default, borrow)]
    time_created: Raw<'a>,
    #[serde(rename = "@timestamp", default, borrow)]
    timestamp: Raw<'a>,
    #[serde(rename = "EventTime", default, borrow)]
    event_time: Raw<'a>,
    #[serde(rename = "UtcTime", default, borrow)]
    utc_time: Raw<'a>,
}

/// Reads one object.
pub(super) fn read(
    json: &str,
    line: u64,
    clock: &mut ClockEvidence,
    out: &mut Collector,
) -> Result<(), Unfit> {
    let envelope: Envelope<'_> = serde_json::from_str(json).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unfit::Record,
        _ => Unfit::Json,
    })?;
    let provider = text(envelope.provider).ok_or(Unfit::Record)?;
    let event_id: u32 = text(envelope.event_id).and_then(|text| number(&text)).ok_or(Unfit::Record)?;
    let written =
        [envelope.time_created, envelope.timestamp, envelope.event_time].into_iter().flatten().find_map(text);
    let written = written.and_then(|text| time::parse(&text)).ok_or(Unfit::Record)?;
    let utc = envelope
        .utc_time
        .filter(|_| provider.eq_ignore_ascii_case(SYSMON))
        .and_then(text)
        .and_then(|text| sysmon_utc(event_id, &text));
    clock.see(written, utc, line);

    let host = envelope.host.and_then(text).unwrap_or_default();
    let channel = envelope.channel.and_then(text).unwrap_or_else(|| provider.clone());
    let seen = Seen {
        host: &host,
        channel: &channel,
        time: utc.unwrap_or(written.time),
        written: written.time,
        clock: if utc.is_some() { Clock::Field } else { Clock::Record },
    };
    out.count(seen);
    if windows::is_of_interest(&provider, event_id) {
        let members = serde_json::from_str(json).map_err(|_| Unfit::Json)?;
        let record = record(members, event_id, seen, &provider, line, out);
        out.decode(record);
    }
    Ok(())
}

fn record(
    members: Map<String, Value>,
    event_id: u32,
    seen: Seen<'_>,
    provider: &str,
    line: u64,
    out: &mut Collector,
) -> LogRecord {
    let get = |key: &str| members.get(key).and_then(scalar);
    let place = out.place(seen.channel);
    let record_id = get("RecordNumber").and_then(|text| number(&text));
    let mut data: Vec<Param> = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| !ENVELOPE.contains(&name.as_str())) {
        leaves(name, value, &mut data);
    }
    LogRecord {
        provider: out.name(provider),
        event_source_name: None,
        event_id,
        qualifiers: None,
        version: get("Version").and_then(|text| number(&text)),
        level: get("Level").and_then(|text| number(&text)),
        channel: place.channel.clone(),
        host: (!seen.host.is_empty()).then(|| out.name(seen.host)),
        time: seen.time,
        clock: seen.clock,
        resolution_ns: Some(1_000_000),
        record_id,
        pid: get("ExecutionProcessID").and_then(|text| number(&text)).filter(|pid| *pid != 0),
        tid: get("ThreadID").and_then(|text| number(&text)).filter(|tid| *tid != 0),
        user_sid: None,
        data,
        user_data: Vec::new(),
        binary: None,
        message: get("Message").filter(|text| !text.is_empty()),
        source: RecordRef { record: record_id, line: Some(line), ..place },
    }
}

/// What the records of an input say about its clock.
#[derive(Debug, Default)]
pub(super) struct ClockEvidence {
    /// Time as written minus `UtcTime`, in quarters of an hour: how often.
    offsets: BTreeMap<i64, u64>,
    zoneless: u64,
    first_zoneless: u64,
    first_evidence: u64,
}

/// The step in which the zones of the world differ.
const QUARTER_HOUR: i64 = 15 * 60;

impl ClockEvidence {
    fn see(&mut self, written: time::Stamp, utc: Option<Timestamp>, line: u64) {
        if !written.zoned {
            self.zoneless = self.zoneless.saturating_add(1);
            if self.first_zoneless == 0 {
                self.first_zoneless = line;
            }
        }
        if let Some(utc) = utc {
            let seconds = written.time.signed_duration_since(utc).num_seconds();
            let rounded = seconds.saturating_add(QUARTER_HOUR / 2).div_euclid(QUARTER_HOUR);
            let count = self.offsets.entry(rounded).or_default();
            *count = count.saturating_add(1);
            if self.first_evidence == 0 {
                self.first_evidence = line;
            }
        }
    }

    /// The offset that nearly all records agree on, in quarters of an hour.
    fn offset(&self) -> Option<i64> {
        let all: u64 = self.offsets.values().copied().fold(0, u64::saturating_add);
        let (offset, count) = self.offsets.iter().max_by_key(|(_, count)| **count)?;
        (count.saturating_mul(10) >= all.saturating_mul(9)).then_some(*offset)
    }

    /// Corrects the times of the input, and says so.
    pub fn apply(&self, out: &mut Collector) {
        let Some(offset) = self.offset() else {
            return self.doubt(out);
        };
        if offset == 0 {
            return;
        }
        let corrected = out.records_by_own_clock();
        let seconds = offset.saturating_mul(QUARTER_HOUR);
        out.correct_clock(TimeDelta::seconds(seconds));
        let direction = if offset < 0 { "behind" } else { "ahead of" };
        let zone = if self.zoneless == 0 {
            "although they are written with a zone"
        } else {
            "and are written without a zone"
        };
        let message = format!(
            "the times of this input are {} {direction} the UtcTime of its Sysmon records {zone}; {corrected} records \
             without UtcTime were corrected by that",
            hours(seconds)
        );
        out.issue(IssueKind::Clock, place(self.first_evidence), message);
    }

    fn doubt(&self, out: &mut Collector) {
        if !self.offsets.is_empty() {
            let message = "the UtcTime of the Sysmon records shows no single offset of this input's clock; \
                           records without UtcTime were left as they are";
            out.issue(IssueKind::Clock, place(self.first_evidence), message);
        }
        if self.zoneless > 0 {
            let message = "times without a zone, and no Sysmon record that tells it; they were taken as UTC";
            out.issue_of(IssueKind::Clock, place(self.first_zoneless), message, self.zoneless);
        }
    }
}

fn hours(seconds: i64) -> String {
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("{hours} h"),
        (hours, rest) => format!("{hours} h {rest} min"),
    }
}
