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
pub fn add(case: &Case<'_>, findings: &mut Findings) {
    let failures: Vec<(usize, &Event, &Failure)> = case
        .events()
        .filter_map(|(index, event)| match &event.what {
            What::Failure(failure) => Some((index, event, &**failure)),
            _ => None,
        })
        .collect();
    let mut cited = BTreeSet::new();
    let causes = causes::link(findings.drafts_mut());
    // What follows from another finding has its origin there.
    let roots = findings.drafts_mut().iter_mut().zip(causes).filter(|(_, cause)| cause.is_none());
    for draft in roots.map(|(draft, _)| draft).filter(|draft| !draft.is_noise()) {
        let evidence: Vec<(usize, &Event)> =
            draft.evidence.iter().filter_map(|&index| Some((index, case.event(index)?))).collect();
        let explains = |(index, event, failure): &&(usize, &Event, &Failure)| {
            draft.evidence.contains(index)
                || evidence.iter().any(|(at, result)| explains(case, (*index, event, failure), (*at, result)))
        };
        let found: Vec<_> = failures.iter().filter(explains).collect();
        let Some((_, event, failure)) = found.first() else { continue };
        draft.detail.push_str(&format!(" The trace shows where it began: {}.", origin(event, failure)));
        draft.evidence.extend(found.iter().map(|(index, ..)| *index));
        cited.extend(found.iter().map(|(index, ..)| *index));
    }
    for index in cited {
        findings.cite(index);
    }
}

/// Whether a failure in a trace is behind a result.
fn explains(case: &Case<'_>, failure: (usize, &Event, &Failure), result: (usize, &Event)) -> bool {
    let (index, event, chain) = failure;
    let (at, result) = result;
    if event.host != result.host || matches!(result.what, What::Failure(_)) {
        return false;
    }
    let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
    let process = same(event.process.pid, pid(result));
    let thread = process && same(event.process.tid, tid(result));
    let writer = matches!((&event.writer, &result.writer), (Some(a), Some(b)) if same_writer(a, b));
    let session = event.session.is_some() && event.session == result.session;
    let set = || {
        let of = |index| case.operation_of(index).map(std::ptr::from_ref);
        of(index).is_some() && of(index) == of(at)
    };
    let related = thread || writer || session || process || set();
    related && is_code(event, chain, result) && in_time(event, result)
}

fn pid(event: &Event) -> Option<u32> {
    let tail = event.record.as_ref().and_then(|record| record.tail.as_ref());
    tail.and_then(|tail| tail.pid).or(event.process.pid)
}

fn tid(event: &Event) -> Option<u32> {
    let tail = event.record.as_ref().and_then(|record| record.tail.as_ref());
    tail.and_then(|tail| tail.tid).or(event.process.tid)
}

/// Whether the result has a code that the failure had on its way.
fn is_code(event: &Event, chain: &Failure, result: &Event) -> bool {
    let read = match &result.what {
        What::WriterStatus { failure, .. } => *failure,
        _ => None,
    };
    let wanted: Vec<HResult> =
        result.hresult().into_iter().chain(read).filter(|code| code.is_failure()).collect();
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
    let mut parts = vec![frame.function.to_string()];
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
