//! The timeline with the look-ups that the rules share: operations, clock steps, holes in the evidence, noise.

use super::noise::{self, Noise};
use super::ownership::Ownership;
use super::pattern::removal;
use super::pattern::writer_failed::{self, Failure};
use super::stops::{self, Stop};
use super::{Thresholds, words};
use crate::knowledge::writers;
use chrono::TimeDelta;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use vsscope_model::{
    CallRecord, Callback, Confidence, Context, EndReason, Event, Guid, HResult, Method, Phase, PhaseActor,
    ProviderStep, Session, SessionDetail, SnapshotSet, Timeline, Timestamp, What, Writer, WriterRun,
};

/// A clock step of no more than this is within what records of two logs differ anyway.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(1);

/// A requester session with its sets, or a set whose session is not known.
#[derive(Debug)]
pub struct Operation<'t> {
    /// Its place in [`Case::operations`].
    pub number: usize,
    /// The session.
    pub session: Option<&'t Session>,
    /// The sets that the session made.
    pub sets: Vec<&'t SnapshotSet>,
    /// Indexes of all events of session, sets and writers, in order.
    pub events: Vec<usize>,
    /// First instant.
    pub started: Timestamp,
    /// Last instant that the evidence has of it.
    pub ended: Timestamp,
}

/// The time in which the copies of a set were the source of a running backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// The creation succeeded.
    pub from: Timestamp,
    /// BackupComplete or AbortBackup was called, or the session ended; absent when the evidence ends before.
    pub to: Option<Timestamp>,
}

impl<'t> Operation<'t> {
    fn new(timeline: &'t Timeline, session: Option<&'t Session>, sets: Vec<&'t SnapshotSet>) -> Option<Self> {
        let writers = sets.iter().flat_map(|set| &set.writers).flat_map(|writer| &writer.phases);
        let phases = sets.iter().flat_map(|set| &set.phases).chain(writers);
        let calls = session.into_iter().flat_map(|session| &session.calls);
        let mut events: Vec<usize> = phases
            .flat_map(|phase| &phase.events)
            .chain(calls.flat_map(|call| &call.events))
            .chain(session.into_iter().flat_map(|session| &session.events))
            .chain(sets.iter().flat_map(|set| &set.events))
            .copied()
            .filter(|index| *index < timeline.events.len() && !timeline.echoes.contains_key(index))
            .collect();
        events.sort_unstable();
        events.dedup();
        let starts = session.map(|s| s.started).into_iter().chain(sets.iter().map(|s| s.started));
        let started = starts.min()?;
        let last = events.last().and_then(|&index| timeline.events.get(index)).map(|event| event.time);
        let ends =
            session.and_then(|s| s.ended).into_iter().chain(sets.iter().filter_map(|s| s.ended)).chain(last);
        let ended = ends.max().unwrap_or(started);
        Some(Operation { number: 0, session, sets, events, started, ended })
    }

