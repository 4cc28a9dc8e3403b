//! `--redact`: planted names are in no form of output, and what belongs together still does.

use crate::support::{run, sample, vsscope};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use vsscope_model::*;

/// Forms of `analyze`, of `timeline` and of `events`.
const FORMS: &[(&str, &[&str])] = &[
    (
        "analyze",
        &[
            "text",
            "json",
            "ndjson",
            "csv",
            "parquet",
            "markdown",
            "html",
            "sarif",
            "junit",
            "github",
            "timesketch",
            "timesketch-csv",
            "mermaid",
            "mermaid-sequence",
        ],
    ),
    ("timeline", &["text", "json", "csv", "mermaid"]),
    ("events", &["text", "ndjson", "csv", "timesketch"]),
];

/// What is planted by hand, and no output may have.
const PLANTED: &[&str] = &[
    "KUNDE-FS07",
    "kunde-fs07.Intern.Beispielwerk.de",
    "beispielwerk",
    "Q7",
    "BWERK",
    "m.müller",
    "Kunde Müller",
    "Müller",
    "fileserver4",
    "Lohnabrechnung 2031",
    "Lohnabrechnung",
    "S-1-5-21-1111111111-2222222222-3333333333-1105",
    "1111111111-2222222222",
    "michaela.mueller@beispielwerk.de",
    "10.44.3.17",
    "fd12:3456:789a:1::17",
    "Gehe1mWort",
    "KUNDENDB_PROD",
    "sicherungslauf.exe",
    "sicherungslauf",
    "Projekt Nachtfalter",
    "Nachtfalter",
    "intranet.beispielwerk.de/tickets",
];

/// Names of the committed samples, which are as secret as any.
const OF_SAMPLES: &[&str] =
    &["ANKER01", "DC-LUV1", "sicherung", "Nordhafen", "Seezeichen", "dcsave", "3318051412"];

fn at(second: u32) -> Timestamp {
    format!("2031-03-09T02:00:{second:02}Z").parse().expect("a time")
}

fn event(second: u32, what: What) -> Event {
    let source = RecordRef {
        input: r"\\fileserver4\logs\Kunde Müller\KUNDE-FS07 Application.evtx".into(),
        channel: Some("Application".into()),
        record: Some(u64::from(second) + 100),
        ..RecordRef::default()
    };
    let mut event = Event::new(at(second), source, what);
    event.host = Some("KUNDE-FS07.intern.beispielwerk.de".into());
    event.process = Process {
        pid: Some(4242),
        tid: Some(17),
        image: Some(r"D:\Projekt Nachtfalter\Sicherungslauf.exe".into()),
        user: Some(r"BWERK\m.müller".into()),
    };
    event
}

fn record(event: Event, provider: &str, id: u32, params: &[(&str, &str)]) -> Event {
    let param = |(name, value): &(&str, &str)| Param {
        name: (!name.is_empty()).then(|| (*name).to_owned()),
        value: (*value).to_owned(),
    };
    let detail = LogDetail { params: params.iter().map(param).collect(), ..LogDetail::default() };
    Event {
        provider: provider.into(),
        event_id: Some(id),
        level: Some(2),
        record: Some(Box::new(detail)),
        ..event
    }
}

