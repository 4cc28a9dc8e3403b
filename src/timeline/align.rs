//! Sets the clocks of inputs that have no zone, no date or no times at all, by what they have in common with inputs whose
//! times are known: the same snapshot set, the same failure on the same thread, the same call of the same process.
//!
//! The offset between a local clock and UTC is a whole number of quarters of an hour, so one firm match is enough to find
//! it; a clock that only counts takes the offset that most matches agree on. What matches nothing keeps its times as they
//! are written and says so ([`TimeBasis`]).

use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use vsscope_model::{
    Callback, Clock, Edge, Event, Guid, HResult, InputReport, Issue, IssueKind, Method, TimeBasis, Timestamp,
    What,
};

/// The step in which the zones of the world differ, in seconds.
const QUARTER_HOUR: i64 = 15 * 60;
/// The farthest zones are 14 hours from UTC.
const FARTHEST_ZONE: i64 = 14 * 4;
/// Two records of one thing are written at most this long after each other (the audit record of a set comes at the end of
/// its creation), in seconds.
const ZONE_TOLERANCE: i64 = 2 * 60;
/// The same for things that are noted at once: a failure and the record that is logged about it.
const TICK_TOLERANCE: i64 = 2;
/// So many calls of one process in two inputs are the same backup, even if nothing else is.
const SHARED_CALLS: usize = 4;
/// Nanoseconds in a second.
const NANOS: i64 = 1_000_000_000;
/// Occurrences of one key that are compared; a failure that repeats all night tells no more than its first hundred.
const MAX_OCCURRENCES: usize = 100;

/// Something that two inputs may both hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The creation of a snapshot set; its last sign counts.
    Set(Guid),
    /// A failure by process, thread and code.
    Thread(u32, u32, HResult),
    /// A step and its edge: of a call or a callback with its process; steps of the provider are noted by the service in some
    /// sources and by the provider's process in others.
    Step(Option<u32>, String, Edge),
}

impl Key {
    /// One match of such a key proves an offset; of the others it takes two.
    fn is_firm(&self) -> bool {
        !matches!(self, Key::Step(..))
    }
}

/// Where and when a key was met in an input whose times are known.
#[derive(Debug, Clone)]
struct Meeting {
    time: Timestamp,
    input: Arc<str>,
    host: Option<Arc<str>>,
}

type Meetings = BTreeMap<Key, Vec<Meeting>>;

/// A pair of one key on both sides.
struct Vote<'m> {
    key: Key,
    /// Known time minus time as written, in ns.
    delta: i64,
    meeting: &'m Meeting,
}

/// Sets the clocks that can be set. An input that was set helps to set others.
pub fn align(reports: &mut [InputReport]) {
    while align_once(reports) {}
    agree(reports);
}

/// Inputs whose zone stays unknown may still tell of one backup: they are moved to agree with the first of them.
fn agree(reports: &mut [InputReport]) {
    let Some(base) = reports.iter().position(|report| report.times == TimeBasis::Local) else { return };
    let known = meetings(std::iter::once(&reports[base]), |event| event.clock != Clock::Order);
    for (_, report) in reports.iter_mut().enumerate().filter(|(at, _)| *at != base) {
        let is_open = matches!(report.times, TimeBasis::Local | TimeBasis::Ticks);
        if !is_open || !set_clock(report, &known) {
            continue;
        }
        if let TimeBasis::Aligned { matches, with, .. } =
            std::mem::replace(&mut report.times, TimeBasis::Local)
        {
            let message = format!(
                "moved to agree with {}, whose zone is unknown too ({matches} matches)",
                with.iter().map(|path| &**path).collect::<Vec<_>>().join(", ")
            );
            report.issue(IssueKind::Clock, "", message);
        }
        for event in report.events.iter_mut().filter(|event| event.clock == Clock::Aligned) {
            event.clock = Clock::Unzoned;
        }
    }
}

/// One round; whether it set the clock of any input.
fn align_once(reports: &mut [InputReport]) -> bool {
    let open = |report: &InputReport| !report.times.is_known() && !is_placed(report);
    if !reports.iter().any(open) {
        return false;
    }
    // An events file carries events of many clocks.
    let has_time = |event: &Event| !matches!(event.clock, Clock::Unzoned | Clock::Order);
    let known = meetings(reports.iter().filter(|report| report.times.is_known()), has_time);
    let mut any = false;
    for report in reports.iter_mut().filter(|report| open(report)) {
        any |= match report.times {
            TimeBasis::Order => place(report, &known),
            _ => set_clock(report, &known),
        };
    }
    any
}

