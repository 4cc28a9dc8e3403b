//! The events of a call become one record of it.

use crate::timeline::HostView;
use std::collections::HashMap;
use vsscope_model::{CallArgs, CallRecord, Edge, Event, Guid, Method, What};

/// The set that a call began.
pub fn set_made(call: &CallRecord) -> Option<Guid> {
    call.set.filter(|set| !set.is_null() && call.method == Method::StartSnapshotSet)
}

/// Folds the call events into calls: start, return and asynchronous end of one call become one record.
pub(super) fn calls(view: &HostView<'_>, indexes: &[usize]) -> Vec<CallRecord> {
    let mut calls: Vec<CallRecord> = Vec::new();
    let mut unfinished: HashMap<&Method, Vec<usize>> = HashMap::new();
    for &index in indexes {
        let event = &view.events[index];
        let What::Call { method, edge, args } = &event.what else { continue };
        let same = unfinished.entry(method).or_default();
        while same.pop_if(|at| calls[*at].finished).is_some() {}
        let open = match edge {
            Edge::Entered | Edge::Whole => None,
            Edge::Returned | Edge::Finished => same.last().map(|&at| &mut calls[at]),
        };
        match (edge, open) {
            (Edge::Finished, Some(call)) => {
                note_ids(call, event);
                call.ended = Some(event.time);
                call.finished = true;
                if event.status.is_some() {
                    call.hresult = event.hresult();
                }
                call.events.push(index);
            }
            (Edge::Returned, Some(call)) if call.ended.is_none() && call.accepted.is_none() => {
                note_ids(call, event);
                returned(call, event);
                call.events.push(index);
            }
            _ => {
                same.push(calls.len());
                calls.push(new_call(method, *edge, args, index, event));
            }
        }
    }
    calls
}

/// Out-parameters are known only when the call returns.
fn note_ids(call: &mut CallRecord, event: &Event) {
    call.set = call.set.or(event.set);
    call.snapshot = call.snapshot.or(event.snapshot);
    call.volume = call.volume.take().or_else(|| event.volume.clone());
}

fn new_call(method: &Method, edge: Edge, args: &CallArgs, index: usize, event: &Event) -> CallRecord {
    let mut call = CallRecord {
        method: method.clone(),
        started: event.time,
        ended: None,
        hresult: None,
        accepted: None,
        finished: false,
        args: args.clone(),
        set: event.set,
        snapshot: event.snapshot,
        volume: event.volume.clone(),
        events: vec![index],
    };
    match edge {
        Edge::Entered => {}
        Edge::Returned => returned(&mut call, event),
        Edge::Finished | Edge::Whole => {
            call.ended = Some(event.time);
            call.finished = true;
            call.hresult = event.hresult();
        }
    }
    call
}

/// The call returned. For an asynchronous method that is the end only if it failed.
fn returned(call: &mut CallRecord, event: &Event) {
    let hresult = event.hresult();
    if call.method.is_asynchronous() {
        call.accepted = hresult;
        if !hresult.is_some_and(|hr| hr.is_failure()) {
            return;
        }
    }
    call.hresult = hresult;
    call.ended = Some(event.time);
    call.finished = true;
}
