//! What a set looks like, from its events alone. One room per question: `snapshots`, `writers`, `phases`, `outcome`.

mod outcome;
mod phases;
mod snapshots;
mod writers;

use super::HostView;
use super::pairing::{Span, millis};
use super::sets::{Draft, Family};
use crate::knowledge::providers;
use std::sync::Arc;
use vsscope_model::{
    CallRecord, Confidence, Event, Method, Phase, PhaseActor, Provider, Session, SnapshotSet, Timestamp, What,
};

/// Works a draft out.
pub fn set(view: &HostView<'_>, draft: Draft, sessions: &[Session]) -> SnapshotSet {
    let session = draft.session.map(|at| &sessions[at]);
    let calls: Vec<&CallRecord> = session.map(|s| calls_of(s, &draft)).unwrap_or_default();
    let parts = Parts { view, draft: &draft, session, calls };

    let mut writers = parts.writers();
    let mut phases = parts.phases(&writers);
    forget_unmeasured(
        view,
        phases.iter_mut().chain(writers.iter_mut().flat_map(|writer| &mut writer.phases)),
    );
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

/// Times that are only places in an order have no distance.
fn forget_unmeasured<'p>(view: &HostView<'_>, phases: impl Iterator<Item = &'p mut Phase>) {
    for phase in phases {
        if phase.events.iter().any(|&i| !view.events[i].clock.measures()) {
            phase.duration_ms = None;
        }
    }
}

/// The session's calls that are in the draft.
fn calls_of<'a>(session: &'a Session, draft: &Draft) -> Vec<&'a CallRecord> {
    let is_in =
        |call: &&CallRecord| call.events.first().is_some_and(|i| draft.events.binary_search(i).is_ok());
    // Calls are in the order of their first events: a session with thousands of sets is not walked for each of them.
    let (first, last) = (draft.events.first(), draft.events.last());
    let from = session.calls.partition_point(|call| call.events.first() < first);
    let own = session.calls[from..].iter().take_while(|call| call.events.first() <= last);
    own.filter(is_in).collect()
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
}

/// The freeze window of a set or of a writer; it ends with Thaw or, if `aborted`, with Abort.
fn freeze_window(
    actor: PhaseActor,
    (started, ended): (Timestamp, Option<Timestamp>),
    limit_ms: Option<f64>,
    aborted: bool,
    events: Vec<usize>,
) -> Phase {
    Phase {
        name: Phase::FREEZE_WINDOW.to_owned(),
        actor,
        parent: None,
        started: Some(started),
        ended,
        duration_ms: ended.map(|ended| millis(started, ended)),
        limit_ms,
        result: ended.map(|_| if aborted { "abort" } else { "thaw" }.to_owned()),
        note: None,
        events,
    }
}

fn phase<K>(span: Span<K>, name: String, actor: PhaseActor, parent: Option<&str>) -> Phase {
    Phase {
        name,
        actor,
        parent: parent.map(str::to_owned),
        started: span.started,
        ended: span.ended,
        duration_ms: span.duration_ms(),
        limit_ms: None,
        result: None,
        note: None,
        events: span.events,
    }
}
