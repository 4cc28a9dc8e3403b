//! An analysis of traces, console output and a registry hive: inputs of every kind of time, a set without a zone, one
//! with an order only, failures, and lists of everything. All names, ids and codes are invented.

use super::*;

/// A set of a trace without a zone, a set of a console session without a clock, and an inventory.
pub fn traced() -> Analysis {
    let mut whole = analysis(inputs(), vec![host(Vec::new())]);
    whole.coverage.spans = vec![
        span("System", 800),
        Span { source: Arc::from("VSS trace"), ..span("", 1_800) },
        Span {
            source: Arc::from("VSS trace (seconds)"),
            first: second_of_count(5),
            last: second_of_count(90_000),
            ..span("", 44)
        },
    ];
    whole.coverage.spans[1].first = at("03T03:14:38.5");
    whole.coverage.spans[1].last = at("03T03:20:00");
    whole.events = events_without_zone();
    whole.sets = vec![ordered_set(), unzoned_set()];
    whole.sessions = vec![Session {
        started: Event::NO_TIME,
        confidence: Confidence::Strong,
        detail: SessionDetail::Newest,
        calls: vec![CallRecord {
            started: Event::NO_TIME,
            ended: Some(Event::NO_TIME),
            ..call(Method::DoSnapshotSet, "03:00:00", "", None)
        }],
        ..session("s7", "diskshadow.exe", 4100, "diskshadow /s job.dsh")
    }];
    whole.sessions.push(Session {
        started: at("03T03:14:38.5"),
        kind: SessionKind::Discovery,
        ..session("s9", "demo.exe", 4200, "demo.exe list")
    });
    whole.inventory = inventory();
    whole.findings = findings();
    whole.summary.sets = 2;
    whole.summary.sessions = 2;
    whole
}

fn second_of_count(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).expect("a small count")
}

fn inputs() -> Vec<Input> {
    let text = |layout: &str, confidence, columns: &str, counts: [u64; 3]| TextReading {
        layout: layout.into(),
        confidence,
        columns: columns.into(),
        encoding: "UTF-16LE".into(),
        lines: counts.iter().sum(),
        parsed: counts[0],
        continuation: counts[1],
        unknown: counts[2],
    };
    let timeless = |id: &str, path: &str| Input { first: None, last: None, ..input(id, path, 30, 5) };
    vec![
        input("i1", "/case/System.evtx", 800, 12),
        Input {
            format: "vss-trace".into(),
            times: TimeBasis::Aligned {
                added_s: -3600.0,
                matches: 5,
                with: ["/case/System.evtx", "/case/Application.evtx", "/case/Security.evtx"]
                    .map(Arc::from)
                    .to_vec(),
            },
            text: Some(text(
                "registry-trace",
                Confidence::Strong,
                "time, pid (hex), tid (hex), body",
                [700, 0, 0],
            )),
            ..input("i2", "/case/aligned.txt", 700, 40)
        },
        Input {
            format: "vss-trace".into(),
            first: Some(at("03T03:14:38.5")),
            last: Some(at("03T03:20:00")),
            times: TimeBasis::Local,
            text: Some(text("adaptive", Confidence::Weak, "time of day, pid (hex), body", [1_800, 10, 1])),
            issues: vec![Issue {
                kind: IssueKind::Note,
                place: "line 2".into(),
                count: 1,
                message: "1 line kept as text".into(),
            }],
            ..input("i3", "/case/local.txt", 1_800, 60)
        },
        Input {
            format: "vss-trace".into(),
            first: Some(second_of_count(5)),
            last: Some(second_of_count(90_000)),
            times: TimeBasis::Ticks,
            ..input("i4", "/case/seconds.txt", 44, 3)
        },
        Input {
            format: "console".into(),
            times: TimeBasis::Order,
            text: Some(text("diskshadow", Confidence::Strong, "", [20, 8, 2])),
            ..timeless("i5", "/case/diskshadow.log")
        },
        Input {
            format: "console".into(),
            times: TimeBasis::Given { zone: "Europe/Berlin".into() },
            ..timeless("i6", r"C:\case\writers.txt")
        },
        Input {
            format: "registry-hive".into(),
            partial: Some("a hive keeps only what SPP and System Restore wrote".into()),
            ..input("i7", "/case/SYSTEM", 12, 12)
        },
        Input { format: "etl".into(), providers: providers(), ..input("i8", "/case/vss.etl", 9_000, 2) },
    ]
}

