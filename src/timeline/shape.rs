//! What a set looks like, from its events: phases, writers, shadow copies, outcome.

use super::HostView;
use super::pairing::{Span, millis, pair};
use super::sets::{Draft, Family};
use crate::knowledge::{limits, providers, writers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vsscope_model::{
    Actor, CallRecord, Callback, Confidence, Database, DatabaseMark, Edge, Event, FlushStep, Guid, HResult,
    Method, Outcome, Participation, Phase, PhaseActor, Provider, ProviderStep, ServicePhase, Session,
    SessionDetail, Snapshot, SnapshotSet, Timestamp, What, WriterRun,
};

/// Name of the phase from the first Freeze to the last Thaw (of a set) or from Freeze to Thaw (of a writer).
const FREEZE_WINDOW: &str = "FreezeWindow";

/// Requester calls that are phases of a set; the others are moments.
const LONG_CALLS: &[Method] = &[
    Method::GatherWriterMetadata,
    Method::PrepareForBackup,
    Method::DoSnapshotSet,
    Method::BackupComplete,
    Method::AbortBackup,
];

/// Callbacks that only writers of the set get.
const INVOLVED: &[Callback] = &[
    Callback::PrepareBackup,
    Callback::PrepareSnapshot,
    Callback::Freeze,
    Callback::Thaw,
    Callback::PostSnapshot,
    Callback::Abort,
    Callback::BackupComplete,
    Callback::BackupShutdown,
];

/// The parts of a creation of which the writers' own records give the set's phase when the service's are not there.
const SHARED_PHASES: &[Callback] =
    &[Callback::PrepareSnapshot, Callback::Freeze, Callback::Thaw, Callback::PostSnapshot];

/// Marks of a database engine that end its freeze.
const FREEZE_ENDS: &[DatabaseMark] =
    &[DatabaseMark::FreezeEnded, DatabaseMark::Aborted, DatabaseMark::FreezeTimedOut];

/// Works a draft out.
pub fn set(view: &HostView<'_>, draft: Draft, sessions: &[Session]) -> SnapshotSet {
    let session = draft.session.map(|at| &sessions[at]);
    let calls: Vec<&CallRecord> = session.map(|s| calls_of(s, &draft)).unwrap_or_default();
    let parts = Parts { view, draft: &draft, session, calls };

    let writers = parts.writers();
    let phases = parts.phases(&writers);
    let snapshots = parts.snapshots();
    let volumes = parts.volumes(&snapshots);
    let writerless = parts.writerless(&writers);
    let lost = snapshots.iter().any(|s| s.state == "lost");
    let outcome = parts.outcome(&writers, writerless, lost);
    SnapshotSet {
        id: String::new(),
        guid: draft.guid,
        host: Arc::clone(&view.host),
        session: session.map(|s| s.id.clone()),
        provider: parts.provider(),
        volumes,
        snapshots,
        started: draft.started,
        ended: parts.ended(),
        outcome,
        phases,
        writers,
        confidence: parts.confidence(),
        writerless,
        evidence_count: draft.events.len(),
        events: draft.events,
    }
}

/// The session's calls that are in the draft.
fn calls_of<'a>(session: &'a Session, draft: &Draft) -> Vec<&'a CallRecord> {
    let is_in =
        |call: &&CallRecord| call.events.first().is_some_and(|i| draft.events.binary_search(i).is_ok());
    session.calls.iter().filter(is_in).collect()
}

/// What a set is made of.
struct Parts<'a> {
    view: &'a HostView<'a>,
    draft: &'a Draft,
    session: Option<&'a Session>,
    calls: Vec<&'a CallRecord>,
}

impl<'a> Parts<'a> {
    fn events(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.draft.events.iter().map(|&i| (i, &self.view.events[i]))
    }

