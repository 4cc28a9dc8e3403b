//! Security log: `VSSAudit`, the only records that carry the whole identity of a shadow copy, and the marks that the
//! VSS service leaves there.

use super::fields;
use crate::record::LogRecord;
use vsscope_model::{Actor, Event, Guid, Process, What};

/// Created, imported, resynchronised.
pub(super) const IDS: &[u32] = &[8222, 8223, 12387];

/// An audit source is registered, removed.
pub(super) const MARK_IDS: &[u32] = &[4904, 4905];

/// Reads 8222, 8223 and 12387.
///
/// From Windows 10 1607 on the image name stands behind the process id and moves what follows. The first GUID shows
/// which layout it is, so the number of values does not matter.
pub(super) fn decode(record: &LogRecord) -> Option<Event> {
    let values = values(record);
    let at = |n: usize| values.get(n).copied().filter(|value| !value.is_empty());
    let first_guid = values.iter().position(|value| value.parse::<Guid>().is_ok())?;
    let behind = |n: usize| at(first_guid.checked_add(n)?);
    let guid = |n: usize| behind(n).and_then(|value| value.parse::<Guid>().ok());
    let what = match record.event_id {
        8222 => What::SnapshotCreated,
        8223 => What::SnapshotImported,
        _ => What::SnapshotResynced,
    };
    let mut event = fields::event(record, Actor::Service, what);
    event.process = fields::process(at(2), at(3).filter(|_| first_guid == 4), at(1));
    if record.event_id == 12387 {
        event.provider_id = guid(0);
        event.snapshot = guid(1).or_else(|| behind(1).and_then(Guid::find_in));
        event.volume = behind(2).and_then(fields::volume_as_logged);
        event.device = behind(1).and_then(fields::shadow_device);
    } else {
        event.set = guid(0);
        event.snapshot = guid(1);
        event.provider_id = guid(2);
        event.volume = behind(4).and_then(fields::volume_as_logged);
        event.device = behind(5).and_then(fields::shadow_device);
    }
    Some(event)
}

/// The values in order. Inputs without data have them in the message, each on its line behind a label and tabs.
fn values(record: &LogRecord) -> Vec<&str> {
    if !record.data.is_empty() {
        return record.data.iter().map(|param| param.value.trim()).collect();
    }
    let message = record.message.as_deref().unwrap_or_default();
    message.lines().filter_map(|line| line.split_once('\t')).map(|(_, value)| value.trim()).collect()
}

/// Reads 4904 and 4905 of the audit source that VSS uses. The pair is written once per created shadow copy, also where
/// 8222 is missing.
pub(super) fn decode_mark(record: &LogRecord) -> Option<Event> {
    if !record.field("AuditSourceName")?.eq_ignore_ascii_case("VSSAudit") {
        return None;
    }
    let what = What::CreationMark { registered: record.event_id == 4904 };
    let mut event = fields::event(record, Actor::Service, what);
    event.process = subject(record, "ProcessId", "ProcessName");
    Some(event)
}

/// Reads 4799 of the VSS service: it looks up who may be a writer or requester, so many of them show writer traffic.
pub(super) fn decode_group_enumeration(record: &LogRecord) -> Option<Event> {
    let process = subject(record, "CallerProcessId", "CallerProcessName");
    if !process.image_name()?.eq_ignore_ascii_case("vssvc.exe") {
        return None;
    }
    let mut event = fields::event(record, Actor::Service, What::Log);
    event.process = process;
    Some(event)
}

