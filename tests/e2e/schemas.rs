//! The JSON Schemas of `docs/schema/`: they are those of the types, everything that is written fits them, and what is broken
//! does not. `VSSCOPE_WRITE_DOCS=1 cargo test --test e2e schemas` writes them anew.

use crate::support::{analysis, root, run, sample, shared};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use vsscope::Options;
use vsscope::baseline::Baseline;
use vsscope::schema::{self, Named};
use vsscope_fixtures::cases::Failure;
use vsscope_fixtures::{Scenario, events};
use vsscope_model::Analysis;
use vsscope_reports::{analysis_json, events_ndjson};

fn file(name: &str) -> String {
    format!("docs/schema/{name}.schema.json")
}

fn committed(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join(file(name))).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

fn validator(name: &str) -> Validator {
    jsonschema::validator_for(&schema::by_name(name).expect("a schema").value()).expect("a sound schema")
}

/// What is wrong with a document, the first few things.
fn wrong(validator: &Validator, document: &Value) -> Vec<String> {
    let told = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(document).map(told).take(5).collect()
}

#[test]
fn the_committed_schemas_are_those_of_the_types_and_no_others() {
    let folder = root().join("docs/schema");
    for schema in schema::ALL {
        let path = root().join(file(schema.name));
        if std::env::var_os("VSSCOPE_WRITE_DOCS").is_some() {
            std::fs::write(&path, schema.text()).expect("a schema can be written");
        }
        assert!(
            std::fs::read_to_string(&path).is_ok_and(|found| found == schema.text()),
            "{}: write it anew: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e schemas",
            file(schema.name)
        );
    }
    let found: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("docs/schema")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    let due = schema::ALL.iter().map(|schema| format!("{}.schema.json", schema.name)).collect();
    assert_eq!(found, due);
    let page = std::fs::read_to_string(root().join("docs/schema/README.md")).expect("docs/schema/README.md");
    for Named { name, form, .. } in schema::ALL {
        assert!(
            page.contains(&format!("[{name}.schema.json]({name}.schema.json)")) && page.contains(form),
            "{name}"
        );
    }
}

#[test]
fn every_schema_is_one_of_its_draft_and_says_which() {
    for schema in schema::ALL {
        let value = schema.value();
        jsonschema::meta::validate(&value).unwrap_or_else(|error| panic!("{}: {error}", schema.name));
        let draft = match schema.name {
            // What the language servers of TOML understand.
            "config" => "http://json-schema.org/draft-07/schema#",
            _ => "https://json-schema.org/draft/2020-12/schema",
        };
        assert_eq!((value["$schema"].as_str(), value["title"].as_str()), (Some(draft), Some(schema.form)));
        if schema.name != "config" {
            assert_eq!(value["properties"]["schema"]["const"], schema.form);
        }
        assert!(!value.to_string().contains("[`"), "{}: a link of rustdoc", schema.name);
    }
}

#[test]
fn the_command_prints_a_schema_by_either_name_or_lists_them() {
    let (code, list, _) = run(&["schema"]);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(
        (code, &names[..6]),
        (0, &["analysis", "events", "rules", "explain", "baseline", "config"][..])
    );
    for name in ["analysis", "vsscope.analysis/1"] {
        let (code, text, stderr) = run(&["schema", name]);
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), committed("analysis"));
    }
    let (code, stdout, stderr) = run(&["schema", "vsscope.analyses/1"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("did you mean vsscope.analysis/1"), "{stderr}");
    let (code, _, stderr) = run(&["schema", "zzz"]);
    assert!(code == 2 && stderr.contains("`vsscope schema` lists them"), "{stderr}");
}

/// Checks an analysis and each of its events as they are written.
struct Forms {
    analysis: Validator,
    events: Validator,
    seen: usize,
}

impl Forms {
    fn new() -> Self {
        Forms { analysis: validator("analysis"), events: validator("events"), seen: 0 }
    }

    fn check(&mut self, name: &str, analysis: &Analysis) {
        let document: Value = serde_json::from_str(&analysis_json(analysis, false)).expect("JSON");
        assert_eq!(wrong(&self.analysis, &document), [""; 0], "{name}");
        let mut lines = Vec::new();
        events_ndjson(&analysis.events, &mut lines).expect("lines");
        for line in String::from_utf8(lines).expect("UTF-8").lines() {
            let event: Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(wrong(&self.events, &event), [""; 0], "{name}: {line}");
            self.seen += 1;
        }
    }
}

