//! Evidence that came in twice counts once: a log and its copy in another folder, an events file and the trace that it was
//! written from.
//!
//! Records of event logs bear a number, and are the same when it, the log, the host and the instant are; exports of a log may
//! have coarser instants. Everything else is the same only as a whole - place in the file, instant, process, meaning - and only in two inputs: what an input has
//! twice happened twice.

use chrono::TimeDelta;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::ops::Range;
use std::sync::Arc;
use vsscope_model::{Clock, Event, InputReport, IssueKind, RecordRef, Status, Timestamp, Writer};

/// Formats whose instants are coarser than the 100 ns of the log that was exported; some round.
const COARSE: [&str; 2] = ["nxlog-json", "winlogbeat-json"];
/// How far the instants of one record are apart at most. A number that began again after its log was cleared is not there
/// again within that time.
const SAME: TimeDelta = TimeDelta::seconds(1);

/// Takes out the events that repeat one of another input, and says so with the input that they were read from. Reports are
/// in order of path, events in order of time. A live record stays and not a carved one, then an original and not the events file
/// that was written from it, then the first by path; and a log, not its export in a coarser form.
pub fn drop(events: &mut Vec<Event>, reports: &mut [InputReport]) {
    let copies = Search::of(events, reports).run(reports);
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
            report.issue(IssueKind::Note, "", message);
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
    count: usize,
    /// Numbers of the inputs whose events do.
    originals: BTreeSet<usize>,
}

impl Remark {
    fn message(&self, input: usize, reports: &[InputReport]) -> String {
        let mut others = self.originals.iter().filter(|original| **original != input);
        let first = others.next().and_then(|first| reports.get(*first));
        let events = if self.count == 1 { "1 event is" } else { &format!("{} events are", self.count) };
        let place = match (first, others.count()) {
            (None, _) => "in it more than once".to_owned(),
            (Some(first), 0) => format!("also in {}", first.path),
            (Some(first), more) => format!("also in {} or {more} more", first.path),
        };
        let count = if self.count == 1 { "counts" } else { "count" };
        format!("{events} {place} and {count} once")
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
        let mut search = Search { events, inputs: numbers(events, reports), strands: HashMap::new() };
        if reports.len() > 1 {
            search.strands = search.hash_strands();
        }
        search
    }

    /// The copies by their index. Events are in order of time, and only those of one instant can be copies, unless one of them
    /// is from a coarse form.
    fn run(&self, reports: &[InputReport]) -> HashMap<usize, Copy> {
        let mut copies = HashMap::new();
        let mut first = 0;
        for instant in self.events.chunk_by(|a, b| a.time == b.time) {
            let indexes = first..first + instant.len();
            first = indexes.end;
            if !self.are_different(indexes.clone()) {
                self.search(indexes, &mut copies);
            }
        }
        self.search_coarse(reports, &mut copies);
        copies
    }

    /// What decides which of several copies stays: the least.
    fn rank(&self, index: usize) -> (bool, bool, usize) {
        let source = &self.events[index].source;
        (source.carved, source.via.is_some(), self.inputs[index])
    }

