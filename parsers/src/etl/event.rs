//! The headers of events inside a buffer: all forms that Windows writes, 32 and 64 bit side by side in one file.
//!
//! Layouts: Microsoft's `EVENT_TRACE_HEADER`, `EVENT_INSTANCE_GUID_HEADER`, `EVENT_HEADER` (evntrace.h, evntcons.h); Geoff
//! Chappell, "SYSTEM_TRACE_HEADER", "PERFINFO_TRACE_HEADER", "MESSAGE_TRACE_HEADER". Captured files confirm SYSTEM 64,
//! PERFINFO 64, classic 64, EVENT 64 and messages; the other forms come from the documents alone.

use super::cursor::{guid_at, i64_at, u8_at, u16_at};
use crate::bytes::u32_at;
use vsscope_model::Guid;

/// Form of an event's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `SYSTEM_TRACE_HEADER`, 32 bit.
    System32,
    /// `SYSTEM_TRACE_HEADER`, 64 bit.
    System64,
    /// `SYSTEM_TRACE_HEADER` without CPU times, 32 bit.
    Compact32,
    /// `SYSTEM_TRACE_HEADER` without CPU times, 64 bit.
    Compact64,
    /// `PERFINFO_TRACE_HEADER`, 32 bit.
    PerfInfo32,
    /// `PERFINFO_TRACE_HEADER`, 64 bit.
    PerfInfo64,
    /// `EVENT_TRACE_HEADER` (classic, MOF), 32 bit.
    Classic32,
    /// `EVENT_TRACE_HEADER` (classic, MOF), 64 bit.
    Classic64,
    /// `EVENT_INSTANCE_GUID_HEADER`, 32 bit.
    Instance32,
    /// `EVENT_INSTANCE_GUID_HEADER`, 64 bit.
    Instance64,
    /// `EVENT_HEADER` (manifest, TraceLogging), 32 bit.
    Event32,
    /// `EVENT_HEADER` (manifest, TraceLogging), 64 bit.
    Event64,
    /// `MESSAGE_TRACE_HEADER` (WPP).
    Message,
}

impl Kind {
    fn of(marker: u32) -> Option<Self> {
        let [_, _, kind, flags] = marker.to_le_bytes();
        Some(match (flags, kind) {
            (0xC0, 0x01) => Kind::System32,
            (0xC0, 0x02) => Kind::System64,
            (0xC0, 0x03) => Kind::Compact32,
            (0xC0, 0x04) => Kind::Compact64,
            (0xC0, 0x10) => Kind::PerfInfo32,
            (0xC0, 0x11) => Kind::PerfInfo64,
            (0xC0, 0x0A) => Kind::Classic32,
            (0xC0, 0x14) => Kind::Classic64,
            (0xC0, 0x0B) => Kind::Instance32,
            (0xC0, 0x15) => Kind::Instance64,
            (0xC0, 0x12) => Kind::Event32,
            (0xC0, 0x13) => Kind::Event64,
            (0x90, _) => Kind::Message,
            _ => return None,
        })
    }

    /// Whether this is a header of the SYSTEM group, with or without CPU times.
    pub fn is_system(self) -> bool {
        matches!(self, Kind::System32 | Kind::System64 | Kind::Compact32 | Kind::Compact64)
    }

    fn is_perf_info(self) -> bool {
        matches!(self, Kind::PerfInfo32 | Kind::PerfInfo64)
    }

    /// Length of the fixed header.
    fn header(self) -> usize {
        match self {
            Kind::System32 | Kind::System64 => 0x20,
            Kind::Compact32 | Kind::Compact64 => 0x18,
            Kind::PerfInfo32 | Kind::PerfInfo64 => 0x10,
            Kind::Classic32 | Kind::Classic64 => 0x30,
            Kind::Instance32 | Kind::Instance64 => 0x48,
            Kind::Event32 | Kind::Event64 => 0x50,
            Kind::Message => 0x08,
        }
    }
}

/// Bytes of the longest header up to its time stamp, and a little more.
pub(super) const LONGEST_HEAD: usize = 0x40;

