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
    let folder = tempfile::tempdir().expect("a folder");
    let (code, stdout, stderr) = run(&["rules", "test", &file(&folder, example)]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    let shown =
        page.split("$ vsscope rules test vsscope.toml\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(Some(stdout.as_str()), shown);
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

/// A run over the failed backup with these further arguments: exit code, analysis, standard error.
fn against(args: &[&str]) -> (i32, Value, String) {
    let log = sample("writer-failed-at-freeze.events.ndjson");
    let all = [&["analyze", "--format", "json"], args, &[&log]].concat();
    let (code, stdout, stderr) = run(&all);
    (code, serde_json::from_str(&stdout).unwrap_or_default(), stderr)
}

fn statuses(analysis: &Value) -> Vec<&str> {
    let findings = analysis["findings"].as_array().expect("findings");
    findings.iter().filter_map(|finding| finding["status"].as_str()).collect()
}

#[test]
fn what_the_baseline_has_is_known_and_does_not_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("known.json");
    let name = path.to_str().expect("UTF-8");
    let (code, before, stderr) = against(&["--write-baseline", name, "--rule", RULE]);
    assert_eq!(code, 1, "writing a baseline changes no verdict");
    assert!(stderr.contains(" written") && stderr.lines().count() == 1, "{stderr}");
    assert!(statuses(&before).iter().all(|status| *status == "new"));
    let text = std::fs::read_to_string(&path).expect("the baseline");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["schema"], "vsscope.baseline/1");
    let entry = of(document["findings"].as_array().expect("entries"), RULE);
    assert_eq!(entry["requester"], "agent.exe");
    assert_eq!(entry["severity"], "error");
    // The filter of the run that wrote it hides nothing from it.
    let (code, analysis, stderr) = against(&["--baseline", name]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(statuses(&analysis).iter().all(|status| *status == "baseline"), "{analysis:#}");
    assert!(analysis["findings"].as_array().expect("findings").len() > 1);
    assert_eq!(analysis["summary"]["findings"]["error"], 0);
    let (_, shown, _) = run(&["--baseline", name, &sample("writer-failed-at-freeze.events.ndjson")]);
    assert!(shown.contains("from the baseline") && shown.contains("in the baseline"), "{shown}");
    // It can be renewed in place, and stays the same.
    let (code, _, _) = against(&["--baseline", name, "--write-baseline", name]);
    assert_eq!((code, std::fs::read_to_string(&path).expect("the baseline")), (0, text));
}

#[test]
fn a_finding_that_is_graver_than_in_the_baseline_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = file(&folder, &format!("[severity]\n{RULE} = \"warning\"\n"));
    let path = folder.path().join("known.json");
    let name = path.to_str().expect("UTF-8");
    against(&["--write-baseline", name, "--config", &config]);
    let (code, analysis, _) = against(&["--baseline", name]);
    assert_eq!(code, 1);
    assert_eq!(of(analysis["findings"].as_array().expect("findings"), RULE)["status"], "new");
    let healthy = sample("healthy-backup");
    let (code, _, stderr) = run(&["analyze", "--baseline", name, &healthy]);
    assert_eq!((code, stderr.lines().count()), (0, 1), "{stderr}");
    assert!(stderr.contains("match no finding"), "{stderr}");
    assert_eq!(run(&["analyze", "--quiet", "--baseline", name, &healthy]).2, "");
}

#[test]
fn ignored_findings_are_not_written_into_a_baseline() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = file(&folder, &format!("[[ignore]]\nrule = \"{RULE}\"\nreason = \"ticket 4711\"\n"));
    let path = folder.path().join("known.json");
    let (_, _, stderr) = against(&["--write-baseline", path.to_str().expect("UTF-8"), "--config", &config]);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no baseline: {stderr}"));
    assert!(!text.contains(&format!("\"{RULE}\"")) && text.contains("\"rule\""), "{text}");
}

#[test]
fn a_baseline_that_cannot_be_read_ends_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, wanted) in [
        ("{", "EOF while parsing an object"),
        ("{\"schema\": \"vsscope.baseline/7\"}", "version \"7\" of the baseline is not known"),
    ] {
        let path = file(&folder, text);
        let (code, _, stderr) = against(&["--baseline", &path]);
        assert_eq!(code, 2);
        assert!(stderr.contains(&format!("{path}:1:")) && stderr.contains(wanted), "{stderr}");
    }
    let (code, _, stderr) = against(&["--baseline", "no-such-file.json"]);
    assert!(code == 2 && stderr.contains("no-such-file.json"), "{stderr}");
}

