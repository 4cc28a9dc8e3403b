//! Where a failure began: what a trace shows of it is added to the finding that speaks of its result.
//!
//! Event logs, writer states and return values tell that something failed; a trace has the first line of the failure. It
//! belongs to a finding if it has the same code and the same thread, process, writer, session or set as a piece of the
//! finding's evidence.

use super::case::same_writer;
use super::{Case, Findings, causes};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use vsscope_model::{Clock, Event, Failure, Frame, HResult, Timestamp, What};

/// The result of a failure is noted, logged or read at most this long after it.
const RESULT_LAG: TimeDelta = TimeDelta::minutes(10);
/// The clocks of a trace and of a log differ at most this much.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// Adds the trace's failures to the findings that they explain.
///
/// Gives the failures that are explained so.
pub fn add(case: &Case<'_>, findings: &mut Findings) -> BTreeSet<usize> {
    let failures: Vec<Traced<'_>> = case.telling().filter_map(traced).collect();
    let mut cited = BTreeSet::new();
    let because = causes::link(findings.drafts_mut(), case.timeline);
    // What follows from another finding has its origin there.
    let roots = findings.drafts_mut().iter_mut().zip(because).filter(|(_, because)| because.cause.is_none());
    for draft in roots.map(|(draft, _)| draft).filter(|draft| !draft.is_noise()) {
        let results: Vec<(usize, &Event)> =
            draft.evidence.iter().filter_map(|&index| Some((index, case.event(index)?))).collect();
        let mut found: Vec<(Distance, &Traced<'_>)> = failures
            .iter()
            .filter(|failure| !is_of_another_set(case, failure.index, draft.set.as_deref()))
            .filter_map(|failure| {
                let near = results.iter().filter_map(|result| distance(case, failure, *result)).min()?;
                Some((near, failure))
            })
            .collect();
        found.sort_by_key(|(distance, failure)| (*distance, failure.index));
        let Some((_, nearest)) = found.first() else {
            let raised = first_raised(case, &results);
            if let Some((index, text)) = raised {
                draft.detail.push_str(&text);
                draft.evidence.insert(index);
                cited.insert(index);
            }
            continue;
        };
        draft.detail.push_str(&format!(
            " The trace shows where it began: {}.",
            origin(nearest.event, nearest.failure)
        ));
        draft.evidence.extend(found.iter().map(|(_, failure)| failure.index));
        cited.extend(found.iter().map(|(_, failure)| failure.index));
    }
    for &index in &cited {
        findings.cite(index);
    }
    cited
}

/// Where no trace shows it: the first record of the operation with a code of the finding that names the process behind it,
/// as a sentence. Calls of the requester are left out: they receive a code.
fn first_raised(case: &Case<'_>, results: &[(usize, &Event)]) -> Option<(usize, String)> {
    let codes: BTreeSet<HResult> = results.iter().flat_map(|(_, event)| codes_of(event)).collect();
    let operation = results.iter().find_map(|(index, _)| case.operation_of(*index));
    let known = operation.into_iter().flat_map(|operation| operation.iter(case.timeline));
    let (index, event) = known
        .chain(results.iter().copied())
        .filter(|(_, event)| event.tail().is_some_and(|tail| tail.pid.is_some()))
        .filter(|(index, event)| {
            case.noise(*index).is_none() && codes_of(event).any(|code| codes.contains(&code))
        })
        .min_by_key(|(index, _)| *index)?;
    let (code, pid) = (codes_of(event).next()?, event.pid_behind()?);
    let thread = event.tid_behind().map(|tid| format!(", thread {tid}")).unwrap_or_default();
    let id = event.event_id.map(|id| format!("{} {id}", event.provider)).unwrap_or_default();
    let text = format!(
        " {} was raised first in process {pid}{thread} at {} ({id}).",
        super::words::code(code),
        super::words::iso(event.time)
    );
    Some((index, text))
}

/// Codes of failure that an event reports.
fn codes_of(event: &Event) -> impl Iterator<Item = HResult> {
    let read = match &event.what {
        What::WriterStatus { failure, .. } => *failure,
        _ => None,
    };
    event.hresult().into_iter().chain(read).filter(|code| code.is_failure())
}

/// A failure in a trace.
struct Traced<'t> {
    index: usize,
    event: &'t Event,
    failure: &'t Failure,
}

