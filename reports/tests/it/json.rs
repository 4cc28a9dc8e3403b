//! The public interface: keys, schema names, and the way back.

use crate::sample;
use serde_json::Value;
use vsscope_model::{Analysis, Event};
use vsscope_reports::{analysis_json, events_ndjson};

/// The outline of `vsscope.analysis/1` in the project's interface page: path of each object and its keys.
const OUTLINE: &[(&str, &str)] = &[
    ("", "schema tool generated inputs coverage hosts sessions sets findings summary"),
    ("tool", "name version"),
    ("inputs", "id path format bytes records events first last issues"),
    ("inputs.issues", "kind where count message"),
    ("coverage", "spans gaps missing"),
    ("coverage.spans", "host source first last records"),
    ("coverage.gaps", "host source first last reason"),
    ("coverage.missing", "source why_it_matters how_to_collect"),
    ("hosts", "name aliases runs"),
    ("hosts.runs", "service started ended pid end_reason"),
    (
        "sessions",
        "id host kind requester context backup_type component_mode started ended end_reason calls sets",
    ),
    ("sessions.requester", "image command_line pid user"),
    ("sessions.calls", "method started ended hresult"),
    (
        "sets",
        "id guid host session provider volumes snapshots started ended outcome phases writers confidence evidence_count",
    ),
    ("sets.snapshots", "guid volume device state"),
    ("sets.phases", "name started ended duration_ms limit_ms result"),
    ("sets.writers", "name class_id instance_id process participation phases state hresult"),
    ("sets.writers.phases", "name started ended duration_ms limit_ms result"),
    ("findings", "id rule severity status title detail remedy host session set writer time cause evidence"),
    ("findings.evidence", "input record line offset text"),
    ("summary", "sets sessions findings records_read records_lost"),
    ("summary.findings", "error warning info noise"),
];

/// All values at a path; arrays on the way are walked.
fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let flat = |value: &'a Value| match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    path.split('.').filter(|step| !step.is_empty()).fold(vec![value], |values, step| {
        values.into_iter().filter_map(|value| value.get(step)).flat_map(flat).collect()
    })
}

#[test]
fn every_key_of_the_outline_is_there() {
    let value: Value = serde_json::from_str(&analysis_json(&sample::failed(), false)).expect("json");
    for (path, keys) in OUTLINE {
        let objects = at(&value, path);
        assert!(!objects.is_empty(), "nothing at {path:?}: the sample must have one of each");
        for object in objects {
            for key in keys.split(' ') {
                assert!(object.get(key).is_some(), "{path:?} has no {key:?}: {object}");
            }
        }
    }
}

/// Keys that an input or a list has on top of the outline, where there is something to say.
const MORE: &[(&str, &str)] = &[
    ("inputs", "times"),
    ("inputs.times", "basis"),
    ("inputs.text", "layout confidence columns encoding lines parsed continuation unknown"),
    ("inputs.providers", "id events decoded"),
    ("inventory", "writers providers snapshots storage volumes registry"),
    ("inventory.writers", "source writer state"),
    ("inventory.writers.writer", "name class_id instance_id"),
    ("inventory.writers.source", "input line"),
    ("inventory.providers", "source name id class_id type_number version"),
    ("inventory.snapshots", "source id set volume device"),
    ("inventory.storage", "source volume on_volume used allocated maximum"),
    ("inventory.storage.used", "text"),
    ("inventory.volumes", "source path name"),
    ("inventory.registry", "source path current last_write volatile_subkeys values subkeys"),
];

#[test]
fn lists_and_the_state_of_an_input_have_their_keys() {
    let value: Value = serde_json::from_str(&analysis_json(&sample::traced(), false)).expect("json");
    for (path, keys) in MORE {
        let objects = at(&value, path);
        assert!(!objects.is_empty(), "nothing at {path:?}");
        for object in objects {
            for key in keys.split(' ') {
                assert!(object.get(key).is_some(), "{path:?} has no {key:?}: {object}");
            }
        }
    }
    let bases: Vec<&str> = at(&value, "inputs.times.basis").into_iter().filter_map(Value::as_str).collect();
    assert_eq!(bases, ["utc", "aligned", "local", "ticks", "order", "given", "utc", "utc"]);
    assert_eq!(value["inputs"][1]["times"]["added_s"], -3600.0);
    assert_eq!(value["inventory"]["writers"][13]["state"], 9);
    assert_eq!(value["inventory"]["writers"][14]["failure"], "0x800423f2");
}