    /// Finds the copies of records whose instants are not written alike.
    fn search_coarse(&self, reports: &[InputReport], copies: &mut HashMap<usize, Copy>) {
        let coarse: Vec<bool> =
            reports.iter().map(|report| COARSE.contains(&report.format.as_str())).collect();
        let is_coarse = |index: usize| coarse.get(self.inputs[index]).copied().unwrap_or(false);
        if reports.len() < 2 || !(0..self.events.len()).any(is_coarse) {
            return;
        }
        let mut groups: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        for index in (0..self.events.len()).filter(|index| !copies.contains_key(index)) {
            let key = Key { time: Event::NO_TIME, ..Key::of(&self.events[index]) };
            if matches!(key.place, Place::Record(..)) {
                groups.entry(key).or_default().push(index);
            }
        }
        for mut group in groups.into_values() {
            group.sort_by_key(|&index| (is_coarse(index), self.rank(index)));
            let mut kept: Vec<usize> = Vec::new();
            for index in group {
                let near = |other: usize| (self.events[index].time - self.events[other].time).abs() < SAME;
                let is_same = |&&other: &&usize| {
                    (is_coarse(index) || is_coarse(other))
                        && self.inputs[index] != self.inputs[other]
                        && near(other)
                };
                match kept.iter().find(is_same) {
                    Some(&original) => {
                        let (input, original_input) = (self.inputs[index], self.inputs[original]);
                        copies.insert(index, Copy { input, original, original_input });
                    }
                    None => kept.push(index),
                }
            }
        }
        // What an event repeats may itself repeat another one now.
        let moved: Vec<(usize, usize)> = copies
            .iter()
            .filter_map(|(&index, copy)| Some((index, copies.get(&copy.original)?.original)))
            .collect();
        for (index, original) in moved {
            if let Some(copy) = copies.get_mut(&index) {
                (copy.original, copy.original_input) = (original, self.inputs[original]);
            }
        }
    }