fn traced((index, event): (usize, &Event)) -> Option<Traced<'_>> {
    match &event.what {
        What::Failure(failure) => Some(Traced { index, event, failure }),
        _ => None,
    }
}

/// Whether an event is known to belong to another set than this one.
fn is_of_another_set(case: &Case<'_>, index: usize, set: Option<&str>) -> bool {
    let own = case.operation_of(index).and_then(|operation| operation.set_of(index));
    matches!((own, set), (Some(own), Some(set)) if own.id != set)
}

/// How far a failure is from a result that it is behind: not of the same thread, not before it, time between.
type Distance = (bool, bool, TimeDelta);

/// The distance of a failure in a trace to a result that it is behind.
fn distance(case: &Case<'_>, failure: &Traced<'_>, (at, result): (usize, &Event)) -> Option<Distance> {
    let (index, event) = (failure.index, failure.event);
    if event.host != result.host || matches!(result.what, What::Failure(_)) {
        return None;
    }
    let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
    let process = same(event.process.pid, result.pid_behind());
    let thread = process && same(event.process.tid, result.tid_behind());
    let writer = matches!((&event.writer, &result.writer), (Some(a), Some(b)) if same_writer(a, b));
    let session = event.session.is_some() && event.session == result.session;
    let set = || {
        let of = |index| case.operation_of(index).map(std::ptr::from_ref);
        of(index).is_some() && of(index) == of(at)
    };
    let related = thread || writer || session || process || set();
    let explains = related && is_code(event, failure.failure, result) && in_time(event, result);
    explains.then(|| (!thread, result.time < event.time, (result.time - event.time).abs()))
}

/// Whether the result has a code that the failure had on its way.
fn is_code(event: &Event, chain: &Failure, result: &Event) -> bool {
    let wanted: Vec<HResult> = codes_of(result).collect();
    let codes = chain.frames.iter().filter_map(|frame| frame.hresult).chain(event.hresult());
    codes.into_iter().any(|code| wanted.contains(&code))
}

fn in_time(event: &Event, result: &Event) -> bool {
    let lasted = result.time - event.time;
    !event.clock.measures()
        || !result.clock.measures()
        || (-CLOCK_TOLERANCE <= lasted && lasted <= RESULT_LAG)
}

/// The first line of a failure, for a sentence.
pub fn origin(event: &Event, failure: &Failure) -> String {
    let frame = failure.origin().cloned().unwrap_or_default();
    // The log of the SQL Server writer has no functions: the callback that its thread entered last is the nearest thing.
    let is_trace = &*event.provider == Event::TRACE_PROVIDER;
    let function = if is_trace { frame.function.to_string() } else { format!("or after {}", frame.function) };
    let mut parts = vec![function];
    parts.extend(frame.position.as_ref().map(|position| format!("in {position}")));
    parts.push(place(event, &frame));
    let reason = failure.reason.as_deref().map(|reason| format!(": {}", reason.trim_end_matches('.')));
    let reason = reason.unwrap_or_default();
    format!("{}{reason}", parts.join(" "))
}

fn place(event: &Event, frame: &Frame) -> String {
    let input = event.source.input.rsplit(['/', '\\']).next().unwrap_or_default();
    match (frame.line.or(event.source.line), frame.offset.or(event.source.offset)) {
        (Some(line), _) => format!("at line {line} of {input}"),
        (None, Some(offset)) => format!("at offset {offset:#x} of {input}"),
        (None, None) => format!("in {input}"),
    }
}

/// The time for a sentence; a trace without a zone cannot be compared with other logs.
pub fn when(time: Timestamp, clock: Clock) -> String {
    match clock {
        Clock::Unzoned => format!("{} (local time of the trace)", super::words::iso(time)),
        _ => super::words::iso(time),
    }
}
