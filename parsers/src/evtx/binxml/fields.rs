//! From the values of a record to its [`LogRecord`].

use super::instance::{BINARY_XML, Instance, UTF16, Value};
use super::shape::{Datum, DatumKind, Payload, Root, Shapes, SystemShape};
use super::value::{self, text, until_nul, utf16};
use crate::collect::{Collector, MAX_PARAMS};
use crate::json::number;
use crate::record::LogRecord;
use crate::time;
use std::sync::Arc;
use vsscope_model::{Clock, Param, RecordRef};

/// The years 1601 to 9999 in steps of 100 ns since 1601: what [`time::is_plausible`] takes.
const PLAUSIBLE: std::ops::Range<i64> = 0..2_650_467_744_000_000_000;

/// What every record says of itself: enough to count it and to tell whether it matters.
#[derive(Debug, Clone, Copy)]
pub(in crate::evtx) struct System<'a> {
    /// UTF-16, not empty.
    pub provider: &'a [u8],
    pub event_id: u32,
    /// Steps of 100 ns since 1601.
    pub time: i64,
    /// UTF-16.
    pub computer: &'a [u8],
    /// UTF-16.
    pub channel: &'a [u8],
}

impl<'a> System<'a> {
    /// Reads it; `None` where a field is not of its usual type.
    pub fn read(
        chunk: &'a [u8],
        instance: &Instance,
        shape: &SystemShape,
        plain: &mut Plain,
    ) -> Option<Self> {
        let get = |source| instance.resolve(chunk, source);
        let provider =
            [shape.provider, shape.event_source].into_iter().map(get).find(|value| value.kind != 0)?;
        let provider = Some(plain.provider.text(provider)?).filter(|name| !name.is_empty())?;
        let event_id = get(shape.event_id);
        let event_id = match value::unsigned(event_id) {
            Some(id) => u32::try_from(id).ok()?,
            None => number(&text(event_id)?)?,
        };
        Some(System {
            provider,
            event_id,
            time: value::filetime(get(shape.time)).filter(|time| PLAUSIBLE.contains(time))?,
            computer: plain.computer.text(get(shape.computer))?,
            channel: plain.channel.text(get(shape.channel))?,
        })
    }
}

impl System<'_> {
    /// Whether the other is of the same host and channel.
    pub fn is_beside(&self, other: &System<'_>) -> bool {
        let has_channel = !self.channel.is_empty() || self.provider == other.provider;
        self.computer == other.computer && self.channel == other.channel && has_channel
    }
}

/// Names that were looked at: the next record mostly has the same.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Plain {
    provider: LastName,
    computer: LastName,
    channel: LastName,
}

/// A name that is as it should be.
#[derive(Debug, Default)]
struct LastName(Vec<u8>);

impl LastName {
    /// The text of a field; null is empty. `None` if it is not of whole units that are a character each.
    fn text<'a>(&mut self, value: Value<'a>) -> Option<&'a [u8]> {
        match value.kind {
            UTF16 if self.0 == value.bytes => Some(value.bytes),
            UTF16 => {
                let text = until_nul(value.bytes);
                let (units, rest) = text.as_chunks::<2>();
                let is_plain = rest.is_empty() && !units.iter().any(|unit| unit[1] & 0xF8 == 0xD8);
                if is_plain && text.len() == value.bytes.len() {
                    self.0.clear();
                    self.0.extend_from_slice(text);
                }
                is_plain.then_some(text)
            }
            0 => Some(&[]),
            _ => None,
        }
    }
}

/// Puts records together.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Fields {
    inner: Instance,
    provider: Option<Named>,
    channel: Option<Named>,
    host: Option<Named>,
}

/// A name as it stands in the log, and as it is shared.
type Named = (Vec<u8>, Arc<str>);

/// The shared form of a name, which mostly is that of the record before.
fn shared(wide: &[u8], last: &mut Option<Named>, out: &mut Collector) -> Option<Arc<str>> {
    match last {
        Some((known, name)) if known == wide => Some(name.clone()),
        _ => {
            let name = out.name(&utf16(wide)?);
            *last = Some((wide.to_vec(), name.clone()));
            Some(name)
        }
    }
}

