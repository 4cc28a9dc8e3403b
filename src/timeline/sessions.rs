//! Requester sessions: the life of one `IVssBackupComponents` instance, as far as the evidence shows it.
//!
//! Three kinds of evidence, from rich to poor: traces that name the instance and every call; the registry trace, which
//! has only the long calls by process; audit records and process starts, which only say who it was.

use super::runs::is_restart;
use super::{HostView, at_time, settle, unique};
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, CallRecord, Callback, Confidence, Edge, EndReason, Event, Guid, Method, Requester,
    Session, SessionDetail, SessionKind, SnapshotSet, Timestamp, What,
};

/// Methods whose work goes on after they return, until the end of their `IVssAsync`.
/// Source: the "pAsync" parameter on the pages of `IVssBackupComponents`.
const ASYNCHRONOUS: &[Method] = &[
    Method::GatherWriterMetadata,
    Method::GatherWriterStatus,
    Method::PrepareForBackup,
    Method::DoSnapshotSet,
    Method::BackupComplete,
    Method::PreRestore,
    Method::PostRestore,
    Method::ImportSnapshots,
];

/// The sessions of a host in order of start.
///
/// `taken` holds the session ids of the hosts before; ids are unique over all hosts.
pub fn find(view: &HostView<'_>, taken: &mut BTreeSet<String>) -> Vec<Session> {
    let mut sessions = of_instances(view);
    let with_key: HashSet<usize> =
        sessions.iter().flat_map(|session| session.events.iter().copied()).collect();
    for session in of_registry_trace(view, &with_key) {
        match sessions.iter_mut().find(|trace| is_rest_of(view, trace, &session)) {
            Some(trace) => complete(view, trace, session),
            None => sessions.push(session),
        }
    }
    sessions.extend(of_audit(view, &sessions));
    let followed = followed(view, &sessions);
    let downs: Vec<usize> = view.iter().filter(|(_, e)| is_down(e)).map(|(index, _)| index).collect();
    for (session, followed) in sessions.iter_mut().zip(followed) {
        add_process(view, session);
        if followed {
            session.events.retain(|&i| !matches!(view.events[i].what, What::ProcessEnded { .. }));
        }
        conclude(view, session, &downs);
    }
    sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    for session in &mut sessions {
        session.id = unique(std::mem::take(&mut session.id), taken);
    }
    sessions
}

/// For each session whether it is one of the registry trace and its process began another one after it: then the end of
/// the process is not that of this session, whose instance was let go at some time before.
fn followed(view: &HostView<'_>, sessions: &[Session]) -> Vec<bool> {
    let mut starts: HashMap<u32, Vec<Timestamp>> = HashMap::new();
    let is_trace =
        |session: &&Session| matches!(session.detail, SessionDetail::Phases | SessionDetail::Newest);
    for session in sessions.iter().filter(is_trace) {
        if let Some(pid) = session.requester.pid {
            starts.entry(pid).or_default().push(session.started);
        }
    }
    let is_followed = |session: &Session| {
        let later = starts.get(&session.requester.pid?)?.iter().copied().filter(|at| *at > session.started);
        let next = later.min()?;
        let gone =
            view.processes(session.requester.pid?).any(|(_, e)| session.started < e.time && e.time <= next);
        Some(!gone && !view.restarted(session.started, next))
    };
    sessions.iter().map(|session| is_trace(&session) && is_followed(session).unwrap_or(false)).collect()
}

/// An empty session.
fn session(view: &HostView<'_>, detail: SessionDetail, started: Timestamp) -> Session {
    Session {
        id: String::new(),
        host: Arc::clone(&view.host),
        kind: SessionKind::Unknown,
        requester: Requester::default(),
        context: None,
        backup_type: None,
        component_mode: None,
        started,
        ended: None,
        end_reason: EndReason::Unknown,
        calls: Vec::new(),
        sets: Vec::new(),
        detail,
        confidence: Confidence::Exact,
        starts_mid: false,
        ends_mid: false,
        events: Vec::new(),
    }
}