#[test]
fn what_the_samples_and_scenarios_give_fits() {
    let mut forms = Forms::new();
    forms.check("samples", &analysis(&[sample("")]));
    for scenario in Scenario::own().expect("scenarios") {
        let lines = events::ndjson(&scenario).expect("events").into_bytes();
        let outcome = vsscope::analyze([("events", lines)], &Options::default()).expect("an analysis");
        forms.check(&scenario.id, &outcome.analysis);
    }
    for failure in Failure::all().expect("failures") {
        let mut inputs =
            vec![("events".to_owned(), events::ndjson(&failure.scenario).expect("events").into_bytes())];
        inputs
            .extend(failure.beside.iter().map(|file| (file.name.to_owned(), file.text.clone().into_bytes())));
        let outcome = vsscope::analyze(inputs, &Options::default()).expect("an analysis");
        forms.check(&failure.id, &outcome.analysis);
    }
    assert!(forms.seen > 3000, "only {} events", forms.seen);
}

#[test]
fn what_the_real_logs_give_fits() {
    let Some(folder) = shared("samples") else { return };
    let paths = |kind: &str| vec![folder.join(kind).to_str().expect("UTF-8").to_owned()];
    let mut forms = Forms::new();
    for kind in ["evtx", "json", "etl", "hives"] {
        forms.check(kind, &analysis(&paths(kind)));
    }
}

#[test]
fn what_the_program_prints_fits() {
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("b.json").to_str().expect("UTF-8").to_owned();
    let read = |path: &str| std::fs::read_to_string(path).expect("a file");
    let failure = sample("writer-failed-at-freeze.events.ndjson");
    let (_, stdout, _) = run(&["-f", "json", "--write-baseline", &baseline, &failure]);
    for (name, text) in [
        ("analysis", stdout),
        ("baseline", read(&baseline)),
        ("rules", run(&["rules", "-f", "json"]).1),
        ("rules", run(&["explain", "-f", "json", "thaw-missing"]).1),
        (
            "explain",
            run(&["explain", "-f", "json", "thaw-missing", "0x800423f2", "VSS/8229", "nothing-such"]).1,
        ),
    ] {
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(wrong(&validator(name), &document), [""; 0], "{name}");
        // Each says itself which schema is its own.
        let own = schema::by_name(document["schema"].as_str().expect("a form")).expect("a schema");
        assert_eq!(own.name, name);
    }
    let (_, lines, _) = run(&["events", "-f", "ndjson", &failure]);
    let validator = validator("events");
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(!events.is_empty() && events.iter().all(|event| validator.is_valid(event)));
}

/// The places of a document: pointer and value, parents first.
fn places(at: &str, value: &Value, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                places(&format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), value, found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                places(&format!("{at}/{index}"), value, found);
            }
        }
        _ => {}
    }
}

/// Documents of each form that have much in them.
fn documents() -> Vec<(&'static str, Value)> {
    let outcome = vsscope::analyze([sample("")], &Options::default()).expect("an analysis");
    let mut analysis: Value = serde_json::from_str(&analysis_json(&outcome.analysis, false)).expect("JSON");
    analysis["generated"] = json!("2031-01-02T03:04:05.123456789Z");
    let mut found = vec![("analysis", analysis)];
    let asked = ["explain", "-f", "json", "thaw-missing", "0x800423f2", "VSS/8229", "nothing-such"];
    for (name, text) in [
        ("baseline", Baseline::of(&outcome.analysis).to_json()),
        ("rules", run(&["rules", "-f", "json"]).1),
        ("explain", run(&asked).1),
    ] {
        found.push((name, serde_json::from_str(&text).expect("JSON")));
    }
    let mut lines = Vec::new();
    events_ndjson(&outcome.analysis.events, &mut lines).expect("lines");
    // One event of each kind.
    let mut kinds: BTreeMap<String, Value> = BTreeMap::new();
    for line in String::from_utf8(lines).expect("UTF-8").lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        kinds.entry(event["what"]["kind"].to_string()).or_insert(event);
    }
    assert!(kinds.len() > 10, "{:?}", kinds.keys());
    found.extend(kinds.into_values().map(|event| ("events", event)));
    found
}