/// Who wrote an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Provider {
    /// The kernel: SYSTEM and PERFINFO events.
    Kernel,
    /// A provider, or the class of a classic event.
    Guid(Guid),
    /// A WPP component by its number.
    Component(u32),
    /// A message that names neither.
    Unnamed,
}

/// The header of an event, taken apart. What its form does not have is absent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// Form of the header.
    pub kind: Kind,
    /// Bytes of the event, without the padding behind it.
    pub size: usize,
    /// Time stamp in units of the file's clock.
    pub time: Option<i64>,
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id.
    pub tid: Option<u32>,
    /// Who wrote it.
    pub provider: Provider,
    /// Event id, type of a classic event, hook of a kernel event, number of a message.
    pub id: u16,
    /// Opcode of an `EVENT_HEADER`; zero in other forms.
    pub opcode: u8,
    /// Version.
    pub version: u16,
    /// Level; zero in forms without one.
    pub level: u8,
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawEvent<'a> {
    /// Its header.
    pub head: Head,
    /// What follows the header and its extensions.
    pub payload: &'a [u8],
}

/// What the first bytes of an event tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peek {
    /// Form of the header.
    pub kind: Kind,
    /// Bytes of the event.
    pub size: usize,
    /// Time stamp.
    pub time: Option<i64>,
}

/// Looks at the first bytes of an event; `None` if none begins here.
pub(super) fn peek(bytes: &[u8]) -> Option<Peek> {
    let kind = Kind::of(u32_at(bytes, 0)?)?;
    let size = match kind.is_system() || kind.is_perf_info() {
        true => u16_at(bytes, 4)?,
        false => u16_at(bytes, 0)?,
    };
    let size = usize::from(size);
    let time = match kind {
        Kind::PerfInfo32 | Kind::PerfInfo64 => i64_at(bytes, 0x08),
        Kind::Message => Message::of(bytes)?.time,
        _ => i64_at(bytes, 0x10),
    };
    let header = if kind == Kind::Message { Message::of(bytes)?.header } else { kind.header() };
    (size >= header).then_some(Peek { kind, size, time })
}

/// Reads the event with which these bytes begin; `None` if none begins here or it reaches past their end.
pub(super) fn read(bytes: &[u8]) -> Option<RawEvent<'_>> {
    let Peek { kind, size, time } = peek(bytes)?;
    let bytes = bytes.get(..size)?;
    let mut payload = bytes.get(kind.header()..)?;
    let mut head = Head {
        kind,
        size,
        time,
        pid: None,
        tid: None,
        provider: Provider::Kernel,
        id: 0,
        opcode: 0,
        version: 0,
        level: 0,
    };
    if kind == Kind::Message {
        let message = Message::of(bytes)?;
        (head.pid, head.tid, head.provider) = (message.pid, message.tid, message.provider);
        head.id = u16_at(bytes, 4)?;
        return Some(RawEvent { head, payload: bytes.get(message.header..)? });
    }
    if !kind.is_perf_info() {
        head.tid = u32_at(bytes, 0x08).and_then(given);
        head.pid = u32_at(bytes, 0x0C).and_then(given);
    }
    match kind {
        Kind::Classic32 | Kind::Classic64 | Kind::Instance32 | Kind::Instance64 => {
            head.id = u16::from(u8_at(bytes, 0x04)?);
            head.level = u8_at(bytes, 0x05)?;
            head.version = u16_at(bytes, 0x06)?;
            head.provider = Provider::Guid(guid_at(bytes, 0x18)?);
        }
        Kind::Event32 | Kind::Event64 => {
            head.provider = Provider::Guid(guid_at(bytes, 0x18)?);
            head.id = u16_at(bytes, 0x28)?;
            head.version = u16::from(u8_at(bytes, 0x2A)?);
            head.level = u8_at(bytes, 0x2C)?;
            head.opcode = u8_at(bytes, 0x2D)?;
            if u16_at(bytes, 0x04)? & EXTENDED != 0 {
                payload = after_extensions(payload)?;
            }
        }
        _ => head.id = u16_at(bytes, HOOK)?,
    }
    Some(RawEvent { head, payload })
}

