//! Calls of which only one may be at work on a host: requesters have to wait for each other.

use super::job::is_traced;
use super::overlap::{Overlap, Span, overlaps};
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use chrono::TimeDelta;
use vsscope_model::{CallRecord, Method, Severity};

/// One such call.
pub struct Serialised {
    /// The call.
    pub method: Method,
    /// Being at work together for no longer than this says nothing.
    pub tolerance: TimeDelta,
    /// Whether two processes, which cannot know of each other, only get an information.
    pub within_process: bool,
    /// What follows, as a sentence.
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding for every two sessions whose calls were at work at the same time, or for one session with itself.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &Serialised) {
    let traced = case.operations.iter().filter(|operation| is_traced(case, operation));
    let spans = traced.flat_map(|operation| spans(operation, &pattern.method)).collect();
    let mut pairs: Vec<Overlap<'_, '_>> = overlaps(case, spans, pattern.tolerance);
    while let Some(first) = pairs.first() {
        let key = sessions(first);
        let (same, others): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|pair| sessions(pair) == key);
        if let Some(draft) = draft(info, &same, pattern) {
            findings.add(draft);
        }
        pairs = others;
    }
}

/// The calls of a session that VSS took and whose begin and end are both in the evidence.
fn spans<'c, 't>(operation: &'c Operation<'t>, method: &Method) -> Vec<Span<'c, 't>> {
    let span = |call: &CallRecord| {
        let to = call.ended.filter(|&ended| ended > call.started)?;
        Some(Span { operation, from: call.started, to, events: call.events.clone() })
    };
    operation.calls_of(method).filter(|call| call.was_taken()).filter_map(span).collect()
}

/// Whose calls they are.
fn sessions(pair: &Overlap<'_, '_>) -> [usize; 2] {
    let mut keys = [&pair.first, &pair.second].map(|span| std::ptr::from_ref(span.operation).addr());
    keys.sort_unstable();
    keys
}

fn draft(info: &'static RuleInfo, pairs: &[Overlap<'_, '_>], pattern: &Serialised) -> Option<Draft> {
    let (pair, more) = pairs.split_first()?;
    let [first, second] = [&pair.first, &pair.second];
    let more = match more.len() {
        0 => String::new(),
        count => format!(" The same happened {} more.", words::times(count)),
    };
    let pid = |span: &Span<'_, '_>| span.operation.session.and_then(|session| session.requester.pid);
    let strangers = pattern.within_process && (pid(first).is_none() || pid(first) != pid(second));
    Some(
        Draft::of(info, second.operation)
            .severity(if strangers { Severity::Info } else { info.severity })
            .at(second.from)
            .detail(format!(
                "{} had {} at work from {} to {}, and {} from {} to {}.{more} {}",
                words::capital(&first.operation.requester()),
                pattern.method,
                words::iso(first.from),
                words::iso(first.to),
                second.operation.requester(),
                words::iso(second.from),
                words::iso(second.to),
                pattern.meaning
            ))
            .remedy(pattern.remedy)
            .evidence(pairs.iter().flat_map(Overlap::events)),
    )
}
