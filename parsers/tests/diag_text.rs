//! Exports and queries of the registry key as files: they are told by their content, and read to the end.

mod common;

use common::{read_bytes, sample};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use vsscope_model::{Actor, Callback, Edge, Event, Guid, Status, What};
use vsscope_parsers::{ReadOptions, Source, read};

/// A writer's value, made up in the layout of 64-bit Windows: 2031-03-07T04:05:06.25Z, pid 1468, tid 1684, code 1014,
/// state 5, result 0, a set.
const BLOB: &str = "4800000000000000a0ea411bc848e201bc05000094060000f60300000100000005000000000000\
                    00a308cf3e73f44f4181b3c1d2e3f4051600000000000000000000000000000000";

const KEY: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\VSS\Diag";

fn export() -> String {
    let digits: Vec<&str> = (0..BLOB.len() / 2).map(|at| &BLOB[at * 2..at * 2 + 2]).collect();
    let bytes = digits.join(",");
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{KEY}]\r\n@=\"\"\r\n\r\n[{KEY}\\System Writer]\r\n\
         \"BACKUPCOMPLETE (Enter)\"=hex:{bytes}\r\n\r\n"
    )
}

fn query() -> String {
    format!("\r\n{KEY}\\System Writer\r\n    BACKUPCOMPLETE (Enter)    REG_BINARY    {BLOB}\r\n\r\n")
}

fn wide(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn both_forms_are_told_by_their_content_and_say_the_same() {
    for (bytes, format) in [
        (export().into_bytes(), "registry-export"),
        (wide(&export()), "registry-export"),
        (query().into_bytes(), "registry-query"),
        (wide(&query()), "registry-query"),
    ] {
        let report = read_bytes(&bytes);
        assert_eq!((report.format.as_str(), report.records), (format, 1), "{:?}", report.issues);
        let [event] = report.events.as_slice() else { panic!("{}", report.events.len()) };
        assert_eq!(event.time, "2031-03-07T04:05:06.25Z".parse::<vsscope_model::Timestamp>().unwrap());
        let What::Callback { callback: Callback::BackupComplete, edge: Edge::Entered, .. } = event.what
        else {
            panic!("{:?}", event.what)
        };
        assert_eq!(
            (event.actor, event.process.pid, event.process.tid),
            (Actor::Writer, Some(1468), Some(1684))
        );
        assert_eq!(event.set, "3ecf08a3-f473-414f-81b3-c1d2e3f40516".parse::<Guid>().ok());
        assert_eq!((event.status, event.newest_only), (None::<Status>, true));
        assert!(report.issues.is_empty(), "{:?}", report.issues);
        assert_eq!(report.inventory.registry[0].subkeys, ["System Writer"]);
    }
}

/// The writes of values that Sysmon recorded, in their order: path below the key, and the event.
fn writes(name: &str) -> Option<Vec<(String, Event)>> {
    let path = sample(&format!("json/{name}"))?;
    let report = read(&Source::file(path), &ReadOptions::default(), &()).pop().unwrap();
    let below = |event: &Event| {
        let params = &event.record.as_ref()?.params;
        let target = params.iter().find(|param| param.name == Some("TargetObject"))?;
        Some(target.value.split_once(r"\Diag\")?.1.to_owned())
    };
    let values = report.events.into_iter().filter(|event| event.event_id == Some(13));
    Some(values.filter_map(|event| Some((below(&event)?, event))).collect())
}

/// An export as it would have been right after the run: the last write of each value, sorted by name.
fn projected(writes: &[(String, Event)]) -> (String, BTreeMap<String, (usize, Event)>) {
    let last: BTreeMap<String, (usize, Event)> =
        writes.iter().enumerate().map(|(at, (path, event))| (path.clone(), (at, event.clone()))).collect();
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    for (path, (_, event)) in &last {
        let (key, value) = path.rsplit_once('\\').unwrap();
        let ticks = u64::try_from(event.time.timestamp_millis() + 11_644_473_600_000).unwrap() * 10_000;
        let mut blob = [0x48_u32, 0].map(u32::to_le_bytes).concat();
        blob.extend(ticks.to_le_bytes());
        blob.extend(event.process.pid.unwrap().to_le_bytes());
        blob.resize(0x48, 0);
        let digits: Vec<String> = blob.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = write!(text, "\r\n[{KEY}\\{key}]\r\n\"{value}\"=hex:{}\r\n", digits.join(","));
    }
    (text, last)
}

/// `formats/diag.md` 9: what the three recorded runs would have left in the key.
#[test]
fn the_newest_writes_of_recorded_runs_come_back_from_an_export_in_their_order() {
    for (name, values) in [
        ("cmd_dumping_ntds_dit_file_ntdsutil.zip", 149),
        ("cmd_sam_copy_esentutl.zip", 147),
        ("cmd_copy_ntds_from_volume_shadow_copy.zip", 42),
    ] {
        let Some(writes) = writes(name) else { return };
        let (text, last) = projected(&writes);
        let report = read_bytes(text.as_bytes());
        assert_eq!(
            (last.len(), report.events.len(), report.records),
            (values, values, values as u64),
            "{name}"
        );
        let mut lanes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for event in &report.events {
            let params = &event.record.as_ref().unwrap().params;
            let (key, value) = (params.get(0).unwrap().value, params.get(1).unwrap().value);
            let (at, written) = &last[&format!(r"{key}\{value}")];
            assert_eq!((event.time, event.process.pid), (written.time, written.process.pid), "{key} {value}");
            assert_eq!(
                (&event.what, event.actor, &event.writer),
                (&written.what, written.actor, &written.writer)
            );
            lanes.entry(lane(key, value)).or_default().push(*at);
        }
        for (lane, order) in lanes {
            assert!(order.is_sorted(), "{name}: {lane}: {order:?}");
        }
    }
}

/// Steps that follow each other: those of one writer, its watchdog apart; those of requester, service and provider
/// together. Of flush-and-hold and the provider's commit, which are written in one burst, and of volsnap's work,
/// which runs beside all others, only begin and end of one step do.
fn lane(key: &str, value: &str) -> String {
    let step = value.split(" (").next().unwrap();
    match key {
        "VssapiPublisher" | "VssvcPublisher" => "backup".to_owned(),
        _ if key.starts_with("SwProvider_") && step != "PROVIDER_COMMIT" => "backup".to_owned(),
        _ if key.starts_with("Lovelace") || key == "VolSnap" || step == "PROVIDER_COMMIT" => {
            format!("{key} {step}")
        }
        _ if step == "BKGND_FREEZE_THREAD" => format!("{key} {step}"),
        _ => key.to_owned(),
    }
}
