//! EVTX, the event log files of Windows since Vista.
//!
//! A file is a header block of 4 KiB and chunks of 64 KiB, each with its own strings, templates and checksums. `scan`
//! finds the chunks in a stream whatever became of the file around them, `grid` takes them from a file where nothing is out
//! of the ordinary, `chunk` gets the records out of one, and this file keeps the account: what the headers promise against
//! what was found.
//!
//! Of a sound chunk, `sift` reads the records that may speak of VSS and counts the others. All that it is not sure of is
//! rendered by the `evtx` crate and read by the same code as its JSON output. `slack` is about stale records, `carve` about
//! chunks in what is no log.

mod binxml;
pub(crate) mod carve;
mod chunk;
mod grid;
mod interest;
mod layout;
mod mend;
pub(crate) mod raw;
mod scan;
mod sift;
pub(crate) mod slack;

use crate::collect::Collector;
use crate::input::Progress;
use chunk::Ids;
use layout::FileHeader;
use rayon::prelude::*;
use scan::{Chunk, Found, Scanner};
use sift::Sieve;
use slack::Census;
use std::fs::File;
use std::io::Read;
use vsscope_model::IssueKind;

pub(crate) use scan::{is_file, shows_chunks};

/// First bytes of a file header.
pub(crate) use layout::{CHUNK_MAGIC, FILE_MAGIC};

/// Ranges of record ids that are kept to find holes between chunks; 4 GiB of log have 65,536 chunks.
const MAX_RANGES: usize = 1 << 20;

/// Chunks that are read by one thread at a time, 1 MiB.
const GROUP: usize = 16;

/// Reads a stream as EVTX; with `no_skip`, the `evtx` crate renders every record.
pub(crate) fn read(stream: &mut dyn Read, no_skip: bool, out: &mut Collector) {
    let mut account = Account::default();
    drain(&mut Scanner::new(stream), no_skip, &mut account, out, |_| false);
    account.settle(out);
}

/// Reads a file as EVTX, all threads at once; as [`read`]. Gives how many bytes it had.
pub(crate) fn read_file(file: &File, no_skip: bool, progress: &dyn Progress, out: &mut Collector) -> u64 {
    let mut account = Account::default();
    let bytes = grid::read(file, no_skip, progress, &mut account, out);
    account.settle(out);
    bytes
}

/// Reads what a scanner finds, up to its end or to a place where the caller wants to go on another way.
fn drain(
    scanner: &mut Scanner<'_>,
    no_skip: bool,
    account: &mut Account,
    out: &mut Collector,
    is_goal: impl Fn(u64) -> bool,
) {
    let groups = rayon::current_num_threads().saturating_mul(2);
    let mut wave: Vec<Vec<Found>> = Vec::new();
    let mut group: Vec<Found> = Vec::new();
    loop {
        let next = scanner.next();
        let is_end = next.is_none() || scanner.settled().is_some_and(&is_goal);
        group.extend(next);
        if group.len() >= GROUP || is_end {
            wave.push(std::mem::take(&mut group));
        }
        if wave.len() >= groups || is_end {
            let whole = &*out;
            let read = |found: Vec<Found>| {
                Part::of(no_skip, whole, |part, mut sieve| {
                    found.into_iter().for_each(|found| part.enter(found, sieve.as_deref_mut()));
                })
            };
            let parts: Vec<Part> = std::mem::take(&mut wave).into_par_iter().map(read).collect();
            parts.into_iter().for_each(|part| part.join(account, out));
        }
        if is_end {
            return;
        }
    }
}

/// What was read of a part of the input.
struct Part {
    account: Account,
    out: Collector,
}

