//! Whether a call that the evidence does not have was not made.

use super::selection::selected;
use crate::rules::case::is_over;
use crate::rules::{Case, Operation};
use vsscope_model::{Method, SessionKind, Timestamp};

/// Whether the evidence has every call of an operation, in their order, between two instants. The output of a tool has only
/// what the tool thought worth a line.
pub fn is_whole(case: &Case<'_>, operation: &Operation<'_>, from: Timestamp, to: Timestamp) -> bool {
    let (host, started, ended) = (operation.host(), operation.started, operation.ended);
    operation.shows_every_call()
        && !operation.is_transcript(case.timeline)
        && !case.has_hole(operation, from, to)
        // After a clock was set back, the times say nothing about the order.
        && !case.clock_steps(host, started, ended).any(|step| step.new < step.old)
}

/// When a session ended, if the source of its calls goes on until then: another log may have the end of the process.
pub fn seen_to_end(case: &Case<'_>, operation: &Operation<'_>) -> Option<Timestamp> {
    let session = operation.session.filter(|session| is_over(session.end_reason) && !session.ends_mid)?;
    let ended = session.ended?;
    let released = || operation.calls_of(&Method::Release).next().is_some();
    let last = *session.calls.last()?.events.last()?;
    (released() || case.goes_on(last, ended)).then_some(ended)
}

/// Whether writers have a part in a backup: not in a context without them, and in component mode not without a component.
/// In a restore only those get events of which a component was selected. Means something only where every call is visible.
pub fn concerns_writers(operation: &Operation<'_>) -> bool {
    if operation.session.is_some_and(|session| session.kind == SessionKind::Restore) {
        return !selected(operation.calls()).is_empty();
    }
    let component_mode = operation.is_by_components();
    operation.context().is_some_and(|context| !context.is_writerless())
        && (!component_mode || operation.calls_of(&Method::AddComponent).any(|call| call.ok()))
}