    fn call(&self, method: &Method) -> Option<&'a CallRecord> {
        self.calls.iter().copied().rev().find(|call| call.method == *method)
    }

    /// The provider whose steps the set shows, else the one that the audit record names.
    fn provider(&self) -> Option<Provider> {
        let step = self
            .events()
            .find(|(_, e)| matches!(e.what, What::ProviderStep { .. }) && e.provider_id.is_some());
        let id = step
            .or_else(|| self.events().find(|(_, e)| e.provider_id.is_some()))
            .and_then(|(_, e)| e.provider_id)?;
        Some(Provider { id: Some(id), name: providers::name(id).map(str::to_owned) })
    }

    /// The last sign of the set: of its session, else of its creation.
    fn ended(&self) -> Option<Timestamp> {
        let calls = self.calls.iter().filter_map(|call| call.ended).max();
        let own = self
            .events()
            .filter(|(_, e)| !matches!(e.what, What::ProcessEnded { .. } | What::ShadowDevice))
            .map(|(_, e)| e.time)
            .max();
        calls.max(own).filter(|_| self.session.is_none_or(|s| !s.ends_mid))
    }

    /// How firmly the events are tied together.
    fn confidence(&self) -> Confidence {
        let has = |wanted: fn(&What) -> bool| self.events().any(|(_, e)| wanted(&e.what));
        match self.draft.family {
            Family::Named => Confidence::Exact,
            Family::RegistryTrace => Confidence::Strong,
            Family::Marks if has(|w| matches!(w, What::Database(_))) => Confidence::Strong,
            Family::Marks if self.draft.guid.is_some() => Confidence::Exact,
            Family::Marks => Confidence::Weak,
        }
    }

    // ---- shadow copies ------------------------------------------------------------------------------------------

    fn snapshots(&self) -> Vec<Snapshot> {
        let mut snapshots: Vec<Snapshot> = Vec::new();
        for (_, event) in self.events() {
            let names_one = match &event.what {
                What::SnapshotCreated | What::SnapshotImported => true,
                What::Call { method: Method::AddToSnapshotSet, .. } => {
                    !event.status.is_some_and(|s| s.is_failure())
                }
                _ => false,
            };
            if !names_one {
                continue;
            }
            let known = snapshots.iter_mut().find(|s| s.guid.is_some() && s.guid == event.snapshot);
            match known {
                Some(snapshot) => {
                    snapshot.volume = snapshot.volume.take().or_else(|| event.volume.clone());
                    snapshot.device = snapshot.device.take().or_else(|| event.device.clone());
                }
                None => snapshots.push(Snapshot {
                    guid: event.snapshot,
                    volume: event.volume.clone(),
                    device: event.device.clone(),
                    state: String::new(),
                }),
            }
        }
        self.add_devices(&mut snapshots);
        let created = self.is_created();
        let alone = snapshots.len() == 1;
        for snapshot in &mut snapshots {
            snapshot.state = if self.is_lost(snapshot, alone) {
                "lost"
            } else if self.is_deleted(snapshot) {
                "deleted"
            } else if created {
                "created"
            } else {
                "unknown"
            }
            .to_owned();
        }
        snapshots
    }

    /// Devices that were mounted while the set was made. With one shadow copy and one device they belong together;
    /// otherwise a device without a known shadow copy stands by itself.
    fn add_devices(&self, snapshots: &mut Vec<Snapshot>) {
        let in_creation = |e: &&Event| e.time <= self.draft.created + super::sets::settle();
        let devices: BTreeSet<&str> = self
            .events()
            .map(|(_, e)| e)
            .filter(|e| matches!(e.what, What::ShadowDevice))
            .filter(in_creation)
            .filter_map(|e| e.device.as_deref())
            .filter(|device| !snapshots.iter().any(|s| s.device.as_deref() == Some(device)))
            .collect();
        let mut without: Vec<&mut Snapshot> = snapshots.iter_mut().filter(|s| s.device.is_none()).collect();
        if let ([snapshot], 1) = (without.as_mut_slice(), devices.len()) {
            snapshot.device = devices.first().map(|device| (*device).to_owned());
            return;
        }
        snapshots.extend(
            devices
                .iter()
                .map(|device| Snapshot { device: Some((*device).to_owned()), ..Snapshot::default() }),
        );
    }

    /// The original volumes. The audit record names a volume by its GUID and flush-and-hold by its letter: with one shadow
    /// copy and one held volume these are two names of one volume, and the letter is the one that people know. With
    /// several nobody can say which is which.
    fn volumes(&self, snapshots: &[Snapshot]) -> Vec<String> {
        let named: BTreeSet<String> = snapshots.iter().filter_map(|s| s.volume.clone()).collect();
        let held = self.held_volumes();
        let is_path = |volume: &String| Guid::find_in(volume).is_some();
        let by_letter = held.len() == 1 && snapshots.len() == 1 && named.iter().all(is_path);
        let volumes = if named.is_empty() || by_letter { held } else { named };
        volumes.into_iter().collect()
    }

    /// The volumes on which writes were held: those of the set.
    fn held_volumes(&self) -> BTreeSet<String> {
        let flushes = self.events().filter(|(_, e)| matches!(e.what, What::Flush { .. }));
        flushes.filter_map(|(_, e)| e.volume.clone()).collect()
    }

    /// volsnap lost the volume's shadow copies while the set lived.
    fn is_lost(&self, snapshot: &Snapshot, alone: bool) -> bool {
        let view = self.view;
        let first = view.losses.partition_point(|&i| view.events[i].time < self.draft.created);
        let held = if alone { self.held_volumes() } else { BTreeSet::new() };
        let losses = view.losses[first..].iter().map(|&i| &view.events[i]);
        let Some(until) = self.end_of_life() else { return false };
        losses.take_while(|e| e.time <= until).any(|e| match (&e.device, &snapshot.device) {
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => true,
            _ => {
                let is_it = |volume: &str| same_volume(e.volume.as_deref(), Some(volume));
                snapshot.volume.as_deref().is_some_and(is_it)
                    || (held.len() == 1 && held.iter().any(|volume| is_it(volume)))
            }
        })
    }

    /// Until when the backup needs the set: BackupComplete, abort, or the end of the session. Where the evidence has none of
    /// them: until the trace ends if it shows every call, else until the last one.
    fn end_of_life(&self) -> Option<Timestamp> {
        let call = self.call(&Method::BackupComplete).or_else(|| self.call(&Method::AbortBackup));
        let session = self.session?;
        let last = session.events.last().map(|&i| &self.view.events[i])?;
        let last = match session.detail {
            SessionDetail::Calls => self.view.end_of_source(last),
            _ => last.time,
        };
        call.map(|call| call.started).or(session.ended).or(Some(last))
    }

    fn is_deleted(&self, snapshot: &Snapshot) -> bool {
        self.view.deletes.iter().map(|&i| &self.view.events[i]).any(|e| {
            !e.status.is_some_and(|s| s.is_failure())
                && e.time >= self.draft.started
                && ((e.set.is_some() && e.set == self.draft.guid && e.snapshot.is_none())
                    || (e.snapshot.is_some() && e.snapshot == snapshot.guid))
        })
    }

    // ---- writers ------------------------------------------------------------------------------------------------

    fn writers(&self) -> Vec<WriterRun> {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let hosted = self.writers_by_pid();
        for (index, event) in self.events() {
            if let Some(name) = writer_name(event, &hosted) {
                by_name.entry(name).or_default().push(index);
            }
        }
        by_name.into_iter().flat_map(|(name, events)| self.instances(&name, &events)).collect()
    }

    /// The writers of one name: one, or as many as instance ids are in the evidence. What does not say whose it is stays
    /// apart from them, unless its process does.
    fn instances(&self, name: &str, indexes: &[usize]) -> Vec<WriterRun> {
        let id = |index: &usize| self.view.events[*index].writer.as_ref().and_then(|w| w.instance_id);
        let ids: BTreeSet<Guid> = indexes.iter().filter_map(id).collect();
        if ids.len() < 2 {
            return vec![self.writer(name.to_owned(), indexes)];
        }
        let pid = |index: &usize| {
            let event = &self.view.events[*index];
            event.process.pid.filter(|_| event.actor == Actor::Writer)
        };
        let by_pid: BTreeSet<(u32, Guid)> =
            indexes.iter().filter_map(|index| Some((pid(index)?, id(index)?))).collect();
        let of_process = |index: &usize| {
            let wanted = pid(index)?;
            let mut known = by_pid.iter().filter(|(pid, _)| *pid == wanted).map(|(_, id)| *id);
            known.next().filter(|_| known.next().is_none())
        };
        let mut parts: BTreeMap<Option<Guid>, Vec<usize>> = BTreeMap::new();
        for index in indexes {
            parts.entry(id(index).or_else(|| of_process(index))).or_default().push(*index);
        }
        let mut runs: Vec<WriterRun> = Vec::new();
        for (instance, events) in parts {
            let run = self.writer(name.to_owned(), &events);
            let short = instance.map(|id| id.to_string().chars().take(8).collect::<String>());
            let name = short.map_or_else(|| run.name.clone(), |id| format!("{} (instance {id})", run.name));
            runs.push(WriterRun { name, ..run });
        }
        // Callbacks that do not say whose they are came to each of them.
        if runs.iter().any(|run| run.instance_id.is_none() && run.participation == Participation::Involved) {
            for run in &mut runs {
                run.participation = Participation::Involved;
            }
        }
        runs
    }

    /// Processes that host exactly one of the set's writers.
    fn writers_by_pid(&self) -> BTreeMap<u32, String> {
        let mut by_pid: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (_, event) in self.events().filter(|(_, e)| matches!(e.what, What::Callback { .. })) {
            if let (Some(pid), Some(name)) =
                (event.process.pid, event.writer.as_ref().and_then(|w| w.name.as_deref()))
            {
                by_pid.entry(pid).or_default().insert(name.to_owned());
            }
        }
        by_pid
            .into_iter()
            .filter(|(_, names)| names.len() == 1)
            .filter_map(|(pid, names)| Some((pid, names.into_iter().next()?)))
            .collect()
    }

    fn writer(&self, name: String, indexes: &[usize]) -> WriterRun {
        let events = || indexes.iter().map(|&i| (i, &self.view.events[i]));
        let named = events().find_map(|(_, e)| e.writer.as_ref().and_then(|w| w.class_id));
        let class_id = named.or_else(|| writers::by_name(&name).map(|w| w.class_id));
        let instance_id = events().find_map(|(_, e)| e.writer.as_ref().and_then(|w| w.instance_id));
        let spans = pair(events(), callback_key);
        let limit_ms = limits::freeze_window_ms(class_id, &name);
        let mut phases: Vec<Phase> =
            spans.iter().map(|span| phase(span, span.key.as_str(), PhaseActor::Writer, None)).collect();
        for phase in &mut phases {
            phase.result = self.verdict(&phase.events);
        }
        phases.extend(freeze_window(&spans, limit_ms));
        if !phases.iter().any(|phase| phase.name == FREEZE_WINDOW) {
            phases.extend(database_window(events(), limit_ms));
        }
        phases.sort_by_key(|p| p.started.or(p.ended));
        let takes_part = spans.iter().any(|span| INVOLVED.contains(&span.key))
            || events().any(|(_, e)| matches!(e.what, What::Database(_)));
        let mut state = events().filter_map(|(_, e)| match e.what {
            What::WriterState { state } | What::WriterStatus { state, .. } => Some(state),
            _ => None,
        });
        let mut failure = events().filter_map(|(_, e)| match e.what {
            What::WriterStatus { failure, .. } => failure,
            What::Log => e.hresult(),
            _ => None,
        });
        let process = events().find_map(|(_, e)| match (e.process.image_name(), e.process.pid) {
            _ if matches!(e.what, What::WriterStatus { .. } | What::Log) => None,
            (Some(image), Some(pid)) => Some(format!("{image} ({pid})")),
            _ => None,
        });
        WriterRun {
            name,
            class_id,
            instance_id,
            process,
            participation: if takes_part { Participation::Involved } else { Participation::Identified },
            state: state.next_back(),
            hresult: failure.rfind(|hr| hr.is_failure()),
            phases,
        }
    }

    /// `veto` where the writer's handler returned false.
    fn verdict(&self, events: &[usize]) -> Option<String> {
        events.iter().find_map(|&i| match self.view.events[i].what {
            What::Callback { accepted: Some(accepted), .. } => {
                Some(if accepted { "ok" } else { "veto" }.to_owned())
            }
            _ => None,
        })
    }

    // ---- phases -------------------------------------------------------------------------------------------------

    fn phases(&self, writers: &[WriterRun]) -> Vec<Phase> {
        let mut phases = self.requester_phases();
        let service = self.service_phases();
        if service.is_empty() {
            phases.extend(shared_phases(writers));
        }
        phases.extend(service);
        phases.extend(set_freeze_window(writers));
        phases.extend(self.provider_phases());
        phases.extend(self.flush_phases());
        phases.extend(self.volsnap_phases());
        let order = |p: &Phase| (p.started.or(p.ended), std::cmp::Reverse(p.ended), p.actor);
        phases.sort_by(|a, b| (order(a), &a.name).cmp(&(order(b), &b.name)));
        phases
    }

    fn requester_phases(&self) -> Vec<Phase> {
        let long = self.calls.iter().filter(|call| LONG_CALLS.contains(&call.method));
        long.map(|call| {
            let measured = call.ended.filter(|_| call.events.len() > 1);
            Phase {
                name: call.method.to_string(),
                actor: PhaseActor::Requester,
                parent: None,
                started: Some(call.started),
                ended: call.ended,
                duration_ms: measured.map(|ended| millis(call.started, ended)),
                limit_ms: None,
                result: call.hresult.map(result_text),
                note: None,
                events: call.events.clone(),
            }
        })
        .collect()
    }

    fn service_phases(&self) -> Vec<Phase> {
        let spans = pair(self.events(), |event| match &event.what {
            What::Phase { phase, edge } => Some((phase.clone(), *edge, None)),
            _ => None,
        });
        let parent = |phase: &ServicePhase| match phase {
            ServicePhase::FreezeFrontEnd
            | ServicePhase::FreezeBackEnd
            | ServicePhase::FreezeSystem
            | ServicePhase::FreezeKtm
            | ServicePhase::FreezeResourceManagers => Some(ServicePhase::Freeze.as_str()),
            _ => None,
        };
        spans
            .iter()
            .map(|span| phase(span, span.key.as_str(), PhaseActor::Service, parent(&span.key)))
            .collect()
    }

    fn provider_phases(&self) -> Vec<Phase> {
        let spans = pair(self.events(), |event| match &event.what {
            What::ProviderStep { step, edge, duration_ms } => {
                Some(((event.provider_id, step.clone()), *edge, *duration_ms))
            }
            _ => None,
        });
        let with_result = |span: &Span<(Option<Guid>, ProviderStep)>| {
            let mut phase = phase(span, span.key.1.as_str(), PhaseActor::Provider, None);
            let last = span.events.last().and_then(|&i| self.view.events[i].hresult());
            phase.result = last.map(result_text);
            phase
        };
        spans.iter().map(with_result).collect()
    }

    /// Flush-and-hold of the whole set: opening the volumes, and the hold itself.
    fn flush_phases(&self) -> Vec<Phase> {
        let whole_set = |event: &&Event| event.volume.is_none();
        let flush: Vec<(usize, &Event, &FlushStep, Edge)> = self
            .events()
            .filter(|(_, e)| whole_set(e))
            .filter_map(|(i, e)| match &e.what {
                What::Flush { step, edge } => Some((i, e, step, *edge)),
                _ => None,
            })
            .collect();
        let open = pair(flush.iter().map(|(i, e, ..)| (*i, *e)), |event| match &event.what {
            What::Flush { step: FlushStep::OpenVolumes, edge } => Some(((), *edge, None)),
            _ => None,
        });
        let mut phases: Vec<Phase> = open
            .iter()
            .map(|span| phase(span, FlushStep::OpenVolumes.as_str(), PhaseActor::Volsnap, None))
            .collect();
        let hold = |wanted: FlushStep| flush.iter().filter(move |(_, _, step, _)| **step == wanted);
        let begin = hold(FlushStep::FlushAndHold).map(|(_, e, ..)| e.time).min();
        let end = hold(FlushStep::Release).map(|(_, e, ..)| e.time).max();
        if begin.is_none() && end.is_none() {
            return phases;
        }
        let events = flush
            .iter()
            .filter(|(_, _, step, _)| **step != FlushStep::OpenVolumes)
            .map(|(i, ..)| *i)
            .collect();
        let mut hold = Phase {
            name: FlushStep::FlushAndHold.to_string(),
            actor: PhaseActor::Volsnap,
            parent: None,
            started: begin,
            ended: end,
            duration_ms: begin.zip(end).map(|(begin, end)| millis(begin, end)),
            limit_ms: Some(limits::FLUSH_AND_HOLD_MS),
            result: None,
            note: None,
            events,
        };
        // Registry writes wait while the volume of the registry is held: all records of the hold come in one burst after
        // it. Their time is the end; the hold lies somewhere after the volumes were opened.
        let complete = flush.iter().filter(|(_, _, step, _)| **step != FlushStep::OpenVolumes).count() >= 4;
        if self.draft.family == Family::RegistryTrace && complete && begin == end {
            let opened = open.iter().filter_map(|span| span.ended).max();
            hold.started = None;
            hold.duration_ms = None;
            hold.note = Some(match opened.zip(end) {
                Some((opened, end)) => format!(
                    "records of the hold are written after it; at most {:.3} s, from the opened volumes to the release",
                    millis(opened, end) / 1000.0
                ),
                None => {
                    "records of the hold are written after it; its length is not in the evidence".to_owned()
                }
            });
        }
        phases.push(hold);
        phases
    }

    fn volsnap_phases(&self) -> Vec<Phase> {
        let spans = pair(self.events(), |event| match &event.what {
            What::VolsnapStep { step, edge } => Some(((Arc::clone(step), event.volume.clone()), *edge, None)),
            _ => None,
        });
        spans.iter().map(|span| phase(span, &span.key.0, PhaseActor::Volsnap, None)).collect()
    }

    // ---- judgement ----------------------------------------------------------------------------------------------

    /// Whether writers took part; absent where the evidence cannot tell.
    fn writerless(&self, writers: &[WriterRun]) -> Option<bool> {
        if writers.iter().any(|w| w.participation == Participation::Involved) {
            return Some(false);
        }
        if let Some(context) = self.session.and_then(|s| s.context) {
            return context.is_writerless().then_some(true);
        }
        // The registry trace notes the service's phases for writers and the provider's steps in the same key: a provider
        // that ran to its end without them ran without writers.
        let steps = |wanted: ProviderStep| {
            self.events().any(|(_, e)| matches!(&e.what, What::ProviderStep { step, .. } if *step == wanted))
        };
        let prepares = self.events().any(|(_, e)| {
            matches!(&e.what, What::Phase { phase: ServicePhase::PrepareSnapshot, .. })
                || matches!(&e.what, What::Call { method: Method::PrepareForBackup, .. })
        });
        (self.draft.family == Family::RegistryTrace
            && steps(ProviderStep::BeginPrepareSnapshot)
            && steps(ProviderStep::PostFinalCommitSnapshots)
            && !prepares)
            .then_some(true)
    }

    /// Whether the evidence says that the shadow copies came into being.
    fn is_created(&self) -> bool {
        if let Some(call) = self.call(&Method::DoSnapshotSet)
            && call.hresult.is_some()
        {
            return call.ok();
        }
        self.events().any(|(_, e)| match &e.what {
            What::SnapshotCreated | What::CreationMark { .. } => true,
            What::ProviderStep { step: ProviderStep::PostFinalCommitSnapshots, edge, .. } => {
                *edge != Edge::Entered && !e.status.is_some_and(|s| s.is_failure())
            }
            What::Database(Database { mark: DatabaseMark::Completed, .. }) => true,
            _ => false,
        })
    }

    fn outcome(&self, writers: &[WriterRun], writerless: Option<bool>, lost: bool) -> Outcome {
        let created = self.is_created();
        let complete = self.call(&Method::BackupComplete);
        let snapshot = self.call(&Method::DoSnapshotSet);
        if lost || snapshot.is_some_and(CallRecord::failed) || complete.is_some_and(CallRecord::failed) {
            return Outcome::Failed;
        }
        if created && complete.is_some_and(CallRecord::ok) {
            return Outcome::Completed;
        }
        if self.call(&Method::AbortBackup).is_some_and(CallRecord::ok) {
            return Outcome::Aborted;
        }
        let all_calls = self.session.is_some_and(|s| s.detail == SessionDetail::Calls && !s.starts_mid);
        let ended = self.session.is_some_and(|s| s.ended.is_some());
        if created {
            // Released or dead without BackupComplete: with writers the backup did not succeed.
            let due = all_calls && ended && complete.is_none() && writerless == Some(false);
            return if due { Outcome::Failed } else { Outcome::Created };
        }
        let aborted = self.events().any(|(_, e)| {
            matches!(&e.what, What::Database(d) if matches!(d.mark, DatabaseMark::Aborted | DatabaseMark::FreezeTimedOut | DatabaseMark::FreezeFailed))
        });
        let provider_stopped = self.draft.family == Family::RegistryTrace
            && snapshot.is_some_and(|call| call.ended.is_some())
            && self.events().any(|(_, e)| matches!(e.what, What::ProviderStep { .. }));
        let vetoed = writers
            .iter()
            .any(|w| w.hresult.is_some() || w.phases.iter().any(|p| p.result.as_deref() == Some("veto")));
        if aborted || provider_stopped || vetoed {
            return Outcome::Failed;
        }
        let open =
            snapshot.is_some_and(|call| call.ended.is_none()) || self.session.is_some_and(|s| s.ends_mid);
        match (open, all_calls && ended) {
            (true, _) => Outcome::Incomplete,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Unknown,
        }
    }
}

