//! Gets the records out of one chunk.
//!
//! The `evtx` crate walks the records and goes on after a damaged one; it renders each as JSON, which
//! [`crate::json::dump`] reads. Its own check of checksums drops whole chunks and is never switched on: checksums are
//! checked here, reported, and the records read all the same.

use super::layout::{ChunkHeader, RECORD_HEADER, RECORD_TRAILER, STRING_TABLE, has_no_checksums, record_at};
use super::mend;
use super::scan::Chunk;
use super::sift::Sieve;
use crate::collect::Collector;
use crate::json::dump::{self, Origin};
use evtx::err::EvtxError;
use evtx::{EvtxChunkData, EvtxRecord, ParserSettings};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use vsscope_model::IssueKind;

static SETTINGS: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(ParserSettings::new().num_threads(1).indent(false).validate_checksums(false)));

/// The record ids that a chunk stands for, and how far that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ids {
    /// First id.
    pub first: u64,
    /// Last id.
    pub last: u64,
    /// Where the chunk begins.
    pub offset: u64,
    /// Records read or counted as lost, where the chunk's header cannot be believed; its neighbours may know of more.
    pub accounted: Option<u64>,
}

/// Reads the records of a chunk and returns the range of record ids it stands for; without a sieve, the `evtx` crate
/// renders every record.
pub(super) fn read(chunk: &Chunk<'_>, sieve: Option<&mut Sieve<'_>>, out: &mut Collector) -> Option<Ids> {
    let header = ChunkHeader::of(&chunk.bytes);
    let header_fits = chunk.checks.header;
    report_damage(chunk, out);
    out.begin_chunk();

    let mut tally = Tally::default();
    // The crate is fuzzed and was not seen to panic; should it do so on damage nobody thought of, the chunk is the price
    // and not the run.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let sifted = sieve.and_then(|sieve| sieve.read(chunk, &mut tally, out));
        sifted.unwrap_or_else(|| {
            each(chunk, &mut tally, out, |record, tally, out| enter(chunk, record, tally, out))
        });
    }));
    if outcome.is_err() {
        out.issue(IssueKind::Chunk, place(chunk.offset), "the rest of the chunk could not be decoded");
    }
    let promised = header.and_then(|header| header.promised());
    let missing = promised.map(|promised| promised.saturating_sub(tally.read));
    let unexplained = missing.unwrap_or(0).saturating_sub(tally.failed);
    if unexplained > 0 && header_fits && !chunk.is_cut() && outcome.is_ok() {
        let message = "records that a chunk's header counts were not found in it";
        out.issue_of(IssueKind::Record, place(chunk.offset), message, unexplained);
    }
    // A header whose checksum fits knows better than the places where decoding failed: not each of them was a record.
    let known = header_fits || chunk.is_cut() || outcome.is_err();
    out.lose(missing.filter(|_| known).unwrap_or(tally.failed));

    let said = header.filter(|_| header_fits).and_then(|header| header.ids());
    let (first, last) = said.or(tally.ids)?;
    let accounted = (!known).then(|| tally.read.saturating_add(tally.failed));
    Some(Ids { first, last, offset: chunk.offset, accounted })
}

/// What became of the records of a chunk.
#[derive(Default)]
pub(super) struct Tally {
    read: u64,
    failed: u64,
    ids: Option<(u64, u64)>,
}

impl Tally {
    /// A record was read.
    pub fn take(&mut self, id: u64) {
        self.read = self.read.saturating_add(1);
        self.ids = Some(self.ids.map_or((id, id), |(first, last)| (first.min(id), last.max(id))));
    }
}

fn report_damage(chunk: &Chunk<'_>, out: &mut Collector) {
    let place = place(chunk.offset);
    if chunk.mended {
        out.issue(
            IssueKind::Header,
            &place,
            "the signature of a chunk is damaged; its records were read all the same",
        );
    }
    if chunk.is_cut() {
        let message = match chunk.overlapped {
            true => "bytes are missing inside a chunk: the next one begins before its end",
            false => "the input ends inside a chunk",
        };
        out.issue(IssueKind::Truncated, &place, message);
    }
    if has_no_checksums(&chunk.bytes) {
        return;
    }
    if !chunk.checks.header && !chunk.mended {
        out.issue(IssueKind::Checksum, &place, "the checksum of a chunk's header does not fit");
    }
    if !chunk.is_cut() && !chunk.checks.data {
        out.issue(IssueKind::Checksum, &place, "the checksum of a chunk's records does not fit");
    }
}

/// What the `evtx` crate gives for one record.
pub(super) type Rendered<'a> = Result<EvtxRecord<'a>, EvtxError>;

