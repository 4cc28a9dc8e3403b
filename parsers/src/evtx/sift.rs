//! The quick way through a sound chunk: every record is counted by its `System`, and only those that may speak of VSS are
//! read. What is out of the ordinary in a record sends that record to the `evtx` crate; what is out of the ordinary in
//! the chunk sends all of it there.

use super::binxml::{Fields, Instance, Shapes, System, utf16};
use super::chunk::{self, Tally};
use super::interest::Interest;
use super::layout::{CHUNK_HEADER, ChunkHeader, RECORD_HEADER, RECORD_MAGIC, RECORD_TRAILER, free_space, has_no_checksums};
use super::scan::Chunk;
use crate::bytes::{u32_at, u64_at};
use crate::collect::{Collector, Run};
use crate::record::LogRecord;
use vsscope_model::RecordRef;

/// Bytes of a record around its content.
const FRAME: usize = (RECORD_HEADER + RECORD_TRAILER) as usize;

/// What one chunk after another is read with.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    instance: Instance,
    fields: Fields,
    interest: Interest,
}

/// A record of the chunk.
struct Record<'a> {
    id: u64,
    verdict: Verdict<'a>,
}

/// What is to be done with a record.
enum Verdict<'a> {
    /// Counted, no more.
    Pass(System<'a>),
    /// Read.
    Take(System<'a>, Box<LogRecord>),
    /// To be rendered by the `evtx` crate.
    Render,
}

impl Sieve {
    /// Reads a chunk; `None`, and nothing done, if it is not sound.
    pub fn read(&mut self, chunk: &Chunk<'_>, tally: &mut Tally, out: &mut Collector) -> Option<()> {
        let is_whole = !chunk.mended && !chunk.is_cut();
        let is_checked = chunk.checks.fit() || has_no_checksums(&chunk.bytes);
        if !is_whole || !is_checked {
            return None;
        }
        let places = places(&chunk.bytes)?;
        let mut shapes = Shapes::default();
        let records: Vec<Record<'_>> =
            places.into_iter().map(|place| self.record(chunk, place, &mut shapes, out)).collect();
        let mut runs = Runs::default();
        if records.iter().any(|record| matches!(record.verdict, Verdict::Render)) {
            mixed(chunk, records, &mut runs, tally, out);
        } else {
            records.into_iter().for_each(|record| settle(record, &mut runs, tally, out));
        }
        runs.flush(out);
        Some(())
    }

    fn record<'a>(
        &mut self,
        chunk: &'a Chunk<'_>,
        (at, end, id): (usize, usize, u64),
        shapes: &mut Shapes,
        out: &mut Collector,
    ) -> Record<'a> {
        let verdict = self.verdict(chunk, at, end, id, shapes, out).unwrap_or(Verdict::Render);
        Record { id, verdict }
    }

    fn verdict<'a>(
        &mut self,
        chunk: &'a Chunk<'_>,
        at: usize,
        end: usize,
        id: u64,
        shapes: &mut Shapes,
        out: &mut Collector,
    ) -> Option<Verdict<'a>> {
        let bytes: &'a [u8] = &chunk.bytes;
        let content = at.checked_add(usize::try_from(RECORD_HEADER).ok()?)?;
        let shape = self.instance.read(bytes, content, end, shapes)?;
        let system = System::read(bytes, &self.instance, &shapes.get(shape)?.system)?;
        if !self.interest.in_record(system.provider, system.event_id)? {
            return Some(Verdict::Pass(system));
        }
        let offset = chunk.offset.checked_add(u64::try_from(at).ok()?);
        let place = RecordRef { record: Some(id), offset, ..RecordRef::default() };
        let record = self.fields.read(bytes, &self.instance, shape, shapes, &place, out)?;
        Some(Verdict::Take(system, Box::new(record)))
    }
}

/// Where the records of a chunk lie (start of record, end of content, id); `None` unless they follow each other without a
/// gap up to the last one, as the header has it.
fn places(bytes: &[u8]) -> Option<Vec<(usize, usize, u64)>> {
    let header = ChunkHeader::of(bytes)?;
    let (_, last) = header.ids()?;
    let end = free_space(bytes);
    let mut places = Vec::with_capacity(usize::try_from(header.promised()?).ok()?);
    let mut at = CHUNK_HEADER;
    while at < end {
        let size = usize::try_from(u32_at(bytes, at.checked_add(4)?)?).ok()?;
        let next = at.checked_add(size).filter(|next| size > FRAME && *next <= end)?;
        let trailer = next.checked_sub(4)?;
        let is_sound = bytes.get(at..)?.starts_with(RECORD_MAGIC) && u32_at(bytes, trailer) == u32_at(bytes, at.checked_add(4)?);
        let id = u64_at(bytes, at.checked_add(8)?)?;
        // The id of the last record ends the chunk for the crate.
        if !is_sound || (id == last) != (next == end) {
            return None;
        }
        places.push((at, trailer, id));
        at = next;
    }
    (header.has_usual_size() && header.promised() == u64::try_from(places.len()).ok()).then_some(places)
}

/// The records of a chunk in their order, some of them from the crate.
fn mixed<'a>(
    chunk: &Chunk<'_>,
    records: Vec<Record<'a>>,
    runs: &mut Runs<'a>,
    tally: &mut Tally,
    out: &mut Collector,
) {
    let mut records = records.into_iter();
    chunk::each(chunk, tally, out, |rendered, tally, out| match records.next() {
        Some(Record { verdict: Verdict::Render, .. }) | None => {
            runs.flush(out);
            chunk::enter(chunk, rendered, tally, out);
        }
        Some(record) => settle(record, runs, tally, out),
    });
    // The crate gave up before the end: what needs it is missing, and counted by the chunk's header.
    let rest = records.filter(|record| !matches!(record.verdict, Verdict::Render));
    rest.for_each(|record| settle(record, runs, tally, out));
}

fn settle<'a>(record: Record<'a>, runs: &mut Runs<'a>, tally: &mut Tally, out: &mut Collector) {
    let (system, taken) = match record.verdict {
        Verdict::Pass(system) => (system, None),
        Verdict::Take(system, taken) => (system, Some(taken)),
        Verdict::Render => return,
    };
    runs.count(&system, out);
    tally.take(record.id);
    if let Some(taken) = taken {
        out.decode(*taken);
    }
}

/// Records of one host and channel that follow each other are counted together.
#[derive(Default)]
struct Runs<'a> {
    current: Option<(System<'a>, Run)>,
}

impl<'a> Runs<'a> {
    fn count(&mut self, system: &System<'a>, out: &mut Collector) {
        match &mut self.current {
            Some((of, run)) if of.is_beside(system) => run.add(system.time),
            _ => {
                self.flush(out);
                self.current = Some((*system, Run::of(system.time)));
            }
        }
    }

    fn flush(&mut self, out: &mut Collector) {
        let Some((system, run)) = self.current.take() else { return };
        let text = |wide| utf16(wide).unwrap_or_default();
        let channel = if system.channel.is_empty() { system.provider } else { system.channel };
        out.count_run(&text(system.computer), &text(channel), run);
    }
}