/// Whether an input without times has its place already.
fn is_placed(report: &InputReport) -> bool {
    report.times == TimeBasis::Order && report.events.iter().all(|event| event.time != Event::NO_TIME)
}

fn meetings<'r>(
    reports: impl Iterator<Item = &'r InputReport>,
    has_time: impl Fn(&Event) -> bool,
) -> Meetings {
    let mut meetings = Meetings::new();
    for report in reports {
        for (key, event) in keys(report).into_iter().filter(|(_, event)| has_time(event)) {
            let known = meetings.entry(key).or_default();
            if known.len() < MAX_OCCURRENCES {
                let host = event.host.clone().filter(|host| !host.is_empty());
                known.push(Meeting { time: event.time, input: Arc::clone(&report.path), host });
            }
        }
    }
    meetings
}

/// The keys of an input, each with the event that has it. Of a set only the last sign of its creation counts.
fn keys(report: &InputReport) -> Vec<(Key, &Event)> {
    let mut keys = Vec::new();
    let mut sets: BTreeMap<Guid, &Event> = BTreeMap::new();
    for event in &report.events {
        if let Some(set) = event.set.filter(|set| !set.is_null() && is_sign_of_creation(&event.what)) {
            let last = sets.entry(set).or_insert(event);
            if last.time <= event.time {
                *last = event;
            }
        }
        if let What::ProviderStep { step, edge, .. } = &event.what {
            keys.push((Key::Step(None, format!("provider {step}"), *edge), event));
        }
        let Some(pid) = event.pid_behind() else { continue };
        if let Some(tid) = event.tid_behind() {
            let codes = codes(event).into_iter().map(|code| Key::Thread(pid, tid, code));
            keys.extend(codes.map(|key| (key, event)));
        }
        if let Some((step, edge)) = step(&event.what) {
            keys.push((Key::Step(Some(pid), step, edge), event));
        }
    }
    keys.extend(sets.into_iter().map(|(set, event)| (Key::Set(set), event)));
    keys
}

fn is_sign_of_creation(what: &What) -> bool {
    match what {
        What::SnapshotCreated | What::SnapshotImported => true,
        What::ProviderStep { .. } | What::Flush { .. } | What::Phase { .. } => true,
        What::Callback { callback, .. } => matches!(
            callback,
            Callback::PrepareSnapshot | Callback::Freeze | Callback::Thaw | Callback::PostSnapshot
        ),
        What::Call { method, .. } => {
            matches!(method, Method::StartSnapshotSet | Method::AddToSnapshotSet | Method::DoSnapshotSet)
        }
        _ => false,
    }
}

/// The failure codes of an event; a failure in a trace may change its code on the way.
fn codes(event: &Event) -> BTreeSet<HResult> {
    let frames = match &event.what {
        What::Failure(failure) => failure.frames.iter().filter_map(|frame| frame.hresult).collect(),
        _ => Vec::new(),
    };
    event.hresult().into_iter().chain(frames).filter(|code| code.is_failure()).collect()
}

fn step(what: &What) -> Option<(String, Edge)> {
    match what {
        What::Call { method, edge, .. } => Some((format!("call {method}"), *edge)),
        What::Callback { callback, edge, .. } => Some((format!("callback {callback}"), *edge)),
        _ => None,
    }
}

