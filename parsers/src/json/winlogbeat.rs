//! Documents of Winlogbeat / ECS (elastic.co, Winlogbeat reference, "Exported fields"), nested or flattened with dots, as
//! they are or wrapped by an export, of versions 5 to 8.

use super::raw::{number, scalar};
use super::{Form, Unfit, glance, xml};
use crate::bytes::from_hex;
use crate::collect::{Collector, Seen};
use crate::record::LogRecord;
use crate::{time, windows};
use serde_json::{Map, Value};
use vsscope_model::{Clock, Param, RecordRef, Timestamp};

/// Where a field may be, newest name first.
type Paths = &'static [&'static str];

const PROVIDER: Paths = &["winlog.provider_name", "event.provider", "source_name"];
const EVENT_ID: Paths = &["winlog.event_id", "event.code", "event_id"];
const TIME: Paths = &["@timestamp"];
const CHANNEL: Paths = &["winlog.channel", "log_name"];
const COMPUTER: Paths = &["winlog.computer_name", "computer_name", "computer", "host.name"];
const RECORD_ID: Paths = &["winlog.record_id", "record_number"];
const VERSION: Paths = &["winlog.version", "version"];
const PID: Paths = &["winlog.process.pid", "process_id"];
const TID: Paths = &["winlog.process.thread.id", "thread_id"];
const USER_SID: Paths = &["winlog.user.identifier", "user.identifier"];
const PROVIDER_GUID: Paths = &["winlog.provider_guid", "provider_guid"];
const MESSAGE: Paths = &["message"];
const ORIGINAL: Paths = &["event.original", "xml"];
const LEVEL: Paths = &["log.level", "level"];
const EVENT_DATA: Paths = &["winlog.event_data", "event_data"];
const USER_DATA: Paths = &["winlog.user_data", "user_data"];

/// The names that Winlogbeat gives to levels; they are not translated.
const LEVELS: [(&str, u8); 5] =
    [("critical", 1), ("error", 2), ("warning", 3), ("information", 4), ("verbose", 5)];

/// Whether an object is such a document.
pub(super) fn is_document(object: &Map<String, Value>) -> bool {
    is_body(unwrapped(object))
}

fn is_body(object: &Map<String, Value>) -> bool {
    let has = |key: &str| object.contains_key(key);
    has("winlog")
        || object.keys().any(|key| key.starts_with("winlog."))
        || has("source_name") && has("event_id") && (has("log_name") || has("computer_name"))
}

/// The document inside what an export put around it. Beats' own `fields` hold what a user added; they are a wrapper only
/// where nothing outside of them is a document.
fn unwrapped(object: &Map<String, Value>) -> &Map<String, Value> {
    if is_body(object) {
        return object;
    }
    ["_source", "fields"].iter().find_map(|key| object.get(*key)?.as_object()).unwrap_or(object)
}

/// Reads such documents.
pub(super) struct Winlogbeat;

impl Form for Winlogbeat {
    fn glance(&mut self, json: &str, _line: u64, out: &mut Collector) -> Option<Result<(), Unfit>> {
        let (fields, _) = glance::winlogbeat(json)?;
        let (provider, event_id) = (fields.provider?, number(fields.event_id?)?);
        let time = time::parse(fields.time?)?.time;
        // What may matter is parsed and counted then.
        if windows::is_of_interest(provider, event_id) {
            return None;
        }
        let (host, channel) = (fields.host?, fields.channel?);
        out.count(Seen { host, channel, time, written: time, clock: Clock::Record });
        Some(Ok(()))
    }

    fn read(&mut self, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
        read(json, line, out)
    }
}

/// Reads one object.
fn read(json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
    let object: Map<String, Value> = serde_json::from_str(json).map_err(|_| Unfit::Json)?;
    let body = unwrapped(&object);
    let original = first(body, ORIGINAL).and_then(|text| xml::read(&text)).unwrap_or_default();

    let provider = original.provider.or_else(|| first(body, PROVIDER)).ok_or(Unfit::Record)?;
    let event_id: u32 = original.event_id.or_else(|| number_at(body, EVENT_ID)).ok_or(Unfit::Record)?;
    let time = original.time.or_else(|| time_at(body)).ok_or(Unfit::Record)?;
    let host = original.computer.or_else(|| first(body, COMPUTER)).unwrap_or_default();
    let channel = original.channel.or_else(|| first(body, CHANNEL)).unwrap_or_else(|| provider.clone());
    out.count(Seen { host: &host, channel: &channel, time, written: time, clock: Clock::Record });
    if !windows::is_of_interest(&provider, event_id) {
        return Ok(());
    }

    let place = out.place(&channel);
    let record_id = original.record_id.or_else(|| number_at(body, RECORD_ID));
    let from_xml = !original.data.is_empty() || !original.user_data.is_empty() || original.binary.is_some();
    let fields = if from_xml {
        Fields { data: original.data, user_data: original.user_data, binary: original.binary }
    } else {
        Fields::of(body, &provider)
    };
    let record = LogRecord {
        provider: out.name(&provider),
        event_source_name: original.event_source_name.map(|name| out.name(&name)),
        event_id,
        qualifiers: original.qualifiers,
        version: original.version.or_else(|| number_at(body, VERSION)),
        level: original.level.or_else(|| level_at(body)),
        channel: place.channel.clone(),
        host: (!host.is_empty()).then(|| out.name(&host)),
        time,
        clock: Clock::Record,
        resolution_ns: None,
        record_id,
        pid: original.pid.or_else(|| number_at(body, PID)).filter(|pid| *pid != 0),
        tid: original.tid.or_else(|| number_at(body, TID)).filter(|tid| *tid != 0),
        user_sid: original.user_sid.or_else(|| first(body, USER_SID)),
        data: fields.data.into(),
        user_data: fields.user_data.into(),
        binary: fields.binary,
        message: first(body, MESSAGE).or(original.message).filter(|text| !text.is_empty()),
        source: RecordRef { record: record_id, line: Some(line), ..place },
    };
    out.decode(record);
    Ok(())
}

