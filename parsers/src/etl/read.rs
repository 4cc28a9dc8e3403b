//! A file becomes events, in the order of time and with the memory of a few buffers.
//!
//! Every processor fills buffers of its own, so the buffers of a file overlap in time; in a circular file the oldest lie in
//! its middle. A first pass notes where each buffer lies and when it begins. Then the buffers are taken in the order of
//! their beginnings. All events are counted; those that speak of VSS wait in a queue until no buffer that is still to come can
//! hold an earlier one.

use super::clock::TraceClock;
use super::driver::{self, Driver};
use super::event::{Head, Provider, RawEvent};
use super::events::{Buffer, Part, Short};
use super::logfile::Logfile;
use super::place::{CHANNEL, EventPlace};
use super::providers::Providers;
use super::source::Source;
use super::vss::{self, Vss};
use super::walk::{Found, Place, Walk};
use super::{HEADER_EVENT, account};
use crate::collect::{Collector, Seen};
use crate::trace;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{Read, Seek};
use vsscope_model::{Clock, Event, IssueKind, RecordRef, Timestamp, What};

/// Buffers that are put into order together: 32 MiB of places. 4 GiB of trace in buffers of 4 KiB have as many.
const STRETCH: usize = 1 << 20;
/// Bytes that may wait in the queue.
const WAITING: usize = 256 << 20;
/// What an event in the queue takes besides its payload.
const OVERHEAD: usize = 128;
/// Marked buffers for which an event is made.
const MARKS: usize = 1000;

/// Reads an event trace.
pub(super) fn read(file: &mut (impl Read + Seek), out: &mut Collector) {
    let mut source = Source::new(file);
    let logfile = Logfile::of_file(&source.at(0, HEADER_EVENT));
    account::header(logfile.as_ref(), out);
    let mut walk = Walk::new(logfile.map(|header| header.buffer_size));
    let mut reader = Reader::new(logfile);
    let mut buffers = 0_u64;
    loop {
        let places = stretch(&mut walk, &mut source, reader.clock, out);
        if places.is_empty() {
            break;
        }
        if buffers > 0 {
            out.issue(
                IssueKind::Note,
                "",
                "very many buffers; they were put into the order of time in parts",
            );
        }
        buffers = buffers.saturating_add(u64::try_from(places.len()).unwrap_or(0));
        for place in &places {
            reader.buffer(&mut source, place, out);
        }
        reader.release(None, out);
    }
    account::buffers(logfile.as_ref(), buffers, out);
    if let Some((at, error)) = source.failure() {
        out.issue(IssueKind::Unreadable, format!("offset {at:#x}"), error.to_string());
    }
    reader.finish(out);
}

/// The next buffers, in the order of their beginnings. One whose beginning is not known, or not possible, comes first: there it
/// cannot be too late.
fn stretch(
    walk: &mut Walk,
    source: &mut Source<'_, impl Read + Seek>,
    clock: TraceClock,
    out: &mut Collector,
) -> Vec<Place> {
    let mut places = Vec::new();
    while places.len() < STRETCH {
        match walk.next(source) {
            Some(Found::Buffer(place)) => {
                places.push(Place { first: place.first.filter(|raw| clock.allows(*raw)), ..place });
            }
            Some(Found::Skipped { offset, unused, cut }) => account::skipped(offset, unused, cut, out),
            None => break,
        }
    }
    places.sort_by_key(|place| (place.first, place.offset));
    places
}

/// An event that waits for its turn.
struct Waiting {
    time: i64,
    number: u64,
    offset: u64,
    head: Head,
    payload: Vec<u8>,
}

impl Waiting {
    fn key(&self) -> (i64, u64) {
        (self.time, self.number)
    }

