//! Timelines for Timesketch: what its documentation asks for, and what a spreadsheet must not get.

use crate::sample;
use serde_json::Value;
use vsscope_model::{Analysis, Event, Severity};
use vsscope_reports::{ReportOptions, timesketch};

const OPTIONS: ReportOptions<'static> =
    ReportOptions { rules: &[], tz: chrono_tz::Asia::Kolkata, left_out: None, fail_on: Severity::Error };

fn analysis() -> Analysis {
    Analysis { events: sample::events(), ..sample::failed() }
}

fn lines(analysis: &Analysis) -> Vec<Value> {
    timesketch::jsonl(analysis, &OPTIONS)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line[key].as_str().unwrap_or_default()
}

#[test]
fn every_entry_has_what_timesketch_demands() {
    let all = lines(&analysis());
    assert_eq!(all.len(), 6 + 5, "six events and five findings");
    for line in &all {
        assert!(!text(line, "message").is_empty() && !text(line, "timestamp_desc").is_empty(), "{line}");
        let time: chrono::DateTime<chrono::Utc> =
            text(line, "datetime").parse().expect("ISO 8601 with an offset");
        assert!(text(line, "datetime").ends_with("+00:00"), "one offset for all: {line}");
        assert_eq!(line["timestamp"].as_i64(), Some(time.timestamp_micros()), "{line}");
    }
    let times: Vec<i64> = all.iter().filter_map(|line| line["timestamp"].as_i64()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn events_and_findings_say_what_they_are() {
    let all = lines(&analysis());
    let event = all.iter().find(|line| line["event_id"] == 8229).expect("the event 8229");
    assert_eq!(event["data_type"], "vsscope:event");
    // 2026-03-03T01:01:18.001Z in microseconds: date -u -d 2026-03-03T01:01:18Z +%s gives 1772499678.
    assert_eq!(event["timestamp"], 1_772_499_678_001_000_i64);
    assert_eq!(event["datetime"], "2026-03-03T01:01:18.001000+00:00");
    assert_eq!(event["writer"], "タスク スケジューラ ライター");
    assert_eq!((&event["pid"], &event["record"]), (&Value::from(1812), &Value::from(12_900 + 8229)));
    assert_eq!(event["set"], "9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f");
    let finding = all.iter().find(|line| line["finding"] == "f1").expect("the finding f1");
    assert_eq!(finding["data_type"], "vsscope:finding");
    assert_eq!(finding["rule"], "freeze-window-exceeded");
    assert_eq!(finding["tag"], serde_json::json!(["vsscope", "vsscope-error"]));
    assert_eq!(
        finding["evidence"][0],
        "/case/dc01/Security.evtx, record 4711: VSS 8229: a writer rejected an event, 0x800423f2"
    );
    assert!(finding.get("cause").is_none(), "what is not known has no key: {finding}");
    let noise = all.iter().find(|line| line["finding"] == "f4").expect("the finding f4");
    assert_eq!(noise["tag"], serde_json::json!(["vsscope", "vsscope-noise"]));
}

#[test]
fn what_has_no_date_is_left_out_and_counted() {
    let traced = sample::traced();
    let all = lines(&traced);
    let note = all.last().expect("a note");
    assert_eq!(note["data_type"], "vsscope:note");
    // One event and one finding without a time, one event with a count of seconds.
    assert!(text(note, "message").contains("3 entries"), "{note}");
    assert!(all.iter().all(|line| !text(line, "datetime").starts_with("1970")), "{all:?}");
    let local = all.iter().find(|line| line["line"] == 39).expect("an event of the local trace");
    assert!(text(local, "timestamp_desc").contains("zone unknown"), "{local}");
    assert_eq!(local["tag"], serde_json::json!(["vsscope-zone-unknown"]));
    assert_eq!(local["datetime"], "2026-03-03T03:14:38.500000+00:00", "as written");
}

/// A reader of RFC 4180, so that the writer is not its own witness.
fn table(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (quoted, c) {
            (true, '"') if rest.peek() == Some(&'"') => cell.extend(rest.next()),
            (true, '"') => quoted = false,
            (true, c) => cell.push(c),
            (false, '"') => quoted = true,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\r') if rest.peek() == Some(&'\n') => {}
            (false, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (false, c) => cell.push(c),
        }
    }
    assert!(!quoted && cell.is_empty() && row.is_empty(), "the last line is not finished");
    rows
}

#[test]
fn the_table_says_the_same_as_the_lines() {
    let analysis = analysis();
    let rows = table(&timesketch::csv(&analysis, &OPTIONS));
    let (head, rows) = rows.split_first().expect("a head");
    assert_eq!(head[..4], ["message", "datetime", "timestamp", "timestamp_desc"]);
    let lines = lines(&analysis);
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        assert_eq!(row.len(), head.len());
        for (name, cell) in head.iter().zip(row) {
            let want = match &line[name.as_str()] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                    items.join(if name == "tag" { "," } else { "\n" })
                }
                other => other.to_string(),
            };
            assert_eq!(*cell, want, "{name}");
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    for payload in sample::PAYLOADS {
        let analysis = sample::hostile(payload);
        let rows = table(&timesketch::csv(&analysis, &OPTIONS));
        assert_eq!(rows.len(), 1 + 6 + 5, "{payload:?} made or broke a row");
        for cell in rows.iter().flatten() {
            let first = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control()).chars().next();
            assert!(!first.is_some_and(|c| "=+-@".contains(c)), "{cell:?}");
        }
        let told = lines(&analysis);
        assert!(told.iter().any(|line| text(line, "host") == *payload), "the text survives");
    }
}

#[test]
fn nothing_gives_nothing_but_a_head() {
    let empty = Analysis { findings: Vec::new(), events: Vec::new(), ..sample::healthy() };
    assert_eq!(timesketch::jsonl(&empty, &OPTIONS), "");
    assert_eq!(timesketch::csv(&empty, &OPTIONS).lines().count(), 1);
    let timeless =
        Event { clock: vsscope_model::Clock::Order, time: Event::NO_TIME, ..sample::events().remove(0) };
    let alone = Analysis { events: vec![timeless], ..empty };
    assert_eq!(timesketch::jsonl(&alone, &OPTIONS), "", "no place for it, and none for a note");
}
