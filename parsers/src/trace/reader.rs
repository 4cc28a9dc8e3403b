//! Reads the lines of a trace by the layout that was decided on, and keeps the account: every line begins a record,
//! continues one, or is unknown.

mod coverage;
mod known;
mod skim;

use super::body;
use super::clock::{Clockwork, Instant};
use super::decide::{self, Decision, SAMPLE_LINES};
use super::gist::Gists;
use super::layout::{Layout, Reading};
use super::learn::anchor;
use super::pending::Pending;
use super::profile::Profile;
use super::recall::Recall;
use super::record::TraceRecord;
use super::stamp::Stamp;
use super::story::Passing;
use crate::collect::Collector;
use crate::text::{CodePage, Line, Lines, Pace};
use crate::time::LocalClock;
use coverage::Coverage;
use known::Known;
use skim::Times;
use std::io::Read;
use vsscope_model::{Confidence, IssueKind, TextReading, TimeBasis};

/// Bytes of text from which the layout is told.
const SAMPLE_BYTES: usize = 1 << 20;

/// Takes the records of a trace in the order of their lines.
pub(super) trait Sink {
    /// Takes a record.
    fn record(&mut self, record: &TraceRecord<'_>, out: &mut Collector);

    /// Takes a record of which nothing can become by its gist alone; else `false`, and it is given as a whole.
    fn pass(&mut self, passing: &Passing<'_>) -> bool;
}

/// Reads a stream and gives every record to `sink`.
pub(super) fn read(
    stream: &mut dyn Read,
    profiles: &[Profile],
    local: LocalClock,
    pace: Pace,
    out: &mut Collector,
    sink: impl Sink,
) {
    let mut lines = Lines::at_pace(stream, CodePage::Ansi, pace);
    let encoding = lines.form().name().to_owned();
    let sample = sample(&mut lines);
    let texts: Vec<&str> = sample.iter().map(|line| line.text.as_str()).collect();
    match decide::decide(&texts, profiles) {
        Some(decision) => {
            let mut reader = Reader::new(&decision, local, pace, sink, out);
            for line in &sample {
                reader.next(line.as_line(), out);
            }
            drop(sample);
            loop {
                let (skimmed, bytes) = reader.skim(lines.ahead(), out);
                lines.pass(skimmed, bytes);
                let Some(line) = lines.next() else { break };
                reader.next(line, out);
            }
            reader.finish(&decision, encoding, out);
        }
        None => keep_unread(&sample, lines, encoding, out),
    }
}

/// A line of the sample.
struct Kept {
    number: u64,
    offset: u64,
    text: String,
    damaged: bool,
    complete: bool,
}

impl Kept {
    fn of(line: Line<'_>) -> Self {
        let Line { number, offset, text, damaged, complete } = line;
        Kept { number, offset, text: text.to_owned(), damaged, complete }
    }

    fn as_line(&self) -> Line<'_> {
        let Kept { number, offset, text, damaged, complete } = self;
        Line { number: *number, offset: *offset, text, damaged: *damaged, complete: *complete }
    }
}

fn sample(lines: &mut Lines<'_>) -> Vec<Kept> {
    let (mut sample, mut bytes, mut told) = (Vec::new(), 0_usize, 0_usize);
    while told < SAMPLE_LINES && bytes < SAMPLE_BYTES {
        let Some(line) = lines.next() else { break };
        // Blank lines tell nothing; the break of each counts, so that they are bounded too.
        told = told.saturating_add(usize::from(!line.text.trim().is_empty()));
        bytes = bytes.saturating_add(line.text.len()).saturating_add(1);
        sample.push(Kept::of(line));
    }
    sample
}

/// Counts the lines of a text whose layout is not recognised.
fn keep_unread(sample: &[Kept], mut lines: Lines<'_>, encoding: String, out: &mut Collector) {
    let mut account = Account::default();
    for line in sample {
        account.unread(line.as_line(), out);
    }
    while let Some(line) = lines.next() {
        account.unread(line, out);
    }
    if account.lines > 0 {
        let message =
            format!("layout not recognised; {} of {} lines kept as text", account.unknown, account.lines);
        out.issue(IssueKind::Note, "line 1", message);
    }
    out.times(TimeBasis::Order);
    out.text(account.reading("not recognised", Confidence::Weak, "", encoding));
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Account {
    lines: u64,
    parsed: u64,
    continuation: u64,
    unknown: u64,
    /// Number of the first unknown line that is sound text, and how many there are.
    kept: Option<(u64, u64)>,
}

impl Account {
    /// A line that cannot be told; bytes of it that are no text are a loss.
    fn unread(&mut self, line: Line<'_>, out: &mut Collector) {
        self.lines = self.lines.saturating_add(1);
        self.unknown(line, out);
    }

    fn unknown(&mut self, line: Line<'_>, out: &mut Collector) {
        self.unknown = self.unknown.saturating_add(1);
        if line.damaged {
            let message = "a line with bytes that are no text cannot be read";
            out.issue(IssueKind::Line, format!("line {}", line.number), message);
            out.lose(1);
        } else {
            let (_, count) = self.kept.get_or_insert((line.number, 0));
            *count = count.saturating_add(1);
        }
    }

    fn reading(&self, layout: &str, confidence: Confidence, columns: &str, encoding: String) -> TextReading {
        TextReading {
            layout: layout.to_owned(),
            confidence,
            columns: columns.to_owned(),
            encoding,
            lines: self.lines,
            parsed: self.parsed,
            continuation: self.continuation,
            unknown: self.unknown,
        }
    }
}

/// Reads line by line.
struct Reader<'d, S> {
    layout: &'d Layout,
    recall: Recall,
    /// Where lines that cannot matter are passed over, what tells them.
    gists: Option<Gists>,
    known: Known,
    times: Times,
    clock: Clockwork,
    sink: S,
    pending: Pending,
    account: Account,
    coverage: Coverage,
    /// A line without a line break: the last one, or a piece of one that is too long.
    held: Option<Kept>,
    /// The line before was such a piece.
    inside: bool,
    odd_times: u64,
}

impl<'d, S: Sink> Reader<'d, S> {
    fn new(decision: &'d Decision, local: LocalClock, pace: Pace, sink: S, out: &mut Collector) -> Self {
        let mut clock = Clockwork::new(local, pace.quick);
        if clock.learn_order(decision.stamps.iter().copied()) {
            let message = "no date shows the order of day and month; the usual order of its form was assumed";
            out.issue(IssueKind::Note, "", message);
        }
        for assumed in &decision.assumed {
            out.issue(IssueKind::Note, "", *assumed);
        }
        Reader {
            layout: &decision.layout,
            recall: if pace.quick { Recall::on() } else { Recall::off() },
            gists: Gists::of(&decision.layout).filter(|_| pace.quick),
            known: Known::new(),
            times: Times::default(),
            clock,
            sink,
            pending: Pending::new(),
            account: Account::default(),
            coverage: Coverage::default(),
            held: None,
            inside: false,
            odd_times: 0,
        }
    }

