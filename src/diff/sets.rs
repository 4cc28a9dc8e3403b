//! What two sets are and how they came out.

use super::{One, change, turn, value};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{
    Change, ChangeKind, EndReason, Outcome, Provider, SessionDetail, SessionKind, SnapshotSet, Topic, Turn,
};

pub(super) fn compare(good: &One<'_>, bad: &One<'_>) -> Vec<Change> {
    let mut changes: Vec<Change> = plain(good, bad).into_iter().flatten().collect();
    changes.extend(states(good.set, bad.set));
    changes.extend(outcome(good.set, bad.set));
    changes.extend(of_sessions(good, bad).into_iter().flatten());
    changes
}

/// A value of each side, where it is known.
fn both<'a>(
    topic: Topic,
    good: &'a One<'a>,
    bad: &'a One<'a>,
    of: impl Fn(&'a One<'a>) -> Option<String>,
) -> Option<Change> {
    value(topic, topic.as_str(), of(good), of(bad), |_| false)
}

fn plain(good: &One<'_>, bad: &One<'_>) -> [Option<Change>; 4] {
    [
        both(Topic::Host, good, bad, |one| Some(one.set.host.to_string())),
        provider(good.set, bad.set),
        volumes(good.set, bad.set),
        both(Topic::Snapshots, good, bad, |one| {
            let count = one.set.snapshots.len();
            (count > 0).then(|| count.to_string())
        }),
    ]
}

fn of_sessions(good: &One<'_>, bad: &One<'_>) -> [Option<Change>; 9] {
    let known = |kind: SessionKind| (kind != SessionKind::Unknown).then(|| kind.as_str().to_owned());
    [
        both(Topic::Requester, good, bad, |one| one.session?.requester.image.as_deref().map(str::to_owned)),
        both(Topic::CommandLine, good, bad, |one| one.session?.requester.command_line.clone()),
        both(Topic::User, good, bad, |one| one.session?.requester.user.as_deref().map(str::to_owned)),
        both(Topic::SessionKind, good, bad, |one| known(one.session?.kind)),
        both(Topic::Context, good, bad, |one| {
            let context = one.session?.context?;
            Some(match context.name() {
                Some(name) => format!("{context} {name}"),
                None => context.to_string(),
            })
        }),
        both(Topic::BackupType, good, bad, |one| Some(one.session?.backup_type.as_ref()?.to_string())),
        both(Topic::ComponentMode, good, bad, |one| {
            one.session?.component_mode.map(|mode| if mode { "yes" } else { "no" }.to_owned())
        }),
        value(Topic::EndReason, Topic::EndReason.as_str(), ended(good), ended(bad), |reason| {
            [EndReason::Crashed, EndReason::Restart].iter().any(|grave| grave.as_str() == reason)
        }),
        both(Topic::Evidence, good, bad, |one| one.session.map(|session| detail(session.detail).to_owned())),
    ]
}

/// How the session ended, where that was seen.
fn ended(one: &One<'_>) -> Option<String> {
    let reason = one.session?.end_reason;
    (!matches!(reason, EndReason::Unknown | EndReason::Open)).then(|| reason.as_str().to_owned())
}

fn detail(detail: SessionDetail) -> &'static str {
    match detail {
        SessionDetail::Identity => "only who the requester was",
        SessionDetail::Newest => "the newest of each long call",
        SessionDetail::Phases => "the long calls",
        SessionDetail::Calls => "every call",
    }
}

