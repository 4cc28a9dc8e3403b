//! Whether a record from unused or damaged space can be believed.
//!
//! A record shares its names and templates with others of its chunk. Where these were overwritten it is rendered all the same,
//! with values under wrong names. What cannot be right by chance is asked for: the size at both ends, the beginning of each
//! template's GUID, which the record repeats, number and instant, which stand in the record's header and among its values, and
//! the names of `System`, which are always the same.

use crate::bytes::{u32_at, u64_at};
use crate::evtx::layout::{ChunkHeader, RECORD_MAGIC, RecordHeader, record_at};
use crate::evtx::mend::SYSTEM;
use crate::evtx::scan::Chunk;
use crate::time;
use chrono::Datelike;
use evtx::EvtxRecord;
use evtx::binxml::value_variant::BinXmlValue;
use memchr::memmem;
use serde_json::{Map, Value};

/// Children of `Event` ([MS-EVEN6] 2.2.13 and the event schema of Windows).
const EVENT: [&str; 7] = [
    "System",
    "EventData",
    "UserData",
    "DebugData",
    "BinaryEventData",
    "ProcessingErrorData",
    "RenderingInfo",
];
/// What the renderer puts attributes under.
const ATTRIBUTES: &str = "#attributes";
/// What memory, and mostly a disk, is divided into.
const PAGE: usize = 4096;
/// No clock of a machine that writes this form of log begins before.
const FIRST_YEAR: i32 = 1980;
/// Bytes from the start of a template to its GUID: the offset of the next one.
const GUID: usize = 4;
/// The same to the size of what comes behind its header, and the size of the header.
const TEMPLATE_SIZE: usize = 20;
const TEMPLATE_HEADER: usize = 24;

/// The templates that a record names stand where it says; in a damaged chunk also all of each of them.
pub(super) fn has_its_templates(chunk: &Chunk<'_>, record: &EvtxRecord<'_>, is_damaged: bool) -> bool {
    let Ok(instances) = record.template_instances() else { return false };
    let is_own = |id, offset| {
        is_template(&chunk.bytes, id, offset) && (!is_damaged || is_template_of_one_page(chunk, offset))
    };
    instances.iter().all(|instance| {
        is_own(instance.template_id, instance.template_def_offset)
            && instance.values.iter().all(|value| is_nested_own(value, is_own))
    })
}

/// The same of a value that is BinXML with a template of its own.
fn is_nested_own(value: &BinXmlValue<'_>, is_own: impl Fn(u32, u32) -> bool) -> bool {
    let BinXmlValue::BinXmlType(bytes) = value else { return true };
    // A fragment header, then the instance: token, version, id, offset.
    let instance = bytes.strip_prefix(&[0x0F]).and_then(|rest| rest.get(3..)).unwrap_or(bytes);
    if instance.first() != Some(&0x0C) {
        return true;
    }
    let (id, offset) = (u32_at(instance, 2), u32_at(instance, 6));
    id.zip(offset).is_some_and(|(id, offset)| is_own(id, offset))
}

/// Whether the template with this id stands there: the id is the first part of its GUID.
fn is_template(chunk: &[u8], id: u32, offset: u32) -> bool {
    let at = usize::try_from(offset).ok().and_then(|at| at.checked_add(GUID));
    at.and_then(|at| u32_at(chunk, at)) == Some(id)
}

/// Whether the bytes of a template belong together: a page holds all of it, or the record does in which it was written first.
fn is_template_of_one_page(chunk: &Chunk<'_>, offset: u32) -> bool {
    let Ok(start) = usize::try_from(offset) else { return false };
    let size = chunk.bytes.get(start..).and_then(|template| u32_at(template, TEMPLATE_SIZE));
    let end =
        size.and_then(|size| start.checked_add(TEMPLATE_HEADER)?.checked_add(usize::try_from(size).ok()?));
    let Some(end) = end else { return false };
    if start / PAGE == end.saturating_sub(1) / PAGE {
        return true;
    }
    let before = chunk.bytes.get(..start).unwrap_or_default();
    memmem::rfind_iter(before, RECORD_MAGIC)
        .find_map(|at| {
            record_at(&chunk.bytes, at).filter(|r| end <= at.saturating_add(r.size)).map(|r| (at, r))
        })
        .is_some_and(|(at, record)| is_of_one_page(chunk, at, &record))
}

/// What was rendered of a record has the names that it must have, and the number and instant of the record's header.
pub(super) fn is_rendered_well(json: &[u8], header: &RecordHeader) -> bool {
    let Ok(Value::Object(mut document)) = serde_json::from_slice(json) else { return false };
    let Some(Value::Object(event)) = document.remove("Event") else { return false };
    let Some(Value::Object(system)) = event.get("System") else { return false };
    let is_named = |object: &Map<String, Value>, names: &[&str]| {
        object.keys().all(|name| name == ATTRIBUTES || names.contains(&name.as_str()))
    };
    is_named(&event, &EVENT)
        && is_named(system, &SYSTEM)
        && is_of_header(system, header)
        && event.values().all(has_plain_names)
}

/// Whether number and instant are those of the header. Where a log is exported, records get new numbers, and the instant of the
/// header is that of another record, or none (observed in 10 logs): there it only has to be one.
fn is_of_header(system: &Map<String, Value>, header: &RecordHeader) -> bool {
    let number = system.get("EventRecordID").and_then(Value::as_u64);
    let text = system.get("TimeCreated").and_then(|time| time.get(ATTRIBUTES)?.get("SystemTime")?.as_str());
    let (Some(number), Some(time)) = (number, text.and_then(time::parse)) else { return false };
    match number == header.id {
        true => header.written() == Some(time.time),
        false => time.time.year() >= FIRST_YEAR,
    }
}

/// Whether the bytes of a record of a damaged chunk belong together. Pages of two chunks can meet inside a record so that even
/// its size fits; then what comes behind it is not the record with the next number.
pub(super) fn is_of_one_page(chunk: &Chunk<'_>, at: usize, header: &RecordHeader) -> bool {
    let end = at.saturating_add(header.size);
    if at / PAGE == end.saturating_sub(1) / PAGE {
        return true;
    }
    let rest = chunk.bytes.get(end..chunk.present).unwrap_or_default();
    if rest.starts_with(RECORD_MAGIC) {
        return header.id.checked_add(1) == u64_at(rest, 8);
    }
    let said = ChunkHeader::of(&chunk.bytes).filter(|_| chunk.checks.header);
    match said.and_then(|said| Some((said.ids()?.1, said.free_space()?))) {
        Some((last, free)) => last == header.id && free == end,
        // The last one, before space that was never used.
        None => !rest.is_empty() && rest.iter().take(PAGE).all(|byte| *byte == 0),
    }
}

/// Whether no name is made of what was never text.
fn has_plain_names(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().all(|(name, value)| {
            !name.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER)
                && has_plain_names(value)
        }),
        Value::Array(list) => list.iter().all(has_plain_names),
        _ => true,
    }
}
