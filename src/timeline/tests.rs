//! The traps of the formats, on small hand-made evidence.

use super::build;
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, Callback, Database, DatabaseMark, Edge, EndReason, Event, FlushStep, InputReport,
    Method, Outcome, Participation, Process, ProviderStep, RecordRef, ServicePhase, ServiceState,
    SnapshotSet, Timeline, Timestamp, What, Writer,
};

/// Milliseconds after an arbitrary start.
fn at(ms: i64) -> Timestamp {
    let start: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
    start + chrono::Duration::milliseconds(ms)
}

fn event(ms: i64, what: What) -> Event {
    let mut event =
        Event::new(at(ms), RecordRef { input: Arc::from("a.evtx"), ..RecordRef::default() }, what);
    event.host = Some(Arc::from("HOST1"));
    event
}

fn process(mut event: Event, pid: u32, image: &str) -> Event {
    event.process = Process { pid: Some(pid), image: Some(Arc::from(image)), ..Process::default() };
    event
}

fn call(ms: i64, pid: u32, method: Method, edge: Edge) -> Event {
    process(
        event(ms, What::Call { method, edge, args: Box::<CallArgs>::default() }),
        pid,
        r"C:\Tools\agent.exe",
    )
}

/// A registry-trace call from `from` to `to`.
fn calls(pid: u32, method: Method, from: i64, to: i64) -> [Event; 2] {
    [call(from, pid, method.clone(), Edge::Entered), call(to, pid, method, Edge::Finished)]
}

fn callback(name: &str, callback: Callback, from: i64, to: i64) -> [Event; 2] {
    let one = |ms, edge| {
        let mut event = event(ms, What::Callback { callback: callback.clone(), edge, accepted: None });
        event.actor = Actor::Writer;
        event.writer = Some(Writer { name: Some(Arc::from(name)), ..Writer::default() });
        event
    };
    [one(from, Edge::Entered), one(to, Edge::Returned)]
}

fn phase(phase: ServicePhase, from: i64, to: i64) -> [Event; 2] {
    [Edge::Entered, Edge::Returned].map(|edge| {
        let ms = if edge == Edge::Entered { from } else { to };
        event(ms, What::Phase { phase: phase.clone(), edge })
    })
}

fn step(step: ProviderStep, from: i64, to: i64) -> [Event; 2] {
    [Edge::Entered, Edge::Returned].map(|edge| {
        let ms = if edge == Edge::Entered { from } else { to };
        event(ms, What::ProviderStep { step: step.clone(), edge, duration_ms: None })
    })
}

fn flush(step: FlushStep, from: i64, to: i64) -> [Event; 2] {
    [Edge::Entered, Edge::Returned].map(|edge| {
        let ms = if edge == Edge::Entered { from } else { to };
        event(ms, What::Flush { step: step.clone(), edge })
    })
}

fn timeline(events: impl IntoIterator<Item = Event>) -> Timeline {
    let mut reports = [InputReport {
        path: Arc::from("a.evtx"),
        format: "evtx".into(),
        events: events.into_iter().collect(),
        ..InputReport::default()
    }];
    build(&mut reports)
}

fn only(timeline: &Timeline) -> &SnapshotSet {
    assert_eq!(timeline.sets.len(), 1, "{:#?}", timeline.sets.iter().map(|s| &s.id).collect::<Vec<_>>());
    &timeline.sets[0]
}

fn duration(set: &SnapshotSet, phase: &str) -> Option<f64> {
    set.phases.iter().find(|p| p.name == phase).and_then(|p| p.duration_ms)
}