/// The payload of a record.
struct Fields {
    data: Vec<Param>,
    user_data: Vec<Param>,
    binary: Option<Vec<u8>>,
}

impl Fields {
    fn of(body: &Map<String, Value>, provider: &str) -> Fields {
        let manifest = first(body, PROVIDER_GUID).is_some();
        let members = EVENT_DATA
            .iter()
            .map(|path| under(body, path))
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        let mut positional: Vec<(usize, Param)> = Vec::new();
        let mut named: Vec<Param> = Vec::new();
        let mut binary = None;
        for (name, value) in members {
            match (name.as_str(), position(&name)) {
                ("Binary", _) => binary = from_hex(&value).filter(|bytes| !bytes.is_empty()),
                (_, Some(at)) => positional.push((at, Param { name: manifest.then_some(name), value })),
                _ => named.push(Param { name: Some(name), value }),
            }
        }
        let mut data = in_places(positional);
        data.append(&mut named);
        restore_empty_block(provider, &mut data);
        let user_data = USER_DATA
            .iter()
            .map(|path| under(body, path))
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        let user_data = user_data
            .into_iter()
            .filter(|(name, _)| name != "xml_name")
            .map(|(name, value)| Param { name: Some(name), value })
            .collect();
        Fields { data, user_data, binary }
    }
}

/// The place of `param3` is 2. No record has more than 100 parameters (`FormatMessage` stops at 99).
fn position(name: &str) -> Option<usize> {
    let number: usize = name.strip_prefix("param")?.parse().ok()?;
    number.checked_sub(1).filter(|at| *at < 100)
}

/// Data by position; the shipper drops empty ones and keeps the numbers, so holes are empty values.
fn in_places(mut positional: Vec<(usize, Param)>) -> Vec<Param> {
    positional.sort_by_key(|(at, _)| *at);
    let mut data: Vec<Param> = Vec::new();
    for (at, param) in positional {
        while data.len() < at {
            data.push(Param { name: None, value: String::new() });
        }
        data.push(param);
    }
    data
}

/// The last element of a `VSS` record is its Operation/Context block, and the shipper drops it where it is empty. A block
/// begins with a line feed, which no other parameter does.
fn restore_empty_block(provider: &str, data: &mut Vec<Param>) {
    let has_block = data.last().is_some_and(|last| last.value.starts_with('\n'));
    if provider.eq_ignore_ascii_case("VSS") && !has_block {
        data.push(Param { name: None, value: String::new() });
    }
}

/// The value at a path, however its parts are nested or joined with dots.
fn find<'v>(object: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    let mut dots = path.match_indices('.');
    dots.find_map(|(at, _)| {
        let (head, rest) = path.split_at_checked(at)?;
        find(object.get(head)?.as_object()?, rest.strip_prefix('.')?)
    })
}

fn first(object: &Map<String, Value>, paths: Paths) -> Option<String> {
    paths.iter().find_map(|path| scalar(find(object, path)?)).filter(|text| !text.is_empty())
}

fn number_at<T: TryFrom<u64>>(object: &Map<String, Value>, paths: Paths) -> Option<T> {
    first(object, paths).and_then(|text| number(&text))
}

fn time_at(object: &Map<String, Value>) -> Option<Timestamp> {
    first(object, TIME).and_then(|text| time::parse(&text)).map(|stamp| stamp.time)
}

fn level_at(object: &Map<String, Value>) -> Option<u8> {
    let word = first(object, LEVEL)?;
    let known = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word));
    known.map(|(_, level)| *level)
}

/// All scalars under a path: members of the object there, and keys that continue the path with dots.
fn under(object: &Map<String, Value>, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(Value::Object(members)) = find(object, path) {
        flatten(members, &mut found);
    }
    let dotted = |key: &str| key.strip_prefix(path)?.strip_prefix('.').map(str::to_owned);
    for (key, value) in object {
        if let (Some(name), Some(value)) = (dotted(key), scalar(value)) {
            found.push((name, value));
        }
    }
    if let Some((head, rest)) = path.split_once('.')
        && let Some(Value::Object(members)) = object.get(head)
        && !members.contains_key(rest)
    {
        found.extend(under(members, rest));
    }
    found
}

fn flatten(members: &Map<String, Value>, into: &mut Vec<(String, String)>) {
    for (name, value) in members {
        match value {
            Value::Object(inner) => flatten(inner, into),
            _ => into.push((name.clone(), scalar(value).unwrap_or_default())),
        }
    }
}
