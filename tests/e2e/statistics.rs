//! Nine backups over three days: the figures, worked out by hand from the scenarios.

use crate::support::{json, run};
use serde_json::{Value, json};
use vsscope_fixtures::{Scenario, events};

/// Scenario and start. Freeze to Thaw or Abort, in ms: SqlServerWriter, System Writer.
const BACKUPS: [(&str, &str); 9] = [
    ("healthy-backup", "2031-03-04T01:00:00Z"), // completed   964   714
    ("writer-failed-at-freeze", "2031-03-04T22:00:00Z"), // aborted     231   775
    ("healthy-persistent", "2031-03-05T01:00:00Z"), // completed   964   714
    ("writer-failed-at-freeze", "2031-03-05T12:00:00Z"), // aborted     231   775
    ("creation-failed", "2031-03-05T23:59:00Z"), // failed
    ("writer-failed-at-freeze", "2031-03-06T00:30:00Z"), // aborted     231   775
    ("freeze-window-long", "2031-03-06T06:00:00Z"), // completed 35084 34834
    ("shadow-lost-during-backup", "2031-03-06T12:00:00Z"), // failed      964   714
    ("writerless-backup", "2031-03-06T18:00:00Z"), // created
];

/// The backups as event files in one folder.
fn three_days() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (at, (id, start)) in BACKUPS.iter().enumerate() {
        let mut scenario = Scenario::by_id(id).expect("the scenario is there");
        // Ids of sets follow from the id of the scenario.
        scenario.id = format!("{id}-{at}");
        scenario.start = start.parse().expect("a time");
        for step in scenario
            .events
            .iter_mut()
            .filter(|step| *id == "creation-failed" && step.ev == "CreateVssBackupComponents")
        {
            step.args.insert("image".into(), r"C:\Tools\Sichern.EXE".into());
        }
        let lines = events::ndjson(&scenario).expect("a scenario becomes events");
        std::fs::write(dir.path().join(format!("{at}.ndjson")), lines).expect("a temporary file");
    }
    dir
}

fn path(dir: &tempfile::TempDir) -> &str {
    dir.path().to_str().expect("a UTF-8 path")
}

/// The rows of a list, reduced to some of their keys.
fn rows(list: &Value, keys: &[&str]) -> Vec<Value> {
    let row = |row: &Value| keys.iter().map(|key| row[key].clone()).collect();
    list.as_array().expect("a list").iter().map(row).collect()
}

#[test]
fn figures_of_nine_backups_over_three_days() {
    let dir = three_days();
    let statistics = &json(&[path(&dir)])["statistics"];
    let counts = ["sets", "completed", "failed", "aborted", "created", "unknown", "success_percent"];

    // 3 of the 8 whose outcome is known.
    assert_eq!(rows(&json!([statistics["sets"]]), &counts), [json!([9, 3, 2, 3, 1, 0, 37.5])]);
    let with = |key: &'static str| [&[key], &counts[..]].concat();
    assert_eq!(
        rows(&statistics["requesters"], &with("image")),
        [json!(["agent.exe", 8, 3, 1, 3, 1, 0, 42.9]), json!(["sichern.exe", 1, 0, 1, 0, 0, 0, 0.0])]
    );
    assert_eq!(
        rows(&statistics["days"], &with("day")),
        [
            json!(["2031-03-04", 2, 1, 0, 1, 0, 0, 50.0]),
            json!(["2031-03-05", 3, 1, 1, 1, 0, 0, 33.3]),
            json!(["2031-03-06", 4, 1, 1, 1, 1, 0, 33.3]),
        ]
    );
    let writers = &statistics["writers"];
    assert_eq!(
        rows(writers, &["name", "windows", "median_ms", "p95_ms", "max_ms", "failures"]),
        [
            json!(["SqlServerWriter", 7, 964.0, 35_084.0, 35_084.0, 3]),
            json!(["System Writer", 7, 775.0, 34_834.0, 34_834.0, 0]),
        ]
    );
    // System Writer: 714, 775, 714 and 775, 34834, 714; the 775 in the middle is in neither half.
    assert_eq!(writers[1]["trend"], json!({"earlier_median_ms": 714.0, "later_median_ms": 775.0}));
    let buckets: Vec<Value> = rows(&statistics["freeze_times"], &["windows"]);
    assert_eq!(buckets, [json!([12]), json!([0]), json!([0]), json!([0]), json!([2]), json!([0])]);
    // Every set but that of creation-failed; 2 + 2 + 1 + 2 + 2 + 1 + 2 + 1 copies.
    assert_eq!(
        statistics["copies"],
        json!({
            "sets_made": 8, "sets_deleted": 1, "sets_lost": 1,
            "copies_made": 13, "copies_deleted": 1, "copies_lost": 1, "delete_commands": 0,
        })
    );
    assert_eq!(
        rows(&statistics["diff_area"], &["host", "volume", "losses", "failures", "low", "oldest_deleted"]),
        [json!(["ANKER01", "D:", 1, 0, 0, 0])]
    );
    assert_eq!(
        rows(&statistics["repeat_offenders"], &["rule", "kind", "name", "sets", "findings"]),
        [
            json!(["abort-during-freeze", "requester", "agent.exe", 3, 3]),
            json!(["writer-error-nonretryable", "writer", "SqlServerWriter", 3, 3]),
            json!(["writer-failed-at-freeze", "writer", "SqlServerWriter", 3, 3]),
        ]
    );
}

#[test]
fn the_figures_are_shown_and_no_line_is_too_wide() {
    let dir = three_days();
    for width in ["40", "60", "80", "120", "200"] {
        let (_, text, _) = run(&["--fail-on", "never", "--ascii", "--width", width, path(&dir)]);
        assert!(text.contains("-- Statistics "), "{width}: {text}");
        let limit: usize = width.parse().expect("a number");
        let long = text.lines().find(|line| unicode_width::UnicodeWidthStr::width(*line) > limit);
        assert_eq!(long, None, "wider than {width}");
    }
    let (_, text, _) = run(&["--fail-on", "never", "--ascii", "--width", "80", path(&dir)]);
    insta::assert_snapshot!("statistics-80", section(&text));
    let (_, filtered, _) = run(&["--fail-on", "never", "--host", "ANKER01", path(&dir)]);
    assert!(!filtered.contains(" Statistics "), "figures of the whole on a page of a part: {filtered}");
}

/// The part of the page under the heading.
fn section(text: &str) -> &str {
    let from = text.find("-- Statistics ").expect("the heading");
    let rest = &text[from..];
    rest.find("\n\n-- ").map_or(rest, |end| &rest[..end])
}

#[test]
fn ignored_findings_repeat_nothing() {
    let dir = three_days();
    let config = tempfile::tempdir().expect("a temporary folder");
    let file = config.path().join("vsscope.toml");
    let text = "[[ignore]]\nrule = \"writer-failed-at-freeze\"\nreason = \"known\"\n";
    std::fs::write(&file, text).expect("a temporary file");
    let file = file.to_str().expect("a UTF-8 path");
    let (_, stdout, stderr) = run(&["-f", "json", "--fail-on", "never", "--config", file, path(&dir)]);
    let analysis: Value = serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("{e}: {stderr}"));
    let rules = rows(&analysis["statistics"]["repeat_offenders"], &["rule"]);
    assert_eq!(rules, [json!(["abort-during-freeze"]), json!(["writer-error-nonretryable"])]);
    assert_eq!(analysis["statistics"]["writers"][0]["failures"], 0);
}
