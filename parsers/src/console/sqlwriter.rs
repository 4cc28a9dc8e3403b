//! `SqlWriterLogger.txt`, the log of the SQL Server writer: the callbacks that it was given, and its failures.
//!
//! `[MM/DD/YYYY HH:MM:SS, TID hex] text`, in steps of one second. Times are local; the banner of a service start has their
//! distance from UTC and the process id. It holds until the next start, also over a change to or from summer time in
//! between (a service that runs on logs one hour off then). What stands before the first banner has the clock of inputs
//! without a zone. There is no snapshot set in the log and no end of a callback: only entries are written.
//!
//! Source: sql-docs, "SQL Server VSS Writer logging", and observed lines. At level VERBOSE names of objects and methods stand
//! before the text.

use super::pieces::code;
use super::tally::{Tally, damaged};
use super::wrapped::Printed;
use crate::collect::{Collector, Seen};
use crate::text::{CodePage, Line, Lines};
use crate::time::{self, LocalClock};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;
use vsscope_model::{
    Actor, Callback, Clock, Edge, Event, Failure, Frame, Guid, IssueKind, Process, RecordRef, Status,
    TimeBasis, Timestamp, What, Writer,
};

/// Class id and name of the writer (learn.microsoft.com, SQL Writer service).
const WRITER: (Guid, &str) = (Guid::from_bits(0xa65f_aa63_5ea8_4ebc_9dbd_a0c4_db26_912a), "SqlServerWriter");
/// What stands for a channel in the account of what was seen.
const SOURCE: &str = "sqlwriter-log";
/// Threads whose last callback is remembered.
const MOST_THREADS: usize = 10_000;
/// Lines that wait for the offset of their banner.
const LONGEST_BANNER: usize = 64;
/// Smallest step of the clock.
const SECOND_NS: u64 = 1_000_000_000;

/// Reads the log of the SQL Server writer.
pub(super) fn read(stream: &mut dyn Read, local: LocalClock, out: &mut Collector) {
    let mut lines = Lines::new(stream, CodePage::Ansi);
    let encoding = lines.form().name();
    let mut tally = Tally::default();
    let mut reader = Reader { local, ..Reader::default() };
    while let Some(line) = lines.next() {
        if line.damaged {
            damaged(&line, out, &mut tally);
        } else {
            reader.line(&line, out, &mut tally);
        }
    }
    reader.count_banner(out);
    out.times(if reader.is_unzoned || reader.offset.is_none() { local.basis() } else { TimeBasis::Utc });
    tally.finish("sqlwriter", "[local time, thread id] text", encoding, out);
}

/// A record as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'a> {
    time: NaiveDateTime,
    tid: u32,
    text: &'a str,
}

/// Reads a line that begins a record.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let (head, text) = line.trim_start().strip_prefix('[')?.split_once(']')?;
    let (time, tid) = head.split_once(", TID ")?;
    Some(Record {
        time: NaiveDateTime::parse_from_str(time, "%m/%d/%Y %H:%M:%S").ok()?,
        tid: u32::from_str_radix(tid.trim(), 16).ok()?,
        text: text.trim(),
    })
    .filter(|record| time::is_plausible(record.time.and_utc()))
}

#[derive(Debug, Default)]
struct Reader {
    local: LocalClock,
    /// How far local time is ahead of UTC in the service run that is read.
    offset: Option<TimeDelta>,
    /// A record stood before the first banner.
    is_unzoned: bool,
    pid: Option<u32>,
    /// The callback that each thread entered last.
    entered: HashMap<u32, Arc<str>>,
    /// A record was read, which the next line may continue.
    in_record: bool,
    /// Lines of a banner that are not counted yet: the one with the offset, which is also theirs, may follow.
    banner: Vec<NaiveDateTime>,
}