/// One epoch of an instance's key: keys (pointers) come back, an epoch never does.
struct Epoch {
    session: Session,
    /// When it was over: the last `Release`, the process's end, or a sign that the process cannot live any more.
    over: Option<Timestamp>,
    /// The sets that were started in it.
    sets: Vec<Guid>,
}

impl Epoch {
    /// Whether a requester's event with this process id may belong to this epoch.
    fn is_of(&self, pid: Option<u32>) -> bool {
        !matches!((pid, self.session.requester.pid), (Some(a), Some(b)) if a != b)
    }

    fn note_call(&mut self, event: &Event, method: &Method, args: &CallArgs) {
        let requester = &mut self.session.requester;
        requester.pid = requester.pid.or(event.process.pid);
        requester.image = requester.image.take().or_else(|| event.process.image.clone());
        requester.user = requester.user.take().or_else(|| event.process.user.clone());
        if *method == Method::StartSnapshotSet {
            self.sets.extend(event.set);
        }
        if *method == Method::Release && args.references.is_none_or(|left| left == 0) {
            self.over = self.over.or(Some(event.time));
        }
    }
}

/// Whether a session of the registry trace is the same as one of a function trace that lacks its beginning or its end: a
/// circular trace is cut where it likes.
fn is_rest_of(view: &HostView<'_>, trace: &Session, other: &Session) -> bool {
    let last = |session: &Session| {
        session.calls.iter().map(|call| call.ended.unwrap_or(call.started)).max().unwrap_or(session.started)
    };
    let (from, to) = (trace.started.min(other.started), last(trace).max(last(other)));
    let gone = |pid| {
        let ends = view.processes(pid).filter(|(_, e)| matches!(e.what, What::ProcessEnded { .. }));
        ends.into_iter().any(|(_, e)| from < e.time && e.time < to)
    };
    let same_process = trace.requester.pid.is_some_and(|pid| other.requester.pid == Some(pid) && !gone(pid));
    let begins = |call: &CallRecord| {
        let first = call.events.first().map(|&i| &view.events[i].what);
        matches!(first, Some(What::Call { edge: Edge::Entered | Edge::Whole, .. }))
    };
    let has = |session: &Session, method: &Method| {
        session.calls.iter().any(|call| call.method == *method && begins(call))
    };
    // Two backups of one process have their own creations.
    let once = [Method::DoSnapshotSet, Method::BackupComplete];
    let apart = once.iter().any(|method| has(trace, method) && has(other, method));
    trace.detail == SessionDetail::Calls
        && trace.confidence == Confidence::Strong
        && trace.started != Event::NO_TIME
        && same_process
        && !apart
        && to - from <= Duration::days(1)
        && !view.restarted(from, to)
}

/// Adds the calls that only the registry trace has.
fn complete(view: &HostView<'_>, trace: &mut Session, other: Session) {
    trace.events.extend(other.events);
    trace.events.sort_unstable();
    trace.events.dedup();
    trace.started = trace.started.min(other.started);
    trace.calls = calls(view, &trace.events);
}

/// The epochs of a host, by key.
#[derive(Default)]
struct Epochs {
    all: Vec<Epoch>,
    /// By key, the newest last. Keys are unique within a process only.
    by_key: HashMap<Arc<str>, Vec<usize>>,
    /// Those that are not over.
    open: Vec<usize>,
    /// Processes that have or had one.
    pids: HashSet<u32>,
}

impl Epochs {
    /// A call belongs to the newest epoch of its key and process, unless that is over. `CreateVssBackupComponents` always
    /// begins a new one.
    fn of_call(&self, key: &Arc<str>, method: &Method, pid: Option<u32>) -> Option<usize> {
        if *method == Method::CreateVssBackupComponents {
            return None;
        }
        self.newest(key, |epoch| epoch.is_of(pid)).filter(|&at| self.all[at].over.is_none())
    }

