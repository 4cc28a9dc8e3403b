//! `Service Control Manager` and `Virtual Disk Service`: services that belong to VSS start, stop and fail.

use super::fields;
use crate::record::LogRecord;
use encoding_rs::UTF_16LE;
use nom::bytes::complete::tag;
use nom::character::complete::u32 as decimal;
use nom::combinator::all_consuming;
use nom::sequence::preceded;
use nom::{IResult, Parser};
use std::sync::Arc;
use vsscope_model::{Actor, Event, HResult, ServiceState, Status, What};

/// State changes, failures to start, crashes.
pub(super) const IDS: &[u32] = &[7000, 7009, 7011, 7022, 7023, 7024, 7031, 7034, 7036];

/// Key names of the services that count, in lower case, and their English display names. Records name a service by its
/// key in `Binary`; where the input has no `Binary`, only the display name is left, and it varies within one log.
pub(super) const SERVICES: &[(&str, &str)] = &[
    ("vss", "Volume Shadow Copy"),
    ("swprv", "Microsoft Software Shadow Copy Provider"),
    ("vds", "Virtual Disk"),
    ("wbengine", "Block Level Backup Engine Service"),
    ("sdrsvc", "Windows Backup"),
    ("sqlwriter", "SQL Server VSS Writer"),
    ("vmms", "Hyper-V Virtual Machine Management"),
    ("vmicvss", "Hyper-V Volume Shadow Copy Requestor"),
];

/// Reads a record of the service control manager, if it speaks of one of [`SERVICES`].
pub(super) fn decode(record: &LogRecord) -> Option<Event> {
    let binary = record.binary.as_deref().map(utf16).filter(|text| !text.is_empty());
    let (name, state) = match binary.as_deref().map(|text| text.split_once('/').unwrap_or((text, ""))) {
        Some((key, state)) => (service_of_key(key)?, state),
        None => (service_of_display_name(record.field(name_field(record.event_id))?)?, ""),
    };
    let what = match (record.event_id, state) {
        (7031 | 7034, _) => service(name, ServiceState::Crashed),
        (7036, "4") => service(name, ServiceState::Running),
        (7036, "1") => service(name, ServiceState::Stopped),
        (7036, "") => service(name, ServiceState::Unnamed),
        (7036, _) => What::Log,
        _ => service(name, ServiceState::Failed),
    };
    let mut event = fields::event(record, Actor::System, what);
    event.status = status(record);
    Some(event)
}

/// Reads 3 (started) and 4 (stopped) of the virtual disk service.
pub(super) fn decode_virtual_disk(record: &LogRecord) -> Option<Event> {
    let state = if record.event_id == 3 { ServiceState::Running } else { ServiceState::Stopped };
    Some(fields::event(record, Actor::System, service("vds", state)))
}

fn service(key: &str, state: ServiceState) -> What {
    What::Service { service: Arc::from(key), state }
}

fn service_of_key(key: &str) -> Option<&'static str> {
    SERVICES.iter().map(|(known, _)| *known).find(|known| known.eq_ignore_ascii_case(key))
}

fn service_of_display_name(name: &str) -> Option<&'static str> {
    let display = |(_, display): &&(&str, &str)| display.eq_ignore_ascii_case(name);
    service_of_key(name).or_else(|| SERVICES.iter().find(display).map(|(key, _)| *key))
}

/// 7009 and 7011 put the timeout before the service.
fn name_field(id: u32) -> &'static str {
    match id {
        7009 | 7011 => "param2",
        _ => "param1",
    }
}

/// The error of 7000 and 7023 is a Win32 code; that of 7024 is the service's own, an HRESULT only if it says so itself.
fn status(record: &LogRecord) -> Option<Status> {
    let code = record.field("param2").and_then(error)?;
    let hresult = match record.event_id {
        7000 | 7023 => fields::hresult_from_win32(code),
        7024 => Some(HResult(code)).filter(|code| code.is_failure())?,
        _ => return None,
    };
    Some(Status::Hresult(hresult))
}

/// `%%1058`, an insert that the viewer replaces by the system's text of the code.
fn error(text: &str) -> Option<u32> {
    let parsed: IResult<&str, u32> = all_consuming(preceded(tag("%%"), decimal)).parse(text.trim());
    parsed.ok().map(|(_, code)| code)
}

/// UTF-16LE text up to its NUL.
fn utf16(bytes: &[u8]) -> String {
    let text = UTF_16LE.decode_without_bom_handling(bytes).0;
    text.split('\0').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::named;

    fn record(id: u32, data: &[(&str, &str)], binary: Option<&str>) -> LogRecord {
        let mut record = named("Service Control Manager", id, data);
        record.binary =
            binary.map(|text| format!("{text}\0").encode_utf16().flat_map(u16::to_le_bytes).collect());
        record
    }

    fn what(id: u32, data: &[(&str, &str)], binary: Option<&str>) -> Option<What> {
        decode(&record(id, data, binary)).map(|event| event.what)
    }

    #[test]
    fn state_and_key_come_from_the_binary_in_any_language() {
        let german = [("param1", "Volumeschattenkopie"), ("param2", "wird ausgeführt")];
        assert_eq!(what(7036, &german, Some("VSS/4")), Some(service("vss", ServiceState::Running)));
        assert_eq!(what(7036, &german, Some("swprv/1")), Some(service("swprv", ServiceState::Stopped)));
        assert_eq!(what(7036, &german, Some("VSS/7")), Some(What::Log));
        assert_eq!(what(7036, &german, Some("Spooler/4")), None);
        assert_eq!(what(7036, &german, None), None);
    }

    #[test]
    fn without_a_binary_the_state_is_not_named() {
        let data = [("param1", "Volume Shadow Copy"), ("param2", "running")];
        assert_eq!(what(7036, &data, None), Some(service("vss", ServiceState::Unnamed)));
        let data = [("param1", "swprv"), ("param2", "running")];
        assert_eq!(what(7036, &data, None), Some(service("swprv", ServiceState::Unnamed)));
    }

    #[test]
    fn failures_carry_the_error_as_hresult() {
        let event = decode(&record(7023, &[("param1", "x"), ("param2", "%%1058")], Some("swprv"))).unwrap();
        assert_eq!(event.what, service("swprv", ServiceState::Failed));
        assert_eq!(event.hresult(), Some(HResult(0x8007_0422)));
        let own = |code| decode(&record(7024, &[("param1", "x"), ("param2", code)], Some("VSS"))).unwrap();
        assert_eq!(own("%%2147942405").hresult(), Some(HResult::ACCESS_DENIED));
        assert_eq!(own("%%5").status, None);
    }

    #[test]
    fn crashes_and_timeouts() {
        assert_eq!(
            what(7034, &[("param1", "SQL Server VSS Writer"), ("param2", "1")], None),
            Some(service("sqlwriter", ServiceState::Crashed))
        );
        assert_eq!(
            what(7009, &[("param1", "30000"), ("param2", "Volume Shadow Copy")], None),
            Some(service("vss", ServiceState::Failed))
        );
    }
}
