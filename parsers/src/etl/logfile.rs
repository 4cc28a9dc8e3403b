//! `TRACE_LOGFILE_HEADER`: what the session says of itself in the first event of a file (Microsoft, evntrace.h).

use super::buffer::{BufferHeader, HEADER, is_possible_size};
use super::clock::TraceClock;
use super::cursor::{i64_at, u16_at};
use super::event::{self, HOOK, Kind};
use crate::bytes::u32_at;

/// What the header says. How many buffers were written and when the session ended are zero in a session that was not stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Logfile {
    /// Size of the session's buffers, in bytes.
    pub buffer_size: u32,
    /// Build of Windows.
    pub build: u32,
    /// Processors.
    pub processors: u32,
    /// `EndTime`, a FILETIME.
    pub ended: i64,
    /// `LogFileMode`.
    pub mode: u32,
    /// Buffers written.
    pub buffers_written: u32,
    /// Events lost.
    pub events_lost: u32,
    /// Buffers lost.
    pub buffers_lost: u32,
    /// `StartTime`, a FILETIME.
    pub started: i64,
    /// The time stamp of the header event itself, which stands for `StartTime`.
    pub stamp: i64,
    /// Ticks of the performance counter per second.
    pub frequency: i64,
    /// Megahertz of the processor.
    pub mhz: u32,
    /// Which clock the time stamps are from: 1 performance counter, 2 system time, 3 processor cycles.
    pub clock: u32,
}

/// `EVENT_TRACE_FILE_MODE_SEQUENTIAL`, `EVENT_TRACE_FILE_MODE_CIRCULAR`.
const SEQUENTIAL: u32 = 0x01;
const CIRCULAR: u32 = 0x02;
/// The fields behind the two pointers lie this much lower where pointers have 4 bytes.
const NARROWER: usize = 8;
/// `SYSTEM_TRACE_HEADER`.
const SYSTEM_HEADER: usize = 0x20;

impl Logfile {
    /// Reads the header event of a file from its first bytes, whatever the buffer's header is worth.
    pub fn of_file(head: &[u8]) -> Option<Self> {
        let bytes = head.get(HEADER..)?;
        let event = event::peek(bytes)?;
        let is_header = matches!(event.kind, Kind::System32 | Kind::System64) && u16_at(bytes, HOOK)? == 0;
        let payload = bytes.get(..event.size).unwrap_or(bytes).get(SYSTEM_HEADER..)?;
        let narrower = match u32_at(payload, 0x2C)? {
            4 => NARROWER,
            8 => 0,
            _ => return None,
        };
        let behind = |at: usize| at.saturating_sub(narrower);
        let header = Logfile {
            buffer_size: u32_at(payload, 0x00)?,
            build: u32_at(payload, 0x08)?,
            processors: u32_at(payload, 0x0C)?,
            ended: i64_at(payload, 0x10)?,
            mode: u32_at(payload, 0x20)?,
            buffers_written: u32_at(payload, 0x24)?,
            events_lost: u32_at(payload, 0x30)?,
            mhz: u32_at(payload, 0x34)?,
            frequency: i64_at(payload, behind(0x100))?,
            started: i64_at(payload, behind(0x108))?,
            clock: u32_at(payload, behind(0x110))?,
            buffers_lost: u32_at(payload, behind(0x114))?,
            stamp: event.time?,
        };
        (is_header && is_possible_size(header.buffer_size)).then_some(header)
    }

    /// The clock of the file's events.
    pub fn clock(&self) -> TraceClock {
        TraceClock::of(self)
    }

    /// Whether the file is written from its start to its end, so that it holds everything since the session began.
    pub fn is_sequential(&self) -> bool {
        self.mode & (SEQUENTIAL | CIRCULAR) == SEQUENTIAL
    }

    /// Whether new buffers overwrite the oldest ones.
    pub fn is_circular(&self) -> bool {
        self.mode & CIRCULAR != 0
    }

    /// Whether the session was stopped in order, so that the counts of its header are final.
    pub fn was_stopped(&self) -> bool {
        self.ended != 0 && self.buffers_written != 0
    }
}

/// Whether a file that begins like this is an event trace: a header buffer, and in it the event that describes the session.
pub(super) fn begins_file(head: &[u8]) -> bool {
    let header = BufferHeader::of(head);
    let plausible = header
        .is_some_and(|header| header.is_plausible() && header.is_file_header() && !header.is_compressed());
    plausible && Logfile::of_file(head).is_some()
}
