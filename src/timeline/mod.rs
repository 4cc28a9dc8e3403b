//! Events become hosts, service runs, sessions and snapshot sets.
//!
//! Pure: the same inputs give the same [`Timeline`], whatever the order in which they were read. Each room does one
//! step: [`hosts`] says which names are one machine, [`runs`] finds the runs of the VSS services, [`sessions`] the
//! requesters, [`sets`] which events belong to which snapshot set, and [`shape`] what a set looks like from its events.

mod coverage;
mod hosts;
mod pairing;
mod runs;
mod sessions;
mod sets;
mod shape;

pub use hosts::UNKNOWN_HOST;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use vsscope_model::{Event, Host, InputReport, Timeline};

/// Builds the timeline of everything that was read. The events are taken out of the reports.
pub fn build(reports: &mut [InputReport]) -> Timeline {
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    let names = hosts::Names::of(reports);

    let mut events: Vec<Event> = Vec::new();
    for report in reports.iter_mut() {
        for mut event in report.events.drain(..) {
            event.host = Some(names.canonical(&report.path, event.host.as_deref()));
            events.push(event);
        }
    }
    // Stable: events of one instant keep the order of their input, which is the order in which they were written.
    events.sort_by_key(|event| event.time);
    drop_copies(&mut events);

    let coverage = coverage::of(reports, &names, &events);
    let mut hosts: Vec<Host> = names.hosts();
    let mut sessions = Vec::new();
    let mut sets = Vec::new();
    let mut session_ids = BTreeSet::new();
    for host in &mut hosts {
        let view = HostView::of(&events, &host.name);
        host.runs = runs::find(&view);
        let mut host_sessions = sessions::find(&view, &mut session_ids);
        let drafts = sets::find(&view, &host_sessions, &host.runs);
        sets.extend(drafts.into_iter().map(|draft| shape::set(&view, draft, &host_sessions)));
        sessions.append(&mut host_sessions);
    }
    sets::name(&mut sets);
    sessions::link(&mut sessions, &sets, &events);
    sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    sets.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    Timeline { events, hosts, sessions, sets, coverage }
}

/// The events of one host, by their index in the timeline.
struct HostView<'a> {
    events: &'a [Event],
    host: Arc<str>,
    indexes: Vec<usize>,
}

impl<'a> HostView<'a> {
    fn of(events: &'a [Event], host: &Arc<str>) -> Self {
        let is_here = |event: &Event| event.host.as_deref() == Some(&**host);
        let indexes = (0..events.len()).filter(|&i| is_here(&events[i])).collect();
        HostView { events, host: Arc::clone(host), indexes }
    }

    /// Index and event, in order of time.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.indexes.iter().map(|&i| (i, &self.events[i]))
    }
}

/// A record that came in twice (a log and its copy) counts once. Records are the same when host, channel, record id, time,
/// provider and event id are.
fn drop_copies(events: &mut Vec<Event>) {
    let mut seen = HashSet::new();
    events.retain(|event| match (&event.source.channel, event.source.record) {
        (Some(channel), Some(record)) => seen.insert((
            event.host.clone(),
            Arc::clone(channel),
            record,
            event.time,
            Arc::clone(&event.provider),
            event.event_id,
        )),
        _ => true,
    });
}
