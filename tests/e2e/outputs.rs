//! The binary's output on the committed samples, as a person and a program see it.

use crate::support::{run, sample, vsscope};

/// Output with the place of the checkout taken out.
fn shown(args: &[&str]) -> String {
    let (code, stdout, stderr) = run(args);
    let text = format!("exit code {code}\n{stderr}{stdout}");
    text.replace(crate::support::root().to_str().expect("a UTF-8 path"), "[project]")
}

#[test]
fn analyze_healthy_backup_at_80_and_200_columns() {
    let healthy = sample("healthy-backup");
    insta::assert_snapshot!("analyze-healthy-80", shown(&["--width", "80", &healthy]));
    insta::assert_snapshot!("analyze-healthy-200", shown(&["--width", "200", &healthy]));
}

#[test]
fn analyze_crashed_backup() {
    insta::assert_snapshot!("analyze-crashed", shown(&["--width", "100", &sample("crashed-backup")]));
}

#[test]
fn timeline_of_a_healthy_backup() {
    insta::assert_snapshot!(
        "timeline-healthy",
        shown(&["timeline", "--width", "110", &sample("healthy-backup")])
    );
}

#[test]
fn explain_a_rule() {
    insta::assert_snapshot!("explain", shown(&["explain", "backup-shutdown-without-complete"]));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in ["80", "200"] {
        for command in ["analyze", "timeline", "events"] {
            let (_, stdout, _) = run(&[command, "--width", width, "--fail-on", "never", &sample("")]);
            assert!(stdout.lines().count() > 10, "{command} at {width}");
            let limit: usize = width.parse().expect("a number");
            for line in stdout.lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= limit, "{command} at {width}: {line}");
            }
        }
    }
}

#[test]
fn a_ticket_is_one_page_and_a_report_has_more() {
    let failure = sample("writer-failure");
    let (_, ticket, _) = run(&["--ticket", &failure]);
    let (_, report, _) = run(&["-f", "markdown", &failure]);
    assert!(ticket.starts_with("**Shadow copies: ERRORS**"), "{ticket}");
    assert!(ticket.lines().count() < 60 && ticket.lines().count() < report.lines().count(), "{ticket}");
    for text in [&ticket, &report] {
        assert!(text.contains("Error: Writer failed at Freeze: SqlServerWriter"), "{text}");
    }
}

#[test]
fn diagrams_and_timelines_of_a_sample() {
    let failure = sample("writer-failure");
    let form = |form: &str| run(&["-f", form, &failure]).1;
    assert!(form("mermaid").starts_with("gantt\n    title Set 70d92b40, aborted"), "{}", form("mermaid"));
    assert!(form("mermaid-sequence").contains("V->>W1: Freeze"), "{}", form("mermaid-sequence"));
    let (lines, table) = (form("timesketch"), form("timesketch-csv"));
    let events = run(&["events", "-f", "timesketch", &failure]).1;
    assert!(lines.lines().count() > 100 && table.starts_with("message,datetime,timestamp,timestamp_desc,"));
    assert_eq!(events, lines, "one timeline, whichever command writes it");
}

#[test]
fn every_sample_fits_into_narrow_and_wide_terminals() {
    use unicode_width::UnicodeWidthStr as _;
    let names =
        ["healthy-backup", "crashed-backup", "writer-failure", "writer-failed-at-freeze.events.ndjson"];
    for name in names {
        let analysis = crate::support::analysis(&[sample(name)]);
        for width in [40, 41, 60, 79, 80, 100, 119, 120, 160, 250] {
            for ascii in [false, true] {
                let options = vsscope_reports::TextOptions { width, ascii, ..Default::default() };
                let texts = [
                    vsscope_reports::analyze(&analysis, &options),
                    vsscope_reports::timeline(&analysis, None, &options),
                    vsscope_reports::events(&analysis.events, &options),
                ];
                for line in texts.iter().flat_map(|text| text.lines()) {
                    assert!(line.width() <= width, "{name} at {width}: {line}");
                    assert!(!ascii || line.is_ascii(), "{name} at {width}: {line}");
                }
            }
        }
    }
}

#[test]
fn colour_is_an_option_and_no_color_is_honoured() {
    let healthy = sample("crashed-backup");
    let (_, plain, _) = run(&["--fail-on", "never", &healthy]);
    assert!(!plain.contains('\x1b'), "no escape sequences into a pipe");
    let (_, coloured, _) = run(&["--fail-on", "never", "--color", "always", &healthy]);
    assert!(coloured.contains("\x1b["), "colour when asked for");
}

#[test]
fn events_are_accepted_back_and_give_the_same_findings() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("events.ndjson");
    let file = file.to_str().expect("a UTF-8 path");
    let crashed = sample("crashed-backup");
    let (code, _, stderr) = run(&["events", "--fail-on", "never", "-o", file, &crashed]);
    assert_eq!(code, 0, "{stderr}");
    let direct = crate::support::json(&[&crashed]);
    let through = crate::support::json(&[file]);
    let strip = |analysis: &serde_json::Value| {
        let findings = analysis["findings"].as_array().expect("findings").clone();
        findings.iter().map(|f| (f["rule"].clone(), f["time"].clone(), f["set"].clone())).collect::<Vec<_>>()
    };
    assert!(!strip(&direct).is_empty());
    assert_eq!(strip(&direct), strip(&through));
    assert_eq!(direct["sets"], through["sets"]);
}

