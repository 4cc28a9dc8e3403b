//! A compact builder of timelines for the tests of the rules.

use chrono::TimeDelta;
use vsscope_model::{
    CallArgs, CallRecord, Callback, Confidence, Edge, EndReason, Event, Finding, Guid, HResult, Host,
    LogDetail, Method, Outcome, Param, Participation, Phase, PhaseActor, RecordRef, Requester, ServiceRun,
    Session, SessionDetail, SessionKind, Snapshot, SnapshotSet, Status, Timeline, Timestamp, What, Writer,
    WriterRun, WriterState,
};

/// The host of all tests.
const HOST: &str = "H1";

/// A timeline under construction. Times are seconds after 10:00 UTC; events have to be added in order of time.
pub struct Lab {
    pub timeline: Timeline,
    /// The session to which calls go.
    pub current: usize,
}

fn time(seconds: f64) -> Timestamp {
    let start: Timestamp = "2031-05-06T10:00:00Z".parse().expect("a time");
    start + TimeDelta::microseconds((seconds * 1e6).round() as i64)
}

impl Lab {
    /// Id of the set of [`Lab::backup`].
    pub const SET: &'static str = "00000000-0000-0000-0000-00000000005e";
    /// Process of every writer.
    pub const WRITER_PID: u32 = 777;

    pub fn new() -> Self {
        let host = Host { name: HOST.into(), aliases: Vec::new(), runs: Vec::new() };
        Lab { timeline: Timeline { hosts: vec![host], ..Timeline::default() }, current: 0 }
    }

    /// A session and nothing else.
    pub fn session_only() -> Self {
        let mut lab = Lab::new();
        lab.add_session("A", 0.0);
        lab
    }

    /// A full backup (FULL, not in component mode) up to the open set.
    pub fn creating() -> Self {
        let mut lab = Lab::session_only();
        lab.call(0.1, Method::PrepareForBackup);
        lab.call(0.2, Method::StartSnapshotSet);
        let guid: Guid = Lab::SET.parse().expect("a GUID");
        lab.timeline.sessions[0].sets.push(Lab::SET.into());
        lab.timeline.sets.push(SnapshotSet {
            id: Lab::SET.into(),
            guid: Some(guid),
            host: HOST.into(),
            session: Some("A".into()),
            provider: None,
            volumes: vec!["C:".into()],
            snapshots: vec![Snapshot {
                guid: Some(Guid::from_bits(0x51)),
                volume: Some("C:".into()),
                ..Snapshot::default()
            }],
            started: time(0.2),
            ended: None,
            outcome: Outcome::Unknown,
            phases: Vec::new(),
            writers: Vec::new(),
            confidence: Confidence::Exact,
            writerless: None,
            evidence_count: 0,
            events: Vec::new(),
        });
        lab
    }

    /// The same with the set ready at 6 s.
    pub fn backup() -> Self {
        let mut lab = Lab::creating();
        lab.finish_creation(6.0);
        lab
    }

    /// DoSnapshotSet succeeds.
    pub fn finish_creation(&mut self, at: f64) {
        self.call(at, Method::DoSnapshotSet);
    }

    pub fn add_session(&mut self, id: &str, at: f64) {
        self.timeline.sessions.push(Session {
            id: id.into(),
            host: HOST.into(),
            kind: SessionKind::Backup,
            requester: Requester::default(),
            context: None,
            backup_type: None,
            component_mode: None,
            started: time(at),
            ended: None,
            end_reason: EndReason::Unknown,
            calls: Vec::new(),
            sets: Vec::new(),
            detail: SessionDetail::Calls,
            confidence: Confidence::Exact,
            starts_mid: false,
            ends_mid: false,
            events: Vec::new(),
        });
        self.current = self.timeline.sessions.len() - 1;
    }

    /// The current session.
    pub fn session(&mut self) -> &mut Session {
        &mut self.timeline.sessions[self.current]
    }

