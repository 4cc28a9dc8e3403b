//! Entering and leaving records of one step become one span.

use std::collections::BTreeMap;
use vsscope_model::{Edge, Event, Timestamp};

/// A step from its first to its last record. One of `started` and `ended` may be missing, never both.
#[derive(Debug, Clone, PartialEq)]
pub struct Span<K> {
    /// Which step.
    pub key: K,
    /// When it was entered.
    pub started: Option<Timestamp>,
    /// When it was left.
    pub ended: Option<Timestamp>,
    /// Whether start and end are two instants of the evidence (and the difference is a duration).
    pub measured: bool,
    /// The events behind it.
    pub events: Vec<usize>,
}

impl<K> Span<K> {
    /// The first known instant.
    pub fn first(&self) -> Option<Timestamp> {
        self.started.or(self.ended)
    }

    /// The last known instant.
    pub fn last(&self) -> Option<Timestamp> {
        self.ended.or(self.started)
    }

    /// The duration in ms, where start and end are both in the evidence.
    pub fn duration_ms(&self) -> Option<f64> {
        match (self.started, self.ended) {
            (Some(started), Some(ended)) if self.measured => Some(millis(started, ended)),
            _ => None,
        }
    }
}

/// The time between two instants in ms, to the 100 ns of a FILETIME.
pub fn millis(from: Timestamp, to: Timestamp) -> f64 {
    let nanos = (to - from).num_nanoseconds().unwrap_or(i64::MAX);
    nanos as f64 / 1_000_000.0
}

/// Pairs the events of each key. Records of equal time may be out of order (registry traces tick in 15.6 ms): a leaving
/// record directly before its entering one at the same instant is a step of length zero.
pub fn pair<'a, K: Ord + Clone>(
    events: impl Iterator<Item = (usize, &'a Event)>,
    key: impl Fn(&Event) -> Option<(K, Edge, Option<f64>)>,
) -> Vec<Span<K>> {
    let mut spans: Vec<Span<K>> = Vec::new();
    let mut open: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    let mut orphan: BTreeMap<K, usize> = BTreeMap::new();
    for (index, event) in events {
        let Some((key, edge, duration_ms)) = key(event) else { continue };
        match edge {
            Edge::Whole => spans.push(whole(key, index, event, duration_ms)),
            Edge::Entered => match orphan.get(&key).copied() {
                Some(at) if spans[at].ended == Some(event.time) => {
                    orphan.remove(&key);
                    let span = &mut spans[at];
                    span.started = Some(event.time);
                    span.measured = event.clock.measures();
                    span.events.push(index);
                }
                _ => {
                    open.entry(key.clone()).or_default().push(spans.len());
                    let started = Some(event.time);
                    // Its end is to come.
                    let mut events = Vec::with_capacity(2);
                    events.push(index);
                    spans.push(Span { key, started, ended: None, measured: false, events });
                }
            },
            Edge::Returned | Edge::Finished => match open.get_mut(&key).and_then(Vec::pop) {
                Some(at) => {
                    let span = &mut spans[at];
                    span.ended = Some(event.time);
                    span.measured = event.clock.measures();
                    span.events.push(index);
                }
                None => {
                    orphan.insert(key.clone(), spans.len());
                    let ended = Some(event.time);
                    spans.push(Span { key, started: None, ended, measured: false, events: vec![index] });
                }
            },
        }
    }
    spans
}

/// A step told by one record that was written at its end. Without a duration that instant is all that is known of it.
fn whole<K>(key: K, index: usize, event: &Event, duration_ms: Option<f64>) -> Span<K> {
    let sane = duration_ms.filter(|ms| ms.is_finite() && (0.0..1.0e12).contains(ms));
    let nanos = sane.map(|ms| (ms * 1.0e6) as i64);
    let started = nanos.map_or(event.time, |nanos| event.time - chrono::Duration::nanoseconds(nanos));
    let (started, ended) = (Some(started), Some(event.time));
    Span { key, started, ended, measured: nanos.is_some(), events: vec![index] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::{RecordRef, ServicePhase, What};

    fn events(steps: &[(i64, Edge)]) -> Vec<Event> {
        let start: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
        let event = |&(ms, edge): &(i64, Edge)| {
            let what = What::Phase { phase: ServicePhase::Freeze, edge };
            Event::new(start + chrono::Duration::milliseconds(ms), RecordRef::default(), what)
        };
        steps.iter().map(event).collect()
    }

    fn spans(steps: &[(i64, Edge)]) -> Vec<(bool, bool, Option<f64>)> {
        let events = events(steps);
        let edge = |event: &Event| match &event.what {
            What::Phase { edge, .. } => Some(((), *edge, None)),
            _ => None,
        };
        let spans = pair(events.iter().enumerate(), edge);
        spans.iter().map(|s| (s.started.is_some(), s.ended.is_some(), s.duration_ms())).collect()
    }

    #[test]
    fn a_step_is_as_long_as_its_records_say() {
        assert_eq!(spans(&[(0, Edge::Entered), (2797, Edge::Returned)]), [(true, true, Some(2797.0))]);
    }

    #[test]
    fn leaving_before_entering_in_one_tick_is_length_zero() {
        assert_eq!(spans(&[(5, Edge::Returned), (5, Edge::Entered)]), [(true, true, Some(0.0))]);
        let apart = [(false, true, None), (true, false, None)];
        assert_eq!(spans(&[(5, Edge::Returned), (6, Edge::Entered)]), apart);
    }

    #[test]
    fn one_record_is_a_moment_without_a_duration() {
        assert_eq!(spans(&[(5, Edge::Whole)]), [(true, true, None)]);
    }

    #[test]
    fn nested_steps_close_from_the_inside() {
        let steps = [(0, Edge::Entered), (1, Edge::Entered), (2, Edge::Returned), (9, Edge::Returned)];
        assert_eq!(spans(&steps), [(true, true, Some(9.0)), (true, true, Some(1.0))]);
    }
}
