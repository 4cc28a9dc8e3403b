//! Provider `VSS` (Application log): every id, read by the structure that all of them share.
//!
//! The last parameter is the Operation / Context block, `Binary` names the process. Parameter positions are those of
//! the message table of vssvc.exe (Windows 7 to 11).

use super::{block, fields, known, tail};
use crate::record::LogRecord;
use std::sync::Arc;
use vsscope_model::{
    Actor, BinaryTail, ContextBlock, Event, Guid, HResult, LogDetail, Process, Status, What, Writer,
};

/// Parameters (`%n`) that hold an HRESULT. Where an id has several, the first failure among them counts:
/// 12297 and 12298 list the results of open, flush, release and the run. 12366 has an exception code and no HRESULT.
const HRESULTS: &[(u32, &[usize])] = &[
    (11, &[3]),
    (12, &[3]),
    (13, &[3]),
    (18, &[3]),
    (19, &[3]),
    (21, &[3]),
    (22, &[3]),
    (4097, &[1]),
    (4098, &[3]),
    (4099, &[3]),
    (4100, &[3]),
    (4101, &[2]),
    (4102, &[2]),
    (4103, &[1]),
    (4104, &[2]),
    (4105, &[1]),
    (4106, &[4]),
    (4107, &[2]),
    (4108, &[2]),
    (4109, &[1]),
    (4110, &[1]),
    (4111, &[2]),
    (4112, &[1]),
    (4113, &[2]),
    (8193, &[2]),
    (8194, &[1]),
    (8199, &[1]),
    (8202, &[1]),
    (8205, &[1]),
    (8207, &[1]),
    (8214, &[1]),
    (8229, &[1]),
    (12289, &[2]),
    (12290, &[2]),
    (12291, &[2]),
    (12292, &[2]),
    (12293, &[3]),
    (12297, &[3, 4, 5, 6]),
    (12298, &[3, 4, 5, 6]),
    (12303, &[1]),
    (12304, &[1]),
    (12307, &[1]),
    (12311, &[3]),
    (12314, &[1]),
    (12317, &[1]),
    (12318, &[2]),
    (12319, &[2]),
    (12320, &[2]),
    (12321, &[2]),
    (12361, &[3]),
    (12366, &[]),
];

/// Parameters that hold the original volume.
const VOLUMES: &[(u32, usize)] = &[
    (10, 1),
    (45, 1),
    (4002, 1),
    (4004, 2),
    (12297, 1),
    (12298, 1),
    (12308, 1),
    (12322, 1),
    (12338, 2),
    (12339, 2),
    (12340, 2),
    (12341, 2),
    (12348, 1),
    (12350, 1),
];

/// Parameters that identify a writer.
struct WriterAt {
    id: u32,
    name: Option<usize>,
    class: Option<usize>,
    instance: Option<usize>,
}

const fn writer_at(id: u32, name: Option<usize>, class: Option<usize>, instance: Option<usize>) -> WriterAt {
    WriterAt { id, name, class, instance }
}

const WRITERS: &[WriterAt] = &[
    writer_at(31, Some(1), Some(2), None),
    writer_at(8206, None, None, Some(1)),
    writer_at(8211, Some(1), Some(2), None),
    writer_at(8212, Some(1), Some(2), None),
    writer_at(8213, Some(1), Some(2), None),
    writer_at(8217, None, Some(1), None),
    writer_at(8218, None, Some(1), None),
    writer_at(12300, Some(1), None, None),
    writer_at(12301, Some(1), None, None),
    writer_at(12366, Some(1), Some(2), Some(3)),
];

/// Ids that speak of a provider's failure, with the parameter that holds the provider id, where there is one.
const PROVIDERS: &[(u32, Option<usize>)] = &[
    (12293, Some(1)),
    (12294, Some(1)),
    (12299, None),
    (12332, None),
    (12333, None),
    (12334, None),
    (12361, Some(1)),
    (12370, None),
    (12373, Some(1)),
];

