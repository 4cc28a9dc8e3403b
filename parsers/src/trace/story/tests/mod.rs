//! Traces written by hand, in a short form of the registry trace's lines, and what they have to mean.
//!
//! All functions, ids and texts are invented; what they mean follows from the documented names and from the error idiom
//! in the public excerpt of KB 4504103.

mod arguments;
mod calls;
mod failures;
mod hostile;
mod instances;

use super::Story;
use crate::collect::Collector;
use crate::trace::record::{Kind, TraceRecord};
use std::sync::Arc;
use vsscope_model::{Clock, Edge, Event, Failure, HResult, InputReport, Method, Timestamp, What};

/// Process of lines that name none.
const PID: u32 = 0x1a2c;
/// Two snapshot sets.
const SET: &str = "0a1b2c3d-0000-4000-8000-00000000000a";
const OTHER_SET: &str = "0a1b2c3d-0000-4000-8000-00000000000b";

/// The instant of a line: one second each.
fn at(line: u64) -> Timestamp {
    let start: Timestamp = "2031-03-07T04:05:06Z".parse().unwrap();
    start + chrono::TimeDelta::seconds(line.try_into().unwrap())
}

/// Reads one line: `[pid:tid] [@MODULE] > function`, `< function [hr]` or `function: text`.
fn record(line: &str, number: u64) -> TraceRecord<'_> {
    let mut rest = line.trim();
    let (mut pid, mut tid) = (Some(PID), Some(1));
    if let Some((ids, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        let (one, other) = ids.split_once(':').unwrap();
        (pid, tid) = (one.parse().ok(), other.parse().ok());
        rest = behind;
    }
    let mut module = None;
    if let Some((name, behind)) = rest.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
        (module, rest) = (Some(name), behind);
    }
    let (kind, function, text) = if let Some(function) = rest.strip_prefix("> ") {
        (Kind::Enter, function, "")
    } else if let Some(exit) = rest.strip_prefix("< ") {
        let (function, code) = exit.split_once(' ').unwrap_or((exit, ""));
        (Kind::Exit(code.parse::<HResult>().ok()), function, "")
    } else {
        let (function, text) = rest.split_once(": ").unwrap();
        (Kind::Message, function, text)
    };
    TraceRecord {
        line: Some(number),
        offset: Some(number * 100),
        time: Some(at(number)),
        clock: Clock::Unzoned,
        resolution_ns: Some(1_000_000),
        pid,
        tid,
        module,
        level: None,
        indent: None,
        file: None,
        source_line: None,
        kind,
        function,
        text,
    }
}

fn report(records: &[TraceRecord<'_>]) -> InputReport {
    let mut out = Collector::new(&Arc::from("trace.txt"), "vss-trace");
    let mut story = Story::default();
    for record in records {
        story.record(record, &mut out);
    }
    story.finish(&mut out);
    out.finish(0)
}

/// The events of a trace.
fn tell(lines: &str) -> Vec<Event> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let records: Vec<_> = lines.zip(1..).map(|(line, number)| record(line, number)).collect();
    report(&records).events
}

/// The calls among events: method and edge.
fn calls(events: &[Event]) -> Vec<(Method, Edge)> {
    let call = |event: &Event| match &event.what {
        What::Call { method, edge, .. } => Some((method.clone(), *edge)),
        _ => None,
    };
    events.iter().filter_map(call).collect()
}

/// The failures among events.
fn failures(events: &[Event]) -> Vec<(&Event, &Failure)> {
    fn failure(event: &Event) -> Option<(&Event, &Failure)> {
        match &event.what {
            What::Failure(failure) => Some((event, failure)),
            _ => None,
        }
    }
    events.iter().filter_map(failure).collect()
}

/// Function and code of a failure's frames, and their lines.
fn frames(failure: &Failure) -> Vec<(&str, u32, u64)> {
    let frames = failure.frames.iter();
    frames.map(|frame| (&*frame.function, frame.hresult.unwrap().0, frame.line.unwrap())).collect()
}
