//! The phases of a set, by actor, under the documented limits.

use super::super::pairing::{Span, millis, pair};
use super::super::sets::Family;
use super::{Parts, freeze_window, phase};
use crate::knowledge::limits;
use std::sync::Arc;
use vsscope_model::{
    Callback, Edge, Event, FlushStep, Guid, HResult, Method, Phase, PhaseActor, ProviderStep, ServicePhase,
    What, WriterRun,
};

/// Requester calls that are phases of a set; the others are moments.
const LONG_CALLS: &[Method] = &[
    Method::GatherWriterMetadata,
    Method::PrepareForBackup,
    Method::DoSnapshotSet,
    Method::BackupComplete,
    Method::AbortBackup,
];

/// The parts of a creation of which the writers' own records give the set's phase when the service's are not there.
const SHARED_PHASES: &[Callback] =
    &[Callback::PrepareSnapshot, Callback::Freeze, Callback::Thaw, Callback::PostSnapshot];

impl<'a> Parts<'a> {
    pub(super) fn phases(&self, writers: &[WriterRun]) -> Vec<Phase> {
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
        let order = |p: &Phase| {
            let at = p.started.or(p.ended);
            // Without times the order of the input is what there is.
            let first = p.events.first().copied().filter(|_| at == Some(Event::NO_TIME));
            (at, first, std::cmp::Reverse(p.ended), p.actor)
        };
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
        let of_service = |span: Span<ServicePhase>| {
            let (name, parent) = (span.key.as_str().to_owned(), parent(&span.key));
            phase(span, name, PhaseActor::Service, parent)
        };
        spans.into_iter().map(of_service).collect()
    }

    fn provider_phases(&self) -> Vec<Phase> {
        let spans = pair(self.events(), |event| match &event.what {
            What::ProviderStep { step, edge, duration_ms } => {
                Some(((event.provider_id, step.clone()), *edge, *duration_ms))
            }
            _ => None,
        });
        let with_result = |span: Span<(Option<Guid>, ProviderStep)>| {
            let name = span.key.1.as_str().to_owned();
            let mut phase = phase(span, name, PhaseActor::Provider, None);
            let last = phase.events.last().and_then(|&i| self.view.events[i].hresult());
            phase.result = last.map(result_text);
            phase
        };
        spans.into_iter().map(with_result).collect()
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
        let opened = open.iter().filter_map(|span| span.ended).max();
        let mut phases: Vec<Phase> = open
            .into_iter()
            .map(|span| phase(span, FlushStep::OpenVolumes.as_str().to_owned(), PhaseActor::Volsnap, None))
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
            // An event trace names the volume where a step begins and the shadow copy where it ends, but the thread is the same.
            What::VolsnapStep { step, edge } => match event.process.tid {
                Some(tid) => Some(((Arc::clone(step), None, Some(tid)), *edge, None)),
                None => Some(((Arc::clone(step), event.volume.clone(), None), *edge, None)),
            },
            _ => None,
        });
        let of_volsnap = |span: Span<(Arc<str>, Option<String>, Option<u32>)>| {
            let name = span.key.0.to_string();
            phase(span, name, PhaseActor::Volsnap, None)
        };
        spans.into_iter().map(of_volsnap).collect()
    }
}

fn result_text(hresult: HResult) -> String {
    match hresult {
        HResult::OK | HResult::VSS_ASYNC_FINISHED => "ok".to_owned(),
        other => other.to_string(),
    }
}

/// The window of the set: from the first Freeze to the last Thaw or Abort, under the shortest limit of its writers.
fn set_freeze_window(writers: &[WriterRun]) -> Option<Phase> {
    let windows: Vec<&Phase> =
        writers.iter().flat_map(|w| &w.phases).filter(|phase| phase.name == Phase::FREEZE_WINDOW).collect();
    let started = windows.iter().filter_map(|w| w.started).min()?;
    let all_ended = windows.iter().all(|w| w.ended.is_some());
    let ended = windows.iter().filter_map(|w| w.ended).max().filter(|_| all_ended);
    let limit = windows.iter().filter_map(|w| w.limit_ms).fold(f64::INFINITY, f64::min);
    let aborted = windows.iter().any(|w| w.result.as_deref() == Some("abort"));
    let limit_ms = limit.is_finite().then_some(limit);
    let events = windows.iter().flat_map(|w| w.events.iter().copied()).collect();
    Some(freeze_window(PhaseActor::Service, (started, ended), limit_ms, aborted, events))
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
