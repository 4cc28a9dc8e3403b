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
mod pairing;
mod runs;
mod sessions;
mod sets;
mod shape;

pub use hosts::UNKNOWN_HOST;

#[cfg(test)]
mod tests;

use chrono::Duration;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use vsscope_model::{Event, Host, InputReport, Inventory, Method, Timeline, Timestamp, What};

/// Builds the timeline of everything that was read. The events are taken out of the reports.
pub fn build(reports: &mut [InputReport]) -> Timeline {
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    align::align(reports);
    let names = hosts::Names::of(reports);

    let mut events: Vec<Event> = Vec::new();
    for report in reports.iter_mut() {
        for mut event in report.events.drain(..) {
            event.host = Some(names.canonical(&report.path, event.host.as_deref()));
            events.push(event);
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
    let mut session_ids = BTreeSet::new();
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

/// The events of one host without echoes, by their index in the timeline, with look-ups for what sets and sessions ask for again and again.
/// A log can hold thousands of sets: whatever is asked per set has to cost less than a walk over the log.
struct HostView<'a> {
    events: &'a [Event],
    host: Arc<str>,
    indexes: Vec<usize>,
    /// Starts and ends of processes by their id.
    processes: HashMap<u32, Vec<usize>>,
    /// Losses of shadow copies.
    losses: Vec<usize>,
    /// Calls that delete shadow copies.
    deletes: Vec<usize>,
    /// Starts of Windows.
    restarts: Vec<usize>,
    /// The last event of each source.
    ends: HashMap<(&'a str, Option<&'a str>), Timestamp>,
}

/// The log or trace that an event came from: input and channel.
fn source(event: &Event) -> (&str, Option<&str>) {
    (&event.source.input, event.source.channel.as_deref())
}

impl<'a> HostView<'a> {
    /// One view per host, in the order of the hosts.
    fn of_all(events: &'a [Event], hosts: &[Host], echoes: &BTreeMap<usize, usize>) -> Vec<Self> {
        let mut by_host: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, event) in events.iter().enumerate().filter(|(index, _)| !echoes.contains_key(index)) {
            by_host.entry(event.host.as_deref().unwrap_or_default()).or_default().push(index);
        }
        hosts
            .iter()
            .map(|host| HostView::new(events, &host.name, by_host.remove(&*host.name).unwrap_or_default()))
            .collect()
    }

    fn new(events: &'a [Event], host: &Arc<str>, indexes: Vec<usize>) -> Self {
        let of = |wanted: fn(&What) -> bool| -> Vec<usize> {
            indexes.iter().copied().filter(|&i| wanted(&events[i].what)).collect()
        };
        let mut processes: HashMap<u32, Vec<usize>> = HashMap::new();
        for i in of(|w| matches!(w, What::ProcessStarted { .. } | What::ProcessEnded { .. })) {
            if let Some(pid) = events[i].process.pid {
                processes.entry(pid).or_default().push(i);
            }
        }
        HostView {
            events,
            host: Arc::clone(host),
            processes,
            losses: of(|w| matches!(w, What::ShadowLoss)),
            deletes: of(|w| matches!(w, What::Call { method: Method::DeleteSnapshots, .. })),
            restarts: of(|w| matches!(w, What::Startup)),
            ends: indexes.iter().map(|&i| (source(&events[i]), events[i].time)).collect(),
            indexes,
        }
    }

    /// Index and event, in order of time.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.indexes.iter().map(|&i| (i, &self.events[i]))
    }

    /// Index and event of what happened at an instant or later.
    fn from(&self, from: Timestamp) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        let first = self.indexes.partition_point(|&i| self.events[i].time < from);
        self.indexes[first..].iter().map(|&i| (i, &self.events[i]))
    }

    /// Starts and ends of the processes with an id, in order of time.
    fn processes(&self, pid: u32) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.processes.get(&pid).into_iter().flatten().map(|&i| (i, &self.events[i]))
    }

    /// When the source of an event ends.
    fn end_of_source(&self, event: &Event) -> Timestamp {
        self.ends.get(&source(event)).copied().unwrap_or(event.time)
    }

    /// Whether Windows was started between two instants.
    fn restarted(&self, from: Timestamp, to: Timestamp) -> bool {
        let first = self.restarts.partition_point(|&i| self.events[i].time <= from);
        self.restarts.get(first).is_some_and(|&i| self.events[i].time < to)
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

/// The name itself, or the name with the first number that makes it unique.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2_u32..).map(|n| format!("{name}-{n}"));
    let free =
        std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name);
    taken.insert(free.clone());
    free
}