#[test]
fn exit_codes_follow_fail_on() {
    let crashed = sample("crashed-backup");
    let code = |level: &str| run(&["--fail-on", level, &crashed]).0;
    assert_eq!(code("never"), 0);
    assert_eq!(code("warning"), 1);
    assert_eq!(
        run(&["--fail-on", "info", &sample("healthy-backup")]).0,
        0,
        "a healthy backup has nothing to say"
    );
}

#[test]
fn filters_show_a_part_and_change_no_verdict() {
    let all = sample("");
    let healthy = crate::support::json(&[&sample("healthy-backup")]);
    let id = healthy["sets"][0]["id"].as_str().expect("an id");
    let (_, stdout, _) = run(&["--format", "json", "--fail-on", "never", "--set", &id[..8], &all]);
    let part: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(part["sets"].as_array().map(Vec::len), Some(1));
    assert_eq!(part["sets"][0]["outcome"], healthy["sets"][0]["outcome"]);
    let (_, stdout, _) = run(&["--format", "json", "--fail-on", "never", "--until", "1999-01-01", &all]);
    let none: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(none["sets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_filtered_page_says_what_it_leaves_out() {
    let crashed = sample("crashed-backup");
    let (code, stdout, _) = run(&["--fail-on", "warning", "--rule", "writer-failed-at-thaw", &crashed]);
    assert_eq!(code, 0, "no finding is shown");
    assert!(stdout.contains("\nFILTERED "), "a page without its finding is not OK: {stdout}");
    assert!(stdout.contains("leaves out 1 finding, a warning\n"), "{stdout}");
    let (_, stdout, _) = run(&["--set", "ffffffff", &crashed]);
    assert!(
        stdout.contains("\nNO MATCH ") && stdout.contains("No snapshot set passes the filter."),
        "{stdout}"
    );
    let (_, stdout, _) = run(&["--since", "2031-01-01", &crashed]);
    assert!(stdout.contains("leaves out no snapshot set and no finding"), "{stdout}");
    let (_, stdout, _) = run(&[&crashed]);
    assert!(!stdout.contains("Filter"), "{stdout}");
}

#[test]
fn every_time_on_a_page_is_in_the_zone_that_was_asked_for() {
    let (_, stdout, _) = run(&["--tz", "Europe/Berlin", &sample("crashed-backup")]);
    // The agent's process ends at 05:11:24.553 UTC; Berlin is an hour ahead in March.
    assert!(stdout.contains("06:11:24.553 +01:00"), "{stdout}");
    assert!(!stdout.contains("05:11:24.553"), "{stdout}");
}

#[test]
fn evidence_is_never_written_over() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let log = dir.path().join("System.evtx");
    std::fs::copy(sample("crashed-backup/System.evtx"), &log).expect("a copy");
    let before = std::fs::read(&log).expect("the copy");
    let (path, folder) = (log.to_str().expect("UTF-8"), dir.path().to_str().expect("UTF-8"));
    for input in [path, folder] {
        let (code, _, stderr) = run(&["-f", "json", "-o", path, input]);
        assert_eq!(code, 2);
        assert!(stderr.contains("one of the inputs"), "{stderr}");
        assert_eq!(std::fs::read(&log).expect("the copy"), before);
    }
}

#[test]
fn a_report_in_the_folder_of_the_logs_can_be_renewed() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(sample("crashed-backup/System.evtx"), dir.path().join("System.evtx")).expect("a copy");
    let report = dir.path().join("report.json");
    let (report, folder) = (report.to_str().expect("UTF-8"), dir.path().to_str().expect("UTF-8"));
    for _ in 0..2 {
        let (code, _, stderr) = run(&["-o", report, folder]);
        assert_eq!((code, stderr.as_str()), (0, ""));
    }
}

