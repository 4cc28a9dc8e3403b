//! Which events belong to which snapshot set.
//!
//! Three families, from firm to weak: sets that events name by id; sets of the registry trace, which are told apart by the
//! protocol (a host creates one set after the other; StartSnapshotSet opens a creation, the end of DoSnapshotSet closes it); and sets that only leave
//! marks - audit records, the freezes of database engines. Whatever else happens in a set's time is attached by time.
//! What a set looks like is worked out in [`super::shape`] from the events alone.

use super::{HostView, sessions};
use chrono::Duration;
use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// Begin of the creation proper: from here on the host works for this set alone.
    pub begun: Timestamp,
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
    let owners = owners(sessions);
    let mut drafts = named(view, sessions, &owners);
    registry_trace(view, sessions, &mut drafts);
    marks(view, &mut drafts);
    drafts.sort_by_key(|draft| (draft.started, draft.events.first().copied()));
    for draft in drafts.iter_mut().filter(|draft| draft.session.is_none()) {
        let mut known = draft.events.iter().filter_map(|index| owners.get(index).copied());
        draft.session = known.find(|&at| sessions[at].detail == SessionDetail::Identity);
    }
    attach_neighbours(view, sessions, runs, &mut drafts);
    for draft in &mut drafts {
        draft.events.sort_unstable();
        draft.events.dedup();
    }
    drafts
}

/// The session of each event that has one.
fn owners(sessions: &[Session]) -> HashMap<usize, usize> {
    let of_all = sessions.iter().enumerate().rev();
    of_all.flat_map(|(at, session)| session.events.iter().map(move |&index| (index, at))).collect()
}

/// Drafts by time, for the question which of them were there at an instant.
struct Times {
    /// (start, draft), by start.
    starts: Vec<(Timestamp, usize)>,
    /// The latest end of the creation up to here.
    latest: Vec<Timestamp>,
}

impl Times {
    fn of(drafts: &[Draft]) -> Self {
        let mut starts: Vec<(Timestamp, usize)> =
            drafts.iter().enumerate().map(|(at, draft)| (draft.started, at)).collect();
        starts.sort_unstable();
        let mut latest: Vec<Timestamp> = Vec::with_capacity(starts.len());
        for &(start, at) in &starts {
            let end = drafts[at].created.max(start);
            latest.push(latest.last().map_or(end, |&before| before.max(end)));
        }
        Times { starts, latest }
    }

