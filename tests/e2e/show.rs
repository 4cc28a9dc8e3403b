//! `show`: every piece of evidence of every finding can be shown, and what is shown is what the evidence names.

use crate::carriers::{Bundle, Files};
use crate::support::{root, run, sample};
use std::path::Path;
use vsscope_fixtures::console::{self, ConsoleOptions};
use vsscope_fixtures::trace::RegistryOptions;
use vsscope_fixtures::{Scenario, etl, trace, windows};
use vsscope_model::{Analysis, Event, Evidence, Raw, RawRecord, Spot};
use vsscope_parsers::raw::Opened;
use vsscope_parsers::{ReadOptions, discover};

/// The text of a record.
fn text(record: &RawRecord) -> String {
    match &record.raw {
        Raw::Xml { xml } => xml.clone(),
        Raw::Json { json } => json.clone(),
        Raw::Text { lines } => lines
            .iter()
            .filter(|line| line.meant)
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        Raw::Bytes { fields, .. } => {
            fields.iter().map(|field| format!("{}={}\n", field.name, field.value)).collect()
        }
        Raw::Whole => String::new(),
    }
}

/// The event of an analysis that a piece of evidence stands for.
fn event_of<'a>(analysis: &'a Analysis, path: &str, evidence: &Evidence) -> Option<&'a Event> {
    analysis.events.iter().find(|event| {
        let (input, line) = match &event.source.via {
            Some(via) => (&via.input, Some(via.line)),
            None => (&event.source.input, event.source.line),
        };
        let place = (event.source.record, line, event.source.offset);
        **input == *path && place == (evidence.record, evidence.line, evidence.offset)
    })
}

/// Looks every piece of evidence up; gives how many there were.
fn check(paths: &[String]) -> usize {
    let analysis = crate::support::analysis(paths);
    let opened: Vec<Opened> =
        discover(paths).inputs.iter().map(|source| Opened::open(source).expect("an input")).collect();
    let mut checked = 0;
    for (finding, evidence) in analysis.findings.iter().flat_map(|f| f.evidence.iter().map(move |e| (f, e))) {
        let input = analysis.inputs.iter().find(|input| input.id == evidence.input);
        let input = input.unwrap_or_else(|| panic!("{}: {evidence:?} names no input", finding.rule));
        let holder = opened.iter().find(|opened| opened.names().contains(&input.path)).expect("the input");
        let near = evidence.text.split(' ').next().and_then(|time| time.parse().ok());
        let spot = Spot { record: evidence.record, line: evidence.line, offset: evidence.offset, near };
        let found = holder.find(&input.path, &spot, 0, &ReadOptions::default()).expect("readable");
        assert!(!found.is_empty(), "{}: {} {evidence:?}", finding.rule, input.path);
        checked += 1;
        let Some(event) = event_of(&analysis, &input.path, evidence) else { continue };
        if spot.is_whole() {
            continue;
        }
        let said = found.iter().map(text).collect::<String>();
        if let Some(record) = evidence.record {
            assert!(said.contains(&record.to_string()), "{evidence:?}: {said}");
        }
        // Of a record of Windows the container has the id and the source as they are.
        if let (Some(id), false) = (event.event_id, event.is_of_function_trace()) {
            assert!(said.contains(&id.to_string()), "{evidence:?}, id {id}: {said}");
            let is_binary = matches!(found[0].raw, Raw::Bytes { .. });
            assert!(is_binary || said.contains(&*event.provider), "{evidence:?}: {said}");
        }
    }
    checked
}

#[test]
fn every_proof_of_every_sample_can_be_shown() {
    let folder = root().join("fixtures/samples");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).expect("the samples") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            checked += check(&[path.to_str().expect("a UTF-8 path").to_owned()]);
        }
    }
    assert!(checked > 20, "{checked} pieces of evidence");
}

