//! The header of a buffer. Layout: Geoff Chappell, "WMI_BUFFER_HEADER" (Windows Vista and later), and Microsoft's
//! `ETW_BUFFER_HEADER`; checked against captured files of Windows 10 and 11.

use super::cursor::{i64_at, u16_at};
use super::event;
use super::lz77;
use crate::bytes::u32_at;

/// Size of the header; the first event follows it.
pub(super) const HEADER: usize = 0x48;
/// What is read of a buffer to know when it begins: its header and the head of its first event.
pub(super) const HEAD: usize = HEADER + 0x100;
/// The same as the size of a buffer without events.
const LEAST: u32 = 0x48;
/// Largest buffer that is believed, in bytes. Windows has had 1 MiB and, since Windows 8, 16 MiB as limits.
pub(super) const LARGEST: u32 = 64 << 20;
/// How much larger a compressed buffer may become. Events are never that regular; damage and attacks are.
const MOST_EXPANSION: u32 = 100;

const EVENTS_LOST: u16 = 0x02;
const BUFFER_LOST: u16 = 0x04;
const COMPRESSED: u16 = 0x40;
/// Type of the buffer with which a file begins.
const FILE_HEADER: u16 = 4;
/// Above all known types of a buffer (0 … 7).
const TYPES: u16 = 16;

/// What of a buffer's header is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BufferHeader {
    /// Bytes of it in the file: the distance to the next.
    pub size: u32,
    /// Time stamp at which it was completed, in units of the file's clock. Zero in header buffers; a FILETIME in compressed
    /// files, whatever their clock is (seen).
    pub completed: i64,
    /// Bytes that hold events, with the header, after unpacking. The field `SavedOffset` says less in header buffers.
    pub filled: u32,
    flags: u16,
    kind: u16,
}

impl BufferHeader {
    /// Reads the header with which these bytes begin.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(BufferHeader {
            size: u32_at(bytes, 0x00)?,
            completed: i64_at(bytes, 0x10)?,
            filled: u32_at(bytes, 0x30)?,
            flags: u16_at(bytes, 0x34)?,
            kind: u16_at(bytes, 0x36).filter(|_| bytes.len() >= HEADER)?,
        })
    }

    /// Whether its numbers can be those of a buffer.
    pub fn is_plausible(&self) -> bool {
        let most = match self.is_compressed() {
            true => self.size.saturating_mul(MOST_EXPANSION).min(LARGEST),
            false => self.size,
        };
        is_possible_size(self.size) && (LEAST..=most).contains(&self.filled) && self.kind < TYPES
    }

    /// Whether its events are stored in the compressed form.
    pub fn is_compressed(&self) -> bool {
        self.flags & COMPRESSED != 0
    }

    /// Whether this is the buffer with which a file begins.
    pub fn is_file_header(&self) -> bool {
        self.kind == FILE_HEADER
    }

    /// Whether events were lost before or in this buffer.
    pub fn tells_loss(&self) -> bool {
        self.flags & (EVENTS_LOST | BUFFER_LOST) != 0
    }
}

/// Whether a buffer can have this many bytes.
pub(super) fn is_possible_size(size: u32) -> bool {
    (LEAST..=LARGEST).contains(&size)
}

/// The first event of a buffer, of which only the head may be there: its time stamp, if it has one, else `Some(None)`. `None`
/// if no event begins there.
pub(super) fn first_event(head: &[u8], header: &BufferHeader) -> Option<Option<i64>> {
    let stored = head.get(HEADER..)?;
    let peek = match header.is_compressed() {
        true => event::peek(&lz77::unpack(stored, event::LONGEST_HEAD)),
        false => event::peek(stored),
    }?;
    let room = usize::try_from(header.filled).ok()?.saturating_sub(HEADER);
    (peek.size <= room).then_some(peek.time)
}
