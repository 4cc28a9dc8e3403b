//! Bad input: a clear message that names the file, the right exit code, and nothing else lost.

use crate::support::{run, sample};
use std::path::Path;

fn temporary(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    let path = path.to_str().expect("a UTF-8 path").to_owned();
    (dir, path)
}

#[test]
fn no_arguments_is_a_usage_error() {
    let (code, stdout, stderr) = run(&[]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("no input"), "{stderr}");
}

#[test]
fn a_missing_path_is_named() {
    let (code, stdout, stderr) = run(&["/nowhere/Application.evtx"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("/nowhere/Application.evtx"), "{stderr}");
}

#[test]
fn a_missing_path_beside_a_good_one_costs_only_itself() {
    let good = sample("healthy-backup");
    let (code, stdout, stderr) = run(&["--format", "json", "/nowhere/x.evtx", &good]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("/nowhere/x.evtx"));
    let analysis: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(analysis["summary"]["sets"], 1);
}

#[test]
fn a_picture_is_not_a_log() {
    let (_dir, path) =
        temporary("photo.evtx", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00");
    let (code, stdout, stderr) = run(&[&path]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("photo.evtx") && stderr.contains("JPEG"), "{stderr}");
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let (_dir, path) = temporary("System.evtx", b"");
    let (code, _, stderr) = run(&[&path]);
    assert_eq!(code, 2);
    assert!(stderr.contains("System.evtx") && stderr.contains("empty"), "{stderr}");
}

#[test]
fn a_folder_without_logs_is_named() {
    let (dir, _) = temporary("notes.txt", b"nothing here");
    let path = dir.path().to_str().expect("a UTF-8 path");
    let (code, _, stderr) = run(&[path]);
    assert_eq!(code, 2);
    assert!(stderr.contains(path), "{stderr}");
}

#[test]
fn a_cut_log_gives_what_it_holds_and_exit_code_3() {
    let whole = Path::new(&sample("healthy-backup")).join("Sysmon.evtx");
    let bytes = std::fs::read(whole).expect("the sample is there");
    // Inside the only chunk, after some of its records.
    let (_dir, path) = temporary("Sysmon.evtx", &bytes[..4096 + 30_000]);
    let (code, stdout, stderr) = run(&["--format", "json", &path]);
    assert_eq!(code, 3, "{stderr}");
    let analysis: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert!(analysis["inputs"][0]["records"].as_u64().is_some_and(|n| n > 0));
    assert!(analysis["summary"]["records_lost"].as_u64().is_some_and(|n| n > 0));
    assert_eq!(
        analysis["inputs"][0]["issues"][0]["kind"], "truncated",
        "{}",
        analysis["inputs"][0]["issues"]
    );
}

#[test]
fn a_wrong_option_value_is_named() {
    for (args, word) in [
        (["--tz", "Mars/Olympus", "x"], "Mars/Olympus"),
        (["--since", "yesterday", "x"], "yesterday"),
        (["--rule", "unnecesary-delete-snapshots", "x"], "unnecessary-delete-snapshots"),
        (["--as", "word-document", "x"], "word-document"),
    ] {
        let (code, stdout, stderr) = run(&args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(stderr.contains(word), "{args:?}: {stderr}");
    }
}

#[test]
fn an_unknown_rule_gets_a_suggestion() {
    let (code, _, stderr) = run(&["explain", "backup-shutdown"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("backup-shutdown-without-complete"), "{stderr}");
}
