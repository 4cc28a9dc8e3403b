//! Finds chunks that lie loose in a stream, at memory speed and with a window of a megabyte.
//!
//! Clusters, sectors and pages put a chunk anywhere, and what comes after its first part may belong to something else: a
//! chunk is known by its magic with a header or a first record that fits, and is as long as nothing shows where it ends.

use crate::evtx::layout::{
    CHUNK, CHUNK_HEADER, CHUNK_MAGIC, Checks, ChunkHeader, data_checksum_fits, header_checksum_fits,
    record_at,
};
use crate::evtx::scan::Chunk;
use memchr::memmem;
use std::borrow::Cow;
use std::io::Read;

/// Size of the window; many times that of a chunk.
const WINDOW: usize = 1 << 20;

/// Walks a stream from one loose chunk to the next.
pub(crate) struct Finder<'r> {
    stream: &'r mut dyn Read,
    magic: memmem::Finder<'static>,
    window: Vec<u8>,
    /// The part of the window that is filled and not done with.
    start: usize,
    end: usize,
    /// Where in the stream the window begins.
    offset: u64,
}

impl<'r> Finder<'r> {
    /// A finder at the start of a stream.
    pub fn new(stream: &'r mut dyn Read) -> Self {
        let magic = memmem::Finder::new(CHUNK_MAGIC);
        Finder { stream, magic, window: vec![0; WINDOW], start: 0, end: 0, offset: 0 }
    }

    /// The next chunk; `None` at the end.
    pub fn next(&mut self) -> Option<Chunk<'static>> {
        loop {
            let Some(at) = self.magic.find(self.rest()) else {
                // A magic may begin in the last bytes.
                let done = self.rest().len().saturating_sub(CHUNK_MAGIC.len().saturating_sub(1));
                self.skip(done);
                if self.fill() {
                    continue;
                }
                return None;
            };
            self.skip(at);
            while self.rest().len() < CHUNK && self.fill() {}
            let offset = self.offset.saturating_add(u64::try_from(self.start).unwrap_or(0));
            match chunk_of(self.rest(), offset) {
                Some(chunk) => {
                    self.skip(chunk.present);
                    return Some(chunk);
                }
                None => self.skip(CHUNK_MAGIC.len()),
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.window.get(self.start..self.end).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
    }

    /// Reads on behind what is there; whether there was more.
    fn fill(&mut self) -> bool {
        self.window.copy_within(self.start..self.end, 0);
        self.offset = self.offset.saturating_add(u64::try_from(self.start).unwrap_or(0));
        (self.start, self.end) = (0, self.end.saturating_sub(self.start));
        let free = self.window.get_mut(self.end..).unwrap_or_default();
        // The stream keeps its own errors for the report; here an error is the end.
        let read = self.stream.read(free).unwrap_or(0);
        self.end = self.end.saturating_add(read);
        read > 0
    }
}

/// The chunk at the start of these bytes, if there is one: to its end, or to where another one begins in a damaged one.
fn chunk_of(rest: &[u8], offset: u64) -> Option<Chunk<'static>> {
    let slot = rest.get(..CHUNK).unwrap_or(rest);
    if !begins(slot) {
        return None;
    }
    // Where the checksum fits, nothing else begins before the end of the live records.
    let is_sound = data_checksum_fits(slot);
    let live = ChunkHeader::of(slot).and_then(|header| header.free_space()).filter(|_| is_sound);
    let next = next_in(slot, live.unwrap_or(CHUNK_MAGIC.len()));
    let present = next.unwrap_or(slot.len());
    let mut bytes = slot.get(..present).unwrap_or(slot).to_vec();
    bytes.resize(CHUNK, 0);
    let checks = Checks::of(&bytes);
    let bytes = Cow::Owned(bytes);
    Some(Chunk { offset, bytes, checks, present, mended: false, overlapped: next.is_some() })
}

/// Whether what begins with the magic of a chunk is one.
fn begins(bytes: &[u8]) -> bool {
    let Some(header) = ChunkHeader::of(bytes).filter(|_| bytes.len() > CHUNK_HEADER) else { return false };
    header_checksum_fits(bytes) || header.is_plausible() || record_at(bytes, CHUNK_HEADER).is_some()
}

/// The first chunk that begins inside of another one, at this place or behind it.
fn next_in(slot: &[u8], first: usize) -> Option<usize> {
    memmem::find_iter(slot.get(first..)?, CHUNK_MAGIC)
        .map(|at| at.saturating_add(first))
        .find(|at| slot.get(*at..).is_some_and(begins))
}
