//! The traps of the formats, on small hand-made evidence.

use super::{Taken, build};
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, Callback, Database, DatabaseMark, Edge, EndReason, Event, FlushStep, Guid, InputReport,
    Method, Outcome, Participation, Process, ProviderStep, RecordRef, ServicePhase, ServiceState,
    SnapshotSet, Timeline, Timestamp, What, Writer, WriterState,
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

// A 2007 that came when the backup ended without BackupComplete was a set that had failed.
#[test]
fn the_late_end_of_an_engines_copy_belongs_to_its_set() {
    let freeze = [
        database(0, DatabaseMark::Starting),
        database(15, DatabaseMark::FreezeStarted),
        database(1_968, DatabaseMark::FreezeEnded),
    ];
    let end = database(3_600_000, DatabaseMark::Aborted);
    let timeline = timeline(freeze.into_iter().chain([end]));
    let set = only(&timeline);
    assert_eq!((set.outcome, set.events.len(), set.ended), (Outcome::Unknown, 4, Some(at(3_600_000))));
    assert_eq!(duration(set, "FreezeWindow"), Some(1_953.0));
}

#[test]
fn the_end_of_an_engines_copy_alone_is_no_set() {
    assert!(timeline([database(0, DatabaseMark::Aborted)]).sets.is_empty());
    // Nor does a set of another day take it, if Windows was started in between.
    let boot = event(60_000, What::Startup);
    let marks = [database(0, DatabaseMark::FreezeStarted), boot, database(3_600_000, DatabaseMark::Aborted)];
    assert_eq!(only(&timeline(marks)).events.len(), 1);
}

#[test]
fn an_end_without_a_number_belongs_to_the_last_set_of_its_writer() {
    let mut events = registry_backup(0, 2772);
    events.extend(callback("NTDS", Callback::Freeze, 2_600, 2_900));
    events.extend(registry_backup(60_000, 2772));
    let mut end = database(3_600_000, DatabaseMark::Aborted);
    end.what = What::Database(Database { mark: DatabaseMark::Aborted, database: None, number: None });
    events.push(end);
    let timeline = in_order(events);
    let ends: Vec<bool> = timeline.sets.iter().map(|set| set.ended == Some(at(3_600_000))).collect();
    assert_eq!(ends, [true, false]);
}

