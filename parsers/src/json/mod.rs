//! Windows events as JSON: output of evtx_dump, NXLog-style lines, Winlogbeat / ECS documents.
//!
//! `documents` cuts a stream into JSON objects and knows lines; one file per form turns an object into a record.

mod clock;
pub(crate) mod documents;
pub(crate) mod dump;
mod glance;
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

/// How one object after the other becomes a record.
trait Form {
    /// Reads the record on a line that is as usual. `None` if it is not, or if the form has no glances: then it is cut out
    /// and parsed, and nothing was counted yet.
    fn glance(&mut self, _line: &str, _number: u64, _out: &mut Collector) -> Option<Result<(), Unfit>> {
        None
    }

    /// Reads an object.
    fn read(&mut self, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit>;
}

/// A form whose objects have nothing to do with each other.
struct Alone(fn(&str, u64, &mut Collector) -> Result<(), Unfit>);

impl Form for Alone {
    fn read(&mut self, json: &str, line: u64, out: &mut Collector) -> Result<(), Unfit> {
        self.0(json, line, out)
    }
}

/// How JSON is to be read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// The zone of times that are written without one.
    pub zone: Option<chrono_tz::Tz>,
    /// Whether every record is parsed, also where a glance would do.
    pub no_skip: bool,
}

/// Reads a stream of JSON objects of this form.
pub(crate) fn read(stream: &mut dyn Read, format: Format, options: Options, out: &mut Collector) {
    let mut documents = Documents::new(stream);
    let mut each = |form: &mut dyn Form, out: &mut Collector| each(&mut documents, form, options, out);
    match format {
        Format::NxlogJson => {
            let mut form = nxlog::Nxlog::in_zone(options.zone);
            each(&mut form, out);
            form.finish(out);
        }
        Format::WinlogbeatJson => {
            out.issue(IssueKind::Note, "line 1", UNCHECKED);
            each(&mut winlogbeat::Winlogbeat, out);
        }
        Format::VsscopeEvents => {
            out.keep_processes();
            each(&mut Alone(crate::events_file::read), out);
        }
        // evtx_dump; the caller asks for formats of JSON only.
        _ => each(&mut dump::Dump, out),
    }
}

fn each(documents: &mut Documents<'_>, form: &mut dyn Form, options: Options, out: &mut Collector) {
    loop {
        if !options.no_skip
            && let Some((line, number)) = documents.line()
            && let Some(outcome) = str::from_utf8(line).ok().and_then(|line| form.glance(line, number, out))
        {
            if let Err(unfit) = outcome {
                lose(number, unfit.to_string(), out);
            }
            documents.pass_line();
            continue;
        }
        match documents.next() {
            Some(Cut::Document { bytes, line }) => {
                let text = String::from_utf8_lossy(bytes);
                if matches!(text, std::borrow::Cow::Owned(_)) {
                    out.issue(IssueKind::Note, place(line), "bytes that are not UTF-8 were replaced");
                }
                if let Err(unfit) = form.read(&text, line, out) {
                    lose(line, unfit.to_string(), out);
                }
            }
            Some(Cut::Broken { line, reason }) => lose(line, reason.to_owned(), out),
            None => return,
        }
    }
}

fn lose(line: u64, problem: String, out: &mut Collector) {
    out.lose(1);
    out.issue(IssueKind::Line, place(line), problem);
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
