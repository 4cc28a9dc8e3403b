//! The three forms and the events file, from text to events. Records of `VSS` are used because their events keep all
//! parameters; GUIDs, hosts and times are invented.

use super::*;
use serde_json::value::RawValue;
use std::sync::Arc;
use vsscope_model::{Clock, Event, InputReport};

fn read_as(format: Format, text: &str) -> InputReport {
    let mut out = Collector::new(&Arc::from("log.json"), format.as_str());
    read(&mut text.as_bytes(), format, Options::default(), &mut out);
    out.finish(0)
}

/// The only event of an input without issues.
fn event(format: Format, text: &str) -> Event {
    let mut report = read_as(format, text);
    let wrong: Vec<_> = report.issues.iter().filter(|issue| issue.message != UNCHECKED).collect();
    assert!(wrong.is_empty(), "{text}: {wrong:?}");
    assert_eq!(report.events.len(), 1, "{text}");
    report.events.remove(0)
}

fn values(event: &Event) -> Vec<&str> {
    event.record.as_ref().unwrap().params.iter().map(|param| param.value).collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// A binary tail of pid 3172, tid 5104.
fn tail() -> String {
    hex(
        "- Code:  CORSVCC00000774- Call:  CORSVCC00000756- PID:  00003172- TID:  00005104- CMD:  C:\\Windows\\system32\\vssvc.exe   - User: Name: NT AUTHORITY\\SYSTEM, SID:S-1-5-18",
    )
}

const BLOCK: &str = "\\n\\nOperation:\\n   Query Shadow Copies";

fn dumped(event_id: &str, event_data: &str) -> String {
    format!(
        r##"{{"Event":{{"#attributes":{{"xmlns":"x"}},"System":{{"Provider":{{"#attributes":{{"Name":"VSS"}}}},"EventID":{event_id},"Level":2,"TimeCreated":{{"#attributes":{{"SystemTime":"2031-03-07T04:05:06.1234567Z"}}}},"EventRecordID":4711,"Channel":"Application","Computer":"HOST1","Security":null}},"EventData":{event_data}}}}}"##
    )
}

#[test]
fn evtx_dump_gives_everything() {
    let data = format!(
        r##"{{"Data":{{"#text":["CreateFileW","0x80070005, Access is denied.\r\n","{BLOCK}"]}},"Binary":"{}"}}"##,
        tail()
    );
    let text = dumped(r##"{"#attributes":{"Qualifiers":0},"#text":8193}"##, &data);
    let event = event(Format::EvtxDumpJson, &text);
    assert!(event.is_record("VSS", 8193));
    assert_eq!(event.time.to_rfc3339(), "2031-03-07T04:05:06.123456700+00:00");
    assert_eq!((event.level, event.host.as_deref()), (Some(2), Some("HOST1")));
    let source = &event.source;
    assert_eq!((&*source.input, source.channel.as_deref()), ("log.json", Some("Application")));
    assert_eq!((source.record, source.line, source.offset), (Some(4711), Some(1), None));
    assert_eq!(values(&event)[..2], ["CreateFileW", "0x80070005, Access is denied.\r\n"]);
    assert_eq!(event.hresult().map(|code| code.0), Some(0x8007_0005));
    assert_eq!((event.process.pid, event.process.tid), (Some(3172), Some(5104)));
}

#[test]
fn evtx_dump_with_separate_attributes_gives_the_same() {
    let data = format!(r#"{{"Data":["CreateFileW","0x80070005","{BLOCK}"],"Binary":"{}"}}"#, tail());
    let joined = dumped(r##"{"#attributes":{"Qualifiers":0},"#text":8193}"##, &data);
    let separate = joined
        .replace(r##""Provider":{"#attributes":{"Name":"VSS"}}"##, r#""Provider_attributes":{"Name":"VSS"}"#)
        .replace(
            r##""EventID":{"#attributes":{"Qualifiers":0},"#text":8193}"##,
            r#""EventID":8193,"EventID_attributes":{"Qualifiers":0}"#,
        )
        .replace(r##""TimeCreated":{"#attributes""##, r#""TimeCreated_attributes""#)
        .replace(r#"4567Z"}}"#, r#"4567Z"}"#);
    assert!(!separate.contains(r##"System":{"#attributes"##) && separate != joined);
    assert_eq!(event(Format::EvtxDumpJson, &separate), event(Format::EvtxDumpJson, &joined));
}

#[test]
fn a_single_empty_data_element_keeps_its_place() {
    for data in [r##"{"Data":{"#text":""}}"##, r##"{"Data":""}"##, r##"{"Data":{"#text":[""]}}"##] {
        assert_eq!(values(&event(Format::EvtxDumpJson, &dumped("8224", data))), [""], "{data}");
    }
    assert!(values(&event(Format::EvtxDumpJson, &dumped("8224", "null"))).is_empty());
}

#[test]
fn indented_output_with_heads_is_read() {
    let pretty: Value = serde_json::from_str(&dumped("8224", "null")).unwrap();
    let pretty = serde_json::to_string_pretty(&pretty).unwrap();
    let report = read_as(Format::EvtxDumpJson, &format!("Record 1\r\n{pretty}\r\nRecord 2\r\n{pretty}\r\n"));
    assert_eq!((report.records, report.events.len(), report.issues.len()), (2, 2, 0));
    assert_eq!(report.events[0].source.line, Some(2));
}

#[test]
fn lines_that_are_no_records_are_counted_with_their_place() {
    let good = dumped("8224", "null");
    let text = format!("{good}\n{{\"Event\":{{\"System\":{{}}}}}}\n{{\"a\":tru}}\nrubbish\n{good}\n");
    let report = read_as(Format::EvtxDumpJson, &text);
    assert_eq!((report.records, report.lost, report.events.len()), (2, 3, 2));
    let places: Vec<(&str, u64)> =
        report.issues.iter().map(|issue| (issue.place.as_str(), issue.count)).collect();
    assert_eq!(places, [("line 2", 1), ("line 3", 1), ("line 4", 1)]);
    assert!(report.issues.iter().all(|issue| issue.kind == IssueKind::Line));
}

#[test]
fn carved_records_are_counted_and_left_out() {
    let text = dumped("8224", "null").replacen('{', r#"{"recovered":true,"#, 1);
    let report = read_as(Format::EvtxDumpJson, &text);
    assert_eq!((report.records, report.events.len(), report.issues[0].kind), (1, 0, IssueKind::Note));
}

#[test]
fn every_record_counts_in_coverage_per_host_and_channel() {
    let ours = dumped("8224", "null");
    let other =
        ours.replace("VSS", "Some-Other-Provider").replace("Application", "System").replace("04:05", "04:15");
    let later = other.replace("04:15", "04:25");
    let report = read_as(Format::EvtxDumpJson, &[later, ours, other].join("\n"));
    let spans: Vec<(String, u64, String, String)> = report
        .spans
        .iter()
        .map(|s| {
            (
                s.source.to_string(),
                s.records,
                s.first.format("%H:%M").to_string(),
                s.last.format("%H:%M").to_string(),
            )
        })
        .collect();
    let span = |source: &str, records, first: &str, last: &str| {
        (source.to_owned(), records, first.to_owned(), last.to_owned())
    };
    assert_eq!(spans, [span("Application", 1, "04:05", "04:05"), span("System", 2, "04:15", "04:25")]);
    assert_eq!(report.events.len(), 1);
}

#[test]
fn named_event_data_and_user_data_keep_names_and_order() {
    let mut payload = payload(
        r##"{"#attributes":{"Name":"T"},"b":"x","a":17,"flag":true,"none":null,"list":["1",2]}"##,
        "null",
    );
    let pairs = |params: &[vsscope_model::Param]| -> Vec<(String, String)> {
        params.iter().map(|p| (p.name.clone().unwrap(), p.value.clone())).collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        pairs(&payload.data),
        [
            pair("b", "x"),
            pair("a", "17"),
            pair("flag", "true"),
            pair("none", ""),
            pair("list", "1"),
            pair("list", "2")
        ]
    );
    payload = self::payload(
        "null",
        r##"{"LogFileCleared":{"#attributes":{"xmlns":"x"},"SubjectUserName":"bob","Channel":{"#text":"System"}}}"##,
    );
    assert_eq!(pairs(&payload.user_data), [pair("SubjectUserName", "bob"), pair("Channel", "System")]);
}

fn payload(event_data: &str, user_data: &str) -> dump::Payload {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    dump::Payload::of(Some(&raw(event_data)), Some(&raw(user_data)))
}

fn nxlog(fields: &str) -> String {
    format!(
        r#"{{"SourceName":"VSS","EventID":8224,"Channel":"Application","Hostname":"H1","Level":"4","Message":"The VSS service is shutting down.",{fields}}}"#
    )
}

fn sysmon(id: u32, written: &str, utc: &str, pid: u32) -> String {
    format!(
        r#"{{"SourceName":"Microsoft-Windows-Sysmon","EventID":{id},"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"H1","TimeCreated":"{written}","UtcTime":"{utc}","ProcessId":"{pid}","Image":"C:\\Windows\\System32\\vssadmin.exe"}}"#
    )
}

#[test]
fn nxlog_times_follow_the_utc_time_of_sysmon() {
    let text = [
        nxlog(r#""TimeCreated":"2031-03-07T04:05:06.500Z""#),
        sysmon(1, "2031-03-07T04:00:00.010Z", "2031-03-07 11:00:00.001", 40),
        sysmon(5, "2031-03-07T04:01:00.010Z", "2031-03-07 11:01:00.001", 40),
        // Network records take their UtcTime from another clock and are no evidence.
        sysmon(3, "2031-03-07T04:02:00.010Z", "2031-03-05 17:00:00.000", 40),
        sysmon(22, "2031-03-07T04:02:00.010Z", "2031-03-05 17:00:00.000", 40),
    ]
    .join("\r\n");
    let report = read_as(Format::NxlogJson, &text);
    let [clock] = &report.issues[..] else { panic!("{:?}", report.issues) };
    assert_eq!((clock.kind, clock.place.as_str(), clock.count), (IssueKind::Clock, "line 2", 1));
    assert!(clock.message.contains("7 h behind") && clock.message.contains("3 records"), "{}", clock.message);
    let times: Vec<(String, Clock)> = report
        .events
        .iter()
        .map(|event| (event.time.format("%H:%M:%S%.3f").to_string(), event.clock))
        .collect();
    assert_eq!(
        times,
        [
            ("11:05:06.500".to_owned(), Clock::Corrected),
            ("11:00:00.001".to_owned(), Clock::Field),
            ("11:01:00.001".to_owned(), Clock::Field)
        ]
    );
    let sysmon = report.spans.iter().find(|span| span.source.ends_with("Sysmon/Operational")).unwrap();
    assert_eq!(sysmon.first.format("%H:%M").to_string(), "11:00");
    assert_eq!((sysmon.last.format("%H:%M").to_string().as_str(), sysmon.records), ("11:02", 4));
}

#[test]
fn nxlog_offsets_that_contradict_each_other_correct_nothing() {
    let text = [
        nxlog(r#""TimeCreated":"2031-03-07T04:05:06.500Z""#),
        sysmon(1, "2031-03-07T04:00:00Z", "2031-03-07 11:00:00.001", 40),
        sysmon(5, "2031-03-07T04:01:00Z", "2031-03-07 09:01:00.001", 40),
    ]
    .join("\n");
    let report = read_as(Format::NxlogJson, &text);
    assert_eq!(report.events[0].time.to_rfc3339(), "2031-03-07T04:05:06.500+00:00");
    assert_eq!(report.events[0].clock, Clock::Record);
    assert!(report.issues[0].message.contains("no single offset"));
}

#[test]
fn nxlog_times_without_a_zone_are_utc_and_said_to_be() {
    let line = nxlog(r#""TimeCreated":"2031-03-07 04:05:06.500""#);
    let report = read_as(Format::NxlogJson, &format!("{line}\n{line}\n"));
    assert_eq!(report.events[0].time.to_rfc3339(), "2031-03-07T04:05:06.500+00:00");
    let [clock] = &report.issues[..] else { panic!("{:?}", report.issues) };
    assert_eq!((clock.kind, clock.count), (IssueKind::Clock, 2));
    assert!(clock.message.contains("taken as UTC"));
    assert_eq!(read_as(Format::NxlogJson, &nxlog(r#""TimeCreated":"2031-03-07T04:05:06Z""#)).issues, []);
}

#[test]
fn nxlog_times_without_a_zone_are_read_in_the_zone_that_was_asked_for() {
    let berlin = |text: &str| {
        let mut out = Collector::new(&Arc::from("test.json"), "nxlog-json");
        let options = Options { zone: Some(chrono_tz::Europe::Berlin), ..Options::default() };
        read(&mut text.as_bytes(), Format::NxlogJson, options, &mut out);
        out.finish(0)
    };
    // Summer time, winter time, and the hour that the change to summer time leaves out.
    for (written, utc) in [
        ("2031-07-07 04:05:06", "2031-07-07T02:05:06+00:00"),
        ("2031-01-07 04:05:06", "2031-01-07T03:05:06+00:00"),
        ("2031-03-30 02:30:00", "2031-03-30T01:30:00+00:00"),
    ] {
        let report = berlin(&nxlog(&format!(r#""TimeCreated":"{written}""#)));
        assert_eq!(report.events[0].time.to_rfc3339(), utc, "{written}");
        assert_eq!(report.events[0].clock, Clock::Corrected);
        assert!(report.issues[0].message.contains("Europe/Berlin"));
    }
    let zoned = berlin(&nxlog(r#""TimeCreated":"2031-07-07T04:05:06Z""#));
    assert_eq!(zoned.events[0].time.to_rfc3339(), "2031-07-07T04:05:06+00:00");
}

#[test]
fn nxlog_channels_that_run_backwards_are_turned_round() {
    let stamped = |time: &str, user: &str| {
        nxlog(&format!(r#""TimeCreated":"2031-03-07T04:05:{time}Z","Note":"{user}""#))
    };
    let newest_first =
        [stamped("09", "d"), stamped("08", "c"), stamped("08", "b"), stamped("07", "a")].join("\n");
    let report = read_as(Format::NxlogJson, &newest_first);
    let lines: Vec<Option<u64>> = report.events.iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [Some(4), Some(3), Some(2), Some(1)]);
    let oldest_first =
        [stamped("07", "a"), stamped("08", "b"), stamped("08", "c"), stamped("06", "d"), stamped("09", "e")]
            .join("\n");
    let report = read_as(Format::NxlogJson, &oldest_first);
    let lines: Vec<Option<u64>> = report.events.iter().map(|event| event.source.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(3), Some(4), Some(5)]);
}

#[test]
fn nxlog_fields_outside_the_envelope_are_the_events_data() {
    let text = sysmon(1, "2031-03-07T04:00:00Z", "2031-03-07 04:00:00.001", 40);
    let event = event(Format::NxlogJson, &text);
    assert_eq!(event.process.pid, Some(40));
    assert_eq!(event.resolution_ns, Some(1_000_000));
    let shutting_down = self::event(Format::NxlogJson, &nxlog(r#""TimeCreated":"2031-03-07T04:05:06Z""#));
    assert_eq!(shutting_down.record.unwrap().message.as_deref(), Some("The VSS service is shutting down."));
}

fn beat(winlog: &str) -> String {
    format!(
        r#"{{"@timestamp":"2031-03-07T04:05:06.123Z","message":"m","log":{{"level":"error"}},"winlog":{winlog}}}"#
    )
}

fn beat_8193() -> String {
    beat(&format!(
        r#"{{"provider_name":"VSS","event_id":"8193","channel":"Application","computer_name":"HOST1","record_id":"4711","event_data":{{"param1":"CreateFileW","param2":"0x80070005, denied\n","param3":"{BLOCK}","Binary":"{}"}}}}"#,
        tail()
    ))
}

#[test]
fn winlogbeat_documents_are_read_in_all_their_wrappings() {
    let plain = beat_8193();
    let nested: Value = serde_json::from_str(&plain).unwrap();
    let mut flat = Map::new();
    flatten_into("", &nested, &mut flat);
    let fields: Map<String, Value> =
        flat.iter().map(|(k, v)| (k.clone(), Value::Array(vec![v.clone()]))).collect();
    let expected = event(Format::WinlogbeatJson, &plain);
    assert_eq!(values(&expected)[..2], ["CreateFileW", "0x80070005, denied\n"]);
    assert_eq!(
        (expected.source.record, expected.level, expected.process.pid),
        (Some(4711), Some(2), Some(3172))
    );
    for wrapped in [
        serde_json::json!({"_index": "w", "_source": nested}),
        Value::Object(flat.clone()),
        serde_json::json!({"_id": 1, "_source": flat}),
        serde_json::json!({"_id": 1, "fields": fields}),
    ] {
        assert_eq!(event(Format::WinlogbeatJson, &wrapped.to_string()), expected, "{wrapped}");
    }
}

#[test]
fn custom_fields_beside_a_flattened_document_hid_it() {
    let mut flat = Map::new();
    flatten_into("", &serde_json::from_str(&beat_8193()).unwrap(), &mut flat);
    flat.insert("fields".to_owned(), serde_json::json!({"site": "north"}));
    let text = Value::Object(flat).to_string();
    assert_eq!(form_of(text.as_bytes()), Some(Format::WinlogbeatJson));
    assert_eq!(event(Format::WinlogbeatJson, &text), event(Format::WinlogbeatJson, &beat_8193()));
}

#[test]
fn a_record_of_a_provider_without_a_name_counted_as_lost() {
    let text = dumped("8224", "null")
        .replace(r#"{"Name":"VSS"}"#, r#"{"Guid":"{0a1b2c3d-0000-0000-0000-100000000000}"}"#);
    let report = read_as(Format::EvtxDumpJson, &text);
    assert_eq!((report.records, report.lost, report.events.len()), (1, 0, 0));
}

#[test]
fn a_long_list_under_a_long_name_filled_the_memory() {
    let list = |count: usize| vec!["0"; count].join(",");
    let name = "n".repeat(1 << 20);
    let nxlog = format!(
        r#"{{"SourceName":"VSS","EventID":8224,"TimeCreated":"2031-03-07T04:05:06Z","{name}":[{}]}}"#,
        list(1_000_000)
    );
    let dump = dumped("8224", &format!(r#"{{"Data":[{}],"{name}":[{}]}}"#, list(500_000), list(500_000)));
    for (format, text) in [(Format::NxlogJson, nxlog), (Format::EvtxDumpJson, dump)] {
        let report = read_as(format, &text);
        let params = &report.events[0].record.as_ref().unwrap().params;
        let bytes: usize = params.iter().map(|p| p.value.len() + p.name.map_or(0, str::len)).sum();
        assert_eq!(params.len(), 1000);
        assert!(bytes < 2 << 20, "{bytes}");
        assert!(report.issues.iter().any(|issue| issue.message.contains("more than 1000 values")));
    }
}

fn flatten_into(prefix: &str, value: &Value, into: &mut Map<String, Value>) {
    let Value::Object(members) = value else {
        into.insert(prefix.to_owned(), value.clone());
        return;
    };
    for (name, member) in members {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        flatten_into(&path, member, into);
    }
}

#[test]
fn winlogbeat_of_version_6_has_other_names() {
    let text = format!(
        r#"{{"@timestamp":"2031-03-07T04:05:06.123Z","source_name":"VSS","event_id":8193,"log_name":"Application","computer_name":"HOST1","record_number":"4711","level":"Error","message":"m","event_data":{{"param1":"CreateFileW","param2":"0x80070005, denied\n","param3":"{BLOCK}","Binary":"{}"}}}}"#,
        tail()
    );
    assert_eq!(event(Format::WinlogbeatJson, &text), event(Format::WinlogbeatJson, &beat_8193()));
}

#[test]
fn winlogbeat_parameters_keep_the_places_that_their_numbers_give() {
    let text = beat(r#"{"provider_name":"VSS","event_id":13,"event_data":{"param10":"ten","param2":"two"}}"#);
    let event = event(Format::WinlogbeatJson, &text);
    // Eight holes, and the block that every record of VSS ends with.
    assert_eq!(values(&event), ["", "two", "", "", "", "", "", "", "", "ten", ""]);
}

#[test]
fn winlogbeat_drops_an_empty_block_and_it_is_put_back() {
    let idle = beat(r#"{"provider_name":"VSS","event_id":8224}"#);
    assert_eq!(values(&event(Format::WinlogbeatJson, &idle)), [""]);
}

#[test]
fn the_original_xml_goes_before_the_fields() {
    let xml = format!(
        "<Event xmlns='http://x'><System><Provider Name='VSS'/><EventID Qualifiers='0'>8193</EventID><Level>2</Level>\
         <TimeCreated SystemTime='2031-03-07T04:05:06.1234567Z'/><EventRecordID>4711</EventRecordID>\
         <Execution ProcessID='0' ThreadID='0'/><Channel>Application</Channel><Computer>HOST1</Computer><Security/></System>\
         <EventData><Data>A &amp; B &#x43;</Data><Data>0x80070005, denied</Data><Data></Data><Binary>{}</Binary></EventData></Event>",
        tail()
    );
    let mut document: Value =
        serde_json::from_str(&beat(r#"{"provider_name":"VSS","event_id":"8193"}"#)).unwrap();
    document["event"] = serde_json::json!({"original": xml});
    let event = event(Format::WinlogbeatJson, &document.to_string());
    assert_eq!(values(&event), ["A & B C", "0x80070005, denied", ""]);
    assert_eq!(
        (event.source.record, event.host.as_deref(), event.process.pid),
        (Some(4711), Some("HOST1"), Some(3172))
    );
    assert_eq!(event.time.timestamp_subsec_nanos(), 123_456_700);
    assert_eq!(event.record.unwrap().message.as_deref(), Some("m"));

    document["event"]["original"] = Value::from("<Event><System>");
    document["winlog"]["event_data"] = serde_json::json!({"param1": "from the fields"});
    let broken = self::event(Format::WinlogbeatJson, &document.to_string());
    assert_eq!(values(&broken)[0], "from the fields");
}

#[test]
fn sysmon_records_that_contradict_themselves_are_told() {
    let line = |utc: &str| {
        dumped(
            "1",
            &format!(r#"{{"UtcTime":"{utc}","ProcessId":40,"Image":"C:\\Windows\\System32\\vssvc.exe"}}"#),
        )
        .replace(r#""VSS""#, r#""Microsoft-Windows-Sysmon""#)
    };
    let near = event(Format::EvtxDumpJson, &line("2031-03-07 04:04:00.000"));
    assert_eq!((near.clock, near.time.format("%H:%M:%S").to_string().as_str()), (Clock::Record, "04:05:06"));
    let far = read_as(Format::EvtxDumpJson, &line("2031-03-07 03:05:06.000"));
    assert_eq!(
        (far.events[0].clock, far.events[0].time.format("%H:%M").to_string().as_str()),
        (Clock::Field, "03:05")
    );
    assert_eq!((far.issues[0].kind, far.issues[0].place.as_str()), (IssueKind::Clock, "record 4711"));
}

#[test]
fn processes_are_kept_if_something_speaks_of_them_or_they_are_tools() {
    let process = |id: u32, pid: u32, image: &str, command: &str| {
        sysmon(id, "2031-03-07T04:00:00Z", "2031-03-07 04:00:00.000", pid)
            .replace("vssadmin.exe", image)
            .replacen('{', &format!(r#"{{"CommandLine":"{command}","#), 1)
    };
    let written = r#""TargetObject":"HKLM\\System\\CurrentControlSet\\Services\\VSS\\Diag\\VssvcPublisher\\FREEZE (Enter)","EventType":"SetValue","#;
    let step = process(13, 77, "backup.exe", "").replacen('{', &format!("{{{written}"), 1);
    let text = [
        process(1, 77, "backup.exe", "backup /all"),
        process(5, 77, "backup.exe", ""),
        step,
        process(1, 78, "calc.exe", "calc"),
        process(5, 78, "calc.exe", ""),
        process(1, 79, "VSSADMIN.EXE", "list"),
        process(1, 80, "svchost.exe", "svchost.exe -k SWPRV"),
        process(1, 81, "powershell.exe", "gwmi Win32_ShadowCopy"),
    ]
    .join("\n");
    let report = read_as(Format::NxlogJson, &text);
    let kept: Vec<u64> = report.events.iter().filter_map(|event| event.source.line).collect();
    assert_eq!(kept, [1, 2, 3, 6, 7, 8]);
    assert_eq!(report.records, 8);
}

#[test]
fn times_at_the_end_of_the_calendar_were_let_in() {
    let original = event(Format::EvtxDumpJson, &dumped("8224", "null"));
    let mut line = serde_json::to_value(&original).unwrap();
    line["schema"] = Value::from("vsscope.events/1");
    line["time"] = Value::from("+262142-12-31T23:59:59Z");
    let report = read_as(Format::VsscopeEvents, &line.to_string());
    assert_eq!((report.lost, report.events.len(), report.spans.len()), (1, 0, 0));
}

#[test]
fn an_events_file_gives_events_back_with_the_line_they_came_by() {
    let original = event(Format::EvtxDumpJson, &dumped("8224", "null"));
    let mut line = serde_json::to_value(&original).unwrap();
    line["schema"] = Value::from("vsscope.events/1");
    let mut bare = line.clone();
    bare["source"] = serde_json::json!({"input": ""});
    let other = line.to_string().replace("events/1", "events/2");
    let text = format!("{line}\n{bare}\n{other}\n{{\"schema\":\"vsscope.events/1\"}}\n");
    let report = read_as(Format::VsscopeEvents, &text);
    assert_eq!((report.records, report.lost, report.events.len()), (2, 2, 2));
    let mut back = report.events[0].clone();
    let via = back.source.via.take().unwrap();
    assert_eq!((&*via.input, via.line), ("log.json", 1));
    assert_eq!(back, original);
    assert_eq!((report.events[1].source.line, &report.events[1].source.via), (Some(2), &None));
    assert_eq!((&*report.spans[0].source, report.spans[0].records), ("Application", 1));
    assert_eq!((&*report.spans[1].source, report.spans[1].records), ("VSS", 1));
    assert_eq!(report.issues[0].place, "line 3");
}
