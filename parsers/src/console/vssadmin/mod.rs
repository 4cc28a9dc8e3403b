//! vssadmin.exe: `list shadows`, `list writers`, `list providers`, `list shadowstorage`, `list volumes`, `create shadow`,
//! any number of them in one file, with or without banner and prompts.
//!
//! A listing is a state at one moment that the tool does not name, not a story: everything becomes inventory. Its words are
//! translated, so a record is told by its shape: a line at the margin and the indented lines below it. What the lines of
//! a record are belongs to `record` and `shadows`. `create shadow` prints no set, so it is a shadow copy without one.
//!
//! Source: observed output of Windows XP to Server 2012, English and French; no public page describes the layout.

mod amount;
mod record;
mod shadows;

use super::dates::Dates;
use super::pieces::{failure_code, indent, own_guid, prompt};
use super::tally::{Tally, each_line};
use super::wrapped::{Printed, Wrap};
use crate::collect::Collector;
use crate::time::LocalClock;
use record::Record;
use shadows::Set;
use std::io::Read;
use vsscope_model::{Clock, Event, IssueKind, LogDetail, Process, RecordRef, Status, What};

/// Reads output of vssadmin.
pub(super) fn read(stream: &mut dyn Read, local: LocalClock, out: &mut Collector) {
    let mut reader = Reader::default();
    let mut tally = Tally::default();
    let encoding = each_line(stream, Wrap::Columns, out, &mut tally, |line, out, tally| {
        reader.line(line, out, tally);
    });
    reader.end(out, &mut tally);
    let texts: Vec<String> =
        out.inventory().snapshots.iter().filter_map(|copy| copy.created_text.clone()).collect();
    Dates::of(texts.iter().map(String::as_str), local).enter(false, out);
    tally.finish("vssadmin", "records: a line at the margin, indented lines below it", encoding, out);
}

/// What is being read.
#[derive(Debug, Default)]
enum Part {
    #[default]
    Nothing,
    /// A shadow copy set of `list shadows`.
    Set(Box<Set>),
    /// Any other record.
    Record(Record),
}

#[derive(Debug, Default)]
struct Reader {
    part: Part,
}

impl Reader {
    fn line(&mut self, line: &Printed, out: &mut Collector, tally: &mut Tally) {
        if line.text.is_empty() {
            return tally.continues(line);
        }
        if is_banner(&line.text) || prompt(&line.text).is_some() {
            self.end(out, tally);
            return tally.continues(line);
        }
        if indent(&line.text) == 0 {
            self.end(out, tally);
            return self.begin(line);
        }
        match &mut self.part {
            Part::Set(set) => set.line(line, out, tally),
            // The head of the set was cut away; nothing else has an id this far from the margin.
            Part::Nothing if indent(&line.text) > 4 && own_guid(&line.text).is_some() => {
                let mut set = Box::new(Set::default());
                set.line(line, out, tally);
                self.part = Part::Set(set);
            }
            Part::Nothing => self.part = Part::Record(Record::headless(line)),
            Part::Record(record)
                if record.is_headless() && indent(&line.text) > 4 && own_guid(&line.text).is_some() =>
            {
                self.end(out, tally);
                self.line(line, out, tally);
            }
            Part::Record(record) => record.push(line, tally),
        }
    }

    /// A line at the margin: the head of a set has its id, all others are known only when their record is complete.
    fn begin(&mut self, line: &Printed) {
        self.part = match Set::begin(line) {
            Some(set) => Part::Set(Box::new(set)),
            None => Part::Record(Record::begin(line)),
        };
    }

    fn end(&mut self, out: &mut Collector, tally: &mut Tally) {
        match std::mem::take(&mut self.part) {
            Part::Nothing => {}
            Part::Set(set) => {
                if let Some(head) = set.end(out, tally) {
                    unexplained(&head, out, tally);
                }
            }
            Part::Record(record) => {
                for line in record.end(out, tally) {
                    unexplained(&line, out, tally);
                }
            }
        }
    }
}

/// The first line of any run, in any language: `vssadmin 1.1 - ` and what the tool is.
pub(super) fn is_version(text: &str) -> bool {
    let version = text.strip_prefix("vssadmin ").and_then(|rest| rest.split_once(" - "));
    version.is_some_and(|(version, _)| {
        version.contains('.') && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

/// That line, or the copyright line below it.
fn is_banner(text: &str) -> bool {
    is_version(text) || text.starts_with("(C) Copyright")
}

/// A line of no record: an error if it has a failure code, or an id behind the English `Error:`.
fn unexplained(line: &Printed, out: &mut Collector, tally: &mut Tally) {
    let text = line.text.trim();
    let code = failure_code(text);
    let is_error = text.starts_with("Error:");
    if code.is_none() && !(is_error && own_guid(text).is_some()) {
        if is_error {
            let message = "the tool reports an error without a code";
            out.issue(IssueKind::Note, format!("line {}", line.number), message);
        }
        return tally.unknown(line);
    }
    let mut event = Event::new(Event::NO_TIME, place(line, out), What::Log);
    event.clock = Clock::Order;
    event.process = Process { image: Some(out.name("vssadmin.exe")), ..Process::default() };
    event.status = code.map(Status::Hresult);
    event.record = Some(Box::new(LogDetail { message: Some(text.to_owned()), ..LogDetail::default() }));
    out.keep(event);
    out.count_timeless();
    tally.parse(line);
}

fn place(line: &Printed, out: &mut Collector) -> RecordRef {
    RecordRef { line: Some(line.number), ..out.place("") }
}
