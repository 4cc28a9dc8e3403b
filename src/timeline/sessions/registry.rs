//! Sessions of the registry trace, which knows processes and their long calls but no instances; and how they complete the
//! sessions of a function trace that was cut.

use super::calls::calls;
use super::{is_call_without_key, is_other_image, process_lead, session};
use crate::timeline::indexes::IndexSet;
use crate::timeline::{HostView, Kinds};
use chrono::Duration;
use std::collections::BTreeMap;
use vsscope_model::{CallRecord, Confidence, Edge, Event, Method, Requester, Session, SessionDetail, What};

/// Whether a session of the registry trace is the same as one of a function trace that lacks its beginning or its end: a
/// circular trace is cut where it likes.
pub(super) fn is_rest_of(view: &HostView<'_>, trace: &Session, other: &Session) -> bool {
    // What is dear to find out comes last.
    let Some(pid) = trace.requester.pid.filter(|pid| other.requester.pid == Some(*pid)) else { return false };
    if trace.detail != SessionDetail::Calls
        || trace.confidence != Confidence::Strong
        || trace.started == Event::NO_TIME
    {
        return false;
    }
    let last = |session: &Session| {
        session.calls.iter().map(|call| call.ended.unwrap_or(call.started)).max().unwrap_or(session.started)
    };
    let (from, to) = (trace.started.min(other.started), last(trace).max(last(other)));
    if to - from > Duration::days(1) {
        return false;
    }
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
    let gone = || {
        view.processes(pid).any(|(_, event)| {
            matches!(event.what, What::ProcessEnded { .. }) && from < event.time && event.time < to
        })
    };
    !apart && !gone() && !view.restarted(from, to)
}

/// Adds the calls that only the registry trace has.
pub(super) fn complete(view: &HostView<'_>, trace: &mut Session, other: Session) {
    trace.events.extend(other.events);
    trace.events.sort_unstable();
    trace.events.dedup();
    trace.started = trace.started.min(other.started);
    trace.calls = calls(view, &trace.events);
}

/// Sessions of the registry trace: one requester process, cut where a new backup begins in it.
pub(super) fn of_registry_trace(view: &HostView<'_>, with_key: &IndexSet) -> Vec<Session> {
    let mut by_pid: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    for (index, event) in view.of(Kinds::CALL | Kinds::PROCESS) {
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
