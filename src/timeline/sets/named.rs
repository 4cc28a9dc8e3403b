//! Sets that events name by their id.

use super::{Draft, Family};
use crate::timeline::indexes::IndexMap;
use crate::timeline::sessions::is_transcript;
use crate::timeline::{HostView, Kinds, settle};
use std::collections::HashMap;
use vsscope_model::{CallRecord, Callback, Confidence, Event, Guid, Method, Session, SessionDetail, What};

/// Sets that events name: by StartSnapshotSet in a session, or by the set id in writers' and providers' records.
pub(super) fn named(view: &HostView<'_>, sessions: &[Session], owners: &IndexMap<usize>) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let is_trace =
        |session: &Session| session.detail == SessionDetail::Calls && !is_transcript(view, session);
    for (at, session) in sessions.iter().enumerate().filter(|(_, session)| is_trace(session)) {
        let starts: Vec<&CallRecord> = session
            .calls
            .iter()
            .filter(|call| call.method == Method::StartSnapshotSet && call.ok() && !call.failed())
            .collect();
        for (n, start) in starts.iter().enumerate() {
            // The first set has the session's beginning, the last one its end.
            let from = if n == 0 { session.started } else { start.started };
            let until = starts.get(n + 1).map(|next| next.started);
            let mine = |i: &&usize| {
                let time = view.events[**i].time;
                (time >= from || n == 0) && until.is_none_or(|until| time < until)
            };
            let events: Vec<usize> = session.events.iter().filter(mine).copied().collect();
            let new = draft(view, Family::Named, start.set.filter(|g| !g.is_null()), Some(at), events);
            drafts.push(Draft { begun: start.started, ..new });
        }
        // A trace may have lost its beginning or its end, and StartSnapshotSet with it.
        let creates = session.calls.iter().any(|call| call.method == Method::DoSnapshotSet);
        if starts.is_empty() && creates && session.confidence == Confidence::Strong {
            drafts.push(draft(view, Family::Named, None, Some(at), session.events.clone()));
        }
    }
    // Provider, service and writers know the set by its id only.
    let mut known: HashMap<Guid, usize> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        if let Some(guid) = draft.guid {
            known.entry(guid).or_insert(at);
        }
    }
    let mut orphans: Vec<(Guid, Vec<usize>)> = Vec::new();
    let mut orphan_of: HashMap<Guid, usize> = HashMap::new();
    for (index, event) in view.of(Kinds::NAMES_SET) {
        // The id in the registry key is inferred: it names a set that the key shows, and makes none.
        let names_set = is_part_of_creation(event) && !event.newest_only;
        let Some(guid) = event.set.filter(|guid| !guid.is_null() && names_set) else {
            continue;
        };
        if let Some(&at) = known.get(&guid) {
            drafts[at].take(index, event);
            continue;
        }
        let at = *orphan_of.entry(guid).or_insert_with(|| {
            orphans.push((guid, Vec::new()));
            orphans.len() - 1
        });
        orphans[at].1.push(index);
    }
    let mut by_session: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, session) in drafts.iter().enumerate().filter_map(|(at, draft)| Some((at, draft.session?))) {
        by_session.entry(session).or_default().push(at);
    }
    let mut nameless: Vec<usize> = (0..drafts.len()).filter(|&at| drafts[at].guid.is_none()).collect();
    for (guid, events) in orphans {
        let session = events.iter().filter_map(|index| owners.get(index).copied()).min();
        let first = events.first().map(|&i| view.events[i].time);
        nameless.retain(|&at| drafts[at].guid.is_none());
        let is_then =
            |draft: &Draft| first.is_some_and(|at| draft.begun <= at && at <= draft.created + settle());
        if session.is_none()
            && let Some(&at) = nameless.iter().find(|&&at| is_then(&drafts[at]))
        {
            give(view, &mut drafts[at], guid, events);
            continue;
        }
        let Some(own) = session.and_then(|session| by_session.get(&session)) else {
            let session_events = session.map(|at| sessions[at].events.clone()).unwrap_or_default();
            let events = events.into_iter().chain(session_events).collect();
            if let Some(session) = session {
                by_session.insert(session, vec![drafts.len()]);
            }
            drafts.push(draft(view, Family::Named, Some(guid), session, events));
            continue;
        };
        // A trace without arguments has StartSnapshotSet without the id that the writers name.
        let is_before = |draft: &Draft| draft.guid.is_none() && first.is_some_and(|at| draft.begun <= at);
        match own.iter().rev().find(|&&at| is_before(&drafts[at])) {
            Some(&at) => give(view, &mut drafts[at], guid, events),
            None => drafts.push(draft(view, Family::Named, Some(guid), None, events)),
        }
    }
    drafts
}

/// Gives a set its id, and the events that name it.
fn give(view: &HostView<'_>, draft: &mut Draft, guid: Guid, events: Vec<usize>) {
    draft.guid = Some(guid);
    for index in events {
        draft.take(index, &view.events[index]);
    }
}

/// Whether an event with a set id is evidence that the set was being created. The id in BackupShutdown may be that of
/// another set, and a delete names sets of any age.
pub(super) fn is_part_of_creation(event: &Event) -> bool {
    match &event.what {
        What::ProviderStep { .. } | What::Flush { .. } | What::Phase { .. } => true,
        What::Callback { callback, .. } => *callback != Callback::BackupShutdown,
        _ => false,
    }
}

/// A draft over these events; they decide its times.
pub(super) fn draft(
    view: &HostView<'_>,
    family: Family,
    guid: Option<Guid>,
    session: Option<usize>,
    mut events: Vec<usize>,
) -> Draft {
    events.sort_unstable();
    events.dedup();
    let time = |i: &usize| view.events[*i].time;
    let first = events.first().map(time).unwrap_or_default();
    // The process may have started long before: the set begins with the first sign of VSS.
    let vss = events.iter().find(|i| !matches!(view.events[**i].what, What::ProcessStarted { .. }));
    let started = vss.map(time).unwrap_or(first);
    let is_creation = |i: &&usize| match &view.events[**i].what {
        What::Call { method: Method::DoSnapshotSet, .. } => true,
        What::Database(_) | What::SnapshotCreated | What::SnapshotImported | What::CreationMark { .. } => {
            true
        }
        _ => is_part_of_creation(&view.events[**i]) && !is_after_creation(&view.events[**i]),
    };
    let created = events.iter().filter(is_creation).map(time).max().unwrap_or(started);
    Draft { family, guid, session, started, begun: started, created, events }
}

pub(super) fn is_after_creation(event: &Event) -> bool {
    matches!(
        &event.what,
        What::Callback {
            callback: Callback::BackupComplete
                | Callback::BackupShutdown
                | Callback::GetState
                | Callback::Identify,
            ..
        }
    )
}