    /// What is no call: a status that the requester read, or a writer's callback, which has the key but not the
    /// requester's pid. With several epochs at that time the set decides; else it is the newest that is not over.
    fn of_other(&self, key: &Arc<str>, event: &Event) -> Option<usize> {
        if event.actor == Actor::Requester {
            return self.newest(key, |epoch| epoch.is_of(event.process.pid));
        }
        let is_recent = |epoch: &Epoch| epoch.over.is_none_or(|at| event.time - at <= shutdown_lag());
        let by_set = self
            .newest(key, |epoch| is_recent(epoch) && event.set.is_some_and(|set| epoch.sets.contains(&set)));
        by_set
            .or_else(|| self.newest(key, |epoch| epoch.over.is_none()))
            .or_else(|| self.newest(key, |_| true))
    }

    fn newest(&self, key: &Arc<str>, wanted: impl Fn(&Epoch) -> bool) -> Option<usize> {
        self.by_key.get(key)?.iter().rev().copied().find(|&at| wanted(&self.all[at]))
    }

    fn begin(&mut self, key: &Arc<str>, session: Session) -> usize {
        let at = self.all.len();
        self.all.push(Epoch { session, over: None, sets: Vec::new() });
        self.by_key.entry(Arc::clone(key)).or_default().push(at);
        self.open.push(at);
        at
    }

    /// A call that another source notes without naming the instance belongs to the only open one of its process.
    fn absorb(&mut self, event: &Event, index: usize) {
        let Some(pid) = event.process.pid else { return };
        // Between what has a time and what has none there is no before and after.
        let is_timed = |epoch: &Epoch| epoch.session.started != Event::NO_TIME;
        let is_own = |epoch: &Epoch| epoch.session.requester.pid == Some(pid) && is_timed(epoch);
        let mut own = self.open.iter().filter(|&&at| is_own(&self.all[at]));
        if let Some(at) = own.next().copied().filter(|_| own.next().is_none()) {
            self.all[at].session.events.push(index);
        }
    }

    /// Ends those of the open epochs that this event ends.
    fn end(&mut self, event: &Event, index: usize) {
        let same_pid =
            |epoch: &Epoch| event.process.pid.is_some() && epoch.session.requester.pid == event.process.pid;
        let is_start = matches!(event.what, What::Startup);
        let is_seen = event.process.pid.is_none_or(|pid| self.pids.contains(&pid));
        if !is_start && !is_seen && event.session.is_none() {
            return;
        }
        // An end that names the instance is its end, also where no call of it shows the pid.
        let named = event.session.as_ref().and_then(|key| self.of_other(key, event));
        let ours = |epoch: &Epoch| !is_other_image(&epoch.session.requester.image, &event.process.image);
        let all = &mut self.all;
        self.open.retain(|&at| {
            let epoch = &mut all[at];
            let ends = match event.what {
                What::ProcessEnded { .. } if ours(epoch) => same_pid(epoch) || named == Some(at),
                // Another process has the pid: the one before it is gone, and when it went is not known.
                What::ProcessStarted { .. } => {
                    same_pid(epoch) && event.time - epoch.session.started > process_lead()
                }
                What::Startup => true,
                _ => same_pid(epoch) && !ours(epoch),
            };
            if ends && epoch.over.is_none() {
                epoch.over = Some(event.time);
                if matches!(event.what, What::ProcessEnded { .. }) && ours(epoch) {
                    epoch.session.events.push(index);
                }
            }
            epoch.over.is_none()
        });
    }
}

/// The writers get BackupShutdown this soon after the release.
pub fn shutdown_lag() -> Duration {
    Duration::seconds(60)
}

/// A process's start is noted a moment before its first call; clocks of two logs differ a little.
fn process_lead() -> Duration {
    Duration::seconds(1)
}

/// A call as the registry trace notes it: without the instance.
fn is_call_without_key(event: &Event) -> bool {
    event.session.is_none() && matches!(event.what, What::Call { .. })
}

fn is_creation(event: &Event) -> bool {
    matches!(event.what, What::Call { method: Method::CreateVssBackupComponents, .. })
}

/// Whether two paths are those of two programs. Some logs have the file name only.
fn is_other_image(a: &Option<Arc<str>>, b: &Option<Arc<str>>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    let is_path = |image: &str| image.contains(['\\', '/']);
    if is_path(a) && is_path(b) {
        return !a.eq_ignore_ascii_case(b);
    }
    !base_name(a).eq_ignore_ascii_case(base_name(b))
}

