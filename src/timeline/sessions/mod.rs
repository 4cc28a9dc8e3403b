//! Requester sessions: the life of one `IVssBackupComponents` instance, as far as the evidence shows it.
//!
//! Three kinds of evidence, from rich to poor: traces that name the instance and every call; the registry trace, which
//! has only the long calls by process; audit records and process starts, which only say who it was.

mod audit;
mod calls;
mod ends;
mod instances;
mod registry;

pub use calls::set_made;

use super::indexes::IndexSet;
use super::{HostView, Kinds, Taken};
use audit::of_audit;
use chrono::Duration;
use ends::{conclude, is_down};
use instances::of_instances;
use registry::{complete, is_rest_of, of_registry_trace};
use std::collections::HashMap;
use std::sync::Arc;
use vsscope_model::{
    Confidence, EndReason, Event, Method, Requester, Session, SessionDetail, SessionKind, SnapshotSet,
    Timestamp, What, file_name,
};

/// The sessions of a host in order of start.
///
/// `taken` holds the session ids of the hosts before; ids are unique over all hosts.
pub fn find(view: &HostView<'_>, taken: &mut Taken) -> Vec<Session> {
    let mut sessions = of_instances(view);
    let with_key: IndexSet = sessions.iter().flat_map(|session| session.events.iter().copied()).collect();
    let mut traces: HashMap<Option<u32>, Vec<usize>> = HashMap::new();
    for (at, trace) in sessions.iter().enumerate() {
        traces.entry(trace.requester.pid).or_default().push(at);
    }
    for session in of_registry_trace(view, &with_key) {
        let same_pid = traces.get(&session.requester.pid).map(Vec::as_slice).unwrap_or_default();
        match same_pid.iter().find(|&&at| is_rest_of(view, &sessions[at], &session)) {
            Some(&at) => complete(view, &mut sessions[at], session),
            None => sessions.push(session),
        }
    }
    sessions.extend(of_audit(view, &sessions));
    let followed = followed(view, &sessions);
    let downs: Vec<usize> = view.of(Kinds::RUN).filter(|(_, e)| is_down(e)).map(|(index, _)| index).collect();
    for (session, followed) in sessions.iter_mut().zip(followed) {
        add_process(view, session);
        if followed {
            session.events.retain(|&i| !matches!(view.events[i].what, What::ProcessEnded { .. }));
        }
        conclude(view, session, &downs);
        leave_process(view, session);
    }
    sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    for session in &mut sessions {
        session.id = taken.unique(std::mem::take(&mut session.id));
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

/// A process goes on after it let an instance go: what becomes of it then is no part of that instance's session.
fn leave_process(view: &HostView<'_>, session: &mut Session) {
    let Some(released) = session.ended.filter(|_| session.end_reason == EndReason::Released) else { return };
    let is_later = |event: &Event| matches!(event.what, What::ProcessEnded { .. }) && event.time > released;
    session.events.retain(|&i| !is_later(&view.events[i]));
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

/// Whether two paths are those of two programs. Some logs have the file name only.
fn is_other_image(a: &Option<Arc<str>>, b: &Option<Arc<str>>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    let is_path = |image: &str| image.contains(['\\', '/']);
    if is_path(a) && is_path(b) {
        return !a.eq_ignore_ascii_case(b);
    }
    !base_name(a).eq_ignore_ascii_case(base_name(b))
}

/// Whether a session is known from the output of a tool only: its events have an order and no clock of their own.
pub fn is_transcript(view: &HostView<'_>, session: &Session) -> bool {
    let events = || session.events.iter().map(|&i| &view.events[i]);
    events().all(|event| !event.clock.measures() && &*event.provider != Event::TRACE_PROVIDER)
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

fn base_name(image: &str) -> &str {
    let name = file_name(image);
    name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name)
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