#[test]
fn a_baseline_is_written_over_nothing_but_a_baseline() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log.ndjson");
    std::fs::copy(sample("writer-failed-at-freeze.events.ndjson"), &log).expect("a copy");
    let evidence = std::fs::read_to_string(&log).expect("the copy");
    let other = folder.path().join("other.txt");
    std::fs::write(&other, "mine").expect("a file");
    let (log, other) = (log.to_str().expect("UTF-8"), other.to_str().expect("UTF-8"));
    let config = file(&folder, "[severity]\n");
    let known = folder.path().join("known.json");
    let known = known.to_str().expect("UTF-8");
    for (args, wanted) in [
        (vec!["--write-baseline", log, log], "one of the inputs"),
        (vec!["--write-baseline", &config, "--config", &config, log], "one of the inputs"),
        (vec!["--write-baseline", other, log], "is no baseline"),
        // The name was forgotten, and the first log stands in its place.
        (vec!["--write-baseline", log, &sample("healthy-backup")], "is no baseline"),
        (vec!["--write-baseline", known, "--output", known, log], "the baseline is to be written there"),
    ] {
        let (code, _, stderr) = run(&args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(stderr.contains(wanted), "{args:?}: {stderr}");
    }
    assert_eq!(std::fs::read_to_string(log).expect("the log"), evidence);
    assert_eq!(std::fs::read_to_string(&config).expect("the file"), "[severity]\n");
    assert_eq!(std::fs::read_to_string(other).expect("the file"), "mine");
    assert!(!std::path::Path::new(known).exists());
    run(&["--write-baseline", known, log]);
    let before = std::fs::read_to_string(known).expect("a baseline");
    let (code, _, stderr) = run(&["--baseline", known, "--output", known, log]);
    assert!(code == 2 && stderr.contains("one of the inputs"), "{stderr}");
    assert_eq!(std::fs::read_to_string(known).expect("a baseline"), before);
}

/// Three lines of `vsscope.events/1`: an instance is made, a set is started, and much later the instance is released.
fn lines() -> String {
    let line = |time: &str, method: &str| {
        format!(
            "{{\"schema\":\"vsscope.events/1\",\"time\":\"2031-03-07T{time}Z\",\"clock\":\"trace\",\"source\":{{\"input\":\
             \"x\"}},\"host\":\"H1\",\"actor\":\"requester\",\"process\":{{\"pid\":7}},\"session\":\"A\",\"status\":\
             {{\"hresult\":\"0x00000000\"}},\"what\":{{\"kind\":\"call\",\"method\":\"{method}\",\"edge\":\"whole\"}}}}\n"
        )
    };
    [("05:00:00", "CreateVssBackupComponents"), ("05:00:01", "StartSnapshotSet"), ("05:10:00", "Release")]
        .map(|(time, method)| line(time, method))
        .concat()
}

/// A rule file with these examples of a rule about StartSnapshotSet; runs `rules test` over it.
fn tested(examples: &str) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("log.ndjson"), lines()).expect("a file");
    let rule = "[[rule]]\nid = \"house\"\ntitle = \"House\"\nseverity = \"info\"\nevent = { method = \"StartSnapshotSet\" }\n";
    run(&["rules", "test", &file(&folder, &format!("{rule}{examples}"))])
}

/// The entry that the documentation shows has the keys of a real one, and is read.
#[test]
fn the_baseline_of_the_documentation_is_understood() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).expect("the page");
    let shown = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a baseline");
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, stderr) = against(&["--baseline", &file(&folder, shown)]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("its one entry matches no finding"), "{stderr}");
}

#[test]
fn examples_of_own_rules_are_run() {
    let start = format!("events = '''\n{}'''\n", lines());
    let without: String =
        lines().lines().filter(|line| !line.contains("StartSnapshotSet")).map(|l| format!("{l}\n")).collect();
    let without = format!("events = '''\n{without}'''\n");
    let example = |fires: bool, evidence: &str| {
        format!("[[rule.example]]\nnote = \"a start\"\nfires = {fires}\n{evidence}")
    };
    let both = example(true, &start) + &example(false, &without);
    assert_eq!(
        tested(&both),
        (0, "ok      house: a start\nok      house: a start\n".to_owned(), String::new())
    );
    // A file is looked for beside the configuration.
    let (code, stdout, stderr) = tested(&example(true, "file = \"log.ndjson\"\n"));
    assert_eq!((code, stdout.as_str()), (0, "ok      house: a start\n"));
    assert!(stderr.contains("house has no example in which it is silent"), "{stderr}");

    let (code, stdout, _) = tested(&example(false, &start));
    assert_eq!(code, 1);
    assert!(
        stdout.starts_with("FAILED  house: a start (")
            && stdout.contains("should be silent and fired: Seen once"),
        "{stdout}"
    );
    assert!(stdout.contains("vsscope.toml:6:1)"), "{stdout}");
    let (code, stdout, _) = tested(&(example(true, &without) + &both));
    assert_eq!((code, stdout.lines().count()), (1, 3));
    assert!(stdout.contains("it should fire and did not; "), "{stdout}");
}

