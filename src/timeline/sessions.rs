//! Requester sessions: the life of one `IVssBackupComponents` instance, as far as the evidence shows it.
//!
//! Three kinds of evidence, from rich to poor: traces that name the instance and every call; the registry trace, which
//! has only the long calls by process; audit records and process starts, which only say who it was.

use super::{HostView, sets};
use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vsscope_model::{
    CallArgs, CallRecord, Callback, Edge, EndReason, Event, Method, Requester, Session, SessionDetail,
    SessionKind, SnapshotSet, Timestamp, What,
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
    sessions.extend(of_registry_trace(view));
    sessions.extend(of_audit(view, &sessions));
    for session in &mut sessions {
        add_process(view, session);
        conclude(view, session);
    }
    sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    for session in &mut sessions {
        session.id = unique(std::mem::take(&mut session.id), taken);
    }
    sessions
}

/// The name itself, or the name with the first number that makes it unique.
pub fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2_u32..).map(|n| format!("{name}-{n}"));
    let free =
        std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
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
        starts_mid: false,
        ends_mid: false,
        events: Vec::new(),
    }
}

/// One epoch of an instance's key: keys (pointers) come back, an epoch never does.
struct Epoch {
    session: Session,
    /// The last `Release`, or the end of the process, was seen.
    over: bool,
}

impl Epoch {
    /// Whether a call by this process may belong to this epoch.
    fn takes(&self, method: &Method, pid: Option<u32>) -> bool {
        let same_process = match (pid, self.session.requester.pid) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        *method != Method::CreateVssBackupComponents && !self.over && same_process
    }

    fn note_call(&mut self, event: &Event, method: &Method, args: &CallArgs) {
        let requester = &mut self.session.requester;
        requester.pid = requester.pid.or(event.process.pid);
        requester.image = requester.image.take().or_else(|| event.process.image.clone());
        requester.user = requester.user.take().or_else(|| event.process.user.clone());
        self.over |= *method == Method::Release && args.references.is_none_or(|left| left == 0);
    }
}

/// Sessions of traces that name the instance. An epoch ends with its last `Release` or with its process;
/// `CreateVssBackupComponents` always begins a new one.
fn of_instances(view: &HostView<'_>) -> Vec<Session> {
    let mut epochs: Vec<Epoch> = Vec::new();
    // A writer's callback has the key but not the requester's pid: it belongs to the newest epoch.
    let mut newest: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    for (index, event) in view.iter() {
        if matches!(event.what, What::ProcessEnded { .. }) {
            let mine = |e: &&mut Epoch| {
                !e.over && e.session.requester.pid.is_some_and(|p| event.process.pid == Some(p))
            };
            for epoch in epochs.iter_mut().filter(mine) {
                epoch.session.events.push(index);
                epoch.over = true;
            }
        }
        let Some(key) = &event.session else { continue };
        let call = match &event.what {
            What::Call { method, args, .. } => Some((method, args)),
            _ => None,
        };
        let known = newest.get(key).copied();
        let known =
            known.filter(|&at| call.is_none_or(|(method, _)| epochs[at].takes(method, event.process.pid)));
        let at = known.unwrap_or_else(|| {
            epochs.push(Epoch { session: session(view, SessionDetail::Calls, event.time), over: false });
            newest.insert(Arc::clone(key), epochs.len() - 1);
            epochs.len() - 1
        });
        epochs[at].session.events.push(index);
        if let Some((method, args)) = call {
            epochs[at].note_call(event, method, args);
        }
    }
    let finish = |epoch: Epoch| {
        let mut session = epoch.session;
        session.calls = calls(view, &session.events);
        let makes_instance = |call: &CallRecord| {
            matches!(
                call.method,
                Method::CreateVssBackupComponents
                    | Method::InitializeForBackup
                    | Method::InitializeForRestore
            )
        };
        session.starts_mid = !session.calls.first().is_some_and(makes_instance);
        if session.calls.is_empty() {
            session.detail = SessionDetail::Identity;
        }
        session
    };
    epochs.into_iter().map(finish).collect()
}

