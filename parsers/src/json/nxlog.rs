//! NXLog-style lines, as in the OTRF Security-Datasets: flat objects whose event data stand beside the envelope.
//!
//! The times of these exports cannot be trusted: they were seen hours away from UTC, with and without a `Z`. Sysmon's
//! `UtcTime` is right, so it is used where there is one, and the offset that it shows is applied to the other records.

use super::Unfit;
use super::clock::ClockEvidence;
use super::raw::{leaves, number, scalar, text};
use crate::collect::{Collector, SYSMON, Seen, sysmon_utc};
use crate::record::LogRecord;
use crate::{time, windows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use vsscope_model::{Clock, Param, RecordRef};

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
    let host = envelope.host.and_then(text).unwrap_or_default();
    clock.see(&host, written, utc, line);
    // Where no zone explains the difference, the machine's own clock was set in between; see `Collector::decode`.
    let utc = utc.filter(|utc| time::zone_between(written.time, *utc).is_some());
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