/// Moves the times of an input by the offset that its matches show.
fn set_clock(report: &mut InputReport, known: &Meetings) -> bool {
    // Services and the processes of writers live for weeks and have the same steps in every backup: only those of a
    // requester prove something.
    let is_proof = |key: &Key, event: &Event| key.is_firm() || matches!(event.what, What::Call { .. });
    let votes: Vec<Vote<'_>> = keys(report)
        .into_iter()
        .filter(|(key, event)| is_proof(key, event))
        .flat_map(|(key, event)| {
            let meetings = known.get(&key).map(Vec::as_slice).unwrap_or_default();
            let delta = |meeting: &Meeting| (meeting.time - event.time).num_nanoseconds();
            let vote = move |meeting| Some(Vote { key: key.clone(), delta: delta(meeting)?, meeting });
            meetings.iter().filter_map(vote).collect::<Vec<_>>()
        })
        .collect();
    let found = match report.times {
        TimeBasis::Local => offset_of_zone(&votes),
        _ => offset_of_counter(&votes),
    };
    let Some((delta, agreeing)) = found else {
        if !votes.is_empty() {
            let message = "other inputs hold the same things, but at times that no single offset explains";
            report.issue(IssueKind::Clock, "", message);
        }
        return false;
    };
    let with: BTreeSet<Arc<str>> = agreeing.iter().map(|vote| Arc::clone(&vote.meeting.input)).collect();
    // What is firm names the machine; process ids come back on every machine.
    let firm: Vec<&Meeting> =
        agreeing.iter().filter(|vote| vote.key.is_firm()).map(|vote| vote.meeting).collect();
    let host = match firm.is_empty() {
        true => one_host(agreeing.iter().map(|vote| vote.meeting)),
        false => one_host(firm.into_iter()),
    };
    let matches = agreeing.len() as u64;
    let used: BTreeSet<&Key> = agreeing.iter().map(|vote| &vote.key).collect();
    let others = votes.iter().filter(|vote| vote.key.is_firm() && !used.contains(&vote.key)).count();
    shift(report, Duration::nanoseconds(delta), host);
    if others > 0 {
        let message = "other matches show another offset: the clock may have been changed in between";
        report.issues.push(Issue {
            kind: IssueKind::Clock,
            place: String::new(),
            count: others as u64,
            message: message.to_owned(),
        });
    }
    let added_s = delta as f64 / 1.0e9;
    report.times = TimeBasis::Aligned { added_s, matches, with: with.into_iter().collect() };
    true
}

/// The whole number of quarters of an hour that most matches agree on.
fn offset_of_zone<'v, 'm>(votes: &'v [Vote<'m>]) -> Option<(i64, Vec<&'v Vote<'m>>)> {
    in_quarters(votes, |quarter| quarter.abs() <= FARTHEST_ZONE)
}

/// Of those that are wanted, the whole number of quarters of an hour that most matches agree on.
fn in_quarters<'v, 'm>(
    votes: impl IntoIterator<Item = &'v Vote<'m>>,
    wanted: impl Fn(i64) -> bool,
) -> Option<(i64, Vec<&'v Vote<'m>>)>
where
    'm: 'v,
{
    let mut groups: BTreeMap<i64, Vec<&Vote<'_>>> = BTreeMap::new();
    for vote in votes {
        if let Some(quarter) = quarter(vote.delta, ZONE_TOLERANCE).filter(|quarter| wanted(*quarter)) {
            groups.entry(quarter).or_default().push(vote);
        }
    }
    let (quarter, group) = best(groups)?;
    Some((quarter * QUARTER_HOUR * NANOS, group))
}

/// The offset that most matches agree on to a second or two. Where that is a whole number of quarters of an hour the
/// counter is a time of day, and records that were written a moment later do not move it. The end of a set's creation is
/// not noted at once, so sets alone can only set a time of day.
fn offset_of_counter<'v, 'm>(votes: &'v [Vote<'m>]) -> Option<(i64, Vec<&'v Vote<'m>>)> {
    let (sets, mut exact): (Vec<&Vote<'_>>, Vec<&Vote<'_>>) =
        votes.iter().partition(|vote| matches!(vote.key, Key::Set(_)));
    if exact.is_empty() {
        return in_quarters(sets, |_| true);
    }
    exact.sort_by_key(|vote| vote.delta);
    let mut windows: BTreeMap<i64, Vec<&Vote<'_>>> = BTreeMap::new();
    let mut next = 0;
    // Windows that do not overlap, each begun by the first vote that is not in the one before.
    while let Some(first) = exact.get(next).map(|vote| vote.delta) {
        let end = exact.partition_point(|vote| vote.delta <= first + TICK_TOLERANCE * NANOS);
        windows.insert(first, exact[next..end].to_vec());
        next = end;
    }
    let (_, group) = best(windows)?;
    let median = group[group.len() / 2].delta;
    let time_of_day = quarter(median, TICK_TOLERANCE).map(|quarter| quarter * QUARTER_HOUR * NANOS);
    Some((time_of_day.unwrap_or(median), group))
}

/// The nearest whole number of quarters of an hour, if there is one near enough.
fn quarter(delta: i64, tolerance: i64) -> Option<i64> {
    let seconds = delta / NANOS;
    let quarters = (seconds + QUARTER_HOUR / 2).div_euclid(QUARTER_HOUR);
    ((seconds - quarters * QUARTER_HOUR).abs() <= tolerance).then_some(quarters)
}

