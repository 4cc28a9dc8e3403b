//! [`DiagValues`]: what the readers of exports, queries and hives fill, and the events that it becomes.
//!
//! Every value of `Services\VSS\Diag` is the newest instance of one step (Microsoft KB 3081408), so all events from here
//! are marked as such: what is absent says nothing, and a beginning that is newer than its end belongs to another call.
//! Both stay as they are; what belongs together is decided by the timeline. The snapshot set is taken from the blob's
//! GUID, which is inferred; volsnap's steps may have the id of something else there, so that theirs stays a parameter.

use super::blob::{self, Blob};
use super::names::{self, Meaning};
use super::order::{Order, Rank};
use crate::collect::{Collector, Seen};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use vsscope_model::{
    Actor, Clock, Event, IssueKind, LogDetail, Param, Process, RecordRef, RegistryKey, Status,
};

/// What stands for the channel of a value.
pub(super) const CHANNEL: &str = r"Services\VSS\Diag";
/// What stands for the provider of an event.
const PROVIDER: &str = "VSS Diag key";

/// Values that are kept. A real key has some hundred.
const MAX_VALUES: usize = 20_000;
/// Keys and subkeys that are kept.
const MAX_KEYS: usize = 10_000;
/// What is said of a line that cannot be text.
const NO_TEXT: &str = "a line holds bytes that are no text";
/// Longest name of a key or value and longest default value that is kept, in bytes; real ones are below 200.
pub(super) const MAX_NAME: usize = 1000;

/// What a value holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    /// `REG_BINARY`: the bytes, of which no more than [`blob::LOOKED_AT`] are needed.
    Binary(Vec<u8>),
    /// Text, or the text that stands for a value of another type.
    Text(String),
}

/// Where in the input something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Line, from 1.
    Line(u64),
    /// Offset in bytes.
    Offset(u64),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Line(line) => write!(f, "line {line}"),
            Place::Offset(offset) => write!(f, "offset {offset:#x}"),
        }
    }
}

/// A key of the input: `Diag` of one control set, or a key below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Which `Diag`.
    diag: usize,
    /// The path below it; empty for itself.
    below: Arc<str>,
}

/// Gathers the values of an input.
#[derive(Default)]
pub(super) struct DiagValues {
    host: Arc<str>,
    diags: Vec<RegistryKey>,
    /// Places of [`DiagValues::diags`] by their paths in lower case.
    roots: HashMap<String, usize>,
    keys: HashMap<String, Key>,
    seen: HashSet<(String, String, Vec<u8>)>,
    steps: Vec<Step>,
    order: Option<Order>,
    /// Values that are there more than once: where the first of them is, and how many.
    merged: Option<(Place, u64)>,
    /// Lines with bytes that are no text outside of the key: where the first of them is, and how many.
    damaged_outside: Option<(Place, u64)>,
}

struct Step {
    rank: Rank,
    event: Event,
}

impl DiagValues {
    /// Sets the machine that the values are of, where the input names it.
    pub fn host(&mut self, host: &str) {
        self.host = Arc::from(host);
    }

    /// Whether a key `Diag` was met.
    pub fn has_diag(&self) -> bool {
        !self.diags.is_empty()
    }

    /// Enters a key by its path; None for one that is not `Diag` or below it.
    pub fn key(&mut self, path: &str, place: Place, out: &mut Collector) -> Option<Key> {
        let below = names::below_diag(path)?;
        let folded = path.to_lowercase();
        if let Some(key) = self.keys.get(&folded) {
            return Some(key.clone());
        }
        if path.len() > MAX_NAME || self.keys.len() >= MAX_KEYS {
            out.issue(
                IssueKind::Record,
                place.to_string(),
                "keys that are too many or too long were left out",
            );
            return None;
        }
        let root = path.strip_suffix(below).unwrap_or(path).trim_end_matches('\\');
        let diags = &mut self.diags;
        let diag = *self.roots.entry(root.to_ascii_lowercase()).or_insert_with(|| {
            let source = source(place, out);
            diags.push(RegistryKey { source, path: root.to_owned(), ..RegistryKey::default() });
            diags.len().saturating_sub(1)
        });
        if let Some(diag) = self.diags.get_mut(diag).filter(|_| !below.is_empty()) {
            diag.subkeys.push(below.to_owned());
        }
        let key = Key { diag, below: Arc::from(below) };
        self.keys.insert(folded, key.clone());
        Some(key)
    }

    /// What is known of the key `Diag` that this key is or lies in.
    pub fn diag_mut(&mut self, key: &Key) -> Option<&mut RegistryKey> {
        self.diags.get_mut(key.diag)
    }

    /// Sets the default value of `Diag`; that of a key below it says nothing.
    pub fn default_value(&mut self, key: &Key, text: &str) {
        if let Some(diag) = self.diags.get_mut(key.diag).filter(|_| key.below.is_empty()) {
            diag.default_value = Some(text.chars().take(MAX_NAME).collect());
        }
    }

    /// Enters a named value.
    pub fn value(&mut self, key: &Key, name: &str, data: Data, place: Place, out: &mut Collector) {
        if key.below.is_empty() {
            let message = "a named value directly in the key Diag, of which no meaning is known";
            out.issue(IssueKind::Note, place.to_string(), message);
            return;
        }
        if let Err(message) = self.step(key, name, data, place, out) {
            out.issue(IssueKind::Record, place.to_string(), message);
            out.lose(1);
        }
    }

