//! One line per event.

use super::TextOptions;
use super::clock::{Reading, legend};
use super::page::Page;
use super::style::Style;
use super::table::{Grid, Kind};
use super::units::count;
use crate::describe::{
    describe, describe_without_result, named_status, process_label, short_guid, short_volume,
};
use vsscope_model::{Actor, Event};

/// The events as a table, one line each; what does not fit is cut (the JSON form has everything).
///
/// A host or a source that all events share is named once, above the table. A narrow page leaves out the actor, a page
/// that is not roomy the ids, and a narrow one puts results behind the words.
pub fn events(events: &[Event], options: &TextOptions) -> String {
    events_told(events, &|_| None, options)
}

/// The events as a table, with what each record says below it, where `message` knows that.
pub fn events_told(
    events: &[Event],
    message: &dyn Fn(&Event) -> Option<String>,
    options: &TextOptions,
) -> String {
    let mut page = Page::new(options);
    if events.is_empty() {
        let filtered = options.left_out.is_some();
        page.paragraph(0, if filtered { "No event passes the filter." } else { "No events." });
        return page.finish();
    }
    let host = shared(events.iter().filter_map(|event| event.host.as_deref()));
    let source = shared(events.iter().map(|event| &*event.source.input));
    let above: Vec<String> = [host, source].into_iter().flatten().map(|text| options.clean(text)).collect();
    let above = above.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(options.dot());
    page.paragraph(
        0,
        &format!("{}{}{above}", count(events.len(), "event"), if above.is_empty() { "" } else { ": " }),
    );

    let columns = [
        ("time", Kind::Rigid),
        ("host", Kind::Flexible),
        ("actor", Kind::Rigid),
        ("what", Kind::Flexible),
        ("result", Kind::Rigid),
        ("process", if options.is_wide() { Kind::Rigid } else { Kind::Flexible }),
        ("about", Kind::Flexible),
        ("source", if source.is_some() { Kind::Rigid } else { Kind::Flexible }),
    ];
    let mut grid = Grid::new(&columns).one_line();
    for event in events {
        let wide = |text: String| if options.is_wide() { text } else { String::new() };
        let what = if options.is_wide() { describe_without_result(event) } else { describe(event) };
        grid.row(vec![
            options.instant(event.time, reading(event)),
            event
                .host
                .as_deref()
                .filter(|_| host.is_none())
                .map(|host| options.clean(host))
                .unwrap_or_default(),
            wide(actor_word(event.actor).to_owned()),
            options.clean(&what),
            wide(result(&page, event)),
            options.clean(&process_label(event)),
            if options.columns() >= ROOMY { options.clean(&about(event, &what)) } else { String::new() },
            options.clean(&place(event, source.is_none())),
        ]);
        if let Some(text) = message(event) {
            grid.note(options.clean(&text));
        }
    }
    page.table(0, &grid);
    for line in legend(events.iter().map(reading)) {
        page.paragraph(0, line);
    }
    page.finish()
}

fn reading(event: &Event) -> Reading {
    Reading::of(event.clock, event.time)
}

/// What all texts say, if they agree.
fn shared<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = texts.next()?;
    texts.all(|text| text == first).then_some(first)
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

/// From this width on there is room for the ids and for the names of codes.
const ROOMY: usize = 150;

/// The code; with its name where there is much room.
fn result(page: &Page, event: &Event) -> String {
    let Some(status) = event.status else { return String::new() };
    let text = if page.options.columns() >= ROOMY { named_status(status) } else { status.to_string() };
    if status.is_failure() { page.style(Style::Error, &text) } else { text }
}

/// Set, snapshot, volume, device, writer: what the event is about, as far as the words do not say it.
fn about(event: &Event, said: &str) -> String {
    let parts = [
        event.set.map(|set| format!("set {}", short_guid(set))),
        event.snapshot.map(|snapshot| format!("snapshot {}", short_guid(snapshot))),
        event.volume.as_deref().map(short_volume),
        event.device.clone(),
        event.writer.as_ref().and_then(|w| w.name.as_deref().or(w.class_name.as_deref())).map(str::to_owned),
    ];
    parts.into_iter().flatten().filter(|part| !said.contains(&**part)).collect::<Vec<_>>().join(", ")
}

/// Record, line or offset, behind the file name where that is not given once for all; whether it was carved.
fn place(event: &Event, named: bool) -> String {
    let source = &event.source;
    let name = source.input.rsplit(['/', '\\', '!']).next().filter(|_| named).unwrap_or_default();
    let place = match (source.record, source.line, source.offset) {
        (Some(record), ..) => format!(" #{record}"),
        (None, Some(line), _) => format!(":{line}"),
        (None, None, Some(offset)) => format!(" @0x{offset:x}"),
        (None, None, None) => String::new(),
    };
    let mark = if source.carved { " (carved)" } else { "" };
    format!("{name}{place}{mark}").trim_start().to_owned()
}