/// A backup that names everybody.
fn planted() -> Vec<Event> {
    let set: Guid = "0f0e0d0c-0b0a-0908-0706-050403020100".parse().expect("a GUID");
    let call = |second, method: Method, edge| {
        let what = What::Call { method, edge, args: Box::default() };
        Event { session: Some("KUNDE-FS07:1".into()), actor: Actor::Requester, ..event(second, what) }
    };
    let component = Component {
        writer: "SqlServerWriter".into(),
        instance: None,
        path: r"KUNDE-FS07\KUNDENDB_PROD".into(),
        name: "Lohnabrechnung 2031".into(),
    };
    let added = What::Call {
        method: Method::AddComponent,
        edge: Edge::Whole,
        args: Box::new(CallArgs { component: Some(component), ..CallArgs::default() }),
    };
    let command = r#""D:\Projekt Nachtfalter\Sicherungslauf.exe" /job:Lohnabrechnung /password Gehe1mWort \\fileserver4\sicherung\Kunde Müller\x.bak"#;
    let database = What::Database(Database {
        mark: DatabaseMark::BackupFailed,
        database: Some("KUNDENDB_PROD".into()),
        number: None,
    });
    let delete = What::DeleteCommand {
        text: r"vssadmin delete shadows /all /quiet & del D:\Projekt Nachtfalter\a.bak".into(),
    };
    let failure = What::Failure(Box::new(Failure {
        reason: Some(
            r"cannot open D:\Kunde Müller\Lohnabrechnung 2031.mdf on fileserver4 for m.müller at 10.44.3.17"
                .into(),
        ),
        frames: vec![Frame {
            function: "CDemoWriter::OnFreeze".into(),
            position: Some(r"D:\Projekt Nachtfalter\src\writer.cpp(123)".into()),
            hresult: Some(HResult::VSS_WRITERERROR_TIMEOUT),
            ..Frame::default()
        }],
    }));
    let failed = Status::Hresult(HResult::VSS_WRITERERROR_TIMEOUT);
    let tail = BinaryTail {
        pid: Some(4242),
        command_line: Some(command.into()),
        user: Some(r"BWERK\m.müller".into()),
        sid: Some("S-1-5-21-1111111111-2222222222-3333333333-1105".into()),
        ..BinaryTail::default()
    };
    let mut vss = record(
        event(20, What::Log),
        "VSS",
        8193,
        &[("", "ConvertStringSidToSid(S-1-5-21-1111111111-2222222222-3333333333-1105)"), ("", "0x80070539")],
    );
    if let Some(detail) = &mut vss.record {
        detail.tail = Some(Box::new(tail));
        detail.message = Some("Fehler bei Kunde Müller, Ansprechpartnerin michaela.mueller@beispielwerk.de (https://intranet.beispielwerk.de/tickets/4711)".into());
        detail.block = Some(Box::new(ContextBlock {
            operation: vec!["OnIdentify event".into()],
            context: vec![("Writer Name".into(), "Nachtfalter".into())],
            details: vec![("Error".into(), "D:\\Projekt Nachtfalter".into())],
        }));
    }
    vss.status = Some(failed);
    let sysmon = record(
        event(21, What::ProcessStarted { command_line: Some(command.into()) }),
        "Microsoft-Windows-Sysmon",
        1,
        &[
            ("Image", r"D:\Projekt Nachtfalter\Sicherungslauf.exe"),
            ("CommandLine", command),
            ("User", r"BWERK\m.müller"),
            ("LogonSid", "S-1-5-21-1111111111-2222222222-3333333333-1105"),
            ("SourceIp", "10.44.3.17"),
            ("DestinationIp", "fd12:3456:789a:1::17"),
            ("Description", "Nachtfalter von michaela.mueller@beispielwerk.de"),
            ("ParentCommandLine", r"cmd.exe /c \\fileserver4\sicherung\start.cmd Gehe1mWort"),
            ("CurrentDirectory", r"C:\Users\m.müller\Documents\"),
        ],
    );
    let short = Event {
        host: Some("Q7".into()),
        ..record(event(40, What::ShadowLoss), "volsnap", 25, &[("", "D:")])
    };
    let short = Event { volume: Some("D:".into()), ..short };
    let logged = |event: Event| Event { set: Some(set), ..event };
    vec![
        call(0, Method::CreateVssBackupComponents, Edge::Whole),
        call(1, Method::InitializeForBackup, Edge::Whole),
        call(2, Method::StartSnapshotSet, Edge::Whole),
        Event { session: Some("KUNDE-FS07:1".into()), actor: Actor::Requester, ..event(3, added) },
        logged(call(4, Method::DoSnapshotSet, Edge::Entered)),
        Event { status: Some(failed), ..logged(call(9, Method::DoSnapshotSet, Edge::Finished)) },
        Event { status: Some(failed), ..event(12, failure) },
        record(event(15, database), "MSSQLSERVER", 3041, &[("", "BACKUP DATABASE KUNDENDB_PROD")]),
        vss,
        sysmon,
        record(
            event(30, delete),
            "Microsoft-Windows-PowerShell",
            4104,
            &[("ScriptBlockText", r"Copy-Item '\\fileserver4\c$\Kunde Müller\*.bak' D:\")],
        ),
        short,
        call(50, Method::Release, Edge::Whole),
    ]
}

/// A folder with the planted events and the samples.
struct Corpus {
    dir: tempfile::TempDir,
    inputs: Vec<String>,
}

impl Corpus {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("Kunde Müller").join("KUNDE-FS07.ndjson");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let mut bytes = Vec::new();
        vsscope::reports::events_ndjson(&planted(), &mut bytes).expect("events");
        std::fs::write(&file, bytes).expect("a file");
        let inputs = vec![file.to_str().expect("a path").to_owned(), sample("")];
        Corpus { dir, inputs }
    }

    fn key(&self, byte: u8) -> String {
        let file = self.dir.path().join(format!("key{byte}"));
        std::fs::write(&file, [byte; 32]).expect("a file");
        file.to_str().expect("a path").to_owned()
    }

    /// Writes every form of a view; the files by form.
    fn write(&self, view: &str, options: &[&str]) -> BTreeMap<String, PathBuf> {
        let out = tempfile::tempdir_in(self.dir.path()).expect("a folder").keep();
        let forms = FORMS.iter().find(|(name, _)| *name == view).expect("a view").1;
        let files: BTreeMap<String, PathBuf> =
            forms.iter().map(|form| ((*form).to_owned(), out.join(format!("o-{form}")))).collect();
        let mut command = vsscope();
        command.args([view, "--fail-on", "never", "--verbose"]).args(options);
        for (form, file) in &files {
            command.arg("-o").arg(format!("{form}={}", file.display()));
        }
        let output = command.args(&self.inputs).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(0), "{view}: {}", String::from_utf8_lossy(&output.stderr));
        assert_clean(&output.stderr, &format!("{view}: messages"));
        files
    }

    fn json(&self, options: &[&str]) -> Value {
        let mut args = vec!["-f", "json", "--fail-on", "never"];
        args.extend(options);
        args.extend(self.inputs.iter().map(String::as_str));
        let (_, stdout, stderr) = run(&args);
        serde_json::from_str(&stdout).unwrap_or_else(|e| panic!("not JSON ({e}): {stderr}"))
    }
}

/// The spellings in which a name may hide.
fn spellings(name: &str) -> Vec<Vec<u8>> {
    let lower = name.to_lowercase();
    let json = serde_json::to_string(&lower).expect("JSON").trim_matches('"').to_owned();
    let percent: String = lower
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02x}")
            }
        })
        .collect();
    let html: String = lower
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("&#{};", u32::from(c)) })
        .collect();
    let escaped: String = lower
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect();
    let wide = lower.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut all: Vec<Vec<u8>> =
        [lower, json, percent, html, escaped].into_iter().map(String::into_bytes).collect();
    all.push(wide);
    all
}