/// The providers; what only one side knows of a provider's id or name makes no other provider of it.
fn provider(good: &SnapshotSet, bad: &SnapshotSet) -> Option<Change> {
    let words = |set: &SnapshotSet| {
        let provider = set.provider.as_ref()?;
        match (&provider.name, provider.id) {
            (Some(name), Some(id)) => Some(format!("{name} {id}")),
            (Some(name), None) => Some(name.clone()),
            (None, id) => id.map(|id| id.to_string()),
        }
    };
    let is_same = |good: &Provider, bad: &Provider| match (good.id.zip(bad.id), &good.name, &bad.name) {
        (Some((good, bad)), ..) => good == bad,
        (None, Some(good), Some(bad)) => good.eq_ignore_ascii_case(bad),
        _ => false,
    };
    if good.provider.as_ref().zip(bad.provider.as_ref()).is_some_and(|(good, bad)| is_same(good, bad)) {
        return None;
    }
    value(Topic::Provider, Topic::Provider.as_str(), words(good), words(bad), |_| false)
}

/// The volumes, each once; case does not matter. Drive letters and names of volumes cannot be told to be the same or others,
/// so that only their number counts then.
fn volumes(good: &SnapshotSet, bad: &SnapshotSet) -> Option<Change> {
    let of = |set: &SnapshotSet| -> BTreeSet<String> {
        set.volumes.iter().map(|volume| volume.to_ascii_lowercase()).collect()
    };
    let are_named =
        |volumes: &BTreeSet<String>| volumes.iter().all(|volume| volume.starts_with(r"\\?\volume{"));
    let are_letters = |volumes: &BTreeSet<String>| !volumes.iter().any(|volume| volume.starts_with(r"\\?\"));
    let words = |volumes: &BTreeSet<String>| {
        let shown = |volume: &String| {
            if volume.len() == 2 { volume.to_ascii_uppercase() } else { volume.clone() }
        };
        let words: Vec<String> = volumes.iter().map(shown).collect();
        (!words.is_empty()).then(|| words.join(", "))
    };
    let (good, bad) = (of(good), of(bad));
    let other_spelling = (are_named(&good) && are_letters(&bad)) || (are_letters(&good) && are_named(&bad));
    if other_spelling && good.len() == bad.len() {
        return None;
    }
    value(Topic::Volumes, Topic::Volumes.as_str(), words(&good), words(&bad), |_| false)
}

/// How many shadow copies came to what; a state that is not known is not counted.
fn states(good: &SnapshotSet, bad: &SnapshotSet) -> Option<Change> {
    let counts = |set: &SnapshotSet| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for snapshot in set.snapshots.iter().filter(|snapshot| snapshot.state != "unknown") {
            *counts.entry(snapshot.state.clone()).or_default() += 1;
        }
        counts
    };
    let words = |counts: &BTreeMap<String, usize>| {
        let words: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    };
    let (good, bad) = (counts(good), counts(bad));
    let lost = |counts: &BTreeMap<String, usize>| counts.get("lost").copied().unwrap_or(0);
    let topic = Topic::SnapshotStates;
    let mut found = value(topic, topic.as_str(), words(&good), words(&bad), |_| false)?;
    if found.kind == ChangeKind::Changed {
        found.turn = turn(lost(&good).cmp(&lost(&bad)));
    }
    Some(found)
}

fn outcome(good: &SnapshotSet, bad: &SnapshotSet) -> Option<Change> {
    // An outcome that the evidence does not tell is none.
    let rank = |outcome: Outcome| match outcome {
        Outcome::Completed | Outcome::Created => Some(0),
        Outcome::Aborted | Outcome::Failed => Some(1),
        Outcome::Incomplete | Outcome::Unknown => None,
    };
    if good.outcome == bad.outcome {
        return None;
    }
    let (kind, turn) = match (rank(good.outcome), rank(bad.outcome)) {
        (Some(good), Some(bad)) => (ChangeKind::Changed, turn(i32::cmp(&good, &bad))),
        (Some(_), None) => (ChangeKind::NotSeenInBad, Turn::Neutral),
        (None, Some(_)) => (ChangeKind::NotSeenInGood, Turn::Neutral),
        (None, None) => return None,
    };
    let words = |outcome: Outcome| Some(outcome.as_str().to_owned());
    Some(change(
        Topic::Outcome,
        Topic::Outcome.as_str(),
        kind,
        turn,
        (words(good.outcome), words(bad.outcome)),
    ))
}
