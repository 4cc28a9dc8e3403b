//! Finds the chunks of an EVTX file in a stream, with a window of a few hundred KiB and without seeking.
//!
//! Chunks stand on a grid of 64 KiB, but only as long as nobody cut the file: every place where something else stands is
//! searched for the next chunk, a chunk whose magic is damaged is known by its header, and a chunk that begins inside the
//! space of another one (bytes were lost between them) is honoured if its checksum fits. Measured on a damaged log, this
//! recovers all records where a walk over the grid alone finds none.

use super::layout::{CHUNK, CHUNK_HEADER, CHUNK_MAGIC, ChunkHeader, FILE_HEADER_BLOCK, FILE_MAGIC, FileHeader};
use super::layout::{has_no_checksums, header_checksum_fits};
use memchr::memmem;
use std::io::Read;

/// How much is read at once.
const READ: usize = 4 * CHUNK;

/// What stands at the next place.
pub(super) enum Found {
    /// The file header.
    Header(FileHeader),
    /// The input does not begin with a file header.
    NoHeader,
    /// The input ends inside the file header.
    CutHeader,
    /// A chunk.
    Chunk(Chunk),
    /// Bytes that are neither a chunk nor zeros.
    Skipped {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
    },
}

/// The bytes of a chunk.
pub(super) struct Chunk {
    /// Where it begins in the input.
    pub offset: u64,
    /// Always 64 KiB: what was cut off is zero, a damaged magic is mended.
    pub bytes: Vec<u8>,
    /// How many of the bytes are from the input.
    pub present: usize,
    /// Whether the magic was mended.
    pub mended: bool,
    /// Whether another chunk begins where this one is cut; else the input ends there.
    pub overlapped: bool,
}

impl Chunk {
    /// Whether a part is missing.
    pub fn is_cut(&self) -> bool {
        self.present < CHUNK
    }
}

/// Walks a stream from chunk to chunk.
pub(super) struct Scanner<'r> {
    window: Window<'r>,
    begun: bool,
    skipped: Option<(u64, u64)>,
    next: Option<Found>,
}

impl<'r> Scanner<'r> {
    /// A scanner at the start of a file.
    pub fn new(stream: &'r mut dyn Read) -> Self {
        Scanner { window: Window::new(stream), begun: false, skipped: None, next: None }
    }

    /// What comes next; `None` at the end.
    pub fn next(&mut self) -> Option<Found> {
        if let Some(found) = self.next.take() {
            return Some(found);
        }
        if !self.begun {
            self.begun = true;
            return self.begin();
        }
        loop {
            let offset = self.window.offset;
            let view = self.window.ahead(CHUNK.saturating_add(CHUNK_HEADER));
            if view.is_empty() {
                return self.flush();
            }
            let length = match Slot::of(view) {
                Slot::Zeros(length) => length,
                Slot::Other(length) => {
                    self.skip(offset, length);
                    length
                }
                Slot::Chunk { present, mended, overlapped } => {
                    let chunk = Chunk { offset, bytes: padded(view, present), present, mended, overlapped };
                    self.window.advance(present);
                    self.next = Some(Found::Chunk(chunk));
                    return self.flush().or_else(|| self.next.take());
                }
            };
            self.window.advance(length);
        }
    }

    fn begin(&mut self) -> Option<Found> {
        let view = self.window.ahead(FILE_HEADER_BLOCK.saturating_add(CHUNK_HEADER));
        let Some(header) = FileHeader::of(view) else {
            if view.starts_with(FILE_MAGIC) {
                self.window.advance(FILE_HEADER_BLOCK);
                return Some(Found::CutHeader);
            }
            let stands_behind = !is_chunk(view) && view.get(FILE_HEADER_BLOCK..).is_some_and(is_chunk);
            if stands_behind {
                self.window.advance(FILE_HEADER_BLOCK);
            }
            return Some(Found::NoHeader);
        };
        let length = chunk_inside(view, FILE_HEADER_BLOCK).unwrap_or(FILE_HEADER_BLOCK.min(view.len()));
        self.window.advance(length);
        Some(Found::Header(header))
    }

    /// Notes skipped bytes; neighbours become one range.
    fn skip(&mut self, offset: u64, length: usize) {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let (from, so_far) = self.skipped.unwrap_or((offset, 0));
        self.skipped = match from.saturating_add(so_far) == offset {
            true => Some((from, so_far.saturating_add(length))),
            false => Some((from, offset.saturating_sub(from).saturating_add(length))),
        };
    }

