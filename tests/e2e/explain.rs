//! `vsscope explain`: every kind of code in every form, and that no code is left without a page.
//!
//! Which codes there are is read from the model, the catalogue and the sources, so that the list cannot go stale.

use crate::support::{root, run, shared, vsscope};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use unicode_width::UnicodeWidthStr;
use vsscope::explain::answers;
use vsscope::knowledge::events::{self, message};
use vsscope::rules;
use vsscope_model::{
    Event, HResult, LogDetail, NAMED_HRESULTS, Param, RecordRef, Timestamp, What, WriterState,
};
use vsscope_reports::TextOptions;
use vsscope_reports::explain::{Fact, Meaning, answers_markdown, answers_text};

/// What was asked, and kind and code of each answer.
type Asked = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// What is asked, and kind and code of the entries of the answer.
const KINDS: &[Asked] = &[
    (&["VSS/8229"], &[("event", "VSS/8229")]),
    (&["volsnap", "25"], &[("event", "volsnap/25")]),
    (&["8229"], &[("event", "VSS/8229")]),
    (&["0x800423f2"], &[("result code", "0x800423f2")]),
    (&["VSS_E_WRITERERROR_TIMEOUT"], &[("result code", "0x800423f2")]),
    (&["-2147212302"], &[("result code", "0x800423f2")]),
    (&["2147754994"], &[("result code", "0x800423f2")]),
    (&["0x8007ABCD"], &[("result code", "0x8007abcd")]),
    (&["0x80049999"], &[("result code", "0x80049999")]),
    (&["-2402"], &[("database engine error", "-2402")]),
    (&["0xc000009a"], &[("kernel status", "0xc000009a")]),
    (&["SqlServerWriter"], &[("writer", "a65faa63-5ea8-4ebc-9dbd-a0c4db26912a")]),
    (&["{A65FAA63-5EA8-4EBC-9DBD-A0C4DB26912A}"], &[("writer", "a65faa63-5ea8-4ebc-9dbd-a0c4db26912a")]),
    (&["b5946137-7b9f-4925-af80-51abd60b20d5"], &[("provider", "b5946137-7b9f-4925-af80-51abd60b20d5")]),
    (&["[8]"], &[("writer state", "[8]")]),
    (&["VSS_CTX_FILE_SHARE_BACKUP"], &[("context", "0x00000010")]),
    (&["0x1d"], &[("context", "0x0000001d")]),
    (&["freeze"], &[("phase", "Freeze")]),
    (&["freeze-window"], &[("limit", "freeze window")]),
    (&["SQLWRITER"], &[("event source", "SQLWRITER")]),
    (&["thaw-missing", "[8]"], &[("rule", "thaw-missing"), ("writer state", "[8]")]),
];

fn explain(codes: &[&str], format: &str) -> (i32, String, String) {
    run(&[&["explain", "--format", format], codes].concat())
}

#[test]
fn every_kind_of_code_is_explained_as_json() {
    for (codes, wanted) in KINDS {
        let (code, out, error) = explain(codes, "json");
        assert_eq!((code, error.as_str()), (0, ""), "{codes:?}");
        let json: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{codes:?}: {e}\n{out}"));
        assert_eq!(json["schema"], "vsscope.explain/1", "{codes:?}");
        let entries = json["entries"].as_array().expect("entries");
        let found: Vec<(&str, &str)> = entries
            .iter()
            .map(|entry| {
                (entry["kind"].as_str().unwrap_or_default(), entry["code"].as_str().unwrap_or_default())
            })
            .collect();
        assert_eq!(found, *wanted, "{codes:?}");
        for entry in entries {
            assert!(entry["certainty"].as_str().is_some_and(|text| !text.is_empty()), "{codes:?}");
        }
    }
}

#[test]
fn a_rule_alone_gives_the_catalogue_of_one() {
    let (_, out, _) = explain(&["thaw-missing"], "json");
    let json: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&json["schema"], &json["rules"][0]["id"]),
        (&"vsscope.rules/1".into(), &"thaw-missing".into())
    );
}

