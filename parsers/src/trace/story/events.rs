//! The frame of an event: what every record says of itself, whatever it means.

use super::Names;
use super::stack;
use crate::collect::Collector;
use crate::trace::record::TraceRecord;
use vsscope_model::{Actor, Event, LogDetail, Param, Process, What};

/// Provider and channel of the events.
const PROVIDER: &str = Event::TRACE_PROVIDER;

/// An event of a record, without its meaning.
pub(super) fn event_at(
    record: &TraceRecord<'_>,
    names: &mut Names,
    out: &mut Collector,
    actor: Actor,
) -> Event {
    let mut source = out.place(PROVIDER);
    source.line = record.line;
    source.offset = record.offset;
    Event {
        clock: record.clock,
        resolution_ns: record.resolution_ns,
        provider: names.of(PROVIDER),
        actor,
        process: Process { pid: record.pid, tid: record.tid, ..Process::default() },
        record: detail(record),
        ..Event::new(record.time.unwrap_or(Event::NO_TIME), source, What::Log)
    }
}

/// What the record says beside its message.
fn detail(record: &TraceRecord<'_>) -> Option<Box<LogDetail>> {
    let function = (!record.function.is_empty()).then(|| stack::bounded(record.function).to_owned());
    let named = [
        ("Function", function),
        ("Module", record.module.map(str::to_owned)),
        ("Level", record.level.map(|level| level.to_string())),
        ("Source", position(record)),
    ];
    let params: Vec<Param> = named
        .into_iter()
        .filter_map(|(name, value)| Some(Param { name: Some(name.to_owned()), value: value? }))
        .collect();
    (!params.is_empty()).then(|| Box::new(LogDetail { params: params.into(), ..LogDetail::default() }))
}

/// Source file and line: `demo\writer.cpp(123)`.
pub(super) fn position(record: &TraceRecord<'_>) -> Option<String> {
    let file = stack::bounded(record.file.filter(|file| !file.is_empty())?);
    Some(match record.source_line {
        Some(line) => format!("{file}({line})"),
        None => file.to_owned(),
    })
}
