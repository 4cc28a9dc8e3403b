//! Analyses built by hand: a healthy set, a failed one with findings, a log without sets. All names are invented.

mod hostile;
mod many;
mod traced;

pub use hostile::{PAYLOADS, hostile, replace_string, strings};
pub use many::many;
pub use traced::traced;

use std::sync::Arc;
use vsscope_model::*;

pub fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}Z").parse().expect("a time of March 2026")
}

fn guid(text: &str) -> Guid {
    text.parse().expect("a GUID")
}

/// Both ends of a phase.
pub struct Times<'a>(pub &'a str, pub &'a str);

/// A phase on 3 March 2026; times are `HH:MM:SS.mmm`, empty for an edge that was not seen.
pub fn phase(name: &str, actor: PhaseActor, parent: &str, Times(from, to): Times) -> Phase {
    let time = |text: &str| (!text.is_empty()).then(|| at(&format!("03T{text}")));
    let (started, ended) = (time(from), time(to));
    let took = started
        .zip(ended)
        .map(|(start, end)| (end - start).num_microseconds().expect("a short phase") as f64 / 1e3);
    Phase {
        name: name.into(),
        actor,
        parent: (!parent.is_empty()).then(|| parent.into()),
        started,
        ended,
        duration_ms: took,
        limit_ms: None,
        result: None,
        note: None,
        events: Vec::new(),
    }
}

fn limited(phase: Phase, limit_s: f64) -> Phase {
    Phase { limit_ms: Some(limit_s * 1000.0), ..phase }
}

fn writer(name: &str, participation: Participation, process: &str, phases: Vec<Phase>) -> WriterRun {
    WriterRun {
        name: name.into(),
        class_id: None,
        instance_id: None,
        process: (!process.is_empty()).then(|| process.into()),
        participation,
        phases,
        state: None,
        hresult: None,
    }
}

fn call(method: Method, from: &str, to: &str, hresult: Option<HResult>) -> CallRecord {
    CallRecord {
        method,
        started: at(&format!("03T{from}")),
        ended: (!to.is_empty()).then(|| at(&format!("03T{to}"))),
        hresult,
        accepted: None,
        finished: true,
        args: CallArgs::default(),
        set: None,
        snapshot: None,
        volume: None,
        events: Vec::new(),
    }
}

fn evidence(
    input: &str,
    record: Option<u64>,
    line: Option<u64>,
    offset: Option<u64>,
    text: &str,
) -> Evidence {
    Evidence { input: input.into(), record, line, offset, text: text.into() }
}

fn finding(id: &str, rule: &str, severity: Severity, title: &str) -> Finding {
    Finding {
        id: id.into(),
        rule: rule.into(),
        severity,
        status: FindingStatus::New,
        confidence: Confidence::Exact,
        title: title.into(),
        detail: String::new(),
        remedy: String::new(),
        host: Some("dc01.lab.example".into()),
        session: None,
        set: None,
        writer: None,
        time: at("03T01:16:00.250"),
        cause: None,
        cause_confidence: None,
        competing: Vec::new(),
        noise_reason: None,
        ignore_reason: None,
        evidence: Vec::new(),
    }
}

fn noise(id: &str, title: &str, reason: &str) -> Finding {
    Finding {
        status: FindingStatus::Noise,
        noise_reason: Some(reason.into()),
        ignore_reason: None,
        evidence: vec![evidence("i1", Some(17), None, None, "VSS 8194")],
        ..finding(id, "known-noise", Severity::Info, title)
    }
}

fn input(id: &str, path: &str, records: u64, events: u64) -> Input {
    Input {
        id: id.into(),
        path: Arc::from(path),
        format: "evtx".into(),
        bytes: records * 900,
        records,
        lost: 0,
        events,
        first: Some(at("02T21:58:03.120")),
        last: Some(at("03T02:14:55.000")),
        times: TimeBasis::Utc,
        text: None,
        partial: None,
        providers: Vec::new(),
        issues: Vec::new(),
    }
}

fn span(source: &str, records: u64) -> Span {
    Span {
        host: Arc::from("dc01.lab.example"),
        source: Arc::from(source),
        first: at("02T21:58:03.120"),
        last: at("03T02:14:55.000"),
        records,
        carved: false,
    }
}

