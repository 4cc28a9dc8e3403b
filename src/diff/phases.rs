//! Phases: which are there, how they came out, how long they took.

use super::{LEAST_MS, One, RATIO, change, sight, value};
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Change, ChangeKind, HResult, Phase, Topic, Turn, WriterRun};

/// The phases of the sets themselves.
pub(super) fn of_sets(good: &One<'_>, bad: &One<'_>) -> Vec<Change> {
    let subject = |name: &str| name.to_owned();
    compare(Topic::Phase, (good, &good.set.phases), (bad, &bad.set.phases), subject)
}

/// The phases of a writer on both sides.
pub(super) fn of_writers(
    writer: &str,
    good: (&One<'_>, &WriterRun),
    bad: (&One<'_>, &WriterRun),
) -> Vec<Change> {
    let subject = |name: &str| format!("{writer}: {name}");
    compare(Topic::WriterPhase, (good.0, &good.1.phases), (bad.0, &bad.1.phases), subject)
}

/// A name, with its number from the second on.
pub(super) fn numbered(name: &str, number: usize) -> String {
    if number > 1 { format!("{name} ({number})") } else { name.to_owned() }
}

fn compare(
    topic: Topic,
    good: (&One<'_>, &[Phase]),
    bad: (&One<'_>, &[Phase]),
    subject: impl Fn(&str) -> String,
) -> Vec<Change> {
    let mut matched: BTreeMap<String, (Option<&Phase>, Option<&Phase>)> = BTreeMap::new();
    for (name, phase) in named(topic, good.1) {
        matched.entry(name).or_default().0 = Some(phase);
    }
    for (name, phase) in named(topic, bad.1) {
        matched.entry(name).or_default().1 = Some(phase);
    }
    let mut changes = Vec::new();
    for (name, phases) in matched {
        let subject = subject(&name);
        match phases {
            (Some(of_good), Some(of_bad)) => {
                let subjects = (topic, subject.as_str());
                changes.extend(result(&subject, of_good, of_bad));
                changes.extend(length(subjects, (good.0, of_good), (bad.0, of_bad)));
                changes.extend(end(subjects, (good.0, of_good), (bad.0, of_bad)));
            }
            (Some(phase), None) => {
                let seen = bad.0.sight.would_show(&good.0.sight, good.0.analysis, phase);
                let kind = if seen { ChangeKind::Gone } else { ChangeKind::NotSeenInBad };
                let mut found = change(topic, &subject, kind, Turn::Neutral, (Some(there(phase)), None));
                found.good_ms = measured(good.0.analysis, phase);
                changes.push(found);
            }
            (None, Some(phase)) => {
                let seen = good.0.sight.would_show(&bad.0.sight, bad.0.analysis, phase);
                let kind = if seen { ChangeKind::New } else { ChangeKind::NotSeenInGood };
                let mut found = change(topic, &subject, kind, Turn::Neutral, (None, Some(there(phase))));
                found.bad_ms = measured(bad.0.analysis, phase);
                changes.push(found);
            }
            (None, None) => {}
        }
    }
    changes
}

/// Phases by actor and name; those that occur several times by their number.
fn named(topic: Topic, phases: &[Phase]) -> Vec<(String, &Phase)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let named = |phase: &Phase| {
        let parent = phase.parent.as_deref().map(|parent| format!("{parent}/")).unwrap_or_default();
        match topic {
            Topic::WriterPhase => format!("{parent}{}", phase.name),
            _ => format!("{} {parent}{}", phase.actor.as_str(), phase.name),
        }
    };
    phases
        .iter()
        .map(|phase| {
            let name = named(phase);
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            (numbered(&name, *count), phase)
        })
        .collect()
}

/// What is said of a phase that one side has.
fn there(phase: &Phase) -> String {
    phase.result.clone().unwrap_or_else(|| "seen".to_owned())
}

fn result(subject: &str, good: &Phase, bad: &Phase) -> Option<Change> {
    value(Topic::Result, subject, good.result.clone(), bad.result.clone(), is_failure)
}

/// Whether a result of a phase says that it failed: a code, or the words of [`Phase::result`].
fn is_failure(result: &str) -> bool {
    let code = result.parse::<HResult>().is_ok_and(|code| code.is_failure());
    code || matches!(result, "veto" | "abort")
}

/// The duration, where the clocks of all events behind it measure.
fn measured(analysis: &Analysis, phase: &Phase) -> Option<f64> {
    let measures = |at: &usize| analysis.events.get(*at).is_none_or(|event| event.clock.measures());
    phase.duration_ms.filter(|_| phase.events.iter().all(measures))
}

/// Whether two durations can be compared: they were measured by sources of one kind, and neither is a bound while the other is
/// not. A record of the registry, for instance, waits for the end of the hold, a line of a trace does not.
fn are_alike(good: (&One<'_>, &Phase), bad: (&One<'_>, &Phase)) -> bool {
    let channels = |(one, phase): (&One<'_>, &Phase)| sight::channels(one.analysis, &phase.events);
    channels(good) == channels(bad) && good.1.note.is_some() == bad.1.note.is_some()
}

fn length(subject: (Topic, &str), good: (&One<'_>, &Phase), bad: (&One<'_>, &Phase)) -> Option<Change> {
    if !are_alike(good, bad) {
        return None;
    }
    let good_ms = measured(good.0.analysis, good.1)?;
    let bad_ms = measured(bad.0.analysis, bad.1)?;
    let is_over = |ms: f64, phase: &Phase| phase.limit_ms.is_some_and(|limit| ms > limit);
    let (kind, turn) = match (is_over(good_ms, good.1), is_over(bad_ms, bad.1)) {
        (false, true) => (ChangeKind::OverLimit, Turn::Worse),
        (true, false) => (ChangeKind::WithinLimit, Turn::Better),
        _ if is_longer(bad_ms, good_ms) => (ChangeKind::Slower, Turn::Worse),
        _ if is_longer(good_ms, bad_ms) => (ChangeKind::Faster, Turn::Better),
        _ => return None,
    };
    let mut found = change(subject.0, subject.1, kind, turn, (None, None));
    (found.good_ms, found.bad_ms) = (Some(good_ms), Some(bad_ms));
    found.limit_ms = [good.1.limit_ms, bad.1.limit_ms].into_iter().flatten().reduce(f64::min);
    Some(found)
}

fn is_longer(one: f64, other: f64) -> bool {
    one - other > LEAST_MS && one > other * RATIO
}

/// A phase that began on both sides and ended on one.
fn end(subject: (Topic, &str), good: (&One<'_>, &Phase), bad: (&One<'_>, &Phase)) -> Option<Change> {
    let began = good.1.started.is_some() && bad.1.started.is_some();
    let words = |phase: &Phase| Some(if phase.ended.is_some() { "ended" } else { "no end" }.to_owned());
    let shown = |absent: (&One<'_>, &Phase), present: (&One<'_>, &Phase)| {
        absent.0.sight.would_show(&present.0.sight, present.0.analysis, present.1)
    };
    let (kind, turn) = match (good.1.ended.is_some(), bad.1.ended.is_some()) {
        (true, false) if shown(bad, good) => (ChangeKind::Changed, Turn::Worse),
        (true, false) => (ChangeKind::NotSeenInBad, Turn::Neutral),
        (false, true) if shown(good, bad) => (ChangeKind::Changed, Turn::Better),
        (false, true) => (ChangeKind::NotSeenInGood, Turn::Neutral),
        _ => return None,
    };
    began.then(|| change(subject.0, subject.1, kind, turn, (words(good.1), words(bad.1))))
}