    /// Any event; its index.
    pub fn event(&mut self, at: f64, what: What) -> usize {
        let index = self.timeline.events.len();
        assert!(self.timeline.events.last().is_none_or(|last| last.time <= time(at)), "events in order");
        let source =
            RecordRef { input: "log".into(), record: Some(1000 + index as u64), ..RecordRef::default() };
        let mut event = Event::new(time(at), source, what);
        event.host = Some(HOST.into());
        self.timeline.events.push(event);
        index
    }

    /// A log record; its index.
    pub fn record(&mut self, at: f64, provider: &str, id: u32, level: u8, code: Option<HResult>) -> usize {
        let index = self.event(at, What::Log);
        let event = &mut self.timeline.events[index];
        event.provider = provider.into();
        event.event_id = Some(id);
        event.level = Some(level);
        event.status = code.map(Status::Hresult);
        index
    }

    /// A parameter of a record.
    pub fn param(&mut self, index: usize, value: &str) {
        let record = LogDetail {
            params: vec![Param { name: None, value: value.into() }].into(),
            ..LogDetail::default()
        };
        self.timeline.events[index].record = Some(Box::new(record));
    }

    /// Puts an event into the set.
    pub fn in_set(&mut self, index: usize) {
        self.timeline.sets[0].events.push(index);
    }

    /// A call of the current session that succeeds at once.
    pub fn call(&mut self, at: f64, method: Method) -> &mut CallRecord {
        let what = What::Call { method: method.clone(), edge: Edge::Whole, args: Box::default() };
        let index = self.event(at, what);
        self.timeline.events[index].session = Some("key".into());
        let session = &mut self.timeline.sessions[self.current];
        session.events.push(index);
        session.calls.push(CallRecord {
            method,
            started: time(at),
            ended: Some(time(at)),
            hresult: Some(HResult::OK),
            accepted: None,
            finished: true,
            args: CallArgs::default(),
            set: None,
            snapshot: None,
            volume: None,
            events: vec![index],
        });
        session.calls.last_mut().expect("the call just added")
    }

    /// The current session deletes the set of another session.
    pub fn delete_set_of(&mut self, at: f64, owner: usize) {
        let guid = Some(Lab::SET.parse().expect("a GUID"));
        assert!(self.timeline.sessions[owner].sets.contains(&Lab::SET.to_owned()));
        self.call(at, Method::DeleteSnapshots).set = guid;
    }

    /// The current session deletes its own set.
    pub fn delete_own_set(&mut self, at: f64) {
        self.delete_set_of(at, self.current);
    }

    /// The current session ends.
    pub fn end(&mut self, at: f64, reason: EndReason) {
        let index = self.event(at, What::ProcessEnded { exit_code: None });
        let session = self.session();
        session.ended = Some(time(at));
        session.end_reason = reason;
        session.events.push(index);
    }

    pub fn writer(name: &str) -> Writer {
        Writer { name: Some(name.into()), class_id: None, instance_id: None, class_name: None }
    }

    fn run_of(&mut self, name: &str) -> &mut WriterRun {
        let writers = &mut self.timeline.sets[0].writers;
        let at = writers.iter().position(|run| run.name == name).unwrap_or_else(|| {
            writers.push(WriterRun {
                name: name.into(),
                class_id: None,
                instance_id: None,
                process: None,
                participation: Participation::Involved,
                phases: Vec::new(),
                state: None,
                hresult: None,
            });
            writers.len() - 1
        });
        &mut writers[at]
    }

    /// A callback of a writer in the set.
    pub fn callback(&mut self, at: f64, name: &str, callback: Callback, accepted: bool) {
        let phase_name = callback.to_string();
        let what = What::Callback { callback, edge: Edge::Whole, accepted: Some(accepted) };
        let index = self.event(at, what);
        let event = &mut self.timeline.events[index];
        event.writer = Some(Lab::writer(name));
        event.process.pid = Some(Lab::WRITER_PID);
        event.session = Some("key".into());
        self.in_set(index);
        let result = if accepted { "ok" } else { "veto" };
        // One record for the whole step: the timeline knows its end only.
        let whole = phase(&phase_name, PhaseActor::Writer, at, at, vec![index], Some(result));
        let whole = Phase { started: None, duration_ms: None, ..whole };
        self.run_of(name).phases.push(whole);
    }

