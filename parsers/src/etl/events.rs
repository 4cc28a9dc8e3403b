//! The events of one buffer: its bytes, unpacked, and the walk through them. Bytes that are no event are stepped over to
//! the next place where two events, or one and the end, follow each other.

use super::buffer::{BufferHeader, HEADER};
use super::event::{self, RawEvent, padded};
use super::lz77;
use super::source::Source;
use super::walk::Place;
use std::io::{Read, Seek};

/// A buffer with its events unpacked.
pub(super) struct Buffer {
    /// Its header.
    pub header: BufferHeader,
    /// Why events may be missing at its end.
    pub short: Option<Short>,
    bytes: Vec<u8>,
}

/// Why a buffer has less than its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Short {
    /// The next buffer or the end of the file comes before.
    Cut,
    /// It cannot be unpacked to its end.
    Unpacking,
}

impl Buffer {
    /// Reads the buffer at this place.
    pub fn read(source: &mut Source<'_, impl Read + Seek>, place: &Place) -> Option<Self> {
        let mut bytes = source.at(place.offset, place.present);
        let header = BufferHeader::of(&bytes)?;
        let is_cut = u64::try_from(bytes.len()).is_ok_and(|present| present < u64::from(header.size));
        let filled = usize::try_from(header.filled).ok()?;
        let wanted = filled.saturating_sub(HEADER);
        if header.is_compressed() {
            let events = lz77::unpack(bytes.get(HEADER..)?, wanted);
            let short = if is_cut { Short::Cut } else { Short::Unpacking };
            let short = (events.len() < wanted).then_some(short);
            return Some(Buffer { header, short, bytes: events });
        }
        bytes.truncate(filled);
        bytes.drain(..HEADER);
        let short = (bytes.len() < wanted).then_some(Short::Cut);
        Some(Buffer { header, short, bytes })
    }

    /// What lies in it, in its order.
    pub fn parts(&self) -> Parts<'_> {
        Parts { bytes: &self.bytes, at: 0 }
    }
}

/// A part of a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    /// An event, and its distance from the buffer's first byte.
    Event(usize, RawEvent<'a>),
    /// Bytes that are no event.
    Hole {
        /// Their distance from the buffer's first byte.
        at: usize,
        /// Whether the buffer ends with them.
        last: bool,
    },
}

/// The parts of a buffer.
pub(super) struct Parts<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Events begin at multiples of this.
const STEP: usize = 8;

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let from = self.at.saturating_add(HEADER);
        if let Some(event) = event::read(rest) {
            self.at = self.at.saturating_add(padded(event.head.size));
            return Some(Part::Event(from, event));
        }
        // What was never written is all ones.
        if rest.iter().all(|byte| *byte == 0xFF) {
            self.at = self.bytes.len();
            return None;
        }
        let next = (STEP..rest.len()).step_by(STEP).find(|&at| rest.get(at..).is_some_and(begins_chain));
        self.at = self.at.saturating_add(next.unwrap_or(rest.len()));
        Some(Part::Hole { at: from, last: next.is_none() })
    }
}

/// Whether an event begins here, and behind it another one or nothing.
fn begins_chain(bytes: &[u8]) -> bool {
    let Some(event) = event::read(bytes) else { return false };
    let behind = bytes.get(padded(event.head.size)..).unwrap_or_default();
    behind.is_empty() || event::peek(behind).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{EventBytes, buffer};
    use super::*;
    use std::io::Cursor;

    fn parts(bytes: &[u8]) -> (Vec<String>, Option<Short>) {
        let mut file = Cursor::new(bytes);
        let mut source = Source::new(&mut file);
        let place = Place { offset: 0, present: bytes.len(), first: None };
        let buffer = Buffer::read(&mut source, &place).unwrap();
        let words = buffer.parts().map(|part| match part {
            Part::Event(at, event) => format!("{at:#x} {:?} {:?}", event.head.kind, event.head.time),
            Part::Hole { at, last } => format!("{at:#x} hole{}", if last { " to the end" } else { "" }),
        });
        (words.collect(), buffer.short)
    }

    fn three() -> Vec<u8> {
        buffer(0x400, 0, 0, &[1, 2, 3].map(EventBytes::classic))
    }

    #[test]
    fn an_event_with_a_broken_size_costs_only_itself() {
        for size in [0_u16, 3, 0x2F, u16::MAX] {
            let mut bytes = three();
            bytes[0x78..0x7A].copy_from_slice(&size.to_le_bytes());
            let (found, short) = parts(&bytes);
            assert_eq!(found, ["0x48 Classic64 Some(1)", "0x78 hole", "0xa8 Classic64 Some(3)"], "{size}");
            assert_eq!(short, None);
        }
    }

    #[test]
    fn a_buffer_that_is_cut_gives_the_events_before_the_cut() {
        let bytes = three();
        let (found, short) = parts(&bytes[..0xB0]);
        assert_eq!(found, ["0x48 Classic64 Some(1)", "0x78 Classic64 Some(2)", "0xa8 hole to the end"]);
        assert_eq!(short, Some(Short::Cut));
        // Cut in the unused part: nothing is missing.
        assert_eq!(parts(&bytes[..0xD8]), parts(&bytes));
    }

    #[test]
    fn a_compressed_buffer_that_does_not_unpack_says_so() {
        let mut bytes = buffer(0x400, 0, 0x40, &[EventBytes::classic(1)]);
        bytes[0x48..0x80].fill(0xFF);
        let (found, short) = parts(&bytes);
        assert_eq!((found.len(), short), (0, Some(Short::Unpacking)));
    }
}