/// `C:` and `c:\`, or paths with the same volume GUID.
fn same_volume(a: Option<&str>, b: Option<&str>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return false };
    match (Guid::find_in(a), Guid::find_in(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.trim_end_matches('\\').eq_ignore_ascii_case(b.trim_end_matches('\\')),
    }
}

/// The writer that an event is about: by name, by class id, or by the database engine that it is the writer of. `hosted`
/// has the processes that host exactly one writer of the set.
fn writer_name(event: &Event, hosted: &BTreeMap<u32, String>) -> Option<String> {
    if let Some(writer) = &event.writer {
        let known = || writer.class_id.and_then(writers::by_class).map(|w| w.name.to_owned());
        let by_id = || writer.class_id.map(|id| format!("writer {id}"));
        return writer.name.as_deref().map(str::to_owned).or_else(known).or_else(by_id);
    }
    if !matches!(event.what, What::Database(_)) {
        return None;
    }
    if event.provider.to_ascii_uppercase().starts_with("MSSQL") {
        return writers::by_class(writers::SQL_SERVER).map(|w| w.name.to_owned());
    }
    if let Some(name) = event.process.pid.and_then(|pid| hosted.get(&pid)) {
        return Some(name.clone());
    }
    let process = event.process.image_name()?;
    let known = writers::by_ese_process(process).map(|w| w.name.to_owned());
    Some(known.unwrap_or_else(|| format!("database engine in {process}")))
}

