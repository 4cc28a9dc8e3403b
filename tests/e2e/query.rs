//! `vsscope query`: the recipes of `docs/queries.md`, forms, exit codes, the prompt.

use crate::support::{root, run, sample, vsscope};
use serde_json::Value;
use std::path::Path;
use vsscope_fixtures::{Scenario, windows};

/// Runs a query over committed samples; the answer as JSON.
fn ask(sql: &str, path: &str) -> Value {
    let (code, stdout, stderr) = run(&["query", "-f", "json", sql, path]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{sql}");
    serde_json::from_str(&stdout).expect("JSON")
}

/// What a recipe runs on: the folder to run in and the paths.
fn inputs(on: &str, dir: &Path) -> Vec<String> {
    if let Some(id) = on.strip_prefix("the scenario ") {
        let scenario = Scenario::by_id(id).unwrap_or_else(|_| panic!("no scenario {id}"));
        let files = windows::write_evtx(&scenario).expect("a scenario becomes event logs");
        for (name, bytes) in &files {
            std::fs::write(dir.join(name), bytes).expect("a temporary file can be written");
        }
        return files.into_keys().collect();
    }
    if let Some((path, size)) = on.split_once(", cut to ") {
        let size: usize = size.strip_suffix(" bytes").expect("a size").parse().expect("a size");
        let whole = std::fs::read(root().join(path)).expect("the sample is there");
        assert!(size < whole.len(), "{path} has only {} bytes", whole.len());
        let name = Path::new(path).file_name().expect("a file").to_str().expect("UTF-8").to_owned();
        std::fs::write(dir.join(&name), &whole[..size]).expect("a temporary file can be written");
        return vec![name];
    }
    assert!(root().join(on).exists(), "{on} is not there");
    vec![on.to_owned()]
}

fn output(recipe: &str) -> String {
    let on = recipe.lines().next().and_then(|line| line.strip_prefix("-- on ")).expect("what it runs on");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let paths = inputs(on, dir.path());
    let folder = if on.starts_with("fixtures/") && !on.contains(", cut to ") { root() } else { dir.path() };
    // An argument cannot begin with a comment: it would be taken for an option.
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), recipe).expect("a temporary file can be written");
    let mut command = vsscope();
    command.args(["query", "--file"]).arg(file.path()).args(paths).current_dir(folder);
    let output = command.output().expect("it runs");
    let code = output.status.code().expect("an exit code");
    assert!(code == 0 || code == 3, "{recipe}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// `VSSCOPE_WRITE_DOCS=1` writes what the recipes print into the page. Read what changed: the samples are the truth.
#[test]
fn the_recipes_print_what_the_page_shows() {
    let path = root().join("docs/queries.md");
    let page = std::fs::read_to_string(&path).expect("docs/queries.md is there");
    let mut made = String::new();
    let mut rest = page.as_str();
    let mut recipes = 0;
    while let Some((before, behind)) = rest.split_once("```sql\n") {
        let (recipe, behind) = behind.split_once("```\n").expect("a closed block");
        made.push_str(&format!("{before}```sql\n{recipe}```\n\n```text\n{}```\n", output(recipe)));
        rest = match behind.strip_prefix("\n```text\n") {
            Some(shown) => shown.split_once("```\n").expect("a closed block").1,
            None => behind,
        };
        recipes += 1;
    }
    made.push_str(rest);
    assert!(recipes >= 12, "{recipes} recipes");
    if std::env::var_os("VSSCOPE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &made).expect("the page can be written");
        return;
    }
    for (was, is) in page.lines().zip(made.lines()) {
        assert_eq!(is, was, "docs/queries.md: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e recipes");
    }
    assert_eq!(made.lines().count(), page.lines().count(), "docs/queries.md");
}

#[test]
fn a_query_agrees_with_the_analysis() {
    let crashed = sample("crashed-backup");
    let analysis = crate::support::json(&[&crashed]);
    let answer = ask("SELECT set, outcome, started FROM sets", &crashed);
    let sets = analysis["sets"].as_array().expect("sets");
    assert_eq!(answer.as_array().map(Vec::len), Some(sets.len()));
    for (row, set) in answer.as_array().expect("rows").iter().zip(sets) {
        assert_eq!(
            (&row["set"], &row["outcome"], &row["started"]),
            (&set["id"], &set["outcome"], &set["started"])
        );
    }
    let findings = ask("SELECT rule FROM findings WHERE status = 'new'", &crashed);
    let rules: Vec<&str> =
        findings.as_array().expect("rows").iter().filter_map(|row| row["rule"].as_str()).collect();
    assert_eq!(rules, crate::support::fired(&analysis));
}

#[test]
fn filters_work_before_the_sql_and_say_so() {
    let args = ["query", "-f", "ndjson", "--until", "1999-01-01", "SELECT COUNT(*) AS n FROM sets"];
    let (code, stdout, stderr) = run(&[&args[..], &[&sample("crashed-backup")]].concat());
    assert_eq!((code, stdout.as_str()), (0, "{\"n\":0}\n"));
    assert!(stderr.contains("leaves out 1 of the snapshot sets and 1 of the findings"), "{stderr}");
}

#[test]
fn sql_comes_from_an_argument_a_file_or_standard_input() {
    let (healthy, dir) = (sample("healthy-backup"), tempfile::tempdir().expect("a temporary folder"));
    let sql = "SELECT outcome FROM sets;\n";
    let file = dir.path().join("query.sql");
    std::fs::write(&file, sql).expect("a temporary file can be written");
    let expected = "[\n  {\"outcome\":\"completed\"}\n]\n";
    assert_eq!(run(&["query", "-f", "json", sql, &healthy]).1, expected);
    let file = file.to_str().expect("UTF-8");
    assert_eq!(run(&["query", "-f", "json", "--file", file, &healthy]).1, expected);
    let piped = vsscope().args(["query", "-f", "json", &healthy]).write_stdin(sql).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&piped.stdout), expected);
    let log = Path::new(&healthy).join("Sysmon.evtx");
    let piped = vsscope()
        .args(["query", "-f", "ndjson", "SELECT COUNT(*) AS n FROM sets", "-"])
        .pipe_stdin(&log)
        .expect("the sample is there")
        .output()
        .expect("it runs");
    assert_eq!(String::from_utf8_lossy(&piped.stdout), "{\"n\":1}\n");
    let both =
        vsscope().args(["query", "-"]).pipe_stdin(&log).expect("the sample").output().expect("it runs");
    assert_eq!(both.status.code(), Some(2), "one stream cannot be both");
}

