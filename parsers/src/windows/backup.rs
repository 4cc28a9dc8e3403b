//! Requesters' own records, restore points, Hyper-V, clusters and providers other than volsnap: what they name is taken
//! by field name or by the position that their message table gives.

use super::fields;
use crate::record::LogRecord;
use vsscope_model::{Actor, BackupJob, Event, Status, What, Writer};

/// Start of a job of Windows Server Backup.
const JOB_STARTED: u32 = 1;
/// Success, failure, errors, cancellation, end marker. Id 9 says why a run failed; its end comes by itself.
const JOB_ENDED: &[u32] = &[4, 5, 7, 8, 14];

/// Fields with the result of a job; hex or decimal.
const STATUS_FIELDS: &[&str] = &["HRESULT", "ErrorCode", "HandleInstallErrorCode"];

/// Ids of Hyper-V's management service that speak of backups and checkpoints.
pub(super) const VMMS_IDS: &[u32] = &[
    10100, 10101, 10102, 10103, 10104, 10106, 10107, 10108, 10109, 10110, 10112, 10113, 10130, 10136, 10137,
    10143, 10144, 10145, 10147, 10148, 10150, 10154, 10155, 10160, 10168, 10169, 10170, 10171, 10172, 10175,
    10185, 10186, 18012, 18014, 18016, 32024, 32323, 33620,
];

/// Ids of the VSS component among the integration services of Windows 10 and later; the provider has others.
pub(super) const INTEGRATION_IDS: &[u32] = &[4000, 4010, 4020, 4096, 4097, 4098, 4099, 4100, 4101, 4102];

/// Ids of the cluster service that speak of shadow copies or of the backup of its database.
pub(super) const CLUSTER_IDS: &[u32] =
    &[1537, 1538, 1541, 1544, 1584, 4864, 4865, 4866, 4867, 5140, 5141, 5144, 5145, 5147, 5216, 5217, 5218];

/// Ids of deduplication that speak of shadow copies.
pub(super) const DEDUP_IDS: &[u32] = &[4109, 4110, 4124, 4125, 4126, 4128];

/// Reads any record of `Microsoft-Windows-Backup`. Templates differ between versions: fields go by name.
pub(super) fn decode_server_backup(record: &LogRecord) -> Option<Event> {
    let what = match record.event_id {
        JOB_STARTED => What::Job(BackupJob { ended: false }),
        id if JOB_ENDED.contains(&id) => What::Job(BackupJob { ended: true }),
        _ => What::Log,
    };
    let mut event = fields::event(record, Actor::Requester, what);
    event.status = fields::status_field(record, STATUS_FIELDS);
    Some(event)
}

/// Reads a record of another requester, by field names and by the shape of a shadow copy's device.
pub(super) fn decode_other_requester(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::Requester, What::Log);
    event.status = fields::status_field(record, STATUS_FIELDS);
    event.device = fields::values(record).find_map(fields::shadow_device);
    Some(event)
}

/// Ids of `System Restore` whose first parameter is the command line of the process.
const RESTORE_POINT_IDS: &[u32] = &[8193, 8194, 8195, 8196, 8197, 8198, 8216];

/// Reads any record of `System Restore`; its numbers are those of `VSS`, its meanings are not.
pub(super) fn decode_restore_point(record: &LogRecord) -> Option<Event> {
    let mut event = fields::event(record, Actor::Requester, What::Log);
    if RESTORE_POINT_IDS.contains(&record.event_id) {
        event.process = fields::process(None, record.at(0).and_then(fields::program), None);
    }
    Some(event)
}

/// What a parameter is.
#[derive(Clone, Copy)]
enum Role {
    Set,
    Snapshot,
    Volume,
    Result,
    WriterClass,
}

/// Parameters by (provider, id) and position. The template of Hyper-V's records is not confirmed, so a parameter counts
/// only if it has the shape of its role.
const ROLES: &[(&str, u32, usize, Role)] = &[
    ("SPP", 16385, 3, Role::WriterClass),
    ("SPP", 16388, 1, Role::Volume),
    ("SPP", 16388, 2, Role::Snapshot),
    ("SPP", 16388, 3, Role::Result),
    (super::VMMS, 10101, 4, Role::Result),
    (super::VMMS, 10102, 4, Role::Result),
    (super::VMMS, 10143, 4, Role::Result),
    (super::VMMS, 10143, 5, Role::Set),
    (super::VMMS, 10148, 2, Role::Result),
    (super::VMMS, 10150, 4, Role::Result),
    (super::VMMS, 10154, 4, Role::Result),
    (super::VMMS, 10155, 4, Role::Result),
    (super::VMMS, 10171, 4, Role::Result),
    (super::VMMS, 10172, 4, Role::Result),
    (super::VMMS, 10172, 5, Role::Set),
    (super::VMMS, 10175, 2, Role::Result),
    (super::VMMS, 10185, 4, Role::Result),
    (super::VMMS, 10186, 4, Role::Result),
    (super::VMMS, 32024, 4, Role::Result),
    (super::VMMS, 32323, 3, Role::Set),
    (super::HYPER_V_WORKER, 3216, 4, Role::Result),
    (super::HYPER_V_WORKER, 3280, 4, Role::Result),
    (super::HYPER_V_WORKER, 3352, 4, Role::Result),
    (super::GUEST_IC, 1, 1, Role::Result),
    (super::GUEST_IC, 2, 1, Role::Result),
    (super::GUEST_IC, 3, 1, Role::Result),
    (super::GUEST_IC, 22, 1, Role::Result),
    (super::CLUSTER, 1538, 1, Role::Snapshot),
    (super::CLUSTER, 5216, 3, Role::Result),
    (super::CLUSTER, 5217, 2, Role::Set),
    (super::CLUSTER, 5217, 3, Role::Result),
    (super::CLUSTER, 5218, 4, Role::Snapshot),
    (super::ISCSI_PROVIDER, 5, 1, Role::Set),
    (super::ISCSI_PROVIDER, 9, 1, Role::Set),
    (super::ISCSI_PROVIDER, 11, 1, Role::Set),
    (super::ISCSI_PROVIDER, 12, 1, Role::Set),
    (super::ISCSI_PROVIDER, 13, 1, Role::Set),
];

