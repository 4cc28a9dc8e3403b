//! What was seen: sources per host, holes in them, and sources that would have helped.

use super::hosts::Names;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use vsscope_model::{Coverage, Event, Gap, InputReport, Missing, Span, Timestamp, What};

/// A source that tells something no other one tells.
struct Source {
    name: &'static str,
    /// Whether a source of a run (channel or format) is this one.
    is: fn(&str) -> bool,
    why: &'static str,
    how: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        name: "Application log",
        is: |source| source.eq_ignore_ascii_case("Application"),
        why: "VSS, writers and database engines report their errors there; without it a failure has no cause",
        how: "wevtutil epl Application Application.evtx",
    },
    Source {
        name: "System log",
        is: |source| source.eq_ignore_ascii_case("System"),
        why: "volsnap reports lost shadow copies there, and the service control manager starts, stops and crashes of services",
        how: "wevtutil epl System System.evtx",
    },
    Source {
        name: "Security log with VSSAudit 8222",
        is: |source| source.eq_ignore_ascii_case("Security"),
        why: "the only log that names the snapshot set, the shadow copies and the requester",
        how: "wevtutil epl Security Security.evtx (8222 is written only where auditing is on)",
    },
    Source {
        name: "a trace of the protocol (VSS trace, or Sysmon on Services\\VSS\\Diag)",
        is: |source| {
            source.eq_ignore_ascii_case("Microsoft-Windows-Sysmon/Operational")
                || source.starts_with("vsscope")
        },
        why: "phases, writers and their durations; event logs alone show only failures and a few marks",
        how: "let Sysmon record registry events under HKLM\\System\\CurrentControlSet\\Services\\VSS\\Diag, or switch VSS \
              tracing on, and repeat the backup",
    },
];

/// Coverage of a run.
pub fn of(reports: &[InputReport], names: &Names, events: &[Event]) -> Coverage {
    let lanes = lanes(reports, names);
    let spans = spans(&lanes);
    let missing = missing(&spans, events);
    let mut gaps = gaps(events);
    gaps.extend(carved_gaps(&lanes, events));
    gaps.sort_by(|a, b| (&a.host, &a.source, a.first).cmp(&(&b.host, &b.source, b.first)));
    Coverage { gaps, missing, spans }
}

/// What was read of each source of a host, input by input.
type Lanes = BTreeMap<(Arc<str>, Arc<str>), Vec<Span>>;

fn lanes(reports: &[InputReport], names: &Names) -> Lanes {
    let mut lanes = Lanes::new();
    for report in reports {
        for span in &report.spans {
            let host = names.canonical(&report.path, Some(&span.host));
            let lane = lanes.entry((Arc::clone(&host), Arc::clone(&span.source))).or_default();
            lane.push(Span { host, ..span.clone() });
        }
    }
    lanes
}

/// One span of each source; a second one of what was carved.
fn spans(lanes: &Lanes) -> Vec<Span> {
    let merged = |spans: &[Span], carved: bool| {
        spans.iter().filter(|span| span.carved == carved).cloned().reduce(|a, b| Span {
            first: a.first.min(b.first),
            last: a.last.max(b.last),
            records: a.records.saturating_add(b.records),
            ..a
        })
    };
    lanes.values().flat_map(|spans| [merged(spans, false), merged(spans, true)]).flatten().collect()
}

/// Times that only carved records of a source tell of, where they speak of VSS: others may be gone.
fn carved_gaps(lanes: &Lanes, events: &[Event]) -> Vec<Gap> {
    let carved = events.iter().filter(|event| event.source.carved);
    let sources: BTreeSet<_> =
        carved.filter_map(|e| Some((e.host.clone()?, e.source.channel.clone()?))).collect();
    let mut gaps = Vec::new();
    for (key, spans) in lanes.iter().filter(|(key, _)| sources.contains(*key)) {
        let bounds = |span: &Span| (span.first, span.last);
        let mut told: Vec<_> = spans.iter().filter(|span| !span.carved).map(bounds).collect();
        for (first, last) in spans.iter().filter(|span| span.carved).map(bounds) {
            told.sort_unstable();
            let alone = outside(first, last, &told);
            told.push((first, last));
            gaps.extend(alone.into_iter().map(|(first, last)| Gap {
                host: Arc::clone(&key.0),
                source: Arc::clone(&key.1),
                first,
                last,
                reason: "only carved records tell of this time; others may be gone".to_owned(),
            }));
        }
    }
    gaps
}

/// The parts of a time that lie outside of others, which are in order. What is said of a part is not said of the others'
/// first and last instants.
fn outside(
    first: Timestamp,
    last: Timestamp,
    others: &[(Timestamp, Timestamp)],
) -> Vec<(Timestamp, Timestamp)> {
    let step = TimeDelta::nanoseconds(1);
    let mut parts = Vec::new();
    let mut from = Some(first);
    for &(begin, end) in others {
        let Some(open) = from else { break };
        if begin > last {
            break;
        }
        if begin > open {
            parts.push((open, begin - step));
        }
        from = if end >= last { None } else { Some(open.max(end + step)) };
    }
    parts.extend(from.map(|from| (from, last)));
    parts
}

