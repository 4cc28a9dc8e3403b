//! Finds the chunks of an EVTX file in a stream, with a window of a few hundred KiB and without seeking.
//!
//! Chunks stand on a grid of 64 KiB, but only as long as nobody cut the file: every place where something else stands is
//! searched for the next chunk, a chunk whose magic is damaged is known by its header, and a chunk that begins inside the
//! space of another one (bytes were lost between them) is honoured if its checksum fits. Measured on a damaged log, this
//! recovers all records where a walk over the grid alone finds none.

use super::layout::{
    CHUNK, CHUNK_HEADER, CHUNK_MAGIC, ChunkHeader, FILE_HEADER_BLOCK, FILE_MAGIC, FileHeader,
};
use super::layout::{Checks, free_space, has_no_checksums, header_checksum_fits, record_at};
use memchr::memmem;
use std::borrow::Cow;
use std::io::Read;
use std::sync::LazyLock;

/// How much is read at once.
const READ: usize = 4 * CHUNK;

/// Finds what looks like a chunk; making it anew for every slot takes as long as a search.
static CHUNKS: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(CHUNK_MAGIC));

/// What stands at the next place.
pub(super) enum Found {
    /// The file header.
    Header(FileHeader),
    /// The input does not begin with a file header.
    NoHeader,
    /// The input ends inside the block of the file header; the header itself may have come before.
    CutHeader,
    /// A chunk.
    Chunk(Chunk<'static>),
    /// Bytes that are neither a chunk nor zeros.
    Skipped {
        /// Where they begin.
        offset: u64,
        /// How many.
        length: u64,
    },
}

/// The bytes of a chunk.
pub(super) struct Chunk<'a> {
    /// Where it begins in the input.
    pub offset: u64,
    /// Always 64 KiB: what was cut off is zero, a damaged magic is mended.
    pub bytes: Cow<'a, [u8]>,
    /// Which of its checksums fit, as it lies in the input.
    pub checks: Checks,
    /// How many of the bytes are from the input.
    pub present: usize,
    /// Whether the magic was mended.
    pub mended: bool,
    /// Whether another chunk begins where this one is cut; else the input ends there.
    pub overlapped: bool,
}

impl Chunk<'_> {
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
        Scanner { window: Window::new(stream, 0), begun: false, skipped: None, next: None }
    }

    /// A scanner behind the file header, of a stream that begins at this offset.
    pub fn resume(stream: &'r mut dyn Read, offset: u64) -> Self {
        Scanner { window: Window::new(stream, offset), begun: true, skipped: None, next: None }
    }

    /// Where it stands, if all that lies before was given out.
    pub fn settled(&self) -> Option<u64> {
        (self.skipped.is_none() && self.next.is_none()).then_some(self.window.offset)
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
                Slot::Chunk { present, mended, overlapped, checks } => {
                    let bytes = padded(view, present);
                    let is_as_it_was = present == CHUNK && !mended;
                    let checks = if is_as_it_was { checks } else { Checks::of(&bytes) };
                    let bytes = Cow::Owned(bytes);
                    let chunk = Chunk { offset, bytes, checks, present, mended, overlapped };
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
        let chunk = chunk_inside(view, 8, FILE_HEADER_BLOCK);
        if chunk.is_none() && view.len() < FILE_HEADER_BLOCK {
            self.next = Some(Found::CutHeader);
        }
        self.window.advance(chunk.unwrap_or(FILE_HEADER_BLOCK));
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
    Chunk { present: usize, mended: bool, overlapped: bool, checks: Checks },
}

/// What lies in one slot of the grid, where nothing is out of the ordinary.
pub(super) enum Regular<'a> {
    Zeros,
    Chunk(Chunk<'a>),
}

/// A slot of the grid at this offset, with the beginning of the next one; `None` if it takes a [`Scanner`] to tell what is
/// there.
pub(super) fn regular(view: &[u8], offset: u64) -> Option<Regular<'_>> {
    match Slot::of(view) {
        Slot::Zeros(CHUNK) => Some(Regular::Zeros),
        Slot::Chunk { present: CHUNK, mended: false, overlapped: false, checks } => {
            let bytes = Cow::Borrowed(view.get(..CHUNK)?);
            Some(Regular::Chunk(Chunk {
                offset,
                bytes,
                checks,
                present: CHUNK,
                mended: false,
                overlapped: false,
            }))
        }
        _ => None,
    }
}