impl Reader {
    fn line(&mut self, line: &Line<'_>, out: &mut Collector, tally: &mut Tally) {
        let Some(record) = record(line.text) else {
            return self.no_record(line, out, tally);
        };
        self.in_record = true;
        tally.parse(&Printed { number: line.number, lines: 1, ..Printed::default() });
        if record.text.starts_with("**") && self.banner.len() < LONGEST_BANNER {
            self.banner.push(record.time);
            return self.service_start(record.text, out);
        }
        self.count_banner(out);
        let (time, clock) = self.count(record.time, out);
        let Some(what) = self.meaning(&record) else { return };
        let source = RecordRef { line: Some(line.number), ..out.place("") };
        let mut event = Event::new(time, source, what);
        event.clock = clock;
        event.resolution_ns = Some(SECOND_NS);
        event.actor = Actor::Writer;
        event.process = Process { pid: self.pid, tid: Some(record.tid), ..Process::default() };
        let name = Some(out.name(WRITER.1));
        event.writer = Some(Writer { name, class_id: Some(WRITER.0), ..Writer::default() });
        if matches!(event.what, What::Failure(_)) {
            event.status = code(record.text).map(Status::Hresult);
        }
        out.keep(event);
    }

    fn no_record(&mut self, line: &Line<'_>, out: &mut Collector, tally: &mut Tally) {
        let printed = Printed { number: line.number, lines: 1, ..Printed::default() };
        if !line.complete && line.text.trim_start().starts_with('[') {
            let message = "the log ends inside a record";
            out.issue(IssueKind::Truncated, format!("line {}", line.number), message);
            out.lose(1);
            return tally.unknown(&printed);
        }
        if self.in_record || line.text.trim().is_empty() {
            tally.continues(&printed);
        } else {
            tally.unknown(&printed);
        }
    }

    /// The lines of the banner that have process id and offset. The end of one run is not logged.
    fn service_start(&mut self, text: &str, out: &mut Collector) {
        if let Some((_, rest)) = text.split_once("SQLWRITER TRACING STARTED - ProcessId:") {
            let digits = rest.trim().trim_start_matches("0x");
            self.pid = u32::from_str_radix(digits, 16).ok();
            self.entered.clear();
        } else if let Some((_, rest)) = text.split_once("UTC OFFSET:") {
            self.offset = offset(rest.trim()).or(self.offset);
            self.count_banner(out);
        }
    }

    fn count_banner(&mut self, out: &mut Collector) {
        for time in std::mem::take(&mut self.banner) {
            self.count(time, out);
        }
    }

    fn count(&mut self, written: NaiveDateTime, out: &mut Collector) -> (Timestamp, Clock) {
        let (time, clock) = self.instant(written);
        self.is_unzoned |= self.offset.is_none();
        out.count(Seen { host: "", channel: SOURCE, time, written: written.and_utc(), clock });
        (time, clock)
    }

    fn instant(&self, local: NaiveDateTime) -> (Timestamp, Clock) {
        match self.offset {
            Some(offset) => (time::earlier(local.and_utc(), offset), Clock::Trace),
            None => (self.local.instant(local), self.local.clock()),
        }
    }

    fn meaning(&mut self, record: &Record<'_>) -> Option<What> {
        if let Some((_, rest)) = record.text.split_once("Entering SQL Writer On") {
            let name = rest.trim_end_matches('.');
            let callback = Callback::from(name);
            if self.entered.len() < MOST_THREADS {
                self.entered.insert(record.tid, Arc::from(format!("On{name}")));
            }
            let is_known = !matches!(callback, Callback::Other(_));
            return is_known.then_some(What::Callback { callback, edge: Edge::Entered, accepted: None });
        }
        if record.text.contains("HRESULT EXCEPTION CAUGHT") {
            let hresult = code(record.text);
            let frame =
                |function: &Arc<str>| Frame { function: function.clone(), hresult, ..Frame::default() };
            let frames = self.entered.get(&record.tid).map(frame).into_iter().collect();
            return Some(What::Failure(Box::new(Failure { reason: None, frames })));
        }
        None
    }
}

/// `-8:00`, `5:30`: how far local time is ahead of UTC.
fn offset(text: &str) -> Option<TimeDelta> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |text: &str| text.trim().parse::<i64>().ok().filter(|number| (0..60).contains(number));
    let (hours, minutes) = (number(hours).filter(|hours| *hours <= 14)?, number(minutes)?);
    let minutes = hours.saturating_mul(60).saturating_add(minutes).saturating_mul(sign);
    TimeDelta::try_minutes(minutes)
}
