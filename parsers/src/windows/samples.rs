//! The decoders against real logs: `../shared/samples` beside the project, skipped where it is absent.
//!
//! Counts were taken from the logs by other means (a dump of all records, sorted by provider, id and `Binary`).

use crate::{ReadOptions, Source, read};
use std::path::Path;
use vsscope_model::{DatabaseMark, Event, ServiceState, What, WriterState};

/// The events of a sample, or none.
#[allow(clippy::print_stderr)]
fn events(sample: &str) -> Option<Vec<Event>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples").join(sample);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    let reports = read(&Source::file(&path), &ReadOptions::default(), &());
    Some(reports.into_iter().flat_map(|report| report.events).collect())
}

fn count(events: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| wanted(event)).count()
}

fn is_sysmon(event: &Event, id: u32) -> bool {
    event.is_record("Microsoft-Windows-Sysmon", id)
}

#[test]
fn every_diag_value_of_the_json_sets_has_a_meaning() {
    for (sample, values, keys) in [
        ("json/cmd_copy_ntds_from_volume_shadow_copy.zip", 44, 16),
        ("json/cmd_dumping_ntds_dit_file_ntdsutil.zip", 175, 32),
        ("json/cmd_sam_copy_esentutl.zip", 171, 22),
    ] {
        let Some(events) = events(sample) else { return };
        assert_eq!(count(&events, |e| is_sysmon(e, 13) && e.what != What::Log), values, "{sample}");
        assert_eq!(count(&events, |e| matches!(e.what, What::DiagKey { .. })), keys, "{sample}");
        assert_eq!(count(&events, |e| e.provider.contains("Sysmon") && e.what == What::Log), 0, "{sample}");
    }
}

#[test]
fn a_run_with_writers() {
    let Some(events) = events("json/cmd_dumping_ntds_dit_file_ntdsutil.zip") else { return };
    let created: Vec<&Event> = events.iter().filter(|e| e.what == What::SnapshotCreated).collect();
    let [created] = created.as_slice() else { panic!("{created:?}") };
    assert_eq!(created.set.unwrap().to_string(), "c0d4d436-df51-4a77-a233-af9dba4b9562");
    assert_eq!(created.snapshot.unwrap().to_string(), "c2a8e337-08bf-49c7-9936-0f4ebe3fed82");
    assert_eq!(created.volume.as_deref(), Some(r"\\?\Volume{ec127b5f-0000-0000-0000-500600000000}\"));
    assert_eq!(created.device.as_deref(), Some("HarddiskVolumeShadowCopy1"));
    assert_eq!((created.process.pid, created.process.image_name()), (Some(2772), Some("ntdsutil.exe")));
    let marks: Vec<(&str, DatabaseMark, Option<u64>)> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Database(said) => Some((&*event.provider, said.mark, said.number)),
            _ => None,
        })
        .collect();
    for wanted in [
        ("ESENT", DatabaseMark::Starting, Some(1)),
        ("ESENT", DatabaseMark::FreezeStarted, Some(1)),
        ("ESENT", DatabaseMark::FreezeEnded, Some(1)),
        ("ESENT", DatabaseMark::Completed, Some(1)),
        ("NTDS ISAM", DatabaseMark::FreezeStarted, Some(1)),
    ] {
        assert_eq!(marks.iter().filter(|mark| **mark == wanted).count(), 1, "{wanted:?}");
    }
    let frozen = What::WriterState { state: WriterState(3) };
    let mut writers: Vec<&str> = events
        .iter()
        .filter(|e| e.what == frozen)
        .filter_map(|e| e.writer.as_ref()?.name.as_deref())
        .collect();
    writers.sort_unstable();
    assert_eq!(writers, ["NTDS", "Registry Writer", "Shadow Copy Optimization Writer"]);
    let looked_up = |e: &Event| e.is_record("Microsoft-Windows-Security-Auditing", 4799);
    assert_eq!(count(&events, looked_up), 60, "VSSVC.exe; the requester's 126 do not count");
}

#[test]
fn services_by_key_and_state() {
    for (sample, running, stopped) in [
        ("evtx/plaso-win7-system.evtx", [40, 38], [39, 37]),
        ("evtx/splunk-T1003.003-ntdsutil-system.evtx", [4, 4], [4, 4]),
        ("evtx/splunk-T1574.009-system.evtx", [3, 3], [3, 3]),
    ] {
        let Some(events) = events(sample) else { return };
        let with = |key: &str, state: ServiceState| {
            count(&events, |e| e.what == What::Service { service: key.into(), state })
        };
        let of = |state| [with("vss", state), with("swprv", state)];
        assert_eq!((of(ServiceState::Running), of(ServiceState::Stopped)), (running, stopped), "{sample}");
    }
}

#[test]
fn every_vss_record_names_its_process() {
    let mut seen = 0;
    for sample in ["mandumpal", "splunk-T1003.003-ntdsutil", "splunk-T1574.009"] {
        let Some(events) = events(&format!("evtx/{sample}-application.evtx")) else { return };
        for event in events.iter().filter(|event| &*event.provider == "VSS") {
            assert!(event.process.pid.is_some() && event.process.tid.is_some());
            assert_eq!(event.process.image_name().map(str::to_ascii_lowercase).as_deref(), Some("vssvc.exe"));
            assert_eq!(event.process.user.as_deref(), Some(r"NT AUTHORITY\SYSTEM"));
            let detail = event.record.as_ref().unwrap();
            assert_eq!(detail.tail.as_ref().unwrap().sid.as_deref(), Some("S-1-5-18"));
            assert_eq!(detail.block.is_some(), event.event_id == Some(8212));
            assert_eq!(event.writer.is_some(), event.event_id == Some(8212));
            seen += 1;
        }
    }
    assert_eq!(seen, 12);
}

#[test]
fn losses_devices_and_marks() {
    let Some(old) = events("evtx/plaso-win7-system.evtx") else { return };
    let lost: Vec<&Event> = old.iter().filter(|e| e.what == What::ShadowLoss).collect();
    let [lost] = lost.as_slice() else { panic!("{lost:?}") };
    assert_eq!((lost.event_id, lost.volume.as_deref()), (Some(36), Some("C:")));
    assert_eq!((lost.device.as_deref(), lost.status), (Some("HarddiskVolumeShadowCopy2"), None));
    let Some(new) = events("evtx/omerbenamram-2-vss_7-system.evtx") else { return };
    assert_eq!(
        count(&new, |e| e.what == What::ShadowDevice),
        27,
        "NTFS 98: 10, Kernel-General 11: 11, 15: 6"
    );
    assert_eq!(count(&new, |e| matches!(e.what, What::ClockChanged { .. })), 28);
    let Some(security) = events("evtx/omerbenamram-security.evtx") else { return };
    for registered in [true, false] {
        assert_eq!(count(&security, |e| e.what == What::CreationMark { registered }), 31);
    }
}

#[test]
fn deletions_by_command_and_by_script() {
    for (sample, wanted) in [
        ("ID4688-delete-backup-wbadmin", 1),
        ("ID4688-delete-vss-wmi", 1),
        ("ID4688-diskshadow", 0),
        ("powershell-delete-vss", 3),
        ("ID800-powershell-clear-logs", 0),
    ] {
        let Some(events) = events(&format!("evtx/mdecrevoisier-{sample}.evtx")) else { return };
        assert_eq!(count(&events, |e| matches!(e.what, What::DeleteCommand { .. })), wanted, "{sample}");
    }
}
