//! `Microsoft-Windows-Sysmon`: starts and ends of processes, and the writes to `Services\VSS\Diag` that make a full
//! trace of VSS.

use super::{commands, fields};
use crate::diag::names as diag;
use crate::record::LogRecord;
use vsscope_model::{Actor, Event, Process, What};

/// The process that the record speaks of; Sysmon writes pids in decimal.
fn process(record: &LogRecord) -> Process {
    fields::process(record.field("ProcessId"), record.field("Image"), record.field("User"))
}

/// Reads 1. Any process may turn out to be the requester, so none is left out.
pub(super) fn decode_start(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::System, commands::start(record.field("CommandLine")));
    event.process = process(record);
    Some(event)
}

/// Reads 5.
pub(super) fn decode_end(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::System, What::ProcessEnded { exit_code: None });
    event.process = process(record);
    Some(event)
}

/// Reads 12 and 13 where they touch `Services\VSS\Diag`. What has no typed meaning there, such as a value of `Diag`
/// itself (its default value switches the logging off), is kept as a plain record.
pub(super) fn decode_registry(record: &LogRecord) -> Option<Event> {
    let below = diag::below_diag(record.field("TargetObject")?)?;
    let meaning = match (record.event_id, below.rsplit_once('\\')) {
        (13, Some((key, value))) => diag::value(key, value),
        (12, _) if !below.is_empty() && record.field("EventType") == Some("CreateKey") => {
            Some(diag::key(below))
        }
        _ => None,
    };
    let mut event = fields::event(record, Actor::System, What::Log);
    event.process = process(record);
    if let Some(meaning) = meaning {
        event.what = meaning.what;
        event.actor = meaning.actor;
        event.volume = meaning.volume;
        event.provider_id = meaning.provider_id;
        event.writer = meaning.writer;
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::named;

    const DIAG: &str = r"HKLM\System\CurrentControlSet\Services\VSS\Diag";

    fn registry(id: u32, event_type: &str, below: &str) -> Option<Event> {
        let target = format!("{DIAG}{below}");
        let data = [
            ("EventType", event_type),
            ("ProcessId", "3088"),
            ("Image", r"C:\Windows\system32\vssvc.exe"),
            ("TargetObject", target.as_str()),
            ("Details", "Binary Data"),
            ("User", r"NT AUTHORITY\SYSTEM"),
        ];
        decode_registry(&named("Microsoft-Windows-Sysmon", id, &data))
    }

    #[test]
    fn a_value_is_a_step_of_the_process_that_wrote_it() {
        let event = registry(13, "SetValue", r"\Registry Writer\FREEZE (Enter)").unwrap();
        assert!(matches!(event.what, What::Callback { .. }));
        assert_eq!(event.writer.unwrap().name.as_deref(), Some("Registry Writer"));
        assert_eq!(event.process.pid, Some(3088));
        assert_eq!(event.process.image_name(), Some("vssvc.exe"));
        assert_eq!(event.process.user.as_deref(), Some(r"NT AUTHORITY\SYSTEM"));
    }

    #[test]
    fn keys_count_when_they_are_created() {
        let event = registry(12, "CreateKey", r"\System Writer").unwrap();
        assert_eq!(event.what, What::DiagKey { key: "System Writer".into() });
        assert_eq!(event.actor, Actor::Writer);
        assert_eq!(registry(12, "DeleteKey", r"\System Writer").unwrap().what, What::Log);
    }

    #[test]
    fn a_value_of_diag_itself_and_unknown_edges_are_kept_as_records() {
        for below in [r"\(Default)", r"\NTDS\FREEZE (SetCurrentFailure)"] {
            let target = format!("{DIAG}{below}");
            let record = named("Microsoft-Windows-Sysmon", 13, &[("TargetObject", &target)]);
            let event = crate::windows::tests::decode(record).unwrap();
            assert_eq!(event.what, What::Log, "{below}");
            assert_eq!(event.record.unwrap().params.get(0).unwrap().value, target);
        }
    }

    #[test]
    fn other_keys_are_nothing() {
        let data = [("TargetObject", r"HKLM\System\CurrentControlSet\Services\VSS\Start")];
        assert_eq!(decode_registry(&named("Microsoft-Windows-Sysmon", 13, &data)), None);
        assert_eq!(decode_registry(&named("Microsoft-Windows-Sysmon", 13, &[])), None);
    }

    #[test]
    fn a_process_starts_and_ends() {
        let data =
            [("ProcessId", "5136"), ("Image", r"C:\x\backup.exe"), ("CommandLine", "backup.exe /full")];
        let event = decode_start(&named("Microsoft-Windows-Sysmon", 1, &data)).unwrap();
        assert_eq!(event.what, What::ProcessStarted { command_line: Some("backup.exe /full".to_owned()) });
        assert_eq!(event.process.pid, Some(5136));
        let event = decode_end(&named("Microsoft-Windows-Sysmon", 5, &data)).unwrap();
        assert_eq!(event.what, What::ProcessEnded { exit_code: None });
    }
}