/// Id of a provider's failed `BreakSnapshotSetEx`; `%2` is the snapshot set.
const BREAK_FAILED: u32 = 12361;
/// Id of a begun revert; `%2` is the shadow copy.
const REVERT_BEGUN: u32 = 12322;
/// Id whose free text may carry a writer class id in braces: `ESENT ERROR {class id} name: code`.
const WRITER_WARNING: u32 = 12290;

/// Id of an exception in a writer's callback; `%4` is the command line, `%5` the process id.
const CALLBACK_EXCEPTION: u32 = 12366;

/// What the parts of the record say, before they become an event.
struct Parts {
    block: Option<ContextBlock>,
    tail: Option<BinaryTail>,
    /// The rendered message without the block, for inputs that have nothing else.
    text: Option<String>,
}

impl Parts {
    fn of(record: &LogRecord) -> Self {
        let tail = record.binary.as_deref().and_then(tail::parse);
        if let Some(last) = record.data.last() {
            return Parts { block: block::parse(last.value), tail, text: None };
        }
        match record.message.as_deref().map(block::split_message) {
            Some((text, block)) => Parts { block, tail, text: Some(text) },
            None => Parts { block: None, tail, text: None },
        }
    }

    fn context(&self) -> &[(String, String)] {
        self.block.as_ref().map_or(&[], |block| &block.context)
    }

