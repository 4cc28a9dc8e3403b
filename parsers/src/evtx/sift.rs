//! The quick way through a sound chunk: every record is counted by its `System`, and only those that may speak of VSS are
//! read. What is out of the ordinary in a record sends that record to the `evtx` crate; what is out of the ordinary in
//! the chunk sends all of it there.

use super::binxml::{Fields, Found, Instance, Shapes, System, Table, utf16};
use super::chunk::{self, Tally};
use super::interest::Interests;
use super::layout::{
    CHUNK_HEADER, ChunkHeader, RECORD_HEADER, SMALLEST_RECORD, free_space, has_no_checksums, record_at,
};
use super::scan::Chunk;
use crate::collect::{Collector, Met, Run};
use crate::record::LogRecord;
use crate::windows::Interest;
use std::cell::Cell;
use vsscope_model::RecordRef;

/// What one chunk after another is read with.
#[derive(Debug)]
pub(super) struct Sieve<'m> {
    /// Records that earlier parts of the input had.
    met: &'m Met,
    instance: Instance,
    fields: Fields,
    interests: Interests,
}

/// Where a record lies in its chunk.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: usize,
    /// Where its content ends.
    end: usize,
    id: u64,
}

/// What a record is, and what is to be done with it.
struct Verdict<'a> {
    system: System<'a>,
    /// Whether it is of the host and channel of the record before it.
    goes_on: bool,
    deed: Deed,
}

/// What is to be done with a record.
enum Deed {
    /// Counted, no more.
    Pass,
    /// Counted, and again what was read before.
    Again,
    /// Read.
    Take(Box<LogRecord>),
}

thread_local! {
    /// What a thread has learned of the providers is good for the next part as well.
    static INTERESTS: Cell<Interests> = Cell::default();
}

impl Drop for Sieve<'_> {
    fn drop(&mut self) {
        INTERESTS.set(std::mem::take(&mut self.interests));
    }
}

impl<'m> Sieve<'m> {
    /// A sieve behind which these records are known.
    pub fn new(met: &'m Met) -> Self {
        Sieve { met, instance: Instance::default(), fields: Fields::default(), interests: INTERESTS.take() }
    }

    /// Reads a chunk; `None`, and nothing done, if it is not sound.
    pub fn read(&mut self, chunk: &Chunk<'_>, tally: &mut Tally, out: &mut Collector) -> Option<()> {
        let is_whole = !chunk.mended && !chunk.is_cut();
        let is_checked = chunk.checks.fit() || has_no_checksums(&chunk.bytes);
        if !is_whole || !is_checked {
            return None;
        }
        let places = places(&chunk.bytes)?;
        let mut shapes = Shapes::default();
        let mut runs = Runs::default();
        for (index, place) in places.iter().enumerate() {
            match self.verdict(chunk, *place, &mut shapes, &runs, out) {
                Some(verdict) => settle(place.id, verdict, &mut runs, tally, out),
                None => {
                    let rest = places.get(index..).unwrap_or_default();
                    self.mixed(chunk, (index, rest), &mut shapes, &mut runs, tally, out);
                    break;
                }
            }
        }
        runs.flush(out);
        Some(())
    }