#[test]
fn json_has_the_keys_of_the_public_outline() {
    let analysis = crate::support::json(&[&sample("crashed-backup")]);
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let has = |value: &serde_json::Value, wanted: &[&str]| {
        let keys = keys(value);
        for key in wanted {
            assert!(keys.iter().any(|k| k == key), "{key} is missing in {keys:?}");
        }
    };
    assert_eq!(analysis["schema"], "vsscope.analysis/1");
    has(
        &analysis,
        &["tool", "generated", "inputs", "coverage", "hosts", "sessions", "sets", "findings", "summary"],
    );
    has(
        &analysis["inputs"][0],
        &["id", "path", "format", "bytes", "records", "events", "first", "last", "issues"],
    );
    has(&analysis["coverage"], &["spans", "gaps", "missing"]);
    has(&analysis["hosts"][0], &["name", "aliases", "runs"]);
    has(&analysis["hosts"][0]["runs"][0], &["service", "started", "ended", "pid", "end_reason"]);
    let session = &analysis["sessions"][0];
    has(
        session,
        &["id", "host", "kind", "requester", "context", "backup_type", "component_mode", "started", "ended"],
    );
    has(session, &["end_reason", "calls", "sets"]);
    has(&session["requester"], &["image", "command_line", "pid", "user"]);
    has(&session["calls"][0], &["method", "started", "ended", "hresult"]);
    let set = &analysis["sets"][0];
    has(
        set,
        &["id", "guid", "host", "session", "provider", "volumes", "snapshots", "started", "ended", "outcome"],
    );
    has(set, &["phases", "writers", "confidence", "evidence_count"]);
    has(&set["phases"][0], &["name", "started", "ended", "duration_ms", "limit_ms", "result"]);
    has(
        &set["writers"][0],
        &["name", "class_id", "instance_id", "process", "participation", "phases", "state", "hresult"],
    );
    let finding = &analysis["findings"][0];
    has(
        finding,
        &[
            "id", "rule", "severity", "status", "title", "detail", "remedy", "host", "session", "set",
            "writer",
        ],
    );
    has(finding, &["time", "cause", "evidence"]);
    has(&finding["evidence"][0], &["input", "record", "line", "offset", "text"]);
    has(&analysis["summary"], &["sets", "sessions", "findings", "records_read", "records_lost"]);
}

#[test]
fn standard_input_gives_what_the_file_gives() {
    let path = std::path::Path::new(&sample("healthy-backup")).join("Sysmon.evtx");
    let args = ["--format", "json", "--fail-on", "never"];
    let piped = vsscope()
        .args(args)
        .arg("-")
        .pipe_stdin(&path)
        .expect("the sample is there")
        .output()
        .expect("it runs");
    let direct = vsscope().args(args).arg(&path).output().expect("it runs");
    let sets =
        |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).expect("JSON")["sets"].clone();
    assert_eq!(sets(&direct.stdout).as_array().map(Vec::len), Some(1));
    assert_eq!(sets(&piped.stdout), sets(&direct.stdout));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("vsscope"))
        .args(["events", "-f", "ndjson", &sample("")])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.code().is_some_and(|code| code < 2), "{:?}", output.status);
}

/// Nothing is lost by a slip: one file takes one output, a folder only tables, an extension that no form has is refused.
#[test]
fn outputs_that_cannot_be_meant_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let run_in = |args: &[&str]| {
        let output = vsscope()
            .args(args)
            .args(["--fail-on", "never"])
            .arg(sample("crashed-backup"))
            .current_dir(folder.path())
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (output.status.code().expect("a code"), text(&output.stdout), text(&output.stderr))
    };
    std::fs::create_dir(folder.path().join("o")).expect("a folder");
    for (args, wanted) in [
        (&["-o", "json=x", "-o", "html=x"][..], "two outputs would go to this file"),
        (&["-o", "a.json", "-o", "./o/../a.json"], "two outputs would go to this file"),
        (&["-o", "csv=t/", "-o", "csv=t/sets.csv"], "two outputs would go to this file"),
        (&["-o", "o"], "only csv and parquet fill a folder"),
        (&["-o", "new/"], "only csv and parquet fill a folder"),
        (&["-o", "report.pdf"], "no form has the extension \"pdf\""),
        (&["-o", "html"], "\"html\" is a form and no file"),
        (&["-o", "json="], "the name of the file is missing"),
        (&["-o", "-", "-o", "json=-"], "standard output takes one form"),
    ] {
        let (code, _, stderr) = run_in(args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(stderr.contains(wanted), "{args:?}: {stderr}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let (code, stdout, stderr) = run_in(&["-o", "json=-"]);
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str::<serde_json::Value>(&stdout).expect("JSON on standard output");
}

/// Messages may quote a log: an escape sequence in one does not reach the terminal.
#[test]
fn messages_are_harmless_for_a_terminal() {
    let (code, _, stderr) = run(&["show", "\u{1b}[31mevil.evtx #1", &sample("crashed-backup")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("evil.evtx") && !stderr.contains('\u{1b}'), "{stderr:?}");
}

/// A filter that fits nothing is told of, so that a slip of the pen is no clean run.
#[test]
fn a_filter_that_fits_nothing_is_said() {
    let (code, stdout, stderr) = run(&["-f", "json", "--host", "nosuch", &sample("crashed-backup")]);
    assert_eq!(code, 0);
    assert!(stderr.contains("--host nosuch: not in the evidence, which has ANKER01"), "{stderr}");
    let analysis: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(analysis["summary"]["left_out"]["sets"], 1);
    let (_, stdout, _) = run(&["events", "--host", "nosuch", &sample("crashed-backup")]);
    assert_eq!(stdout, "No event passes the filter.\n");
    let (_, stdout, _) = run(&["-f", "junit", "--host", "nosuch", &sample("crashed-backup")]);
    assert!(
        stdout.contains("skipped=\"1\"") && stdout.contains("a filter left out 1 snapshot set"),
        "{stdout}"
    );
}