    /// Whether it shows at a glance that no event of an instant repeats another one: all are of one input and no number
    /// comes twice.
    fn are_different(&self, indexes: Range<usize>) -> bool {
        let input = self.inputs[indexes.start];
        if indexes.len() < 2 {
            return true;
        }
        if self.inputs[indexes.clone()].iter().any(|other| *other != input) {
            return false;
        }
        let mut numbers: Vec<u64> = self.events[indexes].iter().filter_map(|e| e.source.record).collect();
        numbers.sort_unstable();
        numbers.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// Finds the copies among the events of one instant.
    fn search(&self, indexes: Range<usize>, copies: &mut HashMap<usize, Copy>) {
        let mut order: Vec<usize> = indexes.collect();
        order.sort_by_key(|&index| self.rank(index));
        let mut known: HashMap<Key<'_>, Vec<Kept>> = HashMap::new();
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

/// The number of the input that each event was read from. A path that no report has is one input with all of these.
fn numbers(events: &[Event], reports: &[InputReport]) -> Vec<usize> {
    let by_path: HashMap<&str, usize> =
        reports.iter().enumerate().map(|(number, report)| (&*report.path, number)).collect();
    let mut last: Option<(&str, usize)> = None;
    let number = |event| {
        let path = read_from(event);
        // Events of one input share its name.
        let (_, number) = last
            .filter(|(known, _)| std::ptr::eq(*known, path))
            .unwrap_or_else(|| (path, by_path.get(path).copied().unwrap_or(reports.len())));
        last = Some((path, number));
        number
    };
    events.iter().map(number).collect()
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
    event.source.carved = false;
    event.status = None;
    event.clock = Clock::default();
    if let Some(class_name) = event.writer.as_mut().and_then(|writer| writer.class_name.take()) {
        event.writer = Some(Writer { class_name: Some(class_name), ..Writer::default() });
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::build;
    use vsscope_model::{CallArgs, Edge, HResult, Method, Timeline, Via, What};

    /// A call on a line of `input`, seconds after an arbitrary start.
    fn call(input: &str, line: u64, seconds: i64) -> Event {
        let start: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
        let what = What::Call {
            method: Method::DoSnapshotSet,
            edge: Edge::Entered,
            args: Box::<CallArgs>::default(),
        };
        let source = RecordRef { input: Arc::from(input), line: Some(line), ..RecordRef::default() };
        let mut event = Event::new(start + chrono::Duration::seconds(seconds), source, what);
        event.clock = Clock::Trace;
        event.host = Some(Arc::from("HOST1"));
        event.process.pid = Some(7);
        event
    }

    /// The same through a line of an events file.
    fn via(file: &str, mut event: Event) -> Event {
        event.source.via = Some(Via { input: Arc::from(file), line: 1 });
        event
    }

    fn undated(mut event: Event) -> Event {
        (event.time, event.clock) = (Event::NO_TIME, Clock::Order);
        event
    }

    fn report(path: &str, events: Vec<Event>) -> InputReport {
        InputReport { path: Arc::from(path), events, ..InputReport::default() }
    }

    /// An event by the input that it names and its line.
    type Place = (String, u64);
    /// An input and what is said of it.
    type Remark = (String, String);

    /// What stays, and what is said of each input.
    fn told(mut reports: Vec<InputReport>) -> (Timeline, Vec<Place>, Vec<Remark>) {
        let timeline = build(&mut reports);
        let place = |event: &Event| (event.source.input.to_string(), event.source.line.expect("a line"));
        let kept = timeline.events.iter().map(place).collect();
        let said = |report: &InputReport| {
            let path = report.path.to_string();
            report.issues.iter().map(|issue| (path.clone(), issue.message.clone())).collect::<Vec<_>>()
        };
        (timeline, kept, reports.iter().flat_map(said).collect())
    }

    fn lines(input: &str, lines: &[u64]) -> Vec<Place> {
        lines.iter().map(|line| (input.to_owned(), *line)).collect()
    }

    fn remark(path: &str, message: &str) -> Vec<Remark> {
        vec![(path.to_owned(), message.to_owned())]
    }

    #[test]
    fn a_trace_in_two_folders_counts_once_in_whatever_order_it_is_read() {
        let trace = |path: &str| report(path, vec![call(path, 1, 0), call(path, 2, 5)]);
        for reports in [vec![trace("a/t.txt"), trace("b/t.txt")], vec![trace("b/t.txt"), trace("a/t.txt")]] {
            let (_, kept, said) = told(reports);
            assert_eq!(kept, lines("a/t.txt", &[1, 2]));
            assert_eq!(said, remark("b/t.txt", "2 events are also in a/t.txt and count once"));
        }
        let (_, kept, said) = told(vec![trace("a"), trace("b"), trace("c")]);
        assert_eq!((kept, said.len()), (lines("a", &[1, 2]), 2));
    }

    #[test]
    fn the_trace_itself_stays_and_not_the_events_file_that_knows_more_of_it() {
        let mut written = via("a.ndjson", call("/elsewhere/t.etl", 1, 0));
        written.clock = Clock::Zone;
        written.status = Some(Status::Hresult(HResult(0)));
        let (timeline, kept, said) =
            told(vec![report("a.ndjson", vec![written]), report("t.etl", vec![call("t.etl", 1, 0)])]);
        assert_eq!(kept, lines("t.etl", &[1]));
        assert_eq!(said, remark("a.ndjson", "1 event is also in t.etl and counts once"));
        assert_eq!(timeline.events[0].hresult(), Some(HResult(0)), "known from the run that wrote the file");
    }

    #[test]
    fn other_times_lines_and_results_are_other_events() {
        let failed = |path: &str, code| {
            let mut event = call(path, 3, 9);
            event.status = Some(Status::Hresult(HResult(code)));
            event
        };
        let a = report("a", vec![call("a", 1, 0), call("a", 2, 5), failed("a", 0)]);
        let b = report("b", vec![call("b", 1, 1), call("b", 4, 5), failed("b", 1)]);
        let (_, kept, said) = told(vec![a, b]);
        assert_eq!((kept.len(), said.len()), (6, 0));
    }

    #[test]
    fn what_one_input_has_twice_happened_twice() {
        let twice = |path: &str| report(path, vec![call(path, 1, 0), call(path, 1, 0)]);
        assert_eq!(told(vec![twice("a"), report("b", Vec::new())]).1, lines("a", &[1, 1]));
        assert_eq!(told(vec![twice("a"), twice("b")]).1, lines("a", &[1, 1]));
        let thrice = report("b", vec![call("b", 1, 0), call("b", 1, 0), call("b", 1, 0)]);
        assert_eq!(told(vec![twice("a"), thrice]).1.len(), 3);
    }

    #[test]
    fn lines_without_a_date_are_copies_only_where_the_logs_are() {
        let log = |path: &str, lines: &[u64]| {
            report(path, lines.iter().map(|line| undated(call(path, *line, 0))).collect())
        };
        assert_eq!(told(vec![log("a", &[1, 2]), log("b", &[1, 2])]).1, lines("a", &[1, 2]));
        assert_eq!(told(vec![log("a", &[1, 2]), log("b", &[1, 3])]).1.len(), 4, "two nights begin alike");
        let part = report("b.ndjson", vec![via("b.ndjson", undated(call("a", 2, 0)))]);
        assert_eq!(told(vec![log("a", &[1, 2]), part]).1, lines("a", &[1, 2]), "a part of this very log");
        let nameless = |path: &str| {
            let mut event = undated(call(path, 1, 0));
            event.process.pid = None;
            report(path, vec![event])
        };
        assert_eq!(told(vec![nameless("a"), nameless("b")]).1.len(), 2, "anybody's");
    }

    #[test]
    fn a_record_counts_once_even_in_one_log() {
        let record = |path: &str, line| {
            let mut event = call(path, line, 0);
            (event.source.channel, event.source.record) = (Some(Arc::from("Application")), Some(5));
            event
        };
        let (_, kept, said) = told(vec![report("a", vec![record("a", 1), record("a", 2)])]);
        assert_eq!(kept, lines("a", &[1]));
        assert_eq!(said, remark("a", "1 event is in it more than once and counts once"));
        let (_, kept, said) =
            told(vec![report("a", vec![record("a", 1)]), report("b", vec![record("b", 2)])]);
        assert_eq!(kept, lines("a", &[1]));
        assert_eq!(said, remark("b", "1 event is also in a and counts once"));
    }

    /// A record of a log at this many ms after the start.
    fn record(input: &str, number: u64, ms: i64, carved: bool) -> Event {
        let mut event = call(input, 1, 0);
        event.time += TimeDelta::milliseconds(ms);
        event.source.line = Some(number);
        event.source.channel = Some(Arc::from("Application"));
        event.source.record = Some(number);
        event.source.carved = carved;
        event
    }

    #[test]
    fn a_log_and_its_export_with_coarser_times_are_one() {
        let log = |path: &str| InputReport {
            format: "evtx".to_owned(),
            ..report(path, vec![record(path, 5, 0, false), record(path, 6, 500, false)])
        };
        let export = |path: &str, ms| InputReport {
            format: "winlogbeat-json".to_owned(),
            ..report(path, vec![record(path, 5, ms, false)])
        };
        assert_eq!(told(vec![log("a.evtx"), export("b.json", 1)]).1, lines("a.evtx", &[5, 6]));
        // The log stays, also for what repeats its export.
        let (_, kept, said) = told(vec![export("a.json", -1), export("b.json", -1), log("c.evtx")]);
        assert_eq!(kept, lines("c.evtx", &[5, 6]));
        let also = "1 event is also in c.evtx and counts once";
        assert_eq!(said, [remark("a.json", also), remark("b.json", also)].concat());
        let (_, kept, said) = told(vec![log("a.evtx"), export("b.json", 60_000)]);
        assert_eq!((kept.len(), said.len()), (3, 0), "the log was cleared and its numbers began again");
        let near = report("b.evtx", vec![record("b.evtx", 5, 1, false)]);
        assert_eq!(told(vec![log("a.evtx"), near]).1.len(), 3, "a log has its times to 100 ns");
    }

    #[test]
    fn the_live_record_stays_and_not_the_carved_one() {
        let image = || report("a.img", vec![record("a.img", 5, 0, true), record("a.img", 6, 9, true)]);
        let log = || report("b.evtx", vec![record("b.evtx", 5, 0, false)]);
        for reports in [vec![image(), log()], vec![log(), image()]] {
            let (timeline, kept, said) = told(reports);
            assert_eq!(kept, [lines("b.evtx", &[5]), lines("a.img", &[6])].concat());
            let carved: Vec<bool> = timeline.events.iter().map(|event| event.source.carved).collect();
            assert_eq!(carved, [false, true]);
            assert_eq!(said, remark("a.img", "1 event is also in b.evtx and counts once"));
        }
    }
}
