//! Events of the VSS tracing provider become trace records.
//!
//! The layout is that of the registered MOF class `VssTracingEventClass_VssTracingEventTypeClass` (`root\wmi` of Windows 11
//! 22000; the same eight fields in jdu2600/Windows10EtwEvents from Windows 10 1511 on). No captured trace was available to
//! check it against, so every event must pass a check: its fields use the payload exactly and their numbers are possible. The
//! index of the module as the bit of the documented module flags, and the level as that of the event's header, are inferred.

use super::cursor::Cursor;
use super::event::{Head, Kind, Provider};
use super::place::{EventPlace, RawKeeper};
use crate::collect::Collector;
use crate::trace::record::{Kind as RecordKind, TraceRecord};
use crate::trace::story::Story;
use crate::windows::fields;
use vsscope_model::{Guid, IssueKind};

/// Class of the events, which stands in the header of classic events.
pub(super) const CLASS: Guid = Guid::from_bits(0x77d8f687_8130_4a14_b8a6_3b922e05b99c);
/// The GUID with which a session enables the provider.
pub(super) const CONTROL: Guid = Guid::from_bits(0x9138500e_3648_4edb_aa4c_859e9f7b7c38);

/// Name under which events of an unknown layout are kept.
const NAME: &str = "VSS tracing provider";
/// Type of the one event that the class has.
const TYPE: u16 = 1;

/// The documented modules, by the bit of their flag.
const MODULES: [&str; 14] = [
    "EXCEPT", "COORD", "SWPRV", "BUCOMP", "WRITER", "VSSAPI", "HWDIAG", "ADMIN", "VSSUI", "TEST", "IOCTL",
    "GEN", "WRXML", "VSSXML",
];

/// Whether an event is of the provider.
pub(super) fn is_of(provider: &Provider) -> bool {
    matches!(provider, Provider::Guid(id) if *id == CLASS || *id == CONTROL)
}

/// Reads the provider's events in the order of time.
#[derive(Default)]
pub(super) struct Vss {
    story: Story,
    raw: RawKeeper,
    seen: bool,
}

impl Vss {
    /// Takes the next event; whether its content was read.
    pub fn event(&mut self, head: &Head, payload: &[u8], place: &EventPlace, out: &mut Collector) -> bool {
        if !std::mem::replace(&mut self.seen, true) {
            out.issue(IssueKind::Note, offset(place), UNCHECKED);
        }
        let fields = is_trace_event(head).then(|| Fields::of(payload)).flatten();
        let Some(fields) = fields else {
            let kept = self.raw.keep(head, payload, NAME, place, out);
            let message = if kept { "kept as it is" } else { "only counted: there are too many of them" };
            let message =
                format!("an event of the VSS provider has another layout than the registered one; {message}");
            out.issue(IssueKind::Note, offset(place), message);
            return false;
        };
        self.story.record(&fields.record(head, place), out);
        true
    }

    /// The trace is over.
    pub fn finish(self, out: &mut Collector) {
        self.story.finish(out);
    }
}

const UNCHECKED: &str = "VSS events: layout taken from the provider's registered schema; not yet checked against a captured vss.etl";

fn offset(place: &EventPlace) -> String {
    format!("offset {:#x}", place.offset)
}

/// Whether this is the one event of the class. In an `EVENT_HEADER` the type of a classic event is the opcode, or the id as
/// manifests made from the class have it.
fn is_trace_event(head: &Head) -> bool {
    match head.kind {
        Kind::Message => false,
        Kind::Event32 | Kind::Event64 => head.id == TYPE || u16::from(head.opcode) == TYPE,
        _ => head.id == TYPE,
    }
}

/// The fields of an event of the provider by the names of the class; `None` if it has another layout.
pub(super) fn fields(head: &Head, payload: &[u8]) -> Option<Vec<(&'static str, String)>> {
    let fields = (is_of(&head.provider) && is_trace_event(head)).then(|| Fields::of(payload)).flatten()?;
    let module = usize::try_from(fields.module).ok().and_then(|index| MODULES.get(index));
    let module = module.map_or_else(|| fields.module.to_string(), |name| format!("{} {name}", fields.module));
    Some(vec![
        ("file", fields.file),
        ("alias", fields.alias),
        ("line", fields.line.to_string()),
        ("indent", fields.indent.to_string()),
        ("module", module),
        ("function", fields.function),
        ("label", fields.label),
        ("text", fields.text),
    ])
}

/// The fields of the class, in their order.
struct Fields {
    file: String,
    alias: String,
    line: u32,
    indent: u32,
    module: u32,
    function: String,
    label: String,
    text: String,
}

/// More lines than a source file has, deeper calls than a stack holds, more modules than flags: no event of this layout.
const LINES: u32 = 1_000_000;
const DEPTH: u32 = 10_000;
const MODULE_FLAGS: u32 = 32;

impl Fields {
    fn of(payload: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(payload);
        let fields = Fields {
            file: cursor.wide_until_nul()?,
            alias: cursor.wide_until_nul()?,
            line: cursor.u32()?,
            indent: cursor.u32()?,
            module: cursor.u32()?,
            function: cursor.wide_until_nul()?,
            label: cursor.wide_until_nul()?,
            text: cursor.wide_until_nul()?,
        };
        let possible = fields.line < LINES && fields.indent < DEPTH && fields.module < MODULE_FLAGS;
        (cursor.rest().is_empty() && possible).then_some(fields)
    }

