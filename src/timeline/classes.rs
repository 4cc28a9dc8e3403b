//! Names for writers that a trace knows by the class of their program text only (`CDemoWriter::OnFreeze`).
//!
//! A name comes from other evidence of the host: by its likeness to the class, else by the process, if that is known to
//! host one writer only. Both are inferences; the class stays in [`Writer::class_name`]. A writer that nothing names is
//! called by its class.

use crate::knowledge::writers;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use vsscope_model::{Actor, Event, Inventory, Writer};

/// A writer that other evidence names, and the processes in which it was seen.
struct Named {
    writer: Writer,
    likeness: String,
    pids: BTreeSet<u32>,
}

/// Names the writers of all events.
pub fn name(events: &mut [Event], inventory: &Inventory) {
    if !events.iter().any(|event| class_of(event).is_some()) {
        return;
    }
    let mut hosts: BTreeMap<Arc<str>, Vec<Named>> = BTreeMap::new();
    let mut classes: HashMap<(Arc<str>, u32), BTreeSet<Arc<str>>> = HashMap::new();
    for event in events.iter() {
        let host = event.host.clone().unwrap_or_default();
        if let Some(class) = class_of(event) {
            hosts.entry(Arc::clone(&host)).or_default();
            if let Some(pid) = event.process.pid {
                classes.entry((host, pid)).or_default().insert(Arc::clone(class));
            }
            continue;
        }
        if let Some(writer) = &event.writer {
            add(hosts.entry(host).or_default(), writer, pid_of_writer(event));
        }
    }
    // Lists name a host only seldom: they stand for every host.
    for known in hosts.values_mut() {
        for listed in &inventory.writers {
            add(known, &listed.writer, None);
        }
    }
    for event in events.iter_mut() {
        let host = event.host.clone().unwrap_or_default();
        let Some(class) = class_of(event).cloned() else { continue };
        let known = hosts.get(&host).map(Vec::as_slice).unwrap_or_default();
        let alone = event
            .process
            .pid
            .filter(|pid| classes.get(&(host, *pid)).is_some_and(|classes| classes.len() == 1));
        let found = like(known, &class).or_else(|| in_process(known, alone?)).or_else(|| in_table(&class));
        let found = found.unwrap_or_else(|| Writer { name: Some(Arc::clone(&class)), ..Writer::default() });
        if let Some(writer) = &mut event.writer {
            writer.name = found.name;
            writer.class_id = writer.class_id.or(found.class_id);
            writer.instance_id = writer.instance_id.or(found.instance_id);
        }
    }
}

/// The class, where the event names its writer by nothing else.
fn class_of(event: &Event) -> Option<&Arc<str>> {
    let writer = event.writer.as_ref().filter(|writer| writer.name.is_none() && writer.class_id.is_none())?;
    writer.class_name.as_ref()
}

/// The process that hosts the writer of an event: its own, or that in the tail of a record about it.
fn pid_of_writer(event: &Event) -> Option<u32> {
    event
        .tail()
        .and_then(|tail| tail.pid)
        .or_else(|| event.process.pid.filter(|_| event.actor == Actor::Writer))
}

fn add(known: &mut Vec<Named>, writer: &Writer, pid: Option<u32>) {
    let name = writer.name.clone();
    let name = name.or_else(|| Some(Arc::from(writers::by_class(writer.class_id?)?.name)));
    let Some(name) = name else { return };
    let at = known.iter().position(|other| other.writer.name.as_ref() == Some(&name)).unwrap_or_else(|| {
        let writer = Writer { name: Some(Arc::clone(&name)), ..Writer::default() };
        known.push(Named { writer, likeness: likeness(&name), pids: BTreeSet::new() });
        known.len() - 1
    });
    let entry = &mut known[at];
    entry.writer.class_id = entry.writer.class_id.or(writer.class_id);
    entry.pids.extend(pid);
}

/// What is left of a writer's name or class when its form is taken off: `CSqlServerWriter` and `SqlServerWriter` are alike,
/// `CRegistryWriter` and `Registry Writer` too.
fn likeness(name: &str) -> String {
    let mut letters = name.chars();
    let is_class = letters.next() == Some('C') && letters.next().is_some_and(char::is_uppercase);
    let bare = if is_class { name.get(1..).unwrap_or(name) } else { name };
    let bare: String = bare.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let bare = bare.strip_suffix("writer").unwrap_or(&bare);
    bare.strip_suffix("vss").unwrap_or(bare).to_owned()
}