fn assert_clean(bytes: &[u8], what: &str) {
    let lower = String::from_utf8_lossy(bytes).to_lowercase().into_bytes();
    for name in PLANTED.iter().chain(OF_SAMPLES) {
        for spelling in spellings(name) {
            // Two letters are in any bytes by chance; they count where they are a word.
            let is_word = |at: usize| {
                let is_edge = |byte: Option<&u8>| byte.is_none_or(|b| !b.is_ascii_alphanumeric());
                is_edge(at.checked_sub(1).and_then(|at| lower.get(at)))
                    && is_edge(lower.get(at + spelling.len()))
            };
            let found = lower.windows(spelling.len()).enumerate().find(|(at, window)| {
                *window == spelling && (name.len() > 3 || (is_word(*at) && !what.contains("parquet")))
            });
            if let Some((at, _)) = found {
                let around = &lower[at.saturating_sub(120)..(at + 80).min(lower.len())];
                panic!("{what} has {name}: {}", String::from_utf8_lossy(around));
            }
        }
    }
}

#[test]
fn no_form_of_output_has_a_planted_name() {
    let corpus = Corpus::new();
    let key = corpus.key(7);
    for (view, _) in FORMS {
        for (form, file) in corpus.write(view, &["--redact", "--redact-key", &key]) {
            let bytes = std::fs::read(&file).expect("an output");
            assert_clean(&bytes, &format!("{view} as {form}"));
        }
    }
}