    /// The records from this place on in their order, some of them from the crate.
    fn mixed<'a>(
        &mut self,
        chunk: &'a Chunk<'_>,
        (index, places): (usize, &[Place]),
        shapes: &mut Shapes,
        runs: &mut Runs<'a>,
        tally: &mut Tally,
        out: &mut Collector,
    ) {
        let mut before = index;
        let mut places = places.iter();
        chunk::each(chunk, tally, out, |rendered, tally, out| {
            if before > 0 {
                before = before.saturating_sub(1);
                return;
            }
            let place = places.next();
            match place.and_then(|place| Some((place.id, self.verdict(chunk, *place, shapes, runs, out)?))) {
                Some((id, verdict)) => settle(id, verdict, runs, tally, out),
                None => {
                    runs.flush(out);
                    chunk::enter(chunk, rendered, tally, out);
                }
            }
        });
        // The crate gave up before the end: what needs it is missing, and counted by the chunk's header.
        for place in places {
            if let Some(verdict) = self.verdict(chunk, *place, shapes, runs, out) {
                settle(place.id, verdict, runs, tally, out);
            }
        }
    }

    /// What is to be done with a record; `None` if it is to be rendered by the crate.
    fn verdict<'a>(
        &mut self,
        chunk: &'a Chunk<'_>,
        Place { at, end, id }: Place,
        shapes: &mut Shapes,
        runs: &Runs<'_>,
        out: &mut Collector,
    ) -> Option<Verdict<'a>> {
        let bytes: &'a [u8] = &chunk.bytes;
        let content = at.checked_add(usize::try_from(RECORD_HEADER).ok()?)?;
        let (definition, table) = Table::begin(bytes, content, end)?;
        let shape = shapes.find(bytes, definition)?;
        let known = shapes.get(shape).filter(|known| table.meets(&known.conditions))?;
        let system = System::read(bytes, &table, end, known)?;
        let goes_on = runs.go_on_with(&system);
        if !goes_on && !system.is_plain() {
            return None;
        }
        let remembered = known.interest.filter(|(id, _)| *id == system.event_id);
        let interest = match remembered {
            Some((_, interest)) => interest,
            None => self.interests.of(system.provider, system.event_id)?,
        };
        let matters = match interest {
            Interest::None => false,
            Interest::Any => true,
            Interest::Holding(words) if words.come_first() => table.begins(&known.payload, words),
            Interest::Holding(words) => {
                table.payload(&known.payload).is_none_or(|payload| words.are_in(payload))
            }
        };
        if remembered.is_none() && known.names_provider() {
            shapes.get_mut(shape)?.interest = Some((system.event_id, interest));
        }
        if !matters {
            return Some(Verdict { system, goes_on, deed: Deed::Pass });
        }
        self.instance.fill(&table);
        let offset = chunk.offset.checked_add(u64::try_from(at).ok()?);
        let place = RecordRef { record: Some(id), offset, ..RecordRef::default() };
        let found = Found { chunk: bytes, instance: &self.instance, system, shape };
        let identity = self.fields.identity(&found, shapes.get(shape)?, id, out);
        if identity.is_some_and(|identity| self.met.has(identity)) {
            return Some(Verdict { system, goes_on, deed: Deed::Again });
        }
        let record = Box::new(self.fields.read(&found, shapes, &place, out)?);
        Some(Verdict { system, goes_on, deed: Deed::Take(record) })
    }
}

/// Where the records of a chunk lie; `None` unless they follow each other without a gap up to the last one, as the header
/// has it.
fn places(bytes: &[u8]) -> Option<Vec<Place>> {
    let header = ChunkHeader::of(bytes)?;
    let (_, last) = header.ids()?;
    let end = free_space(bytes);
    let mut places = Vec::with_capacity(usize::try_from(header.promised()?).ok()?);
    let mut at = CHUNK_HEADER;
    while at < end {
        let record = record_at(bytes, at).filter(|record| record.size > SMALLEST_RECORD)?;
        let next = at.checked_add(record.size).filter(|next| *next <= end)?;
        // The id of the last record ends the chunk for the crate.
        if (record.id == last) != (next == end) {
            return None;
        }
        places.push(Place { at, end: next.checked_sub(4)?, id: record.id });
        at = next;
    }
    (header.has_usual_size() && header.promised() == u64::try_from(places.len()).ok()).then_some(places)
}

fn settle<'a>(id: u64, verdict: Verdict<'a>, runs: &mut Runs<'a>, tally: &mut Tally, out: &mut Collector) {
    runs.count(&verdict.system, verdict.goes_on, out);
    tally.take(id);
    match verdict.deed {
        Deed::Pass => {}
        Deed::Again => out.count_copy(),
        Deed::Take(record) => out.decode(*record),
    }
}

/// Records of one host and channel that follow each other are counted together.
#[derive(Default)]
struct Runs<'a> {
    current: Option<(System<'a>, Run)>,
}

impl<'a> Runs<'a> {
    /// Whether the record is of the host and channel of those before it.
    fn go_on_with(&self, system: &System<'_>) -> bool {
        self.current.as_ref().is_some_and(|(of, _)| of.is_beside(system))
    }

    /// Counts a record that goes on with those before it or does not.
    fn count(&mut self, system: &System<'a>, goes_on: bool, out: &mut Collector) {
        match &mut self.current {
            Some((_, run)) if goes_on => run.add(system.time),
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