fn providers() -> Vec<EtwProvider> {
    let provider = |number: u128, name: Option<&str>, events, decoded, note: Option<&str>| EtwProvider {
        id: Guid::from_bits(0x5a5a_0000_0000_4000_8000_0000_0000_0000 + number),
        name: name.map(str::to_owned),
        events,
        decoded,
        note: note.map(str::to_owned),
    };
    let mut all = vec![
        provider(1, Some("Windows kernel"), 8_000, 0, Some("not needed here")),
        provider(
            2,
            Some("Volume Shadow Copy Service"),
            120,
            118,
            Some("2 events fail the check of their layout"),
        ),
    ];
    all.extend(
        (3..12).map(|number| provider(number, None, 100 - u64::try_from(number).expect("small"), 0, None)),
    );
    all
}

/// Events of a trace without a zone, of a count, of an order with and without a neighbour.
fn events_without_zone() -> Vec<Event> {
    let place =
        |line| RecordRef { input: Arc::from("/case/local.txt"), line: Some(line), ..RecordRef::default() };
    let code = |code| Some(Status::Hresult(code));
    let class = Some(Writer { class_name: Some(Arc::from("CDemoWriter")), ..Writer::default() });
    let callback = |edge| What::Callback { callback: Callback::Freeze, edge, accepted: None };
    let frame = |function: &str, hresult| Frame {
        function: Arc::from(function),
        position: Some(r"demo\writer.cpp(0123)".into()),
        hresult: Some(hresult),
        line: Some(40),
        offset: None,
    };
    let failure = Failure {
        reason: Some("the files of the demo database are locked".into()),
        frames: vec![
            frame("CDemoWriter::PrepareFiles", HResult::VSS_WRITERERROR_NONRETRYABLE),
            frame("CDemoWriter::OnFreeze", HResult::VSS_WRITERERROR_RETRYABLE),
        ],
    };
    let event = |clock, time, line, what| Event { clock, ..Event::new(time, place(line), what) };
    let make = || What::Call { method: Method::DoSnapshotSet, edge: Edge::Entered, args: Box::default() };
    vec![
        event(Clock::Order, Event::NO_TIME, 12, make()),
        event(Clock::Unzoned, second_of_count(86_461), 13, What::RecordingStarts),
        event(Clock::Order, at("03T01:14:50"), 14, make()),
        Event {
            writer: class.clone(),
            actor: Actor::Writer,
            ..event(Clock::Unzoned, at("03T03:14:38.5"), 39, callback(Edge::Entered))
        },
        Event {
            writer: class,
            actor: Actor::Writer,
            status: code(HResult::VSS_WRITERERROR_NONRETRYABLE),
            ..event(Clock::Unzoned, at("03T03:14:39.25"), 40, What::Failure(Box::new(failure)))
        },
        event(Clock::Record, at("03T02:14:55"), 90, What::RecordingEnds),
    ]
}

fn unzoned_set() -> SnapshotSet {
    use PhaseActor::Requester as Req;
    SnapshotSet {
        started: at("03T03:14:38.5"),
        ended: Some(at("03T03:14:39.25")),
        outcome: Outcome::Failed,
        phases: vec![phase("DoSnapshotSet", Req, "", Times("03:14:38.500", "03:14:39.250"))],
        session: None,
        ..set("77aa0000-1111-4222-8333-444455556666", "s8")
    }
}

/// A set of a console session: an order, and one step that a record of a log dates.
fn ordered_set() -> SnapshotSet {
    use PhaseActor::Requester as Req;
    let timeless = |name: &str| Phase {
        started: Some(Event::NO_TIME),
        ended: Some(Event::NO_TIME),
        duration_ms: None,
        ..phase(name, Req, "", Times("", ""))
    };
    SnapshotSet {
        started: Event::NO_TIME,
        ended: Some(Event::NO_TIME),
        outcome: Outcome::Created,
        phases: vec![
            timeless("PrepareForBackup"),
            phase("DoSnapshotSet", Req, "", Times("01:14:38.000", "01:14:40.000")),
            timeless("BackupComplete"),
        ],
        confidence: Confidence::Strong,
        ..set("66bb0000-1111-4222-8333-444455556666", "s7")
    }
}

fn findings() -> Vec<Finding> {
    let failed = |id: &str, time, text: &str| Finding {
        time,
        host: None,
        detail: format!("{text} CDemoWriter failed."),
        evidence: vec![evidence("i3", None, Some(40), None, text)],
        ..finding(id, "writer-failed-at-freeze", Severity::Error, "CDemoWriter failed at freeze")
    };
    vec![
        failed("f1", at("03T03:14:39.25"), "2026-03-03T03:14:39.250Z"),
        failed("f2", Event::NO_TIME, "1970-01-01T00:00:00.000Z"),
        failed("f3", at("03T01:14:50"), "2026-03-03T01:14:50.000Z"),
    ]
}

