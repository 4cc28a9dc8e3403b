//! The form that `evtx_dump` (crate `evtx`) writes, also what the EVTX reader renders its records to.
//!
//! Only `System` is read of every record; `EventData` is parsed for those that may speak of VSS. With
//! `--separate-json-attributes` the attributes of an element stand beside it; both spellings are read.

use super::raw::{is_attributes, leaves, number, scalar, text};
use super::{Form, Unfit, glance};
use crate::bytes::from_hex;
use crate::collect::{Collector, MAX_PARAMS, Seen};
use crate::record::LogRecord;
use crate::{time, windows};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use vsscope_model::{Clock, IssueKind, Param, RecordRef, Timestamp};

/// Where a record was read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin {
    /// Record id of the container, for records whose `System` has none.
    pub record_id: Option<u64>,
    /// Byte offset.
    pub offset: Option<u64>,
    /// Line.
    pub line: Option<u64>,
    /// When the container says that the record was written, for records whose `System` has lost its time.
    pub written: Option<Timestamp>,
    /// Whether it lay outside of the live records of a log.
    pub carved: bool,
}

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(rename = "Event", borrow)]
    event: Record<'a>,
    #[serde(default)]
    recovered: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    #[serde(borrow)]
    system: System<'a>,
    #[serde(default, borrow)]
    event_data: Raw<'a>,
    #[serde(default, borrow)]
    user_data: Raw<'a>,
    #[serde(default, borrow)]
    rendering_info: Raw<'a>,
}

/// `System`, unparsed: a field of an unexpected type costs that field and not the record.
#[derive(Deserialize)]
struct System<'a> {
    #[serde(rename = "Provider", default, borrow)]
    provider: Raw<'a>,
    #[serde(rename = "Provider_attributes", default, borrow)]
    provider_attributes: Raw<'a>,
    #[serde(rename = "EventID", default, borrow)]
    event_id: Raw<'a>,
    #[serde(rename = "EventID_attributes", default, borrow)]
    event_id_attributes: Raw<'a>,
    #[serde(rename = "Version", default, borrow)]
    version: Raw<'a>,
    #[serde(rename = "Level", default, borrow)]
    level: Raw<'a>,
    #[serde(rename = "TimeCreated", default, borrow)]
    time_created: Raw<'a>,
    #[serde(rename = "TimeCreated_attributes", default, borrow)]
    time_created_attributes: Raw<'a>,
    #[serde(rename = "EventRecordID", default, borrow)]
    record_id: Raw<'a>,
    #[serde(rename = "Execution", default, borrow)]
    execution: Raw<'a>,
    #[serde(rename = "Execution_attributes", default, borrow)]
    execution_attributes: Raw<'a>,
    #[serde(rename = "Channel", default, borrow)]
    channel: Raw<'a>,
    #[serde(rename = "Computer", default, borrow)]
    computer: Raw<'a>,
    #[serde(rename = "Security", default, borrow)]
    security: Raw<'a>,
    #[serde(rename = "Security_attributes", default, borrow)]
    security_attributes: Raw<'a>,
}

/// An element with attributes.
#[derive(Deserialize, Default)]
struct Element<'a> {
    #[serde(rename = "#attributes", default, borrow)]
    attributes: Raw<'a>,
    #[serde(rename = "#text", default, borrow)]
    text: Raw<'a>,
}

/// The attributes that `System` uses.
#[derive(Deserialize, Default)]
struct Attributes<'a> {
    #[serde(rename = "Name", default, borrow)]
    name: Raw<'a>,
    #[serde(rename = "Guid", default, borrow)]
    guid: Raw<'a>,
    #[serde(rename = "EventSourceName", default, borrow)]
    event_source_name: Raw<'a>,
    #[serde(rename = "Qualifiers", default, borrow)]
    qualifiers: Raw<'a>,
    #[serde(rename = "SystemTime", default, borrow)]
    system_time: Raw<'a>,
    #[serde(rename = "ProcessID", default, borrow)]
    process_id: Raw<'a>,
    #[serde(rename = "ThreadID", default, borrow)]
    thread_id: Raw<'a>,
    #[serde(rename = "UserID", default, borrow)]
    user_id: Raw<'a>,
}

impl<'a> Attributes<'a> {
    /// From inside the element, or from beside it.
    fn of(element: Raw<'a>, beside: Raw<'a>) -> Attributes<'a> {
        let inside =
            || element.and_then(|raw| serde_json::from_str::<Element<'a>>(raw.get()).ok())?.attributes;
        let raw = beside.or_else(inside);
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The name of a provider. One that was not registered where the record was written has a GUID only.
    fn provider(&self) -> Option<Cow<'a, str>> {
        [self.name, self.event_source_name, self.guid].into_iter().flatten().find_map(text)
    }
}

