//! Sets that the user named, and the last good one before a set.

use super::{One, findings, requester};
use crate::filter;
use anyhow::{Result, bail};
use vsscope_model::{Analysis, Event, Outcome, Severity, SnapshotSet};

/// The place of the set with this id, or the only one whose id begins so.
pub fn by_id(analysis: &Analysis, wanted: &str) -> Result<usize> {
    let fits = |(_, set): &(usize, &SnapshotSet)| filter::is_set_id(&set.id, wanted);
    let fitting: Vec<(usize, &SnapshotSet)> = analysis.sets.iter().enumerate().filter(fits).collect();
    match &fitting[..] {
        [(at, _)] => Ok(*at),
        [] => bail!("no set has an id that begins with {wanted:?}; {}", known(analysis)),
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, set)| set.id.as_str()).collect();
            bail!("{wanted:?} can be several sets: {}", ids.join(", "))
        }
    }
}

fn known(analysis: &Analysis) -> String {
    const SHOWN: usize = 8;
    let ids: Vec<&str> = analysis.sets.iter().map(|set| set.id.as_str()).take(SHOWN).collect();
    match analysis.sets.len() {
        0 => "the input has no set".to_owned(),
        all if all > SHOWN => format!("the input has {all} sets, among them {}", ids.join(", ")),
        _ => format!("the input has {}", ids.join(", ")),
    }
}

/// The newest set that failed, or that an error is about.
pub fn newest_failed(analysis: &Analysis) -> Result<usize> {
    let failed = |set: &SnapshotSet| set.outcome == Outcome::Failed || has_error(analysis, set);
    match analysis.sets.iter().rposition(failed) {
        Some(at) => Ok(at),
        None => bail!("no set of the input failed: name the one to compare"),
    }
}

/// The last good set of the same requester on the same host before this one: one that was completed, else one that was
/// created, without findings of severity error.
pub fn last_good(analysis: &Analysis, bad: usize) -> Result<usize> {
    let Some(One { set, .. }) = One::of(analysis, bad) else { bail!("the set is not in the input") };
    let Some(image) = requester(analysis, set) else {
        bail!("the requester of set {} is not in the evidence: name the good set", set.id)
    };
    if !has_instant(analysis, set) {
        bail!("set {} has no time that can be compared: name the good set", set.id);
    }
    let is_candidate = |other: &SnapshotSet| {
        other.host == set.host
            && other.started < set.started
            && has_instant(analysis, other)
            && requester(analysis, other).as_ref() == Some(&image)
            && !has_error(analysis, other)
    };
    let last = |outcome: Outcome| {
        analysis.sets.iter().rposition(|other| other.outcome == outcome && is_candidate(other))
    };
    match last(Outcome::Completed).or_else(|| last(Outcome::Created)) {
        Some(at) => Ok(at),
        None => {
            bail!("no good set of {image} on {} before set {}: nothing to compare with", set.host, set.id)
        }
    }
}

fn has_error(analysis: &Analysis, set: &SnapshotSet) -> bool {
    analysis.findings.iter().any(|finding| {
        finding.counts() && finding.severity == Severity::Error && findings::is_of(finding, set)
    })
}

/// Whether the start of a set is an instant, not a time of an unknown zone or a place in an order.
pub(super) fn has_instant(analysis: &Analysis, set: &SnapshotSet) -> bool {
    use vsscope_model::Clock::{Order, Unzoned};
    let mut events = set.events.iter().filter_map(|&at| analysis.events.get(at));
    set.started != Event::NO_TIME && !events.any(|event| matches!(event.clock, Unzoned | Order))
}