#[test]
fn every_kind_of_code_is_explained_as_text_within_the_width() {
    for (codes, wanted) in KINDS {
        for width in ["60", "80", "200"] {
            let output = vsscope()
                .env("COLUMNS", width)
                .args([&["explain"], *codes].concat())
                .output()
                .expect("the binary runs");
            let out = String::from_utf8(output.stdout).expect("UTF-8");
            assert_eq!(output.status.code(), Some(0), "{codes:?}");
            for (_, code) in *wanted {
                assert!(out.contains(code), "{codes:?} at {width}:\n{out}");
            }
            let columns: usize = width.parse().expect("a number");
            let wide = out.lines().find(|line| line.width() > columns);
            assert_eq!(wide, None, "{codes:?} at {width}");
        }
    }
}

/// Markdown without code spans and escapes: what is left of `<` would be HTML.
fn html_in(markdown: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = markdown.chars();
    let mut in_code = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' if !in_code => drop(rest.next()),
            '`' => in_code = !in_code,
            c if !in_code => plain.push(c),
            _ => {}
        }
    }
    let at = plain
        .match_indices('<')
        .map(|(at, _)| at)
        .find(|at| plain[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))?;
    Some(plain[at..].chars().take(40).collect())
}

#[test]
fn every_kind_of_code_is_explained_as_markdown_without_html() {
    assert_eq!(html_in("MSSQL$<instance>").as_deref(), Some("<instance>"));
    for (codes, wanted) in KINDS {
        let (code, out, _) = explain(codes, "markdown");
        assert_eq!(code, 0, "{codes:?}");
        let titles: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("# ")).collect();
        let due: Vec<&str> = wanted.iter().map(|(_, code)| *code).collect();
        assert_eq!(titles, due, "{codes:?}");
        assert_eq!(html_in(&out), None, "{codes:?}");
    }
}

#[test]
fn unlisted_codes_are_decoded() {
    for (code, parts) in [
        ("0x8007ABCD", ["failure", "7 FACILITY_WIN32", "43981 (0xabcd)"]),
        ("0x80049999", ["failure", "4 FACILITY_ITF", "39321 (0x9999)"]),
        ("0x00049999", ["success", "4 FACILITY_ITF", "39321 (0x9999)"]),
    ] {
        let (_, out, _) = explain(&[code], "text");
        for part in parts {
            assert!(out.contains(part), "{code}: {part}\n{out}");
        }
    }
    // winerror.h: ERROR_CIRCULAR_DEPENDENCY is 1059.
    let (_, out, _) = explain(&["0x80070423"], "text");
    assert!(out.contains("ERROR_CIRCULAR_DEPENDENCY"), "{out}");
}

#[test]
fn what_is_not_known_gets_a_suggestion_and_an_exit_code() {
    let (code, out, error) = explain(&["VSS_E_WRITERERROR_TIMEOT"], "text");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("did you mean VSS_E_WRITERERROR_TIMEOUT"), "{error}");
    for (asked, meant) in
        [("sql", "SqlServerWriter"), ("thaw-mising", "thaw-missing"), ("SqlServerWritr", "SqlServerWriter")]
    {
        let (code, _, error) = explain(&[asked], "text");
        assert_eq!(code, 2, "{asked}");
        assert!(error.contains(meant), "{asked}: {error}");
    }
    for asked in ["qqqq", "", "[99]", "99999999999", "VSS/1000000"] {
        assert_eq!(explain(&[asked], "text").0, 2, "{asked:?}");
    }
}

#[test]
fn known_codes_are_answered_beside_unknown_ones() {
    let asked = ["qqqq", "0x800423f2", "SqlServerWritr"];
    let (code, out, error) = explain(&asked, "text");
    assert_eq!(code, 3);
    assert!(out.contains("VSS_E_WRITERERROR_TIMEOUT"), "{out}");
    assert_eq!(error.lines().count(), 2, "{error}");
    assert!(error.contains("\"qqqq\"") && error.contains("\"SqlServerWritr\""), "{error}");
    let (code, out, _) = explain(&asked, "json");
    let json: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, json["entries"].as_array().map(Vec::len)), (3, Some(1)));
    let unknown: Vec<&str> = json["unknown"]
        .as_array()
        .expect("unknown")
        .iter()
        .filter_map(|code| code["asked"].as_str())
        .collect();
    assert_eq!(unknown, ["qqqq", "SqlServerWritr"]);
    assert_eq!(json["unknown"][1]["near"][0], "SqlServerWriter");
}