    /// Host name.
    pub fn host(&self) -> &'t str {
        let of_set = || self.sets.first().map_or("", |set| &*set.host);
        self.session.map_or_else(of_set, |session| &*session.host)
    }

    /// The requester's calls, as far as the evidence has them.
    pub fn calls(&self) -> &'t [CallRecord] {
        self.session.map_or(&[], |session| &session.calls)
    }

    /// Whether the requester is known to work in component mode.
    pub fn is_by_components(&self) -> bool {
        self.session.is_some_and(|session| session.component_mode == Some(true))
    }

    /// The calls of one method.
    pub fn calls_of(&self, method: &Method) -> impl Iterator<Item = &'t CallRecord> {
        self.calls().iter().filter(move |call| call.method == *method)
    }

    /// Whether the evidence shows every call of the session, from its beginning.
    pub fn shows_every_call(&self) -> bool {
        self.session.is_some_and(|session| session.detail == SessionDetail::Calls && !session.starts_mid)
    }

    /// The context in force; `VSS_CTX_BACKUP` where every call is visible and none set another
    /// (learn.microsoft.com, `IVssBackupComponents::SetContext`). A trace without parameters (below level 180) shows that a
    /// context was set and not which.
    pub fn context(&self) -> Option<Context> {
        let known = self.session.and_then(|session| session.context);
        let unseen = || self.calls_of(&Method::SetContext).any(CallRecord::was_taken);
        known.or_else(|| (self.shows_every_call() && !unseen()).then_some(Context::BACKUP))
    }

    /// The successful DoSnapshotSet that made a set. Where the evidence has no result of the call (registry trace), a
    /// provider that was at work and did not come to its last step tells that it failed.
    pub fn creation(&self, set: &SnapshotSet) -> Option<&'t CallRecord> {
        let provider = || set.phases.iter().filter(|phase| phase.actor == PhaseActor::Provider);
        let last = ProviderStep::PostFinalCommitSnapshots;
        let broke_off =
            provider().next().is_some() && !provider().any(|p| p.name == last.as_str() && p.ended.is_some());
        let made = |call: &&CallRecord| call.ok() && (call.hresult.is_some() || !broke_off);
        self.attempts(set).find(made)
    }

    /// Every DoSnapshotSet that was to make a set, whatever became of it.
    pub fn attempts(&self, set: &SnapshotSet) -> impl Iterator<Item = &'t CallRecord> {
        self.calls_of(&Method::DoSnapshotSet).filter(move |call| match (call.set, set.guid) {
            (Some(named), Some(guid)) => named == guid,
            _ => self.newest_before(call.started).is_none_or(|newest| newest.id == set.id),
        })
    }

    /// The set that was started last at an instant; absent where there is at most one.
    fn newest_before(&self, time: Timestamp) -> Option<&'t SnapshotSet> {
        let begun = self.sets.iter().filter(|set| set.started <= time);
        begun.max_by_key(|set| set.started).copied().filter(|_| self.sets.len() > 1)
    }

    /// When a set was the source of a running backup. Absent where the evidence does not show the requester's long calls:
    /// then nobody can say how long the backup ran.
    pub fn life(&self, set: &SnapshotSet) -> Option<Life> {
        let session = self.session.filter(|session| session.detail >= SessionDetail::Phases)?;
        let from = self.creation(set)?.ended?;
        let over = self.calls().iter().filter(|call| match call.method {
            Method::BackupComplete => !call.failed(),
            Method::AbortBackup => true,
            _ => false,
        });
        let to = over.map(|call| call.started).chain(session.ended).filter(|&time| time >= from).min();
        Some(Life { from, to })
    }

    /// The set to which an event belongs.
    pub fn set_of(&self, index: usize) -> Option<&'t SnapshotSet> {
        match self.sets.as_slice() {
            [only] => Some(only),
            sets => sets.iter().find(|set| set.events.binary_search(&index).is_ok()).copied(),
        }
    }

    /// How an event is tied to the operation: by the key of its instance or by its set id, or by writer, pid or volume and
    /// time.
    pub fn tie(&self, event: &Event) -> Confidence {
        let by_instance = self.session.is_some() && event.session.is_some();
        let by_set = event.set.is_some_and(|guid| self.sets.iter().any(|set| set.guid == Some(guid)));
        if by_instance || by_set { Confidence::Exact } else { Confidence::Strong }
    }

    /// Whether it is known from the output of a tool, which has an order and no clock.
    pub fn is_transcript(&self, timeline: &Timeline) -> bool {
        let calls = self.calls().iter().flat_map(|call| &call.events);
        let mut clocks = calls.filter_map(|&index| timeline.events.get(index)).map(|event| event.clock);
        clocks.next().is_some_and(|clock| !clock.measures()) && clocks.all(|clock| !clock.measures())
    }

    /// Index and event of each event of the operation.
    pub fn iter(&self, timeline: &'t Timeline) -> impl DoubleEndedIterator<Item = (usize, &'t Event)> {
        self.events.iter().filter_map(move |&index| Some((index, timeline.events.get(index)?)))
    }

    /// The name under which the sets know a writer; else what the event calls it. Where several instances of one writer
    /// are known, only an event that names the instance tells which of them it is about.
    pub fn writer_name(&self, writer: &Writer) -> Option<String> {
        let runs = || self.sets.iter().flat_map(|set| &set.writers);
        let exact = runs().find(|run| run.instance_id.is_some() && run.instance_id == writer.instance_id);
        let mut known = runs().filter(|run| same_writer(&of_run(run), writer));
        let first = exact.or_else(|| known.next());
        let clear = exact.is_some() || known.all(|run| first.is_none_or(|first| first.name == run.name));
        first.filter(|_| clear).map(|run| run.name.clone()).or_else(|| writer_name(writer))
    }

    /// The writer that an event is about; of a database engine's record the writer whose phases rest on it.
    pub fn writer_of(&self, index: usize, event: &Event) -> Option<Writer> {
        let mut runs = self.sets.iter().flat_map(|set| &set.writers);
        let by_phase =
            || runs.find(|run| run.phases.iter().any(|phase| phase.events.contains(&index))).map(of_run);
        event.writer.clone().or_else(by_phase)
    }

    /// Who did it, for a sentence.
    pub fn requester(&self) -> String {
        self.session.map_or_else(|| "the requester".to_owned(), words::requester)
    }
}