fn like(known: &[Named], class: &str) -> Option<Writer> {
    let wanted = likeness(class);
    let mut alike = known.iter().filter(|named| named.likeness == wanted);
    let first = alike.next().filter(|_| !wanted.is_empty())?;
    alike.next().is_none().then(|| first.writer.clone())
}

fn in_process(known: &[Named], pid: u32) -> Option<Writer> {
    let mut hosted = known.iter().filter(|named| named.pids.contains(&pid));
    let first = hosted.next()?;
    hosted.next().is_none().then(|| first.writer.clone())
}

fn in_table(class: &str) -> Option<Writer> {
    let wanted = likeness(class);
    let mut alike = writers::all().filter(|known| likeness(known.name) == wanted);
    let first = alike.next()?;
    let only = alike.all(|other| other.class_id == first.class_id);
    let writer =
        Writer { name: Some(Arc::from(first.name)), class_id: Some(first.class_id), ..Writer::default() };
    only.then_some(writer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::{Callback, Edge, Guid, ListedWriter, RecordRef, What};

    fn callback(writer: Writer, pid: u32) -> Event {
        let what = What::Callback { callback: Callback::Freeze, edge: Edge::Entered, accepted: None };
        let mut event = Event::new(Event::NO_TIME, RecordRef::default(), what);
        event.actor = Actor::Writer;
        event.process.pid = Some(pid);
        event.writer = Some(writer);
        event
    }

    fn class(name: &str, pid: u32) -> Event {
        callback(Writer { class_name: Some(Arc::from(name)), ..Writer::default() }, pid)
    }

    fn named(name: &str, pid: u32) -> Event {
        callback(
            Writer { name: Some(Arc::from(name)), class_id: Some(Guid::from_bits(9)), ..Writer::default() },
            pid,
        )
    }

    fn name_of(events: &[Event], inventory: &Inventory) -> (String, Option<Guid>) {
        let mut events = events.to_vec();
        name(&mut events, inventory);
        let writer = events.remove(0).writer.expect("a writer");
        (writer.name.expect("a name").to_string(), writer.class_id)
    }

    #[test]
    fn a_class_gets_the_name_that_is_like_it() {
        let events = [class("CContosoMailWriter", 5), named("Contoso Mail", 6), named("Contoso Files", 5)];
        let expected = ("Contoso Mail".to_owned(), Some(Guid::from_bits(9)));
        assert_eq!(name_of(&events, &Inventory::default()), expected);
    }

    #[test]
    fn a_class_like_no_name_gets_the_only_writer_of_its_process() {
        let one = [class("CShipping", 5), named("Contoso Files", 5)];
        assert_eq!(name_of(&one, &Inventory::default()).0, "Contoso Files");
        let two = [class("CShipping", 5), named("Contoso Files", 5), named("Contoso Mail", 5)];
        assert_eq!(name_of(&two, &Inventory::default()).0, "CShipping");
        let two_classes = [class("CShipping", 5), class("CLoading", 5), named("Contoso Files", 5)];
        assert_eq!(name_of(&two_classes, &Inventory::default()).0, "CShipping");
    }

    #[test]
    fn lists_and_the_table_of_writers_name_classes_too() {
        let writer = Writer { name: Some(Arc::from("Contoso Mail")), ..Writer::default() };
        let inventory = Inventory {
            writers: vec![ListedWriter { writer, ..ListedWriter::default() }],
            ..Inventory::default()
        };
        assert_eq!(name_of(&[class("CContosoMailWriter", 5)], &inventory).0, "Contoso Mail");
        let registry = name_of(&[class("CRegistryWriter", 5)], &Inventory::default());
        assert_eq!(registry.0, "Registry Writer");
        assert_eq!(
            registry.1.map(|id| id.to_string()).as_deref(),
            Some("afbab4a2-367d-4d15-a586-71dbb18f8485")
        );
    }
}
