//! Windows events as JSON: output of evtx_dump, NXLog-style lines, Winlogbeat / ECS documents.
//!
//! `documents` cuts a stream into JSON objects and knows lines; one file per form turns an object into a record.

mod clock;
pub(crate) mod documents;
pub(crate) mod dump;
mod nxlog;
mod raw;
mod winlogbeat;
mod xml;

use crate::collect::Collector;
use crate::input::Format;
use documents::{Cut, Documents};
pub(crate) use raw::number;
use serde_json::{Map, Value};
use std::io::Read;
use vsscope_model::IssueKind;

/// Why an object is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// It is not JSON.
    #[error("not valid JSON")]
    Json,
    /// It is JSON of another form, or what every record has is missing.
    #[error("not a record of this form: provider, event id or time are missing")]
    Record,
}

/// What is said of a form whose reader was built from documentation alone.
const UNCHECKED: &str = "this form was built from its documentation and not yet checked against a real file";

/// Reads a stream of JSON objects of this form. The zone is that of times which are written without one.
pub(crate) fn read(stream: &mut dyn Read, format: Format, zone: Option<chrono_tz::Tz>, out: &mut Collector) {
    match format {
        Format::NxlogJson => {
            let mut clock = clock::ClockEvidence::in_zone(zone);
            each(stream, out, |text, line, out| nxlog::read(text, line, &mut clock, out));
            clock.apply(out);
            out.mend_order();
        }
        Format::WinlogbeatJson => {
            out.issue(IssueKind::Note, "line 1", UNCHECKED);
            each(stream, out, winlogbeat::read);
        }
        Format::VsscopeEvents => {
            out.keep_processes();
            each(stream, out, crate::events_file::read);
        }
        // evtx_dump; the caller asks for formats of JSON only.
        _ => each(stream, out, |text, line, out| {
            dump::read(text.as_bytes(), &dump::Origin { line: Some(line), ..dump::Origin::default() }, out)
        }),
    }
}

fn each(
    stream: &mut dyn Read,
    out: &mut Collector,
    mut read: impl FnMut(&str, u64, &mut Collector) -> Result<(), Unfit>,
) {
    let mut documents = Documents::new(stream);
    while let Some(cut) = documents.next() {
        let (line, problem) = match cut {
            Cut::Document { bytes, line } => {
                let text = String::from_utf8_lossy(bytes);
                if matches!(text, std::borrow::Cow::Owned(_)) {
                    out.issue(IssueKind::Note, place(line), "bytes that are not UTF-8 were replaced");
                }
                match read(&text, line, out) {
                    Ok(()) => continue,
                    Err(unfit) => (line, unfit.to_string()),
                }
            }
            Cut::Broken { line, reason } => (line, reason.to_owned()),
        };
        out.lose(1);
        out.issue(IssueKind::Line, place(line), problem);
    }
}

pub(crate) fn place(line: u64) -> String {
    format!("line {line}")
}

/// The form of the first object in these first bytes of an input that is one of the known forms.
pub(crate) fn form_of(mut head: &[u8]) -> Option<Format> {
    let mut documents = Documents::new(&mut head);
    while let Some(cut) = documents.next() {
        let Cut::Document { bytes, .. } = cut else { continue };
        let Ok(object) = serde_json::from_slice::<Map<String, Value>>(bytes) else { continue };
        if let Some(form) = form_of_object(&object) {
            return Some(form);
        }
    }
    None
}

fn form_of_object(object: &Map<String, Value>) -> Option<Format> {
    let has = |key: &str| object.contains_key(key);
    let of_events = |schema: &Value| schema.as_str() == Some(vsscope_model::Analysis::EVENTS_SCHEMA);
    let forms: [(Format, bool); 4] = [
        (Format::VsscopeEvents, object.get("schema").is_some_and(of_events)),
        (Format::EvtxDumpJson, object.get("Event").is_some_and(|event| event.get("System").is_some())),
        (Format::WinlogbeatJson, winlogbeat::is_document(object)),
        (Format::NxlogJson, has("SourceName") && has("EventID")),
    ];
    forms.into_iter().find(|(_, fits)| *fits).map(|(form, _)| form)
}

#[cfg(test)]
mod tests;
