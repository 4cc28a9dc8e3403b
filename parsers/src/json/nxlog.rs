//! NXLog-style lines, as in the OTRF Security-Datasets: flat objects whose event data stand beside the envelope.
//!
//! The times of these exports cannot be trusted: they were seen hours away from UTC, with and without a `Z`. Sysmon's
//! `UtcTime` is right, so it is used where there is one, and the offset that it shows is applied to the other records.

use super::clock::ClockEvidence;
use super::raw::{leaves, number, scalar, text};
use super::{Form, Unfit, glance};
use crate::collect::{Collector, SYSMON, Seen, sysmon_utc};
use crate::record::LogRecord;
use crate::{time, windows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use vsscope_model::{Clock, Param, Params, RecordRef};

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

/// Reads a stream of such objects.
#[derive(Default)]
pub(super) struct Nxlog {
    clock: ClockEvidence,
}

/// The envelope of a record.
struct Head<'a> {
    provider: &'a str,
    event_id: u32,
    host: &'a str,
    channel: &'a str,
    written: time::Stamp,
    utc_time: Option<&'a str>,
}

impl Nxlog {
    /// A reader at the start of a stream; the zone is that of times which are written without one.
    pub fn in_zone(zone: Option<chrono_tz::Tz>) -> Self {
        Nxlog { clock: ClockEvidence::in_zone(zone) }
    }

    /// Corrects the times of the input, and its order.
    pub fn finish(&self, out: &mut Collector) {
        self.clock.apply(out);
        out.mend_order();
    }

    /// Counts the record, and decodes it if it may speak of VSS.
    fn take(&mut self, head: &Head<'_>, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
        let utc = head
            .utc_time
            .filter(|_| head.provider.eq_ignore_ascii_case(SYSMON))
            .and_then(|text| sysmon_utc(head.event_id, text));
        self.clock.see(head.host, head.written, utc, line);
        // Where no zone explains the difference, the machine's own clock was set in between; see `Collector::decode`.
        let written = head.written.time;
        let utc = utc.filter(|utc| time::zone_between(written, *utc).is_some());
        let seen = Seen {
            host: head.host,
            channel: head.channel,
            time: utc.unwrap_or(written),
            written,
            clock: if utc.is_some() { Clock::Field } else { Clock::Record },
        };
        out.count(seen);
        if windows::is_of_interest(head.provider, head.event_id) {
            let members = serde_json::from_str(json).map_err(|_| Unfit::Json)?;
            let record = record(members, head.event_id, seen, head.provider, line, out);
            out.decode(record);
        }
        Ok(())
    }
}

impl Form for Nxlog {
    fn glance(&mut self, json: &str, line: u64, out: &mut Collector) -> Option<Result<(), Unfit>> {
        let (fields, object) = glance::nxlog(json)?;
        let written = [fields.time_created, fields.timestamp, fields.event_time].into_iter().flatten().next();
        let provider = fields.provider?;
        let head = Head {
            provider,
            event_id: number(fields.event_id?)?,
            host: fields.host.unwrap_or_default(),
            channel: fields.channel.unwrap_or(provider),
            written: time::parse(written?)?,
            utc_time: fields.utc_time,
        };
        Some(self.take(&head, object, line, out))
    }

    fn read(&mut self, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
        let envelope: Envelope<'_> = serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Unfit::Record,
            _ => Unfit::Json,
        })?;
        let times = [envelope.time_created, envelope.timestamp, envelope.event_time];
        let written = times.into_iter().flatten().find_map(text);
        let provider = text(envelope.provider).ok_or(Unfit::Record)?;
        let channel = envelope.channel.and_then(text);
        let utc_time = envelope.utc_time.and_then(text);
        let head = Head {
            provider: &provider,
            event_id: text(envelope.event_id).and_then(|text| number(&text)).ok_or(Unfit::Record)?,
            host: &envelope.host.and_then(text).unwrap_or_default(),
            channel: channel.as_ref().unwrap_or(&provider),
            written: written.and_then(|text| time::parse(&text)).ok_or(Unfit::Record)?,
            utc_time: utc_time.as_deref(),
        };
        self.take(&head, json, line, out)
    }
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
        data: data.into(),
        user_data: Params::default(),
        binary: None,
        message: get("Message").filter(|text| !text.is_empty()),
        source: RecordRef { record: record_id, line: Some(line), ..place },
    }
}
