//! [`Tally`]: the accounting of the lines of console output, and the loop that hands them out.

use super::wrapped::{Printed, Unwrap, Wrap};
use crate::collect::Collector;
use crate::text::{CodePage, Line, Lines};
use std::io::Read;
use vsscope_model::{Confidence, IssueKind, TextReading};

/// So many lines that nobody knows are no banner and no message.
const MANY: u64 = 10;

/// How lines were used.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    /// Lines that begin an entry, or are a step.
    pub parsed: u64,
    /// Lines that belong to one, blank ones, and what a tool prints around them.
    pub continuation: u64,
    /// The others. Tools print much that no entry needs, so these are normal.
    pub unknown: u64,
}

impl Tally {
    /// The first line of an entry; further lines that it was broken into continue it.
    pub fn parse(&mut self, line: &Printed) {
        self.parsed = self.parsed.saturating_add(1);
        self.continuation = self.continuation.saturating_add(line.lines.saturating_sub(1));
    }

    pub fn continues(&mut self, line: &Printed) {
        self.continuation = self.continuation.saturating_add(line.lines);
    }

    pub fn unknown(&mut self, line: &Printed) {
        self.unknown = self.unknown.saturating_add(line.lines);
    }

    /// Enters the accounts into the report.
    pub fn finish(self, layout: &str, columns: &str, encoding: &str, out: &mut Collector) {
        let lines = self.parsed.saturating_add(self.continuation).saturating_add(self.unknown);
        if out.events_mut().is_empty() && out.inventory().is_empty() {
            out.issue(IssueKind::Note, "", "no entry and no step was found in this output");
        } else if self.unknown > lines / 2 {
            out.issue(IssueKind::Note, "", "more than half of the lines are not from this tool or not known");
        }
        // Told to read it so, although hardly a line is of this tool.
        let foreign = self.parsed == 0 && self.unknown > MANY && self.unknown > lines / 2;
        if foreign {
            out.issue(IssueKind::UnknownFormat, "", format!("hardly a line of this is output of {layout}"));
        }
        out.text(TextReading {
            layout: layout.to_owned(),
            confidence: if foreign { Confidence::Weak } else { Confidence::Strong },
            columns: columns.to_owned(),
            encoding: encoding.to_owned(),
            lines,
            parsed: self.parsed,
            continuation: self.continuation,
            unknown: self.unknown,
        });
    }
}

/// Notes a line whose bytes are damaged.
pub(super) fn damaged(line: &Line<'_>, out: &mut Collector, tally: &mut Tally) {
    let message = "the line has bytes that are no text of its encoding";
    out.issue(IssueKind::Line, format!("line {}", line.number), message);
    out.lose(1);
    tally.unknown = tally.unknown.saturating_add(1);
}

/// Hands out the lines of a console, put together where they were broken; damaged and cut ones become issues. Gives the
/// name of the encoding.
pub(super) fn each_line(
    stream: &mut dyn Read,
    wrap: Wrap,
    out: &mut Collector,
    tally: &mut Tally,
    mut take: impl FnMut(&Printed, &mut Collector, &mut Tally),
) -> &'static str {
    let mut lines = Lines::new(stream, CodePage::Oem);
    let encoding = lines.form().name();
    let mut unwrap = Unwrap::new(wrap);
    let mut hand_out = |line: &Printed, out: &mut Collector, tally: &mut Tally| {
        if line.cut {
            let message = "an identifier is cut off and does not go on in the next line";
            out.issue(IssueKind::Line, format!("line {}", line.number), message);
            out.lose(1);
            tally.unknown(line);
        } else {
            take(line, out, tally);
        }
    };
    let mut is_open = false;
    while let Some(line) = lines.next() {
        // Only the last line, and the pieces of one that is too long, have no line break.
        if std::mem::replace(&mut is_open, !line.complete) {
            let message = "a line is too long; its end was left out";
            out.issue(IssueKind::Line, format!("line {}", line.number), message);
            out.lose(1);
            tally.unknown = tally.unknown.saturating_add(1);
            continue;
        }
        if line.damaged {
            if let Some(before) = unwrap.finish() {
                hand_out(&before, out, tally);
            }
            damaged(&line, out, tally);
        } else if let Some(before) = unwrap.push(&line) {
            hand_out(&before, out, tally);
        }
    }
    if let Some(last) = unwrap.finish() {
        if last.cut {
            let message = "the output ends inside an identifier";
            out.issue(IssueKind::Truncated, format!("line {}", last.number), message);
            out.lose(1);
            tally.unknown(&last);
        } else {
            hand_out(&last, out, tally);
        }
    }
    encoding
}
