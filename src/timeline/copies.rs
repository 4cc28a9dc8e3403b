//! Evidence that came in twice counts once: a log and its copy in another folder, an events file and the trace that it was
//! written from.
//!
//! Records of event logs bear a number, and are the same when it, the log, the host and the instant are. Everything else is
//! the same only as a whole - place in the file, instant, process, meaning - and only in two inputs: what an input has
//! twice happened twice.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;
use vsscope_model::{Clock, Event, InputReport, Issue, IssueKind, RecordRef, Status, Timestamp, Writer};

/// Takes out the events that repeat one of another input, and says so with the input that they were read from. Reports are
/// in order of path, events in order of time. Of an events file and an original the original stays, else the first by path.
pub fn drop(events: &mut Vec<Event>, reports: &mut [InputReport]) {
    let copies = Search::of(events, reports).run();
    if copies.is_empty() {
        return;
    }
    let mut remarks: BTreeMap<usize, Remark> = BTreeMap::new();
    for copy in copies.values() {
        let remark = remarks.entry(copy.input).or_default();
        remark.count += 1;
        remark.originals.insert(copy.original_input);
    }
    for (input, remark) in remarks {
        let message = remark.message(input, reports);
        if let Some(report) = reports.get_mut(input) {
            let place = String::new();
            report.issues.push(Issue { kind: IssueKind::Note, place, count: remark.count, message });
        }
    }
    for (&index, copy) in &copies {
        // A copy was written at the end of another run and may know the result from a source that is not in this one.
        if events[copy.original].status.is_none() {
            events[copy.original].status = events[index].status;
        }
    }
    let mut index = 0..;
    events.retain(|_| index.next().is_some_and(|index| !copies.contains_key(&index)));
}

/// An event that repeats another one.
struct Copy {
    /// Number of the input that it was read from.
    input: usize,
    /// Index of the event that stays.
    original: usize,
    /// Number of that one's input.
    original_input: usize,
}

/// What is to be said with an input.
#[derive(Default)]
struct Remark {
    /// Events that do not count.
    count: u64,
    /// Numbers of the inputs whose events do.
    originals: BTreeSet<usize>,
}

impl Remark {
    fn message(&self, input: usize, reports: &[InputReport]) -> String {
        let mut others = self.originals.iter().filter(|original| **original != input);
        let first = others.next().and_then(|first| reports.get(*first));
        match (first, others.count()) {
            (None, _) => "events that are in it more than once and count once".to_owned(),
            (Some(first), 0) => format!("events that are also in {} and count once", first.path),
            (Some(first), more) => {
                format!("events that are also in {} or {more} more inputs and count once", first.path)
            }
        }
    }
}

/// What copies have in common at least.
#[derive(PartialEq, Eq, Hash)]
struct Key<'e> {
    host: Option<&'e str>,
    time: Timestamp,
    provider: &'e str,
    event_id: Option<u32>,
    place: Place<'e>,
}

/// Where an event stands in its log.
#[derive(PartialEq, Eq, Hash)]
enum Place<'e> {
    /// Log and number.
    Record(&'e str, u64),
    /// Line, offset and thread.
    File(Option<u64>, Option<u64>, Option<u32>),
}

impl<'e> Key<'e> {
    fn of(event: &'e Event) -> Self {
        let RecordRef { channel, record, line, offset, .. } = &event.source;
        let place = match (channel, record) {
            (Some(channel), Some(record)) => Place::Record(channel, *record),
            _ => Place::File(*line, *offset, event.process.tid),
        };
        Key {
            host: event.host.as_deref(),
            time: event.time,
            provider: &event.provider,
            event_id: event.event_id,
            place,
        }
    }
}

/// An event that stays, and the inputs that are known to repeat it.
struct Kept {
    index: usize,
    repeated_by: Vec<usize>,
}

/// The part of an original log that came through one input: number of the input, path of the original.
type Strand<'e> = (usize, &'e str);

struct Search<'e> {
    events: &'e [Event],
    /// Number of the input that each event was read from.
    inputs: Vec<usize>,
    /// Of strands with events that have no date: a hash of all of these, if they name a process or an object.
    strands: HashMap<Strand<'e>, u64>,
}