/// Keys of the figures over many sets.
const FIGURES: &[(&str, &str)] = &[
    ("", "sets requesters days writers freeze_times copies diff_area repeat_offenders"),
    ("sets", "sets completed failed aborted created unknown success_percent"),
    ("requesters", "image sets completed failed aborted created unknown success_percent"),
    ("days", "day sets completed failed aborted created unknown success_percent"),
    ("writers", "name windows median_ms p95_ms max_ms trend failures"),
    ("freeze_times", "from_ms below_ms windows"),
    ("copies", "sets_made sets_deleted sets_lost copies_made copies_deleted copies_lost delete_commands"),
    ("diff_area", "host volume losses failures low oldest_deleted"),
    ("repeat_offenders", "rule kind name sets findings"),
];

#[test]
fn statistics_have_their_keys_and_are_absent_where_there_are_none() {
    let value: Value = serde_json::from_str(&analysis_json(&sample::many(), false)).expect("json");
    for (path, keys) in FIGURES {
        let objects = at(&value["statistics"], path);
        assert!(!objects.is_empty(), "nothing at {path:?}");
        for object in objects {
            for key in keys.split(' ') {
                assert!(object.get(key).is_some(), "{path:?} has no {key:?}: {object}");
            }
        }
    }
    assert_eq!(value["statistics"]["days"][0]["day"], "2026-02-19");
    assert_eq!(value["statistics"]["writers"][0]["trend"]["later_median_ms"], 41_250.5);
    let back: Analysis = serde_json::from_value(value).expect("an analysis");
    assert_eq!(back.statistics, sample::many().statistics);
    let value: Value = serde_json::from_str(&analysis_json(&sample::failed(), false)).expect("json");
    assert_eq!(value.get("statistics"), None);
}

#[test]
fn an_analysis_without_lists_has_no_inventory() {
    let value: Value = serde_json::from_str(&analysis_json(&sample::healthy(), false)).expect("json");
    assert_eq!(value.get("inventory"), None);
}

#[test]
fn a_missing_time_and_a_failure_keep_their_form_in_json() {
    let mut written = Vec::new();
    events_ndjson(&sample::traced().events, &mut written).expect("memory takes everything");
    let text = String::from_utf8(written).expect("JSON is UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    assert_eq!(lines[0]["time"], Value::Null, "no time is not a time");
    assert_eq!(lines[0]["clock"], "order");
    let failure = &lines[4]["what"];
    assert_eq!(failure["kind"], "failure");
    assert_eq!(failure["frames"][0]["function"], "CDemoWriter::PrepareFiles");
    assert_eq!(failure["frames"][1]["hresult"], "0x800423f3");
    assert_eq!(lines[4]["writer"]["class_name"], "CDemoWriter");
}

#[test]
fn values_have_the_documented_forms() {
    let value: Value = serde_json::from_str(&analysis_json(&sample::failed(), false)).expect("json");
    let set = &value["sets"][1];
    assert_eq!(set["guid"], "9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f");
    assert_eq!(set["started"], "2026-03-03T01:14:58Z");
    assert_eq!(set["outcome"], "failed");
    assert_eq!(set["writers"][0]["hresult"], "0x800423f2");
    assert_eq!(set["writers"][0]["phases"][2]["duration_ms"], 62_200.0);
    assert_eq!(set["writers"][0]["phases"][3]["ended"], Value::Null);
}

#[test]
fn the_document_begins_with_its_schema_and_can_be_read_back() {
    // The events are not part of the document.
    let documents = [sample::healthy(), sample::failed(), sample::without_sets(), sample::traced()]
        .map(|analysis| Analysis { events: Vec::new(), ..analysis });
    for (analysis, pretty) in documents.iter().flat_map(|analysis| [(analysis, false), (analysis, true)]) {
        let text = analysis_json(analysis, pretty);
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(bare.starts_with(r#"{"schema":"vsscope.analysis/1","tool":"#), "{}", &bare[..60]);
        assert!(text.ends_with("}\n"));
        // An end at no known time is read back as absent, so the documents are compared.
        let back = serde_json::from_str::<Analysis>(&text).expect("an analysis");
        assert_eq!(analysis_json(&back, pretty), text);
    }
}

#[test]
fn events_can_be_read_back_line_by_line() {
    let events = [sample::events(), sample::traced().events].concat();
    let mut written = Vec::new();
    events_ndjson(&events, &mut written).expect("memory takes everything");
    let text = String::from_utf8(written).expect("JSON is UTF-8");
    assert!(text.lines().all(|line| line.starts_with(r#"{"schema":"vsscope.events/1","time":"#)), "{text}");
    let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(read, events);
}
