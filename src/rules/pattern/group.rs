//! Equal records as one finding: how many, first, last.

use crate::rules::{Case, words};
use std::collections::BTreeMap;

/// Events by a key, in order of the key.
pub fn by<K: Ord, E>(events: impl IntoIterator<Item = (K, E)>) -> BTreeMap<K, Vec<E>> {
    let mut groups: BTreeMap<K, Vec<E>> = BTreeMap::new();
    for (key, index) in events {
        groups.entry(key).or_default().push(index);
    }
    groups
}

/// `3 times, first 2031-…, last 2031-…`.
pub fn count(case: &Case<'_>, events: &[usize]) -> String {
    let time = |index: Option<&usize>| index.and_then(|&i| case.event(i)).map(|event| words::iso(event.time));
    match (events, time(events.first()), time(events.last())) {
        ([_], Some(only), _) => format!("once, at {only}"),
        (_, Some(first), Some(last)) => format!("{}, first {first}, last {last}", words::times(events.len())),
        _ => words::times(events.len()),
    }
}