fn checked(files: Files) -> usize {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, bytes).expect("a file can be written");
    }
    check(&[dir.path().to_str().expect("a UTF-8 path").to_owned()])
}

#[test]
fn every_proof_in_every_form_of_evidence_can_be_shown() {
    let mut shown = [0; 5];
    for scenario in Scenario::own().expect("the scenarios are readable") {
        shown[0] += checked(trace::registry(&scenario, &RegistryOptions::default()).expect("a trace"));
        shown[1] += checked(etl::write(&scenario, false).expect("an event trace"));
        shown[2] += checked(etl::write(&scenario, true).expect("a compressed event trace"));
        shown[3] += checked(windows::write_evtx(&scenario).expect("event logs"));
        if let Ok(text) = console::diskshadow(&scenario, &ConsoleOptions::default()) {
            shown[4] += checked(Files::from([("session.log".to_owned(), text)]));
        }
    }
    assert!(shown.iter().all(|count| *count > 10), "{shown:?}");
}

/// In a compressed buffer all events have one place: the time of the evidence tells them apart.
#[test]
fn a_proof_in_a_compressed_buffer_is_told_by_its_time() {
    let folder = sample("writer-failure");
    let analysis = crate::support::analysis(std::slice::from_ref(&folder));
    let finding = analysis.findings.iter().find(|f| f.evidence.iter().any(|e| e.text.contains("Freeze")));
    let finding = finding.expect("a finding about Freeze");
    let (_, stdout, _) = run(&["show", "-f", "json", &finding.id, &folder]);
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let records = json["records"].as_array().expect("records");
    let traced: Vec<_> = records.iter().filter(|record| record["format"] == "etl").collect();
    assert!(!traced.is_empty());
    for record in traced {
        let said = record["evidence"]["text"].as_str().expect("a text");
        let fields = record["fields"].as_array().expect("fields");
        let time = fields.iter().find(|field| field["name"] == "time").expect("a time");
        let millis = |text: &str| text.get(..23).map(str::to_owned);
        assert_eq!(time["value"].as_str().and_then(millis), millis(said));
    }
}

#[test]
fn the_forms_of_a_reference_lead_to_one_record() {
    let folder = sample("crashed-backup");
    let analysis = crate::support::analysis(std::slice::from_ref(&folder));
    let (finding, evidence) = analysis
        .findings
        .iter()
        .find_map(|f| f.evidence.iter().find(|e| e.record.is_some()).map(|e| (f, e)))
        .expect("a finding with a record");
    let input = analysis.inputs.iter().find(|input| input.id == evidence.input).expect("its input");
    let name = Path::new(&*input.path).file_name().and_then(|name| name.to_str()).expect("a name");
    let record = evidence.record.expect("a record");
    let shown = |reference: &str| {
        let (code, stdout, stderr) = run(&["show", reference, &folder]);
        assert_eq!(code, 0, "{reference}: {stderr}");
        stdout
    };
    let expected = shown(&format!("{name} #{record}"));
    assert!(expected.contains(&format!("<EventRecordID>{record}</EventRecordID>")), "{expected}");
    assert_eq!(shown(&format!("{name}#{record}")), expected);
    assert_eq!(shown(&format!("{}#{record}", evidence.input)), expected);
    assert_eq!(shown(&format!("{name}@{:#x}", evidence.offset.expect("an offset"))), expected);
    let by_finding = shown(&finding.id);
    assert!(by_finding.contains(&format!("<EventRecordID>{record}</EventRecordID>")));
    assert!(by_finding.starts_with(&format!("{} {}: ", finding.id, finding.rule)));
    // A file that is named whole needs no place to look in.
    let (code, alone, _) = run(&["show", &format!("{} #{record}", input.path)]);
    assert_eq!((code, &alone), (0, &expected));
    let (_, json, _) = run(&["show", "-f", "json", &format!("{name} #{record}"), &folder]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["schema"], &json["records"][0]["kind"]), (&"vsscope.show/1".into(), &"xml".into()));
    assert_eq!(json["records"][0]["record"], record);
}

