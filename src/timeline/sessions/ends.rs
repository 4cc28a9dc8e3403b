//! What a session was for, when it ended and why.

use super::base_name;
use crate::timeline::runs::{is_late_restart, is_restart, is_restart_after};
use crate::timeline::{HostView, at_time};
use vsscope_model::{
    CallRecord, Callback, EndReason, Event, Guid, Method, Session, SessionDetail, SessionKind, What,
};

/// Works out kind, context, end and id from the calls and events.
pub(super) fn conclude(view: &HostView<'_>, session: &mut Session, downs: &[usize]) {
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
pub(super) fn is_down(event: &Event) -> bool {
    let by = |provider: &str, id| event.is_record(provider, id);
    match event.what {
        What::Startup => is_restart(event) || is_late_restart(event),
        // User32 1074 only asks for it.
        What::Shutdown => by("EventLog", 6006) || by("Microsoft-Windows-Kernel-General", 13),
        _ => false,
    }
}

/// The `Release` that ended the instance: it left no reference, or its count does not show and no call follows it.
fn last_release(calls: &[CallRecord]) -> Option<&CallRecord> {
    let is_end = |call: &&CallRecord| match call.args.references {
        Some(left) => left == 0,
        None => calls.last().is_some_and(|last| std::ptr::eq(last, *call)),
    };
    calls.iter().filter(|call| call.method == Method::Release).find(is_end)
}

/// How and when the session ended. `downs` are the events of the host at which no process was left.
fn end(view: &HostView<'_>, session: &mut Session, downs: &[usize]) {
    let release = last_release(&session.calls);
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
    let sign = session.events.last().map_or(session.started, |&index| view.events[index].time);
    // A record that is written late in the start of Windows may follow a session that began after it.
    let is_after = |down: &&usize| {
        let event = &view.events[**down];
        event.what == What::Shutdown || is_restart(event) || is_restart_after(event, sign)
    };
    let down = downs[downs.partition_point(|&down| down <= last)..].iter().find(is_after).copied();
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