// ---------------------------------------------------------------- no code without a page

/// The entries for a code that are no rules.
fn facts(code: &str) -> Vec<Fact> {
    let (answers, _) = answers(&[code.to_owned()]);
    let meanings = answers.into_iter().flat_map(|answer| answer.meanings);
    meanings
        .filter_map(|meaning| match meaning {
            Meaning::Fact(fact) => Some(fact),
            Meaning::Rule(_) => None,
        })
        .collect()
}

#[test]
fn every_rule_and_every_state_has_a_page() {
    for rule in rules::catalogue() {
        let id = rule.info().id;
        let (answers, _) = answers(&[id.to_owned()]);
        let is_rule = |meaning: &Meaning| matches!(meaning, Meaning::Rule(doc) if doc.id == id && !doc.sections.is_empty());
        assert!(answers.iter().flat_map(|answer| &answer.meanings).any(is_rule), "{id}");
    }
    let states: Vec<(u32, &str)> = (0..64).filter_map(|n| Some((n, WriterState(n).name()?))).collect();
    assert!(states.len() >= 15, "{states:?}");
    for (number, name) in states {
        for asked in [format!("[{number}]"), name.to_owned()] {
            assert!(facts(&asked).iter().any(|fact| fact.name.as_deref() == Some(name)), "{asked}");
        }
    }
}

/// Whether a page of a table, and not only the bits, speaks of the code.
fn is_listed(code: HResult) -> bool {
    facts(&code.to_string())
        .iter()
        .any(|fact| !fact.sources.is_empty() && fact.certainty != "decoded from its bits")
}

#[test]
fn every_named_code_has_a_page() {
    for (code, name) in NAMED_HRESULTS {
        for asked in [code.to_string(), (*name).to_owned()] {
            let facts = facts(&asked);
            assert!(facts.iter().any(|fact| fact.name.as_deref() == Some(name)), "{asked} {name}: {facts:?}");
        }
        assert!(is_listed(*code), "{code} {name} is in no table");
    }
}

/// The sources below a folder without their tests.
fn sources(folder: &str) -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                walk(&path, found);
            } else if name.ends_with(".rs")
                && !["tests.rs", "testing.rs", "samples.rs"].contains(&name.as_str())
            {
                let text = std::fs::read_to_string(&path).expect("a source");
                let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                found.insert(path, code);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

#[test]
fn every_failure_code_in_the_sources_has_a_page() {
    let mut codes: BTreeSet<u32> = BTreeSet::new();
    for text in ["src/rules", "src/timeline"].map(sources).iter().flat_map(BTreeMap::values) {
        for (at, _) in text.match_indices("0x8") {
            let digits = |c: &char| c.is_ascii_hexdigit() || *c == '_';
            let hex: String = text[at + 2..].chars().take_while(digits).filter(|c| *c != '_').collect();
            codes.extend(u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == 8));
        }
    }
    assert!(codes.len() >= 10, "{codes:x?}");
    let without: Vec<String> = codes
        .into_iter()
        .map(HResult)
        .filter(|code| !is_listed(*code))
        .map(|code| code.to_string())
        .collect();
    assert!(without.is_empty(), "in no table: {without:?}");
}

/// A word of a source that stands for numbers: a number, or a constant of the file.
fn numbers_of(word: &str, file: &str) -> Vec<u32> {
    let digits = word.replace('_', "");
    if let Ok(number) = digits.parse() {
        return vec![number];
    }
    let name = word.rsplit("::").next().unwrap_or(word);
    let Some((_, value)) = file.split_once(&format!("const {name}: ")) else { return Vec::new() };
    let value = value.split_once('=').and_then(|(_, value)| value.split_once(';')).map(|(value, _)| value);
    value.map(list).unwrap_or_default()
}

/// The numbers in a text such as `&[1, 2]`.
fn list(text: &str) -> Vec<u32> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '_'))
        .filter_map(|n| n.replace('_', "").parse().ok())
        .collect()
}

