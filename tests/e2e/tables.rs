//! CSV and Parquet through the binary: which table goes where. And the page about them.

use crate::support::{root, run, sample};
use std::path::Path;
use vsscope_reports::tables::{self, TABLES};

/// Rows of a CSV text, the header first.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn names(table: &str) -> Vec<&'static str> {
    tables::table(table).expect("a table").columns.iter().map(|column| column.name).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The arguments with the crashed backup, whose findings do not matter here.
fn crashed(args: &[&str]) -> (i32, String, String) {
    let input = sample("crashed-backup");
    run(&[args, &["--fail-on", "never", &input]].concat())
}

#[test]
fn every_command_has_a_table_of_its_own() {
    for (command, table) in [("analyze", "findings"), ("timeline", "phases"), ("events", "events")] {
        let (code, stdout, stderr) = crashed(&[command, "-f", "csv"]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{command}");
        let rows = rows(&stdout);
        assert_eq!(rows[0], names(table), "{command}");
        assert!(rows.len() > 1, "{command}");
    }
}

#[test]
fn csv_says_what_json_says() {
    let json = crate::support::json(&[&sample("crashed-backup")]);
    let (_, stdout, _) = crashed(&["-f", "csv", "--table", "sets"]);
    let rows = rows(&stdout);
    let at = |name: &str| rows[0].iter().position(|column| column == name).expect("a column");
    let sets = json["sets"].as_array().expect("sets");
    assert_eq!(rows.len(), sets.len() + 1);
    for (row, set) in rows[1..].iter().zip(sets) {
        assert_eq!(set["id"], row[at("set")]);
        assert_eq!(set["outcome"], row[at("outcome")]);
        let started: chrono::DateTime<chrono::Utc> = row[at("started")].parse().expect("RFC 3339");
        let in_json: chrono::DateTime<chrono::Utc> =
            set["started"].as_str().expect("a time").parse().expect("RFC 3339");
        assert_eq!(started, in_json);
    }
}

#[test]
fn a_table_is_chosen_by_option_then_by_the_name_of_the_file() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let (sets, other) = (file("sets.csv"), file("Report.csv"));
    let (code, stdout, stderr) = crashed(&["-o", &sets, "-o", &other]);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    assert_eq!(rows(&read(Path::new(&sets)))[0], names("sets"));
    assert_eq!(rows(&read(Path::new(&other)))[0], names("findings"));
    let (code, _, _) = crashed(&["--table", "writers", "-o", &sets]);
    assert_eq!(code, 0);
    assert_eq!(rows(&read(Path::new(&sets)))[0], names("writers"));
    let (_, stdout, _) = crashed(&["--table", "inputs"]);
    assert_eq!(rows(&stdout)[0], names("inputs"), "a table without a form is CSV");
}

#[test]
fn a_folder_gets_every_table() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (new, there) = (dir.path().join("a/b"), dir.path().join("there"));
    std::fs::create_dir(&there).expect("a folder");
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (csv, parquet) = (format!("csv={}/", text(&new)), format!("parquet={}", text(&there)));
    for _ in 0..2 {
        let (code, stdout, stderr) = crashed(&["-o", &csv, "-o", &parquet]);
        assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    }
    let mut first = Vec::new();
    for table in TABLES {
        assert_eq!(rows(&read(&new.join(format!("{}.csv", table.name))))[0], names(table.name));
        let bytes = std::fs::read(there.join(format!("{}.parquet", table.name))).expect("a file");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{}", table.name);
        first.push(bytes);
    }
    for folder in [&new, &there] {
        assert_eq!(std::fs::read_dir(folder).expect("the folder").count(), TABLES.len());
    }
    crashed(&["-o", &parquet, "--threads", "1"]);
    for (table, bytes) in TABLES.iter().zip(first) {
        let again = std::fs::read(there.join(format!("{}.parquet", table.name))).expect("a file");
        assert_eq!(again, bytes, "{}: the same evidence gives the same bytes", table.name);
    }
    let one = dir.path().join("one");
    crashed(&["-o", &format!("csv={}/", text(&one)), "--table", "events"]);
    assert_eq!(std::fs::read_dir(&one).expect("the folder").count(), 1);
    assert_eq!(rows(&read(&one.join("events.csv")))[0], names("events"));
}