// The copy of one set ended while the next one was being created.
#[test]
fn an_end_in_the_time_of_another_set_belongs_to_its_own() {
    let mut events = vec![
        database(0, DatabaseMark::Starting),
        database(15, DatabaseMark::FreezeStarted),
        database(1_968, DatabaseMark::FreezeEnded),
        database(605_000, DatabaseMark::Aborted),
    ];
    events.extend(registry_backup(600_000, 2772));
    let timeline = in_order(events);
    let sizes: Vec<usize> = timeline.sets.iter().map(|set| set.writers.len()).collect();
    assert_eq!((timeline.sets[0].ended, sizes), (Some(at(605_000)), vec![1, 2]));
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

/// A call of a trace that names the instance.
fn traced(ms: i64, key: &str, pid: u32, method: Method) -> Event {
    let mut event = call(ms, pid, method, Edge::Whole);
    event.session = Some(Arc::from(key));
    event.actor = Actor::Requester;
    event.status = Some(vsscope_model::Status::Hresult(vsscope_model::HResult::OK));
    event
}

/// The begin of a backup in such a trace, up to the shadow copy.
fn traced_backup(start: i64, key: &str, pid: u32, set: u128) -> Vec<Event> {
    let mut events: Vec<Event> = [
        (0, Method::CreateVssBackupComponents),
        (10, Method::InitializeForBackup),
        (1_000, Method::StartSnapshotSet),
        (2_000, Method::DoSnapshotSet),
    ]
    .map(|(ms, method)| traced(start + ms, key, pid, method))
    .into();
    events[2].set = Some(Guid::from_bits(set));
    let frozen = callback("System Writer", Callback::Freeze, start + 1_500, start + 1_600);
    events.extend(frozen.map(|mut event| {
        event.session = Some(Arc::from(key));
        event
    }));
    events
}

fn exit(ms: i64, pid: u32, image: &str) -> Event {
    process(event(ms, What::ProcessEnded { exit_code: None }), pid, image)
}

fn in_order(events: impl IntoIterator<Item = Event>) -> Timeline {
    let mut events: Vec<Event> = events.into_iter().collect();
    events.sort_by_key(|event| event.time);
    timeline(events)
}

// The second process made every call of the first one a session of its own.
#[test]
fn a_key_that_two_processes_have_at_a_time_is_two_sessions() {
    let mut events = traced_backup(0, "0x1", 100, 1);
    events.extend(traced_backup(500, "0x1", 200, 2));
    for (ms, pid) in [(60_000, 100), (61_000, 200)] {
        events.push(traced(ms, "0x1", pid, Method::BackupComplete));
        events.push(traced(ms + 10_000, "0x1", pid, Method::Release));
    }
    let timeline = in_order(events);
    let sessions: Vec<_> = timeline.sessions.iter().map(|s| (s.requester.pid, s.calls.len())).collect();
    assert_eq!(sessions, [(Some(100), 6), (Some(200), 6)]);
    assert!(timeline.sets.iter().all(|set| set.outcome == Outcome::Completed));
}

// A day later another program had the pid; its end was taken for the crash of the backup.
#[test]
fn the_end_of_another_program_with_the_pid_ends_no_session() {
    const DAY: i64 = 86_400_000;
    let other = r"C:\Other\agent.exe";
    let mut events = traced_backup(0, "0x1", 100, 1);
    events.push(exit(DAY, 100, other));
    let timeline = in_order(events);
    assert_eq!((timeline.sessions[0].end_reason, timeline.sessions[0].ends_mid), (EndReason::Open, true));

    let mut events: Vec<Event> =
        registry_backup(0, 100).into_iter().filter(|event| event.time < at(10_230)).collect();
    events.extend(
        calls(100, Method::GatherWriterMetadata, DAY, DAY + 100).map(|event| process(event, 100, other)),
    );
    events.push(exit(DAY + 1_000, 100, other));
    let timeline = in_order(events);
    let ends: Vec<EndReason> = timeline.sessions.iter().map(|session| session.end_reason).collect();
    assert_eq!(ends, [EndReason::Unknown, EndReason::ProcessExit]);
}

// The end of an agent was the last event of every backup that it had ever made.
#[test]
fn the_end_of_a_process_is_none_of_instances_released_before() {
    let agent = r"C:\Tools\agent.exe";
    let mut events = traced_backup(0, "0x1", 100, 1);
    events.push(traced(15_000, "0x1", 100, Method::Release));
    events.extend(traced_backup(95_000, "0x2", 100, 2));
    events.push(exit(200_000, 100, agent));
    let timeline = in_order(events);
    let ends: Vec<_> = timeline.sessions.iter().map(|s| (s.end_reason, s.ended)).collect();
    let expected = [(EndReason::Released, Some(at(15_000))), (EndReason::ProcessExit, Some(at(200_000)))];
    assert_eq!(ends, expected);
    let last =
        |session: &vsscope_model::Session| session.events.iter().map(|&i| timeline.events[i].time).max();
    assert_eq!(timeline.sessions.iter().map(last).collect::<Vec<_>>(), expected.map(|(_, ended)| ended));
}

// Without a record of the second program's start only that of Windows tells.
#[test]
fn a_session_does_not_outlive_windows() {
    let mut events = traced_backup(0, "0x1", 100, 1);
    events.push(event(600_000, What::Startup));
    events.push(exit(900_000, 100, r"C:\Tools\agent.exe"));
    assert_eq!(in_order(events).sessions[0].end_reason, EndReason::Open);
}

// The first set had the callbacks of everybody who worked before its BackupComplete.
#[test]
fn a_set_has_no_callbacks_of_a_backup_that_runs_while_it_is_copied() {
    let complete = |event: &Event| match &event.what {
        What::Call { method, .. } => *method == Method::BackupComplete,
        What::Callback { callback, .. } => *callback == Callback::BackupComplete,
        _ => false,
    };
    let late = registry_backup(0, 100).into_iter().map(|mut event| {
        if complete(&event) {
            event.time += chrono::Duration::seconds(600);
        }
        event
    });
    let timeline = in_order(late.chain(registry_backup(60_000, 200)));
    assert_eq!(timeline.sets.len(), 2);
    for set in &timeline.sets {
        let registry = set.writers.iter().find(|w| w.name == "Registry Writer").expect("a writer");
        for phase in ["PrepareBackup", "Freeze", "Thaw", "BackupComplete"] {
            assert_eq!(registry.phases.iter().filter(|p| p.name == phase).count(), 1, "{phase}");
        }
        assert_eq!(duration(set, "Freeze"), Some(2_797.0));
    }
}

// The one who waits has gathered its metadata before: the whole set of the other was taken for its own.
#[test]
fn a_set_has_no_steps_of_the_creation_that_it_waited_for() {
    let waits = calls(200, Method::GatherWriterMetadata, -500, -300);
    let later = registry_backup(60_000, 200).into_iter().filter(|event| event.time > at(60_300));
    let timeline = in_order(waits.into_iter().chain(registry_backup(0, 100)).chain(later));
    let holds = |set: &SnapshotSet| set.phases.iter().filter(|p| p.name == "CommitSnapshots").count();
    assert_eq!(timeline.sets.iter().map(holds).collect::<Vec<_>>(), [1, 1]);
}

// A service that looks at the writers in the morning and backs up in the evening.
#[test]
fn a_discovery_of_the_morning_is_not_part_of_the_backup_of_the_evening() {
    const HOURS: i64 = 14 * 3_600_000;
    let morning = calls(100, Method::GatherWriterMetadata, 0, 200);
    let timeline = in_order(morning.into_iter().chain(registry_backup(HOURS, 100)));
    assert_eq!(timeline.sessions.len(), 2);
    assert_eq!(only(&timeline).started, at(HOURS));
}

// A requester that tries again after an abort, which this trace does not show, ends days later: no crash of the first try.
#[test]
fn a_process_that_makes_another_set_did_not_end_with_the_first_one() {
    let first = registry_backup(0, 100).into_iter().filter(|event| event.time < at(10_230));
    let events =
        first.chain(registry_backup(600_000, 100)).chain([exit(900_000, 100, r"C:\Tools\agent.exe")]);
    let timeline = in_order(events);
    let ends: Vec<EndReason> = timeline.sessions.iter().map(|session| session.end_reason).collect();
    assert_eq!(ends, [EndReason::Unknown, EndReason::ProcessExit]);
}

#[test]
fn the_null_set_at_the_end_is_not_the_end_of_a_session_that_made_a_set() {
    let mut events = traced_backup(0, "0x1", 100, 1);
    for mut event in callback("System Writer", Callback::BackupShutdown, 50_000, 50_001) {
        event.session = Some(Arc::from("0x1"));
        event.set = Some(Guid::NULL);
        events.push(event);
    }
    assert_eq!(in_order(events).sessions[0].end_reason, EndReason::Open);
}

// The writers name the set that StartSnapshotSet of a trace without arguments does not.
#[test]
fn a_trace_without_arguments_has_each_set_once() {
    let mut events = traced_backup(0, "0x1", 100, 1);
    events[2].set = None;
    for event in events.iter_mut().filter(|e| matches!(e.what, What::Callback { .. })) {
        event.set = Some(Guid::from_bits(1));
    }
    let timeline = in_order(events);
    assert_eq!(only(&timeline).guid, Some(Guid::from_bits(1)));
    assert_eq!(only(&timeline).session.as_deref(), Some(&*timeline.sessions[0].id));
}

// The first set whose time reached the record had it, also when the next one was being created by then.
#[test]
fn a_record_belongs_to_the_set_that_is_being_created() {
    let mut events = registry_backup(0, 100);
    events.extend(registry_backup(11_000, 200));
    let mut record = event(14_000, What::Log);
    record.provider = Arc::from("VSS");
    record.event_id = Some(12293);
    events.push(record);
    let timeline = in_order(events);
    let has = |set: &SnapshotSet| set.events.iter().any(|&i| timeline.events[i].event_id == Some(12293));
    assert_eq!(timeline.sets.iter().map(has).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn instances_of_one_writer_are_told_apart() {
    let of = |events: [Event; 2], instance: u128| {
        events.map(|mut event| {
            event.writer = Some(Writer {
                name: Some(Arc::from("SqlServerWriter")),
                class_id: None,
                instance_id: Some(Guid::from_bits(instance << 96)),
                class_name: None,
            });
            event
        })
    };
    let status = |ms, instance, state| {
        let read = WriterState(state);
        of([ms, ms].map(|ms| event(ms, What::WriterStatus { state: read, failure: None })), instance)
    };
    let mut events = traced_backup(0, "0x1", 100, 1);
    for (instance, frozen, thawed, state) in [(0xA, 1_500, 1_700, 5), (0xB, 1_510, 1_900, 9)] {
        events.extend(of(callback("", Callback::Freeze, frozen, frozen), instance));
        events.extend(of(callback("", Callback::Thaw, thawed, thawed), instance));
        events.extend(status(2_100, instance, state));
    }
    for event in &mut events {
        event.session = Some(Arc::from("0x1"));
    }
    let timeline = in_order(events);
    let window = |name: &str| {
        let run = only(&timeline).writers.iter().find(|w| w.name == name).expect("a writer");
        let window = run.phases.iter().find(|p| p.name == "FreezeWindow");
        (run.state, window.and_then(|p| p.duration_ms))
    };
    assert_eq!(window("SqlServerWriter (instance 0000000a)"), (Some(WriterState(5)), Some(200.0)));
    assert_eq!(window("SqlServerWriter (instance 0000000b)"), (Some(WriterState(9)), Some(390.0)));
}

/// The audit record of a shadow copy, and flush-and-hold of a volume by its letter.
fn audited(ms: i64, copy: u128, volume: u128) -> Event {
    let mut event = event(ms, What::SnapshotCreated);
    event.set = Some(Guid::from_bits(0x5E7));
    event.snapshot = Some(Guid::from_bits(copy));
    event.volume = Some(format!(r"\\?\Volume{{{}}}\", Guid::from_bits(volume)));
    event
}

fn held(letter: &str) -> [Event; 2] {
    flush(FlushStep::FlushAndHold, 7_797, 7_797).map(|mut event| {
        event.volume = Some(letter.to_owned());
        event
    })
}

// The audit record has the GUID, flush-and-hold the letter, and volsnap either.
#[test]
fn letter_and_guid_of_the_only_volume_are_one_volume() {
    let lost = |volume: &str| {
        let mut event = event(10_500, What::ShadowLoss);
        event.volume = Some(volume.to_owned());
        event
    };
    let guid = format!(r"\\?\Volume{{{}}}", Guid::from_bits(7));
    for (volume, state) in [("C:", "lost"), (&*guid, "lost"), ("D:", "created")] {
        let events = registry_backup(0, 100).into_iter().chain(held("C:"));
        let timeline = in_order(events.chain([audited(10_200, 1, 7), lost(volume)]));
        let set = only(&timeline);
        assert_eq!(
            (set.volumes.as_slice(), set.snapshots[0].state.as_str()),
            (&["C:".to_owned()][..], state)
        );
    }
}

#[test]
fn letters_and_guids_of_several_volumes_are_not_guessed_together() {
    let events = registry_backup(0, 100).into_iter().chain(held("C:")).chain(held("D:"));
    let timeline = in_order(events.chain([audited(10_200, 1, 7), audited(10_201, 2, 8)]));
    let volumes = &only(&timeline).volumes;
    assert!(volumes.len() == 2 && volumes.iter().all(|volume| volume.contains("Volume{")), "{volumes:?}");
}

#[test]
fn engines_of_two_services_freeze_in_one_set_and_databases_of_sql_server_in_pairs() {
    let engine = |ms, provider: &str, pid, image: &str, name: &str, mark| {
        let database = Database { mark, database: Some(name.into()), number: None };
        let mut event = process(event(ms, What::Database(database)), pid, image);
        event.provider = Arc::from(provider);
        event
    };
    use DatabaseMark::{FreezeEnded, FreezeStarted};
    let timeline = in_order([
        engine(0, "ESENT", 860, "lsass", "NTDSA", FreezeStarted),
        engine(5, "ESENT", 900, "svchost", "DHCP", FreezeStarted),
        engine(10, "MSSQLSERVER", 1_700, "sqlservr.exe", "orders", FreezeStarted),
        engine(20, "MSSQLSERVER", 1_700, "sqlservr.exe", "stock", FreezeStarted),
        engine(1_000, "MSSQLSERVER", 1_700, "sqlservr.exe", "orders", FreezeEnded),
        engine(1_400, "MSSQLSERVER", 1_700, "sqlservr.exe", "stock", FreezeEnded),
        engine(1_500, "ESENT", 900, "svchost", "DHCP", FreezeEnded),
        engine(2_000, "ESENT", 860, "lsass", "NTDSA", FreezeEnded),
    ]);
    let windows: Vec<(&str, Option<f64>)> = only(&timeline)
        .writers
        .iter()
        .map(|w| (&*w.name, w.phases.iter().find(|p| p.name == "FreezeWindow").and_then(|p| p.duration_ms)))
        .collect();
    assert!(windows.contains(&("NTDS", Some(2_000.0))), "{windows:?}");
    assert!(windows.contains(&("SqlServerWriter", Some(1_390.0))), "{windows:?}");
    assert_eq!(windows.len(), 3, "{windows:?}");
}

#[test]
fn audit_records_of_two_hosts_are_two_sets() {
    let mut there = audited(5, 2, 8);
    there.host = Some(Arc::from("HOST2"));
    there.set = Some(Guid::from_bits(0x5E8));
    let mut reports = [InputReport {
        path: Arc::from("a.json"),
        format: "nxlog-json".into(),
        events: vec![audited(0, 1, 7), there],
        ..InputReport::default()
    }];
    let hosts: Vec<String> = build(&mut reports).sets.iter().map(|set| set.host.to_string()).collect();
    assert_eq!(hosts, ["HOST1", "HOST2"]);
}

#[test]
fn a_name_that_is_taken_gets_the_next_free_number() {
    let mut taken = Taken::default();
    let names = ["a", "a-2", "a", "a", "b", "a-2"].map(|name| taken.unique(name.to_owned()));
    assert_eq!(names, ["a", "a-2", "a-3", "a-4", "b", "a-2-2"]);
}

#[test]
fn a_delete_long_after_the_set_marks_its_copy_as_deleted() {
    let (set, copy, other) = (Guid::from_bits(1), Guid::from_bits(2), Guid::from_bits(3));
    let deletes =
        |ms: i64, set: Option<Guid>, snapshot: Option<Guid>, status: Option<vsscope_model::HResult>| {
            let mut delete = traced(ms, "B", 9, Method::DeleteSnapshots);
            (delete.set, delete.snapshot) = (set, snapshot);
            delete.status = status.map(vsscope_model::Status::Hresult);
            delete
        };
    let state = |delete: Event| {
        let mut created = event(4_000, What::SnapshotCreated);
        (created.set, created.snapshot) = (Some(set), Some(copy));
        let timeline = in_order(traced_backup(0, "A", 7, 1).into_iter().chain([created, delete]));
        let made = timeline.sets.iter().find(|made| made.guid == Some(set)).expect("the set");
        made.snapshots[0].state.clone()
    };
    assert_eq!(state(deletes(90_000, Some(set), None, None)), "deleted");
    assert_eq!(state(deletes(90_000, None, Some(copy), None)), "deleted");
    assert_ne!(state(deletes(90_000, None, Some(other), None)), "deleted");
    assert_ne!(
        state(deletes(90_000, Some(set), None, Some(vsscope_model::HResult::ACCESS_DENIED))),
        "deleted"
    );
}