/// A good backup as the registry trace shows it: Identify comes again between GetState and BackupComplete, and the records
/// of the hold come in one burst.
fn registry_backup(start: i64, pid: u32) -> Vec<Event> {
    let t = |ms: i64| start + ms;
    [
        calls(pid, Method::GatherWriterMetadata, t(0), t(265)),
        callback("Registry Writer", Callback::Identify, t(47), t(249)),
        callback("ASR Writer", Callback::Identify, t(62), t(265)),
        step(ProviderStep::BeginPrepareSnapshot, t(609), t(609)),
        calls(pid, Method::PrepareForBackup, t(625), t(687)),
        callback("Registry Writer", Callback::PrepareBackup, t(640), t(660)),
        calls(pid, Method::DoSnapshotSet, t(703), t(10_218)),
        phase(ServicePhase::PrepareSnapshot, t(2_313), t(2_562)),
        callback("Registry Writer", Callback::PrepareSnapshot, t(2_344), t(2_484)),
        phase(ServicePhase::Freeze, t(2_562), t(5_359)),
        phase(ServicePhase::FreezeResourceManagers, t(2_937), t(5_359)),
        callback("Registry Writer", Callback::Freeze, t(2_937), t(5_359)),
        flush(FlushStep::OpenVolumes, t(5_359), t(7_515)),
        flush(FlushStep::FlushAndHold, t(7_797), t(7_797)),
        flush(FlushStep::Release, t(7_797), t(7_797)),
        step(ProviderStep::CommitSnapshots, t(7_797), t(7_797)),
        phase(ServicePhase::Thaw, t(7_843), t(8_063)),
        callback("Registry Writer", Callback::Thaw, t(7_843), t(7_850)),
        step(ProviderStep::PostFinalCommitSnapshots, t(9_812), t(10_156)),
        calls(pid, Method::GatherWriterStatus, t(10_218), t(10_265)),
        calls(pid, Method::GatherWriterMetadata, t(10_265), t(10_486)),
        callback("ASR Writer", Callback::Identify, t(10_300), t(10_486)),
        calls(pid, Method::BackupComplete, t(10_500), t(10_577)),
        callback("Registry Writer", Callback::BackupComplete, t(10_547), t(10_561)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn identify_again_before_backup_complete_is_the_same_session() {
    let timeline = timeline(registry_backup(0, 2772));
    assert_eq!(timeline.sessions.len(), 1);
    let set = only(&timeline);
    assert_eq!(set.outcome, Outcome::Completed);
    assert_eq!(set.guid, None);
    assert_eq!(set.id, "HOST1@20310506T070809.000Z");
    assert_eq!(duration(set, "DoSnapshotSet"), Some(9515.0));
    assert_eq!(duration(set, "Freeze"), Some(2797.0));
    assert_eq!(set.writerless, Some(false));
    let part = |name: &str| set.writers.iter().find(|w| w.name == name).map(|w| w.participation);
    assert_eq!(part("Registry Writer"), Some(Participation::Involved));
    assert_eq!(part("ASR Writer"), Some(Participation::Identified));
}

#[test]
fn a_burst_of_hold_records_gives_no_duration_but_a_bound() {
    let timeline = timeline(registry_backup(0, 2772));
    let hold = only(&timeline).phases.iter().find(|p| p.name == "FlushAndHold").expect("a hold");
    assert_eq!((hold.started, hold.ended, hold.duration_ms), (None, Some(at(7_797)), None));
    assert!(hold.note.as_deref().is_some_and(|note| note.contains("at most 0.282 s")), "{:?}", hold.note);
}

#[test]
fn two_backups_of_one_process_are_two_sessions_and_two_sets() {
    let mut events = registry_backup(0, 2772);
    events.extend(registry_backup(60_000, 2772));
    let timeline = timeline(events);
    assert_eq!(timeline.sessions.len(), 2);
    assert_eq!(timeline.sets.len(), 2);
    assert!(timeline.sets.iter().all(|set| set.outcome == Outcome::Completed));
    assert_eq!(timeline.sets[1].started, at(60_000));
}

#[test]
fn a_set_never_begins_in_the_backup_of_the_day_before() {
    const DAY: i64 = 86_400_000;
    // A provider that leaves no trace of its own, on the second day.
    let second =
        registry_backup(DAY, 2772).into_iter().filter(|e| !matches!(e.what, What::ProviderStep { .. }));
    let timeline = timeline(registry_backup(0, 2772).into_iter().chain(second));
    let started: Vec<Timestamp> = timeline.sets.iter().map(|set| set.started).collect();
    assert_eq!(started, [at(0), at(DAY)]);
}

#[test]
fn a_provider_run_without_a_requester_is_a_set_without_writers() {
    let events = [
        step(ProviderStep::BeginPrepareSnapshot, 0, 0),
        step(ProviderStep::EndPrepareSnapshots, 20, 630),
        phase(ServicePhase::Freeze, 640, 640),
        step(ProviderStep::CommitSnapshots, 1_100, 1_100),
        step(ProviderStep::PostFinalCommitSnapshots, 1_500, 1_800),
    ];
    let timeline = timeline(events.into_iter().flatten());
    let set = only(&timeline);
    assert_eq!(set.writerless, Some(true));
    assert_eq!(set.outcome, Outcome::Created);
}

#[test]
fn a_creation_that_the_log_cuts_off_is_incomplete() {
    let cut: Vec<Event> = registry_backup(0, 2772).into_iter().filter(|e| e.time < at(7_000)).collect();
    let timeline = timeline(cut);
    assert_eq!(only(&timeline).outcome, Outcome::Incomplete);
    assert!(timeline.sessions[0].ends_mid);
}

fn database(ms: i64, mark: DatabaseMark) -> Event {
    let database = Database { mark, database: None, number: Some(1) };
    process(event(ms, What::Database(database)), 860, "lsass")
}

#[test]
fn a_freeze_in_a_database_log_is_a_set_of_its_own() {
    let events = [
        database(0, DatabaseMark::Starting),
        database(15, DatabaseMark::FreezeStarted),
        database(1_968, DatabaseMark::FreezeEnded),
        database(1_970, DatabaseMark::Completed),
        // Half an hour later, another one.
        database(1_800_000, DatabaseMark::Starting),
        database(1_800_010, DatabaseMark::FreezeStarted),
    ];
    let timeline = timeline(events);
    assert_eq!(timeline.sets.len(), 2);
    let ntds = &timeline.sets[0].writers[0];
    assert_eq!((ntds.name.as_str(), ntds.process.as_deref()), ("NTDS", Some("lsass (860)")));
    assert_eq!(duration(&timeline.sets[0], "FreezeWindow"), Some(1_953.0));
    assert_eq!(timeline.sets[0].outcome, Outcome::Created);
    assert_eq!(timeline.sets[1].outcome, Outcome::Unknown);
}

#[test]
fn a_database_engine_is_its_writer_by_name_and_by_process() {
    // The same freeze, told by ESENT as lsass and by NTDS ISAM as NTDS, beside the writer's own records.
    let mut events = registry_backup(0, 2772);
    let by = |ms, image: &str| {
        process(
            event(
                ms,
                What::Database(Database { mark: DatabaseMark::FreezeStarted, database: None, number: None }),
            ),
            600,
            image,
        )
    };
    events.extend(
        callback("NTDS", Callback::Freeze, 2_600, 2_900)
            .map(|e| process(e, 600, r"C:\Windows\System32\lsass.exe")),
    );
    events.extend(
        callback("NTDS", Callback::Thaw, 7_843, 8_063)
            .map(|e| process(e, 600, r"C:\Windows\System32\lsass.exe")),
    );
    events.extend([by(2_600, "lsass"), by(2_600, "NTDS"), by(2_600, "some engine")]);
    events.sort_by_key(|e| e.time);
    let timeline = timeline(events);
    let names: Vec<&str> = only(&timeline).writers.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(names, ["ASR Writer", "NTDS", "Registry Writer"]);
}

#[test]
fn service_runs_end_for_the_reason_that_the_service_gave() {
    let scm = |ms, state| event(ms, What::Service { service: Arc::from("vss"), state });
    let events = [
        scm(0, ServiceState::Running),
        process(event(179_900, What::VssStopping { idle: true }), 3088, "vssvc.exe"),
        scm(180_000, ServiceState::Stopped),
        scm(300_000, ServiceState::Running),
        event(301_000, What::VssStopping { idle: false }),
        scm(301_500, ServiceState::Stopped),
        scm(400_000, ServiceState::Running),
        scm(410_000, ServiceState::Crashed),
        scm(500_000, ServiceState::Running),
    ];
    let timeline = timeline(events);
    let runs: Vec<_> =
        timeline.hosts[0].runs.iter().map(|run| (run.end_reason, run.ended.is_some(), run.pid)).collect();
    assert_eq!(
        runs,
        [
            (EndReason::Idle, true, Some(3088)),
            (EndReason::StopRequested, true, None),
            (EndReason::Crashed, true, None),
            (EndReason::Open, false, None),
        ]
    );
}

#[test]
fn a_restart_ends_a_run_at_an_unknown_time() {
    let scm = |ms, state| event(ms, What::Service { service: Arc::from("vss"), state });
    let mut boot = event(600_000, What::Startup);
    boot.provider = Arc::from("Microsoft-Windows-Kernel-General");
    let timeline = timeline([scm(0, ServiceState::Running), boot, scm(900_000, ServiceState::Running)]);
    let runs: Vec<_> =
        timeline.hosts[0].runs.iter().map(|run| (run.started, run.ended, run.end_reason)).collect();
    assert_eq!(runs, [(Some(at(0)), None, EndReason::Restart), (Some(at(900_000)), None, EndReason::Open)]);
}

#[test]
fn a_stop_without_a_start_is_a_run_from_before_the_log() {
    let stop = event(0, What::Service { service: Arc::from("vss"), state: ServiceState::Stopped });
    let timeline = timeline([stop]);
    let run = &timeline.hosts[0].runs[0];
    assert_eq!((run.started, run.ended, run.end_reason), (None, Some(at(0)), EndReason::Stopped));
}

#[test]
fn a_log_and_its_copy_count_once() {
    let mut event = event(0, What::Log);
    event.source.channel = Some(Arc::from("Application"));
    event.source.record = Some(7);
    let copy = |path: &str| InputReport {
        path: Arc::from(path),
        format: "evtx".into(),
        events: vec![event.clone()],
        ..InputReport::default()
    };
    assert_eq!(build(&mut [copy("a.evtx"), copy("b.evtx")]).events.len(), 1);
}
