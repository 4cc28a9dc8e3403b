//! `diff`: what differs between two runs follows from what was changed in a scenario, and from nothing else.

use crate::carriers::{Bundle, Files};
use crate::support::{analysis, root, run, sample, vsscope};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use std::path::Path;
use vsscope::diff::{Side, diff};
use vsscope_fixtures::trace::RegistryOptions;
use vsscope_fixtures::{Scenario, trace, windows};
use vsscope_model::{Analysis, Change, ChangeKind, Diff, LoneReason, PairedBy, Severity, Topic, Turn};

fn scenario(id: &str) -> Scenario {
    Scenario::by_id(id).expect("the scenario is there")
}

/// A function trace: everything that the scenario says.
fn traced(scenario: &Scenario) -> Analysis {
    Bundle::of(trace::registry(scenario, &RegistryOptions::default()).expect("a trace")).analysis()
}

/// Event logs.
fn logged(scenario: &Scenario) -> Analysis {
    Bundle::of(windows::write_evtx(scenario).expect("event logs")).analysis()
}

fn whole(analysis: &Analysis) -> Side<'_> {
    Side { analysis, named: String::new(), set: None }
}

fn compare(good: &Analysis, bad: &Analysis) -> Diff {
    diff(&whole(good), &whole(bad))
}

/// The changes of a topic and kind, by subject.
fn subjects(diff: &Diff, topic: Topic, kind: ChangeKind) -> Vec<&str> {
    diff.all().filter(|c| c.topic == topic && c.kind == kind).map(|c| c.subject.as_str()).collect()
}

/// The scenario with everything from the first step of this name on later.
fn delayed(mut scenario: Scenario, from: &str, seconds: f64) -> Scenario {
    let at = scenario.events.iter().position(|step| step.ev == from).expect("the step");
    scenario.events.iter_mut().skip(at).for_each(|step| step.t += seconds);
    scenario
}

/// The scenario without a writer.
fn without_writer(mut scenario: Scenario, name: &str) -> Scenario {
    let underlined = name.replace(' ', "_");
    scenario.events.retain(|step| {
        step.actor != format!("W:{name}") && step.args.get("w").is_none_or(|writer| *writer != underlined)
    });
    scenario
}

/// The course a day later with other ids, behind the first one.
fn then(mut first: Scenario, second: Scenario) -> Scenario {
    const DAY: f64 = 86_400.0;
    first.events.extend(second.events.into_iter().map(|mut step| {
        step.t += DAY;
        for value in step.args.values_mut() {
            *value = match value.as_str() {
                "A" => "B".to_owned(),
                other => other.replace("SET1", "SET2").replace("SNAP1.", "SNAP2."),
            };
        }
        step
    }));
    first
}

fn mirrored(diff: &Diff) -> Diff {
    let mut mirror = diff.clone();
    std::mem::swap(&mut mirror.good, &mut mirror.bad);
    std::mem::swap(&mut mirror.only_good, &mut mirror.only_bad);
    let turn = |change: &mut Change| {
        change.kind = change.kind.mirrored();
        change.turn = change.turn.mirrored();
        std::mem::swap(&mut change.good, &mut change.bad);
        std::mem::swap(&mut change.good_ms, &mut change.bad_ms);
        std::mem::swap(&mut change.good_severity, &mut change.bad_severity);
    };
    for pair in &mut mirror.pairs {
        std::mem::swap(&mut pair.good, &mut pair.bad);
        pair.changes.iter_mut().for_each(turn);
    }
    mirror.changes.iter_mut().for_each(turn);
    mirror
}

#[test]
fn a_run_does_not_differ_from_itself() {
    for scenario in Scenario::own().expect("the scenarios are readable") {
        for run in [traced(&scenario), logged(&scenario)] {
            let diff = compare(&run, &run);
            assert!(diff.all().next().is_none(), "{}: {:?}", scenario.id, diff.all().next());
            assert_eq!(diff.only_good, diff.only_bad, "{}", scenario.id);
            assert!(!diff.is_worse(Severity::Info), "{}", scenario.id);
        }
    }
}

#[test]
fn swapped_sides_give_the_mirror_image() {
    let healthy = scenario("healthy-backup");
    let runs: Vec<Analysis> =
        ["writer-failed-at-freeze", "crashed-backup", "provider-veto", "trace-ends-early"]
            .iter()
            .flat_map(|id| [traced(&scenario(id)), logged(&scenario(id))])
            .chain([traced(&healthy), logged(&healthy), traced(&then(healthy, scenario("thaw-missing")))])
            .collect();
    let mut differing = 0;
    for good in &runs {
        for bad in &runs {
            let there = compare(good, bad);
            let mut back = mirrored(&compare(bad, good));
            back.pairs.sort_by(|a, b| (a.good.started, &a.good.id).cmp(&(b.good.started, &b.good.id)));
            assert_eq!(there, back);
            differing += usize::from(there.all().next().is_some());
        }
    }
    assert!(differing > runs.len(), "{differing} of {} comparisons", runs.len() * runs.len());
}