/// The text of an element, with or without attributes.
fn element_text(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    let raw = raw?;
    text(raw).or_else(|| text(serde_json::from_str::<Element<'_>>(raw.get()).ok()?.text?))
}

fn number_of<T: TryFrom<u64>>(raw: Raw<'_>) -> Option<T> {
    element_text(raw).and_then(|text| number(&text))
}

/// Reads lines of such records.
pub(super) struct Dump;

impl Form for Dump {
    fn glance(&mut self, json: &str, line: u64, out: &mut Collector) -> Option<Result<(), Unfit>> {
        let (fields, object) = glance::dump(json)?;
        let (provider, event_id) = (fields.provider?, number(fields.event_id?)?);
        let time = time::parse(fields.time?)?.time;
        if windows::is_of_interest(provider, event_id) {
            return Some(self.read(object, line, out));
        }
        let channel = fields.channel.filter(|channel| !channel.is_empty()).unwrap_or(provider);
        let host = fields.host.unwrap_or_default();
        out.count(Seen { host, channel, time, written: time, clock: Clock::Record });
        Some(Ok(()))
    }

    fn read(&mut self, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
        read(json.as_bytes(), &Origin { line: Some(line), ..Origin::default() }, out)
    }
}

/// Counts the record and decodes it if it may speak of VSS.
pub(crate) fn read(json: &[u8], origin: &Origin, out: &mut Collector) -> Result<(), Unfit> {
    let outcome = enter(json, origin, out);
    out.mark(false);
    outcome
}

fn enter(json: &[u8], origin: &Origin, out: &mut Collector) -> Result<(), Unfit> {
    let document: Document<'_> = serde_json::from_slice(json).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Unfit::Record,
        _ => Unfit::Json,
    })?;
    let Record { system, event_data, user_data, rendering_info } = document.event;
    let provider_attributes = Attributes::of(system.provider, system.provider_attributes);
    let provider = provider_attributes.provider().ok_or(Unfit::Record)?;
    let event_id: u32 = number_of(system.event_id).ok_or(Unfit::Record)?;
    let own_time = time_of(&system);
    let time = own_time.or(origin.written).ok_or(Unfit::Record)?;
    // The header of a record in an exported log has the time of the record behind.
    let clock = if own_time.is_some() { Clock::Record } else { Clock::Order };
    let host = element_text(system.computer).unwrap_or_default();
    let channel = element_text(system.channel).unwrap_or_default();
    let record_id = number_of(system.record_id).or(origin.record_id);
    out.mark(origin.carved || document.recovered);
    if out.is_copy(&host, &channel, record_id, time) {
        return Ok(());
    }
    out.count(Seen {
        host: &host,
        channel: if channel.is_empty() { &provider } else { &channel },
        time,
        written: time,
        clock,
    });
    if own_time.is_none() {
        let place = record_id.map(|id| format!("record {id}")).unwrap_or_default();
        out.issue(IssueKind::Clock, place, "the time of a record is lost; it is put at that of its header");
    }
    if document.recovered && !out.takes_carved() {
        let message = "records carved from unused space were counted and left out; --carve takes them";
        out.issue(IssueKind::Note, "", message);
        return Ok(());
    }
    if !windows::is_of_interest(&provider, event_id) {
        return Ok(());
    }

    let place = out.place(&channel);
    let execution = Attributes::of(system.execution, system.execution_attributes);
    let security = Attributes::of(system.security, system.security_attributes);
    let payload = Payload::of(event_data, user_data);
    let record = LogRecord {
        provider: out.name(&provider),
        event_source_name: provider_attributes.event_source_name.and_then(text).map(|name| out.name(&name)),
        event_id,
        qualifiers: number_of(Attributes::of(system.event_id, system.event_id_attributes).qualifiers),
        version: number_of(system.version),
        level: number_of(system.level),
        channel: place.channel.clone(),
        host: (!host.is_empty()).then(|| out.name(&host)),
        time,
        clock,
        resolution_ns: None,
        record_id,
        pid: number_of(execution.process_id).filter(|pid| *pid != 0),
        tid: number_of(execution.thread_id).filter(|tid| *tid != 0),
        user_sid: security.user_id.and_then(text).map(Cow::into_owned),
        data: payload.data.into(),
        user_data: payload.user_data.into(),
        binary: payload.binary,
        message: rendered_message(rendering_info),
        source: RecordRef { record: record_id, line: origin.line, offset: origin.offset, ..place },
    };
    out.decode(record);
    Ok(())
}

fn time_of(system: &System<'_>) -> Option<Timestamp> {
    let attributes = Attributes::of(system.time_created, system.time_created_attributes);
    Some(time::parse(&text(attributes.system_time?)?)?.time)
}

/// What a record holds beside its `System`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Payload {
    pub data: Vec<Param>,
    pub user_data: Vec<Param>,
    pub binary: Option<Vec<u8>>,
}

impl Payload {
    /// From `EventData` and `UserData`.
    pub fn of(event_data: Raw<'_>, user_data: Raw<'_>) -> Payload {
        let mut payload = Payload::default();
        for (name, value) in &members(event_data) {
            match name.as_str() {
                "Data" => positional(value, &mut payload.data),
                "Binary" => {
                    payload.binary =
                        scalar(value).and_then(|text| from_hex(&text)).filter(|bytes| !bytes.is_empty())
                }
                _ => leaves(name, value, &mut payload.data),
            }
        }
        for (name, value) in &members(user_data) {
            leaves(name, value, &mut payload.user_data);
        }
        payload
    }
}

/// The members of an element, without its attributes.
fn members(raw: Raw<'_>) -> Vec<(String, Value)> {
    let object: Option<Map<String, Value>> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    object.unwrap_or_default().into_iter().filter(|(name, _)| !is_attributes(name)).collect()
}

/// Data without names: one or several, inside `#text` or bare. Empty ones keep their place.
fn positional(value: &Value, into: &mut Vec<Param>) {
    if into.len() > MAX_PARAMS {
        return;
    }
    match value {
        Value::Object(members) => {
            if let Some(text) = members.get("#text") {
                positional(text, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|element| positional(element, into)),
        _ => into.push(Param { name: None, value: scalar(value).unwrap_or_default() }),
    }
}

fn rendered_message(raw: Raw<'_>) -> Option<String> {
    let info: Map<String, Value> = serde_json::from_str(raw?.get()).ok()?;
    let message = info.get("Message")?;
    scalar(message).or_else(|| scalar(message.get("#text")?)).filter(|text| !text.is_empty())
}
