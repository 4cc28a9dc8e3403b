//! Which events belong to which snapshot set.
//!
//! Three families, from firm to weak: sets that events name by id; sets of the registry trace, which are told apart by the
//! protocol (a host creates one set after the other: StartSnapshotSet opens a creation, the end of DoSnapshotSet closes
//! it); and sets that only leave
//! marks - audit records, the freezes of database engines. Whatever else happens in a set's time is attached by time.
//! What a set looks like is worked out in [`super::shape`] from the events alone.

mod marks;
mod named;
mod neighbours;
mod registry;
mod transcripts;

use super::indexes::IndexMap;
use super::{HostView, Taken, at_time, settle};
use chrono::Duration;
use marks::marks;
use named::{is_after_creation, is_part_of_creation, named};
use neighbours::attach_neighbours;
use registry::registry_trace;
use std::collections::{BTreeMap, HashSet};
use transcripts::transcripts;
use vsscope_model::{Event, Guid, ServiceRun, Session, SessionDetail, SnapshotSet, Timestamp};

/// How a set was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Events name the set.
    Named,
    /// The registry trace shows the creation.
    RegistryTrace,
    /// Only marks: audit records, freezes of database engines.
    Marks,
}

/// A set to be: its events.
#[derive(Debug, Clone)]
pub struct Draft {
    /// How it was found.
    pub family: Family,
    /// Its id, where the evidence has it.
    pub guid: Option<Guid>,
    /// Index of its session among the host's sessions.
    pub session: Option<usize>,
    /// First sign.
    pub started: Timestamp,
    /// Begin of the creation proper: from here on the host works for this set alone.
    pub begun: Timestamp,
    /// End of the creation, as far as it is known.
    pub created: Timestamp,
    /// The events in order.
    pub events: Vec<usize>,
}

impl Draft {
    /// Adds an event that names the set.
    fn take(&mut self, index: usize, event: &Event) {
        self.events.push(index);
        if is_part_of_creation(event) && !is_after_creation(event) {
            self.created = self.created.max(event.time);
        }
    }
}

/// The sets of a host in order of start, and the sessions that only repeat others.
pub fn find(view: &HostView<'_>, sessions: &[Session], runs: &[ServiceRun]) -> (Vec<Draft>, HashSet<usize>) {
    let owners = owners(sessions);
    let mut drafts = named(view, sessions, &owners);
    registry_trace(view, sessions, &mut drafts);
    marks(view, &mut drafts);
    let folded = transcripts(view, sessions, &mut drafts);
    drafts.sort_by_key(|draft| (draft.started, draft.events.first().copied()));
    for draft in drafts.iter_mut().filter(|draft| draft.session.is_none()) {
        let mut known = draft.events.iter().filter_map(|index| owners.get(index).copied());
        draft.session = known.find(|&at| sessions[at].detail == SessionDetail::Identity);
    }
    attach_neighbours(view, sessions, runs, &mut drafts);
    for draft in &mut drafts {
        draft.events.sort_unstable();
        draft.events.dedup();
    }
    (drafts, folded)
}

/// The session of each event that has one.
fn owners(sessions: &[Session]) -> IndexMap<usize> {
    let of_all = sessions.iter().enumerate().rev();
    of_all.flat_map(|(at, session)| session.events.iter().map(move |&index| (index, at))).collect()
}

/// Drafts by time, for the question which of them were there at an instant.
struct Times {
    /// (start, draft), by start.
    starts: Vec<(Timestamp, usize)>,
    /// The latest end of the creation up to here.
    latest: Vec<Timestamp>,
}

impl Times {
    fn of(drafts: &[Draft]) -> Self {
        let mut starts: Vec<(Timestamp, usize)> =
            drafts.iter().enumerate().map(|(at, draft)| (draft.started, at)).collect();
        starts.sort_unstable();
        let mut latest: Vec<Timestamp> = Vec::with_capacity(starts.len());
        for &(start, at) in &starts {
            let end = drafts[at].created.max(start);
            latest.push(latest.last().map_or(end, |&before| before.max(end)));
        }
        Times { starts, latest }
    }

    /// The draft to which something belongs that happened at an instant: the one that was being created then, else the one
    /// whose creation is nearest, as long as it began no later than `lead` after the instant and ended no earlier than
    /// [`settle`] before it.
    fn nearest(
        &self,
        drafts: &[Draft],
        time: Timestamp,
        lead: Duration,
        wanted: impl Fn(&Draft) -> bool,
    ) -> Option<usize> {
        let last = self.starts.partition_point(|(start, _)| *start - lead <= time);
        let reaches = |at: &usize| time <= self.latest[*at] + settle();
        let candidates = (0..last).rev().take_while(reaches).map(|at| self.starts[at].1);
        let fits = |at: &usize| time <= drafts[*at].created + settle() && wanted(&drafts[*at]);
        let distance = |at: &usize| {
            let draft = &drafts[*at];
            (draft.begun - time).max(time - draft.created).max(Duration::zero())
        };
        candidates.filter(fits).min_by_key(|at| (distance(at), drafts[*at].started, *at))
    }
}

/// Adds what only repeats a step of a set, as evidence.
pub fn add_echoes(sets: &mut [SnapshotSet], echoes: &BTreeMap<usize, usize>) {
    let mut of: IndexMap<Vec<usize>> = IndexMap::default();
    for (&echo, &step) in echoes {
        of.entry(step).or_default().push(echo);
    }
    for set in sets.iter_mut().filter(|_| !of.is_empty()) {
        let more: Vec<usize> =
            set.events.iter().filter_map(|index| of.get(index)).flatten().copied().collect();
        set.evidence_count += more.len();
        set.events.extend(more);
        set.events.sort_unstable();
    }
}

/// Gives every set its id: the GUID, else a name made of host and time.
pub fn name(sets: &mut [SnapshotSet]) {
    let mut taken = Taken::default();
    sets.sort_by(|a, b| {
        (a.started, &a.host, a.guid.map(|g| g.0)).cmp(&(b.started, &b.host, b.guid.map(|g| g.0)))
    });
    for set in sets {
        let host = set.host.split('.').next().unwrap_or(&set.host);
        let name = match set.guid {
            Some(guid) => guid.to_string(),
            None => at_time(host, set.started),
        };
        set.id = taken.unique(name);
    }
}
