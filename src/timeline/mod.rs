//! Events become hosts, service runs, sessions and snapshot sets.
//!
//! Pure: the same inputs give the same [`Timeline`], whatever the order in which they were read. Each room does one
//! step: `hosts` says which names are one machine, `runs` finds the runs of the VSS services, `sessions` the
//! requesters, `sets` which events belong to which snapshot set, and `shape` what a set looks like from its events.

mod align;
mod classes;
mod copies;
mod coverage;
mod echoes;
mod hosts;
mod indexes;
mod kinds;
mod pairing;
mod runs;
mod sessions;
mod sets;
mod shape;
mod view;

pub use hosts::UNKNOWN_HOST;

#[cfg(test)]
mod tests;

use chrono::Duration;
use kinds::Kinds;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use view::{HostView, source};
use vsscope_model::{Event, Host, InputReport, Inventory, Timeline, Timestamp};

/// Builds the timeline of everything that was read. The events are taken out of the reports.
pub fn build(reports: &mut [InputReport]) -> Timeline {
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    align::align(reports);
    let names = hosts::Names::of(reports);

    let mut events: Vec<Event> = Vec::new();
    for report in reports.iter_mut() {
        name_hosts(report, &names);
        match events.is_empty() {
            // Of one log the events stay where they are.
            true => events = std::mem::take(&mut report.events),
            false => events.append(&mut report.events),
        }
    }
    let mut inventory = Inventory::default();
    for report in reports.iter_mut() {
        inventory.append(std::mem::take(&mut report.inventory));
    }
    classes::name(&mut events, &inventory);
    // Stable: events of one instant keep the order of their input, which is the order in which they were written.
    events.sort_by_key(|event| event.time);
    copies::drop(&mut events, reports);

    let coverage = coverage::of(reports, &names, &events);
    let mut hosts: Vec<Host> = names.hosts();
    let mut sessions = Vec::new();
    let mut sets = Vec::new();
    let mut session_ids = Taken::default();
    let echoes = echoes::find(&events);
    echoes::hand_over(&mut events, &echoes);
    let views = HostView::of_all(&events, &hosts, &echoes);
    for (host, view) in hosts.iter_mut().zip(&views) {
        host.runs = runs::find(view);
        let mut host_sessions = sessions::find(view, &mut session_ids);
        let (drafts, folded) = sets::find(view, &host_sessions, &host.runs);
        sets.extend(drafts.into_iter().map(|draft| shape::set(view, draft, &host_sessions)));
        let mut number = 0..;
        host_sessions.retain(|_| number.next().is_some_and(|at| !folded.contains(&at)));
        sessions.append(&mut host_sessions);
    }
    sets::add_echoes(&mut sets, &echoes);
    sets::name(&mut sets);
    sessions::link(&mut sessions, &sets, &events);
    sessions.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    sets.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    Timeline { events, hosts, sessions, sets, coverage, inventory, echoes }
}

/// Gives the events of an input the names of their machines.
fn name_hosts(report: &mut InputReport, names: &hosts::Names) {
    let mut known: HashMap<Option<Arc<str>>, Arc<str>> = HashMap::new();
    // Those of one host come in a row, mostly.
    for rows in report.events.chunk_by_mut(|a, b| a.host == b.host) {
        let logged = rows.first().and_then(|event| event.host.clone());
        let host =
            known.entry(logged).or_insert_with_key(|logged| names.canonical(&report.path, logged.as_deref()));
        rows.iter_mut().for_each(|event| event.host = Some(Arc::clone(host)));
    }
}

/// Records of other logs about one moment come this much later (the audit record is written at the end of DoSnapshotSet,
/// a mount a moment after it).
fn settle() -> Duration {
    Duration::seconds(5)
}

/// A name with a time, where there is one.
fn at_time(name: &str, time: Timestamp) -> String {
    if time == Event::NO_TIME {
        return format!("{name}@no-time");
    }
    format!("{name}@{}", time.format("%Y%m%dT%H%M%S%.3fZ"))
}

/// Names that are given.
#[derive(Default)]
struct Taken {
    names: HashSet<String>,
    /// The number to try next, of names that came more than once.
    next: HashMap<String, u32>,
}

impl Taken {
    /// The name itself, or the name with the first number that makes it unique.
    fn unique(&mut self, name: String) -> String {
        if self.names.insert(name.clone()) {
            return name;
        }
        let next = self.next.entry(name.clone()).or_insert(2);
        loop {
            let numbered = format!("{name}-{next}");
            *next += 1;
            if self.names.insert(numbered.clone()) {
                return numbered;
            }
        }
    }
}
