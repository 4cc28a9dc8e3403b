//! Real SYSTEM hives of the reference folder: the steps of restore points, to the 100 ns.

mod common;

use common::{issues, read_one, sample};
use vsscope_model::{Actor, Clock, Edge, Event, HResult, InputReport, IssueKind, Method, Timestamp, What};

fn hive(name: &str) -> Option<InputReport> {
    sample(&format!("hives/{name}")).map(|path| read_one(&path))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn param<'a>(event: &'a Event, name: &str) -> &'a str {
    let params = &event.record.as_ref().unwrap().params;
    params.iter().find(|param| param.name == Some(name)).map_or("", |param| param.value)
}

/// The events of a step in order of time.
fn steps<'a>(report: &'a InputReport, name: &str) -> Vec<&'a Event> {
    report.events.iter().filter(|event| param(event, "Value") == name).collect()
}

#[test]
fn windows_8_1_has_six_pairs_in_order() {
    let Some(report) = hive("SYSTEM-win8.1-x64") else { return };
    assert_eq!((report.format.as_str(), report.records, report.lost), ("registry-hive", 12, 0));
    assert_eq!(report.bytes, 7_864_320);
    let mut pairs = 0;
    for enter in &report.events {
        let What::Call { method: Method::Other(base), edge: Edge::Entered, .. } = &enter.what else {
            continue;
        };
        let leave = steps(&report, &format!("{base} (Leave)"));
        let [leave] = leave.as_slice() else { panic!("{base}: {}", leave.len()) };
        assert!(matches!(leave.what, What::Call { edge: Edge::Finished, .. }));
        assert!(enter.time <= leave.time, "{base}");
        assert_eq!((enter.process.pid, enter.process.tid), (leave.process.pid, leave.process.tid), "{base}");
        pairs += 1;
    }
    assert_eq!(pairs, 6);
    assert!(report.events.is_sorted_by_key(|event| event.time));
    assert!(report.events.iter().all(|event| event.newest_only && event.set.is_none()));
    assert!(
        report.events.iter().all(|event| event.clock == Clock::Record && event.actor == Actor::Requester)
    );
}

/// `formats/diag.md` 8: a restore point of 15.6 ms without a shadow copy.
#[test]
fn the_restore_point_of_windows_8_1_lasted_one_tick() {
    let Some(report) = hive("SYSTEM-win8.1-x64") else { return };
    let (enter, leave) =
        (steps(&report, "SrCreateRp (Enter)")[0].time, steps(&report, "SrCreateRp (Leave)")[0].time);
    let lasted = leave.signed_duration_since(enter).num_microseconds().unwrap();
    assert!((15_600..15_700).contains(&lasted), "{lasted}");
    assert_eq!(steps(&report, "SppEnumGroups (Leave)")[0].hresult(), Some(HResult(1)));
}

#[test]
fn what_the_hive_of_windows_8_1_says_of_the_key() {
    let Some(report) = hive("SYSTEM-win8.1-x64") else { return };
    let [key] = report.inventory.registry.as_slice() else { panic!("{:?}", report.inventory.registry) };
    assert_eq!(key.path, r"ControlSet001\Services\VSS\Diag");
    assert_eq!((key.current, key.values, key.volatile_subkeys), (Some(true), 12, Some(5)));
    assert_eq!(key.subkeys, ["SPP", "SystemRestore"]);
    assert_eq!(key.default_value, None);
    let milliseconds = key.last_write.unwrap().timestamp_millis();
    assert_eq!(milliseconds, at("2015-12-12T03:28:45.992Z").timestamp_millis());
    assert!(issues(&report, IssueKind::Note).iter().any(|note| note.message.contains("dirty")));
    assert!(report.issues.iter().all(|issue| !issue.kind.is_loss()), "{:?}", report.issues);
    assert_eq!(report.spans.len(), 1);
    assert_eq!((&*report.spans[0].host, &*report.spans[0].source), ("SENSEI", r"Services\VSS\Diag"));
}

#[test]
fn windows_7_has_twelve_values_in_each_of_two_control_sets() {
    let Some(report) = hive("SYSTEM-win7-x86") else { return };
    assert_eq!((report.records, report.lost), (24, 0));
    // The restore point (`SrCreateRp`) is the same in both.
    assert_eq!(report.events.len(), 22);
    let keys: Vec<_> =
        report.inventory.registry.iter().map(|key| (key.path.as_str(), key.current, key.values)).collect();
    let expected = [
        (r"ControlSet001\Services\VSS\Diag", Some(true), 12),
        (r"ControlSet002\Services\VSS\Diag", Some(false), 12),
    ];
    assert_eq!(keys, expected);
    let notes = issues(&report, IssueKind::Note);
    assert!(
        notes
            .iter()
            .any(|note| note.message
                == "control sets: ControlSet001 (current), ControlSet002 (last known good)")
    );
    assert!(!notes.iter().any(|note| note.message.contains("dirty")));
}

/// `formats/diag.md` 8, first row, and the test vector of 6.
#[test]
fn times_of_windows_7_are_exact() {
    let Some(report) = hive("SYSTEM-win7-x86") else { return };
    let newest = |name| *steps(&report, name).last().unwrap();
    let milliseconds = |time: Timestamp| (time.timestamp_micros() + 500) / 1000;
    assert_eq!(
        milliseconds(newest("SppAddInterestingComponents (Leave)").time),
        at("2012-04-04T20:04:59.050Z").timestamp_millis()
    );
    assert_eq!(
        milliseconds(newest("SppCreate (Leave)").time),
        at("2012-04-04T20:05:08.331Z").timestamp_millis()
    );
    let query = newest("SppGetSnapshots (Enter)");
    assert_eq!(query.time, at("2012-04-07T04:00:01.3151237Z"));
    assert_eq!((query.process.pid, query.process.tid), (Some(5340), Some(6704)));
    assert_eq!((param(query, "Code"), param(query, "Flag"), query.status), ("2002", "0", None));
    let written: Vec<_> =
        report.inventory.registry.iter().map(|key| milliseconds(key.last_write.unwrap())).collect();
    let expected =
        ["2012-04-04T20:04:59.221Z", "2012-04-04T11:51:00.585Z"].map(|time| at(time).timestamp_millis());
    assert_eq!(written, expected);
}

#[test]
fn of_equal_times_the_outer_step_of_windows_7_begins_first() {
    let Some(report) = hive("SYSTEM-win7-x86") else { return };
    let names: Vec<&str> = report.events.iter().take(3).map(|event| param(event, "Value")).collect();
    assert_eq!(names, ["SrCreateRp (Enter)", "SppCreate (Enter)", "SppGatherWriterMetadata (Enter)"]);
    assert_eq!(report.events[0].time, report.events[1].time);
}