    /// The freeze window of a writer, as the timeline adds it beside the callbacks.
    pub fn window(&mut self, name: &str, from: f64, to: f64) {
        let run = self.run_of(name);
        let ends = ["Freeze", "Thaw", "Abort"];
        let events =
            run.phases.iter().filter(|p| ends.contains(&&*p.name)).flat_map(|p| p.events.clone()).collect();
        let aborted = run.phases.iter().any(|phase| phase.name == "Abort");
        let result = Some(if aborted { "abort" } else { "ok" });
        run.phases.push(phase("FreezeWindow", PhaseActor::Writer, from, to, events, result));
    }

    /// Freeze, its end by Thaw or Abort, and the window.
    pub fn freeze(&mut self, name: &str, from: f64, to: f64, end: Callback) {
        self.callback(from, name, Callback::PrepareSnapshot, true);
        self.callback(from, name, Callback::Freeze, true);
        self.finish_do_snapshot_set_call(from);
        self.callback(to, name, end, true);
        self.window(name, from, to);
    }

    /// DoSnapshotSet was called just before and has not ended.
    fn finish_do_snapshot_set_call(&mut self, at: f64) {
        let call = self.call(at, Method::DoSnapshotSet);
        call.ended = None;
        call.hresult = None;
    }

    /// The requester reads the state of a writer.
    pub fn status(&mut self, at: f64, name: &str, state: WriterState, failure: Option<HResult>) {
        let index = self.event(at, What::WriterStatus { state, failure });
        let event = &mut self.timeline.events[index];
        event.writer = Some(Lab::writer(name));
        event.session = Some("key".into());
        self.session().events.push(index);
    }

    /// A phase of the set itself.
    pub fn phase(&mut self, name: &str, actor: PhaseActor, from: f64, to: f64, events: Vec<usize>) {
        self.timeline.sets[0].phases.push(phase(name, actor, from, to, events, None));
    }

    /// The clock is set; the record bears the new time.
    pub fn clock_step(&mut self, old: f64, new: f64) {
        self.event(new, What::ClockChanged { old: time(old), new: time(new) });
    }

    /// A run of a service, with an event for its end.
    pub fn service_run(&mut self, service: &str, from: f64, to: f64, end_reason: EndReason) {
        let event = self.event(to, What::Log);
        self.timeline.hosts[0].runs.push(ServiceRun {
            service: service.into(),
            started: Some(time(from)),
            ended: Some(time(to)),
            pid: None,
            end_reason,
            events: vec![event],
        });
    }

    pub fn run(&self) -> Vec<Finding> {
        super::run(&self.timeline, &super::Policy::default())
    }
}

fn phase(
    name: &str,
    actor: PhaseActor,
    from: f64,
    to: f64,
    events: Vec<usize>,
    result: Option<&str>,
) -> Phase {
    Phase {
        name: name.into(),
        actor,
        parent: None,
        started: Some(time(from)),
        ended: Some(time(to)),
        duration_ms: Some((to - from) * 1000.0),
        limit_ms: None,
        result: result.map(str::to_owned),
        note: None,
        events,
    }
}

/// The first finding of a rule.
pub fn find<'f>(findings: &'f [Finding], rule: &str) -> &'f Finding {
    findings
        .iter()
        .find(|finding| finding.rule == rule)
        .unwrap_or_else(|| panic!("no {rule} in {findings:#?}"))
}

pub fn assert_fires(lab: &Lab, rule: &str) {
    find(&lab.run(), rule);
}

pub fn assert_silent(lab: &Lab, rule: &str) {
    let findings = lab.run();
    assert!(findings.iter().all(|finding| finding.rule != rule), "{rule} fires: {findings:#?}");
}
