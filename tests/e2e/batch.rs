//! Many inputs at once: a report per host and a summary; inputs that were read before are not read again; quiet runs.

use crate::support::{run, sample};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The files of a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
fn split_by_host_writes_a_report_per_host_and_a_summary() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = |name: &str| dir.path().join(name);
    let (html, json, markdown, csv) = (out("r.html"), out("r.json"), out("r.md"), out("sets.csv"));
    let outputs = [&html, &json, &markdown, &csv].map(|path| text(path).to_owned());
    let mut args = vec!["--fail-on", "never", "--split-by", "host"];
    outputs.iter().for_each(|output| args.extend(["-o", output.as_str()]));
    let all = sample("");
    args.push(&all);
    let (code, stdout, stderr) = run(&args);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");

    let whole: Value = serde_json::from_str(&read(&json)).expect("JSON");
    let hosts: Vec<&str> =
        whole["hosts"].as_array().expect("hosts").iter().filter_map(|host| host["name"].as_str()).collect();
    assert!(hosts.contains(&"ANKER01") && hosts.contains(&"DC-LUV1"), "{hosts:?}");
    let mut sets = 0;
    let mut findings = 0;
    for host in &hosts {
        let name = host.trim_matches(['(', ')']).replace(' ', "-");
        let one: Value = serde_json::from_str(&read(&out(&format!("r.{name}.json")))).expect("JSON");
        for list in ["sets", "sessions", "findings", "hosts"] {
            for item in one[list].as_array().expect("a list") {
                let of = if list == "hosts" { &item["name"] } else { &item["host"] };
                assert_eq!(of, host, "{list}");
            }
        }
        sets += one["sets"].as_array().map_or(0, Vec::len);
        findings += one["findings"].as_array().map_or(0, Vec::len);
        assert_eq!(one["summary"]["sets"].as_u64(), one["sets"].as_array().map(|sets| sets.len() as u64));
        assert!(read(&html).contains(&format!("href=\"./r.{name}.html\"")), "{host} is linked");
        assert!(read(&markdown).contains(&format!("r.{name}.md")));
        assert!(out(&format!("r.{name}.html")).exists());
        let table = read(&out(&format!("sets.{name}.csv")));
        assert!(table.starts_with(read(&csv).lines().next().expect("heads")), "the same table: {table}");
    }
    assert_eq!(Some(sets), whole["sets"].as_array().map(Vec::len), "every set is of one host");
    assert_eq!(Some(findings), whole["findings"].as_array().map(Vec::len));
    assert!(!read(&html).contains("<script"), "the summary needs none");
}

#[test]
fn split_names_are_aliases_where_names_are_replaced() {
    let dir = tempfile::tempdir().expect("a folder");
    let out = dir.path().join("r.md");
    let (code, _, stderr) =
        run(&["--fail-on", "never", "--redact", "--split-by", "host", "-o", text(&out), &sample("")]);
    assert_eq!(code, 0, "{stderr}");
    for (name, bytes) in files(dir.path()) {
        let all = name.clone() + &String::from_utf8_lossy(&bytes);
        assert!(!all.to_lowercase().contains("anker01") && !all.to_lowercase().contains("dc-luv1"), "{name}");
    }
    assert!(files(dir.path()).keys().any(|name| name.starts_with("r.host-")));
}