/// The same for courses of which any steps are missing or late.
#[test]
fn swapped_sides_of_any_courses_give_the_mirror_image() {
    let courses = [scenario("healthy-backup"), scenario("writer-failed-at-freeze"), scenario("thaw-missing")];
    let altered = (0..courses.len(), prop::collection::vec(0_usize..80, 0..6), 0_usize..80, 0_u32..90);
    let course = |(which, missing, late, seconds): (usize, Vec<usize>, usize, u32)| {
        let mut course: Scenario = courses[which].clone();
        course.events.iter_mut().skip(late).for_each(|step| step.t += f64::from(seconds));
        let mut at = 0;
        course.events.retain(|_| {
            at += 1;
            !missing.contains(&at)
        });
        trace::registry(&course, &RegistryOptions::default()).ok().map(|files| Bundle::of(files).analysis())
    };
    let mut runner = TestRunner::new_with_rng(
        ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let compared = std::cell::Cell::new(0);
    let outcome = runner.run(&(altered.clone(), altered), |(good, bad)| {
        let (Some(good), Some(bad)) = (course(good), course(bad)) else { return Ok(()) };
        let there = compare(&good, &bad);
        prop_assert_eq!(&there, &mirrored(&compare(&bad, &good)));
        prop_assert!(compare(&bad, &bad).all().next().is_none());
        compared.set(compared.get() + usize::from(there.all().next().is_some()));
        Ok(())
    });
    outcome.expect("every pair has a mirror image");
    assert!(compared.get() > 10, "{} pairs differ", compared.get());
}

#[test]
fn a_late_thaw_makes_the_window_and_the_creation_slower() {
    let healthy = scenario("healthy-backup");
    let (good, bad) = (traced(&healthy), traced(&delayed(healthy, "Thaw", 5.0)));
    let diff = compare(&good, &bad);
    // The creation holds the wait, and so do the windows from Freeze to Thaw; nothing else does.
    assert_eq!(
        subjects(&diff, Topic::WriterPhase, ChangeKind::Slower),
        ["SqlServerWriter: FreezeWindow", "System Writer: FreezeWindow"]
    );
    let phases = subjects(&diff, Topic::Phase, ChangeKind::Slower);
    assert!(
        phases.contains(&"requester DoSnapshotSet") && phases.contains(&"service FreezeWindow"),
        "{phases:?}"
    );
    assert!(!phases.iter().any(|phase| phase.contains("PrepareForBackup")), "{phases:?}");
    for change in diff.all().filter(|change| change.kind == ChangeKind::Slower) {
        let by = change.bad_ms.expect("a length") - change.good_ms.expect("a length");
        assert!((by - 5000.0).abs() < 20.0, "{}: {by}", change.subject);
        assert_eq!(change.turn, Turn::Worse);
    }
    assert!(diff.all().all(|change| change.kind != ChangeKind::Gone && !change.kind.is_unseen()), "{diff:?}");
}

#[test]
fn small_differences_are_none() {
    let healthy = scenario("healthy-backup");
    // 90 ms are more than a fifth of some of these phases, and below what short phases vary by.
    let diff = compare(&traced(&healthy), &traced(&delayed(healthy, "Thaw", 0.09)));
    assert_eq!(diff.all().count(), 0, "{diff:?}");
}

#[test]
fn a_window_that_crosses_its_limit_says_so() {
    let healthy = scenario("healthy-backup");
    let diff = compare(&traced(&healthy), &traced(&delayed(healthy, "Thaw", 61.0)));
    let over = subjects(&diff, Topic::WriterPhase, ChangeKind::OverLimit);
    assert!(over.contains(&"System Writer: FreezeWindow"), "{over:?}");
    let change = diff.all().find(|change| change.kind == ChangeKind::OverLimit).expect("a limit");
    // 60 s: learn.microsoft.com, "Writer Errors and Vetoes"; CVssWriter::Initialize, default timeout of the freeze.
    assert_eq!(change.limit_ms, Some(60_000.0));
    assert!(diff.is_worse(Severity::Error), "the finding about the window is new");
}

#[test]
fn a_writer_that_the_trace_would_show_is_gone_and_one_that_it_cannot_show_is_not_seen() {
    let healthy = scenario("healthy-backup");
    let lacking = without_writer(healthy.clone(), "SqlServerWriter");
    let diff = compare(&traced(&healthy), &traced(&lacking));
    assert_eq!(subjects(&diff, Topic::Writer, ChangeKind::Gone), ["SqlServerWriter"]);
    let diff = compare(&traced(&lacking), &traced(&healthy));
    assert_eq!(subjects(&diff, Topic::Writer, ChangeKind::New), ["SqlServerWriter"]);

    // The same backup by other evidence: what only the trace shows is not gone from the logs.
    let diff = compare(&traced(&healthy), &logged(&healthy));
    let gone: Vec<&Change> = diff.all().filter(|change| change.kind == ChangeKind::Gone).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// The good side has less evidence, the bad side an error: an error it is all the same.
#[test]
fn an_error_counts_even_where_the_other_side_could_not_show_it() {
    let good = logged(&scenario("healthy-backup"));
    let bad = traced(&scenario("writer-failed-at-freeze"));
    let diff = compare(&good, &bad);
    let found = subjects(&diff, Topic::Finding, ChangeKind::NotSeenInGood);
    assert!(found.iter().any(|subject| subject.starts_with("writer-failed-at-freeze")), "{found:?}");
    assert!(diff.is_worse(Severity::Error));
    // Lengths by a trace and by records of the registry are not compared.
    let lengths: Vec<&Change> =
        diff.all().filter(|change| change.good_ms.is_some() && change.bad_ms.is_some()).collect();
    assert!(lengths.is_empty(), "{lengths:?}");
}

#[test]
fn a_phase_that_fails_is_a_new_finding_and_another_state() {
    let good = traced(&scenario("healthy-backup"));
    let failed = scenario("writer-failed-at-freeze");
    let bad = traced(&failed);
    let diff = compare(&good, &bad);
    let pair = &diff.pairs[0];
    assert_eq!((pair.paired_by, pair.bad.outcome.as_str()), (PairedBy::Only, "aborted"));
    let outcome = pair.changes.iter().find(|change| change.topic == Topic::Outcome).expect("the outcome");
    assert_eq!((outcome.turn, outcome.good.as_deref()), (Turn::Worse, Some("completed")));
    let new = subjects(&diff, Topic::Finding, ChangeKind::New);
    assert!(new.iter().any(|subject| subject.starts_with("writer-failed-at-freeze")), "{new:?}");
    // The scenario's status: 9, VSS_E_WRITERERROR_NONRETRYABLE (0x800423f4).
    let state = pair.changes.iter().find(|change| change.topic == Topic::WriterState).expect("a state");
    assert_eq!(state.bad.as_deref(), Some("VSS_WS_FAILED_AT_FREEZE"));
    let gone = subjects(&diff, Topic::WriterPhase, ChangeKind::Gone);
    assert!(gone.contains(&"SqlServerWriter: Thaw"), "{gone:?}");
    // Its course is the same up to the end, where the requester says AbortBackup instead of BackupComplete.
    let of_other: Vec<&&str> = gone.iter().filter(|phase| phase.starts_with("System Writer")).collect();
    assert_eq!(of_other, [&"System Writer: BackupComplete"]);
    assert!(diff.is_worse(Severity::Error) && !compare(&bad, &good).is_worse(Severity::Error));
}

#[test]
fn of_several_sets_the_last_are_compared_and_the_others_named() {
    let two = traced(&then(scenario("healthy-backup"), scenario("writer-failed-at-freeze")));
    let one = traced(&scenario("healthy-backup"));
    assert_eq!((one.sets.len(), two.sets.len()), (1, 2));
    let diff = compare(&one, &two);
    assert_eq!(diff.pairs.len(), 1);
    assert_eq!((&diff.pairs[0].good.id, &diff.pairs[0].bad.id), (&one.sets[0].id, &two.sets[1].id));
    let lone: Vec<_> = diff.only_bad.iter().map(|lone| (&lone.set.id, lone.reason)).collect();
    assert_eq!(lone, [(&two.sets[0].id, LoneReason::Earlier)]);
    assert!(diff.only_good.is_empty());
}

/// A folder with the logs of a good backup and of one that failed a day later.
fn folder_of_two(dir: &Path) -> Analysis {
    let both = then(scenario("healthy-backup"), scenario("writer-failed-at-freeze"));
    let files: Files = windows::write_evtx(&both).expect("event logs");
    for (name, bytes) in files {
        std::fs::write(dir.join(name), bytes).expect("a file can be written");
    }
    analysis(&[dir.to_str().expect("a UTF-8 path").to_owned()])
}

#[test]
fn the_last_good_set_is_found_by_requester_and_host() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let read = folder_of_two(dir.path());
    let path = dir.path().to_str().expect("a UTF-8 path");
    let [good, bad] = &read.sets[..] else { panic!("two sets: {:?}", read.sets) };

    let (code, stdout, stderr) = run(&["diff", "--last-good", &bad.id[..9], path, "-f", "json"]);
    assert_eq!(code, 1, "{stderr}");
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(json["schema"], "vsscope.diff/1");
    assert_eq!(json["pairs"][0]["good"]["id"], good.id.as_str());
    assert_eq!(json["pairs"][0]["bad"]["id"], bad.id.as_str());
    // Without a set it is the newest one that failed; and both can be named.
    let (_, newest, _) = run(&["diff", "--last-good", path, "-f", "json"]);
    let (_, named, _) = run(&["diff", &good.id, &bad.id, path, "-f", "json"]);
    assert_eq!((&newest, &named), (&stdout, &stdout));
    let hashed = |set: &str| format!("{path}#{set}");
    let (_, hashed, _) = run(&["diff", &hashed(&good.id), &hashed(&bad.id), "-f", "json"]);
    let hashed: serde_json::Value = serde_json::from_str(&hashed).expect("JSON");
    assert_eq!(hashed["pairs"], json["pairs"]);

    // Before the first set there is none.
    let (code, stdout, stderr) = run(&["diff", "--last-good", &good.id, path]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("no good set"), "{stderr}");
}

#[test]
fn exit_codes_say_whether_the_bad_side_is_worse() {
    let (healthy, crashed) = (sample("healthy-backup"), sample("crashed-backup"));
    let code = |args: &[&str]| {
        let (code, _, stderr) = run(&[&["diff"], args].concat());
        (code, stderr)
    };
    assert_eq!(code(&[&healthy, &healthy]), (0, String::new()));
    assert_eq!(code(&[&healthy, &crashed, "--fail-on", "warning"]).0, 1);
    assert_eq!(code(&[&healthy, &crashed, "--fail-on", "never"]).0, 0);
    assert_eq!(code(&[&crashed, &healthy, "--fail-on", "info"]).0, 0);
    for wrong in [vec![&*healthy], vec!["nowhere.evtx", &healthy], vec![&healthy, &crashed, &healthy]] {
        assert_eq!(code(&wrong).0, 2, "{wrong:?}");
    }
    let (code, stderr) = code(&[&format!("{healthy}#ffff"), &crashed]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no set has an id"), "{stderr}");
}

#[test]
fn every_form_is_written_from_one_run() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| dir.path().join(name).to_str().expect("a UTF-8 path").to_owned();
    let names = ["a.txt", "a.json", "a.md", "a.html"].map(file);
    let mut args: Vec<String> = ["diff", "--width", "200"].map(str::to_owned).into();
    args.extend([sample("healthy-backup"), sample("crashed-backup")]);
    args.extend(names.iter().flat_map(|name| ["-o".to_owned(), name.clone()]));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (_, stdout, stderr) = run(&args);
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""));
    for name in &names {
        let text = std::fs::read_to_string(name).expect("a file was written");
        assert!(
            text.contains("backup-shutdown-without-complete") || text.contains("backup\\-shutdown"),
            "{name}"
        );
    }
    let (code, _, stderr) =
        run(&["diff", &sample("healthy-backup"), &sample("crashed-backup"), "-f", "sarif"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write sarif"), "{stderr}");
}

/// Every command of the page, with what it writes: `$ vsscope …` in a block of its own.
#[test]
fn the_examples_of_the_page_are_what_the_program_writes() {
    let path = root().join("docs/diff.md");
    let page = std::fs::read_to_string(&path).expect("docs/diff.md is there");
    let mut written = String::new();
    let mut parts = page.split("```console\n");
    written.push_str(parts.next().unwrap_or_default());
    let mut examples = 0;
    for part in parts {
        let (block, rest) = part.split_once("```\n").expect("the block ends");
        let command =
            block.lines().next().and_then(|line| line.strip_prefix("$ vsscope ")).expect("a command");
        let output =
            vsscope().current_dir(root()).args(command.split(' ')).output().expect("the binary runs");
        let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("output is UTF-8");
        written.push_str(&format!("```console\n$ vsscope {command}\n{text}```\n{rest}"));
        examples += 1;
    }
    assert!(examples > 0);
    if std::env::var_os("VSSCOPE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &written).expect("the page can be written");
    }
    assert!(page == written, "docs/diff.md: write it anew: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e diff");
}