#[test]
fn sql_at_another_place_is_told_before_anything_is_read() {
    let (healthy, sql) = (sample("healthy-backup"), "SELECT outcome FROM sets");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("query.sql");
    std::fs::write(&file, sql).expect("a temporary file can be written");
    let file = file.to_str().expect("UTF-8");
    for (args, told) in [
        (&["query", &healthy, sql][..], "the SQL stands before the PATHs"),
        (&["query", "--file", file, sql, &healthy], "--file and SQL as an argument exclude each other"),
        (&["query", "/no/such folder/System.evtx"], "neither SQL nor a file or folder that is there"),
    ] {
        let (code, stdout, stderr) = run(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}");
        assert!(stderr.contains(told), "{args:?}: {stderr}");
    }
}

#[test]
fn sql_of_powershell_is_read_from_files_and_standard_input() {
    let (healthy, dir) = (sample("healthy-backup"), tempfile::tempdir().expect("a temporary folder"));
    let sql = "\u{feff}SELECT 'ü' AS u FROM sets\r\n";
    let utf16: Vec<u8> = sql.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [sql.as_bytes(), &utf16] {
        let file = dir.path().join("query.sql");
        std::fs::write(&file, bytes).expect("a temporary file can be written");
        let file = file.to_str().expect("UTF-8");
        assert_eq!(run(&["query", "-f", "ndjson", "--file", file, &healthy]).1, "{\"u\":\"ü\"}\n");
        let piped = vsscope().args(["query", "-f", "ndjson", &healthy]).write_stdin(bytes).output();
        assert_eq!(String::from_utf8_lossy(&piped.expect("it runs").stdout), "{\"u\":\"ü\"}\n");
    }
}

/// polars warns on standard error that it reads days from text; that is for those who write programs with it.
#[test]
fn polars_keeps_quiet() {
    let rows =
        ask("SELECT CAST('2031-03-05' AS DATE) <= started AS later FROM sets", &sample("crashed-backup"));
    assert_eq!(rows, serde_json::json!([{"later": true}]));
}