#[test]
fn a_filter_holds_for_tables() {
    let (_, all, _) = crashed(&["-f", "csv"]);
    let (_, none, _) = crashed(&["-f", "csv", "--until", "1999-01-01"]);
    assert!(rows(&all).len() > 1);
    assert_eq!(rows(&none), [names("findings")]);
}

#[test]
fn events_belong_to_their_set_also_behind_a_filter() {
    let input = sample("healthy-backup");
    let json = crate::support::json(&[&input]);
    let id = json["sets"][0]["id"].as_str().expect("an id");
    let count = json["sets"][0]["evidence_count"].as_u64().expect("a count");
    let of_set = |args: &[&str]| {
        let (_, stdout, _) = run(&[&["events", "-f", "csv", "--fail-on", "never", &input], args].concat());
        let rows = rows(&stdout);
        let at = rows[0].iter().position(|name| name == "set").expect("the column");
        (rows[1..].iter().filter(|row| row[at] == id).count() as u64, rows.len() as u64 - 1)
    };
    let (with_id, all) = of_set(&[]);
    assert_eq!(with_id, count, "every event that the set rests on");
    assert!(all > count, "and others that belong to none");
    assert_eq!(of_set(&["--set", id]), (count, count));
}

#[test]
fn a_folder_of_tables_writes_over_no_input() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    // A log that has the name of a table.
    let log = dir.path().join("events.csv");
    std::fs::copy(sample("crashed-backup/System.evtx"), &log).expect("a copy");
    let before = std::fs::read(&log).expect("the copy");
    let folder = dir.path().to_str().expect("UTF-8");
    for output in [format!("csv={folder}"), format!("csv={folder}/")] {
        let (code, _, stderr) = run(&["-o", &output, folder]);
        assert_eq!(code, 2);
        assert!(stderr.contains("events.csv") && stderr.contains("one of the inputs"), "{stderr}");
        assert_eq!(std::fs::read(&log).expect("the copy"), before);
        assert_eq!(std::fs::read_dir(folder).expect("the folder").count(), 1, "nothing was written");
    }
    let baseline = dir.path().join("sets.csv");
    let baseline = baseline.to_str().expect("UTF-8");
    let output = format!("csv={folder}/");
    let (code, _, stderr) = run(&["-o", &output, "--write-baseline", baseline, &sample("crashed-backup")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("the baseline is to be written there"), "{stderr}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for format in ["csv", "parquet"] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("vsscope"))
            .args(["events", "-f", format, &sample("")])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{format}");
        assert!(output.status.code().is_some_and(|code| code < 2), "{format}: {:?}", output.status);
    }
}

#[test]
fn a_table_that_nothing_is_written_as_is_an_error() {
    let (code, _, stderr) = crashed(&["--table", "sets", "-f", "text"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--table sets: no output is csv or parquet"), "{stderr}");
    let (code, _, stderr) = crashed(&["--table", "volumes"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("snapshots"), "the tables that there are: {stderr}");
}

/// `VSSCOPE_WRITE_DOCS=1 cargo test --test e2e tables` writes the generated part anew.
#[test]
fn the_page_of_the_tables_is_what_the_catalogue_says() {
    let path = root().join("docs/tables.md");
    let page = read(&path);
    let marker = page.lines().find(|line| line.starts_with("<!-- From here on")).expect("the marker");
    let (written, _) = page.split_once(marker).expect("the marker");
    let due = format!("{written}{marker}\n{}", tables::markdown());
    if std::env::var_os("VSSCOPE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &due).expect("the page can be written");
    }
    assert_eq!(
        read(&path),
        due,
        "docs/tables.md: write it anew: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e tables"
    );
    for table in TABLES {
        assert!(written.contains(&format!("`{}`", table.name)), "the page names {}", table.name);
    }
}
