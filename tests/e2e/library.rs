//! vsscope as a library: the same as the program, without its output, its clock and its end.

use crate::support::{json, root, run, sample};
use serde_json::Value;
use std::path::Path;
use vsscope::model::{InputReport, Severity};
use vsscope::{Error, Options, Origin, Outcome, analyze, exit};
use vsscope_parsers::{Format, ReadOptions, Source};
use vsscope_reports::analysis_json;

#[path = "../../examples/analyze.rs"]
#[allow(dead_code, reason = "its main is not run here")]
mod example;

fn events() -> (String, Vec<u8>) {
    let name = "writer-failed-at-freeze.events.ndjson";
    (name.to_owned(), std::fs::read(sample(name)).expect("the sample"))
}

fn rules(outcome: &Outcome) -> Vec<&str> {
    let mut rules: Vec<&str> =
        outcome.analysis.findings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules
}

#[test]
fn the_library_gives_what_the_program_prints() {
    for name in ["healthy-backup", "writer-failure", "freeze-window-long.nxlog.json"] {
        let outcome = analyze([sample(name)], &Options::default()).expect("an analysis");
        let mut printed = json(&[&sample(name)]);
        // The time of the run is the program's.
        assert!(outcome.analysis.generated.is_none() && !printed["generated"].is_null());
        printed["generated"] = Value::Null;
        let ours: Value = serde_json::from_str(&analysis_json(&outcome.analysis, false)).expect("JSON");
        assert!(ours == printed, "{name}");
    }
}

/// A file, its bytes and its report are the same evidence; so is any order of inputs.
#[test]
fn paths_bytes_and_reports_are_the_same_evidence() {
    let path = sample("writer-failed-at-freeze.events.ndjson");
    let of = |inputs: Vec<Origin>| {
        let mut outcome =
            analyze(inputs, &Options { threads: 2, ..Options::default() }).expect("an analysis");
        outcome.analysis.inputs.iter_mut().for_each(|input| input.path = "p".into());
        outcome.analysis.events.clear();
        (analysis_json(&outcome.analysis, true), outcome.any_read, outcome.any_lost)
    };
    let healthy = || Origin::from(sample("healthy-backup"));
    let report: InputReport =
        vsscope_parsers::read(&Source::file(&path), &ReadOptions::default(), &()).swap_remove(0);
    let wanted = of(vec![Origin::from(Path::new(&path)), healthy()]);
    assert!(wanted.1 && !wanted.2);
    let (_, bytes) = events();
    for same in [
        vec![healthy(), Origin::from(path.as_str())],
        vec![Origin::from((path.as_str(), bytes)), healthy()],
        vec![healthy(), Origin::from(report)],
    ] {
        assert_eq!(of(same), wanted);
    }
}

#[test]
fn what_cannot_be_read_is_told_beside_the_rest() {
    let picture = ("photo.evtx".to_owned(), b"\xff\xd8\xff\xe0".to_vec());
    let inputs = [Origin::from(events()), Origin::from("/nowhere/a.evtx"), Origin::from(picture.clone())];
    let outcome = analyze(inputs, &Options::default()).expect("an analysis");
    let told: Vec<&str> = outcome.problems.iter().map(|problem| &*problem.path).collect();
    assert_eq!(
        (told, outcome.any_read, outcome.any_lost),
        (vec!["/nowhere/a.evtx", "photo.evtx"], true, true)
    );
    assert!(outcome.problems[1].to_string().starts_with("photo.evtx: "), "{}", outcome.problems[1]);
    assert!(rules(&outcome).contains(&"writer-failed-at-freeze"));
    let outcome = analyze([picture], &Options::default()).expect("an analysis of nothing");
    assert!(!outcome.any_read && outcome.any_lost && outcome.analysis.sets.is_empty());
}

#[test]
fn mistakes_of_the_caller_are_errors() {
    assert!(matches!(analyze(Vec::<Origin>::new(), &Options::default()), Err(Error::NoInput)));
    let twice = analyze([events(), events()], &Options::default()).expect_err("evidence of which?");
    assert!(matches!(&twice, Error::SameName(name) if *name == events().0), "{twice}");
}