/// Sessions of traces that name the instance. An epoch ends with its last `Release`, with its process, or with Windows.
fn of_instances(view: &HostView<'_>) -> Vec<Session> {
    let mut epochs = Epochs::default();
    for (index, event) in view.iter() {
        let is_end =
            matches!(event.what, What::ProcessEnded { .. } | What::ProcessStarted { .. } | What::Startup);
        if is_end || is_creation(event) {
            epochs.end(event, index);
        }
        if is_call_without_key(event) {
            epochs.absorb(event, index);
        }
        let Some(key) = event.session.as_ref().filter(|_| !is_end) else { continue };
        let call = match &event.what {
            What::Call { method, args, .. } => Some((method, args)),
            _ => None,
        };
        let known = match call {
            Some((method, _)) => epochs.of_call(key, method, event.process.pid),
            None => epochs.of_other(key, event),
        };
        let at = known.unwrap_or_else(|| epochs.begin(key, session(view, SessionDetail::Calls, event.time)));
        let epoch = &mut epochs.all[at];
        epoch.session.events.push(index);
        if event.session_inferred {
            epoch.session.confidence = Confidence::Strong;
        }
        if let Some((method, args)) = call {
            epoch.note_call(event, method, args);
            epochs.pids.extend(event.process.pid);
        }
    }
    let finish = |epoch: Epoch| {
        let mut session = epoch.session;
        session.events.sort_unstable();
        session.calls = calls(view, &session.events);
        if !session.events.iter().any(|&i| is_end_of_work(&view.events[i])) {
            take_return_for_end(view, &mut session.calls);
        }
        let makes_instance = |call: &CallRecord| {
            matches!(
                call.method,
                Method::CreateVssBackupComponents
                    | Method::InitializeForBackup
                    | Method::InitializeForRestore
            )
        };
        // What a tool prints of its work begins with its work; creating the instance is not worth a line to it.
        session.starts_mid =
            !session.calls.first().is_some_and(makes_instance) && !is_transcript(view, &session);
        if is_transcript(view, &session) {
            // The lines of a tool stand for calls.
            session.confidence = Confidence::Strong;
        }
        if session.calls.is_empty() {
            session.detail = SessionDetail::Identity;
        }
        session
    };
    epochs.all.into_iter().map(finish).collect()
}

fn is_end_of_work(event: &Event) -> bool {
    matches!(event.what, What::Call { edge: Edge::Finished, .. })
}

/// A trace may show functions only and never the end of asynchronous work. Then an accepted call counts as over when it
/// returned: its later failure would show in the calls behind it.
fn take_return_for_end(view: &HostView<'_>, calls: &mut [CallRecord]) {
    for call in calls.iter_mut().filter(|call| call.ended.is_none() && call.accepted.is_some()) {
        call.ended = call.events.last().map(|&i| view.events[i].time);
        call.hresult = call.accepted;
    }
}

/// Whether a session is known from the output of a tool only: its events have an order and no clock of their own.
pub fn is_transcript(view: &HostView<'_>, session: &Session) -> bool {
    let events = || session.events.iter().map(|&i| &view.events[i]);
    events().all(|event| !event.clock.measures() && &*event.provider != Event::TRACE_PROVIDER)
}

