//! Properties: files may come in any order and be read by any number of threads, the output is the same; a file that was
//! cut short costs its missing part and never panics.

use crate::support::{analysis, run, sample};
use proptest::prelude::*;
use vsscope_fixtures::{Scenario, windows};

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