/// Where SYSTEM and PERFINFO headers have the hook, which tells what a kernel event is.
pub(super) const HOOK: usize = 0x06;

/// Ids of processes and threads are zero or all ones where an event has none.
fn given(id: u32) -> Option<u32> {
    (id != 0 && id != u32::MAX).then_some(id)
}

/// `EVENT_HEADER_FLAG_EXTENDED_INFO`.
const EXTENDED: u16 = 0x0001;
/// Reserved, type, linkage, size.
const EXTENSION_HEADER: usize = 8;

/// Items of one event. Windows knows some twenty types; in damage a chain of them may go on for ever.
const MOST_EXTENSIONS: usize = 32;

/// What follows the extended items. Each is padded to 8 bytes and says whether another one follows.
fn after_extensions(mut bytes: &[u8]) -> Option<&[u8]> {
    for _ in 0..MOST_EXTENSIONS {
        let more = u16_at(bytes, 4)? & 1 != 0;
        let size = usize::from(u16_at(bytes, 6)?).checked_add(EXTENSION_HEADER)?;
        bytes = bytes.get(padded(size)..)?;
        if !more {
            return Some(bytes);
        }
    }
    None
}

/// Rounded up to 8 bytes, as events are laid out.
pub(super) fn padded(size: usize) -> usize {
    size.saturating_add(7) & !7
}

/// The optional parts of a message's header, in the order in which they are written.
struct Message {
    header: usize,
    time: Option<i64>,
    pid: Option<u32>,
    tid: Option<u32>,
    provider: Provider,
}

/// `TRACE_MESSAGE_SEQUENCE`, `_GUID`, `_COMPONENTID`, `_TIMESTAMP` or `_PERFORMANCE_TIMESTAMP`, `_SYSTEMINFO` (evntrace.h).
const SEQUENCE: u16 = 0x01;
const GUID: u16 = 0x02;
const COMPONENT: u16 = 0x04;
const TIME: u16 = 0x08 | 0x10;
const SYSTEM_INFO: u16 = 0x20;

