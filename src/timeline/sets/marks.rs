//! Sets that only leave marks: audit records, the freezes of database engines.

use super::named::draft;
use super::{Draft, Family, Times};
use crate::knowledge::writers;
use crate::timeline::{HostView, Kinds};
use chrono::Duration;
use std::collections::HashMap;
use vsscope_model::{Database, DatabaseMark, Event, Guid, Timestamp, What};

/// Marks of one set without any other evidence lie no further apart than this, outside a freeze.
fn mark_gap() -> Duration {
    Duration::seconds(30)
}

/// The shadow copies of one set are audited together; a later audit mark is another set. In a log of single-volume sets
/// made in a row they follow each other by 7 s.
fn audit_burst() -> Duration {
    Duration::seconds(2)
}

/// A freeze without its end keeps a set of marks open this long: twice the documented limit.
fn open_freeze() -> Duration {
    Duration::seconds(120)
}

/// A mark that a set leaves by itself.
fn is_mark(event: &Event) -> bool {
    match &event.what {
        What::SnapshotCreated | What::CreationMark { .. } => true,
        What::Database(Database { mark, .. }) => {
            !matches!(mark, DatabaseMark::BackedUp | DatabaseMark::BackupFailed)
        }
        _ => false,
    }
}

/// Gives marks to the sets in whose time they lie, and makes sets of the rest.
pub(super) fn marks(view: &HostView<'_>, drafts: &mut Vec<Draft>) {
    let mut rest: Vec<usize> = Vec::new();
    let times = Times::of(drafts);
    let mut known: HashMap<Guid, usize> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        if let Some(guid) = draft.guid {
            known.entry(guid).or_insert(at);
        }
    }
    // The set of each engine's copy; none where it is one of the rest.
    let mut copies: HashMap<Sign<'_>, Option<usize>> = HashMap::new();
    for (index, event) in view.of(Kinds::MARK).filter(|(_, e)| is_mark(e)) {
        let named = event.set.filter(|guid| !guid.is_null());
        let by_id = named.and_then(|guid| known.get(&guid).copied());
        let is_free = |draft: &Draft| draft.guid.is_none() || named.is_none();
        let by_time = || times.nearest(drafts, event.time, Duration::zero(), is_free);
        let copy = Sign::copy(event);
        let begun = copy.as_ref().filter(|_| is_end(event)).and_then(|copy| copies.get(copy).copied());
        let fits = by_id.or_else(|| begun.unwrap_or_else(by_time));
        if let Some(copy) = copy {
            copies.insert(copy, fits);
        }
        let Some(at) = fits else {
            rest.push(index);
            continue;
        };
        drafts[at].events.push(index);
        if let (None, Some(guid)) = (drafts[at].guid, named) {
            drafts[at].guid = Some(guid);
            known.insert(guid, at);
        }
    }
    let ends = groups(view, rest, drafts);
    give_ends(view, ends, drafts);
}

/// Makes sets of marks that follow each other. What only says that a shadow copy is over makes none; it is given back.
fn groups(view: &HostView<'_>, marks: Vec<usize>, drafts: &mut Vec<Draft>) -> Vec<usize> {
    let mut current: Vec<usize> = Vec::new();
    let mut ends: Vec<usize> = Vec::new();
    for index in marks {
        let follows = !current.is_empty() && continues(view, &current, index);
        if !follows && is_end(&view.events[index]) {
            ends.push(index);
            continue;
        }
        if !follows && !current.is_empty() {
            drafts.push(marks_draft(view, std::mem::take(&mut current)));
        }
        current.push(index);
    }
    if !current.is_empty() {
        drafts.push(marks_draft(view, current));
    }
    ends
}

/// Whether a mark only says that an engine gave its shadow copy up (ESE 2007). An engine also writes it when a backup whose
/// copies are long made ends without BackupComplete.
fn is_end(event: &Event) -> bool {
    matches!(&event.what, What::Database(database) if database.mark == DatabaseMark::Aborted)
}