    /// The draft to which something belongs that happened at an instant: the one that was being created then, else the one
    /// whose creation is nearest, as long as it began no later than `lead` after the instant and ended no earlier than
    /// [`settle`] before it.
    fn nearest(
        &self,
        drafts: &[Draft],
        time: Timestamp,
        lead: Duration,
        wanted: impl Fn(&Draft) -> bool,
    ) -> Option<usize> {
        let last = self.starts.partition_point(|(start, _)| *start - lead <= time);
        let reaches = |at: &usize| time <= self.latest[*at] + settle();
        let candidates = (0..last).rev().take_while(reaches).map(|at| self.starts[at].1);
        let fits = |at: &usize| time <= drafts[*at].created + settle() && wanted(&drafts[*at]);
        let distance = |at: &usize| {
            let draft = &drafts[*at];
            (draft.begun - time).max(time - draft.created).max(Duration::zero())
        };
        candidates.filter(fits).min_by_key(|at| (distance(at), drafts[*at].started, *at))
    }
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
fn named(view: &HostView<'_>, sessions: &[Session], owners: &HashMap<usize, usize>) -> Vec<Draft> {
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
            let new = draft(view, Family::Named, start.set.filter(|g| !g.is_null()), Some(at), events);
            drafts.push(Draft { begun: start.started, ..new });
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
    for (index, event) in view.iter() {
        let Some(guid) = event.set.filter(|guid| !guid.is_null() && is_part_of_creation(event)) else {
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
    for (guid, events) in orphans {
        let session = events.iter().filter_map(|index| owners.get(index).copied()).min();
        let first = events.first().map(|&i| view.events[i].time);
        let mut own =
            drafts.iter_mut().filter(|draft| session.is_some() && draft.session == session).peekable();
        if own.peek().is_none() {
            let session_events = session.map(|at| sessions[at].events.clone()).unwrap_or_default();
            let events = events.into_iter().chain(session_events).collect();
            drafts.push(draft(view, Family::Named, Some(guid), session, events));
            continue;
        }
        // A trace without arguments has StartSnapshotSet without the id that the writers name.
        let nameless =
            own.filter(|draft| draft.guid.is_none() && first.is_some_and(|at| draft.begun <= at)).last();
        match nameless {
            Some(draft) => {
                draft.guid = Some(guid);
                for index in events {
                    draft.take(index, &view.events[index]);
                }
            }
            None => drafts.push(draft(view, Family::Named, Some(guid), None, events)),
        }
    }
    drafts
}

impl Draft {
    /// Adds an event that names the set.
    fn take(&mut self, index: usize, event: &Event) {
        self.events.push(index);
        if is_part_of_creation(event) && !is_after_creation(event) {
            self.created = self.created.max(event.time);
        }
    }
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
    Draft { family, guid, session, started, begun: started, created, events }
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
    let ends = creation_ends(view, sessions);
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
            let created = call.ended.unwrap_or_else(|| last_provider_step(view, call.started));
            // The creation of another set is over before this one begins.
            let free = ends[..ends.partition_point(|end| *end <= call.started)].last().copied();
            let earliest = (asked - begin_lead()).max(free.unwrap_or(asked - begin_lead()));
            let begin = begins[begins.partition_point(|t| *t < earliest)..].first().copied();
            let prepare =
                calls.iter().filter(|c| c.method == Method::PrepareForBackup).map(|c| c.started).min();
            let begun = begin.filter(|t| *t <= call.started).or(prepare).unwrap_or(call.started);
            let trace = Trace { begun, created, calls: &calls, ended: session.ended };
            let events = trace.events(view, begun.min(asked));
            let started = begun.min(asked);
            found.push(Draft {
                family: Family::RegistryTrace,
                guid: None,
                session: Some(at),
                started,
                begun,
                created,
                events,
            });
        }
        found.extend(unmade(view, (at, session), &begins));
    }
    let spans = Times::of(&found);
    let mut alone: Vec<Draft> = Vec::new();
    for begin in begins {
        let inside = |draft: &Draft| draft.begun <= begin && begin <= draft.created;
        let done = alone.last().is_some_and(inside);
        if done || spans.nearest(&found, begin, Duration::zero(), inside).is_some() {
            continue;
        }
        let created = last_provider_step(view, begin);
        let events = Trace { begun: begin, created, calls: &[], ended: None }.events(view, begin);
        alone.push(Draft {
            family: Family::RegistryTrace,
            guid: None,
            session: None,
            started: begin,
            begun: begin,
            created,
            events,
        });
    }
    drafts.extend(found);
    drafts.extend(alone);
}

/// The instants at which a creation came to its end: by the requester's call, or by the provider's last step.
fn creation_ends(view: &HostView<'_>, sessions: &[Session]) -> Vec<Timestamp> {
    let calls = sessions.iter().filter(|s| s.detail == SessionDetail::Phases).flat_map(|s| &s.calls);
    let ended = calls.filter(|call| call.method == Method::DoSnapshotSet).filter_map(|call| call.ended);
    let steps = view.iter().filter(|(_, e)| e.set.is_none() && is_last_step(&e.what)).map(|(_, e)| e.time);
    let mut ends: Vec<Timestamp> = ended.chain(steps).collect();
    ends.sort_unstable();
    ends
}

fn is_last_step(what: &What) -> bool {
    matches!(
        what,
        What::ProviderStep {
            step: ProviderStep::PostFinalCommitSnapshots,
            edge: Edge::Returned | Edge::Whole,
            ..
        }
    )
}

/// A set that was begun (the provider was asked to prepare) and whose session ends without DoSnapshotSet.
fn unmade(view: &HostView<'_>, (at, session): (usize, &Session), begins: &[Timestamp]) -> Option<Draft> {
    let has = |method: Method| session.calls.iter().any(|call| call.method == method);
    if has(Method::DoSnapshotSet) || !has(Method::PrepareForBackup) {
        return None;
    }
    let until = session.calls.iter().map(|call| call.ended.unwrap_or(call.started)).max()?;
    let begun = *begins[begins.partition_point(|begin| *begin < session.started)..].first()?;
    if until < begun {
        return None;
    }
    let calls: Vec<&CallRecord> = session.calls.iter().collect();
    let events =
        Trace { begun, created: until, calls: &calls, ended: session.ended }.events(view, session.started);
    Some(Draft {
        family: Family::RegistryTrace,
        guid: None,
        session: Some(at),
        started: session.started,
        begun,
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
    for (_, event) in view.from(from).filter(|(_, e)| e.set.is_none()) {
        let What::ProviderStep { step, .. } = &event.what else { continue };
        match step {
            // A new volume of the same set before the commit, a new set after it.
            ProviderStep::BeginPrepareSnapshot if committed => break,
            ProviderStep::CommitSnapshots => committed = true,
            _ => {}
        }
        last = event.time;
        if is_last_step(&event.what) {
            break;
        }
    }
    last
}

/// A creation in the registry trace. While it goes on the host works for this set alone; before and after, other requesters
/// may have a creation of their own, so only what lies in one of this requester's calls belongs to it.
struct Trace<'c> {
    begun: Timestamp,
    created: Timestamp,
    /// The requester's calls; none if no requester is known.
    calls: &'c [&'c CallRecord],
    /// End of the session.
    ended: Option<Timestamp>,
}

impl Trace<'_> {
    fn events(&self, view: &HostView<'_>, from: Timestamp) -> Vec<usize> {
        let calls = self.calls.iter().map(|call| call.ended.or(self.ended).unwrap_or(call.started));
        let last = calls.chain(self.ended).fold(self.created, Timestamp::max);
        let until = last + sessions::shutdown_lag();
        let own = self.calls.iter().flat_map(|call| call.events.iter().copied());
        let others = view
            .from(from)
            .take_while(|(_, e)| e.time <= until)
            .filter(|(_, e)| is_registry_trace(e) && self.has(e))
            .map(|(index, _)| index);
        own.chain(others).collect()
    }

