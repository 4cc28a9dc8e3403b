//! Steps that two sources note: a trace and the registry key both record that a writer froze. Sets and sessions are built
//! from one of the two; the other one joins the set as evidence.

use super::source;
use chrono::Duration;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use vsscope_model::{Clock, Edge, Event, What};

/// Two sources note one step at most this long after each other.
fn tolerance() -> Duration {
    Duration::seconds(2)
}

/// A step as several sources may note it: host, words for the step, edge, whose it is.
type Step = (Arc<str>, String, Edge, String);

/// For every event that only repeats another one: which. Events are in order of time.
pub fn find(events: &[Event]) -> HashMap<usize, usize> {
    let mut steps: BTreeMap<Step, Vec<usize>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        if let Some(step) = step(event) {
            steps.entry(step).or_default().push(index);
        }
    }
    let mut echoes = HashMap::new();
    for indexes in steps.values().filter(|indexes| indexes.len() > 1) {
        pair(events, indexes, &mut echoes);
    }
    echoes
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
        _ => return None,
    })
}

/// Pairs every event of the poorer sources with the nearest one of the richest that is near enough and not taken.
fn pair(events: &[Event], indexes: &[usize], echoes: &mut HashMap<usize, usize>) {
    let Some(best) = indexes.iter().map(|&i| wealth(&events[i])).max() else { return };
    let mut free: Vec<usize> = indexes.iter().copied().filter(|&i| wealth(&events[i]) == best).collect();
    for &index in indexes.iter().filter(|&&i| wealth(&events[i]) < best) {
        let distance = |other: &usize| (events[*other].time - events[index].time).abs();
        let near = |other: &&usize| {
            distance(other) <= tolerance() && source(&events[**other]) != source(&events[index])
        };
        let found = free.iter().enumerate().filter(|(_, other)| near(other));
        if let Some((at, &other)) = found.min_by_key(|(_, other)| distance(other)) {
            free.remove(at);
            echoes.insert(index, other);
        }
    }
}

/// How much a source tells: one that names the session or the thread more than one that does not; one without a clock least.
fn wealth(event: &Event) -> u8 {
    match () {
        () if event.clock == Clock::Order => 0,
        () if event.newest_only => 1,
        () if event.session.is_none() && event.set.is_none() && event.process.tid.is_none() => 2,
        () => 3,
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
        assert_eq!(find(&events), HashMap::from([(0, 1)]));
    }

    #[test]
    fn steps_of_one_source_and_steps_apart_are_two() {
        assert!(find(&[freeze(0, "trace", Some(7)), freeze(3, "trace", Some(7))]).is_empty());
        assert!(find(&[freeze(0, "registry", None), freeze(2001, "trace", Some(7))]).is_empty());
    }

    #[test]
    fn every_step_has_one_echo_at_most() {
        let events = [freeze(0, "registry", None), freeze(1, "registry", None), freeze(2, "trace", Some(7))];
        assert_eq!(find(&events).len(), 1);
    }
}