#[test]
fn options_reach_the_readers_and_the_rules() {
    let read = ReadOptions { format: Some(Format::Evtx), ..ReadOptions::default() };
    let outcome = analyze([events()], &Options { read, ..Options::default() }).expect("an analysis");
    assert!(outcome.any_lost && outcome.analysis.sets.is_empty(), "it is no EVTX");
    let mut options = Options::default();
    options.policy.severities.insert("writer-failed-at-freeze".to_owned(), None);
    let outcome = analyze([events()], &options).expect("an analysis");
    assert!(!rules(&outcome).contains(&"writer-failed-at-freeze"), "{:?}", rules(&outcome));
}

#[test]
fn the_example_tells_sets_findings_and_the_exit_code() {
    let (text, code) = example::look(&[sample("healthy-backup")]).expect("an analysis");
    assert_eq!((text.lines().count(), code), (1, exit::OK));
    assert!(text.starts_with("set ") && text.ends_with(": completed\n"), "{text}");
    let (text, code) =
        example::look(&[sample("writer-failure"), "/nowhere".to_owned()]).expect("an analysis");
    assert_eq!(code, exit::FINDINGS);
    assert!(text.contains("(writer-failed-at-freeze)") && text.contains("not read: /nowhere: "), "{text}");
}

/// The table of docs/cli.md, the help and the constants are one list.
#[test]
fn the_exit_codes_are_those_of_the_page() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).expect("docs/cli.md");
    let (_, part) = page.split_once("## Exit codes\n").expect("the part");
    let rows: Vec<(u8, &str)> = part
        .lines()
        .take_while(|line| !line.starts_with("##"))
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .filter_map(|(code, meaning)| Some((code.parse().ok()?, meaning)))
        .collect();
    let words = [
        (exit::OK, "no finding reaches `--fail-on`"),
        (exit::FINDINGS, "a finding reaches `--fail-on`"),
        (exit::UNUSABLE, "no input could be read"),
        (exit::INCOMPLETE, "some of the input was unreadable"),
        (exit::INTERRUPTED, "interrupted"),
    ];
    assert_eq!(rows.len(), words.len(), "{rows:?}");
    let (_, help, _) = run(&["--help"]);
    let help = help.split_once("Exit codes:").expect("the codes in the help").1;
    for ((code, meaning), (constant, word)) in rows.into_iter().zip(words) {
        assert!(code == constant && meaning.contains(word), "{code}: {meaning}");
        assert!(help.contains(&format!("{constant} ")), "{constant} is not in the help");
    }
}

#[test]
fn findings_weigh_more_than_lost_input_and_nothing_read_most() {
    let good = analyze([events()], &Options::default()).expect("an analysis");
    assert_eq!(good.analysis.worst(), Some(Severity::Error));
    let code = |read, lost, fail_on| {
        exit::code(&Outcome { any_read: read, any_lost: lost, ..good.clone() }, fail_on)
    };
    assert_eq!(code(true, false, Some(Severity::Error)), 1);
    assert_eq!(code(true, true, Some(Severity::Info)), 1);
    assert_eq!(code(true, false, None), 0);
    assert_eq!(code(true, true, None), 3);
    assert_eq!(code(false, true, Some(Severity::Error)), 2);
}

/// Whether a process handles SIGINT (bit 1 of the mask; Linux shows it).
#[cfg(target_os = "linux")]
fn handles_interrupts(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 2 != 0)
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_with_130_and_leaves_no_file() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().expect("a folder");
    // It waits for the end of its standard input, which does not come. Who runs the tests may ignore the signal (nohup).
    let mut child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(assert_cmd::cargo::cargo_bin("vsscope"))
        .args(["-o", "report.json", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    // `wait` would close it first, and vsscope would end by itself if it were faster than the signal.
    let input = child.stdin.take();
    let start = Instant::now();
    while !handles_interrupts(child.id()) {
        assert!(start.elapsed() < Duration::from_secs(60), "it never handled the signal");
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(i32::from(exit::INTERRUPTED)));
    drop(input);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
