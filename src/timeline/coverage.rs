//! What was seen: sources per host, holes in them, and sources that would have helped.

use super::hosts::Names;
use std::collections::BTreeMap;
use std::sync::Arc;
use vsscope_model::{Coverage, Event, Gap, InputReport, Missing, Span, What};

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
    let spans = spans(reports, names);
    let missing = missing(&spans, events);
    Coverage { gaps: gaps(events), missing, spans }
}

fn spans(reports: &[InputReport], names: &Names) -> Vec<Span> {
    let mut merged: BTreeMap<(Arc<str>, Arc<str>), Span> = BTreeMap::new();
    for report in reports {
        for span in &report.spans {
            let host = names.canonical(&report.path, Some(&span.host));
            let key = (Arc::clone(&host), Arc::clone(&span.source));
            let entry = merged.entry(key).or_insert_with(|| Span { host, records: 0, ..span.clone() });
            entry.first = entry.first.min(span.first);
            entry.last = entry.last.max(span.last);
            entry.records += span.records;
        }
    }
    merged.into_values().collect()
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
        spans.iter().any(|span| (source.is)(&span.source))
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