    fn flush(&mut self) -> Option<Found> {
        self.skipped.take().map(|(offset, length)| Found::Skipped { offset, length })
    }
}

/// What a place holds, and how many bytes of it.
enum Slot {
    Zeros(usize),
    Other(usize),
    Chunk { present: usize, mended: bool, overlapped: bool },
}

impl Slot {
    fn of(view: &[u8]) -> Slot {
        let slot = view.get(..CHUNK).unwrap_or(view);
        if is_chunk(slot) {
            let inner = chunk_inside(view, slot.len());
            return Slot::Chunk {
                present: inner.unwrap_or(slot.len()),
                mended: !slot.starts_with(CHUNK_MAGIC),
                overlapped: inner.is_some(),
            };
        }
        if slot.iter().all(|byte| *byte == 0) {
            return Slot::Zeros(slot.len());
        }
        Slot::Other(next_chunk(view, slot.len()).unwrap_or(slot.len()))
    }
}

/// Whether a chunk begins here: by its magic, or by a header that fits together.
fn is_chunk(bytes: &[u8]) -> bool {
    bytes.starts_with(CHUNK_MAGIC)
        || bytes.len() >= CHUNK_HEADER && ChunkHeader::of(bytes).is_some_and(|header| header.is_plausible())
}

/// The first chunk that begins inside these bytes (before `end`) beyond doubt: the checksum of its header fits.
fn chunk_inside(view: &[u8], end: usize) -> Option<usize> {
    chunks_from(view, 8, end).find(|at| view.get(*at..).is_some_and(header_checksum_fits))
}

/// The first chunk that begins inside these bytes (before `end`) by its magic and either its checksum or its size field.
fn next_chunk(view: &[u8], end: usize) -> Option<usize> {
    chunks_from(view, 1, end).find(|at| {
        let bytes = view.get(*at..).unwrap_or_default();
        let usual = ChunkHeader::of(bytes).is_some_and(|header| header.has_usual_size());
        usual || header_checksum_fits(bytes)
    })
}

fn chunks_from(view: &[u8], from: usize, end: usize) -> impl Iterator<Item = usize> {
    let rest = view.get(from..).unwrap_or_default();
    memmem::find_iter(rest, CHUNK_MAGIC).map(move |at| at.saturating_add(from)).take_while(move |at| *at < end)
}

fn padded(view: &[u8], present: usize) -> Vec<u8> {
    let mut bytes = view.get(..present).unwrap_or(view).to_vec();
    bytes.resize(CHUNK, 0);
    if let Some(magic) = bytes.first_chunk_mut::<8>() {
        *magic = *CHUNK_MAGIC;
    }
    bytes
}

/// Whether these first bytes of an input without a file header are those of a log all the same.
pub(crate) fn shows_chunks(head: &[u8]) -> bool {
    let found = memmem::find_iter(head, CHUNK_MAGIC).any(|at| {
        let bytes = head.get(at..).unwrap_or_default();
        header_checksum_fits(bytes) || ChunkHeader::of(bytes).is_some_and(|h| h.is_plausible() || has_no_checksums(bytes))
    });
    let on_grid = |start: usize| head.get(start..).unwrap_or_default().chunks(CHUNK).any(is_chunk);
    found || on_grid(0) || on_grid(FILE_HEADER_BLOCK)
}

/// A stream with a view of what comes next.
struct Window<'r> {
    stream: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    offset: u64,
    ended: bool,
}

impl<'r> Window<'r> {
    fn new(stream: &'r mut dyn Read) -> Self {
        Window { stream, buffer: Vec::new(), start: 0, offset: 0, ended: false }
    }

    /// The next bytes: this many, or fewer at the end.
    fn ahead(&mut self, want: usize) -> &[u8] {
        while !self.ended && self.buffer.len().saturating_sub(self.start) < want {
            self.fill();
        }
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        rest.get(..want).unwrap_or(rest)
    }

    fn fill(&mut self) {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled.saturating_add(READ), 0);
        let free = self.buffer.get_mut(filled..).unwrap_or_default();
        // The stream keeps its own errors for the report; here an error is the end.
        let read = self.stream.read(free).unwrap_or(0);
        self.ended = read == 0;
        self.buffer.truncate(filled.saturating_add(read));
    }

    fn advance(&mut self, by: usize) {
        let by = by.min(self.buffer.len().saturating_sub(self.start));
        self.start = self.start.saturating_add(by);
        self.offset = self.offset.saturating_add(u64::try_from(by).unwrap_or(0));
    }
}