#[test]
fn splitting_needs_a_file_and_spares_the_evidence() {
    let (code, _, stderr) = run(&["--split-by", "host", &sample("healthy-backup")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("--split-by"), "{stderr}");
    let dir = tempfile::tempdir().expect("a folder");
    let input = dir.path().join("r.ANKER01.json");
    std::fs::copy(sample("writer-failed-at-freeze.events.ndjson"), &input).expect("a copy");
    let before = std::fs::read(&input).expect("the input");
    let out = dir.path().join("r.json");
    let (code, _, stderr) =
        run(&["--fail-on", "never", "--split-by", "host", "-o", text(&out), text(&input)]);
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(std::fs::read(&input).expect("the input"), before);
}

/// Every form that tells what was read.
fn outputs(state: Option<&Path>, inputs: &[&str]) -> (String, Vec<String>) {
    let mut told = String::new();
    let mut all = Vec::new();
    for args in
        [&["-f", "json"] as &[&str], &["events", "-f", "ndjson"], &["timeline"], &["analyze", "--verbose"]]
    {
        let mut args = args.to_vec();
        args.extend(["--fail-on", "never"]);
        if let Some(state) = state {
            args.extend(["--state", text(state)]);
        }
        args.extend(inputs);
        let (_, stdout, stderr) = run(&args);
        told.push_str(&stderr);
        all.push(stdout);
    }
    (told, all)
}

#[test]
fn a_run_with_state_says_the_same_and_reads_nothing_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let state = dir.path().join("state");
    let all = sample("");
    let (_, plain) = outputs(None, &[&all]);
    let (first, with) = outputs(Some(&state), &[&all]);
    assert_eq!(plain, with);
    let count = |line: &str| -> (usize, usize) {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[1].parse().expect("a number"), words[3].parse().expect("a number"))
    };
    let lines: Vec<&str> = first.lines().filter(|line| line.contains("unchanged since")).collect();
    let (unchanged, inputs) = count(lines[0]);
    assert_eq!(unchanged, 0, "{first}");
    assert!(inputs >= 8, "{first}");
    assert_eq!(count(lines[1]), (inputs, inputs), "the second run reads none again: {first}");
    let (_, again) = outputs(Some(&state), &[&all]);
    assert_eq!(plain, again);
}

#[test]
fn state_goes_by_content_and_heals_itself() {
    let dir = tempfile::tempdir().expect("a folder");
    let state = dir.path().join("state");
    let (a, b) = (dir.path().join("a.ndjson"), dir.path().join("b.ndjson"));
    std::fs::copy(sample("writer-failed-at-freeze.events.ndjson"), &a).expect("a copy");
    let (_, plain) = outputs(None, &[text(&a)]);
    outputs(Some(&state), &[text(&a)]);
    // The same content under another name.
    std::fs::rename(&a, &b).expect("a rename");
    let (told, renamed) = outputs(Some(&state), &[text(&b)]);
    assert!(told.starts_with("vsscope: 1 of 1 inputs unchanged"), "{told}");
    assert_eq!(renamed, outputs(None, &[text(&b)]).1);
    std::fs::rename(&b, &a).expect("a rename");
    // Damage is noticed, told and mended.
    for (name, mut bytes) in files(&state) {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(state.join(name), bytes).expect("a file");
    }
    let (told, healed) = outputs(Some(&state), &[text(&a)]);
    assert!(told.contains("damaged") && told.contains("0 of 1 inputs unchanged"), "{told}");
    assert!(told.contains("1 of 1 inputs unchanged"), "the entry was written anew: {told}");
    assert_eq!(plain, healed);
    // Other content, or another way to read it, is another input.
    let mut longer = std::fs::read(&a).expect("the input");
    longer.extend(b"\n");
    std::fs::write(&a, longer).expect("a file");
    let (told, _) = outputs(Some(&state), &[text(&a)]);
    assert!(told.starts_with("vsscope: 0 of 1"), "{told}");
}

#[test]
fn a_quiet_run_says_nothing_but_errors() {
    let dir = tempfile::tempdir().expect("a folder");
    let (state, out) = (dir.path().join("state"), dir.path().join("r.json"));
    let args = ["--quiet", "--fail-on", "never", "--state", text(&state), "-o", text(&out)];
    let all = sample("");
    let (code, stdout, stderr) = run(&[&args[..], &[all.as_str()]].concat());
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (0, "", ""));
    let (_, _, stderr) = run(&[&args[..], &[all.as_str(), "/nowhere/x.evtx"]].concat());
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("/nowhere/x.evtx"));
}