    fn has(&self, event: &Event) -> bool {
        let creating = self.begun <= event.time && event.time <= self.created;
        let cause = match &event.what {
            // volsnap's own work outlives the creation by up to a second.
            What::VolsnapStep { .. } => {
                return self.begun <= event.time && event.time <= self.created + Duration::seconds(1);
            }
            What::Callback { callback, .. } => match callback {
                Callback::Identify => Method::GatherWriterMetadata,
                Callback::PrepareBackup => Method::PrepareForBackup,
                Callback::GetState => Method::GatherWriterStatus,
                Callback::BackupComplete => Method::BackupComplete,
                Callback::BackupShutdown => return self.is_let_go(event.time),
                _ => return creating,
            },
            What::WriterState { .. } => Method::PrepareForBackup,
            _ => return creating,
        };
        let in_call = |call: &&CallRecord| {
            let until = call.ended.or(self.ended).unwrap_or(self.created.max(call.started));
            call.method == cause && call.started <= event.time && event.time <= until
        };
        let is_creation = !matches!(&event.what, What::Callback { .. });
        (creating && (is_creation || !self.calls.iter().any(|call| call.method == cause)))
            || self.calls.iter().any(in_call)
    }

    /// Whether the instance can have been released just before: after BackupComplete or with the end of the process.
    fn is_let_go(&self, time: Timestamp) -> bool {
        let mut complete = self.calls.iter().filter(|call| call.method == Method::BackupComplete);
        let done = complete.find_map(|call| call.ended).or(self.ended);
        done.is_some_and(|done| {
            done <= time && time <= self.ended.map_or(done, |end| end.max(done)) + sessions::shutdown_lag()
        })
    }
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
    let times = Times::of(drafts);
    let mut known: HashMap<Guid, usize> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        if let Some(guid) = draft.guid {
            known.entry(guid).or_insert(at);
        }
    }
    for (index, event) in view.iter().filter(|(_, e)| is_mark(e)) {
        let named = event.set.filter(|guid| !guid.is_null());
        let by_id = named.and_then(|guid| known.get(&guid).copied());
        let is_free = |draft: &Draft| draft.guid.is_none() || named.is_none();
        let fits = by_id.or_else(|| times.nearest(drafts, event.time, Duration::zero(), is_free));
        let Some(at) = fits else {
            rest.push(index);
            continue;
        };
        drafts[at].events.push(index);
        if let (None, Some(guid)) = (drafts[at].guid, named) {
            drafts[at].guid = Some(guid);
            known.insert(guid, at);
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
    let taken: HashSet<usize> = drafts.iter().flat_map(|d| d.events.iter().copied()).collect();
    let starts: Vec<(Timestamp, &ServiceRun)> =
        runs.iter().filter(|run| run.service == "vss").filter_map(|run| Some((run.started?, run))).collect();
    for draft in drafts.iter_mut() {
        let run = starts[..starts.partition_point(|(at, _)| *at <= draft.started)]
            .last()
            .filter(|(at, _)| draft.started - *at <= service_lead());
        let events = run.into_iter().flat_map(|(_, run)| run.events.iter().copied());
        let before = |i: &usize| view.events[*i].time <= draft.started && !taken.contains(i);
        draft.events.extend(events.filter(before));
        if let Some(session) = draft.session.map(|at| &sessions[at]) {
            let process = |i: &&usize| {
                matches!(view.events[**i].what, What::ProcessStarted { .. } | What::ProcessEnded { .. })
            };
            draft.events.extend(session.events.iter().filter(process));
        }
    }
    let times = Times::of(drafts);
    // Drafts are in order of time: of several that have a device the last one is the newest.
    let mut devices: HashMap<&str, BTreeSet<usize>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for device in draft.events.iter().filter_map(|&i| view.events[i].device.as_deref()) {
            devices.entry(device).or_default().insert(at);
        }
    }
    for (index, event) in view.iter().filter(|(i, _)| !taken.contains(i)) {
        let lead = match event.what {
            What::ShadowDevice => Duration::zero(),
            What::Log | What::ShadowFailure => settle(),
            _ => continue,
        };
        let in_time = times.nearest(drafts, event.time, lead, |_| true);
        // Later mentions of a device that a set has. Device numbers are reused: the newest set with it, same boot.
        let is_newest = |at: &&usize| drafts[**at].started <= event.time;
        let by_device = || {
            let device = event.device.as_deref().filter(|_| event.what == What::ShadowDevice)?;
            let newest = *devices.get(device)?.iter().rev().find(is_newest)?;
            (!view.restarted(drafts[newest].created, event.time)).then_some(newest)
        };
        let Some(at) = in_time.or_else(by_device) else { continue };
        drafts[at].events.push(index);
        if let Some(device) = event.device.as_deref() {
            devices.entry(device).or_default().insert(at);
        }
    }
}