    /// The value of a context line by its English key: an extra, for logs of English Windows.
    fn english(&self, key: &str) -> Option<&str> {
        let (_, value) = self.context().iter().find(|(found, _)| found.eq_ignore_ascii_case(key))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Reads a record of `VSS`.
pub(super) fn decode(record: &LogRecord) -> Option<Event> {
    let parts = Parts::of(record);
    let writer = writer(record, &parts);
    let what = match record.event_id {
        8224 => What::VssStopping { idle: true },
        8225 => What::VssStopping { idle: false },
        _ => What::Log,
    };
    let mut event = fields::event(record, actor(record.event_id, writer.is_some()), what);
    event.status = hresult(record, &parts).map(Status::Hresult);
    event.writer = writer;
    event.provider_id = provider_id(record, &parts);
    event.volume = volume(record, &parts);
    event.device = device(record, &parts);
    event.process = process(record, &parts);
    match record.event_id {
        BREAK_FAILED => event.set = fields::insert(record, 2).and_then(fields::guid),
        REVERT_BEGUN => event.snapshot = fields::insert(record, 2).and_then(fields::guid),
        _ => {}
    }
    event.record = Some(Box::new(LogDetail {
        block: parts.block.map(Box::new),
        tail: parts.tail.map(Box::new),
        ..LogDetail::default()
    }));
    Some(event)
}

fn actor(id: u32, names_writer: bool) -> Actor {
    if PROVIDERS.iter().any(|(provider, _)| *provider == id) {
        Actor::Provider
    } else if names_writer {
        Actor::Writer
    } else {
        Actor::Service
    }
}

fn hresult(record: &LogRecord, parts: &Parts) -> Option<HResult> {
    let places = HRESULTS.iter().find(|(id, _)| *id == record.event_id).map(|(_, places)| *places);
    if places.is_some_and(<[usize]>::is_empty) {
        return None;
    }
    if let Some(text) = &parts.text {
        return fields::hresult_in(text);
    }
    let at = |n: &usize| fields::insert(record, *n).and_then(fields::leading_hresult);
    let codes: Vec<HResult> = places.unwrap_or_default().iter().filter_map(at).collect();
    let failure = codes.iter().find(|code| code.is_failure()).or(codes.first()).copied();
    failure.or_else(|| fields::values(record).find_map(fields::leading_hresult))
}

fn volume(record: &LogRecord, parts: &Parts) -> Option<String> {
    let at = VOLUMES.iter().find(|(id, _)| *id == record.event_id).map(|(_, at)| *at);
    at.and_then(|n| fields::insert(record, n).and_then(fields::volume_as_logged))
        .or_else(|| parts.context().iter().find_map(|(_, value)| fields::volume(value)))
}

fn device(record: &LogRecord, parts: &Parts) -> Option<String> {
    let context = parts.context().iter().map(|(_, value)| value.as_str());
    let inserts = record.data.iter().map(|param| param.value);
    inserts.chain(context).chain(parts.text.as_deref()).find_map(fields::shadow_device)
}

fn provider_id(record: &LogRecord, parts: &Parts) -> Option<Guid> {
    let at = PROVIDERS.iter().find(|(id, _)| *id == record.event_id).and_then(|(_, at)| *at);
    at.and_then(|n| fields::insert(record, n).and_then(fields::guid))
        .or_else(|| parts.english("Provider ID").and_then(fields::guid))
        .or_else(|| {
            parts
                .context()
                .iter()
                .filter_map(|(_, value)| fields::guid(value))
                .find(|id| known::is_provider(*id))
        })
}

/// The process of the tail; else that of the parameters or of the context.
fn process(record: &LogRecord, parts: &Parts) -> Process {
    match &parts.tail {
        Some(tail) => Process {
            pid: tail.pid,
            tid: tail.tid,
            image: tail.command_line.as_deref().and_then(fields::program).map(Arc::from),
            user: tail.user.as_deref().map(Arc::from),
        },
        None if record.event_id == CALLBACK_EXCEPTION => {
            let command_line = fields::insert(record, 4);
            fields::process(fields::insert(record, 5), command_line.and_then(fields::program), None)
        }
        None => {
            let command_line = parts.english("Command Line");
            fields::process(parts.english("Process ID"), command_line.and_then(fields::program), None)
        }
    }
}

/// The writer that the record names: by parameter, then by the context.
fn writer(record: &LogRecord, parts: &Parts) -> Option<Writer> {
    let by_place = writer_by_place(record);
    let by_context = writer_by_context(parts);
    let writer = Writer {
        name: by_place.name.or(by_context.name),
        class_id: by_place.class_id.or(by_context.class_id),
        instance_id: by_place.instance_id.or(by_context.instance_id),
        class_name: None,
    };
    Some(writer).filter(|writer| *writer != Writer::default())
}

fn writer_by_place(record: &LogRecord) -> Writer {
    if record.event_id == WRITER_WARNING {
        let class_id = fields::insert(record, 1).and_then(Guid::find_in).filter(|id| !id.is_null());
        return Writer { class_id, ..Writer::default() };
    }
    let Some(places) = WRITERS.iter().find(|places| places.id == record.event_id) else {
        return Writer::default();
    };
    let text = |at: Option<usize>| fields::insert(record, at?);
    Writer {
        name: text(places.name).map(Arc::from),
        class_id: text(places.class).and_then(fields::guid),
        instance_id: text(places.instance).and_then(fields::guid),
        class_name: None,
    }
}

/// The context lists a writer as class id, name, sometimes instance name, instance id. A known class id is found under
/// any key and the lines behind it follow by their place; other writers need the English keys.
fn writer_by_context(parts: &Parts) -> Writer {
    let by_key = Writer {
        name: parts.english("Writer Name").map(Arc::from),
        class_id: parts.english("Writer Class Id").and_then(fields::guid),
        instance_id: parts.english("Writer Instance ID").and_then(fields::guid),
        class_name: None,
    };
    if by_key != Writer::default() {
        return by_key;
    }
    let values: Vec<&str> = parts.context().iter().map(|(_, value)| value.as_str()).collect();
    let known_class = |value: &&str| fields::guid(value).filter(|id| known::is_writer_class(*id));
    let Some((at, class_id)) = values.iter().enumerate().find_map(|(at, v)| Some((at, known_class(v)?)))
    else {
        return Writer::default();
    };
    let mut behind = values.iter().skip(at).skip(1).take(3).peekable();
    let name = behind.next_if(|value| fields::guid(value).is_none()).map(|name| Arc::from(*name));
    let instance_id = behind.find_map(|value| fields::guid(value)).filter(|id| !known::is_provider(*id));
    let instance_id = instance_id.filter(|_| name.is_some());
    Writer { name, class_id: Some(class_id), instance_id, class_name: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{positional, with_message};

    const SYSTEM_WRITER: &str = "{e8132975-6f93-4464-a53e-1050253ae220}";

    fn decoded(id: u32, data: &[&str]) -> Event {
        decode(&positional("VSS", id, data)).unwrap()
    }

    fn code(event: &Event) -> u32 {
        event.hresult().unwrap().0
    }

    #[test]
    fn results_stand_where_the_message_table_puts_them() {
        let denied = "0x80070005, Zugriff verweigert\r\n";
        assert_eq!(code(&decoded(8193, &["RegOpenKeyExW(0x80000002,…)", denied, ""])), 0x8007_0005);
        assert_eq!(code(&decoded(8194, &[denied, ""])), 0x8007_0005);
        assert_eq!(code(&decoded(12293, &["{1}", "Routine", "0x8000ffff", ""])), 0x8000_FFFF);
        assert_eq!(code(&decoded(8228, &["x", "0x80040154", ""])), 0x8004_0154);
        assert_eq!(decoded(8224, &[""]).status, None);
    }

    #[test]
    fn of_the_results_of_flush_and_hold_the_first_failure_counts() {
        let volume = r"\\?\Volume{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}\";
        let results = ["0x00000000, ok", "0x80042313, late", "0x80042314, later", "0x00000000"];
        let event = decoded(12298, &[volume, "0", results[0], results[1], results[2], results[3], ""]);
        assert_eq!(code(&event), 0x8004_2313);
        assert_eq!(event.volume.as_deref(), Some(volume));
    }

    #[test]
    fn a_writer_is_read_from_parameters() {
        let event = decoded(8212, &["Registry Writer", "{afbab4a2-367d-4d15-a586-71dbb18f8485}", ""]);
        let writer = event.writer.unwrap();
        assert_eq!(writer.name.as_deref(), Some("Registry Writer"));
        assert_eq!(writer.class_id.unwrap().to_string(), "afbab4a2-367d-4d15-a586-71dbb18f8485");
        assert_eq!(event.actor, Actor::Writer);
    }

    #[test]
    fn a_writer_is_read_from_a_german_context() {
        let block = format!(
            "\n\nVorgang:\n   Generatordaten werden gesammelt\n\nKontext:\n   Ausführungskontext: Writer\n   \
             Generatorklassen-ID: {SYSTEM_WRITER}\n   Generatorname: System Writer\n   \
             Generatorinstanz-ID: {{11112222-3333-4444-5555-666677778888}}"
        );
        let writer = decoded(8194, &["0x80070005, x", &block]).writer.unwrap();
        assert_eq!(writer.name.as_deref(), Some("System Writer"));
        assert_eq!(writer.class_id.unwrap().to_string(), SYSTEM_WRITER.trim_matches(['{', '}']));
        assert_eq!(writer.instance_id.unwrap().to_string(), "11112222-3333-4444-5555-666677778888");
    }

    #[test]
    fn a_writer_that_is_not_known_is_read_by_english_keys_only() {
        let block = |key: &str| {
            format!(
                "\n\nA:\n   b\n\nC:\n   {key}: {{99992222-3333-4444-5555-666677778888}}\n   Process ID: 4242"
            )
        };
        let english = decoded(8229, &["0x800423f4, x", &block("Writer Class Id")]);
        assert!(english.writer.is_some());
        assert_eq!(english.process.pid, Some(4242));
        assert_eq!(decoded(8229, &["0x800423f4, x", &block("Generatorklassen-ID")]).writer, None);
    }

    #[test]
    fn a_provider_is_read_from_parameter_and_context() {
        let id = "{b5946137-7b9f-4925-af80-51abd60b20d5}";
        let event = decoded(12293, &[id, "Routine", "0x8000ffff", ""]);
        assert_eq!((event.provider_id, event.actor), (id.parse().ok(), Actor::Provider));
        let block = format!(
            "\n\nA:\n   b\n\nC:\n   Anbieter-ID: {id}\n   Klassen-ID: {{00000000-1111-2222-3333-444455556666}}"
        );
        let event = decoded(22, &["{65ee1dba-8ff4-4a58-ac1c-3470ee2f376a}", "SW_PROV", "0x80040154", &block]);
        assert_eq!(event.provider_id, id.parse().ok());
        assert_eq!(event.actor, Actor::Service);
    }

    #[test]
    fn an_old_snapshot_set_is_not_the_set_of_the_event() {
        let block =
            "\n\nOperation:\n   a\n\nContext:\n   Old snapshot set: {11112222-3333-4444-5555-666677778888}";
        let event = decoded(12289, &["routine", "0x80042409", block]);
        assert_eq!(event.set, None);
        assert_eq!(event.record.unwrap().block.unwrap().context.len(), 1);
    }

    #[test]
    fn identifiers_of_a_revert_and_of_a_break() {
        let guid = "{11112222-3333-4444-5555-666677778888}";
        assert_eq!(decoded(12322, &["C:\\", guid, ""]).snapshot, guid.parse().ok());
        assert_eq!(decoded(12322, &["C:\\", guid, ""]).volume.as_deref(), Some("C:"));
        assert_eq!(decoded(12361, &[guid, guid, "0x80042306", ""]).set, guid.parse().ok());
        let warning = format!("ESENT ERROR {SYSTEM_WRITER} x: -2402");
        assert!(decoded(12290, &[&warning, "0x00000000", ""]).writer.is_some());
    }

    #[test]
    fn the_process_is_that_of_the_tail() {
        let mut record = positional("VSS", 8224, &[""]);
        record.binary = Some(
            b"- Code:  CORSVCC00000774- Call:  CORSVCC00000756- PID:  00004300- TID:  00004356\
              - CMD:  C:\\Windows\\system32\\vssvc.exe   - User: Name: NT AUTHORITY\\SYSTEM, SID:S-1-5-18 "
                .to_vec(),
        );
        let event = decode(&record).unwrap();
        assert_eq!(event.what, What::VssStopping { idle: true });
        assert_eq!((event.process.pid, event.process.tid), (Some(4300), Some(4356)));
        assert_eq!(event.process.image_name(), Some("vssvc.exe"));
        assert_eq!(event.process.user.as_deref(), Some(r"NT AUTHORITY\SYSTEM"));
        assert_eq!(event.record.unwrap().tail.unwrap().sid.as_deref(), Some("S-1-5-18"));
    }

    #[test]
    fn an_exception_in_a_callback_names_writer_and_process() {
        let id = "{99992222-3333-4444-5555-666677778888}";
        let data = ["Some Writer", id, id, r"C:\x\y.exe -k", "4242", "Freeze", "9", "0xc0000005", "z"];
        let event = decoded(12366, &data);
        assert_eq!((event.process.pid, event.process.image_name()), (Some(4242), Some("y.exe")));
        let writer = event.writer.unwrap();
        assert_eq!((writer.class_id, writer.instance_id), (id.parse().ok(), id.parse().ok()));
        assert_eq!(event.status, None, "an exception code is no HRESULT");
    }

    #[test]
    fn a_message_alone_gives_result_and_context() {
        let message = format!(
            "Volume Shadow Copy Service error: Unexpected error calling routine X(0x00000001).  hr = 0x80070005, Access \
             is denied.\r\n. \r\n\r\nOperation:\r\n   Initializing Writer\r\n\r\nContext:\r\n   Writer Class Id: \
             {SYSTEM_WRITER}\r\n   Writer Name: System Writer"
        );
        let event = decode(&with_message("VSS", 8193, &message)).unwrap();
        assert_eq!(code(&event), 0x8007_0005);
        assert_eq!(event.writer.unwrap().name.as_deref(), Some("System Writer"));
    }
}
