//! `events`: the normalised events.

use super::column::{table, word};
use super::lookup::{Hosts, ids, owners};
use crate::describe;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use vsscope_model::{Analysis, Edge, Event, Status, What};

/// What every row looks up.
struct Shared<'a> {
    hosts: Hosts<'a>,
    inputs: BTreeMap<&'a str, &'a str>,
}

struct Row<'a> {
    number: usize,
    event: &'a Event,
    /// The set and the session that rest on it, where there is one each.
    set: Option<&'a str>,
    session: Option<&'a str>,
    shared: Rc<Shared<'a>>,
}

impl<'a> Row<'a> {
    fn host(&self) -> Option<&'a str> {
        let name = self.event.host.as_deref()?;
        Some(self.shared.hosts.of(name).unwrap_or(name))
    }

    /// The set that the event names, else the one that rests on it.
    fn set(&self) -> Option<Cow<'a, str>> {
        let named = self.event.set.filter(|id| !id.is_null());
        named.map(|id| Cow::Owned(id.to_string())).or(self.set.map(Cow::Borrowed))
    }

    /// The input that was read: the events file for what came through one.
    fn input(&self) -> Option<&'a str> {
        let source = &self.event.source;
        let read = source.via.as_ref().map_or(&source.input, |via| &via.input);
        self.shared.inputs.get(&**read).copied()
    }

    /// The executable, where it is that of the process that the event is about.
    fn image(&self) -> Option<&'a str> {
        let is_acting = self.event.pid_behind() == self.event.process.pid;
        self.event.process.image.as_deref().filter(|_| is_acting)
    }
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let shared = Rc::new(Shared { hosts: Hosts::of_analysis(analysis), inputs: ids(analysis) });
    let events = &analysis.events;
    let sets = owners(events.len(), analysis.sets.iter().map(|set| (set.id.as_str(), set.events.as_slice())));
    let sessions = analysis.sessions.iter().map(|session| (session.id.as_str(), session.events.as_slice()));
    let sessions = owners(events.len(), sessions);
    let owners = sets.into_iter().zip(sessions);
    let row =
        |((number, event), (set, session))| Row { number, event, set, session, shared: Rc::clone(&shared) };
    (1..).zip(events).zip(owners).map(row).collect()
}

/// The word that JSON has for the meaning.
fn kind(event: &Event) -> Option<String> {
    word(serde_json::to_value(&event.what).ok()?.get("kind")?)
}

/// Name of the step that the event is about.
fn step(event: &Event) -> Option<&str> {
    match &event.what {
        What::Call { method, .. } => Some(method.as_str()),
        What::Phase { phase, .. } => Some(phase.as_str()),
        What::Callback { callback, .. } => Some(callback.as_str()),
        What::ProviderStep { step, .. } => Some(step.as_str()),
        What::Flush { step, .. } => Some(step.as_str()),
        What::VolsnapStep { step, .. } => Some(step),
        _ => None,
    }
}

fn edge(event: &Event) -> Option<Edge> {
    match event.what {
        What::Call { edge, .. }
        | What::Phase { edge, .. }
        | What::Callback { edge, .. }
        | What::ProviderStep { edge, .. }
        | What::Flush { edge, .. }
        | What::VolsnapStep { edge, .. } => Some(edge),
        _ => None,
    }
}

table!("events", "One row per event, by time; events without a time stand where their input has them.", rows, {
    event: Integer = |row| Some(row.number),
        "Place among the events shown, from 1; keeps the order where times are equal or absent";
    time: Time = |row| Some(row.event.time), "When";
    clock: Text = |row| word(row.event.clock),
        "Which clock gave the time: `record`, `field`, `corrected`, `trace`, `zone`, `aligned`; no instants: `unzoned`, `order`";
    host: Text = |row| row.host(), "Host, by the name that the other tables have";
    computer: Text = |row| row.event.host.as_ref(), "Computer name as logged";
    actor: Text = |row| word(row.event.actor),
        "Whose action it is: `requester`, `service`, `writer`, `provider`, `volsnap`, `system`";
    what: Text = |row| kind(row.event),
        "Kind of the event, as JSON has it: `call`, `callback`, `snapshot-created`, `log` …";
    step: Text = |row| step(row.event), "Method, phase, callback or step that the event is about";
    edge: Text = |row| word(edge(row.event)?),
        "Which part of the step: `entered`, `returned`, `finished` (asynchronous work), `whole`";
    description: Text = |row| Some(describe(row.event)), "The event in words";
    set: Text = |row| row.set(),
        "Id of the set that the event names, else of the set that rests on it; null where several do";
    session: Text = |row| row.session, "Id of the session that rests on it; null where several do";
    snapshot: Text = |row| row.event.snapshot.map(|id| id.to_string()), "Id of the shadow copy that it names";
    writer: Text = |row| row.event.writer.as_ref()?.name.as_ref(), "Name of the writer that it names";
    class_id: Text = |row| row.event.writer.as_ref()?.class_id.map(|id| id.to_string()), "Class id of the writer";
    instance_id: Text = |row| row.event.writer.as_ref()?.instance_id.map(|id| id.to_string()),
        "Instance id of the writer";
    volume: Text = |row| row.event.volume.as_ref(), "Original volume, as logged";
    device: Text = |row| row.event.device.as_ref(), "Device of the shadow copy, without prefix";
    provider_id: Text = |row| row.event.provider_id.map(|id| id.to_string()), "Id of the shadow copy provider";
    status: Text = |row| row.event.status.map(|status| status.to_string()), "Result code that it reports";
    status_name: Text = |row| row.event.status.and_then(Status::hresult)?.name(), "Symbolic name of the code";
    failed: Boolean = |row| row.event.status.map(Status::is_failure), "Whether the code says failure";
    source: Text = |row| Some(&row.event.provider).filter(|name| !name.is_empty()),
        "Source (provider) of the record, as logged";
    event_id: Integer = |row| row.event.event_id, "Event id; means something only together with the source";
    channel: Text = |row| row.event.source.channel.as_ref(), "Channel (log) of the record";
    level: Integer = |row| row.event.level, "Level: 1 critical, 2 error, 3 warning, 4 information";
    pid: Integer = |row| row.event.pid_behind(), "Process that the event is about";
    tid: Integer = |row| row.event.tid_behind(), "Thread that the event is about";
    image: Text = |row| row.image(), "Executable of this process";
    account: Text = |row| row.event.process.user.as_ref(), "Account, as logged";
    instance: Text = |row| row.event.session.as_ref(),
        "Key of the `IVssBackupComponents` instance, where the evidence has one; no id of `sessions`";
    input: Text = |row| row.input(), "Id of the input";
    path: Text = |row| Some(&row.event.source.input),
        "Path of the log; the original one for what came through an events file";
    record: Integer = |row| row.event.source.record, "Event record id";
    line: Integer = |row| row.event.source.line, "Line, from 1";
    byte_offset: Integer = |row| row.event.source.offset, "Byte offset";
    carved: Boolean = |row| Some(row.event.source.carved),
        "Whether it was found outside of the live records of a log; others of its time may be gone";
});