/// Providers of shadow copies; the others are users of VSS or parts of Windows around it.
const PROVIDERS: &[&str] = &[super::ISCSI_PROVIDER, "Microsoft-Windows-FileShareShadowCopyProvider"];

/// Reads a record by [`ROLES`].
pub(super) fn decode_positional(record: &LogRecord) -> Option<Event> {
    let actor =
        if PROVIDERS.iter().any(|name| record.is_from(name)) { Actor::Provider } else { Actor::System };
    let mut event = fields::event(record, actor, What::Log);
    for (provider, id, position, role) in ROLES {
        if *id != record.event_id || !record.is_from(provider) {
            continue;
        }
        let Some(text) = fields::insert(record, *position) else { continue };
        match role {
            Role::Set => event.set = fields::guid(text),
            Role::Snapshot => event.snapshot = fields::guid(text),
            Role::Volume => event.volume = fields::volume_as_logged(text),
            Role::Result => event.status = fields::hresult(text).map(Status::Hresult),
            Role::WriterClass => {
                let class_id = fields::guid(text);
                event.writer = class_id.map(|id| Writer { class_id: Some(id), ..Writer::default() });
            }
        }
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::{named, positional};

    const GUID: &str = "{11112222-3333-4444-5555-666677778888}";

    #[test]
    fn jobs_of_server_backup() {
        let event = |id, data: &[(&str, &str)]| {
            decode_server_backup(&named("Microsoft-Windows-Backup", id, data)).unwrap()
        };
        assert_eq!(event(1, &[]).what, What::Job(BackupJob { ended: false }));
        let ended = event(5, &[("BackupTemplateID", GUID), ("HRESULT", "0x807800C5")]);
        assert_eq!((ended.what, ended.actor), (What::Job(BackupJob { ended: true }), Actor::Requester));
        assert_eq!(ended.status.unwrap().to_string(), "0x807800c5");
        let failed = event(521, &[("BackupTime", "x"), ("ErrorCode", "2155348129")]);
        assert_eq!((failed.what, failed.status.unwrap().to_string()), (What::Log, "0x807800a1".to_owned()));
    }

    #[test]
    fn restore_points_name_their_process() {
        let record = positional("System Restore", 8194, &[r"C:\W\TiWorker.exe -Embedding", "Installer"]);
        let event = decode_restore_point(&record).unwrap();
        assert_eq!((event.process.image_name(), event.what), (Some("TiWorker.exe"), What::Log));
        let path = r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy3";
        let data = [("SnapshotPath", path), ("ErrorCode", "0x80070057")];
        let event = decode_other_requester(&named("Microsoft-Windows-System-Restore", 8303, &data)).unwrap();
        assert_eq!(event.device.as_deref(), Some("HarddiskVolumeShadowCopy3"));
        assert_eq!(event.hresult().unwrap().0, 0x8007_0057);
    }

    #[test]
    fn identifiers_by_position() {
        let event = decode_positional(&positional("SPP", 16388, &["C:", GUID, "0x80042308"])).unwrap();
        assert_eq!((event.snapshot, event.volume.as_deref()), (GUID.parse().ok(), Some("C:")));
        assert_eq!(event.hresult().unwrap().0, 0x8004_2308);
        let data = ["vm", "id", "text", "0x80070005", GUID];
        let event = decode_positional(&positional(super::super::VMMS, 10172, &data)).unwrap();
        assert_eq!((event.set, event.hresult().unwrap().0), (GUID.parse().ok(), 0x8007_0005));
        let event =
            decode_positional(&positional(super::super::VMMS, 10172, &["vm", "id", "text", "x"])).unwrap();
        assert_eq!((event.set, event.status), (None, None));
        let event =
            decode_positional(&positional(super::super::CLUSTER, 5218, &["a", "b", "7", GUID])).unwrap();
        assert_eq!((event.snapshot, event.actor), (GUID.parse().ok(), Actor::System));
        let event = decode_positional(&positional(super::super::ISCSI_PROVIDER, 9, &[GUID])).unwrap();
        assert_eq!((event.set, event.actor), (GUID.parse().ok(), Actor::Provider));
    }
}