/// The value of a constant: of its module where it is written `module::NAME`, else of the folder's own file.
fn constant<'a>(name: &str, files: &'a BTreeMap<PathBuf, String>) -> Option<&'a str> {
    let (module, name) = name.split_once("::").unwrap_or(("mod", name));
    let file = files.iter().find(|(path, _)| path.file_stem().is_some_and(|stem| stem == module))?.1;
    let (_, value) = file.split_once(&format!("const {name}: "))?;
    Some(value.split_once('=')?.1.split_once(';')?.0.trim())
}

/// Provider and id of each record that the code asks for: `is_record("VSS", 8229)`, `by("EventLog", 6006)` and
/// `Provider::Is("System Restore"), Which::Ids(&[8193, …])`.
fn records_in_code(file: &str) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for (at, _) in file.match_indices("(\"") {
        let Some((provider, behind)) = file[at + 2..].split_once('"') else { continue };
        if events::provider(provider).is_none() {
            continue;
        }
        let word = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        let numbers = match behind.strip_prefix(',') {
            // A closure over a list: `LIST.iter().any(|&id| event.is_record("VSS", id))`.
            Some(rest) if word(rest) == "id" => {
                let before = &file[..at];
                let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
                let lists =
                    line.split(|c: char| !(c.is_ascii_uppercase() || c == '_')).filter(|name| name.len() > 3);
                lists.flat_map(|name| numbers_of(name, file)).collect()
            }
            Some(rest) => numbers_of(&word(rest), file),
            None => {
                match behind.strip_prefix("), Which::") {
                    Some(rest) => {
                        let inside = rest
                            .split_once('(')
                            .and_then(|(_, rest)| rest.split_once(')'))
                            .map(|(inside, _)| inside);
                        inside
                            .map(|inside| {
                                if inside.starts_with('&') { list(inside) } else { numbers_of(inside, file) }
                            })
                            .unwrap_or_default()
                    }
                    None => Vec::new(),
                }
            }
        };
        found.extend(numbers.into_iter().map(|id| (provider.to_owned(), id)));
    }
    // A rule about one record of volsnap, and lists of its records.
    if file.contains("VolsnapRecord {") || file.contains("volsnap") {
        let ids = file
            .match_indices("    id: ")
            .filter_map(|(at, _)| file[at + 8..].split_once(',')?.0.parse().ok());
        found.extend(ids.map(|id| ("volsnap".to_owned(), id)));
        let lists = file.match_indices("(&[").filter_map(|(at, _)| Some(list(file[at..].split_once(']')?.0)));
        let lists = lists.chain(
            file.match_indices("        &[").filter_map(|(at, _)| Some(list(file[at..].split_once(']')?.0))),
        );
        if file.contains("&[(&[u32], &str)]") {
            found.extend(lists.flatten().map(|id| ("volsnap".to_owned(), id)));
        }
    }
    found
}

/// Provider and id of each record that a rule's documentation speaks of: `VSS 8193, 8194 and 12290`, `VSS 12342 to 12347`.
fn records_in_prose(text: &str) -> Vec<(String, u32)> {
    let text = text.replace("\n    ///", "").replace("\n///", "").replace("\n//!", "");
    let mut found = Vec::new();
    let names = events::providers().flat_map(|row| &row.names).map(String::as_str).chain([
        "SCM",
        "Sysmon",
        "Kernel-General",
        "Kernel-Power",
    ]);
    for name in names {
        for (at, _) in text.match_indices(name) {
            let inside = text[..at].ends_with(|c: char| c.is_alphanumeric() || "-_$\"".contains(c));
            let mut rest = &text[at + name.len()..];
            while let Some(behind) =
                [" ", ", ", " and ", " or ", " to "].iter().rev().find_map(|s| rest.strip_prefix(s))
            {
                let digits: String = behind.chars().take_while(char::is_ascii_digit).collect();
                let Ok(id) = digits.parse() else { break };
                if inside {
                    break;
                }
                found.push((name.to_owned(), id));
                rest = &behind[digits.len()..];
            }
        }
    }
    found
}

fn has_page(provider: &str, id: u32) -> bool {
    facts(&format!("{provider}/{id}")).iter().any(|fact| fact.kind == "event" && !fact.sources.is_empty())
}

