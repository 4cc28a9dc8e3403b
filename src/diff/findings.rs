//! Findings that count, by rule and writer. What they say is not compared: it holds times and numbers.

use super::pairs::Pairing;
use super::{One, Side, change, sight, turn};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, Change, ChangeKind, Finding, Severity, SnapshotSet, Topic, Turn};

/// Findings of one rule about one writer: how many, and the gravest.
type Groups = BTreeMap<String, (usize, Severity)>;

/// Those of two sets that are compared.
pub(super) fn of_sets(good: &One<'_>, bad: &One<'_>) -> Vec<Change> {
    let of = |one: &One<'_>| groups(one.analysis, |finding| is_of(finding, one.set));
    let seen = Seen {
        good: good.sight.covers_as_much_as(&bad.sight),
        bad: bad.sight.covers_as_much_as(&good.sight),
    };
    compare(&of(good), &of(bad), seen)
}

/// Those that are of no compared set. Where the user named a set, the other sets are none of his business.
pub(super) fn outside(good: &Side<'_>, bad: &Side<'_>, pairing: &Pairing) -> Vec<Change> {
    let of = |side: &Side<'_>, compared: &BTreeSet<usize>| {
        let sets: Vec<&SnapshotSet> = compared.iter().filter_map(|&at| side.analysis.sets.get(at)).collect();
        groups(side.analysis, |finding| {
            let inside = sets.iter().any(|set| is_of(finding, set));
            let foreign = side.set.is_some() && (finding.set.is_some() || finding.session.is_some());
            !inside && !foreign
        })
    };
    let of_good = of(good, &pairing.pairs.iter().map(|pair| pair.good).collect());
    let of_bad = of(bad, &pairing.pairs.iter().map(|pair| pair.bad).collect());
    let seen = Seen {
        good: sight::covers(good.analysis, bad.analysis),
        bad: sight::covers(bad.analysis, good.analysis),
    };
    compare(&of_good, &of_bad, seen)
}

/// Whether a finding is about this set, or about the session that made it.
pub(super) fn is_of(finding: &Finding, set: &SnapshotSet) -> bool {
    match &finding.set {
        Some(id) => *id == set.id,
        None => finding.session.is_some() && finding.session == set.session,
    }
}

/// Whether each side's evidence would show what only the other has.
#[derive(Clone, Copy)]
struct Seen {
    good: bool,
    bad: bool,
}

fn groups(analysis: &Analysis, is_meant: impl Fn(&Finding) -> bool) -> Groups {
    let mut groups = Groups::new();
    let counts = |finding: &&Finding| finding.counts() && is_meant(finding);
    for finding in analysis.findings.iter().filter(counts) {
        let subject = match &finding.writer {
            Some(writer) => format!("{}: {writer}", finding.rule),
            None => finding.rule.clone(),
        };
        let group = groups.entry(subject).or_insert((0, finding.severity));
        group.0 += 1;
        group.1 = group.1.max(finding.severity);
    }
    groups
}

fn compare(good: &Groups, bad: &Groups, seen: Seen) -> Vec<Change> {
    let subjects: BTreeSet<&String> = good.keys().chain(bad.keys()).collect();
    let changes = subjects.into_iter().filter_map(|subject| {
        let (of_good, of_bad) = (good.get(subject), bad.get(subject));
        let (kind, turn) = match (of_good, of_bad) {
            (Some(good), Some(bad)) if good == bad => return None,
            (Some(good), Some(bad)) => (ChangeKind::Changed, turn(good.1.cmp(&bad.1))),
            (None, _) if seen.good => (ChangeKind::New, Turn::Worse),
            (None, _) => (ChangeKind::NotSeenInGood, Turn::Neutral),
            (_, None) if seen.bad => (ChangeKind::Gone, Turn::Better),
            (_, None) => (ChangeKind::NotSeenInBad, Turn::Neutral),
        };
        let mut found = change(Topic::Finding, subject, kind, turn, (of_good.map(words), of_bad.map(words)));
        (found.good_severity, found.bad_severity) =
            (of_good.map(|group| group.1), of_bad.map(|group| group.1));
        Some(found)
    });
    changes.collect()
}

fn words(&(count, severity): &(usize, Severity)) -> String {
    if count > 1 { format!("{severity}, {count} findings") } else { severity.to_string() }
}
