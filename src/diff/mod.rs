//! What differs between two runs: two analyses become a [`Diff`].
//!
//! `pairs` decides which set is compared with which, `sets`, `writers`, `phases` and `findings` compare one thing each,
//! `sight` says whether the evidence of a side would show what it does not have. `select` finds sets that the user named.
//! Nothing here touches files; nothing favours one side, so that the swapped sides give the mirror image.

mod findings;
mod pairs;
mod phases;
pub mod select;
mod sets;
mod sight;
mod writers;

use std::cmp::Ordering;
use vsscope_model::{
    Analysis, Change, ChangeKind, Diff, DiffSet, DiffSide, Session, SnapshotSet, Topic, Turn,
};

/// A phase counts as slower or faster from this ratio of its durations on …
pub const RATIO: f64 = 1.2;
/// … if they differ by more than this, in ms. Both have to be exceeded: short phases vary by themselves.
pub const LEAST_MS: f64 = 100.0;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub struct Side<'a> {
    /// The run, unfiltered.
    pub analysis: &'a Analysis,
    /// What the user named.
    pub named: String,
    /// The set that the user named, as its place in the analysis; without it the whole run is compared.
    pub set: Option<usize>,
}

/// Compares two runs, or a set of each.
pub fn diff(good: &Side<'_>, bad: &Side<'_>) -> Diff {
    let pairing = pairs::pair(good, bad);
    let set =
        |side: &Side<'_>, at: usize| side.analysis.sets.get(at).map(|set| described(side.analysis, set));
    let compared = pairing.pairs.iter().filter_map(|pair| {
        let sides = (One::of(good.analysis, pair.good)?, One::of(bad.analysis, pair.bad)?);
        Some(vsscope_model::SetPair {
            good: set(good, pair.good)?,
            bad: set(bad, pair.bad)?,
            paired_by: pair.by,
            changes: compare(&sides.0, &sides.1),
        })
    });
    let lone = |side: &Side<'_>, lone: &[(usize, vsscope_model::LoneReason)]| {
        let of = |(at, reason): &(usize, _)| {
            Some(vsscope_model::LoneSet { set: set(side, *at)?, reason: *reason })
        };
        lone.iter().filter_map(of).collect()
    };
    let mut changes = findings::outside(good, bad, &pairing);
    sort(&mut changes);
    Diff {
        schema: Diff::SCHEMA.to_owned(),
        tool: good.analysis.tool.clone(),
        generated: None,
        good: described_side(good),
        bad: described_side(bad),
        pairs: compared.collect(),
        only_good: lone(good, &pairing.only_good),
        only_bad: lone(bad, &pairing.only_bad),
        changes,
    }
}

/// A set with what belongs to it.
struct One<'a> {
    analysis: &'a Analysis,
    set: &'a SnapshotSet,
    session: Option<&'a Session>,
    sight: sight::Sight,
}

impl<'a> One<'a> {
    fn of(analysis: &'a Analysis, at: usize) -> Option<Self> {
        let set = analysis.sets.get(at)?;
        let session = session_of(analysis, set);
        Some(One { analysis, set, session, sight: sight::Sight::of(analysis, set, session) })
    }
}

/// Compares two sets.
fn compare(good: &One<'_>, bad: &One<'_>) -> Vec<Change> {
    let mut changes = sets::compare(good, bad);
    changes.extend(findings::of_sets(good, bad));
    changes.extend(writers::compare(good, bad));
    changes.extend(phases::of_sets(good, bad));
    sort(&mut changes);
    changes
}

/// Puts changes into an order that does not depend on which side is which.
fn sort(changes: &mut [Change]) {
    changes.sort_by(|a, b| {
        let kind = |change: &Change| change.kind.min(change.kind.mirrored());
        (a.topic, &a.subject).cmp(&(b.topic, &b.subject)).then_with(|| kind(a).cmp(&kind(b)))
    });
}

fn session_of<'a>(analysis: &'a Analysis, set: &SnapshotSet) -> Option<&'a Session> {
    let id = set.session.as_ref()?;
    analysis.sessions.iter().find(|session| session.id == *id)
}

/// The file name of the requester's executable, in lower case.
fn requester(analysis: &Analysis, set: &SnapshotSet) -> Option<String> {
    Some(session_of(analysis, set)?.requester.image_name()?.to_ascii_lowercase())
}

fn described(analysis: &Analysis, set: &SnapshotSet) -> DiffSet {
    DiffSet {
        id: set.id.clone(),
        host: set.host.to_string(),
        requester: session_of(analysis, set).and_then(|s| s.requester.image_name()).map(str::to_owned),
        started: Some(set.started).filter(|_| select::has_instant(analysis, set)),
        outcome: set.outcome,
    }
}

fn described_side(side: &Side<'_>) -> DiffSide {
    DiffSide {
        named: side.named.clone(),
        inputs: side.analysis.inputs.iter().map(|input| input.path.to_string()).collect(),
        sets: if side.set.is_some() { 1 } else { side.analysis.sets.len() },
        records_lost: side.analysis.summary.records_lost,
    }
}

/// A change without figures.
fn change(
    topic: Topic,
    subject: &str,
    kind: ChangeKind,
    turn: Turn,
    values: (Option<String>, Option<String>),
) -> Change {
    Change {
        topic,
        subject: subject.to_owned(),
        kind,
        turn,
        good: values.0,
        bad: values.1,
        good_ms: None,
        bad_ms: None,
        limit_ms: None,
        good_severity: None,
        bad_severity: None,
    }
}

/// A value of which each side has one or does not know it; `grave` ranks values where one is worse than another.
fn value(
    topic: Topic,
    subject: &str,
    good: Option<String>,
    bad: Option<String>,
    grave: impl Fn(&str) -> bool,
) -> Option<Change> {
    let (kind, turn) = match (&good, &bad) {
        (Some(good), Some(bad)) if good != bad => (ChangeKind::Changed, turn(grave(good).cmp(&grave(bad)))),
        (Some(_), None) => (ChangeKind::NotSeenInBad, Turn::Neutral),
        (None, Some(_)) => (ChangeKind::NotSeenInGood, Turn::Neutral),
        _ => return None,
    };
    Some(change(topic, subject, kind, turn, (good, bad)))
}

/// What it means that the good side ranks so against the bad one, where a higher rank is worse.
fn turn(good_to_bad: Ordering) -> Turn {
    match good_to_bad {
        Ordering::Less => Turn::Worse,
        Ordering::Equal => Turn::Neutral,
        Ordering::Greater => Turn::Better,
    }
}