impl Part {
    /// Reads a part of an input.
    fn of(no_skip: bool, whole: &Collector, read: impl FnOnce(&mut Part, Option<&mut Sieve<'_>>)) -> Part {
        let mut part = Part { account: Account::default(), out: whole.part() };
        let mut sieve = (!no_skip).then(|| Sieve::new(whole.met()));
        read(&mut part, sieve.as_mut());
        part
    }

    fn enter(&mut self, found: Found, sieve: Option<&mut Sieve<'_>>) {
        self.account.enter(found, sieve, &mut self.out);
    }

    /// Adds it to what was read before.
    fn join(self, account: &mut Account, out: &mut Collector) {
        account.join(self.account);
        out.absorb(self.out);
    }
}

/// What the headers promise and what was found.
#[derive(Default)]
struct Account {
    header: Option<FileHeader>,
    chunks: u64,
    cut: bool,
    ids: Vec<Ids>,
    census: Census,
}

impl Account {
    fn enter(&mut self, found: Found, sieve: Option<&mut Sieve<'_>>, out: &mut Collector) {
        match found {
            Found::Header(header) => {
                if !header.checksum_fits {
                    out.issue(
                        IssueKind::Header,
                        "offset 0x0",
                        "the checksum of the file header does not fit",
                    );
                }
                self.header = Some(header);
            }
            Found::NoHeader => {
                out.issue(IssueKind::Header, "offset 0x0", "the file header is missing or damaged");
            }
            Found::CutHeader => {
                self.cut = true;
                out.issue(IssueKind::Truncated, "offset 0x0", "the input ends inside the file header");
            }
            Found::Chunk(chunk) => self.chunk(&chunk, sieve, out),
            Found::Skipped { offset, length } => {
                let message = format!("{length} bytes hold no chunk that can be read");
                out.issue(IssueKind::SkippedBytes, format!("offset {offset:#x}"), message);
            }
        }
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, sieve: Option<&mut Sieve<'_>>, out: &mut Collector) {
        self.chunks = self.chunks.saturating_add(1);
        self.cut |= chunk.is_cut();
        self.census.see(chunk);
        self.ids.extend(chunk::read(chunk, sieve, out));
    }

    /// Adds the account of the part that comes next.
    fn join(&mut self, next: Account) {
        self.header = self.header.or(next.header);
        self.chunks = self.chunks.saturating_add(next.chunks);
        self.cut |= next.cut;
        self.ids.extend(next.ids.into_iter().take(MAX_RANGES.saturating_sub(self.ids.len())));
        self.census.join(next.census);
    }

    /// Says what does not fit together; gives the ranges of live records in order.
    fn settle(mut self, out: &mut Collector) -> Vec<Ids> {
        self.compare_chunk_count(out);
        self.ids.sort_unstable();
        self.ask_neighbours(out);
        std::mem::take(&mut self.census).settle(&self.ids, out);
        let mut last: Option<u64> = None;
        for &Ids { first: first_id, last: last_id, .. } in &self.ids {
            if let Some((from, to)) = last.and_then(|last| hole(last, first_id)) {
                let count = to.saturating_sub(from).saturating_add(1);
                let message = match count {
                    1 => format!("record id {from} is not in the file"),
                    _ => format!("record ids {from}–{to} are not in the file"),
                };
                out.issue_of(IssueKind::Note, format!("record {from}"), message, count);
            }
            last = last.max(Some(last_id));
        }
        if out.is_silent() {
            out.issue(IssueKind::Note, "offset 0x0", "the log holds no live record");
        }
        self.ids
    }

    /// A chunk whose header cannot be believed does not say how many records it had; the ids of the chunks before and
    /// after it do.
    fn ask_neighbours(&self, out: &mut Collector) {
        for window in self.ids.windows(3) {
            let [before, chunk, after] = window else { continue };
            let between =
                hole(before.last, after.first).map(|(from, to)| to.saturating_sub(from).saturating_add(1));
            let (Some(accounted), Some(between)) = (chunk.accounted, between) else { continue };
            let missing = between.saturating_sub(accounted);
            if missing > 0 && between <= layout::MAX_RECORDS {
                let message = "records of a chunk with a damaged header were not found in it";
                out.issue_of(IssueKind::Record, format!("offset {:#x}", chunk.offset), message, missing);
                out.lose(missing);
            }
        }
    }

    /// The header of a log that was not closed lags behind, so that more chunks than it says are nothing to worry about;
    /// fewer mean that a part of the file is missing.
    fn compare_chunk_count(&self, out: &mut Collector) {
        let Some(header) = &self.header else { return };
        let (said, found) = (u64::from(header.chunks), self.chunks);
        if said == found {
            return;
        }
        let message = format!("number of chunks: {said} in the file header, {found} found");
        let kind = match (found < said, header.dirty) {
            (true, _) => IssueKind::Header,
            (false, true) => IssueKind::Note,
            (false, false) => IssueKind::Header,
        };
        let message = if header.dirty { format!("{message}; the log was not closed") } else { message };
        out.issue(kind, "offset 0x2a", message);
    }
}

/// The ids between the last one so far and the next one.
fn hole(last: u64, next: u64) -> Option<(u64, u64)> {
    let from = last.checked_add(1)?;
    let to = next.checked_sub(1)?;
    (from <= to).then_some((from, to))
}
