//! Steps that two sources note: a trace and the registry key both record that a writer froze. Sets and sessions are built
//! from one of the two; the other one joins the set as evidence.

use super::indexes::IndexSet;
use super::source;
use chrono::Duration;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use vsscope_model::{Edge, Event, Guid, What};

/// Two sources note one step at most this long after each other; one without a clock stands somewhere near.
fn tolerance(a: &Event, b: &Event) -> Duration {
    if a.clock.measures() && b.clock.measures() { Duration::seconds(2) } else { Duration::minutes(10) }
}

/// Input and channel.
type Source<'e> = (&'e str, Option<&'e str>);

/// A step as several sources may note it: host, words for the step, edge, whose it is.
type Step<'e> = (&'e str, Word<'e>, Edge, Whose<'e>);

/// What is done in a step.
#[derive(PartialEq, Eq, Hash)]
enum Word<'e> {
    Call(&'e str),
    Callback(&'e str),
    Provider(&'e str),
    State(u32),
    Failure(&'e str),
}

/// Whose step it is.
#[derive(PartialEq, Eq, Hash)]
enum Whose<'e> {
    Anybody,
    Process(u32),
    Set(Guid),
    Thread(u32, Option<u32>),
    /// By its name in lower case.
    Writer(Cow<'e, str>),
    /// Process that read a state, and class and instance of the writer.
    Status(Option<u32>, Option<(Option<Guid>, Option<Guid>)>),
}

/// For every event that only repeats another one: which. Events are in order of time.
pub fn find(events: &[Event]) -> BTreeMap<usize, usize> {
    let mut echoes = BTreeMap::new();
    if !have_two_sources(events) {
        return echoes;
    }
    let mut steps: HashMap<Step<'_>, Vec<usize>> = HashMap::new();
    for (index, event) in events.iter().enumerate() {
        if let Some(step) = step(event) {
            steps.entry(step).or_default().push(index);
        }
    }
    let mut ranks: HashMap<Source<'_>, Rank> = HashMap::new();
    for &index in steps.values().flatten() {
        let event = &events[index];
        let rank = ranks.entry(source(event)).or_insert(Rank { wealth: u8::MAX, named: 0, steps: 0 });
        rank.wealth = rank.wealth.min(wealth(event));
        rank.named += usize::from(event.set.is_some());
        rank.steps += 1;
    }
    for indexes in steps.values().filter(|indexes| indexes.len() > 1) {
        pair(events, indexes, &ranks, &mut echoes);
    }
    echoes
}

/// Whether steps came from more than one source: one source has no echoes.
fn have_two_sources(events: &[Event]) -> bool {
    let is_step = |event: &&Event| {
        use What::{Call, Callback, Failure, ProviderStep, WriterStatus};
        matches!(
            event.what,
            Call { .. } | Callback { .. } | ProviderStep { .. } | WriterStatus { .. } | Failure(_)
        )
    };
    let mut sources = events.iter().filter(is_step).map(source);
    let first = sources.next();
    sources.any(|other| Some(other) != first)
}

/// Gives steps the results that only their echoes have.
pub fn hand_over(events: &mut [Event], echoes: &BTreeMap<usize, usize>) {
    for (&echo, &step) in echoes {
        if events[step].status.is_none() {
            events[step].status = events[echo].status;
        }
    }
}

/// How much a source tells as a whole: a mixture of two would have the gaps of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// That of its poorest step.
    wealth: u8,
    /// Steps that name the set.
    named: usize,
    /// Steps.
    steps: usize,
}

fn step(event: &Event) -> Option<Step<'_>> {
    let host = event.host.as_deref().unwrap_or_default();
    let pid = event.process.pid;
    Some(match &event.what {
        What::Call { method, edge, .. } => {
            let whose = pid.map(Whose::Process).or(event.set.map(Whose::Set))?;
            (host, Word::Call(method.as_str()), *edge, whose)
        }
        What::Callback { callback, edge, .. } => {
            let name = event.writer.as_ref()?.name.as_deref()?;
            (host, Word::Callback(callback.as_str()), *edge, Whose::Writer(lower(name)))
        }
        What::ProviderStep { step, edge, .. } => (host, Word::Provider(step.as_str()), *edge, Whose::Anybody),
        What::WriterStatus { state, .. } => {
            let writer = event.writer.as_ref().map(|writer| (writer.class_id, writer.instance_id));
            (host, Word::State(state.0), Edge::Whole, Whose::Status(pid, writer))
        }
        What::Failure(failure) => {
            let function = failure.origin().map(|frame| &*frame.function).unwrap_or_default();
            (host, Word::Failure(function), Edge::Whole, Whose::Thread(pid?, event.process.tid))
        }
        _ => return None,
    })
}

fn lower(name: &str) -> Cow<'_, str> {
    let is_lower = name.chars().all(|c| c.is_ascii() && !c.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) }
}

