//! Sets of the registry trace, which names no set: one creation at a time per host tells them apart.

use super::{Draft, Family, Times};
use crate::timeline::indexes::IndexSet;
use crate::timeline::sessions::shutdown_lag;
use crate::timeline::{HostView, Kinds, settle};
use chrono::Duration;
use vsscope_model::{
    CallRecord, Callback, Confidence, Edge, Event, Guid, Method, ProviderStep, Session, SessionDetail,
    Timestamp, What,
};

/// The provider is asked to prepare (AddToSnapshotSet) at most this long before the requester's first long call.
fn begin_lead() -> Duration {
    Duration::minutes(10)
}

/// Whether the session is known from the registry key only.
fn is_of_registry(session: &Session) -> bool {
    matches!(session.detail, SessionDetail::Phases | SessionDetail::Newest)
}

/// A step that names neither set nor session: of the registry key `Services\VSS\Diag`, or of a function trace.
fn is_registry_trace(event: &Event) -> bool {
    // The id in BackupShutdown may be that of another set, so it counts for nothing there.
    let is_shutdown = matches!(&event.what, What::Callback { callback: Callback::BackupShutdown, .. });
    event.session.is_none()
        && (event.set.is_none() || event.newest_only || is_shutdown)
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
pub(super) fn registry_trace(view: &HostView<'_>, sessions: &[Session], drafts: &mut Vec<Draft>) {
    let provider = ProviderSteps::of(view);
    add_nameless_steps(view, sessions, &provider, drafts);
    let begins: Vec<Timestamp> =
        view.of(Kinds::PROVIDER).filter(|(_, e)| is_begin_prepare(e)).map(|(_, e)| e.time).collect();
    let ends = creation_ends(view, sessions);
    let mut found: Vec<Draft> = Vec::new();
    for (at, session) in sessions.iter().enumerate().filter(|(_, s)| is_of_registry(s)) {
        let does: Vec<&CallRecord> =
            session.calls.iter().filter(|c| c.method == Method::DoSnapshotSet).collect();
        for (n, call) in does.iter().enumerate() {
            let earlier = n.checked_sub(1).map(|p| does[p].ended.unwrap_or(does[p].started));
            // Calls are in order of time.
            let before = |time: Timestamp| session.calls.partition_point(|c| c.started < time);
            let until = does.get(n + 1).map_or(session.calls.len(), |next| before(next.started));
            let mine = earlier.map_or(0, before).min(until)..until;
            let calls: Vec<&CallRecord> = session.calls[mine].iter().collect();
            let asked = calls.iter().map(|c| c.started).min().unwrap_or(call.started);
            let created = call.ended.unwrap_or_else(|| provider.last_step(call.started));
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
    let (spans, known) = (Times::of(&found), Times::of(drafts));
    let mut alone: Vec<Draft> = Vec::new();
    for begin in begins {
        let inside = |draft: &Draft| draft.begun <= begin && begin <= draft.created;
        let is_in = |times: &Times, drafts: &[Draft]| {
            times.nearest(drafts, begin, Duration::zero(), inside).is_some()
        };
        if alone.last().is_some_and(inside) || is_in(&known, drafts) || is_in(&spans, &found) {
            continue;
        }
        let created = provider.last_step(begin);
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
    for draft in found.iter_mut().chain(&mut alone) {
        draft.guid = only_set(view, draft);
    }
    drafts.extend(found);
    drafts.extend(alone);
}

/// The set that the writers' values in the registry key name, if they all name the same.
fn only_set(view: &HostView<'_>, draft: &Draft) -> Option<Guid> {
    let creating = |event: &&Event| draft.begun <= event.time && event.time <= draft.created;
    let events = draft.events.iter().map(|&i| &view.events[i]).filter(|event| event.newest_only);
    let mut sets = events.filter(creating).filter_map(|event| event.set);
    let first = sets.next()?;
    sets.all(|other| other == first).then_some(first)
}

/// Gives the sets of function traces the steps that do not name them: at the usual level a trace has no parameters, and
/// the registry key names no set. A host makes one set at a time.
fn add_nameless_steps(
    view: &HostView<'_>,
    sessions: &[Session],
    provider: &ProviderSteps,
    drafts: &mut [Draft],
) {
    for draft in drafts.iter_mut() {
        let Some(session) = draft.session.map(|at| &sessions[at]) else { continue };
        let made = session.calls.iter().filter(|call| call.method == Method::StartSnapshotSet).count();
        if session.confidence != Confidence::Strong || made > 1 || draft.started == Event::NO_TIME {
            continue;
        }
        let calls: Vec<&CallRecord> = session.calls.iter().collect();
        let trace = Trace {
            begun: draft.begun,
            created: draft.created.max(provider.last_step(draft.begun).min(draft.created + settle())),
            calls: &calls,
            ended: session.ended,
        };
        let own: IndexSet = draft.events.iter().copied().collect();
        let calls: IndexSet = session.events.iter().copied().collect();
        let more = trace.events(view, draft.started);
        draft.created = trace.created;
        draft.events.extend(more.into_iter().filter(|index| !own.contains(index) && !calls.contains(index)));
        draft.events.sort_unstable();
    }
}

/// The instants at which a creation came to its end: by the requester's call, or by the provider's last step.
fn creation_ends(view: &HostView<'_>, sessions: &[Session]) -> Vec<Timestamp> {
    let calls = sessions.iter().filter(|s| is_of_registry(s)).flat_map(|s| &s.calls);
    let ended = calls.filter(|call| call.method == Method::DoSnapshotSet).filter_map(|call| call.ended);
    let steps = view
        .of(Kinds::PROVIDER)
        .filter(|(_, e)| e.set.is_none() && is_last_step(&e.what))
        .map(|(_, e)| e.time);
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

/// The steps of providers that name no set, and for each one the last step of the run that goes on with it.
struct ProviderSteps {
    times: Vec<Timestamp>,
    /// As seen from the step: where the run has not come to its commit before it, and where it has.
    last: Vec<[Option<Timestamp>; 2]>,
}

impl ProviderSteps {
    /// A run ends with its last step, or before the next set begins: at a new volume after the commit.
    fn of(view: &HostView<'_>) -> Self {
        let mut steps = ProviderSteps { times: Vec::new(), last: Vec::new() };
        let mut later = [None, None];
        for (_, event) in view.of(Kinds::PROVIDER).rev().filter(|(_, e)| e.set.is_none()) {
            let What::ProviderStep { step, .. } = &event.what else { continue };
            let here = |committed: bool| match step {
                ProviderStep::BeginPrepareSnapshot if committed => None,
                _ if is_last_step(&event.what) => Some(event.time),
                ProviderStep::CommitSnapshots => later[1].or(Some(event.time)),
                _ => later[usize::from(committed)].or(Some(event.time)),
            };
            later = [here(false), here(true)];
            steps.times.push(event.time);
            steps.last.push(later);
        }
        steps.times.reverse();
        steps.last.reverse();
        steps
    }

    /// The last step of the run that is under way at an instant; the instant itself if none follows.
    fn last_step(&self, from: Timestamp) -> Timestamp {
        let next = self.times.partition_point(|time| *time < from);
        self.last.get(next).and_then(|[last, _]| *last).unwrap_or(from)
    }
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
        let until = last + shutdown_lag();
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
            done <= time && time <= self.ended.map_or(done, |end| end.max(done)) + shutdown_lag()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use vsscope_model::{Host, RecordRef};

    /// The last step of a run, by walking along it.
    fn walked(events: &[Event], from: Timestamp) -> Timestamp {
        let (mut last, mut committed) = (from, false);
        for event in events.iter().filter(|event| event.time >= from && event.set.is_none()) {
            let What::ProviderStep { step, .. } = &event.what else { continue };
            if *step == ProviderStep::BeginPrepareSnapshot && committed {
                break;
            }
            committed |= *step == ProviderStep::CommitSnapshots;
            last = event.time;
            if is_last_step(&event.what) {
                break;
            }
        }
        last
    }

    proptest::proptest! {
        #[test]
        fn the_last_step_of_a_run_is_found_without_walking(
            steps in proptest::collection::vec((0_usize..5, proptest::bool::ANY, proptest::bool::weighted(0.1)), 0..30),
        ) {
            let start: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
            let at = |second: usize| start + Duration::seconds(i64::try_from(second).unwrap_or_default());
            let event = |(second, (kind, entered, named)): (usize, (usize, bool, bool))| {
                let step = [
                    ProviderStep::BeginPrepareSnapshot,
                    ProviderStep::EndPrepareSnapshots,
                    ProviderStep::CommitSnapshots,
                    ProviderStep::PostCommitSnapshots,
                    ProviderStep::PostFinalCommitSnapshots,
                ][kind]
                    .clone();
                let edge = if entered { Edge::Entered } else { Edge::Returned };
                let what = What::ProviderStep { step, edge, duration_ms: None };
                let mut event = Event::new(at(second), RecordRef::default(), what);
                event.host = Some(Arc::from("H"));
                event.set = named.then(|| Guid::from_bits(5));
                event
            };
            let events: Vec<Event> = steps.into_iter().enumerate().map(event).collect();
            let host = Host { name: Arc::from("H"), aliases: Vec::new(), runs: Vec::new() };
            let views = HostView::of_all(&events, &[host], &BTreeMap::new());
            let provider = ProviderSteps::of(&views[0]);
            for second in 0..=events.len() {
                proptest::prop_assert_eq!(provider.last_step(at(second)), walked(&events, at(second)));
            }
        }
    }
}
