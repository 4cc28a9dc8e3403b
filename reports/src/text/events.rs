//! One line per event.

use super::page::Page;
use super::style::Style;
use super::table::{Grid, Kind};
use super::TextOptions;
use crate::describe::{describe_without_result, named_status, process_label, short_guid, short_volume};
use std::collections::BTreeSet;
use vsscope_model::{Actor, Event};

/// The events as a table, one line each; what does not fit is cut (the JSON form has everything).
///
/// The host has a column where there are several; a narrow page leaves out the actor and the ids.
pub fn events(events: &[Event], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    if events.is_empty() {
        page.paragraph(0, "No events.");
        return page.finish();
    }
    let hosts: BTreeSet<String> = events.iter().filter_map(|e| e.host.as_deref()).map(str::to_lowercase).collect();
    let columns = [
        ("time", Kind::Rigid),
        ("host", Kind::Flexible),
        ("actor", Kind::Rigid),
        ("what", Kind::Flexible),
        ("result", Kind::Flexible),
        ("process", Kind::Flexible),
        ("about", Kind::Flexible),
        ("source", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns).one_line();
    for event in events {
        let wide = |text: String| if options.is_wide() { text } else { String::new() };
        let host = event.host.as_deref().filter(|_| hosts.len() > 1);
        grid.row(vec![
            options.instant(event.time),
            host.map(|host| options.clean(host)).unwrap_or_default(),
            wide(actor_word(event.actor).to_owned()),
            options.clean(&describe_without_result(event)),
            result(&page, event),
            options.clean(&process_label(event)),
            wide(options.clean(&about(event))),
            options.clean(&source(event)),
        ]);
    }
    page.table(0, &grid);
    page.finish()
}

fn actor_word(actor: Actor) -> &'static str {
    match actor {
        Actor::Requester => "requester",
        Actor::Service => "service",
        Actor::Writer => "writer",
        Actor::Provider => "provider",
        Actor::Volsnap => "volsnap",
        Actor::System => "system",
    }
}

fn result(page: &Page, event: &Event) -> String {
    match event.status {
        Some(status) if status.is_failure() => page.style(Style::Error, &named_status(status)),
        Some(status) => named_status(status),
        None => String::new(),
    }
}

/// Set, snapshot, volume, device: what the event is about.
fn about(event: &Event) -> String {
    let parts = [
        event.set.map(|set| format!("set {}", short_guid(set))),
        event.snapshot.map(|snapshot| format!("snapshot {}", short_guid(snapshot))),
        event.volume.as_deref().map(short_volume),
        event.device.clone(),
        event.writer.as_ref().and_then(|writer| writer.name.as_deref()).map(str::to_owned),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// File name and record, line or offset.
fn source(event: &Event) -> String {
    let source = &event.source;
    let name = source.input.rsplit(['/', '\\', '!']).next().unwrap_or(&source.input);
    match (source.record, source.line, source.offset) {
        (Some(record), ..) => format!("{name} #{record}"),
        (None, Some(line), _) => format!("{name}:{line}"),
        (None, None, Some(offset)) => format!("{name} @0x{offset:x}"),
        (None, None, None) => name.to_owned(),
    }
}