fn analysis(inputs: Vec<Input>, hosts: Vec<Host>) -> Analysis {
    let records_read = inputs.iter().map(|input| input.records).sum();
    let records_lost = inputs.iter().map(|input| input.lost).sum();
    Analysis {
        schema: Analysis::SCHEMA.into(),
        tool: Tool { name: "vsscope".into(), version: "0.1.0".into() },
        generated: None,
        inputs,
        coverage: Coverage::default(),
        hosts,
        sessions: Vec::new(),
        sets: Vec::new(),
        inventory: Inventory::default(),
        findings: Vec::new(),
        summary: Summary { records_read, records_lost, ..Summary::default() },
        statistics: None,
        events: Vec::new(),
    }
}

fn run(service: &str, from: Option<&str>, to: Option<&str>, end_reason: EndReason) -> ServiceRun {
    let (started, ended) = (from.map(at), to.map(at));
    ServiceRun { service: service.into(), started, ended, pid: Some(3088), end_reason, events: Vec::new() }
}

fn host(runs: Vec<ServiceRun>) -> Host {
    Host { name: Arc::from("dc01.lab.example"), aliases: vec![Arc::from("DC01")], runs }
}

fn session(id: &str, image: &str, pid: u32, command: &str) -> Session {
    Session {
        id: id.into(),
        host: Arc::from("dc01.lab.example"),
        kind: SessionKind::Backup,
        requester: Requester {
            image: Some(Arc::from(image)),
            command_line: Some(command.into()),
            pid: Some(pid),
            user: Some(Arc::from(r"LAB\backup")),
        },
        context: Some(Context::BACKUP),
        backup_type: Some(BackupType::Full),
        component_mode: Some(true),
        started: at("03T01:14:38.195"),
        ended: None,
        end_reason: EndReason::ProcessExit,
        calls: Vec::new(),
        sets: Vec::new(),
        detail: SessionDetail::Phases,
        confidence: Confidence::Exact,
        starts_mid: false,
        ends_mid: false,
        events: Vec::new(),
    }
}

fn set(id: &str, session: &str) -> SnapshotSet {
    SnapshotSet {
        id: id.into(),
        guid: id.parse().ok(),
        host: Arc::from("dc01.lab.example"),
        session: Some(session.into()),
        provider: Some(Provider {
            id: Some(guid("b5946137-7b9f-4925-af80-51abd60b20d5")),
            name: Some("Microsoft Software Shadow Copy provider 1.0".into()),
        }),
        volumes: vec!["C:".into()],
        snapshots: Vec::new(),
        started: at("03T01:14:38.195"),
        ended: None,
        outcome: Outcome::Unknown,
        phases: Vec::new(),
        writers: Vec::new(),
        confidence: Confidence::Exact,
        writerless: None,
        evidence_count: 0,
        events: Vec::new(),
    }
}