/// Sessions of the registry trace: one requester process, cut where a new backup begins in it.
fn of_registry_trace(view: &HostView<'_>, with_key: &HashSet<usize>) -> Vec<Session> {
    let mut by_pid: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for (index, event) in view.iter() {
        let is_call = is_call_without_key(event) && !with_key.contains(&index);
        if is_call || matches!(event.what, What::ProcessEnded { .. } | What::ProcessStarted { .. }) {
            by_pid.entry(event.process.pid).or_default().push(index);
        }
    }
    let mut sessions = Vec::new();
    for (pid, indexes) in by_pid {
        for life in lives(view, &indexes) {
            for calls in backups(calls(view, &life)) {
                let Some(first) = calls.first() else { continue };
                let newest_only =
                    calls.iter().flat_map(|call| &call.events).any(|&i| view.events[i].newest_only);
                let detail = if newest_only { SessionDetail::Newest } else { SessionDetail::Phases };
                let mut new = session(view, detail, first.started);
                // Only the process is known, and of the newest instances not even whether they are of one backup.
                new.confidence = if newest_only { Confidence::Weak } else { Confidence::Strong };
                new.events = calls.iter().flat_map(|call| call.events.iter().copied()).collect();
                new.events.sort_unstable();
                let process = &view.events[first.events[0]].process;
                new.requester = Requester {
                    image: process.image.clone(),
                    command_line: None,
                    pid,
                    user: process.user.clone(),
                };
                new.starts_mid = matches!(
                    &view.events[first.events[0]].what,
                    What::Call { edge: Edge::Returned | Edge::Finished, .. }
                );
                new.calls = calls;
                sessions.push(new);
            }
        }
    }
    sessions
}

/// Cuts a process's calls where the process ended, another one started with its pid, or Windows did: pids are reused.
fn lives(view: &HostView<'_>, indexes: &[usize]) -> Vec<Vec<usize>> {
    let mut lives: Vec<Vec<usize>> = vec![Vec::new()];
    for &index in indexes {
        let event = &view.events[index];
        let last = lives.last().and_then(|life| life.last()).map(|&i| view.events[i].time);
        let is_call = matches!(event.what, What::Call { .. });
        let cut = match event.what {
            What::ProcessEnded { .. } => true,
            What::ProcessStarted { .. } => last.is_some_and(|at| event.time - at > process_lead()),
            _ => last.is_some_and(|at| {
                let before =
                    lives.last().and_then(|life| life.last()).map(|&i| &view.events[i].process.image);
                before.is_some_and(|image| is_other_image(image, &event.process.image))
                    || view.restarted(at, event.time)
            }),
        };
        if cut {
            lives.push(Vec::new());
        }
        if let Some(life) = lives.last_mut().filter(|_| is_call) {
            life.push(index);
        }
    }
    lives.retain(|life| !life.is_empty());
    lives
}

/// Cuts the calls of a process into backups. The registry trace does not name the instance, so this is a reading of the
/// protocol: after BackupComplete, or at a second PrepareForBackup after a DoSnapshotSet, another backup begins; so it does
/// when nothing but a discovery lies long before. Identify is written again at the end of a good backup (before
/// BackupComplete), so it is no sign by itself.
fn backups(calls: Vec<CallRecord>) -> Vec<Vec<CallRecord>> {
    let mut backups: Vec<Vec<CallRecord>> = vec![Vec::new()];
    for call in calls {
        let current = backups.last().map(Vec::as_slice).unwrap_or_default();
        let has = |method: &Method| current.iter().any(|c| c.method == *method);
        let begins = match call.method {
            Method::PrepareForBackup => has(&Method::DoSnapshotSet),
            Method::GatherWriterMetadata | Method::DoSnapshotSet => has(&Method::BackupComplete),
            _ => false,
        };
        let last = current.last().map(|c| c.ended.unwrap_or(c.started));
        let was_discovery = !has(&Method::PrepareForBackup)
            && !has(&Method::DoSnapshotSet)
            && last.is_some_and(|last| call.started - last > discovery_age());
        let begins = begins || was_discovery;
        if begins {
            let mut next = Vec::new();
            // The metadata directly before belong to the new backup, unless it began with metadata of its own.
            if call.method == Method::PrepareForBackup
                && !was_discovery
                && let Some(backup) = backups.last_mut()
                && let Some(last) = backup.pop_if(|last| last.method == Method::GatherWriterMetadata)
            {
                next.push(last);
            }
            backups.push(next);
        }
        if let Some(backup) = backups.last_mut() {
            backup.push(call);
        }
    }
    backups.retain(|backup| !backup.is_empty());
    backups
}

/// Writer metadata that were gathered longer ago than this were not gathered for this backup.
fn discovery_age() -> Duration {
    Duration::hours(1)
}