impl Slot {
    fn of(view: &[u8]) -> Slot {
        let slot = view.get(..CHUNK).unwrap_or(view);
        if is_chunk(slot) {
            let checks = Checks::of(slot);
            // Nothing is missing in what a checksum covers, so that only the rest need be searched.
            let from = if checks.fit() { free_space(slot).max(8) } else { 8 };
            let inner = chunk_inside(view, from, slot.len());
            return Slot::Chunk {
                present: inner.unwrap_or(slot.len()),
                mended: !slot.starts_with(CHUNK_MAGIC),
                overlapped: inner.is_some(),
                checks,
            };
        }
        if is_zero(slot) {
            return Slot::Zeros(slot.len());
        }
        Slot::Other(next_chunk(view, slot.len()).unwrap_or(slot.len()))
    }
}

/// Whether all bytes are zero; in blocks, which the compiler makes fast.
fn is_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks.iter().all(|block| block.iter().fold(0, |all, byte| all | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

/// Whether a chunk begins here: by its magic, by a header that fits together, or by a record where the first one stands.
fn is_chunk(bytes: &[u8]) -> bool {
    bytes.starts_with(CHUNK_MAGIC)
        || bytes.len() >= CHUNK_HEADER && ChunkHeader::of(bytes).is_some_and(|header| header.is_plausible())
        || record_at(bytes, CHUNK_HEADER).is_some()
}

/// The first chunk that begins inside these bytes (before `end`) beyond doubt: the checksum of its header fits.
fn chunk_inside(view: &[u8], from: usize, end: usize) -> Option<usize> {
    chunks_from(view, from, end).find(|at| view.get(*at..).is_some_and(header_checksum_fits))
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
    CHUNKS.find_iter(rest).map(move |at| at.saturating_add(from)).take_while(move |at| *at < end)
}

fn padded(view: &[u8], present: usize) -> Vec<u8> {
    let mut bytes = view.get(..present).unwrap_or(view).to_vec();
    bytes.resize(CHUNK, 0);
    if let Some(magic) = bytes.first_chunk_mut::<8>() {
        *magic = *CHUNK_MAGIC;
    }
    bytes
}

/// Whether these first bytes are those of a log's file: its header, or chunks where a file has its first ones.
pub(crate) fn is_file(head: &[u8]) -> bool {
    head.starts_with(FILE_MAGIC) || is_chunk(head) || head.get(FILE_HEADER_BLOCK..).is_some_and(is_chunk)
}

/// Whether these first bytes of an input without a file header are those of a log all the same.
pub(crate) fn shows_chunks(head: &[u8]) -> bool {
    let found = CHUNKS.find_iter(head).any(|at| {
        let bytes = head.get(at..).unwrap_or_default();
        header_checksum_fits(bytes)
            || ChunkHeader::of(bytes).is_some_and(|h| h.is_plausible() || has_no_checksums(bytes))
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
    fn new(stream: &'r mut dyn Read, offset: u64) -> Self {
        Window { stream, buffer: Vec::new(), start: 0, offset, ended: false }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk without records whose header counts ten of them, with its checksum.
    fn chunk(first: u64) -> Vec<u8> {
        let mut bytes = vec![0_u8; CHUNK];
        let numbers = [(8, first), (16, first + 9), (24, first), (32, first + 9)];
        bytes[..8].copy_from_slice(CHUNK_MAGIC);
        for (at, number) in numbers {
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        for (at, number) in [(40, 128_u32), (44, 512), (48, 1024)] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        let checksum = crc32fast::hash(&[&bytes[..120], &bytes[128..512]].concat());
        bytes[124..128].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn file_header() -> Vec<u8> {
        let mut bytes = vec![0_u8; FILE_HEADER_BLOCK];
        bytes[..8].copy_from_slice(FILE_MAGIC);
        let checksum = crc32fast::hash(&bytes[..120]);
        bytes[124..128].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// What a scan finds, in short words.
    fn scan(parts: &[&[u8]]) -> Vec<String> {
        let bytes = parts.concat();
        let mut stream = bytes.as_slice();
        let mut scanner = Scanner::new(&mut stream);
        std::iter::from_fn(|| scanner.next()).map(|found| word(&found)).collect()
    }

    fn word(found: &Found) -> String {
        match found {
            Found::Header(header) => format!("header {}", header.checksum_fits),
            Found::NoHeader => "no header".to_owned(),
            Found::CutHeader => "cut header".to_owned(),
            Found::Skipped { offset, length } => format!("skipped {length} at {offset}"),
            Found::Chunk(chunk) => {
                assert_eq!(chunk.bytes.len(), CHUNK);
                assert!(chunk.bytes.starts_with(CHUNK_MAGIC));
                let mended = if chunk.mended { ", mended" } else { "" };
                let overlapped = if chunk.overlapped { ", overlapped" } else { "" };
                format!("chunk at {}, {}{mended}{overlapped}", chunk.offset, chunk.present)
            }
        }
    }

    #[test]
    fn chunks_on_the_grid_and_zeros_between_them() {
        let found = scan(&[&file_header(), &chunk(1), &[0; CHUNK], &chunk(11), &[0; 5000]]);
        assert_eq!(found, ["header true", "chunk at 4096, 65536", "chunk at 135168, 65536"]);
    }

    #[test]
    fn chunks_off_the_grid() {
        let found = scan(&[&file_header(), &[0xAB; 100], &chunk(1), &chunk(11)]);
        assert_eq!(
            found,
            ["header true", "skipped 100 at 4096", "chunk at 4196, 65536", "chunk at 69732, 65536"]
        );
    }

    #[test]
    fn garbage_of_several_slots_is_one_range() {
        let found = scan(&[&file_header(), &vec![0xAB; 3 * CHUNK + 10], &chunk(1), &[0xAB; 7]]);
        let expected =
            ["header true", "skipped 196618 at 4096", "chunk at 200714, 65536", "skipped 7 at 266250"];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_chunk_without_its_magic_is_known_by_its_header() {
        let mut damaged = chunk(11);
        damaged[..8].fill(0xEE);
        let found = scan(&[&file_header(), &chunk(1), &damaged]);
        assert_eq!(found[2], "chunk at 69632, 65536, mended");
        // The fields must fit together: here the last record lies behind the free space.
        damaged[44..48].copy_from_slice(&2048_u32.to_le_bytes());
        assert_eq!(scan(&[&file_header(), &damaged])[1], "skipped 65536 at 4096");
    }

    #[test]
    fn a_chunk_inside_another_is_honoured_if_its_checksum_fits() {
        let first = &chunk(1)[..CHUNK - 100];
        let found = scan(&[&file_header(), first, &chunk(11)]);
        assert_eq!(found[1..], ["chunk at 4096, 65436, overlapped", "chunk at 69532, 65536"]);
        // The magic alone may be data of a record.
        let mut text = chunk(1);
        text[600..608].copy_from_slice(CHUNK_MAGIC);
        assert_eq!(scan(&[&file_header(), &text])[1..], ["chunk at 4096, 65536"]);
    }

    #[test]
    fn what_the_end_cuts_is_given_as_far_as_it_goes() {
        assert_eq!(scan(&[&file_header(), &chunk(1)[..3000]])[1], "chunk at 4096, 3000");
        assert_eq!(scan(&[&file_header()[..100]]), ["cut header"]);
        assert_eq!(scan(&[&file_header()[..2000]]), ["header true", "cut header"]);
        assert_eq!(scan(&[&file_header()[..166], &chunk(1)]), ["header true", "chunk at 166, 65536"]);
    }

    #[test]
    fn files_without_a_header() {
        assert_eq!(scan(&[&chunk(1)]), ["no header", "chunk at 0, 65536"]);
        assert_eq!(scan(&[&[0; FILE_HEADER_BLOCK], &chunk(1)]), ["no header", "chunk at 4096, 65536"]);
        assert_eq!(scan(&[&[0xAB; 50], &chunk(1)]), ["no header", "skipped 50 at 0", "chunk at 50, 65536"]);
    }

    #[test]
    fn a_log_is_recognised_by_its_chunks() {
        let mut bare = chunk(1);
        bare[..8].fill(0);
        assert!(shows_chunks(&[&[0; FILE_HEADER_BLOCK], &bare[..]].concat()));
        assert!(shows_chunks(&[&[0xAB; 77], &chunk(1)[..]].concat()));
        assert!(!shows_chunks(&[0; 3 * CHUNK]));
        assert!(!shows_chunks(b"the word ElfChnk\0 in a text"));
    }
}
