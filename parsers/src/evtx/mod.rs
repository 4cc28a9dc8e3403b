//! EVTX, the event log files of Windows since Vista.
//!
//! A file is a header block of 4 KiB and chunks of 64 KiB, each with its own strings, templates and checksums. `scan`
//! finds the chunks in a stream whatever became of the file around them, `chunk` gets the records out of one, and this
//! file keeps the account: what the headers promise against what was found. Records are rendered by the `evtx` crate and
//! read by the same code as its JSON output. `slack` is about stale records, `carve` about chunks in what is no log.

pub(crate) mod carve;
mod chunk;
mod layout;
mod mend;
pub(crate) mod raw;
mod scan;
pub(crate) mod slack;

use crate::collect::Collector;
use chunk::Ids;
use layout::FileHeader;
use scan::{Found, Scanner};
use slack::Census;
use std::io::Read;
use vsscope_model::IssueKind;

pub(crate) use scan::{is_file, shows_chunks};

/// First bytes of a file header.
pub(crate) use layout::{CHUNK_MAGIC, FILE_MAGIC};

/// Ranges of record ids that are kept to find holes between chunks; 4 GiB of log have 65,536 chunks.
const MAX_RANGES: usize = 1 << 20;

/// Reads a stream as EVTX.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
    let mut account = Account::default();
    let mut scanner = Scanner::new(stream);
    while let Some(found) = scanner.next() {
        account.enter(found, out);
    }
    account.settle(out);
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
    fn enter(&mut self, found: Found, out: &mut Collector) {
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
            Found::Chunk(chunk) => {
                self.chunks = self.chunks.saturating_add(1);
                self.cut |= chunk.is_cut();
                self.census.see(&chunk);
                let ids = chunk::read(&chunk, out);
                if self.ids.len() < MAX_RANGES {
                    self.ids.extend(ids);
                }
            }
            Found::Skipped { offset, length } => {
                let message = format!("{length} bytes hold no chunk that can be read");
                out.issue(IssueKind::SkippedBytes, format!("offset {offset:#x}"), message);
            }
        }
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
