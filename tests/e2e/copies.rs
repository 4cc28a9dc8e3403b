//! The same evidence twice: a file in two folders, and vsscope's own events beside the logs that they came from.

use crate::support::{events, fired, json, run, sample};
use serde_json::{Value, json as value};
use std::fs;
use std::path::{Path, PathBuf};

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// Copies files of the samples into a new folder below `dir`.
fn folder(dir: &Path, name: &str, files: &[&str]) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir(&folder).expect("a folder can be made");
    for file in files {
        let name = Path::new(file).file_name().expect("a name");
        fs::copy(sample(file), folder.join(name)).expect("a sample can be copied");
    }
    folder
}

/// The events of a folder, as `vsscope events` writes them, as one more file in it.
fn with_events(folder: &Path, name: &str) {
    let (code, events, stderr) = run(&["events", "-f", "ndjson", "--fail-on", "never", text(folder)]);
    assert!(code == 0 && !events.is_empty(), "{stderr}");
    fs::write(folder.join(name), events).expect("a file can be written");
}

fn messages(analysis: &Value, input: usize) -> Vec<&str> {
    let issues = analysis["inputs"][input]["issues"].as_array().expect("issues");
    issues.iter().filter_map(|issue| issue["message"].as_str()).collect()
}

fn assert_one_story(analysis: &Value, alone: &Value) {
    assert_eq!(fired(analysis), fired(alone));
    for key in ["sets", "sessions"] {
        assert_eq!(analysis[key], alone[key], "{key}");
    }
    assert_eq!(analysis["summary"]["findings"], alone["summary"]["findings"]);
}

#[test]
fn an_events_file_in_two_folders_is_one_backup() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = "writer-failed-at-freeze.events.ndjson";
    let (one, two) = (folder(dir.path(), "a", &[name]), folder(dir.path(), "b", &[name]));
    let alone = json(&[text(&one)]);
    let both = json(&[text(&two), text(&one)]);
    assert_one_story(&both, &alone);
    assert_eq!(both["findings"], alone["findings"], "the first by path is the evidence");
    let first = one.join(name);
    let lines = fs::read_to_string(&first).expect("the sample").lines().count();
    let said = format!("{lines} events are also in {} and count once", text(&first));
    assert!(messages(&both, 0).is_empty());
    assert_eq!(messages(&both, 1), [said]);
    assert_eq!(both["inputs"][1]["issues"][0]["kind"], "note", "nothing is lost");
    let backwards = json(&[text(&one), text(&two)]);
    assert_eq!(both, backwards);
}

#[test]
fn events_beside_their_own_logs_change_nothing() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let failure = "writer-failure";
    let path = |file: &str| format!("{failure}/{file}");
    let (etl, trace, log) = (path("vss.etl"), path("trace.txt"), path("Application.evtx"));
    let lists = path("list-writers.txt");
    let healthy: Vec<String> = fs::read_dir(sample("healthy-backup"))
        .expect("a sample")
        .map(|entry| format!("healthy-backup/{}", entry.expect("a file").file_name().to_string_lossy()))
        .collect();
    let healthy: Vec<&str> = healthy.iter().map(String::as_str).collect();
    let cases: [(&str, &[&str]); 5] = [
        ("etl", &[&etl]),
        ("trace", &[&trace]),
        ("traces", &[&etl, &trace]),
        ("all", &[&etl, &trace, &log, &lists]),
        ("healthy", &healthy),
    ];
    for (name, files) in cases {
        let logs = folder(dir.path(), name, files);
        let alone = json(&[text(&logs)]);
        let told = events(&[text(&logs)]);
        with_events(&logs, "zz.ndjson");
        let both = json(&[text(&logs)]);
        assert_one_story(&both, &alone);
        assert_eq!(both["findings"], alone["findings"], "{name}: the logs stay the evidence");
        assert!(!told.is_empty());
        assert_eq!(events(&[text(&logs)]), told, "{name}");
        let said = messages(&both, files.len());
        assert!(said.len() == 1 && said[0].ends_with("count once"), "{name}: {said:?}");
        fs::rename(logs.join("zz.ndjson"), logs.join("0.ndjson")).expect("a file can be renamed");
        let first = json(&[text(&logs)]);
        assert_one_story(&first, &alone);
        assert_eq!(events(&[text(&logs)]), told, "{name}: whatever the events file is called");
        assert!(messages(&first, 0).iter().any(|said| said.ends_with("count once")), "{name}");
    }
}

#[test]
fn the_same_backup_on_two_days_is_two() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let name = "writer-failed-at-freeze.events.ndjson";
    let logs = folder(dir.path(), "logs", &[name]);
    let alone = json(&[text(&logs)]);
    let first = fs::read_to_string(logs.join(name)).expect("the sample");
    let second = first.replace("2031-03-07T", "2031-03-08T");
    fs::write(logs.join("second.ndjson"), second).expect("a file can be written");
    let both = json(&[text(&logs)]);
    let count = |analysis: &Value, key: &str| analysis[key].as_array().map_or(0, Vec::len);
    assert_eq!(events(&[text(&logs)]).len(), 2 * first.lines().count());
    assert_eq!(count(&both, "sessions"), 2 * count(&alone, "sessions"));
    assert_eq!(both["inputs"][0]["issues"], value!([]));
    assert_eq!(both["inputs"][1]["issues"], value!([]));
}

/// A log under two names, in a folder and a bundle, as an older state of itself, and exported as JSON.
#[test]
fn a_log_that_came_in_several_ways_is_one() {
    use std::io::Write as _;
    let dir = tempfile::tempdir().expect("a temporary folder");
    let logs = folder(dir.path(), "a", &["healthy-backup/Sysmon.evtx"]);
    let alone = json(&[text(&logs)]);
    let log = fs::read(logs.join("Sysmon.evtx")).expect("a log");
    let more = dir.path().join("b");
    fs::create_dir(&more).expect("a folder can be made");
    fs::write(more.join("Sysmon (2).evtx"), &log).expect("a log can be written");
    // An older copy, and a damaged one.
    fs::write(more.join("Sysmon old.evtx"), &log[..4096 + 40_000]).expect("a log can be written");
    let mut damaged = log.clone();
    damaged[..4096].fill(0);
    fs::write(more.join("Sysmon damaged.evtx"), damaged).expect("a log can be written");
    let mut bundle = Vec::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(&mut bundle));
    zip.start_file("logs/Sysmon.evtx", zip::write::SimpleFileOptions::default()).expect("a member");
    zip.write_all(&log).expect("a member can be written");
    zip.finish().expect("a bundle");
    fs::write(more.join("bundle.zip"), bundle).expect("a bundle can be written");
    let all = json(&[text(&more), text(&logs)]);
    assert_one_story(&all, &alone);
    assert_eq!(all["findings"], alone["findings"], "the first by path is the evidence");
    assert_eq!(events(&[text(&more), text(&logs)]), events(&[text(&logs)]));
    assert_eq!(all["inputs"].as_array().map(Vec::len), Some(5));
    for input in 1..5 {
        assert!(messages(&all, input).iter().any(|said| said.ends_with("count once")), "{input}");
    }
    assert_eq!(all, json(&[text(&logs), text(&more)]));
}