#[test]
fn exit_codes_tell_of_the_input_and_the_sql_not_of_findings() {
    let crashed = sample("crashed-backup");
    let code = |args: &[&str]| run(&[&["query"], args].concat()).0;
    assert_eq!(code(&["--fail-on", "info", "SELECT * FROM findings", &crashed]), 0);
    assert_eq!(code(&["SELECT * FROM nosuch", &crashed]), 2);
    assert_eq!(code(&["SELECT", &crashed]), 2);
    assert_eq!(code(&["SELECT 1", "no-such-file.evtx"]), 2);
    assert_eq!(code(&["SELECT 1"]), 2);
    assert_eq!(code(&["no-such-file.evtx"]), 2);
    assert_eq!(code(&["--table", "sets", "SELECT 1", &crashed]), 2);
    assert_eq!(code(&["SELECT 1", &crashed, "no-such-file.evtx"]), 3);
    assert_eq!(code(&["--list"]), 0);
}

#[test]
fn a_mistake_is_shown_with_its_place() {
    let (_, stdout, stderr) =
        run(&["query", "SELECT outcome,\n stated FROM sets", &sample("healthy-backup")]);
    assert_eq!(stdout, "");
    assert!(stderr.starts_with(
        "vsscope: line 2, column 2: there is no column stated here; did you mean started?\n   stated FROM sets\n   ^^^^^^\n"
    ), "{stderr}");
}