impl Message {
    fn of(bytes: &[u8]) -> Option<Self> {
        let options = u16_at(bytes, 6)?;
        let has = |option: u16| options & option != 0;
        let mut at = Kind::Message.header();
        let mut part = |length: usize| {
            let from = at;
            at = at.saturating_add(length);
            from
        };
        if has(SEQUENCE) {
            part(4);
        }
        let provider = if has(COMPONENT) {
            Provider::Component(u32_at(bytes, part(4))?)
        } else if has(GUID) {
            Provider::Guid(guid_at(bytes, part(16))?)
        } else {
            Provider::Unnamed
        };
        let time = if has(TIME) { Some(i64_at(bytes, part(8))?) } else { None };
        let (mut tid, mut pid) = (None, None);
        if has(SYSTEM_INFO) {
            tid = u32_at(bytes, part(4)).and_then(given);
            pid = u32_at(bytes, part(4)).and_then(given);
        }
        Some(Message { header: at, time, pid, tid, provider })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID_BYTES: [u8; 16] = [0x11; 16];

    /// The fields of all headers lie at the same places where two forms have them.
    fn event(marker: u32, size_at: usize, header: usize) -> Vec<u8> {
        let mut bytes = vec![0; header + 5];
        bytes[..4].copy_from_slice(&marker.to_le_bytes());
        bytes[0x08..0x10].copy_from_slice(&[9, 0, 0, 0, 7, 0, 0, 0]);
        let size = (header + 5) as u16;
        bytes[size_at..size_at + 2].copy_from_slice(&size.to_le_bytes());
        if header > 0x10 {
            bytes[0x10..0x18].copy_from_slice(&77_i64.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn every_form_of_header_has_its_length_and_its_time() {
        let stamp = Some(0x7_0000_0009);
        for (kind, marker, size_at, header, time) in [
            (Kind::System32, 0xC001_0002, 4, 0x20, Some(77)),
            (Kind::System64, 0xC002_0002, 4, 0x20, Some(77)),
            (Kind::Compact32, 0xC003_0002, 4, 0x18, Some(77)),
            (Kind::Compact64, 0xC004_0002, 4, 0x18, Some(77)),
            (Kind::PerfInfo32, 0xC010_0002, 4, 0x10, stamp),
            (Kind::PerfInfo64, 0xC011_0002, 4, 0x10, stamp),
            (Kind::Classic32, 0xC00A_0000, 0, 0x30, Some(77)),
            (Kind::Classic64, 0xC014_0000, 0, 0x30, Some(77)),
            (Kind::Instance32, 0xC00B_0000, 0, 0x48, Some(77)),
            (Kind::Instance64, 0xC015_0000, 0, 0x48, Some(77)),
            (Kind::Event32, 0xC012_0000, 0, 0x50, Some(77)),
            (Kind::Event64, 0xC013_0000, 0, 0x50, Some(77)),
        ] {
            let bytes = event(marker, size_at, header);
            let found = read(&bytes).unwrap();
            assert_eq!((found.head.kind, found.head.size, found.head.time), (kind, header + 5, time));
            assert_eq!(found.payload.len(), 5, "{kind:?}");
            let ids = if kind.is_perf_info() { (None, None) } else { (Some(7), Some(9)) };
            assert_eq!((found.head.pid, found.head.tid), ids, "{kind:?}");
            // A byte less than the header, or less than the event.
            assert!(read(&bytes[..header + 4]).is_none(), "{kind:?}");
            let mut short = bytes;
            short[size_at..size_at + 2].copy_from_slice(&(header as u16 - 1).to_le_bytes());
            assert!(read(&short).is_none(), "{kind:?}");
        }
        for marker in [0, 0xFFFF_FFFF, 0xC005_0000, 0x4002_0000, 0x8002_0000] {
            assert!(read(&event(marker, 0, 0x50)).is_none(), "{marker:#x}");
        }
    }

    #[test]
    fn a_message_has_the_parts_that_its_options_name() {
        let stamp = 77_i64.to_le_bytes();
        let ids = [9, 0, 0, 0, 7, 0, 0, 0];
        let guid = Provider::Guid(Guid::from_memory(GUID_BYTES));
        for (options, parts, provider, time, pid) in [
            (0xAA_u16, [&GUID_BYTES[..], &stamp, &ids].concat(), guid, Some(77), Some(7)),
            (0x2B, [&[1; 4][..], &GUID_BYTES, &stamp, &ids].concat(), guid, Some(77), Some(7)),
            (0x14, [&[3, 0, 0, 0][..], &stamp].concat(), Provider::Component(3), Some(77), None),
            (0x00, vec![], Provider::Unnamed, None, None),
        ] {
            let size = (8 + parts.len() + 3) as u16;
            let bytes =
                [&size.to_le_bytes()[..], &[0, 0x90, 5, 0], &options.to_le_bytes(), &parts, b"abc"].concat();
            let found = read(&bytes).unwrap();
            assert_eq!(
                (found.head.provider, found.head.time, found.head.pid),
                (provider, time, pid),
                "{options:#x}"
            );
            assert_eq!((found.head.id, found.payload), (5, &b"abc"[..]), "{options:#x}");
        }
    }

    #[test]
    fn extended_items_are_no_payload_and_their_chain_ends() {
        let mut bytes = event(0xC013_0000, 0, 0x50);
        bytes[4] = 1;
        bytes.truncate(0x50);
        // Two items, of 3 bytes padded to 8 and of none.
        bytes.extend([0, 0, 11, 0, 1, 0, 3, 0, 1, 2, 3, 0, 0, 0, 0, 0]);
        bytes.extend([0, 0, 1, 0, 0, 0, 0, 0]);
        bytes.extend(b"payload");
        let size = (bytes.len() as u16).to_le_bytes();
        bytes[..2].copy_from_slice(&size);
        assert_eq!(read(&bytes).unwrap().payload, b"payload");
        let endless = [&bytes[..0x50], &[0, 0, 1, 0, 1, 0, 0, 0].repeat(200)].concat();
        let mut endless = endless;
        let size = (endless.len() as u16).to_le_bytes();
        endless[..2].copy_from_slice(&size);
        assert!(read(&endless).is_none());
    }
}