    fn next(&mut self, line: Line<'_>, out: &mut Collector) {
        if let Some(held) = self.held.take() {
            self.enter(held.as_line(), out);
            self.inside = true;
        }
        if line.complete {
            self.enter(line, out);
            self.inside = false;
        } else {
            self.held = Some(Kept::of(line));
        }
    }

    fn enter(&mut self, line: Line<'_>, out: &mut Collector) {
        self.account.lines = self.account.lines.saturating_add(1);
        if self.inside {
            self.carry_on(line, out);
            return;
        }
        match self.layout.read(line.text, &mut self.recall) {
            Reading::Record { fields, body, .. } => {
                self.flush(out);
                self.account.parsed = self.account.parsed.saturating_add(1);
                if line.damaged {
                    let message = "a record holds bytes that are no text of its encoding";
                    out.issue(IssueKind::Line, format!("line {}", line.number), message);
                }
                let instant = self.instant(fields.stamp, fields.odd_time);
                let place = (line.number, line.offset, line.text);
                self.pending.begin(place, &fields, &body, self.layout.depth(fields.blanks), instant);
            }
            Reading::Broken => self.give_up(line, out),
            Reading::Other if line.text.trim().is_empty() && self.pending.is_open() => {
                self.account.continuation = self.account.continuation.saturating_add(1);
            }
            Reading::Other => {
                let labels = &self.layout.labels;
                if line.damaged || !self.layout.has_prefix() || anchor::holds_edge(line.text, labels) {
                    self.give_up(line, out);
                } else {
                    self.carry_on(line, out);
                }
            }
        }
    }

