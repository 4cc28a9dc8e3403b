//! Sets that only leave marks: audit records, the freezes of database engines.

use super::named::draft;
use super::{Draft, Family, Times};
use crate::timeline::HostView;
use chrono::Duration;
use std::collections::HashMap;
use vsscope_model::{Database, DatabaseMark, Event, Guid, What};

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
    for (index, event) in view.iter().filter(|(_, e)| is_mark(e)) {
        let named = event.set.filter(|guid| !guid.is_null());
        let by_id = named.and_then(|guid| known.get(&guid).copied());
        let is_free = |draft: &Draft| draft.guid.is_none() || named.is_none();
        let fits = by_id.or_else(|| times.nearest(drafts, event.time, Duration::zero(), is_free));
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
    let mut current: Vec<usize> = Vec::new();
    for index in rest {
        if !current.is_empty() && !continues(view, &current, index) {
            drafts.push(marks_draft(view, std::mem::take(&mut current)));
        }
        current.push(index);
    }
    if !current.is_empty() {
        drafts.push(marks_draft(view, current));
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