impl Fields {
    /// The whole record; `None` if something of it is out of the ordinary. `place` says where it was read.
    pub fn read(
        &mut self,
        chunk: &[u8],
        instance: &Instance,
        system: &System<'_>,
        shape: usize,
        shapes: &mut Shapes,
        place: &RecordRef,
        out: &mut Collector,
    ) -> Option<LogRecord> {
        let outer = shapes.get(shape).filter(|shape| shape.root == Root::Event)?;
        let fields = &outer.system;
        let get = |source| instance.resolve(chunk, source);
        let read_number = |source| {
            let value = get(source);
            match value::unsigned(value) {
                Some(number) => Some(Some(number)),
                None => text(value).map(|text| number(&text)),
            }
        };
        let channel = shared(system.channel, &mut self.channel, out)?;
        let host = shared(system.computer, &mut self.host, out)?;
        let id: Option<u64> = read_number(fields.record_id)?.or(place.record);
        let source = out.place_in(channel);
        let event_source_name = text(get(fields.event_source)).filter(|_| get(fields.event_source).kind != 0);
        let user = get(fields.user);
        let mut record = LogRecord {
            provider: shared(system.provider, &mut self.provider, out)?,
            event_source_name: event_source_name.map(|name| out.name(&name)),
            event_id: system.event_id,
            qualifiers: read_number(fields.qualifiers)?.and_then(|number| u32::try_from(number).ok()),
            version: read_number(fields.version)?.and_then(|number| u8::try_from(number).ok()),
            level: read_number(fields.level)?.and_then(|number| u8::try_from(number).ok()),
            channel: source.channel.clone(),
            host: (!host.is_empty()).then_some(host),
            time: time::from_filetime(system.time)?,
            clock: Clock::Record,
            resolution_ns: None,
            record_id: id,
            pid: process_number(read_number(fields.pid)?),
            tid: process_number(read_number(fields.tid)?),
            user_sid: if user.kind == 0 { None } else { Some(text(user)?) },
            data: Vec::new(),
            user_data: Vec::new(),
            binary: None,
            message: None,
            source: RecordRef { record: id, offset: place.offset, ..source },
        };
        let nested = match &outer.payload {
            Payload::None => None,
            Payload::Data(data) => {
                fill(chunk, instance, data, &mut record)?;
                None
            }
            Payload::Nested(slot) => Some((*slot, Root::Container)),
            Payload::NestedUser(slot) => Some((*slot, Root::Other)),
            Payload::Other => return None,
        };
        if let Some((slot, root)) = nested {
            self.nested(chunk, instance, slot, root, shapes, &mut record)?;
        }
        Some(record)
    }

    /// Fills in what a value of binary XML holds.
    fn nested(
        &mut self,
        chunk: &[u8],
        instance: &Instance,
        slot: u16,
        root: Root,
        shapes: &mut Shapes,
        record: &mut LogRecord,
    ) -> Option<()> {
        let value = instance.value(chunk, slot);
        match (value.kind, value.bytes.len()) {
            (0, _) | (BINARY_XML, 0) => return Some(()),
            (BINARY_XML, _) => {}
            _ => return None,
        }
        let (from, to) = instance.nested(slot)?;
        let inner = self.inner.read(chunk, from, to, shapes)?;
        let inner = shapes.get(inner).filter(|shape| shape.root == root)?;
        match &inner.payload {
            Payload::Data(data) => fill(chunk, &self.inner, data, record),
            _ => None,
        }
    }
}

fn process_number(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0)
}

/// Fills in the children of `EventData` or the leaves of `UserData`.
fn fill(chunk: &[u8], instance: &Instance, data: &[Datum], record: &mut LogRecord) -> Option<()> {
    let positional = data.iter().filter(|datum| datum.kind == DatumKind::Positional).count();
    record.data.reserve(data.len());
    let named = |from, to| Some(Some(utf16(chunk.get(from..to)?)?));
    for datum in data {
        let value = instance.value(chunk, datum.slot);
        if !instance.has(datum.slot) {
            return None;
        }
        if datum.dependent && value.kind == 0 {
            continue;
        }
        match datum.kind {
            DatumKind::Binary => match value.kind {
                0x0E => record.binary = Some(value.bytes.to_vec()).filter(|bytes| !bytes.is_empty()),
                0 => {}
                _ => return None,
            },
            DatumKind::Positional => match value.kind {
                0x81 if positional == 1 => {
                    let strings = value::strings(value.bytes)?;
                    record.data.extend(strings.into_iter().map(|value| Param { name: None, value }));
                }
                0x01 => record.data.push(Param { name: None, value: text(value)? }),
                _ => return None,
            },
            DatumKind::Leaf(from, to) => {
                record.user_data.push(Param { name: named(from, to)?, value: text(value)? });
            }
            DatumKind::Named(from, to) => {
                record.data.push(Param { name: named(from, to)?, value: text(value)? });
            }
        }
    }
    (record.data.len() <= MAX_PARAMS).then_some(())
}