/// Name of a writer: from the event, else from the table of known writers; else its id.
pub fn writer_name(writer: &Writer) -> Option<String> {
    let known = || writer.class_id.and_then(writers::by_class).map(|known| known.name.to_owned());
    let id = || writer.class_id.or(writer.instance_id).map(|id| id.to_string());
    writer.name.as_deref().map(str::to_owned).or_else(known).or_else(id)
}

/// A writer of a set as events name it.
pub fn of_run(run: &WriterRun) -> Writer {
    Writer {
        name: Some(run.name.as_str().into()),
        class_id: run.class_id,
        instance_id: run.instance_id,
        class_name: None,
    }
}

/// The first that is known of a phase; where one record stands for the whole step, that is its end.
pub fn first_sign(phase: &Phase) -> Option<Timestamp> {
    phase.started.or(phase.ended)
}

/// Whether two events speak of one writer: the instance decides where both have one, then the class, then the name.
pub fn same_writer(a: &Writer, b: &Writer) -> bool {
    if let (Some(a), Some(b)) = (a.instance_id, b.instance_id) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.class_id, b.class_id) {
        return a == b;
    }
    matches!((&a.name, &b.name), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// Whether a writer of a set is the writer that an event names.
pub fn same_run(run: &WriterRun, writer: &Writer) -> bool {
    same_writer(&of_run(run), writer)
}

/// One step of the system clock.
#[derive(Debug)]
pub struct ClockStep<'t> {
    /// Index of the record.
    pub event: usize,
    host: Option<&'t str>,
    at: Timestamp,
    /// Time before.
    pub old: Timestamp,
    /// Time after.
    pub new: Timestamp,
}

impl ClockStep<'_> {
    /// Whether the clock was set between two instants.
    fn is_within(&self, from: Timestamp, to: Timestamp) -> bool {
        (from <= self.at && self.at <= to) || (from <= self.new && self.new <= to)
    }

    /// Whether the clock was set away from between two instants: what would have come then bears other times.
    fn leaves(&self, from: Timestamp, to: Timestamp) -> bool {
        from <= self.old && self.old <= to
    }
}

/// The timeline and what the rules look up in it.
#[derive(Debug)]
pub struct Case<'t> {
    /// The timeline.
    pub timeline: &'t Timeline,
    /// What counts as long, soon or many where no page gives a limit.
    pub thresholds: &'t Thresholds,
    /// Sessions with their sets, then sets without a session; by start.
    pub operations: Vec<Operation<'t>>,
    /// The latest end of the operations up to here.
    latest: Vec<Timestamp>,
    owner: Vec<Option<usize>>,
    steps: Vec<ClockStep<'t>>,
    /// Who names, made and claims sets.
    sets: Ownership<'t>,
    /// Events that say more than that a step of the protocol was taken.
    telling: Vec<usize>,
    /// Of them those that report a code.
    codes: HashMap<HResult, Vec<usize>>,
    /// Losses of events.
    lost: Vec<usize>,
    /// Starts of Windows.
    startups: Vec<usize>,
    /// The ends of the runs of the VSS service, by host, in order of time.
    stopped: HashMap<&'t str, Vec<Timestamp>>,
    /// The last event of what has no channel, by input and host.
    ends: HashMap<(&'t str, &'t str), usize>,
    /// Ends of the services that a creation needs, in order of time.
    pub stops: Vec<Stop<'t>>,
    noise: BTreeMap<usize, &'static Noise>,
    writer_failures: OnceCell<Vec<Failure>>,
}

