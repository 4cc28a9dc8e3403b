//! Every scenario with truth labels: what must fire fires, what must not does not.

use crate::support::{analysis, shared};
use std::collections::BTreeSet;
use std::path::Path;
use vsscope_fixtures::{Scenario, events, windows};
use vsscope_model::{Analysis, Confidence, FindingStatus, Severity};

fn rules(analysis: &Analysis, wanted: impl Fn(FindingStatus) -> bool) -> BTreeSet<String> {
    analysis.findings.iter().filter(|f| wanted(f.status)).map(|f| f.rule.clone()).collect()
}

/// Rules that exist; the reference scenarios also name some of later releases.
fn known() -> BTreeSet<String> {
    vsscope::rules::catalogue().iter().map(|rule| rule.info().id.to_owned()).collect()
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    let folder = path.parent().expect("a file in a folder");
    std::fs::create_dir_all(folder).expect("a temporary folder can be made");
    std::fs::write(&path, bytes).expect("a temporary file can be written");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// Differences between what fired and what had to.
fn check(
    id: &str,
    form: &str,
    analysis: &Analysis,
    must: &[String],
    must_not: &[String],
    wrong: &mut Vec<String>,
) {
    let known = known();
    let all = rules(analysis, |_| true);
    let counting = rules(analysis, |status| status == FindingStatus::New);
    let must: BTreeSet<String> = must.iter().filter(|rule| known.contains(*rule)).cloned().collect();
    for rule in must.difference(&all) {
        wrong.push(format!("{id} ({form}): {rule} did not fire"));
    }
    // `must_fire` is the complete list.
    for rule in counting.difference(&must) {
        let detail =
            analysis.findings.iter().find(|f| f.rule == *rule).map(|f| f.detail.as_str()).unwrap_or_default();
        wrong.push(format!("{id} ({form}): {rule} fired: {detail}"));
    }
    for rule in must_not.iter().filter(|rule| counting.contains(*rule)) {
        wrong.push(format!("{id} ({form}): {rule} must not fire"));
    }
    for finding in analysis.findings.iter().filter(|f| f.evidence.is_empty()) {
        wrong.push(format!("{id} ({form}): {} has no evidence", finding.rule));
    }
}

fn check_events(scenarios: &[Scenario]) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut wrong = Vec::new();
    for scenario in scenarios {
        let text = events::ndjson(scenario).expect("a scenario becomes events");
        let path = write(dir.path(), &format!("{}.ndjson", scenario.id), text.as_bytes());
        check(
            &scenario.id,
            "events",
            &analysis(&[path]),
            &scenario.must_fire,
            &scenario.must_not_fire,
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn own_scenarios_as_events() {
    let scenarios = Scenario::own().expect("the scenarios are readable");
    assert!(scenarios.len() >= 40, "only {} scenarios", scenarios.len());
    check_events(&scenarios);
}

#[test]
fn own_scenarios_name_rules_that_exist() {
    let known = known();
    for scenario in Scenario::own().expect("the scenarios are readable") {
        let logs = scenario.evtx.unwrap_or_default();
        let lists = [&scenario.must_fire, &scenario.must_not_fire, &logs.must_fire, &logs.must_not_fire];
        let unknown: Vec<&String> =
            lists.into_iter().flatten().filter(|rule| !known.contains(*rule)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", scenario.id);
    }
}

/// The 22 reference scenarios, if they are there.
fn reference() -> Option<Vec<Scenario>> {
    let text = std::fs::read_to_string(shared("protocol/scenarios.jsonl")?)
        .expect("the reference scenarios are readable");
    let scenarios = Scenario::from_lines(&text).expect("the reference scenarios parse");
    assert_eq!(scenarios.len(), 22);
    let known = known();
    let rules = scenarios.iter().flat_map(|scenario| &scenario.must_fire);
    assert_eq!(rules.filter(|rule| !known.contains(*rule)).collect::<Vec<_>>(), Vec::<&String>::new());
    Some(scenarios)
}

#[test]
fn reference_scenarios_as_events() {
    let Some(scenarios) = reference() else { return };
    check_events(&scenarios);
}

#[test]
fn scenarios_with_evidence_in_event_logs_as_evtx_and_as_json() {
    let with_logs: Vec<Scenario> = Scenario::own()
        .expect("the scenarios are readable")
        .into_iter()
        .filter(|s| s.evtx.is_some())
        .collect();
    assert!(with_logs.len() >= 8, "only {} scenarios have evidence in event logs", with_logs.len());
    let mut wrong = Vec::new();
    for scenario in &with_logs {
        let Some(truth) = &scenario.evtx else { continue };
        let dir = tempfile::tempdir().expect("a temporary folder");
        let paths: Vec<String> = windows::write_evtx(scenario)
            .expect("a scenario becomes event logs")
            .iter()
            .map(|(name, bytes)| write(dir.path(), name, bytes))
            .collect();
        let from_evtx = analysis(&paths);
        check(&scenario.id, "evtx", &from_evtx, &truth.must_fire, &truth.must_not_fire, &mut wrong);

        let dump = windows::write_evtx_dump(scenario).expect("a scenario becomes JSON");
        let from_dump = analysis(&[write(dir.path(), "dump.jsonl", dump.as_bytes())]);
        check(&scenario.id, "evtx-dump", &from_dump, &truth.must_fire, &truth.must_not_fire, &mut wrong);
        let sets =
            |a: &Analysis| a.sets.iter().map(|s| (s.id.clone(), s.outcome, s.started)).collect::<Vec<_>>();
        if sets(&from_evtx) != sets(&from_dump) {
            wrong.push(format!("{}: EVTX and its dump give different sets", scenario.id));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What event logs can show of a reference scenario.
struct InLogs {
    id: &'static str,
    /// Rules that have to fire.
    must: &'static [&'static str],
    /// Rules that the scenario forbids, or does not ask for, and that the logs leave possible, each with the reason.
    possible: &'static [(&'static str, &'static str)],
    /// Why `must` is not that of the events form; empty where it is.
    why: &'static str,
}

/// A scenario of which event logs show as much as events do.
const fn same(id: &'static str, must: &'static [&'static str]) -> InLogs {
    InLogs { id, must, possible: &[], why: "" }
}

/// A scenario of which event logs show something else than events do.
const fn differs(id: &'static str, must: &'static [&'static str], why: &'static str) -> InLogs {
    InLogs { id, must, possible: &[], why }
}

const END_OF_BACKUP: &str = "backup-shutdown-without-complete";
const ABORT_BACKUP: &str = "AbortBackup leaves no record, so the end of the process is possibly a crash";

const REFERENCE_IN_LOGS: &[InLogs] = &[
    same("S01", &[]),
    same("S02", &["snapshot-without-writers"]),
    same("S03", &[]),
    differs("S04", &[], "neither DeleteSnapshots nor a look at the writers' status leaves a record"),
    same("S05", &[END_OF_BACKUP]),
    InLogs { id: "S07", must: &[], possible: &[(END_OF_BACKUP, ABORT_BACKUP)], why: "" },
    differs(
        "S08",
        &["writer-error-retryable", "writer-failed-at-freeze"],
        "the Abort of the writers leaves no record",
    ),
    InLogs {
        id: "S09",
        must: &[],
        possible: &[(
            "thaw-missing",
            "the Abort of the writers leaves no record, so the end of the freeze is not known",
        )],
        why: "neither the Abort of the writers nor the states that GatherWriterStatus returns leave a record",
    },
    differs("S11", &[], "the refused SetBackupState and StartSnapshotSet leave no record"),
    differs("S13", &[], "the refused StartSnapshotSet leaves no record"),
    differs("S14", &[], "AddComponent leaves no record"),
    differs("S15", &[], "AddComponent leaves no record"),
    differs("S16", &[], "what the requester did not call leaves no record either"),
    differs(
        "S17",
        &["shadow-lost-during-backup"],
        "the marks and the result of BackupComplete leave no record",
    ),
    InLogs {
        id: "S18",
        must: &[],
        possible: &[(END_OF_BACKUP, ABORT_BACKUP)],
        why: "DeleteSnapshots leaves no record, and the command line of the log does not delete",
    },
    same("S20", &[]),
    differs("S21", &[], "PreRestore and PostRestore leave no record of the requester"),
    same("S22", &[]),
    differs("S24", &[], "BreakSnapshotSet leaves no record"),
    same("S25", &[]),
    differs("S26", &[], "SaveAsXML and Release leave no record, so the logs have no session"),
    same("S29", &["shadow-copies-aborted"]),
];

/// Differences between what fired in event logs and what may.
fn check_in_logs(scenario: &Scenario, row: &InLogs, analysis: &Analysis) -> Vec<String> {
    let known = known();
    let of_events: BTreeSet<&str> =
        scenario.must_fire.iter().filter(|rule| known.contains(*rule)).map(String::as_str).collect();
    let must: BTreeSet<&str> = row.must.iter().copied().collect();
    let possible: BTreeSet<&str> = row.possible.iter().map(|(rule, _)| *rule).collect();
    let mut wrong = Vec::new();
    if row.why.is_empty() != (must == of_events) {
        wrong.push(format!("the events form has {of_events:?}, the table {must:?}: {:?}", row.why));
    }
    let counting: Vec<_> = analysis.findings.iter().filter(|f| f.status == FindingStatus::New).collect();
    let fired: BTreeSet<&str> = counting.iter().map(|f| f.rule.as_str()).collect();
    for rule in must.union(&possible).filter(|rule| !fired.contains(*rule)) {
        wrong.push(format!("{rule} did not fire"));
    }
    for finding in counting {
        let rule = finding.rule.as_str();
        if must.contains(rule) && !scenario.must_not_fire.iter().any(|forbidden| forbidden == rule) {
            continue;
        }
        let is_possible = finding.confidence == Confidence::Weak && finding.severity <= Severity::Warning;
        if !possible.contains(rule) || !is_possible {
            wrong.push(format!("{rule} fired ({:?}): {}", finding.confidence, finding.detail));
        }
    }
    wrong.iter().map(|what| format!("{}: {what}", scenario.id)).collect()
}

#[test]
fn reference_scenarios_as_event_logs() {
    let Some(scenarios) = reference() else { return };
    let ids: Vec<&str> = scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
    let rows: Vec<&str> = REFERENCE_IN_LOGS.iter().map(|row| row.id).collect();
    assert_eq!(ids, rows, "the table has every scenario once and in order");
    let mut wrong = Vec::new();
    for (scenario, row) in scenarios.iter().zip(REFERENCE_IN_LOGS) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let paths: Vec<String> = windows::write_evtx(scenario)
            .expect("a scenario becomes event logs")
            .iter()
            .map(|(name, bytes)| write(dir.path(), name, bytes))
            .collect();
        wrong.extend(check_in_logs(scenario, row, &analysis(&paths)));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
