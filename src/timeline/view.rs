//! [`HostView`]: the events of one host with their look-ups.

use super::kinds::Kinds;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use vsscope_model::{Event, Guid, Host, Method, Timestamp, What};

/// The events of one host without echoes, by their index in the timeline, with look-ups for what sets and sessions ask for
/// again and again.
/// A log can hold thousands of sets: whatever is asked per set has to cost less than a walk over the log.
pub struct HostView<'a> {
    /// The events of all hosts.
    pub events: &'a [Event],
    /// Name of the host.
    pub host: Arc<str>,
    /// Its events.
    pub indexes: Vec<usize>,
    /// What each of them is.
    kinds: Vec<Kinds>,
    /// Starts and ends of processes by their id.
    processes: HashMap<u32, Vec<usize>>,
    /// Losses of shadow copies.
    pub losses: Vec<usize>,
    /// What was deleted.
    pub deleted: Deleted,
    /// Starts of Windows.
    restarts: Vec<usize>,
    /// The last event of each source.
    ends: HashMap<(&'a str, Option<&'a str>), Timestamp>,
}

/// The log or trace that an event came from: input and channel.
pub fn source(event: &Event) -> (&str, Option<&str>) {
    (&event.source.input, event.source.channel.as_deref())
}

impl<'a> HostView<'a> {
    /// One view per host, in the order of the hosts.
    pub fn of_all(events: &'a [Event], hosts: &[Host], echoes: &BTreeMap<usize, usize>) -> Vec<Self> {
        let mut by_host: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut indexes = 0..events.len();
        for rows in events.chunk_by(|a, b| a.host == b.host) {
            let host = rows.first().and_then(|event| event.host.as_deref()).unwrap_or_default();
            let rows = indexes.by_ref().take(rows.len()).filter(|index| !echoes.contains_key(index));
            by_host.entry(host).or_default().extend(rows);
        }
        hosts
            .iter()
            .map(|host| HostView::new(events, &host.name, by_host.remove(&*host.name).unwrap_or_default()))
            .collect()
    }

    fn new(events: &'a [Event], host: &Arc<str>, indexes: Vec<usize>) -> Self {
        let kinds: Vec<Kinds> = indexes.iter().map(|&i| Kinds::of(&events[i])).collect();
        let mut view = HostView {
            events,
            host: Arc::clone(host),
            processes: HashMap::new(),
            losses: Vec::new(),
            restarts: Vec::new(),
            ends: ends(events, &indexes),
            deleted: Deleted { sets: HashMap::new(), snapshots: HashMap::new() },
            indexes,
            kinds,
        };
        let mut processes: HashMap<u32, Vec<usize>> = HashMap::new();
        for (i, event) in view.of(Kinds::PROCESS) {
            if let Some(pid) = event.process.pid {
                processes.entry(pid).or_default().push(i);
            }
        }
        view.processes = processes;
        view.losses = view.of(Kinds::LOSS).map(|(i, _)| i).collect();
        let restarts = view.of(Kinds::RUN).filter(|(_, event)| matches!(event.what, What::Startup));
        view.restarts = restarts.map(|(i, _)| i).collect();
        view.deleted = Deleted::of(view.of(Kinds::CALL).map(|(_, event)| event));
        view
    }

    /// Index and event of those of some kinds, in order of time.
    pub fn of(&self, kinds: Kinds) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        let all = self.indexes.iter().zip(&self.kinds);
        all.filter(move |(_, of)| of.meet(kinds)).map(|(&i, _)| (i, &self.events[i]))
    }

    /// Index and event of what happened at an instant or later.
    pub fn from(&self, from: Timestamp) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        let first = self.indexes.partition_point(|&i| self.events[i].time < from);
        self.indexes[first..].iter().map(|&i| (i, &self.events[i]))
    }

    /// Starts and ends of the processes with an id, in order of time.
    pub fn processes(&self, pid: u32) -> impl DoubleEndedIterator<Item = (usize, &'a Event)> + '_ {
        self.processes.get(&pid).into_iter().flatten().map(|&i| (i, &self.events[i]))
    }

    /// When the source of an event ends.
    pub fn end_of_source(&self, event: &Event) -> Timestamp {
        self.ends.get(&source(event)).copied().unwrap_or(event.time)
    }

    /// Whether Windows was started between two instants.
    pub fn restarted(&self, from: Timestamp, to: Timestamp) -> bool {
        let first = self.restarts.partition_point(|&i| self.events[i].time <= from);
        self.restarts.get(first).is_some_and(|&i| self.events[i].time < to)
    }
}

/// The last event of each source. Events of one source come in a row, mostly.
fn ends<'a>(events: &'a [Event], indexes: &[usize]) -> HashMap<(&'a str, Option<&'a str>), Timestamp> {
    let mut ends = HashMap::new();
    for rows in indexes.chunk_by(|&a, &b| source(&events[a]) == source(&events[b])) {
        if let Some(last) = rows.last().map(|&index| &events[index]) {
            ends.insert(source(last), last.time);
        }
    }
    ends
}

/// The sets and shadow copies that calls deleted, each with the last instant at which that happened.
pub struct Deleted {
    sets: HashMap<Guid, Timestamp>,
    snapshots: HashMap<Guid, Timestamp>,
}

impl Deleted {
    fn of<'e>(calls: impl Iterator<Item = &'e Event>) -> Self {
        let mut deleted = Deleted { sets: HashMap::new(), snapshots: HashMap::new() };
        for event in calls {
            let is_delete = matches!(event.what, What::Call { method: Method::DeleteSnapshots, .. });
            if !is_delete || event.status.is_some_and(|status| status.is_failure()) {
                continue;
            }
            // In order of time: the last one stays.
            match (event.snapshot, event.set) {
                (Some(snapshot), _) => _ = deleted.snapshots.insert(snapshot, event.time),
                (None, Some(set)) => _ = deleted.sets.insert(set, event.time),
                (None, None) => {}
            }
        }
        deleted
    }

    /// Whether a set, or this shadow copy of it, was deleted at an instant or later.
    pub fn has(&self, set: Option<Guid>, snapshot: Option<Guid>, from: Timestamp) -> bool {
        let last = |known: &HashMap<Guid, Timestamp>, id: Option<Guid>| known.get(&id?).copied();
        let last = last(&self.sets, set).max(last(&self.snapshots, snapshot));
        last.is_some_and(|last| last >= from)
    }
}