fn callback_key(event: &Event) -> Option<(Callback, Edge, Option<f64>)> {
    match &event.what {
        What::Callback { callback, edge, .. } => Some((callback.clone(), *edge, None)),
        _ => None,
    }
}

fn phase<K>(span: &Span<K>, name: &str, actor: PhaseActor, parent: Option<&str>) -> Phase {
    Phase {
        name: name.to_owned(),
        actor,
        parent: parent.map(str::to_owned),
        started: span.started,
        ended: span.ended,
        duration_ms: span.duration_ms(),
        limit_ms: None,
        result: None,
        note: None,
        events: span.events.clone(),
    }
}

fn result_text(hresult: HResult) -> String {
    match hresult {
        HResult::OK | HResult::VSS_ASYNC_FINISHED => "ok".to_owned(),
        other => other.to_string(),
    }
}

/// From a writer's Freeze to its Thaw or Abort.
fn freeze_window(spans: &[Span<Callback>], limit_ms: f64) -> Option<Phase> {
    let freeze = spans.iter().find(|span| span.key == Callback::Freeze)?;
    let started = freeze.first()?;
    let end = spans
        .iter()
        .filter(|span| matches!(span.key, Callback::Thaw | Callback::Abort))
        .find(|span| span.last().is_some_and(|at| at >= started));
    let mut events = freeze.events.clone();
    events.extend(end.into_iter().flat_map(|span| span.events.iter().copied()));
    let ended = end.and_then(Span::last);
    let result = end.map(|span| if span.key == Callback::Abort { "abort" } else { "thaw" });
    Some(Phase {
        name: FREEZE_WINDOW.to_owned(),
        actor: PhaseActor::Writer,
        parent: None,
        started: Some(started),
        ended,
        duration_ms: ended.map(|ended| millis(started, ended)),
        limit_ms: Some(limit_ms),
        result: result.map(str::to_owned),
        note: None,
        events,
    })
}

