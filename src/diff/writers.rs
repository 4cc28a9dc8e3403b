//! The writers of two sets: which are there, what they did, how they came out.

use super::{One, change, phases, value};
use std::collections::BTreeMap;
use vsscope_model::{Change, ChangeKind, Topic, Turn, WriterRun};

pub(super) fn compare(good: &One<'_>, bad: &One<'_>) -> Vec<Change> {
    let matched = matched(&good.set.writers, &bad.set.writers);
    let mut changes = Vec::new();
    for (subject, pair) in matched {
        match pair {
            (Some(of_good), Some(of_bad)) => {
                changes.extend(of_both(&subject, of_good, of_bad));
                changes.extend(result(&subject, (good, of_good), (bad, of_bad)));
                changes.extend(phases::of_writers(&subject, (good, of_good), (bad, of_bad)));
            }
            (Some(writer), None) => {
                let seen = is_seen(bad, good, writer);
                let kind = if seen { ChangeKind::Gone } else { ChangeKind::NotSeenInBad };
                let values = (Some(writer.participation.as_str().to_owned()), None);
                changes.push(change(Topic::Writer, &subject, kind, Turn::Neutral, values));
            }
            (None, Some(writer)) => {
                let seen = is_seen(good, bad, writer);
                let kind = if seen { ChangeKind::New } else { ChangeKind::NotSeenInGood };
                let values = (None, Some(writer.participation.as_str().to_owned()));
                changes.push(change(Topic::Writer, &subject, kind, Turn::Neutral, values));
            }
            (None, None) => {}
        }
    }
    changes
}

/// Whether a side would show a writer that the other side has.
fn is_seen(side: &One<'_>, other: &One<'_>, writer: &WriterRun) -> bool {
    side.set.writerless == Some(true)
        || side.sight.would_show_writer(&other.sight, other.analysis, &writer.phases)
}

type Matched<'a> = BTreeMap<String, (Option<&'a WriterRun>, Option<&'a WriterRun>)>;

/// Writers by name, the instances of one name in their order; those whose name one side does not know by class.
fn matched<'a>(good: &'a [WriterRun], bad: &'a [WriterRun]) -> Matched<'a> {
    let (good, bad) = (named(good), named(bad));
    let mut matched = Matched::new();
    for (name, writer) in &good {
        matched.entry(name.clone()).or_default().0 = Some(*writer);
    }
    for (name, writer) in &bad {
        matched.entry(name.clone()).or_default().1 = Some(*writer);
    }
    let by_class = |writers: &BTreeMap<String, &'a WriterRun>, others: &BTreeMap<String, &'a WriterRun>| {
        let mut classes = BTreeMap::new();
        for (name, writer) in writers.iter().filter(|(name, _)| !others.contains_key(*name)) {
            if let Some(class) = writer.class_id {
                classes.entry(class).or_insert_with(|| (name.clone(), *writer));
            }
        }
        classes
    };
    let of_bad = by_class(&bad, &good);
    for (class, (name, writer)) in by_class(&good, &bad) {
        if let Some((other_name, other)) = of_bad.get(&class) {
            matched.remove(&name);
            matched.remove(other_name);
            // The same name whichever side knows it.
            matched.insert(name.min(other_name.clone()), (Some(writer), Some(other)));
        }
    }
    matched
}

fn named(writers: &[WriterRun]) -> BTreeMap<String, &WriterRun> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named = BTreeMap::new();
    for writer in writers {
        let count = counts.entry(&writer.name).or_default();
        *count += 1;
        named.insert(phases::numbered(&writer.name, *count), writer);
    }
    named
}

fn of_both(subject: &str, good: &WriterRun, bad: &WriterRun) -> Vec<Change> {
    let part = |writer: &WriterRun| Some(writer.participation.as_str().to_owned());
    let state = |writer: &WriterRun| {
        let state = writer.state?;
        Some(state.name().map_or_else(|| format!("state {}", state.0), str::to_owned))
    };
    let failed = |name: &str| name.starts_with("VSS_WS_FAILED");
    [
        value(Topic::Writer, subject, part(good), part(bad), |_| false),
        value(Topic::WriterState, subject, state(good), state(bad), failed),
        value(Topic::WriterProcess, subject, process(good), process(bad), |_| false),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The executable of the hosting process, without its process id, which every start changes.
fn process(writer: &WriterRun) -> Option<String> {
    let process = writer.process.as_deref()?;
    let name = process.split_once(" (").map_or(process, |(name, _)| name);
    Some(name.to_ascii_lowercase())
}

/// The last failure code. That a side has none is a fact only where its evidence would show one.
fn result(subject: &str, good: (&One<'_>, &WriterRun), bad: (&One<'_>, &WriterRun)) -> Option<Change> {
    let code = |writer: &WriterRun| {
        let code = writer.hresult?;
        Some(code.name().map_or_else(|| code.to_string(), |name| format!("{code} {name}")))
    };
    let (of_good, of_bad) = (code(good.1), code(bad.1));
    let mut found = value(Topic::WriterResult, subject, of_good, of_bad, |_| false)?;
    let shown = |absent: &One<'_>, present: &One<'_>| absent.sight.tells_as_much_as(&present.sight);
    match found.kind {
        ChangeKind::NotSeenInBad if shown(bad.0, good.0) => {
            (found.kind, found.turn) = (ChangeKind::Gone, Turn::Better);
        }
        ChangeKind::NotSeenInGood if shown(good.0, bad.0) => {
            (found.kind, found.turn) = (ChangeKind::New, Turn::Worse);
        }
        _ => {}
    }
    Some(found)
}