#[test]
fn a_line_comes_with_its_context() {
    let file = sample("writer-failure/trace.txt");
    let whole = std::fs::read(&file).expect("the sample");
    let whole = String::from_utf8_lossy(&whole);
    let lines: Vec<&str> = whole.lines().map(|line| line.trim_end_matches('\r')).collect();
    let (code, stdout, stderr) = run(&["show", "-C", "1", "-f", "json", &format!("{file}:10")]);
    assert_eq!(code, 0, "{stderr}");
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let shown: Vec<(u64, &str, bool)> = json["records"][0]["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|l| (l["number"].as_u64().expect("n"), l["text"].as_str().expect("t"), l["meant"] == true))
        .collect();
    assert_eq!(shown, [(9, lines[8], false), (10, lines[9], true), (11, lines[10], false)]);
}

#[test]
fn what_is_not_there_or_not_clear_is_an_error() {
    let samples = sample("");
    for (reference, paths, says) in [
        ("Application.evtx #1", vec![samples.as_str()], "can be several inputs"),
        ("nothing.evtx #1", vec![samples.as_str()], "no input of this name"),
        ("f9999", vec![samples.as_str()], "no such finding"),
        ("f1", vec![], "name the PATHs"),
        ("#5", vec![samples.as_str()], "names no input"),
        ("crashed-backup/System.evtx #999999", vec![samples.as_str()], "nothing there at record 999999"),
    ] {
        let (code, stdout, stderr) = run(&[&["show", reference][..], &paths].concat());
        assert_eq!((code, stdout.as_str()), (2, ""), "{reference}");
        assert!(stderr.contains(says), "{reference}: {stderr}");
    }
}

#[test]
fn nothing_in_a_record_can_steer_a_terminal() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("a.log");
    std::fs::write(&file, "one\n\u{1b}]0;title\u{7} two\u{202e}\u{9b}31m\nthree\n")
        .expect("a file can be written");
    let (code, stdout, stderr) = run(&["show", &format!("{}:2", file.display())]);
    assert_eq!(code, 0, "{stderr}");
    let is_safe = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
    assert!(stdout.chars().all(is_safe), "{stdout:?}");
    assert!(stdout.contains(r"\x1b]0;title\x07 two\u{202e}\u{9b}31m"), "{stdout}");
}

#[test]
fn a_member_of_a_bundle_is_named_behind_it() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let bundle = dir.path().join("bundle.zip");
    let python = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-c"])
        .arg(&bundle)
        .arg(sample("crashed-backup"))
        .status();
    if !python.is_ok_and(|status| status.success()) {
        return;
    }
    let bundle = bundle.to_str().expect("a UTF-8 path");
    let (code, stdout, stderr) = run(&["show", "crashed-backup/System.evtx #1", bundle]);
    let (_, plain, _) = run(&["show", "System.evtx #1", &sample("crashed-backup")]);
    assert_eq!(code, 0, "{stderr}");
    let behind_the_head = |text: &str| text.split_once('\n').map(|(_, rest)| rest.to_owned());
    assert_eq!(behind_the_head(&stdout), behind_the_head(&plain));
    assert!(stdout.starts_with(&format!("{bundle}!crashed-backup/System.evtx #1 ")), "{stdout}");
}

#[test]
fn a_bundle_of_all_forms_is_looked_through() {
    let scenario = Scenario::by_id("writer-failed-at-freeze").expect("the scenario");
    let mut files = windows::write_evtx(&scenario).expect("event logs");
    files.extend(trace::registry(&scenario, &RegistryOptions::default()).expect("a trace"));
    files.extend(etl::write(&scenario, false).expect("an event trace"));
    assert!(Bundle::of(files.clone()).analysis().findings.len() > 1);
    assert!(checked(files) > 5);
}