    fn record(&self, head: &Head, place: &EventPlace) -> TraceRecord<'_> {
        let kind = self.kind();
        let text = match kind {
            RecordKind::Enter | RecordKind::Exit(_) => "",
            // The label is all there is.
            RecordKind::Message if self.text.is_empty() => &self.label,
            RecordKind::Message => &self.text,
        };
        TraceRecord {
            line: None,
            offset: Some(place.offset),
            time: place.time,
            clock: place.clock(),
            resolution_ns: None,
            pid: head.pid,
            tid: head.tid,
            module: usize::try_from(self.module).ok().and_then(|index| MODULES.get(index)).copied(),
            level: Some(u32::from(head.level)).filter(|level| *level > 0),
            indent: Some(self.indent),
            file: [self.file.as_str(), self.alias.as_str()].into_iter().find(|file| !file.is_empty()),
            source_line: Some(self.line),
            kind,
            function: &self.function,
            text,
        }
    }

    /// The labels are words of the program text, which is not translated.
    fn kind(&self) -> RecordKind {
        let label = self.label.trim();
        if label.eq_ignore_ascii_case("ENTER") {
            RecordKind::Enter
        } else if label.eq_ignore_ascii_case("EXIT") {
            RecordKind::Exit(fields::hresult_in(&self.text))
        } else {
            RecordKind::Message
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::event;
    use super::super::testing::{EventBytes, wide};
    use super::*;
    use std::sync::Arc;
    use vsscope_model::{Clock, Event, HResult, InputReport, What};

    const CLASS_BYTES: [u8; 16] =
        [0x87, 0xF6, 0xD8, 0x77, 0x30, 0x81, 0x14, 0x4A, 0xB8, 0xA6, 0x3B, 0x92, 0x2E, 0x05, 0xB9, 0x9C];

    fn payload(numbers: [u32; 3], label: &str, text: &str) -> Vec<u8> {
        let numbers: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        [wide(r"demo\a.cxx"), wide("DEMOAAA1"), numbers, wide("CDemo::Run"), wide(label), wide(text)].concat()
    }

    fn place() -> EventPlace {
        EventPlace {
            offset: 0x2048,
            time: Some("2024-12-30T02:40:00Z".parse().unwrap()),
            nearest: Event::NO_TIME,
        }
    }

    fn check(payload: &[u8], with: impl FnOnce(TraceRecord<'_>)) {
        let bytes = EventBytes::classic_of(5, CLASS_BYTES, 1, 160, payload);
        let event = event::read(&bytes).unwrap();
        assert!(is_of(&event.head.provider) && is_trace_event(&event.head));
        with(Fields::of(event.payload).unwrap().record(&event.head, &place()));
    }

    #[test]
    fn a_record_has_all_fields_of_the_event() {
        check(&payload([101, 2, 2], "EXIT", "hr: 0x80042308"), |record| {
            assert_eq!(record.kind, RecordKind::Exit(Some(HResult(0x8004_2308))));
            assert_eq!((record.file, record.source_line), (Some(r"demo\a.cxx"), Some(101)));
            assert_eq!((record.module, record.indent, record.level), (Some("SWPRV"), Some(2), Some(160)));
            assert_eq!((record.pid, record.tid), (Some(0x1A4C), Some(0x0E24)));
            assert_eq!((record.function, record.text, record.offset), ("CDemo::Run", "", Some(0x2048)));
            assert_eq!((record.clock, record.time), (Clock::Trace, place().time));
        });
        check(&payload([1, 0, 0], "ENTER", ""), |record| assert_eq!(record.kind, RecordKind::Enter));
        check(&payload([1, 0, 13], "TRACE", "one\ntwo"), |record| {
            assert_eq!((record.kind, record.text), (RecordKind::Message, "one\ntwo"));
            assert_eq!(record.module, Some("VSSXML"));
        });
        check(&payload([1, 0, 14], "MARK", ""), |record| {
            assert_eq!((record.text, record.module), ("MARK", None));
        });
    }

    #[test]
    fn the_alias_stands_in_for_a_file_that_is_empty() {
        let mut bytes = payload([1, 0, 0], "ENTER", "");
        bytes.drain(..wide(r"demo\a.cxx").len() - 2);
        check(&bytes, |record| assert_eq!(record.file, Some("DEMOAAA1")));
    }

    fn report(kind: u8, payload: &[u8]) -> (bool, InputReport) {
        let bytes = EventBytes::classic_of(5, CLASS_BYTES, kind, 160, payload);
        let event = event::read(&bytes).unwrap();
        let mut out = Collector::new(&Arc::from("vss.etl"), "etl");
        let decoded = Vss::default().event(&event.head, event.payload, &place(), &mut out);
        (decoded, out.finish(0))
    }

    #[test]
    fn what_does_not_fit_the_layout_is_kept_raw() {
        let sound = payload([101, 0, 1], "TRACE", "some text");
        assert!(report(1, &sound).0);
        let longer = [sound.as_slice(), &[0, 0]].concat();
        let numbers = [[1_000_000, 0, 0], [1, 10_000, 0], [1, 0, 32]];
        let wrong = numbers.map(|numbers| payload(numbers, "TRACE", "some text"));
        let others = [(1, longer), (1, sound[..sound.len() - 2].to_vec()), (2, sound.clone())];
        for (kind, bytes) in wrong.map(|bytes| (1, bytes)).into_iter().chain(others) {
            let (decoded, report) = report(kind, &bytes);
            assert!(!decoded);
            let [event] = &report.events[..] else { panic!("{:?}", report.events) };
            assert_eq!((&event.what, event.source.offset), (&What::Log, Some(0x2048)));
            let params = &event.record.as_ref().unwrap().params;
            assert!(params.iter().any(|param| param.value == "some text"), "{params:?}");
            assert_eq!(params.iter().next_back().unwrap().value.len(), bytes.len() * 2);
            assert_eq!(report.issues.iter().filter(|issue| issue.kind.is_loss()).count(), 0);
            assert_eq!(report.issues.len(), 2);
        }
    }
}