impl<'e> Search<'e> {
    fn of(events: &'e [Event], reports: &[InputReport]) -> Self {
        let numbers: HashMap<&str, usize> =
            reports.iter().enumerate().map(|(number, report)| (&*report.path, number)).collect();
        // A path that no report has is one input with all of these.
        let number = |event| numbers.get(read_from(event)).copied().unwrap_or(reports.len());
        let mut search =
            Search { events, inputs: events.iter().map(number).collect(), strands: HashMap::new() };
        if reports.len() > 1 {
            search.strands = search.hash_strands();
        }
        search
    }

    /// The copies by their index.
    fn run(&self) -> HashMap<usize, Copy> {
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order.sort_by_key(|&index| (self.events[index].source.via.is_some(), self.inputs[index]));
        let mut known: HashMap<Key<'_>, Vec<Kept>> = HashMap::new();
        let mut copies = HashMap::new();
        for index in order {
            let kept = known.entry(Key::of(&self.events[index])).or_default();
            let input = self.inputs[index];
            let Some(original) = kept.iter_mut().find(|kept| self.is_copy(index, kept)) else {
                kept.push(Kept { index, repeated_by: Vec::new() });
                continue;
            };
            original.repeated_by.push(input);
            let original = original.index;
            copies.insert(index, Copy { input, original, original_input: self.inputs[original] });
        }
        copies
    }

    /// Whether an event repeats one that has the same key and stays.
    fn is_copy(&self, index: usize, kept: &Kept) -> bool {
        let (event, original) = (&self.events[index], &self.events[kept.index]);
        if matches!(Key::of(event).place, Place::Record(..)) {
            return true;
        }
        let input = self.inputs[index];
        input != self.inputs[kept.index]
            && !kept.repeated_by.contains(&input)
            && is_compatible(event.status, original.status)
            && self.is_of_one_time(index, kept.index)
            && bare(event) == bare(original)
    }

    /// Whether the times of two events prove that they are of one time. Lines of two logs without dates may be equal because
    /// the same was done twice: they are copies if both came from one log, or if the logs are equal as a whole.
    fn is_of_one_time(&self, a: usize, b: usize) -> bool {
        let strand = |index| self.strands.get(&self.strand(index));
        (has_date(&self.events[a]) && has_date(&self.events[b]))
            || self.events[a].source.input == self.events[b].source.input
            || strand(a).is_some_and(|strand_a| Some(strand_a) == strand(b))
    }

    fn strand(&self, index: usize) -> Strand<'e> {
        (self.inputs[index], &*self.events[index].source.input)
    }

    fn hash_strands(&self) -> HashMap<Strand<'e>, u64> {
        let mut strands: HashMap<Strand<'e>, (DefaultHasher, bool)> = HashMap::new();
        for (index, event) in self.events.iter().enumerate().filter(|(_, event)| !has_date(event)) {
            let (hasher, is_named) = strands.entry(self.strand(index)).or_default();
            format!("{:?}", bare(event)).hash(hasher);
            let ids = [event.set, event.snapshot];
            *is_named |= event.process.pid.is_some() || ids.into_iter().flatten().any(|id| !id.is_null());
        }
        let named = strands.into_iter().filter(|(_, (_, is_named))| *is_named);
        named.map(|(strand, (hasher, _))| (strand, hasher.finish())).collect()
    }
}

/// Path of the input that an event was read from.
fn read_from(event: &Event) -> &str {
    event.source.via.as_ref().map_or(&event.source.input, |via| &via.input)
}

/// Whether the time says when, not only in which order or how long after an unknown start.
fn has_date(event: &Event) -> bool {
    !matches!(event.clock, Clock::Order | Clock::Unzoned)
}

/// A run gives a step the result that another source has, so that an events file may know more than the trace itself.
fn is_compatible(a: Option<Status>, b: Option<Status>) -> bool {
    a.is_none() || b.is_none() || a == b
}

/// What the log itself says: without the way on which the event came, and without what a run adds to it - the result, the
/// name of a writer's class, how its clock was set.
fn bare(event: &Event) -> Event {
    let mut event = event.clone();
    event.source.input = Arc::default();
    event.source.via = None;
    event.status = None;
    event.clock = Clock::default();
    if let Some(class_name) = event.writer.as_mut().and_then(|writer| writer.class_name.take()) {
        event.writer = Some(Writer { class_name: Some(class_name), ..Writer::default() });
    }
    event
}