/// Pairs every event with the nearest one of a richer source that is near enough and not taken by another of its own source.
/// Of two sources that tell equally much, such as one trace as text and as ETL, the first one by name counts.
fn pair<'e>(
    events: &'e [Event],
    indexes: &[usize],
    ranks: &HashMap<Source<'e>, Rank>,
    echoes: &mut BTreeMap<usize, usize>,
) {
    let mut sources: BTreeMap<(Reverse<Option<Rank>>, Source<'e>), Vec<usize>> = BTreeMap::new();
    for &index in indexes {
        let source = source(&events[index]);
        sources.entry((Reverse(ranks.get(&source).copied()), source)).or_default().push(index);
    }
    if sources.len() < 2 {
        return;
    }
    let farthest = indexes.iter().map(|&index| tolerance(&events[index], &events[index])).max();
    let mut steps = Steps { events, farthest: farthest.unwrap_or_default(), known: BTreeMap::new() };
    for ((_, own), indexes) in sources {
        let mut taken = IndexSet::default();
        let mut new: Vec<usize> = Vec::new();
        for index in indexes {
            match steps.nearest(index, own, &taken) {
                Some(other) => {
                    taken.insert(other);
                    echoes.insert(index, other);
                }
                None => new.push(index),
            }
        }
        for index in new {
            steps.known.insert(index, steps.known.len());
        }
    }
}

/// Steps that count, from however many sources.
struct Steps<'e> {
    events: &'e [Event],
    /// The longest time between a step and its echo.
    farthest: Duration,
    /// Each with how many were known before it. The indexes are in order of time.
    known: BTreeMap<usize, usize>,
}

impl<'e> Steps<'e> {
    /// The step of another source that is nearest to an event and not taken; of several the one that was known first.
    fn nearest(&self, index: usize, own: Source<'e>, taken: &IndexSet) -> Option<usize> {
        let event = &self.events[index];
        let from = self.events.partition_point(|other| other.time < event.time - self.farthest);
        let until = self.events.partition_point(|other| other.time <= event.time + self.farthest);
        let distance = |step: usize| (self.events[step].time - event.time).abs();
        let near = self.known.range(from..until).filter(|(step, _)| {
            let other = &self.events[**step];
            distance(**step) <= tolerance(event, other) && source(other) != own && !taken.contains(step)
        });
        near.min_by_key(|(step, before)| (distance(**step), **before)).map(|(step, _)| *step)
    }
}