#[test]
fn the_names_are_there_without_the_option() {
    let corpus = Corpus::new();
    let all = corpus.json(&[]).to_string().to_lowercase();
    for name in ["kunde-fs07", "müller", "anker01", "nordhafen"] {
        assert!(all.contains(name), "{name} is planted in vain");
    }
}

/// What does not depend on names.
fn structure(analysis: &Value) -> Value {
    let list = |key: &str| analysis[key].as_array().expect("a list").clone();
    let sets: Vec<Value> = list("sets")
        .iter()
        .map(|s| {
            serde_json::json!([
                s["guid"],
                s["started"],
                s["outcome"],
                s["phases"].as_array().map(Vec::len),
                s["writers"].as_array().map(Vec::len)
            ])
        })
        .collect();
    let findings: Vec<Value> = list("findings")
        .iter()
        .map(|f| {
            serde_json::json!([
                f["id"],
                f["rule"],
                f["severity"],
                f["time"],
                f["cause"],
                f["competing"],
                f["evidence"].as_array().map(Vec::len)
            ])
        })
        .collect();
    let sessions: Vec<Value> = list("sessions")
        .iter()
        .map(|s| {
            serde_json::json!([
                s["started"],
                s["kind"],
                s["sets"].as_array().map(Vec::len),
                s["calls"].as_array().map(Vec::len)
            ])
        })
        .collect();
    serde_json::json!([
        sets,
        findings,
        sessions,
        analysis["summary"],
        list("hosts").len(),
        list("inputs").len()
    ])
}

/// Which sets have which session, and which findings which set: by place, not by name.
fn links(analysis: &Value) -> Vec<(Option<usize>, Option<usize>)> {
    let place = |list: &str, id: &Value| {
        id.as_str().and_then(|id| analysis[list].as_array()?.iter().position(|item| item["id"] == id))
    };
    let of_sets = analysis["sets"]
        .as_array()
        .expect("sets")
        .iter()
        .map(|set| (place("sessions", &set["session"]), None));
    let findings = analysis["findings"].as_array().expect("findings");
    of_sets
        .chain(findings.iter().map(|f| (place("sessions", &f["session"]), place("sets", &f["set"]))))
        .collect()
}

#[test]
fn redaction_changes_names_and_nothing_else() {
    let corpus = Corpus::new();
    let (plain, redacted) = (corpus.json(&[]), corpus.json(&["--redact"]));
    assert_eq!(structure(&plain), structure(&redacted));
    assert_eq!(links(&plain), links(&redacted));
    let hosts = |analysis: &Value| -> BTreeSet<String> {
        analysis["sets"].as_array().expect("sets").iter().map(|set| set["host"].to_string()).collect()
    };
    assert_eq!(hosts(&plain).len(), hosts(&redacted).len());
    assert!(redacted["hosts"].as_array().expect("hosts").iter().any(|host| {
        let name = host["name"].as_str().expect("a name");
        name.starts_with("host-") && name.contains(".domain-")
    }));
}

#[test]
fn the_key_decides_the_aliases() {
    let corpus = Corpus::new();
    let (one, other) = (corpus.key(1), corpus.key(2));
    let with = |key: &str| corpus.json(&["--redact", "--redact-key", key]);
    assert_eq!(with(&one), with(&one));
    assert_ne!(with(&one)["hosts"], with(&other)["hosts"]);
    // The same name has the same alias in another run over other evidence.
    let host = |inputs: &str| {
        let (_, out, _) =
            run(&["-f", "json", "--fail-on", "never", "--redact", "--redact-key", &one, inputs]);
        let analysis: Value = serde_json::from_str(&out).expect("JSON");
        analysis["hosts"][0]["name"].to_string()
    };
    assert_eq!(host(&sample("healthy-backup")), host(&sample("crashed-backup")), "both are of ANKER01");
}