#[test]
fn every_record_that_rules_and_timeline_name_has_a_page() {
    let mut named: BTreeSet<(String, u32)> = BTreeSet::new();
    for file in ["src/rules", "src/timeline"].map(sources).iter().flat_map(BTreeMap::values) {
        named.extend(records_in_code(file));
        let prose: Vec<&str> = file.lines().filter(|line| line.trim_start().starts_with("//")).collect();
        named.extend(records_in_prose(&prose.join("\n")));
    }
    // What has to be among them, so that a scan that finds nothing cannot pass.
    for (provider, id) in [
        ("VSS", 8229),
        ("VSS", 12289),
        ("VSS", 12366),
        ("VSS", 12298),
        ("EventLog", 6006),
        ("System Restore", 8214),
        ("volsnap", 8),
        ("volsnap", 14),
        ("volsnap", 60),
    ] {
        assert!(
            named.contains(&(provider.to_owned(), id)),
            "{provider} {id} was not found in the sources: {named:?}"
        );
    }
    let without: Vec<_> = named.iter().filter(|(provider, id)| !has_page(provider, *id)).collect();
    assert!(without.is_empty(), "no page: {without:?}");
}

#[test]
fn every_record_that_is_read_has_a_page() {
    let files = sources("parsers/src/windows");
    let table = &files[&root().join("parsers/src/windows/mod.rs")];
    let (_, table) = table.split_once("static FAMILIES").expect("the table of decoders");
    let mut count = 0;
    for row in table.split("    some(").skip(1) {
        let (provider, rest) = row.split_once(',').expect("a provider");
        let provider = match provider.strip_prefix('"') {
            Some(name) => name.trim_end_matches('"'),
            None => constant(provider, &files).expect("a constant").trim_matches('"'),
        };
        let ids = match rest.trim_start().strip_prefix("&[") {
            Some(ids) => list(ids.split_once(']').expect("a list").0),
            None => {
                list(constant(rest.trim_start().split_once(',').expect("a name").0, &files).expect("a list"))
            }
        };
        assert!(!ids.is_empty(), "{provider}");
        for id in ids {
            assert!(has_page(provider, id), "{provider}/{id} has no page");
            count += 1;
        }
    }
    assert!(count >= 100, "{count}");
}

#[test]
fn every_page_fits_the_width_and_has_no_html() {
    let mut codes: BTreeSet<String> = events::all().map(|row| row.code()).collect();
    codes.extend(NAMED_HRESULTS.iter().map(|(code, _)| code.to_string()));
    codes.extend(rules::catalogue().iter().map(|rule| rule.info().id.to_owned()));
    codes.extend(vsscope::knowledge::writers::all().map(|known| known.name.to_owned()));
    codes.extend(vsscope::knowledge::providers::all().iter().map(|row| row.id.to_string()));
    codes.extend(vsscope::knowledge::states::all().iter().map(|row| format!("[{}]", row.value)));
    let vocabulary = vsscope::knowledge::vocabulary::constants().iter().map(|row| row.name.clone());
    codes.extend(vocabulary);
    let options = TextOptions { width: 60, ..TextOptions::default() };
    for code in codes {
        let (answers, unknown) = answers(std::slice::from_ref(&code));
        assert_eq!(unknown, [], "{code}");
        let text = answers_text(&answers, &options);
        assert_eq!(text.lines().find(|line| line.width() > 60), None, "{code}");
        assert_eq!(html_in(&answers_markdown(&answers)), None, "{code}");
        for meaning in answers.iter().flat_map(|answer| &answer.meanings) {
            let Meaning::Fact(fact) = meaning else { continue };
            assert!(!fact.certainty.is_empty() && fact.certainty != "not stated", "{code}");
            assert!(!fact.sources.is_empty() || fact.kind == "event source", "{code} has no source");
        }
    }
}

// ---------------------------------------------------------------- messages of records

