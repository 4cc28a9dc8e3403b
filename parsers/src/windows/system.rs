//! What happens to the host around VSS: start and shutdown, clock changes, cleared logs, shadow copy devices that appear.

use super::fields;
use crate::record::LogRecord;
use crate::time;
use std::sync::Arc;
use vsscope_model::{Actor, Event, Process, What};

/// Reads the first records of a start of Windows or of its event log: `Kernel-General` 12, `EventLog` 6005, 6008, 6009,
/// `Kernel-Power` 41. 41 and 6008 are written at the start and speak of the end before it.
pub(super) fn decode_startup(record: &LogRecord) -> Option<Event> {
    Some(fields::event(record, Actor::System, What::Startup))
}

/// Reads the last records before a shutdown: `Kernel-General` 13, `EventLog` 6006, `User32` 1074.
pub(super) fn decode_shutdown(record: &LogRecord) -> Option<Event> {
    Some(fields::event(record, Actor::System, What::Shutdown))
}

/// Reads `Kernel-General` 1. A record whose times cannot be read is kept as it is.
pub(super) fn decode_clock_change(record: &LogRecord) -> Option<Event> {
    let time = |name| Some(time::parse(record.field(name)?)?.time);
    let what = match (time("OldTime"), time("NewTime")) {
        (Some(old), Some(new)) => What::ClockChanged { old, new },
        _ => What::Log,
    };
    Some(fields::event(record, Actor::System, what))
}

/// Reads a record that counts only if it names the device of a shadow copy.
pub(super) fn decode_shadow_device(record: &LogRecord) -> Option<Event> {
    let device = fields::values(record).find_map(fields::shadow_device)?;
    let mut event = fields::event(record, Actor::System, What::ShadowDevice);
    event.device = Some(device);
    Some(event)
}

/// The channel that 1102 clears; its record does not name it.
const SECURITY_CHANNEL: &str = "Security";
/// Id of the cleared Security log; 104 is any other.
const SECURITY_CLEARED: u32 = 1102;
/// Channels whose name has no slash.
const CLASSIC_CHANNELS: &[&str] = &["Application", "System", "Security", "Setup", "HardwareEvents"];

/// Reads 104 and 1102. Without `UserData` the channel is looked for in the message, where it stands as it is called:
/// channel names are not translated.
pub(super) fn decode_log_cleared(record: &LogRecord) -> Option<Event> {
    let channel = if record.event_id == SECURITY_CLEARED {
        Some(SECURITY_CHANNEL)
    } else {
        record.field("Channel").or_else(|| record.message.as_deref().and_then(channel_in))
    };
    let what = channel.map_or(What::Log, |channel| What::LogCleared { channel: Arc::from(channel) });
    let mut event = fields::event(record, Actor::System, what);
    let user = fields::account(record, "SubjectDomainName", "SubjectUserName");
    event.process = Process { user: user.map(Arc::from), ..Process::default() };
    Some(event)
}

fn channel_in(message: &str) -> Option<&str> {
    let mut words = message.split_whitespace().map(|word| word.trim_matches(['.', '"', '\'', ',']));
    words.find(|word| word.contains('/') || CLASSIC_CHANNELS.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{named, positional, with_message};
    use vsscope_model::Param;

    #[test]
    fn a_clock_change_has_both_times() {
        let data = [("NewTime", "2031-07-07T20:49:33.3770033Z"), ("OldTime", "2031-07-07T19:49:33.3770572Z")];
        let event = decode_clock_change(&named("Microsoft-Windows-Kernel-General", 1, &data)).unwrap();
        let What::ClockChanged { old, new } = event.what else { panic!("{:?}", event.what) };
        assert_eq!((new - old).num_seconds(), 3599);
        assert_eq!(old.timestamp_subsec_nanos(), 377_057_200);
        let event =
            decode_clock_change(&named("Microsoft-Windows-Kernel-General", 1, &[("OldTime", "x")])).unwrap();
        assert_eq!(event.what, What::Log);
    }

    #[test]
    fn devices_of_shadow_copies_only() {
        let path = r"\??\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\WINDOWS\System32\config\SYSTEM";
        let event =
            decode_shadow_device(&named("Microsoft-Windows-Kernel-General", 15, &[("HiveName", path)]))
                .unwrap();
        assert_eq!(
            (event.what, event.device.as_deref()),
            (What::ShadowDevice, Some("HarddiskVolumeShadowCopy1"))
        );
        assert_eq!(
            decode_shadow_device(&positional(
                "Microsoft-Windows-Ntfs",
                98,
                &["C:", r"\Device\HarddiskVolume1"]
            )),
            None
        );
    }

    fn cleared(record: &LogRecord) -> What {
        decode_log_cleared(record).unwrap().what
    }

    #[test]
    fn the_cleared_channel_is_in_the_user_data_or_in_the_message() {
        let mut record = named("Microsoft-Windows-Eventlog", 104, &[]);
        record.user_data =
            vec![Param { name: Some("Channel".to_owned()), value: "System".to_owned() }].into();
        assert_eq!(cleared(&record), What::LogCleared { channel: "System".into() });
        let text = "Die Protokolldatei \"Microsoft-Windows-PowerShell/Operational\" wurde gelöscht.";
        let wanted = What::LogCleared { channel: "Microsoft-Windows-PowerShell/Operational".into() };
        assert_eq!(cleared(&with_message("Microsoft-Windows-Eventlog", 104, text)), wanted);
        assert_eq!(cleared(&with_message("Microsoft-Windows-Eventlog", 104, "gelöscht")), What::Log);
        assert_eq!(
            cleared(&named("Microsoft-Windows-Eventlog", 1102, &[])),
            What::LogCleared { channel: "Security".into() }
        );
    }
}
