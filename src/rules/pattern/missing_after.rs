//! Calls that are due after another call succeeded, and before a later one or the end of the session.

use super::absence::{concerns_writers, is_whole, seen_to_end};
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use vsscope_model::{CallRecord, Method, Timestamp, What};

/// A call that is due.
pub struct MissingAfter {
    /// The call that has to have succeeded.
    pub after: Method,
    /// The first of these that follows is too late.
    pub before: &'static [Method],
    /// Whether the end of the session is too late as well.
    pub end: bool,
    /// What is due, for a sentence.
    pub due: &'static str,
    /// Whether it was done.
    pub is_done: fn(&Case<'_>, &Gap<'_, '_>) -> bool,
    /// What else has to hold for it to be due.
    pub is_due: fn(&Case<'_>, &Gap<'_, '_>) -> bool,
    /// What follows, for a sentence.
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// The time in which a call is due.
pub struct Gap<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The call that succeeded.
    pub after: &'t CallRecord,
    /// The calls in between.
    pub between: &'t [CallRecord],
    /// The call that ends it; else the session ended.
    pub closing: Option<&'t CallRecord>,
    /// The end.
    pub until: Timestamp,
}

impl Gap<'_, '_> {
    /// Whether a method was called in it, with whatever result.
    pub fn has(&self, method: &Method) -> bool {
        self.between.iter().any(|call| call.method == *method)
    }

    /// Whether the status of a writer was read in it.
    pub fn has_status(&self, case: &Case<'_>) -> bool {
        let from = self.after.events.last();
        let to = self.closing.and_then(|call| call.events.first());
        let within = |index: &usize| Some(index) > from && to.is_none_or(|to| index < to);
        self.has(&Method::GetWriterStatus)
            || self
                .operation
                .iter(case.timeline)
                .any(|(index, event)| within(&index) && matches!(event.what, What::WriterStatus { .. }))
    }
}

/// One finding per session: the first time that the call is missing.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &MissingAfter) {
    check_first(info, case, findings, std::slice::from_ref(pattern));
}

/// The same for several calls: one finding per session, of the first pattern that has one.
pub fn check_first(
    info: &'static RuleInfo,
    case: &Case<'_>,
    findings: &mut Findings,
    patterns: &[MissingAfter],
) {
    for operation in case.operations.iter().filter(|operation| operation.shows_every_call()) {
        let missing = |pattern| Some((pattern, first_missing(case, operation, pattern)?));
        let Some((pattern, gap)) = patterns.iter().find_map(missing) else { continue };
        if concerns_writers(operation) {
            findings.add(draft(info, pattern, &gap));
        }
    }
}

fn first_missing<'c, 't>(
    case: &Case<'t>,
    operation: &'c Operation<'t>,
    pattern: &MissingAfter,
) -> Option<Gap<'c, 't>> {
    (0..operation.calls().len())
        .filter_map(|at| gap(case, operation, at, pattern))
        .find(|gap| !(pattern.is_done)(case, gap) && (pattern.is_due)(case, gap))
}

fn draft(info: &'static RuleInfo, pattern: &MissingAfter, gap: &Gap<'_, '_>) -> Draft {
    let until = match gap.closing {
        Some(call) => words::call(call),
        None => format!("the end of the session at {}", words::iso(gap.until)),
    };
    let end = gap.closing.or_else(|| gap.operation.calls_of(&Method::Release).last());
    Draft::of(info, gap.operation)
        .at(gap.after.started)
        .detail(format!(
            "{}: {} succeeded, and {} is missing until {until}. {}",
            words::capital(&gap.operation.requester()),
            words::call(gap.after),
            pattern.due,
            pattern.meaning
        ))
        .remedy(pattern.remedy)
        .evidence(gap.after.events.iter().copied())
        .evidence(end.into_iter().flat_map(|call| call.events.iter().copied()))
}

/// The gap behind a call, if the call is the one that counts and the evidence has the gap from end to end.
fn gap<'c, 't>(
    case: &Case<'t>,
    operation: &'c Operation<'t>,
    at: usize,
    pattern: &MissingAfter,
) -> Option<Gap<'c, 't>> {
    let calls = operation.calls();
    let after = calls.get(at).filter(|call| call.method == pattern.after && call.ok())?;
    let later = &calls[at + 1..];
    let closing = later.iter().position(|call| pattern.before.contains(&call.method));
    let until = match closing {
        Some(position) => later[position].started,
        None => seen_to_end(case, operation).filter(|_| pattern.end)?,
    };
    let between = &later[..closing.unwrap_or(later.len())];
    let gap = Gap { operation, after, between, closing: closing.map(|position| &later[position]), until };
    is_whole(case, operation, after.started, until).then_some(gap)
}
