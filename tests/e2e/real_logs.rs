//! Real logs of the shared reference folder; each test is skipped with a message where it is not there.
//! Expected values: the logs themselves, as described in the folder's own papers.

use crate::support::{analysis, fired, json, shared};
use serde_json::Value;
use vsscope_model::{Severity, Timestamp};

fn phase<'a>(set: &'a Value, name: &str) -> &'a Value {
    let found = set["phases"].as_array().expect("phases").iter().find(|p| p["name"] == name);
    found.unwrap_or_else(|| panic!("no phase {name} in {}", set["phases"]))
}

fn seconds(set: &Value, name: &str) -> f64 {
    phase(set, name)["duration_ms"].as_f64().expect("a duration") / 1000.0
}

fn writers(set: &Value, participation: &str) -> Vec<String> {
    let all = set["writers"].as_array().expect("writers").iter();
    let mut names: Vec<String> = all
        .filter(|w| w["participation"] == participation)
        .filter_map(|w| w["name"].as_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn only_set(analysis: &Value) -> &Value {
    let sets = analysis["sets"].as_array().expect("sets");
    assert_eq!(sets.len(), 1, "{:?}", sets.iter().map(|s| &s["id"]).collect::<Vec<_>>());
    &sets[0]
}

fn close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

fn time(value: &Value) -> Timestamp {
    value.as_str().expect("a time").parse().expect("RFC 3339")
}

fn errors(analysis: &Value) -> Vec<&Value> {
    analysis["findings"].as_array().expect("findings").iter().filter(|f| f["severity"] == "error").collect()
}

#[test]
fn ntdsutil_on_a_domain_controller() {
    let Some(path) = shared("samples/json/cmd_dumping_ntds_dit_file_ntdsutil.zip") else { return };
    let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
    let set = only_set(&analysis);
    assert_eq!(set["guid"], "c0d4d436-df51-4a77-a233-af9dba4b9562");
    assert_eq!(set["outcome"], "completed");
    assert_eq!(set["provider"]["id"], "b5946137-7b9f-4925-af80-51abd60b20d5");
    assert_eq!(set["snapshots"].as_array().map(Vec::len), Some(1));
    assert_eq!(set["snapshots"][0]["guid"], "c2a8e337-08bf-49c7-9936-0f4ebe3fed82");
    assert_eq!(set["snapshots"][0]["device"], "HarddiskVolumeShadowCopy1");
    assert_eq!(set["snapshots"][0]["volume"], r"\\?\Volume{ec127b5f-0000-0000-0000-500600000000}\");

    close(seconds(set, "PrepareForBackup"), 0.062, 0.001);
    close(seconds(set, "DoSnapshotSet"), 9.515, 0.001);
    close(seconds(set, "Freeze"), 2.797, 0.001);
    close(seconds(set, "Thaw"), 0.220, 0.001);
    close(seconds(set, "PostSnapshot"), 1.234, 0.001);
    assert_eq!(
        time(&phase(set, "Freeze")["started"]),
        "2023-07-19T16:03:40.757Z".parse::<Timestamp>().expect("a time")
    );

    assert_eq!(writers(set, "involved"), ["NTDS", "Registry Writer", "Shadow Copy Optimization Writer"]);
    let identified = [
        "ASR Writer",
        "COM+ REGDB Writer",
        "DFS Replication service writer",
        "Dhcp Jet Writer",
        "WMI Writer",
    ];
    assert_eq!(writers(set, "identified"), identified);
    let registry =
        set["writers"].as_array().expect("writers").iter().find(|w| w["name"] == "Registry Writer");
    close(seconds(registry.expect("the registry writer"), "Freeze"), 2.422, 0.001);

    let session = &analysis["sessions"][0];
    assert_eq!(analysis["sessions"].as_array().map(Vec::len), Some(1));
    assert_eq!(session["requester"]["pid"], 2772);
    assert!(session["requester"]["image"].as_str().is_some_and(|i| i.ends_with("ntdsutil.exe")));
    assert!(session["calls"].as_array().expect("calls").iter().any(|c| c["method"] == "BackupComplete"));

    assert!(errors(&analysis).is_empty(), "{:?}", errors(&analysis));
    // The file's own times are 7 h behind, written with a Z.
    let issues = analysis["inputs"][0]["issues"].as_array().expect("issues");
    let clock = issues.iter().find(|i| i["kind"] == "clock").expect("the two clocks are reported");
    assert!(clock["message"].as_str().is_some_and(|m| m.contains('7')), "{clock}");
    // The audit record of 09:03:48.413 in the file was written at 16:03:48.413 UTC.
    let ends = time(&phase(set, "DoSnapshotSet")["ended"]);
    assert_eq!(ends, "2023-07-19T16:03:48.413Z".parse::<Timestamp>().expect("a time"));
}

#[test]
fn esentutl_with_few_writers() {
    let Some(path) = shared("samples/json/cmd_sam_copy_esentutl.zip") else { return };
    let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
    let set = only_set(&analysis);
    assert_eq!(set["outcome"], "completed");
    assert_eq!(set["guid"], Value::Null, "no record names the set");
    let involved = ["EseRecoveryWriter", "MSSearch Service Writer", "Shadow Copy Optimization Writer"];
    assert_eq!(writers(set, "involved"), involved);
    close(seconds(set, "DoSnapshotSet"), 4.408, 0.001);
    close(seconds(set, "OpenVolumes"), 3.080, 0.001);
    close(seconds(set, "Freeze"), 0.031, 0.001);
    assert_eq!(analysis["sessions"][0]["requester"]["pid"], 5136);
    assert!(errors(&analysis).is_empty(), "{:?}", errors(&analysis));
    assert_eq!(time(&set["started"]).date_naive().to_string(), "2020-10-19");
}

#[test]
fn vssadmin_without_writers() {
    let Some(path) = shared("samples/json/cmd_copy_ntds_from_volume_shadow_copy.zip") else { return };
    let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
    let sets = analysis["sets"].as_array().expect("sets");
    assert!(!sets.is_empty());
    assert!(
        sets.iter().all(|set| set["writers"].as_array().is_some_and(Vec::is_empty)),
        "no writer takes part"
    );
    assert!(sets.iter().any(|set| set["guid"] == "c4d4b141-94fc-415a-8d79-b11862f05a2e"));
    let rules = fired(&analysis);
    assert!(rules.contains(&"snapshot-without-writers".to_owned()), "{rules:?}");
    let about_writers =
        |rule: &&String| rule.starts_with("writer-") || rule.contains("thaw") || rule.contains("backup-");
    assert_eq!(rules.iter().find(about_writers), None);
    assert!(errors(&analysis).is_empty(), "{:?}", errors(&analysis));
}

#[test]
fn ntdsutil_from_application_and_system_log_together() {
    let (Some(application), Some(system)) = (
        shared("samples/evtx/splunk-T1003.003-ntdsutil-application.evtx"),
        shared("samples/evtx/splunk-T1003.003-ntdsutil-system.evtx"),
    ) else {
        return;
    };
    let text = |p: &std::path::Path| p.to_str().expect("a UTF-8 path").to_owned();
    let analysis = json(&[&text(&application), &text(&system)]);

    let hosts = analysis["hosts"].as_array().expect("hosts");
    assert_eq!(hosts.len(), 1, "a renamed host is one host");
    let runs: Vec<&Value> =
        hosts[0]["runs"].as_array().expect("runs").iter().filter(|r| r["service"] == "vss").collect();
    let ends: Vec<&str> = runs.iter().filter_map(|r| r["end_reason"].as_str()).collect();
    assert_eq!(ends.len(), 4, "{runs:?}");
    assert_eq!(ends.iter().filter(|e| **e == "stop-requested").count(), 2, "8225 twice: {ends:?}");
    assert_eq!(ends.iter().filter(|e| **e == "idle").count(), 2, "8224 twice: {ends:?}");

    let set = only_set(&analysis);
    assert_eq!(set["guid"], Value::Null);
    assert!(
        set["started"].as_str().is_some_and(|t| t.starts_with("2020-09-15T23:48:14")),
        "{}",
        set["started"]
    );
    assert_eq!(writers(set, "involved"), ["NTDS"]);
    assert_eq!(set["writers"][0]["process"], "lsass (860)");
    close(seconds(set, "FreezeWindow"), 1.95, 0.01);
    assert_eq!(set["snapshots"][0]["device"], "HarddiskVolumeShadowCopy2");
    assert!(errors(&analysis).is_empty(), "{:?}", errors(&analysis));
    let (_, screen, _) = crate::support::run(&["timeline", &text(&application), &text(&system)]);
    assert!(screen.contains("GUID"), "that the GUID is not in the evidence is said:\n{screen}");
}

#[test]
fn forty_service_starts_and_a_lost_diff_area() {
    let Some(path) = shared("samples/evtx/plaso-win7-system.evtx") else { return };
    let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
    let runs: Vec<&Value> = analysis["hosts"][0]["runs"]
        .as_array()
        .expect("runs")
        .iter()
        .filter(|r| r["service"] == "vss")
        .collect();
    assert_eq!(runs.iter().filter(|r| !r["started"].is_null()).count(), 40, "40 starts");
    assert_eq!(runs.iter().filter(|r| !r["ended"].is_null()).count(), 39, "39 stops");
    // The start of 2012-04-06 13:57 has no stop: Kernel-Power 41 and EventLog 6008 say that the machine went down.
    let cut: Vec<_> = runs.iter().filter(|r| r["ended"].is_null()).collect();
    assert_eq!(cut.len(), 1);
    assert_eq!(cut[0]["end_reason"], "restart");
    assert_eq!(
        time(&cut[0]["started"]).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "2012-04-06T13:57:32.273Z"
    );

    let findings = analysis["findings"].as_array().expect("findings");
    let lost: Vec<&Value> = findings.iter().filter(|f| f["rule"] == "shadow-copies-aborted").collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0]["evidence"][0]["record"], 12919);
    let at = time(&lost[0]["time"]);
    assert_eq!(at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(), "2012-03-21T04:21:17.758Z");
    assert!(errors(&analysis).is_empty(), "{:?}", errors(&analysis));
}

#[test]
fn no_real_log_gives_an_error_finding() {
    // None of these logs holds a failed run (samples/SOURCES.md).
    let Some(folder) = shared("samples/evtx") else { return };
    let mut logs: Vec<_> =
        std::fs::read_dir(folder).expect("the folder is readable").flatten().map(|e| e.path()).collect();
    logs.sort();
    assert_eq!(logs.len(), 25);
    for log in logs {
        let analysis = analysis(&[log.to_str().expect("a UTF-8 path").to_owned()]);
        let wrong: Vec<_> = analysis
            .findings
            .iter()
            .filter(|f| f.severity == Severity::Error)
            .map(|f| (&f.rule, &f.detail))
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", log.display());
        assert!(analysis.findings.iter().all(|f| !f.evidence.is_empty()));
    }
}

#[test]
fn audit_marks_without_their_audit_records_are_31_creations() {
    // 31 pairs of 4904 / 4905 for VSSAudit and no 8222.
    let Some(path) = shared("samples/evtx/omerbenamram-security.evtx") else { return };
    let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
    let sets = analysis["sets"].as_array().expect("sets");
    assert_eq!(sets.len(), 31);
    assert!(
        sets.iter()
            .all(|set| set["guid"].is_null() && set["confidence"] == "weak" && set["outcome"] == "created")
    );
}

/// `formats/diag.md`, section 8: 12 values in each of two control sets of Windows 7, six pairs in Windows 8.1.
#[test]
fn hives_of_real_machines_show_their_restore_points_and_say_that_they_are_partial() {
    for (name, records, events, key_values) in
        [("SYSTEM-win8.1-x64", 12, 12, vec![12]), ("SYSTEM-win7-x86", 24, 22, vec![12, 12])]
    {
        let Some(path) = shared(&format!("samples/hives/{name}")) else { return };
        let analysis = json(&[path.to_str().expect("a UTF-8 path")]);
        let input = &analysis["inputs"][0];
        assert_eq!(
            (&input["format"], &input["records"]),
            (&"registry-hive".into(), &records.into()),
            "{name}"
        );
        assert_eq!(input["events"], events, "{name}: equal values of two control sets are one event");
        assert!(input["partial"].as_str().is_some_and(|why| why.contains("SPP")), "{name}: {input}");
        assert_eq!(input["lost"], 0, "{name}");
        let keys = analysis["inventory"]["registry"].as_array().expect("keys");
        let values: Vec<u64> = keys.iter().filter_map(|key| key["values"].as_u64()).collect();
        assert_eq!(values, key_values, "{name}");
        assert_eq!(errors(&analysis).len(), 0, "{name}");
    }
}

/// `formats/etl.md`, section 4: all 14 event traces are read; two of them lost events and say so.
#[test]
fn real_event_traces_are_read_and_tell_what_they_lost() {
    let Some(folder) = shared("samples/etl") else { return };
    let analysis = json(&[folder.to_str().expect("a UTF-8 path")]);
    let inputs = analysis["inputs"].as_array().expect("inputs");
    let of = |name: &str| {
        let found =
            inputs.iter().find(|input| input["path"].as_str().is_some_and(|path| path.ends_with(name)));
        found.unwrap_or_else(|| panic!("{name} was not read"))
    };
    assert_eq!(inputs.len(), 14);
    for (name, records, lost) in [
        ("AMSITrace.etl", 21, 3),
        ("ShutdownPerfDiagLogger.etl", 17078, 0),
        ("SelfDescribingSingleEvent.etl", 23, 0),
        ("powershell.etl", 114, 0),
        ("CldFlt2-2025-12-21-121418.etl", 2, 0),
        ("WindowsUpdate.20251008.140245.443.8.etl", 82, 41),
        ("synthetic-vss.etl", 4, 0),
    ] {
        assert_eq!((&of(name)["records"], &of(name)["lost"]), (&records.into(), &lost.into()), "{name}");
    }
    // Its third VSS event is of level 40, an error, with a code.
    assert_eq!(of("synthetic-vss.etl")["events"], 1);
    let findings = analysis["findings"].as_array().expect("findings");
    let told = findings.iter().filter(|finding| finding["rule"] == "failure-in-trace");
    let details: Vec<&str> = told.filter_map(|finding| finding["detail"].as_str()).collect();
    assert!(details.len() == 1 && details[0].contains("0x80042308"), "{details:?}");
    let providers = of("synthetic-vss.etl")["providers"].as_array().expect("providers");
    let vss = |provider: &&Value| provider["id"] == "77d8f687-8130-4a14-b8a6-3b922e05b99c";
    assert_eq!(providers.iter().find(vss).map(|provider| &provider["decoded"]), Some(&3.into()));
}
