//! The volsnap driver: `volsnap` (System log) and `Microsoft-Windows-VolumeSnapshot-Driver`.

use super::fields;
use crate::record::LogRecord;
use vsscope_model::{Actor, Event, Guid, NtStatus, Status, What};

/// Shadow copies of the volume are gone.
const LOSS_IDS: &[u32] = &[14, 15, 16, 20, 25, 27, 29, 32, 35, 36, 40, 59, 60];

/// A shadow copy could not be created, or the freeze window was broken off.
const FAILURE_IDS: &[u32] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 21, 23, 28, 67];

/// Reads a record of `volsnap`. Up to Windows 8.1 the data is device, volume and sometimes the diff-area volume, without
/// names; from Windows 10 on it is named. In both, `Binary` is the driver's error log packet.
pub(super) fn decode(record: &LogRecord) -> Option<Event> {
    let id = record.event_id;
    let what = if LOSS_IDS.contains(&id) {
        What::ShadowLoss
    } else if FAILURE_IDS.contains(&id) {
        What::ShadowFailure
    } else {
        What::Log
    };
    let mut event = fields::event(record, Actor::Volsnap, what);
    let (device, volume) = match record.field("VolumeName") {
        Some(volume) => (record.field("DeviceName"), Some(volume)),
        None => (record.at(0), record.at(1)),
    };
    event.device = device.and_then(fields::shadow_device);
    event.volume = volume.and_then(fields::volume_as_logged);
    event.status = ntstatus(record).filter(|status| status.0 != 0).map(Status::Ntstatus);
    Some(event)
}

/// The field is hex without a prefix. The packet counts only if it carries this record's own code.
fn ntstatus(record: &LogRecord) -> Option<NtStatus> {
    let field = record.field("NTSTATUS").map(|text| text.trim_start_matches("0x"));
    if let Some(status) = field.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        return Some(NtStatus(status));
    }
    let packet = record.binary.as_deref()?;
    let error_code = word(packet, ERROR_CODE)?;
    Some(NtStatus(word(packet, FINAL_STATUS)?)).filter(|_| error_code & 0xFFFF == record.event_id)
}

/// Offsets in `IO_ERROR_LOG_PACKET` (Windows Driver Kit, wdm.h), as the event log stores it.
const ERROR_CODE: usize = 12;
const FINAL_STATUS: usize = 20;

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let (_, from) = bytes.split_at_checked(at)?;
    from.first_chunk().copied().map(u32::from_le_bytes)
}

/// Reads a record of the driver's manifest provider. `TargetVolumeGuid` is called `VolumeGuid` in build 10240 and in the
/// analytic channel.
pub(super) fn decode_driver(record: &LogRecord) -> Option<Event> {
    let guid = |name| record.field(name).and_then(fields::guid);
    let volume: Option<Guid> = guid("TargetVolumeGuid").or_else(|| guid("VolumeGuid"));
    let mut event = fields::event(record, Actor::Volsnap, What::Log);
    event.snapshot = guid("SnapshotGuid");
    event.volume = volume.map(fields::volume_name);
    let status = ["Error", "ExitStatus", "PersistentDeleteStatus"].iter().find_map(|name| record.field(name));
    let status = status.and_then(|text| text.parse::<NtStatus>().ok()).filter(|status| status.0 != 0);
    event.status = status.map(Status::Ntstatus);
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{named, positional};

    fn packet(code: u32, status: u32) -> Vec<u8> {
        let mut bytes = vec![0; 40];
        bytes[12..16].copy_from_slice(&code.to_le_bytes());
        bytes[20..24].copy_from_slice(&status.to_le_bytes());
        bytes
    }

    #[test]
    fn the_unnamed_form_with_its_packet() {
        let mut record = positional("volsnap", 36, &[r"\Device\HarddiskVolumeShadowCopy2", "C:"]);
        record.binary = Some(packet(0xC006_0024, 0xC000_007F));
        let event = decode(&record).unwrap();
        assert_eq!((event.what, event.actor), (What::ShadowLoss, Actor::Volsnap));
        assert_eq!(event.device.as_deref(), Some("HarddiskVolumeShadowCopy2"));
        assert_eq!(event.volume.as_deref(), Some("C:"));
        assert_eq!(event.status, Some(Status::Ntstatus(NtStatus(0xC000_007F))));
    }

    #[test]
    fn a_packet_of_another_id_or_without_status_says_nothing() {
        for bytes in [packet(0xC006_0019, 0xC000_007F), packet(0xC006_0024, 0), vec![1; 15], vec![]] {
            let mut record = positional("volsnap", 36, &["x", "C:"]);
            record.binary = Some(bytes);
            assert_eq!(decode(&record).unwrap().status, None);
        }
    }

    #[test]
    fn the_named_form() {
        let data = [
            ("DeviceName", r"\Device\HarddiskVolumeShadowCopy9"),
            ("VolumeName", r"\\?\Volume{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}"),
            ("NTSTATUS", "C0000022"),
            ("SourceTag", "164"),
        ];
        let event = decode(&named("Volsnap", 8, &data)).unwrap();
        assert_eq!(event.what, What::ShadowFailure);
        assert_eq!(event.status, Some(Status::Ntstatus(NtStatus(0xC000_0022))));
        assert_eq!(event.volume.as_deref(), Some(r"\\?\Volume{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}\"));
        assert_eq!(decode(&named("Volsnap", 33, &data)).unwrap().what, What::Log);
    }

    #[test]
    fn the_driver_names_volume_and_snapshot() {
        let volume = "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}";
        let snapshot = "{11112222-3333-4444-5555-666677778888}";
        for field in ["TargetVolumeGuid", "VolumeGuid"] {
            let data = [(field, volume), ("SnapshotGuid", snapshot), ("Error", "0xc0000001")];
            let event = decode_driver(&named("Microsoft-Windows-VolumeSnapshot-Driver", 109, &data)).unwrap();
            assert_eq!(event.volume, Some(format!(r"\\?\Volume{volume}\")));
            assert_eq!(event.snapshot, snapshot.parse().ok());
            assert_eq!(event.status, Some(Status::Ntstatus(NtStatus(0xC000_0001))));
        }
    }
}