/// No place is left untyped: a value of another type is refused wherever it is.
#[test]
fn a_value_of_the_wrong_type_is_refused_everywhere() {
    for (name, document) in documents() {
        let validator = validator(name);
        let mut all = Vec::new();
        places("", &document, &mut all);
        // Every kind of place once; items of lists are alike.
        let mut kinds = BTreeSet::new();
        all.retain(|at| {
            kinds.insert(
                at.split('/').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join("/"),
            )
        });
        for at in all {
            let mut broken = document.clone();
            let value = broken.pointer_mut(&at).expect("a place");
            *value = if value.is_object() { json!(true) } else { json!({"x": []}) };
            assert!(!validator.is_valid(&broken), "{name}: {at} may be anything");
        }
    }
}

#[test]
fn a_key_that_is_always_written_has_to_be_there() {
    let (_, document) = documents().swap_remove(0);
    let validator = validator("analysis");
    let without = |at: &str| {
        let (parent, key) = at.rsplit_once('/').expect("a place");
        let mut broken = document.clone();
        let map = broken.pointer_mut(parent).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("{at}"));
        assert!(map.remove(key).is_some(), "{at} is not in the sample");
        validator.is_valid(&broken)
    };
    for at in [
        "/schema",
        "/tool",
        "/tool/version",
        "/generated",
        "/inputs",
        "/inputs/0/id",
        "/inputs/0/times",
        "/inputs/0/times/basis",
        "/coverage/gaps",
        "/hosts/1/runs",
        "/hosts/1/runs/0/end_reason",
        "/sessions/0/ended",
        "/sessions/0/requester/image",
        "/sessions/0/confidence",
        "/sets/0/guid",
        "/sets/0/phases/0/duration_ms",
        "/sets/0/phases/0/started",
        "/sets/0/writers/0/state",
        "/sets/0/writerless",
        "/findings/0/cause",
        "/findings/0/evidence/0/offset",
        "/summary/findings/noise",
        "/statistics/sets/success_percent",
        "/statistics/days/0/day",
        "/statistics/days/0/sets",
    ] {
        assert!(!without(at), "{at}");
    }
    // Left out where there is nothing. The list of writers is a text without a form.
    let list = document["inputs"].as_array().expect("inputs").iter().position(|i| i["format"] == "vssadmin");
    let text = format!("/inputs/{}/text", list.expect("a list of writers"));
    for at in ["/inventory", "/statistics", text.as_str()] {
        assert!(without(at), "{at}");
    }
}

#[test]
fn a_value_of_the_wrong_form_is_refused_and_a_new_key_is_not() {
    let (_, document) = documents().swap_remove(0);
    let validator = validator("analysis");
    let with = |at: &str, value: Value| {
        let mut changed = document.clone();
        *changed.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
        validator.is_valid(&changed)
    };
    let guid = "5c0aa5fe-0000-4000-8000-00000000abcd";
    for (at, good, bad) in [
        ("/schema", json!("vsscope.analysis/1"), json!("vsscope.analysis/2")),
        ("/sets/0/guid", json!(guid), json!(guid.to_uppercase())),
        ("/sets/0/guid", json!(null), json!(format!("{{{guid}}}"))),
        ("/sets/0/writers/0/hresult", json!("0x800423f4"), json!("0x800423F4")),
        ("/sets/0/writers/0/hresult", json!("0x00000000"), json!("0x0")),
        ("/sets/0/writers/0/hresult", json!(null), json!(-2_147_212_300)),
        ("/sets/0/writers/0/state", json!(9), json!("VSS_WS_FAILED_AT_FREEZE")),
        ("/sets/0/started", json!("2031-01-02T03:04:05Z"), json!("2031-01-02T03:04:05+01:00")),
        ("/sets/0/started", json!("2031-01-02T03:04:05.123456789Z"), json!("2031-01-02 03:04:05Z")),
        ("/sets/0/started", json!(null), json!(1_900_000_000)),
        ("/sets/0/outcome", json!("failed"), json!("broken")),
        ("/sets/0/phases/0/duration_ms", json!(1.5), json!("1.5")),
        ("/sessions/0/context", json!("0x9"), json!("9")),
        ("/sessions/0/backup_type", json!("FULL"), json!(1)),
        ("/statistics/days/0/day", json!("2031-01-02"), json!("2031-01-02T00:00:00Z")),
        ("/summary/sets", json!(0), json!(-1)),
        ("/findings/0/severity", json!("warning"), json!("Warning")),
    ] {
        assert!(with(at, good.clone()), "{at}: {good}");
        assert!(!with(at, bad.clone()), "{at}: {bad}");
    }
    let mut newer = document.clone();
    for at in ["", "/sets/0", "/findings/0/evidence/0", "/inputs/0/times", "/statistics/days/0"] {
        newer
            .pointer_mut(at)
            .and_then(Value::as_object_mut)
            .expect(at)
            .insert("new_key".to_owned(), json!({}));
    }
    assert_eq!(wrong(&validator, &newer), [""; 0], "keys may be added within a version");
}

