//! The event at a place of an event trace: its header, what its content says as far as it is read, and its bytes.

use super::HEADER_EVENT;
use super::clock::TraceClock;
use super::driver;
use super::event::{Head, Provider, RawEvent};
use super::events::{Buffer, Part};
use super::logfile::Logfile;
use super::place;
use super::source::Source;
use super::vss;
use super::walk::{Found, Place, Walk};
use crate::raw::MOST;
use std::io::{Read, Seek};
use vsscope_model::{Raw, RawField, Spot};

/// The event at the offset. In a compressed buffer events have no places of their own: there it is those of VSS and volsnap
/// in the buffer.
pub(crate) fn find(file: &mut (impl Read + Seek), spot: &Spot) -> Vec<(Spot, Raw)> {
    let Some(offset) = spot.offset else { return Vec::new() };
    let mut source = Source::new(file);
    let logfile = Logfile::of_file(&source.at(0, HEADER_EVENT));
    let clock = logfile.as_ref().map_or(TraceClock::Unknown, Logfile::clock);
    let mut walk = Walk::new(logfile.map(|header| header.buffer_size));
    while let Some(found) = walk.next(&mut source) {
        let Found::Buffer(place) = found else { continue };
        let length = u64::try_from(place.present).unwrap_or(0);
        if !(place.offset..place.offset.saturating_add(length)).contains(&offset) {
            continue;
        }
        let Some(buffer) = Buffer::read(&mut source, &place) else { return Vec::new() };
        return in_buffer(&buffer, &place, spot, clock);
    }
    Vec::new()
}

fn in_buffer(buffer: &Buffer, place: &Place, wanted: &Spot, clock: TraceClock) -> Vec<(Spot, Raw)> {
    let offset = wanted.offset.unwrap_or(place.offset);
    let spot = Spot { offset: Some(offset), ..Spot::default() };
    let is_meant = |at: usize, event: &RawEvent<'_>| match buffer.header.is_compressed() {
        true => offset == place.offset && speaks_of_vss(&event.head),
        false => place.offset.saturating_add(u64::try_from(at).unwrap_or(0)) == offset,
    };
    let mut events: Vec<RawEvent<'_>> = buffer
        .parts()
        .filter_map(|part| match part {
            Part::Event(at, event) if is_meant(at, &event) => Some(event),
            _ => None,
        })
        .collect();
    // Reports give times in milliseconds.
    let is_near = |event: &RawEvent<'_>| {
        let time = event.head.time.and_then(|stamp| clock.time(stamp));
        time.zip(wanted.near).is_some_and(|(time, near)| time.timestamp_millis() == near.timestamp_millis())
    };
    if events.iter().any(is_near) {
        events.retain(is_near);
    }
    let found: Vec<(Spot, Raw)> = events.iter().take(MOST).map(|event| (spot, shown(event, clock))).collect();
    // A mark of lost events names the buffer itself.
    if found.is_empty() && offset == place.offset {
        return vec![(spot, of_header(buffer))];
    }
    found
}

fn speaks_of_vss(head: &Head) -> bool {
    vss::is_of(&head.provider) || head.provider == Provider::Guid(driver::PROVIDER)
}

fn field(name: &str, value: impl ToString) -> RawField {
    RawField { name: name.to_owned(), value: value.to_string() }
}

fn shown(event: &RawEvent<'_>, clock: TraceClock) -> Raw {
    let mut fields = of_head(&event.head, clock);
    match vss::fields(&event.head, event.payload) {
        Some(content) => fields.extend(content.iter().map(|(name, value)| field(name, value))),
        None => fields.extend(place::strings(event.payload).iter().map(|text| field("text", text))),
    }
    Raw::Bytes { fields, first: 0, within: "payload", bytes: event.payload.to_vec() }
}

fn of_head(head: &Head, clock: TraceClock) -> Vec<RawField> {
    let provider = match head.provider {
        Provider::Kernel => "kernel".to_owned(),
        Provider::Guid(id) => id.to_string(),
        Provider::Component(number) => format!("component {number}"),
        Provider::Unnamed => "not named".to_owned(),
    };
    let time = head.time.and_then(|stamp| clock.time(stamp));
    let fields = [
        Some(field("header", format!("{:?}", head.kind))),
        Some(field("size", head.size)),
        time.map(|time| field("time", time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))),
        head.time.map(|stamp| field("stamp", stamp)),
        Some(field("provider", provider)),
        Some(field("id", head.id)),
        Some(field("opcode", head.opcode)),
        Some(field("version", head.version)),
        Some(field("level", head.level)),
        head.pid.map(|pid| field("process", pid)),
        head.tid.map(|tid| field("thread", tid)),
    ];
    fields.into_iter().flatten().collect()
}

fn of_header(buffer: &Buffer) -> Raw {
    let fields = vec![
        field("buffer size", buffer.header.size),
        field("filled", buffer.header.filled),
        field("completed", buffer.header.completed),
        field("compressed", buffer.header.is_compressed()),
        field("events or buffers lost", buffer.header.tells_loss()),
    ];
    Raw::Bytes { fields, first: 0, within: "buffer", bytes: Vec::new() }
}