/// Sessions of the registry trace: one requester process, cut where a new backup begins in it.
fn of_registry_trace(view: &HostView<'_>) -> Vec<Session> {
    let mut by_pid: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for (index, event) in view.iter() {
        let is_call = matches!(event.what, What::Call { .. }) && event.session.is_none();
        if is_call || matches!(event.what, What::ProcessEnded { .. }) {
            by_pid.entry(event.process.pid).or_default().push(index);
        }
    }
    let mut sessions = Vec::new();
    for (pid, indexes) in by_pid {
        for life in lives(view, &indexes) {
            for calls in backups(calls(view, life)) {
                let Some(first) = calls.first() else { continue };
                let mut new = session(view, SessionDetail::Phases, first.started);
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

/// Cuts a process's calls where the process ended: pids are reused.
fn lives<'a>(view: &'a HostView<'_>, indexes: &'a [usize]) -> impl Iterator<Item = &'a [usize]> {
    indexes
        .split(|&i| matches!(view.events[i].what, What::ProcessEnded { .. }))
        .filter(|life| !life.is_empty())
}

/// Cuts the calls of a process into backups. The registry trace does not name the instance, so this is a reading of the
/// protocol: after BackupComplete, or at a second PrepareForBackup after a DoSnapshotSet, another backup begins. Identify
/// is written again at the end of a good backup (before BackupComplete), so it is no sign by itself.
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
        if begins {
            let mut next = Vec::new();
            // The metadata directly before belong to the new backup, unless it began with metadata of its own.
            if call.method == Method::PrepareForBackup
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

/// Requesters that only audit records name.
fn of_audit(view: &HostView<'_>, known: &[Session]) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    for (index, event) in view.iter() {
        if !matches!(event.what, What::SnapshotCreated | What::SnapshotImported) || event.process.is_empty() {
            continue;
        }
        let covers = |s: &&Session| {
            s.requester.pid == event.process.pid
                && s.started <= event.time
                && s.calls.last().is_none_or(|c| event.time <= c.ended.unwrap_or(c.started) + sets::settle())
        };
        if known.iter().any(|s| covers(&s)) {
            continue;
        }
        let same = |s: &&mut Session| {
            s.requester.pid == event.process.pid && s.events.iter().any(|&i| view.events[i].set == event.set)
        };
        if let Some(session) = sessions.iter_mut().find(same) {
            session.events.push(index);
            continue;
        }
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

/// Folds the call events into calls: start, return and asynchronous end of one call become one record.
fn calls(view: &HostView<'_>, indexes: &[usize]) -> Vec<CallRecord> {
    let mut calls: Vec<CallRecord> = Vec::new();
    for &index in indexes {
        let event = &view.events[index];
        let What::Call { method, edge, args } = &event.what else { continue };
        let open = calls.iter_mut().rev().find(|c| c.method == *method && !c.finished);
        match (edge, open) {
            (Edge::Finished, Some(call)) => {
                call.ended = Some(event.time);
                call.finished = true;
                if event.status.is_some() {
                    call.hresult = event.hresult();
                }
                call.events.push(index);
            }
            (Edge::Returned, Some(call)) if call.ended.is_none() && call.accepted.is_none() => {
                returned(call, event);
                call.events.push(index);
            }
            _ => calls.push(new_call(method, *edge, args, index, event)),
        }
    }
    calls
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
    let Some(pid) = session.requester.pid else { return };
    let of_pid = |event: &Event| event.process.pid == Some(pid);
    let last = session.calls.iter().map(|c| c.ended.unwrap_or(c.started)).max().unwrap_or(session.started);

    // The process's start is noted a moment before its first call; clocks of two logs differ a little.
    let started = view.iter().rev().find(|(_, e)| {
        matches!(e.what, What::ProcessStarted { .. })
            && of_pid(e)
            && e.time <= session.started + Duration::seconds(1)
    });
    if let Some((index, event)) = started {
        // Another process had the pid since: not ours.
        let ended_since = |(_, e): (usize, &Event)| {
            matches!(e.what, What::ProcessEnded { .. })
                && of_pid(e)
                && event.time < e.time
                && e.time < session.started
        };
        if !view.iter().any(ended_since) {
            let What::ProcessStarted { command_line } = &event.what else { return };
            session.requester.command_line = command_line.clone();
            session.requester.image = session.requester.image.take().or_else(|| event.process.image.clone());
            session.requester.user = session.requester.user.take().or_else(|| event.process.user.clone());
            session.events.push(index);
        }
    }
    let ended =
        view.iter().find(|(_, e)| matches!(e.what, What::ProcessEnded { .. }) && of_pid(e) && e.time >= last);
    if let Some((index, event)) = ended {
        let reused = view.iter().any(|(_, e)| {
            matches!(e.what, What::ProcessStarted { .. }) && of_pid(e) && last < e.time && e.time < event.time
        });
        if !reused {
            session.events.push(index);
        }
    }
    session.events.sort_unstable();
    session.events.dedup();
}

/// Works out kind, context, end and id from the calls and events.
fn conclude(view: &HostView<'_>, session: &mut Session) {
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
    end(view, session);
    session.id = format!(
        "{}@{}",
        match (&session.requester.image, session.requester.pid) {
            (Some(image), Some(pid)) => format!("{}-{pid}", base_name(image)),
            (Some(image), None) => base_name(image).to_owned(),
            (None, Some(pid)) => format!("pid-{pid}"),
            (None, None) => format!("requester-{}", view.host),
        },
        session.started.format("%Y%m%dT%H%M%S%.3fZ")
    );
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

/// How and when the session ended.
fn end(view: &HostView<'_>, session: &mut Session) {
    let release = session
        .calls
        .iter()
        .find(|call| call.method == Method::Release && call.args.references.is_none_or(|left| left == 0))
        .map(|call| call.started);
    let find = |wanted: fn(&Event) -> bool| {
        session
            .events
            .iter()
            .map(|&i| &view.events[i])
            .find(|e| wanted(e) && e.time >= session.started)
            .map(|e| e.time)
    };
    let exit = find(|e| matches!(e.what, What::ProcessEnded { .. }));
    let shutdown = find(|e| matches!(&e.what, What::Callback { callback: Callback::BackupShutdown, .. }));
    let (ended, reason) = match (release, exit, shutdown) {
        (Some(at), ..) => (Some(at), EndReason::Released),
        (None, Some(at), _) => (Some(at), EndReason::ProcessExit),
        (None, None, Some(at)) => (Some(at), EndReason::Shutdown),
        (None, None, None) if session.detail == SessionDetail::Calls => (None, EndReason::Open),
        (None, None, None) => (None, EndReason::Unknown),
    };
    session.ended = ended;
    session.end_reason = reason;
    let call_open = session.calls.iter().any(|call| call.ended.is_none());
    session.ends_mid = match session.detail {
        SessionDetail::Calls => reason == EndReason::Open,
        SessionDetail::Phases => call_open && ended.is_none(),
        SessionDetail::Identity => false,
    };
}

/// Enters the sets' ids into the sessions that made or imported them.
pub fn link(sessions: &mut [Session], sets: &[SnapshotSet], events: &[Event]) {
    for session in sessions.iter_mut() {
        let made = sets.iter().filter(|set| set.session.as_deref() == Some(&*session.id));
        session.sets = made.map(|set| set.id.clone()).collect();
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