/// A key of the outline of docs/cli.md.
#[derive(Debug)]
struct Key {
    name: String,
    list: bool,
    /// The keys in it, where it has some; and whether there are more.
    inner: Option<(Vec<Key>, bool)>,
}

/// Reads `name`, `name[]`, `name {…}`; `…` says that there are more keys.
fn outline(tokens: &mut std::iter::Peekable<std::vec::IntoIter<String>>) -> (Vec<Key>, bool) {
    let (mut keys, mut more) = (Vec::new(), false);
    while let Some(token) = tokens.next() {
        match token.as_str() {
            "}" => break,
            "…" => more = true,
            name => {
                let list = tokens.next_if(|token| token == "[]").is_some();
                let inner = tokens.next_if(|token| token == "{").map(|_| outline(tokens));
                keys.push(Key { name: name.to_owned(), list, inner });
            }
        }
    }
    (keys, more)
}

fn tokens(text: &str) -> Vec<String> {
    let spaced = text.replace('{', " { ").replace('}', " } ").replace("[]", " [] ").replace([',', ';'], " ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// The alternatives of a place, with references followed.
fn alternatives<'a>(root: &'a Value, node: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![node];
    if let Some(place) = node["$ref"].as_str() {
        let target = root.pointer(place.trim_start_matches('#')).expect("a definition");
        found.extend(alternatives(root, target));
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        found.extend(node[word].as_array().into_iter().flatten().flat_map(|part| alternatives(root, part)));
    }
    found
}

fn compare(root: &Value, node: &Value, at: &str, keys: &[Key], more: bool, wrong: &mut Vec<String>) {
    let mut known: BTreeMap<&str, &Value> = BTreeMap::new();
    for part in alternatives(root, node) {
        known.extend(
            part["properties"].as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)),
        );
    }
    for key in keys {
        let place = format!("{at}/{}", key.name);
        let Some(node) = known.remove(key.name.as_str()) else {
            wrong.push(format!("{place} is not in the schema"));
            continue;
        };
        let items = alternatives(root, node).into_iter().find_map(|part| part.get("items"));
        if key.list != items.is_some() {
            wrong.push(format!("{place} is a list in one of the two"));
        }
        if let Some((inner, more)) = &key.inner {
            compare(root, items.unwrap_or(node), &place, inner, *more, wrong);
        }
    }
    if !more {
        wrong.extend(known.keys().map(|key| format!("{at}/{key} is not in docs/cli.md")));
    }
}

#[test]
fn the_outline_of_the_analysis_has_the_keys_of_the_schema() {
    let page = std::fs::read_to_string(root().join("docs/cli.md")).expect("docs/cli.md");
    let (_, part) = page.split_once("## `vsscope.analysis/1`").expect("the part");
    let text = part.split("```").nth(1).and_then(|block| block.strip_prefix("text")).expect("the outline");
    let (keys, more) = outline(&mut tokens(text).into_iter().peekable());
    let schema = committed("analysis");
    let mut wrong = Vec::new();
    compare(&schema, &schema, "", &keys, more, &mut wrong);
    assert_eq!(wrong, [""; 0]);
}
