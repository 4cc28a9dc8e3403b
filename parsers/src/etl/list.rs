//! All events of a file with their times, in the order in which they lie there: for comparing this reader with others.

use super::buffer::BufferHeader;
use super::event::Kind;
use super::events::{Buffer, Part};
use super::logfile::Logfile;
use super::source::Source;
use super::walk::{Found, Walk};
use super::{HEADER_EVENT, clock::TraceClock};
use std::io::{Read, Seek};

/// One event of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Byte offset of its buffer.
    pub buffer: u64,
    /// Its distance from the first byte of the buffer, after unpacking.
    pub at: usize,
    /// Form of its header.
    pub kind: Kind,
    /// Its time stamp as it is written.
    pub stamp: Option<i64>,
    /// Its time as FILETIME.
    pub filetime: Option<i64>,
}

/// What a file says of itself, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Buffers.
    pub buffers: u64,
    /// Those of them that are compressed.
    pub compressed: u64,
    /// Places that hold no event or no buffer.
    pub holes: u64,
    /// `EventsLost`.
    pub lost: u32,
    /// `BuffersLost`.
    pub buffers_lost: u32,
    /// Clock: 1 performance counter, 2 system time, 3 processor cycles.
    pub clock: u32,
    /// Build of Windows.
    pub build: u32,
    /// Processors.
    pub processors: u32,
    /// Size of the session's buffers.
    pub buffer_size: u32,
    /// `LogFileMode`.
    pub mode: u32,
    /// `StartTime` as FILETIME.
    pub started: i64,
}

/// Lists the events of a file.
pub fn list(file: &mut (impl Read + Seek), mut each: impl FnMut(&Listed)) -> Summary {
    let mut source = Source::new(file);
    let logfile = Logfile::of_file(&source.at(0, HEADER_EVENT));
    let clock = logfile.as_ref().map_or(TraceClock::Unknown, Logfile::clock);
    let mut walk = Walk::new(logfile.map(|header| header.buffer_size));
    let mut summary = logfile.as_ref().map(summary_of).unwrap_or_default();
    while let Some(found) = walk.next(&mut source) {
        let buffer = match found {
            Found::Buffer(place) => Buffer::read(&mut source, &place).map(|buffer| (place, buffer)),
            Found::Skipped { .. } => None,
        };
        let Some((place, buffer)) = buffer else {
            summary.holes = summary.holes.saturating_add(1);
            continue;
        };
        summary.buffers = summary.buffers.saturating_add(1);
        summary.compressed =
            summary.compressed.saturating_add(u64::from(BufferHeader::is_compressed(&buffer.header)));
        for part in buffer.parts() {
            match part {
                Part::Event(at, event) => each(&Listed {
                    buffer: place.offset,
                    at,
                    kind: event.head.kind,
                    stamp: event.head.time,
                    filetime: event.head.time.and_then(|raw| clock.filetime(raw)),
                }),
                Part::Hole { .. } => summary.holes = summary.holes.saturating_add(1),
            }
        }
    }
    summary
}

fn summary_of(header: &Logfile) -> Summary {
    Summary {
        lost: header.events_lost,
        buffers_lost: header.buffers_lost,
        clock: header.clock,
        build: header.build,
        processors: header.processors,
        buffer_size: header.buffer_size,
        mode: header.mode,
        started: header.started,
        ..Summary::default()
    }
}
