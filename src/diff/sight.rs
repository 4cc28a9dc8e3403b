//! Whether the evidence of a side would show what it does not have: what was not seen is not called gone.

use std::collections::BTreeSet;
use vsscope_model::{Analysis, Event, Outcome, Phase, PhaseActor, Session, SessionDetail, SnapshotSet};

/// What the evidence of a set can show.
pub(super) struct Sight {
    /// Channels that tell of the set itself.
    telling: BTreeSet<String>,
    /// Channels that were recorded over the whole set.
    covering: BTreeSet<String>,
    /// How much of the requester's side is there.
    detail: Option<SessionDetail>,
    /// The evidence begins or ends inside the set, or has a hole there.
    cut: bool,
}

impl Sight {
    pub(super) fn of(analysis: &Analysis, set: &SnapshotSet, session: Option<&Session>) -> Self {
        let ended = set.ended.unwrap_or(set.started);
        let coverage = &analysis.coverage;
        let spans = coverage.spans.iter().filter(|span| span.host == set.host);
        let covering = spans.filter(|span| coverage.covers(&set.host, &span.source, set.started, ended));
        // The registry key keeps the newest instance of a step only: what it lacks may have been overwritten.
        let telling = set.events.iter().filter_map(|&at| analysis.events.get(at)).filter(|e| !e.newest_only);
        let telling: BTreeSet<String> = telling.map(channel).collect();
        let hole = coverage
            .gaps
            .iter()
            .any(|gap| gap.host == set.host && gap.first <= ended && set.started <= gap.last);
        let mid = session.is_some_and(|session| session.starts_mid || session.ends_mid);
        Sight {
            covering: covering
                .map(|span| span.source.to_ascii_lowercase())
                .chain(telling.iter().cloned())
                .collect(),
            telling,
            detail: session.map(|session| session.detail),
            cut: hole || mid || set.outcome == Outcome::Incomplete,
        }
    }

    /// Whether this side would show a phase that the other has.
    pub(super) fn would_show(&self, other: &Sight, analysis: &Analysis, phase: &Phase) -> bool {
        let events: Vec<&Event> = phase.events.iter().filter_map(|&at| analysis.events.get(at)).collect();
        let same_source = match events.is_empty() {
            true => self.tells_as_much_as(other),
            false => events.iter().any(|event| self.telling.contains(&channel(event))),
        };
        let requester = match phase.actor {
            PhaseActor::Requester => {
                self.detail >= Some(SessionDetail::Phases) && self.detail >= other.detail
            }
            _ => true,
        };
        same_source && requester && !self.cut
    }

    /// Whether this side would show a writer that the other has, by its phases.
    pub(super) fn would_show_writer(&self, other: &Sight, analysis: &Analysis, phases: &[Phase]) -> bool {
        match phases.is_empty() {
            true => self.tells_as_much_as(other) && !self.cut,
            false => phases.iter().any(|phase| self.would_show(other, analysis, phase)),
        }
    }

    /// Whether every channel that tells of the other set tells of this one.
    pub(super) fn tells_as_much_as(&self, other: &Sight) -> bool {
        !self.telling.is_empty() && other.telling.is_subset(&self.telling)
    }

    /// Whether every channel that was recorded over the other set was recorded over this one.
    pub(super) fn covers_as_much_as(&self, other: &Sight) -> bool {
        !self.cut && other.covering.is_subset(&self.covering)
    }
}

/// Whether a run has every channel that another one has.
pub(super) fn covers(run: &Analysis, other: &Analysis) -> bool {
    let channels = |run: &Analysis| -> BTreeSet<String> {
        let live = run.coverage.spans.iter().filter(|span| !span.carved);
        live.map(|span| span.source.to_ascii_lowercase()).collect()
    };
    channels(other).is_subset(&channels(run))
}

/// The channels that these events came from.
pub(super) fn channels(analysis: &Analysis, events: &[usize]) -> BTreeSet<String> {
    events.iter().filter_map(|&at| analysis.events.get(at)).map(channel).collect()
}

/// What stands for the source of an event: its channel, which coverage knows.
fn channel(event: &Event) -> String {
    event.source.channel.as_deref().unwrap_or(&event.provider).to_ascii_lowercase()
}