/// The freeze as the writer's database engine tells it, over all its databases.
fn database_window<'a>(events: impl Iterator<Item = (usize, &'a Event)>, limit_ms: f64) -> Option<Phase> {
    let marks: Vec<(usize, Timestamp, DatabaseMark)> = events
        .filter_map(|(index, event)| match &event.what {
            What::Database(database) => Some((index, event.time, database.mark)),
            _ => None,
        })
        .filter(|(.., mark)| *mark == DatabaseMark::FreezeStarted || FREEZE_ENDS.contains(mark))
        .collect();
    let started =
        marks.iter().filter(|(.., mark)| *mark == DatabaseMark::FreezeStarted).map(|(_, at, _)| *at).min()?;
    let ended = marks.iter().filter(|(.., mark)| FREEZE_ENDS.contains(mark)).map(|(_, at, _)| *at).max();
    let aborted =
        marks.iter().any(|(.., mark)| FREEZE_ENDS.contains(mark) && *mark != DatabaseMark::FreezeEnded);
    Some(Phase {
        name: FREEZE_WINDOW.to_owned(),
        actor: PhaseActor::Writer,
        parent: None,
        started: Some(started),
        ended,
        duration_ms: ended.map(|ended| millis(started, ended)),
        limit_ms: Some(limit_ms),
        result: ended.map(|_| if aborted { "abort" } else { "thaw" }.to_owned()),
        note: Some("as the writer's database engine logs it".to_owned()),
        events: marks.iter().map(|(index, ..)| *index).collect(),
    })
}