/// How much an event's source tells: a trace of all functions most, even without a clock, since its steps are timed where
/// others have them too; then a record of every step; then the newest instances; what a tool printed least.
fn wealth(event: &Event) -> u8 {
    let has_clock = event.clock.measures();
    match () {
        () if &*event.provider == Event::TRACE_PROVIDER => 3 + u8::from(has_clock),
        () if !has_clock => 0,
        () if event.newest_only => 1,
        () if event.session.is_none() && event.set.is_none() && event.process.tid.is_none() => 2,
        () => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vsscope_model::{Callback, RecordRef, Timestamp, Writer};

    fn freeze(millis: i64, input: &str, tid: Option<u32>) -> Event {
        let start: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
        let what = What::Callback { callback: Callback::Freeze, edge: Edge::Entered, accepted: None };
        let source = RecordRef { input: Arc::from(input), ..RecordRef::default() };
        let mut event = Event::new(start + Duration::milliseconds(millis), source, what);
        event.process.tid = tid;
        event.writer = Some(Writer { name: Some(Arc::from("NTDS")), ..Writer::default() });
        event
    }

    #[test]
    fn a_step_in_two_sources_is_one() {
        let events = [freeze(0, "registry", None), freeze(3, "trace", Some(7))];
        assert_eq!(find(&events), BTreeMap::from([(0, 1)]));
    }

    #[test]
    fn steps_of_one_source_and_steps_apart_are_two() {
        assert!(find(&[freeze(0, "trace", Some(7)), freeze(3, "trace", Some(7))]).is_empty());
        assert!(find(&[freeze(0, "registry", None), freeze(2001, "trace", Some(7))]).is_empty());
    }

    #[test]
    fn a_trace_in_two_forms_is_one_trace() {
        let events =
            [freeze(0, "b.etl", Some(7)), freeze(0, "a.txt", Some(7)), freeze(9000, "b.etl", Some(7))];
        assert_eq!(find(&events), BTreeMap::from([(1, 0)]), "the one that has more of it counts");
    }

    /// The same by comparing each step with every other one.
    fn find_by_comparing(events: &[Event]) -> BTreeMap<usize, usize> {
        let rank = |index: &usize| {
            let own = events.iter().filter(|other| source(other) == source(&events[*index]));
            let wealth = own.clone().map(wealth).min();
            Reverse(Some(Rank { wealth: wealth.unwrap_or_default(), named: 0, steps: own.count() }))
        };
        let mut order: Vec<usize> = (0..events.len()).collect();
        order.sort_by_key(|index| (rank(index), source(&events[*index]), *index));
        let (mut steps, mut echoes): (Vec<usize>, BTreeMap<usize, usize>) = Default::default();
        for index in order {
            let own = source(&events[index]);
            let is_taken = |other: &usize| {
                echoes.iter().any(|(echo, step)| step == other && source(&events[*echo]) == own)
            };
            let distance = |other: &usize| (events[*other].time - events[index].time).abs();
            let near = steps.iter().filter(|other| {
                source(&events[**other]) != own
                    && !is_taken(other)
                    && distance(other) <= tolerance(&events[index], &events[**other])
            });
            match near.min_by_key(|other| distance(other)).copied() {
                Some(step) => _ = echoes.insert(index, step),
                None => steps.push(index),
            }
        }
        echoes
    }

    proptest::proptest! {
        #[test]
        fn steps_are_paired_as_if_all_were_compared(
            steps in proptest::collection::vec((0_i64..12, 0_usize..4, proptest::bool::weighted(0.9)), 0..24),
        ) {
            const SOURCES: [(&str, Option<u32>); 4] = [("a", Some(7)), ("b", None), ("c", Some(9)), ("d", None)];
            let step = |(half_seconds, of, has_clock): (i64, usize, bool)| {
                let (input, tid) = SOURCES[of];
                let mut event = freeze(half_seconds * 500, input, tid);
                event.clock = if has_clock { event.clock } else { vsscope_model::Clock::Order };
                event
            };
            let mut events: Vec<Event> = steps.into_iter().map(step).collect();
            events.sort_by_key(|event| event.time);
            proptest::prop_assert_eq!(find(&events), find_by_comparing(&events));
        }
    }

    #[test]
    fn every_step_has_one_echo_of_a_source_at_most() {
        let events = [freeze(0, "registry", None), freeze(1, "registry", None), freeze(2, "trace", Some(7))];
        assert_eq!(find(&events).len(), 1);
    }
}
