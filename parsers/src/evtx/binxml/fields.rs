//! From the values of a record to its [`LogRecord`].

use super::instance::{BINARY_XML, Instance, Table, UTF16, Value};
use super::shape::{Datum, DatumKind, PEEKED, Payload, Root, Shape, Shapes};
use super::value::{self, text, utf16};
use crate::collect::{Collector, Identity, MAX_CHUNK_TEXT, MAX_PARAMS, Names};
use crate::json::number;
use crate::record::LogRecord;
use crate::time;
use std::sync::Arc;
use vsscope_model::{Clock, ParamNames, Params, RecordRef};

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
    /// Reads it, and checks the table up to where its record ends; `None` where a field is not of its usual type or the table
    /// is out of the ordinary.
    pub fn read(chunk: &'a [u8], table: &Table<'a>, end: usize, shape: &Shape) -> Option<Self> {
        let mut values = [Value::default(); PEEKED];
        for (from, to, field) in &shape.fixed {
            *values.get_mut(*field)? = Value { kind: UTF16, bytes: chunk.get(*from..*to)? };
        }
        table.check(end, &shape.peeked, &mut values)?;
        let [provider, event_source, event_id, time, computer, channel] = values;
        let provider = if provider.kind == 0 { event_source } else { provider };
        let event_id = match value::unsigned(event_id) {
            Some(id) => u32::try_from(id).ok()?,
            None => number(&text(event_id)?)?,
        };
        Some(System {
            provider: wide(provider).filter(|name| !name.is_empty())?,
            event_id,
            time: value::filetime(time).filter(|time| PLAUSIBLE.contains(time))?,
            computer: wide(computer)?,
            channel: wide(channel)?,
        })
    }

    /// Whether the other is of the same host and channel.
    pub fn is_beside(&self, other: &System<'_>) -> bool {
        let has_channel = !self.channel.is_empty() || self.provider == other.provider;
        is_same(self.computer, other.computer) && is_same(self.channel, other.channel) && has_channel
    }

    /// Whether host and channel are text of whole units that are a character each, without a NUL.
    pub fn is_plain(&self) -> bool {
        [self.computer, self.channel].into_iter().all(is_plain)
    }
}

/// Whether two names are the same; mostly they lie in the same place.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.as_ptr_range() == other.as_ptr_range() || one == other
}

/// Text of a field as it stands; null is empty.
fn wide(value: Value<'_>) -> Option<&[u8]> {
    match value.kind {
        UTF16 => Some(value.bytes),
        0 => Some(&[]),
        _ => None,
    }
}

/// Whether UTF-16 is of whole units that are a character each, without a NUL.
pub(in crate::evtx) fn is_plain(wide: &[u8]) -> bool {
    let (units, rest) = wide.as_chunks::<2>();
    rest.is_empty() && !units.iter().any(|unit| unit[1] & 0xF8 == 0xD8 || *unit == [0, 0])
}

/// A record that was looked at: where its values are, and the place of its definition.
#[derive(Debug, Clone, Copy)]
pub(in crate::evtx) struct Found<'a> {
    pub chunk: &'a [u8],
    pub instance: &'a Instance,
    pub system: System<'a>,
    pub shape: usize,
}

