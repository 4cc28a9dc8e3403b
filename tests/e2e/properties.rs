//! Properties: files may come in any order and be read by any number of threads, the output is the same; a file that was
//! cut short costs its missing part and never panics.

use crate::support::{analysis, run, sample};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use vsscope_fixtures::cases::{Case, Kind};
use vsscope_fixtures::events;
use vsscope_fixtures::{Scenario, windows};
use vsscope_model::{Event, Finding};

/// The logs of a few scenarios in one folder.
fn logs() -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut paths = Vec::new();
    for id in ["healthy-backup", "crashed-backup"] {
        let scenario = Scenario::by_id(id).expect("the scenario is there");
        for (name, bytes) in windows::write_evtx(&scenario).expect("a scenario becomes event logs") {
            let path = dir.path().join(format!("{id}-{name}"));
            std::fs::write(&path, bytes).expect("a temporary file can be written");
            paths.push(path.to_str().expect("a UTF-8 path").to_owned());
        }
    }
    (dir, paths)
}

#[test]
fn shuffled_files_give_the_same_analysis() {
    let (_dir, paths) = logs();
    let expected = analysis(&paths);
    assert!(!expected.sets.is_empty() && !expected.findings.is_empty());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&Just(paths).prop_shuffle(), |paths| {
            prop_assert!(analysis(&paths) == expected, "another order gives another analysis");
            Ok(())
        })
        .expect("every order gives the same");
}

#[test]
fn threads_and_order_give_byte_identical_output() {
    let (_dir, paths) = logs();
    let output = |paths: &[String], threads: &str| {
        let mut args = vec!["--format", "json", "--fail-on", "never", "--threads", threads];
        args.extend(paths.iter().map(String::as_str));
        run(&args).1
    };
    let expected = output(&paths, "1");
    assert!(expected.len() > 1000);
    let reversed: Vec<String> = paths.iter().rev().cloned().collect();
    for threads in ["2", "3", "8"] {
        assert_eq!(output(&paths, threads), expected, "{threads} threads");
        assert_eq!(output(&reversed, threads), expected, "{threads} threads, reversed");
    }
}

#[test]
fn a_log_cut_at_any_byte_loses_only_what_was_cut() {
    let whole = std::fs::read(std::path::Path::new(&sample("healthy-backup")).join("Security.evtx"))
        .expect("the sample is there");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("Security.evtx");
    let name = [path.to_str().expect("a UTF-8 path").to_owned()];
    let ends = record_ends(&whole);
    assert!(ends.len() > 2, "the sample holds {} records", ends.len());
    let used = *ends.last().expect("a last record");
    for length in 0..=used {
        std::fs::write(&path, &whole[..length]).expect("a temporary file can be written");
        let analysis = analysis(&name);
        let read: u64 = analysis.inputs.iter().map(|input| input.records).sum();
        let complete = ends.iter().filter(|end| **end <= length).count() as u64;
        assert_eq!(read, complete, "the first {length} bytes hold {complete} complete records");
    }
}

/// Where the records of the only chunk end, by the sizes in their headers.
fn record_ends(evtx: &[u8]) -> Vec<usize> {
    const CHUNK: usize = 4096;
    let number = |at: usize| u32::from_le_bytes(evtx[at..at + 4].try_into().expect("four bytes")) as usize;
    let free = CHUNK + number(CHUNK + 48);
    let mut ends = Vec::new();
    let mut at = CHUNK + 512;
    while at < free {
        at += number(at + 4);
        ends.push(at);
    }
    ends
}

/// What a log can hide in a name: ends of lines, controls, marks that end a line or turn text round.
const HOSTILE: &str = "\r\n\t\u{0}\u{1b}[2J\u{7f}\u{85}\u{2028}\u{2029}\u{202e}";

/// Keys whose strings say what an event is, not what a log calls something.
const NO_NAMES: &[&str] = &[
    "schema", "input", "kind", "method", "callback", "step", "edge", "provider", "service", "state",
    "session",
];

/// Appends [`HOSTILE`] to every string of an event that is a name, the same everywhere, so that what was equal stays equal.
fn with_hostile_names(event: &Value, possible: &mut BTreeMap<String, bool>) -> Value {
    let mut made = event.clone();
    for place in places(event, "") {
        let key = place.rsplit('/').next().unwrap_or_default();
        let Some(Value::String(name)) = event.pointer(&place) else { continue };
        if NO_NAMES.contains(&key) {
            continue;
        }
        let before = made.clone();
        if let Some(slot) = made.pointer_mut(&place) {
            *slot = Value::String(format!("{name}{HOSTILE}"));
        }
        // Ids, times and the like are no free text.
        let fits = || serde_json::from_value::<Event>(made.clone()).is_ok();
        if !*possible.entry(place).or_insert_with(fits) {
            made = before;
        }
    }
    made
}

/// JSON pointers to the strings of a value.
fn places(value: &Value, here: &str) -> Vec<String> {
    match value {
        Value::String(_) => vec![here.to_owned()],
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(at, item)| places(item, &format!("{here}/{at}"))).collect()
        }
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, field)| places(field, &format!("{here}/{key}"))).collect()
        }
        _ => Vec::new(),
    }
}

/// The texts of a finding that are for reading.
fn texts(finding: &Finding) -> impl Iterator<Item = &str> {
    let own = [&finding.title, &finding.detail, &finding.remedy].into_iter().chain(&finding.noise_reason);
    own.chain(finding.evidence.iter().map(|evidence| &evidence.text)).map(String::as_str)
}

#[test]
fn whatever_names_a_log_has_a_finding_stays_on_its_lines() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut possible = BTreeMap::new();
    let (mut quoted, mut tried) = (BTreeSet::new(), BTreeSet::new());
    for case in Case::all().expect("the cases are readable") {
        if case.kind != Kind::Positive || case.scenario.events.is_empty() || !tried.insert(case.rule.clone())
        {
            continue;
        }
        let mut text = String::new();
        for line in events::ndjson(&case.scenario).expect("a case becomes events").lines() {
            let event: Value = serde_json::from_str(line).expect("a line of JSON");
            text.push_str(&format!("{}\n", with_hostile_names(&event, &mut possible)));
        }
        let path = dir.path().join(format!("{}.ndjson", case.scenario.id));
        std::fs::write(&path, text).expect("a temporary file can be written");
        let analysis = analysis(&[path.to_str().expect("a UTF-8 path").to_owned()]);
        for finding in &analysis.findings {
            for text in texts(finding) {
                let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
                assert!(!text.contains(breaks), "{} in {}: {text:?}", finding.rule, case.scenario.id);
                if text.contains(r"\x1b[2J\x7f\u{85}  \u{202e}") {
                    quoted.insert(finding.rule.clone());
                }
            }
        }
    }
    assert!(quoted.len() >= 30, "only {} rules quote a hostile name: {quoted:?}", quoted.len());
}