    fn step(
        &mut self,
        key: &Key,
        name: &str,
        data: Data,
        place: Place,
        out: &mut Collector,
    ) -> Result<(), String> {
        let Data::Binary(mut bytes) = data else {
            return Err("a value that is not binary as those of steps are".to_owned());
        };
        if name.len() > MAX_NAME {
            return Err("a value with a name that no step has".to_owned());
        }
        let blob = blob::decode(&bytes).map_err(|error| error.to_string())?;
        if self.seen.len() >= MAX_VALUES {
            return Err(format!("more than {MAX_VALUES} values; the rest was left out"));
        }
        for oddity in &blob.oddities {
            let kind = match oddity {
                blob::Oddity::Cut => IssueKind::Truncated,
                _ => IssueKind::Note,
            };
            out.issue(kind, place.to_string(), oddity.message());
        }
        let seen = Seen {
            host: &self.host,
            channel: CHANNEL,
            time: blob.time,
            written: blob.time,
            clock: Clock::Record,
        };
        out.count(seen);
        if let Some(diag) = self.diags.get_mut(key.diag) {
            diag.values = diag.values.saturating_add(1);
        }
        bytes.truncate(blob::LOOKED_AT);
        if !self.seen.insert((key.below.to_lowercase(), name.to_lowercase(), bytes)) {
            let (_, merged) = self.merged.get_or_insert((place, 0));
            *merged = merged.saturating_add(1);
            return Ok(());
        }
        match names::value(&key.below, name) {
            Some(meaning) => self.keep(&key.below, name, &blob, meaning, source(place, out)),
            None => out.issue(
                IssueKind::Note,
                place.to_string(),
                "a value with a name that tells no step; it was counted and gives no event",
            ),
        }
        Ok(())
    }

    fn keep(&mut self, key: &str, name: &str, blob: &Blob, meaning: Meaning, source: RecordRef) {
        let order = self.order.get_or_insert_with(Order::new);
        let rank = order.rank(meaning.actor, meaning.volume.is_some(), name);
        let params = params(key, name, blob, meaning.actor);
        let status = blob.result.filter(|result| blob.complete && result.0 != 0).map(Status::Hresult);
        let event = Event {
            provider: Arc::from(PROVIDER),
            host: (!self.host.is_empty()).then(|| self.host.clone()),
            actor: meaning.actor,
            process: process(blob),
            newest_only: true,
            set: blob.guid.filter(|_| meaning.actor != Actor::Volsnap),
            volume: meaning.volume,
            provider_id: meaning.provider_id,
            writer: meaning.writer,
            status,
            record: Some(Box::new(LogDetail { params: params.into(), ..LogDetail::default() })),
            ..Event::new(blob.time, source, meaning.what)
        };
        self.steps.push(Step { rank, event });
    }

    /// Notes a line with bytes that are no text. It costs something in a key that is read, and where no key is seen at all.
    pub fn damaged(&mut self, place: Place, is_inside: bool, out: &mut Collector) {
        if is_inside {
            out.issue(IssueKind::Line, place.to_string(), NO_TEXT);
        } else {
            let (_, lines) = self.damaged_outside.get_or_insert((place, 0));
            *lines = lines.saturating_add(1);
        }
    }

    /// Hands over everything: the events by time, and by nesting where the times are equal. If there are keys at all,
    /// what the container cannot tell is said.
    pub fn settle(mut self, partial: &str, out: &mut Collector) {
        if self.has_diag() {
            out.partial(partial);
        }
        self.steps.sort_by_key(|step| (step.event.time, step.rank));
        for step in self.steps {
            out.keep(step.event);
        }
        if let Some((place, merged)) = self.merged {
            let message =
                "a value is there more than once, in control sets or copies of a key; it gives one event";
            out.issue_of(IssueKind::Note, place.to_string(), message, merged);
        }
        let values = self.diags.iter().map(|diag| diag.values).fold(0, u64::saturating_add);
        let message = match (self.diags.is_empty(), values) {
            (true, _) => Some(format!("holds no key {CHANNEL}")),
            (false, 0) => Some(format!("the key {CHANNEL} holds no value of a step")),
            (false, _) => None,
        };
        if let Some(message) = message {
            out.issue(IssueKind::Note, Place::Offset(0).to_string(), message);
        }
        if let Some((place, lines)) = self.damaged_outside.filter(|_| self.diags.is_empty()) {
            out.issue_of(IssueKind::Line, place.to_string(), NO_TEXT, lines);
        }
        out.inventory().registry.append(&mut self.diags);
    }
}

fn source(place: Place, out: &mut Collector) -> RecordRef {
    let source = out.place(CHANNEL);
    match place {
        Place::Line(line) => RecordRef { line: Some(line), ..source },
        Place::Offset(offset) => RecordRef { offset: Some(offset), ..source },
    }
}

/// 0 stands for no process and no thread.
fn process(blob: &Blob) -> Process {
    let some = |id: u32| (id != 0).then_some(id);
    Process { pid: some(blob.pid), tid: some(blob.tid), ..Process::default() }
}

/// The numbers as they were read. `WriterState` is the state that a writer was in, by its number.
fn params(key: &str, name: &str, blob: &Blob, actor: Actor) -> Vec<Param> {
    let number = |number: u32| number.to_string();
    let state = match (actor, blob.state) {
        (Actor::Writer, Some(1..)) => "WriterState",
        _ => "State",
    };
    let guid = blob.guid.filter(|_| actor == Actor::Volsnap);
    [
        ("Key", Some(key.to_owned())),
        ("Value", Some(name.to_owned())),
        ("Code", blob.code.map(number)),
        ("Flag", blob.flag.map(number)),
        (state, blob.state.map(number)),
        ("Guid", guid.map(|guid| guid.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(Param { name: Some(name.to_owned()), value: value? }))
    .collect()
}
