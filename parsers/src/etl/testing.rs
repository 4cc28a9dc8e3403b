//! Event traces for the tests, byte by byte after the documented layouts. Names and ids are invented.

use super::buffer::HEADER;

/// 2024-12-30T02:40:00Z as FILETIME; the session of [`header_buffer`] begins then.
pub(super) const START: i64 = 133_800_000_000_000_000;
/// Stamp of the header event of [`header_buffer`].
pub(super) const STAMP: i64 = 1_000;

/// An event in the making.
pub(super) struct EventBytes;

impl EventBytes {
    /// A classic event without content, at this stamp.
    pub fn classic(time: i64) -> Vec<u8> {
        Self::classic_of(time, [7; 16], 0, 0, &[])
    }

    /// A classic event of this class and type.
    pub fn classic_of(time: i64, class: [u8; 16], kind: u8, level: u8, payload: &[u8]) -> Vec<u8> {
        let size = (0x30 + payload.len()) as u16;
        let mut bytes = size.to_le_bytes().to_vec();
        bytes.extend([0x14, 0xC0, kind, level, 0, 0]);
        bytes.extend([0x24, 0x0E, 0, 0, 0x4C, 0x1A, 0, 0]);
        bytes.extend(time.to_le_bytes());
        bytes.extend(class);
        bytes.extend([0; 8]);
        bytes.extend(payload);
        bytes
    }

    /// A manifest event.
    pub fn manifest(time: i64, provider: [u8; 16], id: u16, version: u8, payload: &[u8]) -> Vec<u8> {
        let size = (0x50 + payload.len()) as u16;
        let mut bytes = size.to_le_bytes().to_vec();
        bytes.extend([0x13, 0xC0, 0, 0, 0, 0]);
        bytes.extend([0x24, 0x0E, 0, 0, 4, 0, 0, 0]);
        bytes.extend(time.to_le_bytes());
        bytes.extend(provider);
        bytes.extend(id.to_le_bytes());
        bytes.extend([version, 0, 4, 0, 0, 0]);
        bytes.extend([0; 8 + 8 + 16]);
        bytes.extend(payload);
        bytes
    }
}

/// UTF-16 with its NUL.
pub(super) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// A buffer of this size, type and flags.
pub(super) fn buffer(size: u32, kind: u16, flags: u16, events: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    for event in events {
        bytes.extend(event);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    let filled = bytes.len() as u32;
    bytes[..4].copy_from_slice(&size.to_le_bytes());
    bytes[0x30..0x34].copy_from_slice(&filled.to_le_bytes());
    bytes[0x34..0x36].copy_from_slice(&flags.to_le_bytes());
    bytes[0x36..0x38].copy_from_slice(&kind.to_le_bytes());
    bytes.resize(size as usize, 0xFF);
    bytes
}

/// The same with the stamp of its completion.
pub(super) fn completed(mut buffer: Vec<u8>, stamp: i64) -> Vec<u8> {
    buffer[0x10..0x18].copy_from_slice(&stamp.to_le_bytes());
    buffer
}

/// A header buffer of a session with buffers of this size, this clock (at 10 MHz) and this `LogFileMode`.
pub(super) fn header_buffer(size: u32, clock: u32, mode: u32) -> Vec<u8> {
    header_buffer_of(size, clock, mode, 0)
}

/// The same with a count of lost events.
pub(super) fn header_buffer_of(size: u32, clock: u32, mode: u32, lost: u32) -> Vec<u8> {
    let mut payload = vec![0; 0x118];
    let mut put = |at: usize, bytes: &[u8]| payload[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x00, &size.to_le_bytes());
    put(0x08, &20_348_u32.to_le_bytes());
    put(0x0C, &2_u32.to_le_bytes());
    put(0x10, &(START + 50_000_000).to_le_bytes());
    put(0x20, &mode.to_le_bytes());
    put(0x24, &1_u32.to_le_bytes());
    put(0x2C, &8_u32.to_le_bytes());
    put(0x30, &lost.to_le_bytes());
    put(0x34, &2_400_u32.to_le_bytes());
    put(0x100, &10_000_000_i64.to_le_bytes());
    put(0x108, &START.to_le_bytes());
    put(0x110, &clock.to_le_bytes());
    let stamp = if clock == 2 { START } else { STAMP };
    let mut event = vec![2, 0, 2, 0xC0];
    event.extend((0x20 + payload.len() as u16).to_le_bytes());
    event.extend([0; 2]);
    event.extend([4, 0, 0, 0, 4, 0, 0, 0]);
    event.extend(stamp.to_le_bytes());
    event.extend([0; 8]);
    event.extend(&payload);
    buffer(size, 4, 0, &[event])
}