/// Requesters that only audit records name.
fn of_audit(view: &HostView<'_>, known: &[Session]) -> Vec<Session> {
    let mut by_pid: HashMap<Option<u32>, Vec<&Session>> = HashMap::new();
    for session in known {
        by_pid.entry(session.requester.pid).or_default().push(session);
    }
    let made: HashSet<Guid> = known.iter().flat_map(|session| &session.calls).filter_map(set_made).collect();
    let mut sessions: Vec<Session> = Vec::new();
    let mut found: HashMap<(Option<u32>, Option<Guid>), usize> = HashMap::new();
    for (index, event) in view.iter() {
        if !matches!(event.what, What::SnapshotCreated | What::SnapshotImported) || event.process.is_empty() {
            continue;
        }
        if event.set.is_some_and(|set| made.contains(&set)) {
            continue;
        }
        let covers = |s: &&Session| {
            s.started <= event.time
                && s.calls.last().is_none_or(|c| event.time <= c.ended.unwrap_or(c.started) + settle())
        };
        if by_pid.get(&event.process.pid).is_some_and(|known| known.iter().any(covers)) {
            continue;
        }
        let key = (event.process.pid, event.set);
        if let Some(&at) = found.get(&key) {
            sessions[at].events.push(index);
            continue;
        }
        found.insert(key, sessions.len());
        let mut new = session(view, SessionDetail::Identity, event.time);
        new.requester = Requester {
            image: event.process.image.clone(),
            command_line: None,
            pid: event.process.pid,
            user: event.process.user.clone(),
        };
        new.kind = match event.what {
            What::SnapshotImported => SessionKind::Import,
            _ => SessionKind::Backup,
        };
        new.events.push(index);
        sessions.push(new);
    }
    sessions
}

/// The set that a call began.
pub fn set_made(call: &CallRecord) -> Option<Guid> {
    call.set.filter(|set| !set.is_null() && call.method == Method::StartSnapshotSet)
}

/// Folds the call events into calls: start, return and asynchronous end of one call become one record.
fn calls(view: &HostView<'_>, indexes: &[usize]) -> Vec<CallRecord> {
    let mut calls: Vec<CallRecord> = Vec::new();
    for &index in indexes {
        let event = &view.events[index];
        let What::Call { method, edge, args } = &event.what else { continue };
        let open = match edge {
            Edge::Entered | Edge::Whole => None,
            Edge::Returned | Edge::Finished => {
                calls.iter_mut().rev().find(|c| c.method == *method && !c.finished)
            }
        };
        match (edge, open) {
            (Edge::Finished, Some(call)) => {
                note_ids(call, event);
                call.ended = Some(event.time);
                call.finished = true;
                if event.status.is_some() {
                    call.hresult = event.hresult();
                }
                call.events.push(index);
            }
            (Edge::Returned, Some(call)) if call.ended.is_none() && call.accepted.is_none() => {
                note_ids(call, event);
                returned(call, event);
                call.events.push(index);
            }
            _ => calls.push(new_call(method, *edge, args, index, event)),
        }
    }
    calls
}

/// Out-parameters are known only when the call returns.
fn note_ids(call: &mut CallRecord, event: &Event) {
    call.set = call.set.or(event.set);
    call.snapshot = call.snapshot.or(event.snapshot);
    call.volume = call.volume.take().or_else(|| event.volume.clone());
}

fn new_call(method: &Method, edge: Edge, args: &CallArgs, index: usize, event: &Event) -> CallRecord {
    let mut call = CallRecord {
        method: method.clone(),
        started: event.time,
        ended: None,
        hresult: None,
        accepted: None,
        finished: false,
        args: args.clone(),
        set: event.set,
        snapshot: event.snapshot,
        volume: event.volume.clone(),
        events: vec![index],
    };
    match edge {
        Edge::Entered => {}
        Edge::Returned => returned(&mut call, event),
        Edge::Finished | Edge::Whole => {
            call.ended = Some(event.time);
            call.finished = true;
            call.hresult = event.hresult();
        }
    }
    call
}

