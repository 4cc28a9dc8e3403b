//! Which events belong to which snapshot set.
//!
//! Three families, from firm to weak: sets that events name by id; sets of the registry trace, which are told apart by the
//! protocol (one creation at a time per host, from StartSnapshotSet to the end of DoSnapshotSet); and sets that only leave
//! marks - audit records, the freezes of database engines. Whatever else happens in a set's time is attached by time.
//! What a set looks like is worked out in [`super::shape`] from the events alone.

use super::{HostView, sessions};
use chrono::Duration;
use std::collections::BTreeSet;
use vsscope_model::{
    CallRecord, Callback, Database, DatabaseMark, Edge, Event, Guid, Method, ProviderStep, ServiceRun,
    Session, SessionDetail, SnapshotSet, Timestamp, What,
};

/// How a set was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Events name the set.
    Named,
    /// The registry trace shows the creation.
    RegistryTrace,
    /// Only marks: audit records, freezes of database engines.
    Marks,
}

/// A set to be: its events.
#[derive(Debug, Clone)]
pub struct Draft {
    /// How it was found.
    pub family: Family,
    /// Its id, where the evidence has it.
    pub guid: Option<Guid>,
    /// Index of its session among the host's sessions.
    pub session: Option<usize>,
    /// First sign.
    pub started: Timestamp,
    /// End of the creation, as far as it is known.
    pub created: Timestamp,
    /// The events in order.
    pub events: Vec<usize>,
}

/// Records of other logs about one moment come this much later (the audit record is written at the end of DoSnapshotSet,
/// a mount a moment after it).
pub fn settle() -> Duration {
    Duration::seconds(5)
}

/// Marks of one set without any other evidence lie no further apart than this, outside a freeze.
fn mark_gap() -> Duration {
    Duration::seconds(30)
}

/// The shadow copies of one set are audited together; a later audit mark is another set. In a log of single-volume sets
/// made in a row they follow each other by 7 s.
fn audit_burst() -> Duration {
    Duration::seconds(2)
}

/// A freeze without its end keeps a set of marks open this long: twice the documented limit.
fn open_freeze() -> Duration {
    Duration::seconds(120)
}

/// The provider is asked to prepare (AddToSnapshotSet) at most this long before the requester's first long call.
fn begin_lead() -> Duration {
    Duration::minutes(10)
}

/// The service is started by the requester's first call, shortly before the set.
fn service_lead() -> Duration {
    Duration::seconds(60)
}

/// The sets of a host in order of start.
pub fn find(view: &HostView<'_>, sessions: &[Session], runs: &[ServiceRun]) -> Vec<Draft> {
    let mut drafts = named(view, sessions);
    registry_trace(view, sessions, &mut drafts);
    marks(view, &mut drafts);
    drafts.sort_by_key(|draft| (draft.started, draft.events.first().copied()));
    for draft in &mut drafts {
        if draft.session.is_none() {
            draft.session = sessions.iter().position(|s| {
                s.detail == SessionDetail::Identity && s.events.iter().any(|i| draft.events.contains(i))
            });
        }
    }
    attach_neighbours(view, sessions, runs, &mut drafts);
    for draft in &mut drafts {
        draft.events.sort_unstable();
        draft.events.dedup();
    }
    drafts
}

/// Gives every set its id: the GUID, else a name made of host and time.
pub fn name(sets: &mut [SnapshotSet]) {
    let mut taken = BTreeSet::new();
    sets.sort_by(|a, b| {
        (a.started, &a.host, a.guid.map(|g| g.0)).cmp(&(b.started, &b.host, b.guid.map(|g| g.0)))
    });
    for set in sets {
        let host = set.host.split('.').next().unwrap_or(&set.host);
        let name = match set.guid {
            Some(guid) => guid.to_string(),
            None => format!("{host}@{}", set.started.format("%Y%m%dT%H%M%S%.3fZ")),
        };
        set.id = sessions::unique(name, &mut taken);
    }
}

