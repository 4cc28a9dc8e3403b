//! Bad input: a clear message that names the file, the right exit code, and nothing else lost.

use crate::support::{run, sample};
use std::collections::BTreeMap;
use std::path::Path;
use vsscope_fixtures::text::Encoding;
use vsscope_fixtures::trace::RegistryOptions;
use vsscope_fixtures::{Scenario, etl, registry, trace};

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

/// A scenario's files of one carrier, and the bytes after which a cut leaves a whole.
fn carriers() -> Vec<(&'static str, Vec<u8>)> {
    let scenario = Scenario::by_id("writer-failed-at-freeze").expect("a scenario");
    let only = |files: BTreeMap<String, Vec<u8>>| files.into_values().next().expect("one file");
    let wide = RegistryOptions { encoding: Encoding::Utf16Le, ..RegistryOptions::default() };
    vec![
        ("trace.txt", only(trace::registry(&scenario, &RegistryOptions::default()).expect("a trace"))),
        ("wide.txt", only(trace::registry(&scenario, &wide).expect("a trace"))),
        ("plain.etl", only(etl::write(&scenario, false).expect("an event trace"))),
        ("packed.etl", only(etl::write(&scenario, true).expect("an event trace"))),
        ("key.reg", only(registry::write_reg(&scenario).expect("an export"))),
    ]
}

#[test]
fn a_cut_trace_or_export_gives_what_it_holds_and_exit_code_3() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in carriers() {
        let path = dir.path().join(name);
        // In the middle of the last record, far from any boundary.
        std::fs::write(&path, &bytes[..bytes.len() * 2 / 3 - 7]).expect("a file can be written");
        let (code, stdout, _) =
            run(&["analyze", "--fail-on", "never", "-f", "json", path.to_str().expect("UTF-8")]);
        assert_eq!(code, 3, "{name}: {stdout}");
        let analysis: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
        assert!(analysis["inputs"][0]["events"].as_u64() > Some(20), "{name}: {}", analysis["inputs"][0]);
        assert!(!analysis["inputs"][0]["issues"].as_array().expect("issues").is_empty(), "{name}");
    }
}

#[test]
fn random_bytes_in_a_trace_are_counted_and_the_rest_is_read() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (name, bytes) = carriers().swap_remove(0);
    let (before, after) = bytes.split_at(bytes.len() / 2);
    let noise: Vec<u8> = (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = dir.path().join(name);
    std::fs::write(&path, [before, b"\n", &noise, b"\n", after].concat()).expect("a file can be written");
    let (code, stdout, _) =
        run(&["analyze", "--fail-on", "never", "-f", "json", path.to_str().expect("UTF-8")]);
    let analysis: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let (input, text) = (&analysis["inputs"][0], &analysis["inputs"][0]["text"]);
    let count = |key: &str| text[key].as_u64().expect("a count");
    assert_eq!(code, 3, "{input}");
    assert_eq!(count("parsed") + count("continuation") + count("unknown"), count("lines"));
    assert!(count("unknown") > 0 && input["lost"].as_u64() > Some(0), "{input}");
    assert_eq!(analysis["sets"].as_array().expect("sets").len(), 1);
}

#[test]
fn a_trace_in_the_wrong_encoding_is_not_read_as_sound() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (_, bytes) = carriers().swap_remove(1);
    // One byte is missing: every unit of two is broken from there on.
    let path = dir.path().join("shifted.txt");
    std::fs::write(&path, [&bytes[..600], &bytes[601..]].concat()).expect("a file can be written");
    let (code, stdout, _) =
        run(&["analyze", "--fail-on", "never", "-f", "json", path.to_str().expect("UTF-8")]);
    assert_eq!(code, 3, "{stdout}");
}

#[test]
fn a_profile_that_is_no_profile_is_named() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (name, bytes) = carriers().swap_remove(0);
    let log = dir.path().join(name);
    std::fs::write(&log, bytes).expect("a file can be written");
    let profile = dir.path().join("mine.toml");
    std::fs::write(&profile, "[[profile]]\nname = \"mine\"\nprefix = \"{tyme}\"\n")
        .expect("a file can be written");
    let paths = [profile.to_str().expect("UTF-8"), log.to_str().expect("UTF-8")];
    let (code, _, stderr) = run(&["analyze", "--trace-profile", paths[0], paths[1]]);
    assert_eq!(code, 2);
    assert!(stderr.contains("mine.toml") && stderr.contains("tyme"), "{stderr}");
}