fn subject(record: &LogRecord, pid: &str, image: &str) -> Process {
    let user = fields::account(record, "SubjectDomainName", "SubjectUserName");
    fields::process(record.field(pid), record.field(image), user.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{named, positional, with_message};

    const SET: &str = "{aaaa1111-2222-4333-8444-555566667777}";
    const SHADOW: &str = "{bbbb1111-2222-4333-8444-555566667777}";
    const PROVIDER: &str = "{b5946137-7b9f-4925-af80-51abd60b20d5}";
    const VOLUME: &str = r"\\?\Volume{0a1b2c3d-0000-0000-0000-100000000000}\";
    const DEVICE: &str = r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy7";
    const IMAGE: &str = r"C:\Windows\System32\ntdsutil.exe";

    fn check(event: &Event) {
        assert_eq!(event.set, SET.parse().ok());
        assert_eq!(event.snapshot, SHADOW.parse().ok());
        assert_eq!(event.provider_id, PROVIDER.parse().ok());
        assert_eq!(event.volume.as_deref(), Some(VOLUME));
        assert_eq!(event.device.as_deref(), Some("HarddiskVolumeShadowCopy7"));
        assert_eq!(event.process.pid, Some(0xAD4));
        assert_eq!(event.process.user.as_deref(), Some(r"LAB\op"));
    }

    #[test]
    fn both_layouts_of_8222() {
        let old = ["S-1-5-21-1", r"LAB\op", "2772", SET, SHADOW, PROVIDER, "dc7.lab", VOLUME, DEVICE];
        let event = decode(&positional("VSSAudit", 8222, &old)).unwrap();
        check(&event);
        assert_eq!((event.process.image, event.what), (None, What::SnapshotCreated));
        let new = ["S-1-5-21-1", r"LAB\op", "0xad4", IMAGE, SET, SHADOW, PROVIDER, "dc7.lab", VOLUME, DEVICE];
        let event = decode(&positional("VSSAudit", 8223, &new)).unwrap();
        check(&event);
        assert_eq!(event.process.image.as_deref(), Some(IMAGE));
        assert_eq!(event.what, What::SnapshotImported);
    }

    #[test]
    fn the_message_of_an_input_without_data_in_any_language() {
        let message = format!(
            "Schattenkopie erstellt.\r\n \r\n SID:\t\t\tS-1-5-21-1\r\n Name:\t\t\tLAB\\op\r\n PID:\t\t\t\
             0x0000000000000ad4\r\n Abbild:\t\t{IMAGE}\r\n \r\n Satz:\t\t\t{SET}\r\n Kopie:\t\t\t{SHADOW}\r\n \
             Anbieter:\t\t\t{PROVIDER}\r\n Computer:\t\tdc7.lab\r\n Volume:\t\t\t\t{VOLUME}\r\n Gerät:\t\t{DEVICE}\r\n"
        );
        let event = decode(&with_message("VSSAudit", 8222, &message)).unwrap();
        check(&event);
        assert_eq!(event.process.image_name(), Some("ntdsutil.exe"));
    }

    #[test]
    fn a_resynchronisation_has_no_set() {
        let data = ["S-1-5-21-1", r"LAB\op", "0xad4", IMAGE, PROVIDER, SHADOW, VOLUME, "1", "D:", "2"];
        let event = decode(&positional("VSSAudit", 12387, &data)).unwrap();
        assert_eq!((event.set, event.snapshot), (None, SHADOW.parse().ok()));
        assert_eq!(event.provider_id, PROVIDER.parse().ok());
        assert_eq!(event.volume.as_deref(), Some(VOLUME));
        assert_eq!(event.what, What::SnapshotResynced);
    }

    #[test]
    fn a_record_without_identifiers_is_nothing() {
        assert_eq!(decode(&positional("VSSAudit", 8222, &["S-1-5-18"])), None);
    }

    #[test]
    fn marks_count_for_the_source_of_vss_only() {
        let fields = |source| {
            [
                ("SubjectUserName", "DC7$"),
                ("SubjectDomainName", "LAB"),
                ("AuditSourceName", source),
                ("ProcessId", "0x91c"),
            ]
        };
        let record = |source| named("Microsoft-Windows-Security-Auditing", 4904, &fields(source));
        let event = decode_mark(&record("VSSAudit")).unwrap();
        assert_eq!(event.what, What::CreationMark { registered: true });
        assert_eq!(event.process.pid, Some(2332));
        assert_eq!(event.process.user.as_deref(), Some(r"LAB\DC7$"));
        assert_eq!(decode_mark(&record("Other")), None);
    }

    #[test]
    fn group_enumerations_of_vssvc_only() {
        let record = |image| {
            let fields = [("CallerProcessId", "0x1160"), ("CallerProcessName", image)];
            named("Microsoft-Windows-Security-Auditing", 4799, &fields)
        };
        let event = decode_group_enumeration(&record(r"C:\Windows\System32\VSSVC.exe")).unwrap();
        assert_eq!((event.process.pid, event.what), (Some(4448), What::Log));
        assert_eq!(decode_group_enumeration(&record(r"C:\Windows\System32\esentutl.exe")), None);
    }
}