impl<'t> Case<'t> {
    /// Prepares the look-ups.
    pub fn new(timeline: &'t Timeline, thresholds: &'t Thresholds) -> Self {
        let operations = operations(timeline);
        let mut owner = vec![None; timeline.events.len()];
        for (at, operation) in operations.iter().enumerate() {
            for &index in &operation.events {
                owner[index].get_or_insert(at);
            }
        }
        let mut latest: Vec<Timestamp> = Vec::with_capacity(operations.len());
        for operation in &operations {
            latest.push(latest.last().map_or(operation.ended, |&before| before.max(operation.ended)));
        }
        let mut case = Case {
            timeline,
            thresholds,
            operations,
            latest,
            owner,
            sets: Ownership::default(),
            steps: Vec::new(),
            telling: Vec::new(),
            codes: HashMap::new(),
            lost: Vec::new(),
            startups: Vec::new(),
            stopped: stopped(timeline),
            ends: HashMap::new(),
            stops: stops::of(timeline),
            noise: noise::classify(timeline),
            writer_failures: OnceCell::new(),
        };
        case.sets = Ownership::of(timeline, &case.operations);
        case.sort();
        case
    }

    /// Puts the events in the places where they are looked up.
    fn sort(&mut self) {
        for (index, event) in self.timeline.events.iter().enumerate() {
            match event.what {
                What::ClockChanged { old, new } if (new - old).abs() > CLOCK_TOLERANCE => {
                    let host = event.host.as_deref();
                    self.steps.push(ClockStep { event: index, host, at: event.time, old, new });
                }
                What::Startup => self.startups.push(index),
                _ => {}
            }
            if event.source.channel.is_none() {
                let host = event.host.as_deref().unwrap_or_default();
                self.ends.insert((&event.source.input, host), index);
            }
            if self.timeline.echoes.contains_key(&index) {
                continue;
            }
            if matches!(event.what, What::EventsLost { .. }) {
                self.lost.push(index);
            }
            if is_plain_step(event) {
                continue;
            }
            self.telling.push(index);
            let read = match event.what {
                What::WriterStatus { failure, .. } => failure,
                _ => None,
            };
            for code in event.hresult().into_iter().chain(read.filter(|code| event.hresult() != Some(*code)))
            {
                self.codes.entry(code).or_default().push(index);
            }
        }
    }