#[test]
fn the_mapping_leads_back_and_is_private() {
    let corpus = Corpus::new();
    let map = corpus.dir.path().join("map.json");
    let redacted = corpus.json(&["--redact", "--redact-map", map.to_str().expect("a path")]);
    let mapping: Value = serde_json::from_slice(&std::fs::read(&map).expect("a mapping")).expect("JSON");
    assert_eq!(mapping["schema"], "vsscope.redaction/1");
    let aliases = mapping["aliases"].as_array().expect("aliases");
    let of = |name: &str| {
        let has = |entry: &&Value| entry["originals"].as_array().expect("names").iter().any(|n| n == name);
        aliases.iter().find(has).unwrap_or_else(|| panic!("{name}"))["alias"]
            .as_str()
            .expect("an alias")
            .to_owned()
    };
    let hosts: Vec<&str> = redacted["hosts"]
        .as_array()
        .expect("hosts")
        .iter()
        .filter_map(|host| host["name"].as_str())
        .collect();
    assert!(hosts.contains(&of("ANKER01").as_str()), "{hosts:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&map).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    let input = &corpus.inputs[0];
    let before = std::fs::read(input).expect("the input");
    let (code, _, stderr) = run(&["--redact", "--redact-map", input, input]);
    assert_eq!(code, 2, "{stderr}");
    assert_eq!(std::fs::read(Path::new(input)).expect("the input"), before, "evidence is never written over");
}

#[test]
fn a_key_that_can_be_guessed_and_a_baseline_with_names_are_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let key = dir.path().join("key");
    std::fs::write(&key, "short").expect("a file");
    let (code, _, stderr) =
        run(&["--redact", "--redact-key", key.to_str().expect("a path"), &sample("healthy-backup")]);
    assert_eq!(code, 2);
    assert!(stderr.contains("too few"), "{stderr}");
    let baseline = dir.path().join("known.json");
    let (code, _, _) =
        run(&["--redact", "--write-baseline", baseline.to_str().expect("a path"), &sample("healthy-backup")]);
    assert_eq!(code, 2);
    assert!(!baseline.exists());
}

#[test]
fn messages_have_no_names_either() {
    let (code, stdout, stderr) = run(&["--redact", "/nowhere/Kunde Müller/KUNDE-FS07.evtx"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("path-"), "{stderr}");
    assert_clean(stdout.as_bytes(), "standard output");
    assert_clean(stderr.as_bytes(), "standard error");
}

/// A query and a comparison hold aliases too; both sides of a comparison the same.
#[test]
fn queries_and_comparisons_hold_aliases() {
    let (good, bad) = (sample("healthy-backup"), sample("crashed-backup"));
    let (code, stdout, stderr) =
        run(&["query", "SELECT host, requester_image FROM sets", &good, "--redact", "-f", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let rows: Value = serde_json::from_str(&stdout).expect("JSON");
    assert!(rows[0]["host"].as_str().is_some_and(|host| host.starts_with("host-")), "{stdout}");
    for form in ["text", "json", "markdown", "html"] {
        let (_, stdout, stderr) = run(&["diff", &good, &bad, "--redact", "-f", form]);
        assert!(!stdout.is_empty(), "{stderr}");
        let lower = (stdout + &stderr).to_lowercase();
        for name in ["anker01", "nordhafen", "agent.exe", "sicherung"] {
            assert!(!lower.contains(name), "{name} in {form}");
        }
    }
    // One machine and one requester on both sides: their aliases are no difference.
    let topics = |args: &[&str]| {
        let (_, stdout, stderr) = run(args);
        let diff: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"));
        let changes = diff["pairs"][0]["changes"].as_array().expect("changes").clone();
        changes.iter().map(|change| change["topic"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        topics(&["diff", &good, &bad, "--redact", "-f", "json"]),
        topics(&["diff", &good, &bad, "-f", "json"])
    );
}