    /// The instant of the next record, if it has a time.
    fn instant(&mut self, stamp: Option<Stamp>, odd_time: bool) -> Option<Instant> {
        let instant = stamp.and_then(|stamp| self.clock.instant(stamp));
        let is_odd = odd_time || (stamp.is_some() && instant.is_none());
        self.odd_times = self.odd_times.saturating_add(u64::from(is_odd));
        instant
    }

    /// A line that continues the record before it, if there is one.
    fn carry_on(&mut self, line: Line<'_>, out: &mut Collector) {
        if !self.pending.is_open() || line.damaged {
            self.account.unknown(line, out);
            return;
        }
        self.account.continuation = self.account.continuation.saturating_add(1);
        if !self.pending.add(line.text) {
            let message = "a line that continues a record of more than 64 KiB was left out";
            out.issue(IssueKind::Note, format!("line {}", line.number), message);
        }
    }

    /// A line that is no record and continues none; what follows it does not belong to the record before it either.
    fn give_up(&mut self, line: Line<'_>, out: &mut Collector) {
        self.flush(out);
        self.account.unknown(line, out);
    }

    fn flush(&mut self, out: &mut Collector) {
        let Some(record) = self.pending.take() else { return };
        self.coverage.count(record.time);
        self.sink.record(&record, out);
    }

    /// The last line, which has no line break: it is a record, or it is what is left of one.
    fn enter_last(&mut self, line: Line<'_>, out: &mut Collector) {
        let is_cut = !self.inside
            && match self.layout.read(line.text, &mut self.recall) {
                Reading::Record { rest, fields, .. } => {
                    fields.function.is_none() && body::is_cut(rest, &self.layout.labels)
                }
                Reading::Broken => true,
                Reading::Other if line.text.trim().is_empty() => false,
                Reading::Other if self.layout.has_prefix() => self.layout.may_be_cut(line.text),
                Reading::Other => {
                    let begins = line.text.split_whitespace().next().unwrap_or_default();
                    self.layout.labels.edge(begins).is_some() && body::is_cut(line.text, &self.layout.labels)
                }
            };
        if !is_cut {
            self.enter(line, out);
            return;
        }
        self.flush(out);
        self.account.lines = self.account.lines.saturating_add(1);
        self.account.unknown = self.account.unknown.saturating_add(1);
        let message = "the input ends inside a record";
        out.issue(IssueKind::Truncated, format!("line {}", line.number), message);
        out.lose(1);
    }

    fn finish(mut self, decision: &Decision, encoding: String, out: &mut Collector) {
        if let Some(held) = self.held.take() {
            self.enter_last(held.as_line(), out);
        }
        self.flush(out);
        self.coverage.tell(out);
        if let Some((first, count)) = self.account.kept {
            let message = "lines that are no records of this layout and continue none, kept as text";
            out.issue_of(IssueKind::Note, format!("line {first}"), message, count);
        }
        if self.odd_times > 0 {
            let message = "records whose time stamp is of no known form were read without a time";
            out.issue_of(IssueKind::Note, "", message, self.odd_times);
        }
        if self.clock.contradictions > 0 {
            let message = "dates contradict the order of day and month of those before them";
            out.issue_of(IssueKind::Clock, "", message, self.clock.contradictions);
        }
        out.times(self.clock.basis());
        out.text(self.account.reading(&decision.name, decision.confidence, &decision.columns, encoding));
    }
}