    /// The operations that were under way at an instant, or had their last sign no longer than `lag` before it.
    pub fn under_way(&self, time: Timestamp, lag: TimeDelta) -> impl Iterator<Item = &Operation<'t>> {
        let begun = self.operations.partition_point(|operation| operation.started <= time);
        let reaches = move |at: &usize| time <= self.latest[*at] + lag;
        let candidates = (0..begun).rev().take_while(reaches).map(|at| &self.operations[at]);
        candidates.filter(move |operation| time <= operation.ended + lag)
    }

    /// An event by its index.
    pub fn event(&self, index: usize) -> Option<&'t Event> {
        self.timeline.events.get(index)
    }

    /// Index and event of all events but echoes.
    pub fn events(&self) -> impl Iterator<Item = (usize, &'t Event)> {
        let echoes = &self.timeline.echoes;
        self.timeline.events.iter().enumerate().filter(|(index, _)| !echoes.contains_key(index))
    }

    /// Index and event of those among them that say more than that a step of the protocol was taken: results, refusals,
    /// failed states, statuses, records. Most events of a trace do not.
    pub fn telling(&self) -> impl Iterator<Item = (usize, &'t Event)> {
        self.telling.iter().map(|&index| (index, &self.timeline.events[index]))
    }

    /// The first set with this id.
    pub fn set_of_guid(&self, guid: Guid) -> Option<&'t SnapshotSet> {
        self.sets_of_guid(guid).next()
    }

    /// Every set with this id: two hosts can have one.
    pub fn sets_of_guid(&self, guid: Guid) -> impl Iterator<Item = &'t SnapshotSet> {
        self.sets.by_guid.get(&guid).into_iter().flatten().map(|&at| &self.timeline.sets[at])
    }

    /// The operation that made a set.
    pub fn maker(&self, set: &SnapshotSet) -> Option<&Operation<'t>> {
        self.operations.get(*self.sets.makers.get(&*set.id)?.first()?)
    }

    /// The calls that name a set or one of its copies, in order of their operations.
    pub fn calls_naming(&self, set: &SnapshotSet) -> Vec<(&Operation<'t>, &'t CallRecord)> {
        let ids = set.guid.into_iter().chain(set.snapshots.iter().filter_map(|copy| copy.guid));
        let mut places: Vec<(usize, usize)> =
            ids.filter_map(|id| self.sets.named.get(&id)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        let call = |(operation, at): (usize, usize)| {
            let operation = self.operations.get(operation)?;
            Some((operation, operation.calls().get(at)?))
        };
        let calls = places.into_iter().filter_map(call);
        calls.filter(|(_, call)| removal::names(call, set)).collect()
    }

    /// The operations that made a set that a call names, or whose session is said to have made or imported it.
    pub fn owners_of_named(&self, call: &CallRecord) -> Vec<&Operation<'t>> {
        let ids = call.set.into_iter().chain(call.snapshot);
        let of_copies = ids.filter_map(|id| self.sets.by_copy.get(&id)).flatten();
        let named = of_copies.chain(call.set.and_then(|id| self.sets.by_guid.get(&id)).into_iter().flatten());
        let made = named.filter_map(|&at| self.sets.makers.get(&*self.timeline.sets[at].id)).flatten();
        let id = call.set.map(|set| set.to_string()).unwrap_or_default();
        let mut owners: Vec<usize> =
            made.chain(self.sets.claims.get(&*id).into_iter().flatten()).copied().collect();
        owners.sort_unstable();
        owners.dedup();
        owners.into_iter().filter_map(|at| self.operations.get(at)).collect()
    }

    /// The events that report a code as their result or as a writer's.
    pub fn with_code(&self, code: HResult) -> &[usize] {
        self.codes.get(&code).map(Vec::as_slice).unwrap_or_default()
    }

    /// The failures of writers; see `writer_failed`.
    pub fn writer_failures(&self) -> &[Failure] {
        self.writer_failures.get_or_init(|| writer_failed::failures(self))
    }

    /// Index and event of the events of a host between two instants, both included.
    pub fn between<'a>(
        &'a self,
        host: &'a str,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (usize, &'t Event)> + 'a {
        let events = &self.timeline.events;
        let places = within(events, |event| event.time, from, to);
        let is_echo = |index: &usize| self.timeline.echoes.contains_key(index);
        places
            .clone()
            .zip(&events[places])
            .filter(move |(index, event)| is_on(event, host) && !is_echo(index))
    }

    /// Those of them that are [`Self::telling`].
    pub fn telling_between<'a>(
        &'a self,
        host: &'a str,
        from: Timestamp,
        to: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (usize, &'t Event)> + 'a {
        let events = &self.timeline.events;
        let places = within(&self.telling, |&index| events[index].time, from, to);
        let all = self.telling[places].iter().map(|&index| (index, &events[index]));
        all.filter(move |(_, event)| is_on(event, host))
    }

    /// The operation to which an event belongs.
    pub fn operation_of(&self, index: usize) -> Option<&Operation<'t>> {
        self.operations.get(self.owner.get(index).copied().flatten()?)
    }

    /// Steps of the clock of more than a second between two instants.
    pub fn clock_steps(
        &self,
        host: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = &ClockStep<'t>> {
        self.steps.iter().filter(move |step| step.host.is_none_or(|h| h == host) && step.is_within(from, to))
    }

    /// Whether a duration between two instants means nothing because the clock was set in between.
    pub fn clock_stepped(&self, host: &str, from: Timestamp, to: Timestamp) -> bool {
        let mut steps = self.steps.iter().filter(|step| step.host.is_none_or(|h| h == host));
        steps.any(|step| step.is_within(from, to) || step.leaves(from, to))
    }

    /// How firmly the evidence says that a set was the source of a running backup at an instant; absent if it was not.
    /// Where the evidence does not have the end of the session, it says nothing any more once its source ends, the service
    /// stops or Windows starts; and a trace that shows only the long calls can have missed the end.
    pub fn liveness(
        &self,
        operation: &Operation<'_>,
        set: &SnapshotSet,
        time: Timestamp,
    ) -> Option<Confidence> {
        let life = operation.life(set).filter(|life| life.from <= time)?;
        if life.to.is_some() || time <= operation.ended {
            return life.to.is_none_or(|to| time <= to).then_some(Confidence::Exact);
        }
        let host = operation.host();
        let ends = self.stopped.get(host).map(Vec::as_slice).unwrap_or_default();
        let is_stopped =
            ends.get(ends.partition_point(|end| *end <= life.from)).is_some_and(|end| *end <= time);
        let started = |&index: &usize| {
            self.event(index).is_some_and(|e| is_on(e, host) && life.from <= e.time && e.time <= time)
        };
        let gone = is_stopped || self.startups.iter().any(started);
        let last = *operation.events.last()?;
        let all_calls = operation.session.is_some_and(|session| session.detail == SessionDetail::Calls);
        let confidence = if all_calls { Confidence::Exact } else { Confidence::Weak };
        (!gone && self.goes_on(last, time)).then_some(confidence)
    }

    /// Whether evidence of an operation's own sources is missing between two instants: lost events, cleared or torn logs.
    pub fn has_hole(&self, operation: &Operation<'_>, from: Timestamp, to: Timestamp) -> bool {
        let host = operation.host();
        let time = |index: &usize| self.timeline.events[*index].time;
        let lost = &self.lost[self.lost.partition_point(|index| time(index) < from)..];
        let mut lost = lost.iter().take_while(|index| time(index) <= to);
        if lost.any(|&index| is_on(&self.timeline.events[index], host)) {
            return true;
        }
        let mut gaps = self.timeline.coverage.gaps.iter().filter(|gap| &*gap.host == host);
        gaps.any(|gap| {
            gap.first <= to
                && from <= gap.last
                && operation
                    .events
                    .iter()
                    .filter_map(|&index| self.event(index)?.source.channel.as_deref())
                    .any(|channel| channel.eq_ignore_ascii_case(&gap.source))
        })
    }

    /// Whether every call of an operation is in the evidence, so that one that is missing was not made: a trace of every
    /// call without a hole. What a tool prints of its work leaves calls out.
    pub fn sees_every_call(&self, operation: &Operation<'_>) -> bool {
        operation.shows_every_call()
            && !operation.is_transcript(self.timeline)
            && !self.has_hole(operation, operation.started, operation.ended)
    }

    /// Whether the source of an event goes on, without a hole, from the event to an instant.
    pub fn goes_on(&self, index: usize, to: Timestamp) -> bool {
        let Some(event) = self.event(index) else { return false };
        let host = event.host.as_deref().unwrap_or_default();
        match &event.source.channel {
            Some(channel) => self.timeline.coverage.covers(host, channel, event.time, to),
            // Records of a log in the same file go on by themselves.
            None => {
                let ends = self.ends.iter().filter(|((input, name), _)| {
                    *input == &*event.source.input && (name.is_empty() || name.eq_ignore_ascii_case(host))
                });
                let after = self.timeline.events.partition_point(|e| e.time < to);
                ends.map(|(_, last)| *last).any(|last| last >= after)
            }
        }
    }

    /// Why an event is noise, if it is.
    pub fn noise(&self, index: usize) -> Option<&'static Noise> {
        self.noise.get(&index).copied()
    }

    /// Every event that is noise.
    pub fn all_noise(&self) -> impl Iterator<Item = (usize, &'static Noise)> {
        self.noise.iter().map(|(&index, &noise)| (index, noise))
    }

    /// Whether an event is a record of VSS with this code that is no noise.
    pub fn is_vss_record(&self, index: usize, code: HResult) -> bool {
        self.event(index).is_some_and(|event| {
            event.event_id.is_some()
                && event.provider.eq_ignore_ascii_case("VSS")
                && event.hresult() == Some(code)
                && self.noise(index).is_none()
        })
    }

    /// The callback of a writer that was open, or came last, at an instant, with the operation and the callback's event.
    pub fn callback_at(
        &self,
        index: usize,
        event: &Event,
        writer: &Writer,
    ) -> Option<(&Operation<'t>, Callback, usize)> {
        let host = event.host.as_deref().unwrap_or_default();
        let own = self.operation_of(index);
        let last = |operation: &'_ Operation<'t>| {
            operation.iter(self.timeline).rev().find_map(|(at, e)| {
                let What::Callback { callback, .. } = &e.what else { return None };
                let of_writer = e.writer.as_ref().is_some_and(|w| same_writer(w, writer));
                let phase = match callback {
                    Callback::Abort | Callback::GetState | Callback::Other(_) => return None,
                    Callback::FreezeWatchdog => Callback::Freeze,
                    other => other.clone(),
                };
                (of_writer && e.time <= event.time).then_some((at, phase))
            })
        };
        if let Some(own) = own {
            return last(own).map(|(at, phase)| (own, phase, at));
        }
        let near = self.under_way(event.time, SETTLE).filter(|operation| operation.host() == host);
        let found = near.filter_map(|operation| last(operation).map(|(at, phase)| (operation, phase, at)));
        found.max_by_key(|(_, _, at)| *at)
    }
}

