//! Event logs in what is no log: raw images, memory dumps, page files, damaged containers.
//!
//! `find` gives the chunks, `trust` says which records of a damaged one can be believed. Hosts, logs and numbers come from
//! the records. An image holds older states of a chunk and copies of it: a record counts once. What is not in an image
//! proves nothing, so that the records cover no time; their events are marked.

mod find;
mod trust;

use super::chunk;
use super::layout::{RECORD_HEADER, RECORD_TRAILER, record_at};
use super::scan::Chunk;
use crate::collect::Collector;
use crate::json::dump::{self, Origin};
use evtx::{EvtxRecord, ParserSettings};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use vsscope_model::IssueKind;

pub(super) use find::Finder;

/// Live records, and those in the unused space of a chunk.
static SETTINGS: LazyLock<Arc<ParserSettings>> = LazyLock::new(|| {
    let settings = ParserSettings::new().num_threads(1).indent(false);
    Arc::new(settings.validate_checksums(false).recover_records(true))
});

/// What carved evidence cannot tell.
const PARTIAL: &str = "carved: chunks of event logs that lay loose in the input; others may be overwritten or \
                       elsewhere, so that nothing follows from what is not there";

const BROKEN: &str = "chunks of which a part is missing, damaged or overwritten; the rest was read";
const LEFT_OUT: &str = "records that are damaged, or whose names were overwritten, were left out";
const COPIES: &str = "records that lie in several chunks count once";

/// Searches a stream for loose chunks and reads them; how many there were.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) -> u64 {
    let mut finder = Finder::new(stream);
    let (mut chunks, mut broken, mut left_out) =
        (Noted::new("loose chunks of event logs"), Noted::new(BROKEN), Noted::new(LEFT_OUT));
    while let Some(chunk) = finder.next() {
        chunks.add(chunk.offset, 1);
        let is_sound = chunk.checks.data;
        broken.add(chunk.offset, u64::from(!is_sound));
        out.begin_chunk();
        let lost = records(&chunk, Which::All { is_sound }, &mut |found| found.enter(out));
        left_out.add(chunk.offset, lost);
    }
    if chunks.count == 0 {
        return 0;
    }
    out.partial(PARTIAL);
    let copies = Noted { count: out.copies(), ..Noted::new(COPIES) };
    let found = chunks.count;
    [chunks, broken, left_out, copies].into_iter().for_each(|noted| noted.tell(out));
    found
}

/// Something to be said once, with a count and its first place.
struct Noted {
    message: &'static str,
    place: Option<u64>,
    count: u64,
}

impl Noted {
    fn new(message: &'static str) -> Self {
        Noted { message, place: None, count: 0 }
    }

    fn add(&mut self, offset: u64, count: u64) {
        if count > 0 {
            self.place.get_or_insert(offset);
            self.count = self.count.saturating_add(count);
        }
    }

    fn tell(self, out: &mut Collector) {
        let place = self.place.map(|offset| format!("offset {offset:#x}")).unwrap_or_default();
        if self.count > 0 {
            out.issue_of(IssueKind::Note, place, self.message, self.count);
        }
    }
}

/// Which records of a chunk are wanted.
#[derive(Clone, Copy)]
pub(super) enum Which {
    /// All; of a chunk whose checksum fits the live ones need no proof.
    All {
        /// Whether it fits.
        is_sound: bool,
    },
    /// Those in unused space.
    Stale,
}

/// A record that can be believed, as JSON.
pub(super) struct Carved {
    /// Where its chunk begins.
    pub chunk: u64,
    origin: Origin,
    json: Vec<u8>,
}

impl Carved {
    /// Its number in the container.
    pub fn number(&self) -> Option<u64> {
        self.origin.record_id
    }

    /// How much it takes in memory.
    pub fn size(&self) -> usize {
        self.json.len().saturating_add(size_of::<Carved>())
    }

    /// Counts and decodes it.
    pub fn enter(self, out: &mut Collector) {
        // It was rendered well: it has a provider, an id and a time, or says nothing.
        let _ = dump::read(&self.json, &self.origin, out);
    }
}

/// Hands over the records of a chunk; how many could not be believed or rendered.
pub(super) fn records(chunk: &Chunk<'_>, which: Which, each: &mut dyn FnMut(Carved)) -> u64 {
    let mut left_out: u64 = 0;
    let visit = |record: EvtxRecord<'_>| {
        let proof = match which {
            Which::Stale if !record.recovered => return,
            Which::All { is_sound: false } => Proof::AlsoOfPages,
            Which::All { is_sound: true } if !record.recovered => Proof::None,
            _ => Proof::OfNames,
        };
        match carved(chunk, record, proof) {
            Some(found) => each(found),
            None => left_out = left_out.saturating_add(1),
        }
    };
    // As in the reader: damage that nobody thought of costs the chunk and not the run.
    let _ = catch_unwind(AssertUnwindSafe(|| chunk::visit(chunk, &SETTINGS, visit)));
    left_out
}

/// What a record has to prove.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Proof {
    /// Nothing: the checksum of its chunk fits.
    None,
    /// That its names and templates are its own.
    OfNames,
    /// That all of it is of one chunk, too.
    AlsoOfPages,
}

fn carved(chunk: &Chunk<'_>, record: EvtxRecord<'_>, proof: Proof) -> Option<Carved> {
    let start = record.binxml_offset.checked_sub(RECORD_HEADER)?;
    let content = record.binxml_offset.checked_add(u64::from(record.binxml_size))?;
    let end = usize::try_from(content.checked_add(RECORD_TRAILER)?).ok()?;
    // Zeros in place of what was cut off would read as empty values.
    if end > chunk.present {
        return None;
    }
    let at = usize::try_from(start).ok()?;
    let is_damaged = proof == Proof::AlsoOfPages;
    let header =
        record_at(&chunk.bytes, at).filter(|header| !is_damaged || trust::is_of_one_page(chunk, at, header));
    let needs_proof = proof > Proof::None;
    if needs_proof && (header.is_none() || !trust::has_its_templates(chunk, &record, is_damaged)) {
        return None;
    }
    let record_id = Some(record.event_record_id);
    let json = record.into_json_bytes().ok()?.data;
    if needs_proof && !header.is_some_and(|header| trust::is_rendered_well(&json, &header)) {
        return None;
    }
    let offset = Some(chunk.offset.saturating_add(start));
    let origin = Origin { record_id, offset, carved: true, ..Origin::default() };
    Some(Carved { chunk: chunk.offset, origin, json })
}

#[cfg(test)]
mod tests;
