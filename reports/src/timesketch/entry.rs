//! One entry of a timeline: values under the names of the columns.

use crate::cell::formula_safe;
use crate::describe::describe;
use crate::text::clock::Reading;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use vsscope_model::{Event, Evidence, Finding, FindingStatus, Guid, Input, RecordRef, Timestamp};

/// Every name of a value, in the order of the columns. Names are added, none is renamed or removed.
pub(super) const COLUMNS: &[&str] = &[
    "message",
    "datetime",
    "timestamp",
    "timestamp_desc",
    "data_type",
    "tag",
    "severity",
    "status",
    "rule",
    "finding",
    "confidence",
    "cause",
    "detail",
    "remedy",
    "evidence",
    "host",
    "set",
    "session",
    "session_key",
    "writer",
    "actor",
    "process",
    "pid",
    "user",
    "volume",
    "snapshot",
    "device",
    "provider",
    "event_id",
    "result",
    "input",
    "channel",
    "record",
    "line",
    "offset",
    "clock",
];

/// An entry of a timeline.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its place; see [`Entry::has_time`].
    pub(super) time: Timestamp,
    has_time: bool,
    values: BTreeMap<&'static str, Value>,
}

impl Entry {
    fn new(message: String, data_type: &str, time_is: &str) -> Self {
        let mut entry = Entry { time: Event::NO_TIME, has_time: false, values: BTreeMap::new() };
        entry.set("message", Some(message));
        entry.set("data_type", Some(data_type));
        entry.set("timestamp_desc", Some(time_is));
        entry
    }

    fn set(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value.map(Into::into).filter(|value| *value != Value::Null) {
            self.values.insert(name, value);
        }
    }

    fn tag(&mut self, tag: String) {
        let tags = self.values.entry("tag").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(tags) = tags {
            tags.push(tag.into());
        }
    }

    /// An event of a log; `owner` is the set that rests on it.
    pub(super) fn of_event(event: &Event, owner: Option<&str>) -> Self {
        let mut entry = Entry::new(describe(event), "vsscope:event", "Event logged");
        let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
        let guid = |guid: Option<Guid>| guid.filter(|guid| !guid.is_null()).map(|guid| guid.to_string());
        entry.set("host", text(&event.host));
        entry.set("set", guid(event.set).or(owner.map(str::to_owned)));
        entry.set("session_key", text(&event.session));
        entry.set("writer", event.writer.as_ref().and_then(|writer| text(&writer.name)));
        entry.set("actor", serde_json::to_value(event.actor).ok());
        entry.set("process", text(&event.process.image));
        entry.set("pid", event.process.pid);
        entry.set("user", text(&event.process.user));
        entry.set("volume", event.volume.clone());
        entry.set("snapshot", guid(event.snapshot));
        entry.set("device", event.device.clone());
        entry.set("provider", (!event.provider.is_empty()).then(|| event.provider.to_string()));
        entry.set("event_id", event.event_id);
        entry.set("result", event.status.map(|status| status.to_string()));
        entry.set("clock", serde_json::to_value(event.clock).ok());
        entry.place(&event.source);
        entry
    }

    fn place(&mut self, source: &RecordRef) {
        self.set("input", (!source.input.is_empty()).then(|| source.input.to_string()));
        self.set("channel", source.channel.as_deref().map(str::to_owned));
        self.set("record", source.record);
        self.set("line", source.line);
        self.set("offset", source.offset);
        if source.carved {
            self.tag("vsscope-carved".to_owned());
        }
    }

    /// A finding, with the place of its first proof.
    pub(super) fn of_finding(finding: &Finding, inputs: &[Input]) -> Self {
        let message = match finding.writer.as_deref().filter(|writer| !finding.title.contains(writer)) {
            Some(writer) => format!("{}: {} ({writer})", finding.severity, finding.title),
            None => format!("{}: {}", finding.severity, finding.title),
        };
        let mut entry = Entry::new(message, "vsscope:finding", "Finding of vsscope");
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let status = match finding.status {
            FindingStatus::New => "new",
            FindingStatus::Baseline => "baseline",
            FindingStatus::Noise => "noise",
            FindingStatus::Ignored => "ignored",
        };
        entry.set("severity", Some(finding.severity.as_str()));
        entry.set("status", Some(status));
        entry.set("rule", some(&finding.rule));
        entry.set("finding", some(&finding.id));
        entry.set("confidence", Some(finding.confidence.as_str()));
        entry.set("cause", finding.cause.clone());
        entry.set("detail", some(&finding.detail));
        entry.set("remedy", some(&finding.remedy));
        entry.set("host", finding.host.clone());
        entry.set("set", finding.set.clone());
        entry.set("session", finding.session.clone());
        entry.set("writer", finding.writer.clone());
        entry.set(
            "evidence",
            Some(finding.evidence.iter().map(|proof| told(proof, inputs)).collect::<Vec<_>>()),
        );
        entry.tag("vsscope".to_owned());
        entry.tag(match finding.status {
            FindingStatus::New => format!("vsscope-{}", finding.severity),
            _ => format!("vsscope-{status}"),
        });
        entry
    }

    /// A word about the timeline itself.
    pub(super) fn note(text: String, time: Timestamp) -> Self {
        Entry::new(text, "vsscope:note", "Note of vsscope").at(time, Reading::Instant)
    }

    /// The entry at its time.
    pub(super) fn at(mut self, time: Timestamp, reading: Reading) -> Self {
        self.time = time;
        self.has_time = !matches!(reading, Reading::None | Reading::Count);
        self.set("datetime", Some(time.format("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()));
        self.set("timestamp", Some(time.timestamp_micros()));
        if let Some(words) = reading.words() {
            let time_is = self.values.get("timestamp_desc").and_then(Value::as_str).unwrap_or_default();
            let time_is = format!("{time_is} ({words})");
            self.set("timestamp_desc", Some(time_is));
            self.tag(format!(
                "vsscope-{}",
                if reading == Reading::Order { "order-only" } else { "zone-unknown" }
            ));
        }
        self
    }

    /// Whether it has a place in a timeline.
    pub(super) fn has_time(&self) -> bool {
        self.has_time
    }

    /// As a JSON object on one line, keys in the order of the columns.
    pub(super) fn json(&self) -> String {
        let pairs = COLUMNS.iter().filter_map(|name| Some(format!("\"{name}\":{}", self.values.get(name)?)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }

    /// As the cells of a row.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cow<'_, str>> {
        COLUMNS.iter().map(|name| match self.values.get(name) {
            None => Cow::Borrowed(""),
            Some(Value::String(text)) => formula_safe(text),
            Some(Value::Array(items)) => {
                let separator = if *name == "tag" { "," } else { "\n" };
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Cow::Owned(formula_safe(&items.join(separator)).into_owned())
            }
            Some(number) => Cow::Owned(number.to_string()),
        })
    }
}

/// `Security.evtx, record 4711: what it says`.
fn told(proof: &Evidence, inputs: &[Input]) -> String {
    let path =
        inputs.iter().find(|input| input.id == proof.input).map_or(&*proof.input, |input| &*input.path);
    let places = [("record", proof.record), ("line", proof.line), ("offset", proof.offset)];
    let places = places.into_iter().filter_map(|(name, at)| Some(format!(", {name} {}", at?)));
    format!("{path}{}: {}", places.collect::<String>(), proof.text)
}