/// A placeholder that was left in a message: `{1}`, or the name of one of the record's fields.
fn placeholder_in(event: &Event, message: &str) -> Option<String> {
    let rows = events::layouts(&event.provider, event.event_id?);
    let fields: BTreeSet<&String> = rows.iter().flat_map(|row| &row.fields).collect();
    let inside = message.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned()));
    let mut inside = inside.filter(|name| name.parse::<u8>().is_ok() || fields.contains(name));
    inside.next()
}

#[test]
fn records_of_real_logs_are_told_without_placeholders() {
    let Some(folder) = shared("samples/evtx") else { return };
    let analysis = crate::support::analysis(&[folder.to_str().expect("UTF-8").to_owned()]);
    let mut told: BTreeMap<(String, u32), usize> = BTreeMap::new();
    for event in &analysis.events {
        let Some(id) = event.event_id else { continue };
        let message = message(event);
        let known = events::layouts(&event.provider, id);
        assert_eq!(
            message.is_some(),
            known.iter().any(|row| row.message.is_some()),
            "{} {id}",
            event.provider
        );
        let Some(message) = message else { continue };
        assert_eq!(placeholder_in(event, &message), None, "{} {id}: {message}", event.provider);
        assert!(!message.contains("(not logged)"), "{} {id}: {message}", event.provider);
        *told.entry((event.provider.to_lowercase(), id)).or_default() += 1;
    }
    // What the folder's own list of contents names.
    for (provider, id) in
        [("vss", 8212), ("vss", 8225), ("vss", 8224), ("volsnap", 33), ("volsnap", 36), ("esent", 2001)]
    {
        assert!(told.contains_key(&(provider.to_owned(), id)), "{provider} {id}: {told:?}");
    }
}

#[test]
fn every_record_of_vss_and_volsnap_is_told_from_its_parameters() {
    let mut count = 0;
    let providers =
        ["VSS", "VSSAudit", "volsnap", "Microsoft-Windows-VolumeSnapshot-Driver", "System Restore", "SPP"];
    for row in events::all().filter(|row| providers.contains(&row.provider.as_str()) && row.message.is_some())
    {
        let names = if row.params.is_empty() { &row.fields } else { &row.params };
        let named = row.params.is_empty();
        let params: Vec<Param> = names
            .iter()
            .enumerate()
            .map(|(at, name)| Param { name: named.then(|| name.clone()), value: format!("value-{at}") })
            .collect();
        let event = Event {
            provider: row.provider.as_str().into(),
            event_id: Some(row.id),
            record: Some(Box::new(LogDetail { params: params.into(), ..LogDetail::default() })),
            ..Event::new(Timestamp::UNIX_EPOCH, RecordRef::default(), What::Log)
        };
        let told = message(&event).unwrap_or_else(|| panic!("{} is not told", row.code()));
        assert_eq!(placeholder_in(&event, &told), None, "{}: {told}", row.code());
        assert!(!told.contains("(not logged)"), "{}: {told}", row.code());
        count += 1;
    }
    assert!(count >= 300, "{count}");
}

// ---------------------------------------------------------------- docs/knowledge.md

#[test]
fn the_page_on_the_knowledge_counts_right() {
    let page = std::fs::read_to_string(root().join("docs/knowledge.md")).expect("docs/knowledge.md is there");
    let data = root().join("src/knowledge/data");
    let mut rows = 0;
    let mut files = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [file, key, count, ..] = cells[..] else { continue };
        let file = file.trim_matches('`');
        let Ok(text) = std::fs::read_to_string(data.join(file)) else { continue };
        let table: toml::Table = text.parse().expect("a table");
        let found = match &table[key.trim_matches('`')] {
            toml::Value::Array(rows) => rows.len(),
            toml::Value::Table(rows) => rows.len(),
            other => panic!("{file}: {other:?}"),
        };
        assert_eq!(count, found.to_string(), "docs/knowledge.md: {line}");
        files.insert(file.to_owned());
        rows += 1;
    }
    assert!(rows >= 14, "{rows} rows");
    for folder in ["", "events"] {
        for entry in std::fs::read_dir(data.join(folder)).expect("the tables") {
            let name = entry.expect("a file").file_name().to_string_lossy().into_owned();
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            assert!(
                !name.ends_with(".toml") || files.contains(&name),
                "docs/knowledge.md does not name {name}"
            );
        }
    }
}
