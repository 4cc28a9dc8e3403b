//! `--config` and `--rules` through the binary.

use crate::support::{root, run, sample};
use serde_json::Value;
use std::path::PathBuf;

fn file(folder: &tempfile::TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("vsscope.toml");
    std::fs::write(&path, text).expect("a file");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// The exit code, the findings and standard error of a run over a failed backup.
fn judged(text: &str) -> (i32, Vec<Value>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let config = file(&folder, text);
    let log = sample("writer-failed-at-freeze.events.ndjson");
    let (code, stdout, stderr) = run(&["analyze", "--format", "json", "--config", &config, &log]);
    let analysis: Value = serde_json::from_str(&stdout).unwrap_or_default();
    (code, analysis["findings"].as_array().cloned().unwrap_or_default(), stderr)
}

const RULE: &str = "writer-failed-at-freeze";

fn of<'f>(findings: &'f [Value], rule: &str) -> &'f Value {
    findings
        .iter()
        .find(|finding| finding["rule"] == rule)
        .unwrap_or_else(|| panic!("no {rule}: {findings:#?}"))
}

#[test]
fn a_rule_can_be_switched_off_or_weighed_anew() {
    let (_, findings, _) = judged(&format!("[severity]\n{RULE} = \"info\"\n"));
    assert_eq!(of(&findings, RULE)["severity"], "info");
    let (_, findings, _) = judged(&format!("[severity]\n{RULE} = \"off\"\n"));
    assert!(findings.iter().all(|finding| finding["rule"] != RULE));
}

#[test]
fn an_ignored_finding_is_shown_with_its_reason_and_does_not_count() {
    let ignore = format!("[[ignore]]\nrule = \"{RULE}\"\nreason = \"ticket 4711\"\n");
    let (_, findings, stderr) = judged(&ignore);
    assert_eq!(of(&findings, RULE)["status"], "ignored");
    assert_eq!(of(&findings, RULE)["ignore_reason"], "ticket 4711");
    assert_eq!(stderr, "");
    // SOURCE_DATE_EPOCH of the tests is 2030-03-17.
    let (_, findings, stderr) = judged(&format!("{ignore}until = 2030-03-16\n"));
    assert_eq!(of(&findings, RULE)["status"], "new");
    assert!(stderr.contains("expired on 2030-03-16"), "{stderr}");
    assert_eq!(of(&judged(&format!("{ignore}until = 2030-03-17\n")).1, RULE)["status"], "ignored");
    let (_, findings, stderr) = judged(&format!("{ignore}writer = \"No Such Writer\"\n"));
    assert_eq!(of(&findings, RULE)["status"], "new");
    assert!(stderr.contains("applies to no finding"), "{stderr}");
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    for (text, wanted) in [
        ("[severty]\n", ":1:2: unknown key \"severty\"; did you mean \"severity\"?"),
        (
            "[severity]\nthaw-mising = \"info\"\n",
            ":2:1: no rule \"thaw-mising\"; did you mean \"thaw-missing\"?",
        ),
        ("[severity]\nthaw-missing = \"eror\"\n", ":2:16: unknown word \"eror\"; did you mean \"error\"?"),
        ("[thresholds]\nset-open = -5\n", ":2:12: \"set-open\" has to be a duration above zero"),
        ("[thresholds]\nset-open = \"0s\"\n", ":2:12: "),
        ("[thresholds]\nretries = \"x\"\n", ":2:11: \"retries\" has to be a whole number"),
        ("[[ignore]]\nrule = \"thaw-missing\"\n", "\"reason\" is missing"),
        ("[[rule]]\nid = \"thaw-missing\"\n", ":2:6: a built-in rule has this id"),
        ("[[rule]]\nid = \"x\"\ntitle = \"x\"\nseverity = \"info\"\n", "exactly one condition"),
        ("[severity\n", ":1:"),
    ] {
        let (code, _, stderr) = judged(text);
        assert_eq!(code, 2, "{text}");
        assert!(stderr.contains(wanted), "{text}: {stderr}");
    }
}

#[test]
fn own_rules_give_findings_with_evidence() {
    let rule = |condition: &str| {
        format!("[[rule]]\nid = \"house\"\ntitle = \"House\"\nseverity = \"info\"\n{condition}\n")
    };
    for (condition, fires) in [
        ("event = { method = \"DoSnapshotSet\" }", true),
        ("event = { method = \"RevertToSnapshot\" }", false),
        (
            "sequence = { within = \"1h\", events = [{ method = \"StartSnapshotSet\" }, { method = \"DoSnapshotSet\" }] }",
            true,
        ),
        (
            "sequence = { within = \"1h\", events = [{ method = \"DoSnapshotSet\" }, { method = \"StartSnapshotSet\" }] }",
            false,
        ),
        ("threshold = { within = \"1h\", at-least = 2, event = { callback = \"PrepareSnapshot\" } }", true),
        (
            "threshold = { within = \"1h\", at-least = 1000, event = { callback = \"PrepareSnapshot\" } }",
            false,
        ),
        ("threshold = { phase = \"DoSnapshotSet\", over = \"1h\" }", false),
        ("threshold = { phase = \"DoSnapshotSet\", over = 0.001 }", true),
        (
            "absence = { within = \"1s\", event = { method = \"StartSnapshotSet\" }, followed-by = { method = \"Release\" } }",
            true,
        ),
        // Beyond the end of the evidence nobody knows what followed.
        (
            "absence = { within = \"1d\", event = { method = \"StartSnapshotSet\" }, followed-by = { method = \"RevertToSnapshot\" } }",
            false,
        ),
    ] {
        let (_, findings, stderr) = judged(&rule(condition));
        let found = findings.iter().find(|finding| finding["rule"] == "house");
        assert_eq!(found.is_some(), fires, "{condition}: {stderr}");
        assert!(found.is_none_or(|f| !f["evidence"].as_array().expect("evidence").is_empty()), "{condition}");
    }
}

#[test]
fn the_example_of_the_documentation_is_understood() {
    let page = std::fs::read_to_string(root().join("docs/config.md")).expect("the page");
    let example =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let (code, _, stderr) = judged(example);
    assert!(code != 2, "{stderr}");
}

#[test]
fn the_configuration_is_never_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = file(&folder, "");
    let log = sample("writer-failed-at-freeze.events.ndjson");
    let (code, _, stderr) = run(&["analyze", "--config", &config, "--output", &config, &log]);
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(std::fs::read_to_string(&config).expect("the file"), "");
}
