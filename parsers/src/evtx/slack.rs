//! Stale records: the unused space of a chunk holds what was written there before the log was cleared or went round, and what
//! the buffer held from which the chunk was written - mostly records that are live in another chunk.
//!
//! [`read`] takes those that are live nowhere and can be believed. A plain reading ([`Census`]) only says that there are some.

use super::Account;
use super::carve::{Carved, Which, records};
use super::chunk::Ids;
use super::layout::{ChunkHeader, RecordHeader, next_record};
use super::scan::{Chunk, Found, Scanner};
use crate::collect::Collector;
use std::collections::HashSet;
use std::io::Read;
use vsscope_model::IssueKind;

/// Bytes of rendered stale records that wait until all live ones are known.
const WAITING: usize = 32 << 20;
/// Numbers of stale records that a plain reading keeps.
const NUMBERS: usize = 100_000;

/// Reads a log with its stale records.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
    let (mut account, mut slack) = (Account::default(), Slack::default());
    let mut scanner = Scanner::new(stream);
    while let Some(found) = scanner.next() {
        if let Found::Chunk(chunk) = &found {
            slack.enter(chunk, out);
        }
        account.enter(found, None, out);
    }
    // What a plain reading would only tell of was read, or is left out.
    let census = std::mem::take(&mut account.census);
    let live = account.settle(out);
    slack.settle(census, &live, out);
}

/// Stale records on their way to the report.
#[derive(Default)]
struct Slack {
    waiting: Vec<Carved>,
    bytes: usize,
    /// Numbers of those that could be believed.
    numbers: HashSet<u64>,
    records: u64,
    /// The first chunk with one.
    offset: Option<u64>,
}

impl Slack {
    fn enter(&mut self, chunk: &Chunk<'_>, out: &mut Collector) {
        records(chunk, Which::Stale, &mut |found| {
            self.offset.get_or_insert(chunk.offset);
            self.bytes = self.bytes.saturating_add(found.size());
            if self.numbers.len() < NUMBERS {
                self.numbers.extend(found.number());
            }
            self.waiting.push(found);
        });
        if self.bytes > WAITING {
            self.release(out);
        }
    }

    /// Counts what was not met before.
    fn release(&mut self, out: &mut Collector) {
        let before = out.records();
        let mut chunk = None;
        for found in self.waiting.drain(..) {
            if chunk.replace(found.chunk) != Some(found.chunk) {
                out.begin_chunk();
            }
            found.enter(out);
        }
        self.bytes = 0;
        self.records = self.records.saturating_add(out.records().saturating_sub(before));
    }

    fn settle(mut self, mut census: Census, live: &[Ids], out: &mut Collector) {
        self.release(out);
        if self.records > 0 {
            let place = self.offset.map(|offset| format!("offset {offset:#x}")).unwrap_or_default();
            let message = "stale records in unused space that are not live were read and marked as carved; others of \
                           their time may be gone";
            out.issue_of(IssueKind::Note, place, message, self.records);
        }
        census.met.retain(|(id, _)| !self.numbers.contains(id));
        census.tell(live, LEFT_OUT, out);
    }
}

const LEFT_OUT: &str = "stale records whose names were overwritten, or that are damaged, were left out";
const PASSED_BY: &str = "stale records in unused space whose numbers no live record has; --carve reads them";

/// The numbers of the stale records that a plain reading passes by.
#[derive(Default)]
pub(super) struct Census {
    /// Number and chunk.
    met: Vec<(u64, u64)>,
}

impl Census {
    /// Looks into the unused space of a chunk; only where its header says beyond doubt where that is.
    pub fn see(&mut self, chunk: &Chunk<'_>) {
        if !chunk.checks.header {
            return;
        }
        let Some(header) = ChunkHeader::of(&chunk.bytes) else { return };
        let own = header.ids();
        let bytes = chunk.bytes.get(..chunk.present).unwrap_or_default();
        let Some(mut at) = header.free_space() else { return };
        let can_be_right = |record: &RecordHeader| record.filetime == 0 || record.written().is_some();
        while let Some((found, record)) = next_record(bytes, at, can_be_right) {
            at = found.saturating_add(record.size);
            let is_own = own.is_some_and(|(first, last)| (first..=last).contains(&record.id));
            if !is_own && self.met.len() < NUMBERS {
                self.met.push((record.id, chunk.offset));
            }
        }
    }

    /// Adds what the next part of the log has.
    pub fn join(&mut self, next: Census) {
        self.met.extend(next.met.into_iter().take(NUMBERS.saturating_sub(self.met.len())));
    }

    /// Says that a plain reading passes by what it met.
    pub fn settle(self, live: &[Ids], out: &mut Collector) {
        self.tell(live, PASSED_BY, out);
    }

    /// Says how many have numbers that no live record has. The ranges of live ones are in order.
    fn tell(mut self, live: &[Ids], message: &str, out: &mut Collector) {
        self.met.sort_unstable();
        self.met.dedup_by_key(|(id, _)| *id);
        let mut ranges = live.iter().peekable();
        let mut last: Option<u64> = None;
        self.met.retain(|(id, _)| {
            while let Some(range) = ranges.next_if(|range| range.first <= *id) {
                last = last.max(Some(range.last));
            }
            last.is_none_or(|last| last < *id)
        });
        let Some(offset) = self.met.iter().map(|(_, offset)| *offset).min() else { return };
        let count = u64::try_from(self.met.len()).unwrap_or(u64::MAX);
        out.issue_of(IssueKind::Note, format!("offset {offset:#x}"), message, count);
    }
}