/// The call returned. For an asynchronous method that is the end only if it failed.
fn returned(call: &mut CallRecord, event: &Event) {
    let hresult = event.hresult();
    if ASYNCHRONOUS.contains(&call.method) {
        call.accepted = hresult;
        if !hresult.is_some_and(|hr| hr.is_failure()) {
            return;
        }
    }
    call.hresult = hresult;
    call.ended = Some(event.time);
    call.finished = true;
}

/// Finds the process's own records: command line, account, end.
fn add_process(view: &HostView<'_>, session: &mut Session) {
    session.events.sort_unstable();
    session.events.dedup();
    let Some(pid) = session.requester.pid else { return };
    let last = session.calls.iter().map(|c| c.ended.unwrap_or(c.started)).max().unwrap_or(session.started);
    let is_start = |e: &Event| matches!(e.what, What::ProcessStarted { .. });
    let image = session.requester.image.clone();
    let other_image = |e: &Event| is_other_image(&image, &e.process.image);
    // The last record of the pid before the session: an end, or another program, means that the start is not in the evidence.
    let started = view
        .processes(pid)
        .rev()
        .find(|(_, e)| {
            e.time < session.started || (is_start(e) && e.time <= session.started + process_lead())
        })
        .filter(|(_, e)| is_start(e) && !other_image(e) && !view.restarted(e.time, session.started));
    let ended = view
        .processes(pid)
        .filter(|(index, _)| started.is_none_or(|(start, _)| start != *index))
        .find(|(_, e)| if is_start(e) { e.time > last } else { e.time >= last })
        .filter(|(_, e)| !is_start(e) && !other_image(e) && !view.restarted(last, e.time));
    session.events.extend(started.into_iter().chain(ended).map(|(index, _)| index));
    session.events.sort_unstable();
    session.events.dedup();
    let Some((_, event)) = started else { return };
    let What::ProcessStarted { command_line } = &event.what else { return };
    session.requester.command_line = command_line.clone();
    session.requester.image = session.requester.image.take().or_else(|| event.process.image.clone());
    session.requester.user = session.requester.user.take().or_else(|| event.process.user.clone());
}

/// Works out kind, context, end and id from the calls and events.
fn conclude(view: &HostView<'_>, session: &mut Session, downs: &[usize]) {
    for call in session.calls.iter().filter(|call| !call.failed()) {
        session.context = call.args.context.or(session.context);
        session.backup_type = call.args.backup_type.clone().or(session.backup_type.take());
        session.component_mode = call.args.component_mode.or(session.component_mode);
    }
    if session.kind == SessionKind::Unknown {
        session.kind = kind(session);
    }
    if let Some(&first) = session.events.first() {
        let calls_start = session.calls.first().map(|call| call.started);
        session.started = calls_start.unwrap_or(view.events[first].time);
    }
    end(view, session, downs);
    let who = match (&session.requester.image, session.requester.pid) {
        (Some(image), Some(pid)) => format!("{}-{pid}", base_name(image)),
        (Some(image), None) => base_name(image).to_owned(),
        (None, Some(pid)) => format!("pid-{pid}"),
        (None, None) => format!("requester-{}", view.host),
    };
    session.id = at_time(&who, session.started);
}

fn base_name(image: &str) -> &str {
    let name = image.rsplit(['\\', '/']).next().unwrap_or(image);
    name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name)
}

/// `kind(I)`: what the instance was for, by the calls made on it.
fn kind(session: &Session) -> SessionKind {
    let has = |wanted: &[Method]| session.calls.iter().any(|call| wanted.contains(&call.method));
    let stored = session.calls.iter().any(|call| call.args.stored_document == Some(true));
    if has(&[Method::ImportSnapshots]) || stored {
        SessionKind::Import
    } else if has(&[Method::InitializeForRestore, Method::PreRestore, Method::PostRestore]) {
        SessionKind::Restore
    } else if has(&[
        Method::StartSnapshotSet,
        Method::PrepareForBackup,
        Method::AddComponent,
        Method::DoSnapshotSet,
    ]) {
        SessionKind::Backup
    } else if has(&[
        Method::Query,
        Method::DeleteSnapshots,
        Method::BreakSnapshotSet,
        Method::ExposeSnapshot,
        Method::RevertToSnapshot,
    ]) {
        SessionKind::Admin
    } else if has(&[Method::GatherWriterMetadata, Method::GatherWriterStatus]) && !session.starts_mid {
        SessionKind::Discovery
    } else {
        SessionKind::Unknown
    }
}