/// How long after the last sign of an operation a record may still speak of it.
const SETTLE: TimeDelta = TimeDelta::seconds(10);

/// Where those of what is in order of time are that lie between two instants, both included.
fn within<T>(all: &[T], time: impl Fn(&T) -> Timestamp, from: Timestamp, to: Timestamp) -> Range<usize> {
    let first = all.partition_point(|one| time(one) < from);
    first..all.partition_point(|one| time(one) <= to).max(first)
}

/// Whether an event is of a host. Events without a host count for every host.
pub fn is_on(event: &Event, host: &str) -> bool {
    event.host.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(host))
}

/// Whether a host is Windows PE, which names itself so: there a restore of the whole system (ASR) runs.
pub fn is_windows_pe(host: &str) -> bool {
    host.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("MININT-"))
}

/// Whether the way a session ended tells that it is over.
pub fn is_over(reason: EndReason) -> bool {
    use EndReason::{Crashed, ProcessExit, Released, Shutdown};
    matches!(reason, Crashed | ProcessExit | Released | Shutdown)
}

/// Whether an event only says that a step of the protocol was taken.
fn is_plain_step(event: &Event) -> bool {
    event.status.is_none()
        && match &event.what {
            What::Call { .. }
            | What::Phase { .. }
            | What::ProviderStep { .. }
            | What::Flush { .. }
            | What::VolsnapStep { .. }
            | What::DiagKey { .. } => true,
            What::Callback { accepted, .. } => *accepted != Some(false),
            What::WriterState { state } => state.failed_at().is_none(),
            _ => false,
        }
}