/// A domain controller backed up by ntdsutil: everything well.
pub fn healthy() -> Analysis {
    use Participation::{Identified, Involved};
    use PhaseActor::{Provider as Prov, Requester as Req, Service, Volsnap, Writer};
    let requester = "DoSnapshotSet";
    let phases = vec![
        phase("GatherWriterMetadata", Req, "", Times("01:14:38.195", "01:14:38.460")),
        phase("BeginPrepareSnapshot", Prov, "", Times("01:14:38.804", "01:14:38.804")),
        phase("PrepareForBackup", Req, "", Times("01:14:38.820", "01:14:38.882")),
        phase(requester, Req, "", Times("01:14:38.898", "01:14:48.413")),
        phase("EndPrepareSnapshots", Prov, requester, Times("01:14:38.898", "01:14:40.492")),
        phase("PrepareSnapshot", Service, requester, Times("01:14:40.508", "01:14:40.757")),
        phase("Freeze", Service, requester, Times("01:14:40.757", "01:14:43.554")),
        phase("FreezeBackEnd", Service, "Freeze", Times("01:14:40.773", "01:14:41.116")),
        phase("FreezeResourceManagers", Service, "Freeze", Times("01:14:41.132", "01:14:43.554")),
        phase("PreCommitSnapshots", Prov, requester, Times("01:14:43.554", "01:14:43.554")),
        Phase {
            note: Some("upper bound: the release is written late".into()),
            ..limited(phase("FlushAndHold", Volsnap, requester, Times("01:14:45.710", "01:14:45.992")), 10.0)
        },
        phase("Thaw", Service, requester, Times("01:14:46.038", "01:14:46.258")),
        phase("PostSnapshot", Service, requester, Times("01:14:46.773", "01:14:48.007")),
        phase("BackupComplete", Req, "", Times("01:14:48.695", "01:14:48.772")),
    ];
    let ntds = vec![
        phase("PrepareBackup", Writer, "", Times("01:14:38.840", "01:14:38.860")),
        phase("Freeze", Writer, "FreezeWindow", Times("01:14:40.789", "01:14:41.116")),
        limited(phase("FreezeWindow", Writer, "", Times("01:14:40.789", "01:14:46.258")), 60.0),
        phase("PostSnapshot", Writer, "", Times("01:14:46.819", "01:14:47.991")),
    ];
    let registry = vec![
        phase("Freeze", Writer, "FreezeWindow", Times("01:14:41.132", "01:14:43.554")),
        limited(phase("FreezeWindow", Writer, "", Times("01:14:41.132", "01:14:46.100")), 60.0),
    ];
    let waiting = Some(WriterState::WAITING_FOR_BACKUP_COMPLETE);
    let mut made = SnapshotSet {
        snapshots: vec![Snapshot {
            guid: Some(guid("0d2f9a11-52c3-4a0e-9d55-7f1b2c3d4e5f")),
            volume: Some("C:".into()),
            device: Some("HarddiskVolumeShadowCopy2".into()),
            state: "created".into(),
        }],
        ended: Some(at("03T01:14:48.772")),
        outcome: Outcome::Completed,
        phases,
        writers: vec![
            writer("ASR Writer", Identified, "", Vec::new()),
            WriterRun { state: waiting, ..writer("NTDS", Involved, "lsass.exe (600)", ntds) },
            WriterRun { state: waiting, ..writer("Registry Writer", Involved, "vssvc.exe (3088)", registry) },
            writer("WMI Writer", Identified, "", Vec::new()),
        ],
        evidence_count: 207,
        ..set("5f1d0a2e-8c44-4b6f-9a10-2b7c3d9e0f11", "s1")
    };
    made.started = at("03T01:14:38.195");
    let mut whole = analysis(
        vec![
            input("i1", "/case/dc01/Security.evtx", 44_100, 1),
            input("i2", "/case/dc01/sysmon.zip!Microsoft-Windows-Sysmon%4Operational.evtx", 4_111, 207),
        ],
        vec![host(vec![run("vss", Some("03T01:14:37.695"), Some("03T01:17:50.000"), EndReason::Idle)])],
    );
    whole.coverage.spans =
        vec![span("Security", 44_100), span("Microsoft-Windows-Sysmon/Operational", 4_111)];
    whole.sessions = vec![Session {
        calls: vec![
            call(Method::GatherWriterMetadata, "01:14:38.195", "01:14:38.460", None),
            call(Method::PrepareForBackup, "01:14:38.820", "01:14:38.882", None),
            call(Method::DoSnapshotSet, "01:14:38.898", "01:14:48.413", None),
            call(Method::BackupComplete, "01:14:48.695", "01:14:48.772", None),
        ],
        sets: vec![made.id.clone()],
        ..session(
            "s1",
            r"C:\Windows\System32\ntdsutil.exe",
            2772,
            r#"ntdsutil "ac i ntds" "ifm" "create full C:\ifm""#,
        )
    }];
    whole.sets = vec![made];
    whole.summary.sets = 1;
    whole.summary.sessions = 1;
    whole
}