/// The group with most firm keys, then most keys; none if two are equal or nothing is firm enough.
fn best<'v, 'm>(groups: BTreeMap<i64, Vec<&'v Vote<'m>>>) -> Option<(i64, Vec<&'v Vote<'m>>)> {
    let weight = |group: &[&Vote<'_>]| {
        let keys: BTreeSet<&Key> = group.iter().map(|vote| &vote.key).collect();
        (keys.iter().filter(|key| key.is_firm()).count(), keys.len())
    };
    let heaviest = groups.values().map(|group| weight(group)).max()?;
    if heaviest.0 == 0 && heaviest.1 < 2 {
        return None;
    }
    let mut top = groups.into_iter().filter(|(_, group)| weight(group) == heaviest);
    let winner = top.next()?;
    top.next().is_none().then_some(winner)
}

/// The host of all these meetings, if it is one.
fn one_host<'m>(meetings: impl Iterator<Item = &'m Meeting>) -> Option<Arc<str>> {
    let hosts: BTreeSet<Arc<str>> = meetings.filter_map(|meeting| meeting.host.clone()).collect();
    let mut hosts = hosts.into_iter();
    hosts.next().filter(|_| hosts.next().is_none())
}

fn shift(report: &mut InputReport, delta: Duration, host: Option<Arc<str>>) {
    let moved = |time: Timestamp| time.checked_add_signed(delta).unwrap_or(time);
    for event in report.events.iter_mut().filter(|event| event.time != Event::NO_TIME) {
        event.time = moved(event.time);
        if event.clock == Clock::Unzoned {
            event.clock = Clock::Aligned;
        }
    }
    for span in &mut report.spans {
        (span.first, span.last) = (moved(span.first), moved(span.last));
        if let Some(host) = host.as_ref().filter(|_| span.host.is_empty()) {
            span.host = Arc::clone(host);
        }
    }
    for snapshot in &mut report.inventory.snapshots {
        snapshot.created = snapshot.created.map(moved);
    }
    name_host(report, host);
}

fn name_host(report: &mut InputReport, host: Option<Arc<str>>) {
    let Some(host) = host else { return };
    for event in report.events.iter_mut().filter(|event| event.host.is_none()) {
        event.host = Some(Arc::clone(&host));
    }
}