fn inventory() -> Inventory {
    let source =
        |path: &str, line| RecordRef { input: Arc::from(path), line: Some(line), ..RecordRef::default() };
    Inventory {
        writers: writers(&source),
        providers: vec![ListedProvider {
            source: source(r"C:\case\writers.txt", 90),
            name: Some("Demo Software Shadow Copy provider 1.0".into()),
            id: Some(guid("b5946137-7b9f-4925-af80-51abd60b20d5")),
            class_id: Some(guid("65ee1dba-8ff4-4a58-ac1c-3470ee2f376a")),
            type_number: Some(1),
            version: Some("1.0.0.7".into()),
            ..ListedProvider::default()
        }],
        snapshots: snapshots(&source),
        storage: vec![
            storage(&source, ["(C:)", "93 GB (9%)", "95 GB (9%)", "100 GB (10%)"], Some((93, 100))),
            storage(&source, ["(D:)", "12 GB (4%)", "13 GB (4%)", "UNBOUNDED (100%)"], None),
        ],
        volumes: vec![ListedVolume {
            source: source(r"C:\case\writers.txt", 120),
            path: Some(r"C:\".into()),
            name: Some(r"\\?\Volume{0c6f1a2b-0000-0000-0000-100000000000}\".into()),
        }],
        registry: registry(&source),
    }
}

fn writers(source: &dyn Fn(&str, u64) -> RecordRef) -> Vec<ListedWriter> {
    let writer = |path: &str, line, name: &str, state, error: &str| ListedWriter {
        source: source(path, line),
        host: None,
        writer: Writer {
            name: Some(Arc::from(name)),
            class_id: Some(guid("e8132975-6f93-4464-a53e-1050253ae220")),
            instance_id: Some(guid("3f2a1b2c-0000-4000-8000-000000000001")),
            class_name: None,
        },
        state: Some(WriterState(state)),
        failure: None,
        last_error: Some(error.into()),
    };
    let vssadmin = r"C:\case\writers.txt";
    let mut all: Vec<ListedWriter> =
        (0..13).map(|n| writer(vssadmin, 5 + 5 * n, &format!("Demo Writer {n}"), 1, "Kein Fehler")).collect();
    all.push(writer(vssadmin, 71, "タスク スケジューラ ライター", 9, "タイムアウト"));
    all.push(ListedWriter {
        host: Some(Arc::from("FS02")),
        failure: Some(HResult::VSS_WRITERERROR_TIMEOUT),
        last_error: None,
        ..writer("/case/diskshadow.log", 33, "SqlServerWriter", 8, "")
    });
    all
}

fn snapshots(source: &dyn Fn(&str, u64) -> RecordRef) -> Vec<ListedSnapshot> {
    let copy = |path: &str, number: u128| ListedSnapshot {
        source: source(path, 100),
        id: Some(Guid::from_bits(0x0d2f_9a11_0000_4000_8000_0000_0000_0000 + (number << 96))),
        set: Some(guid("9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f")),
        volume: Some(r"(C:)\\?\Volume{0c6f1a2b-0000-0000-0000-100000000000}\".into()),
        device: Some(format!("HarddiskVolumeShadowCopy{number}")),
        ..ListedSnapshot::default()
    };
    vec![
        ListedSnapshot { created: Some(at("03T01:14:50")), ..copy(r"C:\case\writers.txt", 1) },
        ListedSnapshot {
            created_text: Some("03.04.2026 01:14:50".into()),
            ..copy(r"C:\case\writers.txt", 2)
        },
        ListedSnapshot {
            created: Some(at("03T01:14:50")),
            exposed: Some("X:".into()),
            attributes: Some("No_Auto_Release Persistent".into()),
            set_size: Some(2),
            ..copy("/case/diskshadow.log", 3)
        },
    ]
}

fn storage(
    source: &dyn Fn(&str, u64) -> RecordRef,
    [volume, used, allocated, maximum]: [&str; 4],
    gigabytes: Option<(u64, u64)>,
) -> ShadowStorage {
    let amount = |text: &str, bytes| Some(Amount { text: text.into(), bytes, percent: None });
    ShadowStorage {
        source: source(r"C:\case\writers.txt", 110),
        host: None,
        volume: Some(volume.into()),
        on_volume: Some(volume.into()),
        used: amount(used, gigabytes.map(|(used, _)| used << 30)),
        allocated: amount(allocated, None),
        maximum: amount(maximum, gigabytes.map(|(_, maximum)| maximum << 30)),
    }
}

fn registry(source: &dyn Fn(&str, u64) -> RecordRef) -> Vec<RegistryKey> {
    let key = |set: &str, current| RegistryKey {
        source: source("/case/SYSTEM", 1),
        path: format!(r"{set}\Services\VSS\Diag"),
        current: Some(current),
        last_write: Some(at("02T22:10:00")),
        volatile_subkeys: Some(14),
        values: 12,
        subkeys: vec!["SPP".into(), "SystemRestore".into()],
        ..RegistryKey::default()
    };
    vec![
        RegistryKey { default_value: Some("Disabled".into()), ..key("ControlSet001", true) },
        key("ControlSet002", false),
    ]
}