/// Windows went down or came up again: no process from before is left.
fn is_down(event: &Event) -> bool {
    let by = |provider: &str, id| event.is_record(provider, id);
    match event.what {
        What::Startup => is_restart(event),
        // User32 1074 only asks for it.
        What::Shutdown => by("EventLog", 6006) || by("Microsoft-Windows-Kernel-General", 13),
        _ => false,
    }
}

/// How and when the session ended. `downs` are the events of the host at which no process was left.
fn end(view: &HostView<'_>, session: &mut Session, downs: &[usize]) {
    let release = session
        .calls
        .iter()
        .find(|call| call.method == Method::Release && call.args.references.is_none_or(|left| left == 0));
    // A Release that has only a place in an order came no earlier than that; the process's own end is a time.
    let is_late = release.is_some_and(|call| call.events.iter().any(|&i| !view.events[i].clock.measures()));
    let release = release.map(|call| call.started);
    let events = || session.events.iter().map(|&i| &view.events[i]).filter(|e| e.time >= session.started);
    let exit = events().find(|e| matches!(e.what, What::ProcessEnded { .. })).map(|e| e.time);
    // With the null id the writers are told of the end of a session that made no set: not of one that did.
    let has_set = session.calls.iter().any(|call| call.method == Method::StartSnapshotSet && call.ok());
    let shutdown = events().find(|e| {
        matches!(&e.what, What::Callback { callback: Callback::BackupShutdown, .. })
            && !(has_set && e.set.is_some_and(Guid::is_null))
    });
    let shutdown = shutdown.map(|e| e.time);
    let (ended, reason) = match (release, exit, shutdown) {
        (Some(at), Some(exit), _) if is_late && exit > at => (Some(exit), EndReason::Released),
        (Some(at), ..) => (Some(at), EndReason::Released),
        (None, Some(at), _) => (Some(at), EndReason::ProcessExit),
        (None, None, Some(at)) => (Some(at), EndReason::Shutdown),
        (None, None, None) if session.detail == SessionDetail::Calls => (None, EndReason::Open),
        (None, None, None) => (None, EndReason::Unknown),
    };
    session.ended = ended;
    session.end_reason = reason;
    let call_open = session.calls.iter().any(|call| call.ended.is_none());
    let last = session.events.last().copied().unwrap_or(usize::MAX);
    let down = downs.get(downs.partition_point(|&down| down <= last)).copied();
    let open = reason == EndReason::Open || (reason == EndReason::Unknown && call_open);
    if let Some(down) = down.filter(|_| open) {
        session.end_reason = EndReason::Restart;
        session.events.push(down);
        return;
    }
    session.ends_mid = match session.detail {
        SessionDetail::Calls => reason == EndReason::Open,
        SessionDetail::Phases => call_open && ended.is_none(),
        SessionDetail::Newest => false,
        SessionDetail::Identity => false,
    };
}

/// Enters the sets' ids into the sessions that made or imported them.
pub fn link(sessions: &mut [Session], sets: &[SnapshotSet], events: &[Event]) {
    let mut made: HashMap<&str, Vec<String>> = HashMap::new();
    for set in sets {
        made.entry(set.session.as_deref().unwrap_or_default()).or_default().push(set.id.clone());
    }
    for session in sessions.iter_mut() {
        session.sets = made.remove(&*session.id).unwrap_or_default();
        let imported = session.events.iter().filter_map(|&i| match &events[i].what {
            What::SnapshotImported | What::Call { method: Method::ImportSnapshots, .. } => events[i].set,
            _ => None,
        });
        for guid in imported {
            let id = guid.to_string();
            if !session.sets.contains(&id) {
                session.sets.push(id);
            }
        }
    }
}