/// By what the end of an engine's copy is known to belong to a set.
#[derive(PartialEq, Eq, Hash)]
enum Sign<'a> {
    /// An engine numbers its copies, in each process and for each database.
    Copy(Option<u32>, u64, Option<&'a str>),
    /// The process of the engine or of its writer.
    Process(u32),
    /// The writer behind the engine.
    Writer(String),
}

impl<'a> Sign<'a> {
    fn copy(event: &'a Event) -> Option<Self> {
        let What::Database(Database { database, number, .. }) = &event.what else { return None };
        Some(Sign::Copy(event.process.pid, (*number)?, database.as_deref()))
    }

    /// The signs of an engine's mark or of a writer's callback, the firmest first.
    fn all(event: &'a Event) -> Vec<Self> {
        if !matches!(event.what, What::Database(_) | What::Callback { .. }) {
            return Vec::new();
        }
        let writer = event.writer.as_ref().and_then(|writer| writer.name.as_deref().map(str::to_owned));
        let behind = || event.process.image_name().and_then(writers::by_ese_process);
        let writer = writer.or_else(|| behind().map(|writer| writer.name.to_owned()));
        let process = event.process.pid.map(Sign::Process);
        Sign::copy(event).into_iter().chain(process).chain(writer.map(Sign::Writer)).collect()
    }
}

/// Gives each end to the last set before it in which its engine took part. Nothing outlives a start of Windows.
fn give_ends(view: &HostView<'_>, ends: Vec<usize>, drafts: &mut [Draft]) {
    if ends.is_empty() {
        return;
    }
    let mut signs: HashMap<Sign<'_>, Vec<(Timestamp, usize)>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for event in draft.events.iter().map(|&index| &view.events[index]) {
            for sign in Sign::all(event) {
                signs.entry(sign).or_default().push((event.time, at));
            }
        }
    }
    for places in signs.values_mut() {
        places.sort_unstable();
    }
    for index in ends {
        let event = &view.events[index];
        let last = |sign: &Sign<'_>| {
            let places = signs.get(sign)?;
            let before = places.partition_point(|(time, _)| *time <= event.time).checked_sub(1)?;
            places.get(before).copied()
        };
        let found = Sign::all(event).iter().find_map(last);
        if let Some((_, at)) = found.filter(|(time, _)| !view.restarted(*time, event.time)) {
            drafts[at].events.push(index);
        }
    }
}

fn marks_draft(view: &HostView<'_>, events: Vec<usize>) -> Draft {
    let guid = events.iter().find_map(|&i| view.events[i].set.filter(|g| !g.is_null()));
    draft(view, Family::Marks, guid, None, events)
}

/// Whether a mark belongs to the same set as the marks before it.
fn continues(view: &HostView<'_>, marks: &[usize], next: usize) -> bool {
    let event = &view.events[next];
    let guid = marks.iter().find_map(|&i| view.events[i].set.filter(|g| !g.is_null()));
    if let (Some(known), Some(new)) = (guid, event.set) {
        return known == new;
    }
    let count = |wanted: DatabaseMark| {
        marks
            .iter()
            .filter(|&&i| matches!(&view.events[i].what, What::Database(d) if d.mark == wanted))
            .count()
    };
    let last = marks.last().map(|&i| view.events[i].time).unwrap_or(event.time);
    let frozen =
        count(DatabaseMark::FreezeStarted) > count(DatabaseMark::FreezeEnded) + count(DatabaseMark::Aborted);
    if let What::CreationMark { .. } = event.what {
        let is_mark = |i: &&usize| matches!(view.events[**i].what, What::CreationMark { .. });
        if marks.iter().filter(is_mark).any(|&i| event.time - view.events[i].time > audit_burst()) {
            return false;
        }
    }
    // A second "starting" of an engine that has finished is another set.
    let again = matches!(&event.what, What::Database(d) if d.mark == DatabaseMark::Starting)
        && count(DatabaseMark::Completed) + count(DatabaseMark::Aborted) > 0;
    !again && event.time - last <= if frozen { open_freeze() } else { mark_gap() }
}