/// The ends of the runs of the VSS service, by host.
fn stopped(timeline: &Timeline) -> HashMap<&str, Vec<Timestamp>> {
    let mut stopped: HashMap<&str, Vec<Timestamp>> = HashMap::new();
    for host in &timeline.hosts {
        let ends = host.runs.iter().filter(|run| run.service == "vss").filter_map(|run| run.ended);
        stopped.entry(&*host.name).or_default().extend(ends);
    }
    stopped.values_mut().for_each(|ends| ends.sort_unstable());
    stopped
}

fn operations(timeline: &Timeline) -> Vec<Operation<'_>> {
    let mut made: HashMap<(&str, &str), Vec<&SnapshotSet>> = HashMap::new();
    let known: HashSet<(&str, &str)> = timeline.sessions.iter().map(|s| (&*s.host, &*s.id)).collect();
    let mut alone: Vec<Operation<'_>> = Vec::new();
    for set in &timeline.sets {
        match set.session.as_deref().map(|session| (&*set.host, session)).filter(|key| known.contains(key)) {
            Some(key) => made.entry(key).or_default().push(set),
            None => alone.extend(Operation::new(timeline, None, vec![set])),
        }
    }
    let mut operations: Vec<Operation<'_>> = Vec::new();
    for session in &timeline.sessions {
        let sets = made.remove(&(&*session.host, &*session.id)).unwrap_or_default();
        operations.extend(Operation::new(timeline, Some(session), sets));
    }
    operations.extend(alone);
    operations.sort_by_key(|operation| operation.started);
    for (number, operation) in operations.iter_mut().enumerate() {
        operation.number = number;
    }
    operations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writers_are_equal_by_the_most_exact_key_that_both_have() {
        let id = |n| Some(Guid::from_bits(n));
        let named = |name: &str, class_id, instance_id| Writer {
            name: Some(name.into()),
            class_id,
            instance_id,
            class_name: None,
        };
        assert!(same_writer(&named("A", id(1), id(2)), &named("B", id(1), id(2))));
        assert!(
            !same_writer(&named("A", id(1), id(2)), &named("A", id(1), id(3))),
            "two instances of one class"
        );
        assert!(same_writer(&named("SqlServerWriter", id(1), None), &named("sqlserverwriter", None, None)));
        assert!(!same_writer(&Writer::default(), &Writer::default()));
    }
}