/// Sets that events name: by StartSnapshotSet in a session, or by the set id in writers' and providers' records.
fn named(view: &HostView<'_>, sessions: &[Session]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (at, session) in sessions.iter().enumerate().filter(|(_, s)| s.detail == SessionDetail::Calls) {
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
            drafts.push(draft(view, Family::Named, start.set.filter(|g| !g.is_null()), Some(at), events));
        }
    }
    // Provider, service and writers know the set by its id only.
    let mut orphans: Vec<(Guid, Vec<usize>)> = Vec::new();
    for (index, event) in view.iter() {
        let Some(guid) = event.set.filter(|guid| !guid.is_null() && is_part_of_creation(event)) else {
            continue;
        };
        if let Some(draft) = drafts.iter_mut().find(|draft| draft.guid == Some(guid)) {
            draft.events.push(index);
            continue;
        }
        match orphans.iter_mut().find(|(known, _)| *known == guid) {
            Some((_, events)) => events.push(index),
            None => orphans.push((guid, vec![index])),
        }
    }
    for (guid, events) in orphans {
        let session = sessions.iter().position(|s| s.events.iter().any(|i| events.contains(i)));
        let session_events = session.map(|at| sessions[at].events.clone()).unwrap_or_default();
        let events = events.into_iter().chain(session_events).collect();
        drafts.push(draft(view, Family::Named, Some(guid), session, events));
    }
    drafts
}

/// Whether an event with a set id is evidence that the set was being created. The id in BackupShutdown may be that of
/// another set, and a delete names sets of any age.
fn is_part_of_creation(event: &Event) -> bool {
    match &event.what {
        What::ProviderStep { .. } | What::Flush { .. } | What::Phase { .. } => true,
        What::Callback { callback, .. } => *callback != Callback::BackupShutdown,
        _ => false,
    }
}

/// A draft over these events; they decide its times.
fn draft(
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
    Draft { family, guid, session, started, created, events }
}