/// Puts records together.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Fields {
    inner: Instance,
    values: Values,
    names: Names,
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
    /// What the record is told apart by from others of its log; `None` where its log does not number it.
    pub fn identity(
        &mut self,
        found: &Found<'_>,
        shape: &Shape,
        id: u64,
        out: &mut Collector,
    ) -> Option<Identity> {
        let Found { chunk, instance, system, .. } = found;
        let channel = shared(system.channel, &mut self.channel, out).filter(|channel| !channel.is_empty())?;
        let host = shared(system.computer, &mut self.host, out)?;
        let provider = shared(system.provider, &mut self.provider, out)?;
        let record = value::unsigned(instance.resolve(chunk, shape.system.record_id)).unwrap_or(id);
        let time = time::from_filetime(system.time)?;
        let names = self.names.hash([&host, &channel, &provider].map(Some));
        Some(Identity::of(names, record, time, system.event_id))
    }

    /// The whole record; `None` if something of it is out of the ordinary. `place` says where it was read.
    pub fn read(
        &mut self,
        found: &Found<'_>,
        shapes: &mut Shapes,
        place: &RecordRef,
        out: &mut Collector,
    ) -> Option<LogRecord> {
        let Found { chunk, instance, system, shape } = *found;
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
            data: Params::default(),
            user_data: Params::default(),
            binary: None,
            message: None,
            source: RecordRef { record: id, offset: place.offset, ..source },
        };
        let nested = match &outer.payload {
            Payload::None => None,
            Payload::Data(data, names) => {
                fill((chunk, instance), data, names.as_ref(), &mut self.values, &mut record)?;
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
            Payload::Data(data, names) => {
                fill((chunk, &self.inner), data, names.as_ref(), &mut self.values, record)
            }
            _ => None,
        }
    }
}

fn process_number(number: Option<u64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0)
}

/// Values of a record, one behind the other; the room is used for one record after another.
#[derive(Debug, Default)]
struct Values {
    text: Vec<u8>,
    ends: Vec<u32>,
    /// Whether each of those with a name is there.
    present: Vec<bool>,
}

impl Values {
    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.present.clear();
    }

    fn push(&mut self, value: Value<'_>) -> Option<()> {
        value::write(value, &mut self.text)?;
        self.end()
    }

    /// Ends a value; `None` where a definition repeats values until they are more than a chunk may become.
    fn end(&mut self) -> Option<()> {
        (self.text.len() <= MAX_CHUNK_TEXT).then_some(())?;
        self.ends.push(u32::try_from(self.text.len()).ok()?);
        Some(())
    }

    fn params(&self, names: Option<ParamNames>) -> Option<Params> {
        Some(Params::packed(names, std::str::from_utf8(&self.text).ok()?, &self.ends))
    }
}

/// Fills in the children of `EventData` or the leaves of `UserData`.
fn fill(
    (chunk, instance): (&[u8], &Instance),
    data: &[Datum],
    names: Option<&ParamNames>,
    values: &mut Values,
    record: &mut LogRecord,
) -> Option<()> {
    let positional = data.iter().filter(|datum| datum.kind == DatumKind::Positional).count();
    let is_user = data.iter().any(|datum| matches!(datum.kind, DatumKind::Leaf(..)));
    values.clear();
    for datum in data {
        if !instance.has(datum.slot) {
            return None;
        }
        let value = instance.value(chunk, datum.slot);
        if datum.dependent && value.kind == 0 {
            values.present.extend((datum.kind != DatumKind::Binary).then_some(false));
            continue;
        }
        match (datum.kind, value.kind) {
            (DatumKind::Binary, 0x0E) => {
                record.binary = Some(value.bytes.to_vec()).filter(|bytes| !bytes.is_empty());
            }
            (DatumKind::Binary, 0) => {}
            (DatumKind::Positional, 0x81) if positional == 1 => {
                for string in value::strings(value.bytes)? {
                    values.push(Value { kind: UTF16, bytes: string })?;
                }
            }
            (DatumKind::Positional, 0x01) => values.push(value)?,
            (DatumKind::Binary | DatumKind::Positional, _) => return None,
            (DatumKind::Leaf(..) | DatumKind::Named(..), _) => {
                values.push(value)?;
                values.present.push(true);
            }
        }
    }
    let names = match names {
        Some(names) if values.present.contains(&false) => Some(
            names.iter().zip(&values.present).filter(|(_, is)| **is).map(|(name, _)| name.clone()).collect(),
        ),
        names => names.cloned(),
    };
    let is_usual = values.ends.len() <= MAX_PARAMS;
    let params = values.params(names)?;
    if is_user {
        record.user_data = params
    } else {
        record.data = params
    }
    is_usual.then_some(())
}