#[test]
fn one_run_writes_every_form_and_they_agree() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let names = ["a.txt", "a.csv", "a.json", "a.ndjson", "a.parquet", "a.md"];
    let outputs: Vec<String> = names.iter().flat_map(|name| ["-o".to_owned(), file(name)]).collect();
    let sql = "SELECT writer, ended - started AS took, duration_ms FROM phases WHERE phase = 'Freeze' AND actor = 'writer'";
    let mut args = vec!["query"];
    args.extend(outputs.iter().map(String::as_str));
    let samples = sample("healthy-backup");
    args.extend([sql, &samples]);
    assert_eq!(run(&args), (0, String::new(), String::new()));
    let text = |name: &str| std::fs::read_to_string(file(name)).expect("it was written");
    // Both writers of the sample freeze for 40 ms.
    let rows: Value = serde_json::from_str(&text("a.json")).expect("JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(2));
    assert_eq!((&rows[0]["took"], &rows[0]["duration_ms"]), (&Value::from(40.0), &Value::from(40.0)));
    let lines: Vec<Value> =
        text("a.ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(Value::from(lines), rows);
    assert_eq!(text("a.csv").lines().count(), 3);
    assert!(text("a.csv").starts_with("writer,took,duration_ms\r\n"), "{}", text("a.csv"));
    assert!(text("a.csv").contains(",40.0,40.0\r\n"), "{}", text("a.csv"));
    assert!(
        text("a.md").starts_with("| writer | took | `duration_ms` |\n| --- | ---: | ---: |\n"),
        "{}",
        text("a.md")
    );
    assert!(text("a.txt").contains("0.040 s") && text("a.txt").ends_with("(2 rows)\n"), "{}", text("a.txt"));
    let parquet = std::fs::read(file("a.parquet")).expect("it was written");
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
}

#[test]
fn times_are_in_the_zone_that_was_asked_for() {
    let args = ["query", "--tz", "Europe/Berlin", "SELECT started FROM sets", &sample("crashed-backup")];
    let (_, stdout, _) = run(&args);
    assert!(stdout.contains("2031-03-05 06:06:00.555 +01:00"), "{stdout}");
    let (_, stdout, _) = run(&[&args[..], &["-f", "json"]].concat());
    assert!(stdout.contains("2031-03-05T05:06:00.555"), "programs get UTC: {stdout}");
}

#[test]
fn rows_that_are_not_shown_are_counted() {
    let args = ["query", "--max-rows", "3", "SELECT time FROM events", &sample("healthy-backup")];
    let (_, stdout, _) = run(&args);
    let all =
        ask("SELECT COUNT(*) AS n FROM events", &sample("healthy-backup"))[0]["n"].as_u64().expect("a count");
    assert!(stdout.contains(&format!("({all} rows; {} not shown: ", all - 3)), "{stdout}");
    assert_eq!(
        run(&[&args[..], &["-f", "ndjson"]].concat()).1.lines().count() as u64,
        all,
        "programs get all"
    );
}

#[test]
fn sql_reaches_no_files_and_evidence_is_never_written_over() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let log = dir.path().join("events.csv");
    std::fs::copy(sample("crashed-backup/System.evtx"), &log).expect("a copy");
    let secret = dir.path().join("secret.csv");
    std::fs::write(&secret, "word\nswordfish\n").expect("a temporary file can be written");
    let [path, secret, new] =
        [&log, &secret, &dir.path().join("new.csv")].map(|p| p.to_str().expect("UTF-8").to_owned());
    for sql in [
        format!("SELECT * FROM read_csv('{secret}')"),
        format!("SELECT * FROM read_parquet('{secret}')"),
        format!("SELECT * FROM read_json('{secret}')"),
        format!("SELECT * FROM read_ipc('{secret}')"),
        format!("SELECT * FROM '{secret}'"),
        format!("SELECT * FROM \"{secret}\""),
        format!("COPY events TO '{new}'"),
        format!("COPY (SELECT 1) TO '{new}'"),
        format!("SELECT 1 INTO OUTFILE '{new}'"),
        format!("CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{secret}'"),
        format!("ATTACH '{new}' AS d"),
    ] {
        let (code, stdout, stderr) = run(&["query", &sql, &path]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{sql}");
        assert!(!stderr.contains("swordfish") && !stderr.contains("panicked"), "{sql}: {stderr}");
    }
    assert!(!Path::new(&new).exists());
    let before = std::fs::read(&path).expect("the copy");
    let (code, _, stderr) = run(&["query", "-o", &path, "SELECT 1 AS a", &path]);
    assert_eq!(code, 2);
    assert!(stderr.contains("one of the inputs"), "{stderr}");
    assert_eq!(std::fs::read(&path).expect("the copy"), before);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let samples = sample("");
    let queries = [
        "SELECT description, COUNT(*) AS n, STRING_AGG(host, ',') AS hosts FROM events GROUP BY description",
        "SELECT DISTINCT actor, what, step FROM events",
        "SELECT time, description FROM events ORDER BY actor",
        "SELECT e.description, p.phase FROM events e JOIN phases p ON e.time = p.started",
        "SELECT actor FROM events UNION SELECT actor FROM phases",
        "SELECT actor, AVG(duration_ms) AS mean, SUM(duration_ms) AS sum FROM phases GROUP BY actor",
    ];
    for sql in queries {
        let answer = |threads: &str| {
            let output = vsscope()
                .env("POLARS_MAX_THREADS", threads)
                .args(["query", "-f", "ndjson", "--threads", threads, sql, &samples])
                .output()
                .expect("it runs");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let expected = answer("1");
        assert!(expected.lines().count() > 3, "{sql}");
        for threads in ["2", "8"] {
            assert_eq!(answer(threads), expected, "{sql} with {threads} threads");
        }
    }
}

#[test]
fn the_list_names_tables_and_columns_without_any_input() {
    let (code, stdout, _) = run(&["query", "--list", "-f", "json"]);
    assert_eq!(code, 0);
    let rows: Value = serde_json::from_str(&stdout).expect("JSON");
    let rows = rows.as_array().expect("rows");
    for table in ["events", "sessions", "sets", "phases", "writers", "snapshots", "findings", "inputs"] {
        assert!(rows.iter().any(|row| row["table"] == table && row["about"].is_string()), "{table}");
    }
    assert!(
        rows.iter().any(|row| row["table"] == "sets" && row["column"] == "started" && row["type"] == "time")
    );
}

/// The prompt in a pseudo terminal, driven by a script that waits for what each line should bring.
#[test]
#[cfg(unix)]
#[allow(clippy::print_stderr, reason = "a skipped test has to say that it was skipped")]
fn the_prompt_asks_again_and_again() {
    let state = tempfile::tempdir().expect("a temporary folder");
    let binary = assert_cmd::cargo::cargo_bin("vsscope");
    let output = std::process::Command::new("python3")
        .arg(root().join("tests/e2e/prompt.py"))
        .args([binary.to_str().expect("UTF-8"), "query", &sample("")])
        .env("XDG_STATE_HOME", state.path())
        .env("NO_COLOR", "1")
        .env("TERM", "xterm")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return eprintln!("skipped: python3 does not run ({error})"),
    };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let history = std::fs::read_to_string(state.path().join("vsscope/query-history")).expect("a history");
    assert!(history.contains("SELECT COUNT(*) AS n"), "{history}");
    assert!(!history.contains("half a line"), "a dropped line is not kept: {history}");
    assert!(!history.contains("not to be kept"), "nor one that begins with a blank: {history}");
}

/// The file that holds the SQL is no place for its answer.
#[test]
fn an_answer_does_not_replace_its_query() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("q.sql");
    let sql = "SELECT COUNT(*) AS n FROM sets";
    std::fs::write(&file, sql).expect("a file");
    let path = file.to_str().expect("UTF-8");
    let output = format!("csv={path}");
    let (code, stdout, stderr) = run(&["query", "--file", path, "-o", &output, &sample("healthy-backup")]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.contains("nothing was written"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), sql);
}