#[test]
fn examples_that_cannot_be_run_are_mistakes() {
    let example = |rest: &str| format!("[[rule.example]]\n{rest}\n");
    for (examples, wanted) in [
        (example("fires = true\nfile = \"x\""), ":6:1: \"note\" is missing"),
        (example("note = \"n\"\nfile = \"x\""), ":6:1: \"fires\" is missing"),
        (example("note = \"n\"\nfires = true"), "either \"events\" or \"file\""),
        (
            example("note = \"n\"\nfires = true\nfile = \"x\"\nevents = \"x\""),
            "either \"events\" or \"file\"",
        ),
        (example("note = \"n\"\nfires = \"yes\"\nfile = \"x\""), ":8:9: \"fires\" has to be true or false"),
        (example("nota = \"n\""), "did you mean \"note\"?"),
        (example("note = \"n\"\nfires = true\nfile = \"no-such.evtx\""), "no-such.evtx"),
        (example("note = \"n\"\nfires = false\nevents = '''\n{\"schema\": 1}\n'''"), "events: line 1: "),
        (example("note = \"n\"\nfires = false\nevents = '''\n# nothing\n'''"), "events: "),
    ] {
        let (code, stdout, stderr) = tested(&examples);
        assert_eq!(code, 2, "{examples}: {stdout}{stderr}");
        assert!(stdout.contains(wanted) || stderr.contains(wanted), "{examples}: {stdout}{stderr}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, stderr) = run(&["rules", "test", &file(&folder, "[severity]\n")]);
    assert!(code == 2 && stderr.contains("no [[rule]]"), "{stderr}");
    assert_eq!(run(&["rules", "test"]).0, 2);
    assert!(run(&["rules"]).1.contains("thaw-missing"), "the list is still there");
}

#[test]
fn examples_do_not_matter_to_a_run() {
    let (code, _, stderr) = judged(
        "[[rule]]\nid = \"house\"\ntitle = \"House\"\nseverity = \"info\"\nevent = { level = 1 }\n\
         [[rule.example]]\nnote = \"n\"\nfires = true\nfile = \"no-such-file\"\n",
    );
    assert_eq!((code, stderr.as_str()), (1, ""));
}

/// The committed schema; `schemas` compares it with the tables of the reader.
fn schema() -> Value {
    let path = root().join("docs/schema/config.schema.json");
    let text = std::fs::read_to_string(&path).expect("docs/schema/config.schema.json");
    serde_json::from_str(&text).expect("JSON")
}

fn keys(schema: &Value, place: &str) -> Vec<String> {
    let object = schema.pointer(&format!("{place}/properties")).and_then(Value::as_object);
    let mut keys: Vec<String> = object.unwrap_or_else(|| panic!("no {place}")).keys().cloned().collect();
    keys.sort();
    keys
}

#[test]
fn the_schema_knows_every_rule_threshold_and_word() {
    let schema = schema();
    let mut rules: Vec<&str> = vsscope::rules::catalogue().iter().map(|rule| rule.info().id).collect();
    rules.sort_unstable();
    assert_eq!(keys(&schema, "/definitions/severity"), rules);
    let debug = format!("{:#?}", vsscope::rules::Thresholds::default());
    let fields = debug.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
    let mut names: Vec<String> =
        fields.filter_map(|line| Some(line.trim().split_once(':')?.0.replace('_', "-"))).collect();
    names.sort();
    assert_eq!(keys(&schema, "/definitions/thresholds"), names);
    assert_eq!(
        schema["definitions"]["wanted"]["enum"],
        serde_json::json!(["error", "warning", "info", "off"])
    );
}

/// Every key of the schema is one that the reader takes; one that is not in it, the reader refuses.
#[test]
fn the_reader_knows_the_keys_of_the_schema() {
    let schema = schema();
    // A table of the schema, and how a key is written into it; the value is wrong, only the key matters.
    type Write = fn(&str) -> String;
    let tables: [(&str, Write); 10] = [
        ("", |key| format!("{key} = 0")),
        ("/definitions/thresholds", |key| format!("[thresholds]\n{key} = \"?\"")),
        ("/definitions/ignore", |key| format!("[[ignore]]\n{key} = 0")),
        ("/definitions/rule", |key| format!("[[rule]]\n{key} = 0")),
        ("/definitions/example", |key| {
            in_rule(&format!("example = [{{ {key} = 0 }}]\nevent = {{ level = 1 }}"))
        }),
        ("/definitions/sequence", |key| in_rule(&format!("sequence = {{ {key} = 0 }}"))),
        ("/definitions/absence", |key| in_rule(&format!("absence = {{ {key} = 0 }}"))),
        ("/definitions/count", |key| in_rule(&format!("threshold = {{ {key} = 0 }}"))),
        ("/definitions/phase", |key| match key {
            "phase" => in_rule("threshold = { phase = 0 }"),
            key => in_rule(&format!("threshold = {{ phase = \"x\", {key} = 0 }}")),
        }),
        ("/definitions/pattern", |key| in_rule(&format!("event = {{ {key} = [[]] }}"))),
    ];
    for (place, write) in tables {
        let known = keys(&schema, place);
        for (key, is_known) in known.iter().map(|key| (key.as_str(), true)).chain([("no-such-key", false)]) {
            let (code, _, stderr) = judged(&write(key));
            assert_eq!(code, 2, "{place} {key}: {stderr}");
            assert_eq!(stderr.contains("unknown key"), !is_known, "{place} {key}: {stderr}");
        }
    }
}

fn in_rule(condition: &str) -> String {
    format!("[[rule]]\nid = \"house\"\ntitle = \"House\"\nseverity = \"info\"\n{condition}\n")
}
