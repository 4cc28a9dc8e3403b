//! Steps that two sources note: a trace and the registry key both record that a writer froze. Sets and sessions are built
//! from one of the two; the other one joins the set as evidence.

use super::source;
use chrono::Duration;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use vsscope_model::{Edge, Event, What};

/// Two sources note one step at most this long after each other; one without a clock stands somewhere near.
fn tolerance(a: &Event, b: &Event) -> Duration {
    if a.clock.measures() && b.clock.measures() { Duration::seconds(2) } else { Duration::minutes(10) }
}

/// Input and channel.
type Source<'e> = (&'e str, Option<&'e str>);

/// A step as several sources may note it: host, words for the step, edge, whose it is.
type Step = (Arc<str>, String, Edge, String);

/// For every event that only repeats another one: which. Events are in order of time.
pub fn find(events: &[Event]) -> BTreeMap<usize, usize> {
    let mut steps: BTreeMap<Step, Vec<usize>> = BTreeMap::new();
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
    let mut echoes = BTreeMap::new();
    for indexes in steps.values().filter(|indexes| indexes.len() > 1) {
        pair(events, indexes, &ranks, &mut echoes);
    }
    echoes
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

fn step(event: &Event) -> Option<Step> {
    let host = event.host.clone().unwrap_or_default();
    let pid = || event.process.pid.map(|pid| pid.to_string());
    let set = || event.set.map(|set| set.to_string());
    Some(match &event.what {
        What::Call { method, edge, .. } => (host, format!("call {method}"), *edge, pid().or_else(set)?),
        What::Callback { callback, edge, .. } => {
            let name = event.writer.as_ref()?.name.as_ref()?.to_lowercase();
            (host, format!("callback {callback}"), *edge, name)
        }
        What::ProviderStep { step, edge, .. } => (host, format!("provider {step}"), *edge, String::new()),
        What::WriterStatus { state, .. } => {
            let writer = event.writer.as_ref().map(|writer| (writer.class_id, writer.instance_id));
            (host, format!("state {}", state.0), Edge::Whole, format!("{:?} of {writer:?}", pid()))
        }
        What::Failure(failure) => {
            let function = failure.origin().map(|frame| frame.function.to_string()).unwrap_or_default();
            (
                host,
                format!("failure of {function}"),
                Edge::Whole,
                format!("{:?} {:?}", event.process.tid, pid()?),
            )
        }
        _ => return None,
    })
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
    let mut steps: Vec<usize> = Vec::new();
    for ((_, own), indexes) in sources {
        let mut free: Vec<usize> =
            steps.iter().copied().filter(|&step| source(&events[step]) != own).collect();
        for index in indexes {
            let event = &events[index];
            let distance = |other: &usize| (events[*other].time - event.time).abs();
            let near = |other: &&usize| distance(other) <= tolerance(event, &events[**other]);
            let found = free.iter().enumerate().filter(|(_, other)| near(other));
            match found.min_by_key(|(_, other)| distance(other)).map(|(at, &other)| (at, other)) {
                Some((at, other)) => {
                    free.remove(at);
                    echoes.insert(index, other);
                }
                None => steps.push(index),
            }
        }
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

    #[test]
    fn every_step_has_one_echo_of_a_source_at_most() {
        let events = [freeze(0, "registry", None), freeze(1, "registry", None), freeze(2, "trace", Some(7))];
        assert_eq!(find(&events).len(), 1);
    }
}