/// The window of the set: from the first Freeze to the last Thaw or Abort, under the shortest limit of its writers.
fn set_freeze_window(writers: &[WriterRun]) -> Option<Phase> {
    let windows: Vec<&Phase> =
        writers.iter().flat_map(|w| &w.phases).filter(|phase| phase.name == FREEZE_WINDOW).collect();
    let started = windows.iter().filter_map(|w| w.started).min()?;
    let all_ended = windows.iter().all(|w| w.ended.is_some());
    let ended = windows.iter().filter_map(|w| w.ended).max().filter(|_| all_ended);
    let limit = windows.iter().filter_map(|w| w.limit_ms).fold(f64::INFINITY, f64::min);
    let aborted = windows.iter().any(|w| w.result.as_deref() == Some("abort"));
    Some(Phase {
        name: FREEZE_WINDOW.to_owned(),
        actor: PhaseActor::Service,
        parent: None,
        started: Some(started),
        ended,
        duration_ms: ended.map(|ended| millis(started, ended)),
        limit_ms: limit.is_finite().then_some(limit),
        result: ended.map(|_| if aborted { "abort" } else { "thaw" }.to_owned()),
        note: None,
        events: windows.iter().flat_map(|w| w.events.iter().copied()).collect(),
    })
}

/// Phases of the set from its writers' records: from the first writer that has it to the last.
fn shared_phases(writers: &[WriterRun]) -> Vec<Phase> {
    let of = |callback: &Callback| {
        let mine: Vec<&Phase> =
            writers.iter().flat_map(|w| &w.phases).filter(|phase| phase.name == callback.as_str()).collect();
        let started = mine.iter().filter_map(|p| p.started.or(p.ended)).min()?;
        let ended = mine.iter().filter_map(|p| p.ended).max();
        let measured = mine.iter().all(|p| p.duration_ms.is_some());
        Some(Phase {
            name: callback.to_string(),
            actor: PhaseActor::Service,
            parent: None,
            started: Some(started),
            ended,
            duration_ms: ended.map(|ended| millis(started, ended)),
            limit_ms: None,
            result: None,
            note: Some(if measured {
                "from the writers' records".to_owned()
            } else {
                "from the ends of the writers' handlers".to_owned()
            }),
            events: mine.iter().flat_map(|p| p.events.iter().copied()).collect(),
        })
    };
    SHARED_PHASES.iter().filter_map(of).collect()
}
