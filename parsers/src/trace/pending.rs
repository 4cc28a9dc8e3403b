//! [`Pending`]: the record that was begun last; lines that continue it may follow.

use super::body::Body;
use super::clock::Instant;
use super::layout::Fields;
use super::record::{Kind, TraceRecord};
use std::ops::Range;
use vsscope_model::Clock;

/// Longest record that is kept, in bytes; what continues beyond it is counted and left out.
const MAX_RECORD: usize = 64 << 10;

/// A record with its text.
#[derive(Debug)]
pub(super) struct Pending {
    /// The lines; the buffer is used again for every record.
    text: String,
    line: u64,
    offset: u64,
    instant: Option<Instant>,
    pid: Option<u32>,
    tid: Option<u32>,
    module: Option<&'static str>,
    level: Option<u32>,
    indent: Option<u32>,
    file: Option<Range<usize>>,
    source_line: Option<u32>,
    kind: Kind,
    function: Range<usize>,
    /// Where the message begins.
    message: usize,
    open: bool,
}

impl Pending {
    /// No record yet.
    pub fn new() -> Self {
        Pending {
            text: String::new(),
            line: 0,
            offset: 0,
            instant: None,
            pid: None,
            tid: None,
            module: None,
            level: None,
            indent: None,
            file: None,
            source_line: None,
            kind: Kind::Message,
            function: 0..0,
            message: 0,
            open: false,
        }
    }

    /// Whether there is one.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Begins a record with its first line; `indent` is its call depth.
    pub fn begin(
        &mut self,
        (number, offset, line): (u64, u64, &str),
        fields: &Fields<'_>,
        body: &Body<'_>,
        indent: Option<u32>,
        instant: Option<Instant>,
    ) {
        self.text.clear();
        self.text.push_str(line);
        (self.line, self.offset, self.instant) = (number, offset, instant);
        (self.pid, self.tid, self.module, self.level) = (fields.pid, fields.tid, fields.module, fields.level);
        self.indent = indent;
        self.file = fields.file.or(body.file).map(|file| range(line, file));
        self.source_line = fields.source_line.or(body.source_line);
        self.kind = body.kind;
        self.function = range(line, body.function);
        self.message = line.len().saturating_sub(body.text.len());
        self.open = true;
    }

    /// Adds a line; `false` if the record is too long for it.
    pub fn add(&mut self, line: &str) -> bool {
        let fits = self.text.len().saturating_add(line.len()) < MAX_RECORD;
        if fits {
            self.text.push('\n');
            self.text.push_str(line);
        }
        fits
    }

    /// The record, which is over now.
    pub fn take(&mut self) -> Option<TraceRecord<'_>> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let part = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        Some(TraceRecord {
            line: Some(self.line),
            offset: Some(self.offset),
            time: self.instant.map(|instant| instant.time),
            clock: self.instant.map_or(Clock::Order, |instant| instant.clock),
            resolution_ns: self.instant.and_then(|instant| instant.resolution_ns),
            pid: self.pid,
            tid: self.tid,
            module: self.module,
            level: self.level,
            indent: self.indent,
            file: self.file.as_ref().map(part),
            source_line: self.source_line,
            kind: self.kind,
            function: part(&self.function),
            text: self.text.get(self.message..).unwrap_or_default().trim_end(),
        })
    }
}

/// Where a part of a line stands in it; empty at its start for one that is no part of it.
fn range(line: &str, part: &str) -> Range<usize> {
    let from = part.as_ptr().addr().checked_sub(line.as_ptr().addr()).filter(|from| *from <= line.len());
    from.map_or(0..0, |from| from..from.saturating_add(part.len()))
}