/// Places the events of an input without times: each at the last thing up to it that has a time elsewhere (those before the
/// first such thing: at the first). Only their order counts. It takes one firm match to know that both tell the same story;
/// then all steps that both have are used.
fn place(report: &mut InputReport, known: &Meetings) -> bool {
    let places: HashMap<*const Event, usize> =
        report.events.iter().enumerate().map(|(index, event)| (std::ptr::from_ref(event), index)).collect();
    let mut by_event: BTreeMap<usize, Vec<Key>> = BTreeMap::new();
    for (key, event) in keys(report) {
        if let Some(index) = places.get(&std::ptr::from_ref(event)) {
            by_event.entry(*index).or_default().push(key);
        }
    }
    let is_known = |key: &Key| key.is_firm() && known.contains_key(key);
    let is_call = |index: &usize| matches!(report.events[*index].what, What::Call { .. });
    let calls = by_event.iter().filter(|(index, _)| is_call(index)).flat_map(|(_, keys)| keys);
    let shared: BTreeSet<&Key> = calls.filter(|key| known.contains_key(*key)).collect();
    if !by_event.values().flatten().any(is_known) && shared.len() < SHARED_CALLS {
        return false;
    }
    let mut anchors: BTreeMap<usize, (&Meeting, bool)> = BTreeMap::new();
    let mut at = None;
    for (index, keys) in by_event {
        // Order is what the input has: a later line never lies before an earlier one.
        let later = |meeting: &&Meeting| at.is_none_or(|at| meeting.time >= at);
        let meeting = |key: &Key| Some((known.get(key)?.iter().find(later)?, matches!(key, Key::Step(..))));
        if let Some(anchor) = keys.iter().filter_map(meeting).min_by_key(|(meeting, _)| meeting.time) {
            at = Some(anchor.0.time);
            anchors.insert(index, anchor);
        }
    }
    let Some(mut at) = anchors.values().next().map(|(meeting, _)| meeting.time) else { return false };
    let host = one_host(anchors.values().map(|(meeting, _)| *meeting));
    let with: BTreeSet<&str> = anchors.values().map(|(meeting, _)| &*meeting.input).collect();
    let message = format!(
        "no times of its own; placed by {} of its lines that {} also holds",
        anchors.len(),
        with.into_iter().collect::<Vec<_>>().join(", ")
    );
    let times: Vec<Timestamp> = (0..report.events.len())
        .map(|index| {
            at = anchors.get(&index).map_or(at, |(meeting, _)| meeting.time);
            at
        })
        .collect();
    for (index, (event, time)) in report.events.iter_mut().zip(times).enumerate() {
        event.time = time;
        // The very step is timed elsewhere: then its time is known and not only its place.
        if anchors.get(&index).is_some_and(|(_, is_step)| *is_step) {
            event.clock = Clock::Aligned;
        }
    }
    name_host(report, host);
    report.issue(IssueKind::Note, "", message);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::{CallArgs, RecordRef, Status};

    const SET: Guid = Guid::from_bits(7);

    fn at(text: &str) -> Timestamp {
        format!("2031-05-06T{text}Z").parse().expect("a time")
    }

    /// An input; the clock of its events is that of its basis.
    fn report(path: &str, times: TimeBasis, mut events: Vec<Event>) -> InputReport {
        for event in events.iter_mut().filter(|_| times.is_known()) {
            event.clock = Clock::Record;
        }
        InputReport { path: Arc::from(path), times, events, ..InputReport::default() }
    }

    fn call(time: Timestamp, pid: u32, method: Method, edge: Edge) -> Event {
        let what = What::Call { method, edge, args: Box::new(CallArgs::default()) };
        let mut event = Event::new(time, RecordRef::default(), what);
        event.process.pid = Some(pid);
        event.clock = Clock::Unzoned;
        event
    }

    fn failure(time: Timestamp, thread: (u32, u32), host: Option<&str>) -> Event {
        let mut event = Event::new(time, RecordRef::default(), What::Log);
        event.process.pid = Some(thread.0);
        event.process.tid = Some(thread.1);
        event.status = Some(Status::Hresult(HResult::VSS_WRITERERROR_TIMEOUT));
        event.host = host.map(Arc::from);
        event.clock = Clock::Unzoned;
        event
    }

    fn created(time: Timestamp, set: Guid) -> Event {
        Event { set: Some(set), ..Event::new(time, RecordRef::default(), What::SnapshotCreated) }
    }

    fn set_call(time: Timestamp, set: Guid) -> Event {
        Event { set: Some(set), ..call(time, 1, Method::StartSnapshotSet, Edge::Returned) }
    }

    #[test]
    fn one_failure_on_one_thread_tells_the_zone() {
        let mut reports = [
            report("a.evtx", TimeBasis::Utc, vec![failure(at("10:00:01"), (4, 8), Some("DC1"))]),
            report("b.log", TimeBasis::Local, vec![failure(at("12:30:00.5"), (4, 8), None)]),
        ];
        align(&mut reports);
        let moved = &reports[1];
        assert_eq!(moved.events[0].time, at("10:00:00.5"), "whole quarters: the half second stays");
        assert_eq!((moved.events[0].clock, moved.events[0].host.as_deref()), (Clock::Aligned, Some("DC1")));
        let expected = TimeBasis::Aligned { added_s: -9000.0, matches: 1, with: vec![Arc::from("a.evtx")] };
        assert_eq!(moved.times, expected);
    }

    #[test]
    fn one_call_of_one_process_is_no_proof_but_two_are() {
        let known = |method| call(at("10:00:00"), 4, method, Edge::Entered);
        let local = |method| call(at("11:00:00"), 4, method, Edge::Entered);
        for (methods, moved) in [
            (vec![Method::DoSnapshotSet], false),
            (vec![Method::DoSnapshotSet, Method::BackupComplete], true),
        ] {
            let mut reports = [
                report("a", TimeBasis::Utc, methods.iter().cloned().map(known).collect()),
                report("b", TimeBasis::Local, methods.iter().cloned().map(local).collect()),
            ];
            align(&mut reports);
            assert_eq!(reports[1].times.is_known(), moved);
            assert_eq!(reports[1].events[0].time == at("10:00:00"), moved);
        }
    }

    #[test]
    fn what_matches_nothing_keeps_its_times() {
        let mut reports = [
            report("a", TimeBasis::Utc, vec![failure(at("10:00:00"), (4, 8), None)]),
            report("b", TimeBasis::Local, vec![failure(at("12:00:00"), (4, 9), None)]),
        ];
        align(&mut reports);
        assert_eq!((&reports[1].times, reports[1].events[0].time), (&TimeBasis::Local, at("12:00:00")));
    }

    #[test]
    fn two_equally_good_offsets_are_none() {
        let mut reports = [
            report("a", TimeBasis::Utc, vec![created(at("10:00:00"), SET)]),
            report("a2", TimeBasis::Utc, vec![failure(at("10:00:00"), (4, 8), None)]),
            report(
                "b",
                TimeBasis::Local,
                vec![set_call(at("12:00:00"), SET), failure(at("13:00:00"), (4, 8), None)],
            ),
        ];
        align(&mut reports);
        assert_eq!(reports[2].times, TimeBasis::Local);
        assert_eq!(reports[2].issues[0].kind, IssueKind::Clock);
    }

    #[test]
    fn a_counter_is_set_by_what_most_matches_say() {
        let start = Event::NO_TIME;
        let tick = |seconds: i64, tid| failure(start + Duration::seconds(seconds), (4, tid), None);
        let known = |second: &str, tid| failure(at(&format!("10:00:{second}")), (4, tid), Some("H"));
        let mut reports = [
            report("a", TimeBasis::Utc, vec![known("13.1", 1), known("23.1", 2), known("59.0", 3)]),
            report("b", TimeBasis::Ticks, vec![tick(103, 1), tick(113, 2), tick(123, 3)]),
        ];
        align(&mut reports);
        assert_eq!(reports[1].events[0].time, at("10:00:13.1"));
        assert_eq!(reports[1].events[2].time, at("10:00:33.1"));
    }

    #[test]
    fn a_time_of_day_gets_its_date_and_keeps_its_seconds() {
        let day = |text: &str| format!("1970-01-01T{text}Z").parse().expect("a time");
        let mut reports = [
            report("a", TimeBasis::Utc, vec![failure(at("10:00:01.25"), (4, 8), None)]),
            report("b", TimeBasis::Ticks, vec![failure(day("12:00:01"), (4, 8), None)]),
        ];
        align(&mut reports);
        assert_eq!(reports[1].events[0].time, at("10:00:01"));
    }

    #[test]
    fn lines_without_times_are_placed_in_their_order() {
        let untimed = |event: Event| Event { time: Event::NO_TIME, clock: Clock::Order, ..event };
        let other = Guid::from_bits(8);
        let lines = vec![
            untimed(call(Event::NO_TIME, 1, Method::SetContext, Edge::Returned)),
            untimed(set_call(Event::NO_TIME, SET)),
            untimed(call(Event::NO_TIME, 1, Method::BackupComplete, Edge::Returned)),
            untimed(set_call(Event::NO_TIME, other)),
        ];
        let mut reports = [
            report("a", TimeBasis::Utc, vec![created(at("10:00:00"), SET), created(at("11:00:00"), other)]),
            report("b", TimeBasis::Order, lines),
        ];
        align(&mut reports);
        let times: Vec<Timestamp> = reports[1].events.iter().map(|event| event.time).collect();
        assert_eq!(times, [at("10:00:00"), at("10:00:00"), at("10:00:00"), at("11:00:00")]);
        assert!(reports[1].events.iter().all(|event| event.clock == Clock::Order));
        assert_eq!(reports[1].issues.len(), 1);
    }

    #[test]
    fn two_clocks_of_unknown_zones_agree_at_least() {
        let mut reports = [
            report("a", TimeBasis::Local, vec![set_call(at("12:00:00"), SET)]),
            report("b", TimeBasis::Local, vec![set_call(at("13:00:00"), SET)]),
        ];
        align(&mut reports);
        assert_eq!(reports[1].events[0].time, at("12:00:00"));
        assert_eq!((&reports[1].times, reports[1].events[0].clock), (&TimeBasis::Local, Clock::Unzoned));
        assert_eq!(reports[1].issues[0].kind, IssueKind::Clock);
    }

    #[test]
    fn an_input_that_was_set_sets_the_next() {
        let mut reports = [
            report("a", TimeBasis::Utc, vec![failure(at("10:00:00"), (4, 8), None)]),
            report(
                "b",
                TimeBasis::Local,
                vec![failure(at("11:00:00"), (4, 8), None), set_call(at("11:00:01"), SET)],
            ),
            report("c", TimeBasis::Local, vec![set_call(at("09:00:01"), SET)]),
        ];
        align(&mut reports);
        assert_eq!(reports[2].events[0].time, at("10:00:01"));
    }
}