/// Holes that the evidence itself names.
fn gaps(events: &[Event]) -> Vec<Gap> {
    let gap = |event: &Event, source: &Arc<str>, reason: String| Gap {
        host: event.host.clone().unwrap_or_default(),
        source: Arc::clone(source),
        first: event.time,
        last: event.time,
        reason,
    };
    let mut gaps: Vec<Gap> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::LogCleared { channel } => {
                Some(gap(event, channel, "the log was cleared; nothing from before is in it".to_owned()))
            }
            What::EventsLost { count } => {
                let channel = event.source.channel.clone().unwrap_or_else(|| Arc::clone(&event.source.input));
                let reason =
                    count.map_or("events were lost".to_owned(), |count| format!("{count} events were lost"));
                Some(gap(event, &channel, reason))
            }
            _ => None,
        })
        .collect();
    gaps.sort_by(|a, b| (&a.host, &a.source, a.first).cmp(&(&b.host, &b.source, b.first)));
    gaps.dedup();
    gaps
}

/// Sources of which no host of the run has anything. Silent when nothing speaks of VSS at all.
fn missing(spans: &[Span], events: &[Event]) -> Vec<Missing> {
    if events.is_empty() {
        return Vec::new();
    }
    let is_seen = |source: &Source| {
        spans.iter().any(|span| !span.carved && (source.is)(&span.source))
            || (source.name.starts_with("a trace") && has_trace(events))
    };
    SOURCES
        .iter()
        .filter(|source| !is_seen(source))
        .map(|source| Missing {
            source: source.name.to_owned(),
            why_it_matters: source.why.to_owned(),
            how_to_collect: source.how.to_owned(),
        })
        .collect()
}

fn has_trace(events: &[Event]) -> bool {
    events
        .iter()
        .any(|event| matches!(event.what, What::Call { .. } | What::Phase { .. } | What::Callback { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::build;
    use vsscope_model::{RecordRef, Timeline};

    const NEXT: TimeDelta = TimeDelta::nanoseconds(1);

    fn at(hour: i64) -> Timestamp {
        let day: Timestamp = "2031-05-06T00:00:00Z".parse().expect("a time");
        day + chrono::Duration::hours(hour)
    }

    /// A log of the source, with an event in its first hour.
    fn log(path: &str, hours: (i64, i64), carved: bool) -> InputReport {
        let (host, source): (Arc<str>, Arc<str>) = ("FS1".into(), "Application".into());
        let place = RecordRef {
            input: path.into(),
            channel: Some(Arc::clone(&source)),
            record: u64::try_from(hours.0).ok(),
            carved,
            ..RecordRef::default()
        };
        let event = Event { host: Some(Arc::clone(&host)), ..Event::new(at(hours.0), place, What::Log) };
        let span = Span { host, source, first: at(hours.0), last: at(hours.1), records: 10, carved };
        let format = if carved { "evtx-carved" } else { "evtx" };
        InputReport {
            path: path.into(),
            format: format.to_owned(),
            events: vec![event],
            spans: vec![span],
            ..InputReport::default()
        }
    }

    fn holes(timeline: &Timeline) -> Vec<(Timestamp, Timestamp)> {
        timeline.coverage.gaps.iter().map(|gap| (gap.first, gap.last)).collect()
    }

    #[test]
    fn carved_records_cover_nothing() {
        let covers =
            |timeline: &Timeline, from, to| timeline.coverage.covers("FS1", "Application", at(from), at(to));
        let carved = build(&mut [log("disk.img", (2, 9), true)]);
        assert!(!covers(&carved, 3, 4));
        assert_eq!(holes(&carved), [(at(2), at(9))]);
        assert!(carved.coverage.missing.iter().any(|missing| missing.source == "Application log"));
        let both = build(&mut [log("disk.img", (2, 9), true), log("Application.evtx", (5, 7), false)]);
        assert!(covers(&both, 5, 7) && !covers(&both, 3, 4) && !covers(&both, 5, 8));
        assert_eq!(holes(&both), [(at(2), at(5) - NEXT), (at(7) + NEXT, at(9))]);
        let seen: Vec<(u64, bool)> =
            both.coverage.spans.iter().map(|span| (span.records, span.carved)).collect();
        assert_eq!(seen, [(10, false), (10, true)]);
        let whole = build(&mut [log("disk.img", (2, 9), true), log("Application.evtx", (1, 9), false)]);
        assert!(holes(&whole).is_empty() && covers(&whole, 2, 9));
    }

    #[test]
    fn what_lies_outside_of_other_times() {
        let others = [(at(2), at(4)), (at(3), at(5)), (at(7), at(8))];
        let parts = [(at(1), at(2) - NEXT), (at(5) + NEXT, at(7) - NEXT), (at(8) + NEXT, at(9))];
        assert_eq!(outside(at(1), at(9), &others), parts);
        assert_eq!(outside(at(3), at(4), &others), []);
        assert_eq!(outside(at(6), at(6), &others), [(at(6), at(6))]);
        assert_eq!(outside(at(6), at(6), &[]), [(at(6), at(6))]);
    }
}
