//! Which components a restore has selected.

use crate::rules::components::{self, same_key};
use vsscope_model::{CallRecord, Component, Method};

/// The selections among these calls that succeeded and were not taken back.
pub fn selected(calls: &[CallRecord]) -> Vec<&CallRecord> {
    standing(calls.iter().filter(|call| is_selection(call) && call.ok()).collect())
}

/// The same with those whose result is not in the evidence: what is not among them was not selected.
pub fn maybe_selected(calls: &[CallRecord]) -> Vec<&CallRecord> {
    standing(calls.iter().filter(|call| is_selection(call) && !call.failed()).collect())
}

/// Whether a call selects a component, or takes the selection back.
pub fn is_selection(call: &CallRecord) -> bool {
    call.method == Method::SetSelectedForRestore
}

/// Of each component the last call, where it selects.
fn standing(calls: Vec<&CallRecord>) -> Vec<&CallRecord> {
    let is_last = |at: usize, key: &Component| {
        !calls[at + 1..].iter().any(|later| components::of(later).is_some_and(|other| same_key(key, other)))
    };
    let is_on = |(at, call): (usize, &&CallRecord)| {
        call.args.selected != Some(false) && components::of(call).is_none_or(|key| is_last(at, key))
    };
    calls.iter().enumerate().filter(|item| is_on(*item)).map(|(_, call)| *call).collect()
}