fn is_after_creation(event: &Event) -> bool {
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

/// A value of the registry key `Services\VSS\Diag`, seen through its recording by Sysmon.
fn is_registry_trace(event: &Event) -> bool {
    event.session.is_none()
        && event.set.is_none()
        && matches!(
            event.what,
            What::Phase { .. }
                | What::ProviderStep { .. }
                | What::Flush { .. }
                | What::VolsnapStep { .. }
                | What::Callback { .. }
                | What::WriterState { .. }
        )
}

/// Sets of the registry trace: each DoSnapshotSet of a requester is one; so is each run of the provider outside of them.
fn registry_trace(view: &HostView<'_>, sessions: &[Session], drafts: &mut Vec<Draft>) {
    let begins: Vec<Timestamp> =
        view.iter().filter(|(_, e)| is_begin_prepare(e)).map(|(_, e)| e.time).collect();
    let mut spans: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut found: Vec<Draft> = Vec::new();
    for (at, session) in sessions.iter().enumerate().filter(|(_, s)| s.detail == SessionDetail::Phases) {
        let does: Vec<&CallRecord> =
            session.calls.iter().filter(|c| c.method == Method::DoSnapshotSet).collect();
        for (n, call) in does.iter().enumerate() {
            let earlier = n.checked_sub(1).map(|p| does[p].ended.unwrap_or(does[p].started));
            let is_mine = |c: &&CallRecord| {
                earlier.is_none_or(|t| c.started >= t)
                    && does.get(n + 1).is_none_or(|next| c.started < next.started)
            };
            let calls: Vec<&CallRecord> = session.calls.iter().filter(is_mine).collect();
            let asked = calls.iter().map(|c| c.started).min().unwrap_or(call.started);
            let is_near = |t: &&Timestamp| **t <= call.started && asked - **t <= begin_lead();
            let begin =
                begins.iter().rev().find(is_near).filter(|t| earlier.is_none_or(|e| **t >= e)).copied();
            let from = begin.map_or(asked, |begin| begin.min(asked));
            let created = call.ended.unwrap_or_else(|| last_provider_step(view, call.started));
            let until = calls.iter().filter_map(|c| c.ended).max().unwrap_or(created).max(created);
            let mut events: Vec<usize> = calls.iter().flat_map(|c| c.events.iter().copied()).collect();
            events.extend(in_span(view, from, created, until));
            spans.push((from, created));
            found.push(Draft {
                family: Family::RegistryTrace,
                guid: None,
                session: Some(at),
                started: from,
                created,
                events,
            });
        }
        found.extend(
            unmade(view, (at, session), &begins).inspect(|draft| spans.push((draft.started, draft.created))),
        );
    }
    for begin in begins {
        let inside = |&(from, created): &(Timestamp, Timestamp)| from <= begin && begin <= created;
        if spans.iter().any(inside) {
            continue;
        }
        let created = last_provider_step(view, begin);
        spans.push((begin, created));
        let events = in_span(view, begin, created, created);
        found.push(Draft {
            family: Family::RegistryTrace,
            guid: None,
            session: None,
            started: begin,
            created,
            events,
        });
    }
    drafts.extend(found);
}

/// A set that was begun (the provider was asked to prepare) and whose session ends without DoSnapshotSet.
fn unmade(view: &HostView<'_>, (at, session): (usize, &Session), begins: &[Timestamp]) -> Option<Draft> {
    let has = |method: Method| session.calls.iter().any(|call| call.method == method);
    if has(Method::DoSnapshotSet) || !has(Method::PrepareForBackup) {
        return None;
    }
    let until = session.calls.iter().map(|call| call.ended.unwrap_or(call.started)).max()?;
    begins.iter().find(|begin| session.started <= **begin && **begin <= until)?;
    let mut events: Vec<usize> = session.calls.iter().flat_map(|call| call.events.iter().copied()).collect();
    events.extend(in_span(view, session.started, until, until));
    Some(Draft {
        family: Family::RegistryTrace,
        guid: None,
        session: Some(at),
        started: session.started,
        created: until,
        events,
    })
}

fn is_begin_prepare(event: &Event) -> bool {
    event.set.is_none()
        && matches!(
            event.what,
            What::ProviderStep {
                step: ProviderStep::BeginPrepareSnapshot,
                edge: Edge::Entered | Edge::Whole,
                ..
            }
        )
}

/// The end of the provider's run that is under way at `from`: its last step before the next set begins.
fn last_provider_step(view: &HostView<'_>, from: Timestamp) -> Timestamp {
    let mut last = from;
    let mut committed = false;
    for (_, event) in view.iter().filter(|(_, e)| e.time >= from && e.set.is_none()) {
        let What::ProviderStep { step, .. } = &event.what else { continue };
        match step {
            // A new volume of the same set before the commit, a new set after it.
            ProviderStep::BeginPrepareSnapshot if committed => break,
            ProviderStep::CommitSnapshots => committed = true,
            _ => {}
        }
        last = event.time;
        if *step == ProviderStep::PostFinalCommitSnapshots
            && matches!(event.what, What::ProviderStep { edge: Edge::Returned | Edge::Whole, .. })
        {
            break;
        }
    }
    last
}

/// Events of the registry trace from `from` to `until`; the provider, the service and volsnap only until the creation is
/// over (volsnap's own work outlives it by up to a second), since after it they may work for somebody else.
fn in_span(view: &HostView<'_>, from: Timestamp, created: Timestamp, until: Timestamp) -> Vec<usize> {
    let belongs = |event: &Event| match event.what {
        What::Callback { .. } | What::WriterState { .. } => event.time <= until,
        What::VolsnapStep { .. } => event.time <= created + Duration::seconds(1),
        _ => event.time <= created,
    };
    view.iter()
        .filter(|(_, e)| e.time >= from && is_registry_trace(e) && belongs(e))
        .map(|(index, _)| index)
        .collect()
}

/// A mark that a set leaves by itself.
fn is_mark(event: &Event) -> bool {
    match &event.what {
        What::SnapshotCreated | What::CreationMark { .. } => true,
        What::Database(Database { mark, .. }) => {
            !matches!(mark, DatabaseMark::BackedUp | DatabaseMark::BackupFailed)
        }
        _ => false,
    }
}

/// Gives marks to the sets in whose time they lie, and makes sets of the rest.
fn marks(view: &HostView<'_>, drafts: &mut Vec<Draft>) {
    let mut rest: Vec<usize> = Vec::new();
    for (index, event) in view.iter().filter(|(_, e)| is_mark(e)) {
        let named = event.set.filter(|guid| !guid.is_null());
        let fits = |draft: &&mut Draft| match (draft.guid, named) {
            (Some(a), Some(b)) => a == b,
            _ => draft.started <= event.time && event.time <= draft.created + settle(),
        };
        match drafts.iter_mut().find(fits) {
            Some(draft) => {
                draft.guid = draft.guid.or(named);
                draft.events.push(index);
            }
            None => rest.push(index),
        }
    }
    let mut current: Vec<usize> = Vec::new();
    for index in rest {
        if !current.is_empty() && !continues(view, &current, index) {
            drafts.push(marks_draft(view, std::mem::take(&mut current)));
        }
        current.push(index);
    }
    if !current.is_empty() {
        drafts.push(marks_draft(view, current));
    }
}

fn marks_draft(view: &HostView<'_>, events: Vec<usize>) -> Draft {
    let guid = events.iter().find_map(|&i| view.events[i].set.filter(|g| !g.is_null()));
    draft(view, Family::Marks, guid, None, events)
}

/// Whether a mark belongs to the same set as the marks before it.
fn continues(view: &HostView<'_>, marks: &[usize], next: usize) -> bool {
    let event = &view.events[next];
    let guid = marks.iter().find_map(|&i| view.events[i].set.filter(|g| !g.is_null()));
    if let (Some(known), Some(new)) = (guid, event.set) {
        return known == new;
    }
    let count = |wanted: DatabaseMark| {
        marks
            .iter()
            .filter(|&&i| matches!(&view.events[i].what, What::Database(d) if d.mark == wanted))
            .count()
    };
    let last = marks.last().map(|&i| view.events[i].time).unwrap_or(event.time);
    let frozen =
        count(DatabaseMark::FreezeStarted) > count(DatabaseMark::FreezeEnded) + count(DatabaseMark::Aborted);
    if let What::CreationMark { .. } = event.what {
        let is_mark = |i: &&usize| matches!(view.events[**i].what, What::CreationMark { .. });
        if marks.iter().filter(is_mark).any(|&i| event.time - view.events[i].time > audit_burst()) {
            return false;
        }
    }
    // A second "starting" of an engine that has finished is another set.
    let again = matches!(&event.what, What::Database(d) if d.mark == DatabaseMark::Starting)
        && count(DatabaseMark::Completed) + count(DatabaseMark::Aborted) > 0;
    !again && event.time - last <= if frozen { open_freeze() } else { mark_gap() }
}

/// Attaches what happens in a set's time: devices, the service's start, VSS and volsnap records, the requester's process.
fn attach_neighbours(view: &HostView<'_>, sessions: &[Session], runs: &[ServiceRun], drafts: &mut [Draft]) {
    let taken: BTreeSet<usize> = drafts.iter().flat_map(|d| d.events.iter().copied()).collect();
    for draft in drafts.iter_mut() {
        let run = runs.iter().filter(|run| run.service == "vss").find(|run| {
            run.started.is_some_and(|at| at <= draft.started && draft.started - at <= service_lead())
        });
        let starts = run.into_iter().flat_map(|run| run.events.iter().copied());
        let before = |i: &usize| view.events[*i].time <= draft.started && !taken.contains(i);
        draft.events.extend(starts.filter(before));
        if let Some(session) = draft.session.map(|at| &sessions[at]) {
            let process = |i: &&usize| {
                matches!(view.events[**i].what, What::ProcessStarted { .. } | What::ProcessEnded { .. })
            };
            draft.events.extend(session.events.iter().filter(process));
        }
    }
    for (index, event) in view.iter().filter(|(i, _)| !taken.contains(i)) {
        let lead = match event.what {
            What::ShadowDevice => Duration::zero(),
            What::Log | What::ShadowFailure => settle(),
            _ => continue,
        };
        let in_time = |d: &&mut Draft| d.started - lead <= event.time && event.time <= d.created + settle();
        if let Some(draft) = drafts.iter_mut().find(in_time) {
            draft.events.push(index);
        } else if let (What::ShadowDevice, Some(device)) = (&event.what, event.device.as_deref()) {
            // Later mentions of a device that a set has. Device numbers are reused: the newest set with it, same boot.
            let has_device =
                |d: &Draft| d.events.iter().any(|&i| view.events[i].device.as_deref() == Some(device));
            let restarted = |d: &Draft| {
                view.iter().any(|(_, e)| {
                    matches!(e.what, What::Startup) && d.created < e.time && e.time < event.time
                })
            };
            let newest = drafts.iter_mut().rev().find(|d| d.started <= event.time && has_device(d));
            if let Some(draft) = newest.filter(|d| !restarted(d)) {
                draft.events.push(index);
            }
        }
    }
}