    fn size(&self) -> usize {
        self.payload.len().saturating_add(OVERHEAD)
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

struct Reader {
    clock: TraceClock,
    logfile: Option<Logfile>,
    providers: Providers,
    vss: Vss,
    driver: Driver,
    waiting: BinaryHeap<Reverse<Waiting>>,
    waiting_bytes: usize,
    number: u64,
    /// The newest time that was given out.
    nearest: Timestamp,
    /// Buffers that are marked as incomplete, and the place and time of the first of them.
    marks: u64,
    marked: Vec<(RecordRef, Timestamp)>,
}

impl Reader {
    fn new(logfile: Option<Logfile>) -> Self {
        Reader {
            clock: logfile.as_ref().map_or(TraceClock::Unknown, Logfile::clock),
            logfile,
            providers: Providers::default(),
            vss: Vss::default(),
            driver: Driver::default(),
            waiting: BinaryHeap::new(),
            waiting_bytes: 0,
            number: 0,
            nearest: Event::NO_TIME,
            marks: 0,
            marked: Vec::new(),
        }
    }

    fn buffer(&mut self, source: &mut Source<'_, impl Read + Seek>, place: &Place, out: &mut Collector) {
        if let Some(first) = place.first {
            // An event gets its time before its place, so that a buffer may hold a little earlier ones than its first.
            self.release(Some(first.saturating_sub(self.clock.tenth_of_second())), out);
        }
        let Some(buffer) = Buffer::read(source, place) else { return };
        if buffer.header.tells_loss() {
            self.mark(place, &buffer, out);
        }
        let mut last = place.first.unwrap_or(i64::MIN);
        for part in buffer.parts() {
            match part {
                Part::Event(at, event) => {
                    let offset = offset_in(place, &buffer, at);
                    last = event.head.time.filter(|raw| self.clock.allows(*raw)).unwrap_or(last);
                    self.event(&event, offset, last, buffer.header.is_file_header(), out);
                }
                Part::Hole { at, last } => {
                    let ending = buffer.short.filter(|_| last);
                    account::hole(offset_in(place, &buffer, at), ending.is_some(), out);
                }
            }
        }
        match buffer.short {
            Some(Short::Cut) => account::cut(place, out),
            Some(Short::Unpacking) => account::not_unpacked(place, out),
            // Its events are whole, but the file is not: what came behind it is missing.
            None if u64::try_from(place.present).unwrap_or(0) < u64::from(buffer.header.size) => {
                account::ends_early(place, out);
            }
            None => {}
        }
    }

    fn event(&mut self, event: &RawEvent<'_>, offset: u64, order: i64, in_header: bool, out: &mut Collector) {
        let head = &event.head;
        self.providers.count(head);
        if head.time.is_some_and(|raw| !self.clock.allows(raw)) {
            account::impossible_time(offset, out);
        }
        let time = head.time.and_then(|raw| self.clock.time(raw));
        // The session's start says nothing of what a ring or a memory of buffers still holds.
        let covers = !in_header || self.logfile.is_some_and(|header| header.is_sequential());
        match time.filter(|_| covers) {
            Some(time) => {
                // Coverage of VSS is that of its events, whatever else is in the file.
                let channel = if vss::is_of(&head.provider) { trace::CHANNEL } else { CHANNEL };
                out.count(Seen { host: "", channel, time, written: time, clock: Clock::Trace });
            }
            None => out.count_timeless(),
        }
        if vss::is_of(&head.provider) || head.provider == Provider::Guid(driver::PROVIDER) {
            self.wait(event, offset, order, out);
        }
    }

    fn wait(&mut self, event: &RawEvent<'_>, offset: u64, time: i64, out: &mut Collector) {
        let number = self.number;
        self.number = number.saturating_add(1);
        let waiting = Waiting { time, number, offset, head: event.head, payload: event.payload.to_vec() };
        self.waiting_bytes = self.waiting_bytes.saturating_add(waiting.size());
        self.waiting.push(Reverse(waiting));
        while self.waiting_bytes > WAITING {
            let message = "too many buffers overlap in time; their VSS events are not all in its order";
            out.issue(IssueKind::Note, format!("offset {offset:#x}"), message);
            self.give_first(out);
        }
    }

    /// Gives out what waits and is earlier than this; everything without a limit.
    fn release(&mut self, before: Option<i64>, out: &mut Collector) {
        while self.waiting.peek().is_some_and(|Reverse(first)| before.is_none_or(|limit| first.time < limit))
        {
            self.give_first(out);
        }
    }

    fn give_first(&mut self, out: &mut Collector) {
        let Some(Reverse(waiting)) = self.waiting.pop() else { return };
        self.waiting_bytes = self.waiting_bytes.saturating_sub(waiting.size());
        let Waiting { offset, head, payload, .. } = waiting;
        let time = head.time.and_then(|raw| self.clock.time(raw));
        self.nearest = time.unwrap_or(self.nearest);
        let place = EventPlace { offset, time, nearest: self.nearest };
        let decoded = match vss::is_of(&head.provider) {
            true => self.vss.event(&head, &payload, &place, out),
            false => self.driver.event(&head, &payload, &place, out),
        };
        if decoded {
            self.providers.decoded(&head.provider);
        }
    }

    fn mark(&mut self, place: &Place, buffer: &Buffer, out: &mut Collector) {
        account::marked(place, out);
        self.marks = self.marks.saturating_add(1);
        // The stamp of the completion is of another clock in compressed buffers.
        let completed = Some(buffer.header.completed).filter(|_| !buffer.header.is_compressed());
        let time = place.first.or(completed).and_then(|raw| self.clock.time(raw));
        if let Some(time) = time.filter(|_| self.marked.len() < MARKS) {
            let source = RecordRef { offset: Some(place.offset), ..out.place(CHANNEL) };
            self.marked.push((source, time));
        }
    }

    fn finish(mut self, out: &mut Collector) {
        self.vss.finish(out);
        self.marked.sort_by_key(|(_, time)| *time);
        // The header counts the events of all buffers together.
        let all = self.logfile.map(|header| u64::from(header.events_lost)).filter(|count| *count > 0);
        let count = all.filter(|_| self.marks == 1);
        for (source, time) in self.marked {
            out.keep(Event { clock: Clock::Trace, ..Event::new(time, source, What::EventsLost { count }) });
        }
        out.providers(self.providers.finish());
    }
}

/// Where an event lies in the file; in a compressed buffer only the buffer has a place.
fn offset_in(place: &Place, buffer: &Buffer, at: usize) -> u64 {
    let at = if buffer.header.is_compressed() { 0 } else { at };
    place.offset.saturating_add(u64::try_from(at).unwrap_or(0))
}
