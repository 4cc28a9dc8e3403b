//! Records of an event log as XML, found by their id or offset; also those in chunks that are damaged.

use super::carve::Finder;
use super::chunk;
use super::layout::RECORD_HEADER;
use super::scan::{Chunk, Found, Scanner};
use crate::raw::MOST;
use evtx::{EvtxRecord, ParserSettings};
use memchr::memmem;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use vsscope_model::{Raw, Spot};

static SETTINGS: LazyLock<Arc<ParserSettings>> = LazyLock::new(|| Arc::new(settings()));
/// With records in unused space.
static WITH_STALE: LazyLock<Arc<ParserSettings>> =
    LazyLock::new(|| Arc::new(settings().recover_records(true)));

fn settings() -> ParserSettings {
    ParserSettings::new().num_threads(1).indent(true).validate_checksums(false)
}

/// The records at the offset, else those with the id; stale ones only if carved records are wanted.
pub(crate) fn find(stream: &mut dyn Read, spot: &Spot, carve: bool) -> Vec<(Spot, Raw)> {
    let mut scanner = Scanner::new(stream);
    let chunks = std::iter::from_fn(|| scanner.next()).filter_map(|found| match found {
        Found::Chunk(chunk) => Some(chunk),
        _ => None,
    });
    in_chunks(chunks, spot, if carve { &WITH_STALE } else { &SETTINGS })
}

/// The same in what is no log.
pub(crate) fn find_carved(stream: &mut dyn Read, spot: &Spot) -> Vec<(Spot, Raw)> {
    let mut finder = Finder::new(stream);
    in_chunks(std::iter::from_fn(|| finder.next()), spot, &WITH_STALE)
}

fn in_chunks(
    chunks: impl Iterator<Item = Chunk<'static>>,
    spot: &Spot,
    settings: &Arc<ParserSettings>,
) -> Vec<(Spot, Raw)> {
    let mut found = Vec::new();
    for chunk in chunks.filter(|chunk| can_hold(chunk, spot)) {
        // As in the reader: damage that nobody thought of costs the chunk and not the run.
        let records = catch_unwind(AssertUnwindSafe(|| of_chunk(&chunk, spot, settings)));
        found.extend(records.unwrap_or_default());
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// Whether a look into the chunk is worth while: the id stands as a number in the header of a record, and in `System`.
fn can_hold(chunk: &Chunk<'_>, spot: &Spot) -> bool {
    let length = u64::try_from(chunk.present).unwrap_or(0);
    match (spot.offset, spot.record) {
        (Some(offset), _) => (chunk.offset..chunk.offset.saturating_add(length)).contains(&offset),
        (None, Some(record)) => memmem::find(&chunk.bytes, &record.to_le_bytes()).is_some(),
        (None, None) => false,
    }
}

fn of_chunk(chunk: &Chunk<'_>, spot: &Spot, settings: &Arc<ParserSettings>) -> Vec<(Spot, Raw)> {
    let mut found = Vec::new();
    chunk::visit(chunk, settings, |record| found.extend(one(chunk, record, spot)));
    found
}

fn one(chunk: &Chunk<'_>, record: EvtxRecord<'_>, spot: &Spot) -> Option<(Spot, Raw)> {
    let in_container = record.event_record_id;
    let start = chunk.offset.saturating_add(record.binxml_offset.saturating_sub(RECORD_HEADER));
    let end = record.binxml_offset.saturating_add(u64::from(record.binxml_size));
    let is_whole = usize::try_from(end).is_ok_and(|end| end <= chunk.present);
    let at_offset = spot.offset.is_none_or(|offset| offset == start);
    if !is_whole || !at_offset {
        return None;
    }
    let xml = String::from_utf8_lossy(&record.into_xml_bytes().ok()?.data).into_owned();
    let in_record = system_id(&xml);
    let is_meant = spot.offset.is_some() || spot.record == Some(in_container) || spot.record == in_record;
    let place = Spot { record: in_record.or(Some(in_container)), offset: Some(start), ..Spot::default() };
    is_meant.then_some((place, Raw::Xml { xml }))
}

/// The id that the record itself says: that of the container is another one where a log was exported.
fn system_id(xml: &str) -> Option<u64> {
    let (_, rest) = xml.split_once("<EventRecordID>")?;
    rest.split_once("</EventRecordID>")?.0.trim().parse().ok()
}