/// Hands over what the `evtx` crate gives for the records of a chunk, one by one.
pub(super) fn each(
    chunk: &Chunk<'_>,
    tally: &mut Tally,
    out: &mut Collector,
    mut each: impl FnMut(Rendered<'_>, &mut Tally, &mut Collector),
) {
    let form = |bytes: Vec<u8>| mended(bytes, chunk.checks.data);
    let Some(mut data) = chunk_data(form(chunk.bytes.to_vec())) else {
        out.issue(IssueKind::Chunk, place(chunk.offset), "the chunk could not be decoded");
        return;
    };
    let plain = match data.parse(SETTINGS.clone()) {
        Ok(mut parsed) => {
            parsed.iter().for_each(|record| each(record, tally, out));
            return;
        }
        Err(_) => without_string_table(form(chunk.bytes.to_vec())),
    };
    // The table only speeds up the look-up of names; the records themselves say where each name is.
    let Some(mut data) = plain else { return };
    match data.parse(SETTINGS.clone()) {
        Ok(mut parsed) => {
            out.issue(
                IssueKind::Header,
                place(chunk.offset),
                "the table of strings of a chunk is damaged; its records were read without it",
            );
            parsed.iter().for_each(|record| each(record, tally, out));
        }
        Err(_) => out.issue(IssueKind::Chunk, place(chunk.offset), "the chunk could not be decoded"),
    }
}

/// Hands over the records of a chunk that can be decoded; without the table of strings where that is damaged.
pub(super) fn visit(chunk: &Chunk<'_>, settings: &Arc<ParserSettings>, mut each: impl FnMut(EvtxRecord<'_>)) {
    let forms: [fn(Vec<u8>) -> Option<EvtxChunkData>; 2] = [chunk_data, without_string_table];
    for form in forms {
        let bytes = mended(chunk.bytes.to_vec(), chunk.checks.data);
        let Some(mut data) = form(bytes) else { continue };
        if let Ok(mut parsed) = data.parse(Arc::clone(settings)) {
            parsed.iter().flatten().for_each(&mut each);
            return;
        }
    }
}

fn chunk_data(bytes: Vec<u8>) -> Option<EvtxChunkData> {
    EvtxChunkData::new(bytes, false).ok()
}

/// The chunk with what can be put right in it. Nothing is wrong with what a checksum covers.
fn mended(mut bytes: Vec<u8>, is_sound: bool) -> Vec<u8> {
    mend::header(&mut bytes);
    if !is_sound {
        mend::names(&mut bytes);
    }
    bytes
}

fn without_string_table(mut bytes: Vec<u8>) -> Option<EvtxChunkData> {
    bytes.get_mut(STRING_TABLE)?.fill(0);
    chunk_data(bytes)
}

/// Enters a record that the crate gave, or what is wrong with it.
pub(super) fn enter(chunk: &Chunk<'_>, record: Rendered<'_>, tally: &mut Tally, out: &mut Collector) {
    let failure = match record {
        Ok(record) => one(chunk, record, tally, out),
        Err(error) => {
            Some(Failure { place: error_place(chunk, &error), message: "the record could not be decoded" })
        }
    };
    if let Some(failure) = failure {
        tally.failed = tally.failed.saturating_add(1);
        out.issue(IssueKind::Record, failure.place, failure.message);
    }
}

/// Why a record does not count as read.
struct Failure {
    place: String,
    message: &'static str,
}

fn one(chunk: &Chunk<'_>, record: EvtxRecord<'_>, tally: &mut Tally, out: &mut Collector) -> Option<Failure> {
    let id = record.event_record_id;
    let in_chunk = record.binxml_offset.saturating_sub(RECORD_HEADER);
    let end =
        record.binxml_offset.saturating_add(u64::from(record.binxml_size)).saturating_add(RECORD_TRAILER);
    let offset = chunk.offset.saturating_add(in_chunk);
    // Zeros in place of what was cut off would read as empty values.
    if usize::try_from(end).map_or(true, |end| end > chunk.present) {
        return Some(Failure { place: place(offset), message: "the record is cut off" });
    }
    let fail = |message| Some(Failure { place: format!("record {id}, {}", place(offset)), message });
    let header = usize::try_from(in_chunk).ok().and_then(|at| record_at(&chunk.bytes, at));
    let written = header.and_then(|header| header.written());
    let Ok(rendered) = record.into_json_bytes() else {
        return fail("the record could not be decoded");
    };
    let origin = Origin { record_id: Some(id), offset: Some(offset), written, ..Origin::default() };
    match dump::read(&rendered.data, &origin, out) {
        Ok(()) => {
            tally.take(id);
            None
        }
        Err(_) => fail("the record has no provider, id or time"),
    }
}

fn error_place(chunk: &Chunk<'_>, error: &EvtxError) -> String {
    match error {
        EvtxError::FailedToReadRecordAt { offset, .. } => place(chunk.offset.saturating_add(*offset)),
        EvtxError::FailedToParseRecord { record_id, .. } => {
            format!("record {record_id}, chunk at {}", place(chunk.offset))
        }
        _ => format!("chunk at {}", place(chunk.offset)),
    }
}

fn place(offset: u64) -> String {
    format!("offset {offset:#x}")
}