/// A backup in which one writer freezes for longer than it may; the copy of another set runs on for a quarter of an hour.
pub fn failed() -> Analysis {
    use Participation::{Excluded, Identified, Involved};
    use PhaseActor::{Requester as Req, Service, Writer};
    let mut whole = healthy();
    let id = "9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f";
    let code = HResult::VSS_WRITERERROR_TIMEOUT;
    let sql = vec![
        phase("PrepareSnapshot", Writer, "", Times("01:15:00.000", "01:15:00.400")),
        Phase {
            result: Some("veto".into()),
            ..phase("Freeze", Writer, "FreezeWindow", Times("01:15:00.700", "01:16:00.250"))
        },
        limited(phase("FreezeWindow", Writer, "", Times("01:15:00.700", "01:16:02.900")), 60.0),
        phase("Abort", Writer, "", Times("01:16:02.900", "")),
    ];
    let japanese = vec![phase("PrepareSnapshot", Writer, "", Times("01:15:00.100", "01:15:00.100"))];
    let bad = SnapshotSet {
        started: at("03T01:14:58.000"),
        ended: Some(at("03T01:31:20.000")),
        outcome: Outcome::Failed,
        volumes: vec!["C:".into(), r"\\?\Volume{0c6f1a2b-0000-0000-0000-100000000000}\".into()],
        phases: vec![
            phase("PrepareForBackup", Req, "", Times("01:14:58.000", "01:14:58.200")),
            Phase {
                result: Some("0x800423f2".into()),
                ..phase("DoSnapshotSet", Req, "", Times("01:14:58.300", "01:16:03.000"))
            },
            phase("Freeze", Service, "DoSnapshotSet", Times("01:15:00.500", "01:16:00.300")),
            phase("BackupComplete", Req, "", Times("01:31:19.000", "01:31:20.000")),
        ],
        writers: vec![
            WriterRun {
                state: Some(WriterState(9)),
                hresult: Some(code),
                ..writer("SqlServerWriter", Involved, "sqlwriter.exe (1812)", sql)
            },
            writer("タスク スケジューラ ライター", Involved, "svchost.exe (904)", japanese),
            writer("System Writer", Identified, "", Vec::new()),
            writer("WMI Writer", Excluded, "", Vec::new()),
        ],
        confidence: Confidence::Strong,
        evidence_count: 41,
        ..set(id, "s2")
    };
    whole.sessions.push(Session {
        calls: vec![call(Method::DoSnapshotSet, "01:14:58.300", "01:16:03.000", Some(code))],
        detail: SessionDetail::Calls,
        ..session(
            "s2",
            r"D:\Program Files\Backup Suite\agent.exe",
            5120,
            r#""D:\Program Files\Backup Suite\agent.exe" --job nightly"#,
        )
    });
    whole.sets.push(bad);
    whole.findings = vec![
        Finding {
            set: Some(id.into()),
            writer: Some("SqlServerWriter".into()),
            detail: "Freeze to Abort took 62.2 s, the documented limit is 60 s. The writer's own Freeze handler ran for \
                     59.55 s of it and returned a veto."
                .into(),
            remedy: "Look in the SQL Server error log for slow i/o around 01:15 UTC; back up fewer databases in one set."
                .into(),
            evidence: vec![
                evidence("i1", Some(4711), None, None, "VSS 8229: a writer rejected an event, 0x800423f2"),
                evidence("i2", None, Some(123), Some(0x11000), "SqlServerWriter: Freeze entered"),
                evidence("i2", None, None, Some(0x1_2a40), "SqlServerWriter: Freeze returned (vetoed)"),
                evidence("i9", Some(1), None, None, "from an input that is not listed"),
            ],
            ..finding("f1", "freeze-window-exceeded", Severity::Error, "SqlServerWriter was frozen for longer than 60 s")
        },
        Finding {
            set: Some(id.into()),
            cause: Some("f1".into()),
            cause_confidence: Some(Confidence::Strong),
            confidence: Confidence::Strong,
            detail: "SqlServerWriter was told to abort 62.2 s after its freeze began.".into(),
            remedy: "Solve the cause first.".into(),
            evidence: vec![evidence("i2", None, Some(131), None, "SqlServerWriter: Abort entered")],
            ..finding("f2", "abort-during-freeze", Severity::Error, "A writer was aborted while it was frozen")
        },
        Finding {
            confidence: Confidence::Weak,
            detail: "First paragraph.\nSecond paragraph.".into(),
            evidence: vec![evidence("i1", Some(4800), None, None, "volsnap 36: shadow copies of C: lost")],
            ..finding("f3", "shadow-copies-aborted", Severity::Warning, "Older shadow copies of C: were lost")
        },
        noise("f4", "VSS 8194 with 0x80070005, 3 times", "the requester did not open its COM security to NETWORK SERVICE"),
        noise("f5", "VSS 13 and 8193 with 0x8007045b, 2 times", "Windows was shutting down"),
    ];
    whole.inputs[0].lost = 2;
    whole.inputs[0].issues = vec![
        Issue {
            kind: IssueKind::Chunk,
            place: "offset 0x11000".into(),
            count: 1,
            message: "chunk cannot be read".into(),
        },
        Issue {
            kind: IssueKind::Checksum,
            place: "offset 0x21000".into(),
            count: 3,
            message: "checksum of a chunk does not fit".into(),
        },
    ];
    whole.coverage.gaps = vec![Gap {
        host: Arc::from("dc01.lab.example"),
        source: Arc::from("Security"),
        first: at("03T00:10:00"),
        last: at("03T00:20:00"),
        reason: "record ids 901 to 950 are missing".into(),
    }];
    whole.coverage.missing = vec![Missing {
        source: "Application log".into(),
        why_it_matters: "has the errors of VSS itself and of the databases".into(),
        how_to_collect: "wevtutil epl Application Application.evtx".into(),
    }];
    whole.summary = Summary {
        sets: 2,
        sessions: 2,
        findings: FindingCounts { error: 2, warning: 1, info: 0, noise: 2 },
        records_read: 48_211,
        records_lost: 2,
        left_out: None,
    };
    whole
}

/// A System log that shows runs of the service and one loss of shadow copies, but no set.
pub fn without_sets() -> Analysis {
    let runs = vec![
        run("vss", None, Some("02T22:01:00"), EndReason::Idle),
        run("vss", Some("02T23:00:00"), Some("02T23:03:02"), EndReason::Idle),
        run("vss", Some("03T01:00:00"), Some("03T01:02:20"), EndReason::StopRequested),
        run("vss", Some("03T02:14:00"), None, EndReason::Open),
        run("swprv", Some("03T01:00:01"), Some("03T01:05:20"), EndReason::Stopped),
    ];
    let mut whole = analysis(vec![input("i1", "System.evtx", 1_601, 12)], vec![host(runs)]);
    whole.coverage.spans = vec![span("System", 1_601)];
    whole.events = events();
    whole.findings = vec![noise("f1", "VSS 8194 with 0x80070005", "a harmless lack of rights")];
    whole
}

/// A few events of every kind of place and result.
pub fn events() -> Vec<Event> {
    let source = |record, line| RecordRef {
        input: Arc::from("/case/dc01/System.evtx"),
        record,
        line,
        ..RecordRef::default()
    };
    let record = |time: &str, provider: &str, id, what| Event {
        provider: Arc::from(provider),
        event_id: Some(id),
        host: Some(Arc::from("dc01.lab.example")),
        ..Event::new(at(time), source(Some(12_900 + u64::from(id)), None), what)
    };
    let running = || What::Service { service: Arc::from("vss"), state: ServiceState::Running };
    vec![
        record("02T23:00:00", "Service Control Manager", 7036, running()),
        record("03T01:00:00", "Service Control Manager", 7036, running()),
        Event {
            volume: Some("C:".into()),
            actor: Actor::Volsnap,
            ..record("03T01:01:17.758", "volsnap", 36, What::ShadowLoss)
        },
        Event {
            status: Some(Status::Hresult(HResult::VSS_WRITERERROR_TIMEOUT)),
            actor: Actor::Writer,
            process: Process {
                pid: Some(1812),
                image: Some(Arc::from(r"C:\Tools\sqlwriter.exe")),
                ..Process::default()
            },
            set: Some(guid("9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f")),
            writer: Some(Writer {
                name: Some(Arc::from("タスク スケジューラ ライター")),
                ..Default::default()
            }),
            ..record("03T01:01:18.001", "VSS", 8229, What::Log)
        },
        Event {
            actor: Actor::Requester,
            process: Process { pid: Some(5120), image: Some(Arc::from("agent.exe")), ..Process::default() },
            event_id: None,
            ..Event::new(
                at("03T01:01:19.5"),
                source(None, Some(77)),
                What::Call { method: Method::DoSnapshotSet, edge: Edge::Entered, args: Box::default() },
            )
        },
        record("03T01:02:20", "VSS", 8225, What::VssStopping { idle: false }),
    ]
}
