//! The sets: a row in the table for each, and a body with timeline, phases, writers, snapshots and calls.

use super::blocks::table;
use super::findings::Writer;
use super::markup::{Html, class, sign};
use super::pack::{Body, Packs};
use super::svg::{self, Chart};
use crate::describe::named_status;
use crate::text::analyze::{outcome_style, sets as words, short_id};
use crate::text::page::{Page, indented};
use crate::text::style::Style;
use crate::text::table::{Grid, Kind};
use crate::text::timeline::{
    at, calls, depth, from_start, result, session_words, share, snapshot_words, took, writer_row,
};
use crate::text::units::{count, duration};
use askama::Template;
use std::collections::BTreeSet;
use vsscope_model::{CallRecord, Finding, Participation, Phase, Session, SnapshotSet, Status, WriterRun};

/// Up to so many sets, all bodies are in place; of more, those of a few: with findings, or with a bad end.
const FEW: usize = 100;
const HERE: usize = 20;
/// So many rows are in sight; the others are one step away, since browsers are slow to lay out long tables.
pub(super) const ROWS: usize = 300;

/// A set in the table and in the list below it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) anchor: String,
    pub(super) id: Html,
    pub(super) host: Html,
    pub(super) started: Html,
    pub(super) requester: Html,
    pub(super) outcome: &'static str,
    pub(super) confidence: &'static str,
    pub(super) creation: Html,
    pub(super) creation_ms: u64,
    pub(super) frozen: Html,
    pub(super) frozen_ms: u64,
    pub(super) writers: Html,
    pub(super) volumes: Html,
    pub(super) findings: usize,
    pub(super) body: Body,
}

#[derive(Template)]
#[template(path = "html/set.html")]
struct Detail {
    facts: Vec<(&'static str, Html)>,
    findings: Vec<(String, &'static str, &'static str, Html)>,
    chart: Option<Chart>,
    name: Html,
    phases: Html,
    notes: Vec<Html>,
    writers: Html,
    no_writers: &'static str,
    other_writers: Vec<(&'static str, Html)>,
    snapshots: Vec<Html>,
    calls: Html,
    calls_note: Html,
}

/// All sets in order of start.
pub(super) fn sets(writer: &Writer, packs: &mut Packs) -> Vec<Row> {
    let by_set = writer.by_set();
    let sets = &writer.analysis.sets;
    let mut order: Vec<usize> = (0..sets.len()).collect();
    let rank = |at: &usize| {
        let Some(set) = sets.get(*at) else { return (true, true) };
        let bad = set.outcome.is_bad();
        (!by_set.contains_key(set.id.as_str()), !bad)
    };
    order.sort_by_key(rank);
    let number = if order.len() > FEW { HERE } else { FEW };
    let here: BTreeSet<usize> = order.into_iter().take(number).collect();
    let none = Vec::new();
    let one = |(at, set): (usize, &SnapshotSet)| {
        let set = writer.page.measured(set);
        let findings = by_set.get(set.id.as_str()).unwrap_or(&none);
        let body = packs.body(detail(writer, &set, findings), here.contains(&at));
        row(writer, &set, findings.len(), body)
    };
    sets.iter().enumerate().map(one).collect()
}

fn row(writer: &Writer, set: &SnapshotSet, findings: usize, body: Body) -> Row {
    let (page, options) = (writer.page, writer.page.options);
    let frozen = words::freeze(set);
    let creation = words::creation_ms(set);
    let whole = |ms: Option<f64>| ms.map_or(0, |ms| ms.max(0.0) as u64);
    let requester = session(writer, set).map(|session| words::requester_cell(&session.requester, options));
    Row {
        anchor: writer.places.set(&set.id),
        id: Html::of(&short_id(set, options)),
        host: Html::clean(&set.host),
        started: Html::of(&page.second(set.started)),
        requester: Html::of(&requester.unwrap_or_default()),
        outcome: set.outcome.as_str(),
        confidence: set.confidence.as_str(),
        creation: Html::of(&creation.map(duration).unwrap_or_default()),
        creation_ms: whole(creation),
        frozen: Html::of(&frozen.map(|phase| words::frozen_cell(phase, options)).unwrap_or_default()),
        frozen_ms: whole(frozen.and_then(|phase| phase.duration_ms)),
        writers: Html::of(&words::writers_cell(set, options)),
        volumes: Html::of(&words::volumes_cell(set, options)),
        findings,
        body,
    }
}

fn session<'a>(writer: &Writer<'a>, set: &SnapshotSet) -> Option<&'a Session> {
    let id = set.session.as_deref()?;
    writer.places.sessions.get(id).copied()
}

fn detail(writer: &Writer, set: &SnapshotSet, findings: &[&Finding]) -> Html {
    let (page, options) = (writer.page, writer.page.options);
    let session = session(writer, set);
    let link = |finding: &&Finding| {
        let style = Style::from(finding.severity);
        let words = Html::clean(&finding.title);
        (writer.places.finding(&finding.id), class(style), sign(style), words)
    };
    let note = |phase: &Phase| {
        let note = phase.note.as_deref()?;
        Some(Html::of(&format!("{}: {}", options.clean(&phase.name), options.clean(note))))
    };
    let writers = writers(page, set);
    let no_writers = match (writers.is_empty(), set.writerless) {
        (false, _) => "",
        (true, Some(true)) => "No writer took part.",
        (true, _) => "No writer is known to have taken part.",
    };
    let detail = Detail {
        facts: facts(page, set, session),
        findings: findings.iter().map(link).collect(),
        chart: svg::timeline(set, page),
        name: Html::of(&short_id(set, options)),
        phases: table(&phases(page, set), "Steps of the set"),
        notes: all_phases(set).filter_map(|(_, phase)| note(phase)).collect(),
        writers: table(&writers, "Writers that took part"),
        no_writers,
        other_writers: other_writers(page, set),
        snapshots: set.snapshots.iter().map(|copy| Html::of(&snapshot_words(copy, options))).collect(),
        calls: session
            .map(|session| table(&calls_of(page, set, session), "Calls of the requester"))
            .unwrap_or_default(),
        calls_note: session
            .filter(|session| session.calls.is_empty())
            .map(|session| Html::of(&calls(page, session)))
            .unwrap_or_default(),
    };
    // Writing to a string does not fail.
    Html::ours(detail.render().unwrap_or_default())
}

fn facts(page: &Page, set: &SnapshotSet, session: Option<&Session>) -> Vec<(&'static str, Html)> {
    let options = page.options;
    let dot = options.dot();
    let guid = set.guid.map_or_else(
        || format!("not in the evidence; local name {}", options.clean(&set.id)),
        |guid| guid.to_string(),
    );
    let outcome = page.style(outcome_style(set.outcome), set.outcome.as_str());
    let rests = format!("confidence {}{dot}{}", set.confidence, count(set.evidence_count, "event"));
    let who = session.map(|session| &session.requester);
    let parts = who.map(|who| {
        [
            who.image.as_deref().map(|image| options.clean(image)),
            who.pid.map(|pid| format!("pid {pid}")),
            who.user.as_deref().map(|user| options.clean(user)),
        ]
    });
    let parts: Vec<String> = parts.into_iter().flatten().flatten().collect();
    let requester = if parts.is_empty() { "not in the evidence".to_owned() } else { parts.join(dot) };
    let command = who.and_then(|who| who.command_line.as_deref()).map(|command| options.clean(command));
    let provider = set.provider.as_ref().map(|provider| {
        let id = provider.id.map(|id| id.to_string());
        let name = provider.name.as_deref().map(|name| options.clean(name));
        match (name, id) {
            (Some(name), Some(id)) => format!("{name} ({id})"),
            (name, id) => name.or(id).unwrap_or_default(),
        }
    });
    let volumes: Vec<String> = set.volumes.iter().map(|volume| options.clean(volume)).collect();
    let facts = [
        ("GUID", guid),
        ("Outcome", format!("{outcome}{dot}{rests}")),
        ("Host", options.clean(&set.host)),
        ("Time", span(page, set)),
        ("Requester", requester),
        ("Command", command.unwrap_or_default()),
        ("Session", session.map(|session| session_words(session, options)).unwrap_or_default()),
        ("Provider", provider.unwrap_or_default()),
        ("Volumes", volumes.join(", ")),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    facts.map(|(name, fact)| (name, Html::of(&fact))).collect()
}

/// From when to when.
fn span(page: &Page, set: &SnapshotSet) -> String {
    let clock = page.reading(set.started).words().map(|words| format!("; {words}")).unwrap_or_default();
    let end = match set.ended {
        Some(end) => {
            let took = page.millis(set.started, end).map(|ms| format!(" ({})", duration(ms)));
            format!(" to {}{}", page.instant(end), took.unwrap_or_default())
        }
        None => ", end not in the evidence".to_owned(),
    };
    format!("{}{end}{clock}", page.instant(set.started))
}

/// The phases of the set, then those of every writer that took part, each with its depth.
fn all_phases(set: &SnapshotSet) -> impl Iterator<Item = (Option<&WriterRun>, &Phase)> {
    let took_part = set.writers.iter().filter(|writer| writer.participation == Participation::Involved);
    let of_writers =
        took_part.flat_map(|writer| writer.phases.iter().map(move |phase| (Some(writer), phase)));
    set.phases.iter().map(|phase| (None, phase)).chain(of_writers)
}

fn phases(page: &Page, set: &SnapshotSet) -> Grid {
    let options = page.options;
    let mut grid = Grid::new(&[
        ("step", Kind::Flexible),
        ("by", Kind::Flexible),
        ("from start", Kind::Number),
        ("at", Kind::Rigid),
        ("took", Kind::Number),
        ("limit", Kind::Rigid),
        ("result", Kind::Flexible),
    ]);
    for (writer, phase) in all_phases(set) {
        let first = phase.started.or(phase.ended);
        let (by, all) = match writer {
            Some(writer) => (options.clean(&writer.name), &writer.phases),
            None => (phase.actor.as_str().to_owned(), &set.phases),
        };
        grid.row(vec![
            indented(depth(phase, all), &options.clean(&phase.name)),
            by,
            first.and_then(|time| page.millis(set.started, time)).map(from_start).unwrap_or_default(),
            first.map(|time| at(page, set.started, time)).unwrap_or_default(),
            took(phase),
            share(page, phase),
            result(page, phase),
        ]);
    }
    grid
}

fn writers(page: &Page, set: &SnapshotSet) -> Grid {
    let mut grid = Grid::new(&[
        ("writer", Kind::Flexible),
        ("process", Kind::Flexible),
        ("last state", Kind::Flexible),
        ("frozen", Kind::Rigid),
        ("slowest step", Kind::Flexible),
        ("result", Kind::Flexible),
        ("class id, instance id", Kind::Rigid),
    ]);
    for writer in set.writers.iter().filter(|writer| writer.participation == Participation::Involved) {
        let mut row = writer_row(page, writer, &|one, other| format!("{one} {other}"));
        row.push(ids(writer));
        grid.row(row);
    }
    grid
}

/// One below the other.
fn ids(writer: &WriterRun) -> String {
    let ids = [writer.class_id, writer.instance_id].into_iter().flatten();
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join("\n")
}

fn other_writers(page: &Page, set: &SnapshotSet) -> Vec<(&'static str, Html)> {
    let kinds = [(Participation::Identified, "Only identified"), (Participation::Excluded, "Switched off")];
    let named = |(wanted, words)| {
        let part = set.writers.iter().filter(|writer| writer.participation == wanted);
        let names: Vec<String> = part.map(|writer| page.options.clean(&writer.name)).collect();
        (!names.is_empty()).then(|| (words, Html::of(&names.join(", "))))
    };
    kinds.into_iter().filter_map(named).collect()
}

fn calls_of(page: &Page, set: &SnapshotSet, session: &Session) -> Grid {
    let mut grid = Grid::new(&[
        ("call", Kind::Flexible),
        ("at", Kind::Rigid),
        ("took", Kind::Number),
        ("result", Kind::Flexible),
        ("volume", Kind::Flexible),
    ]);
    for call in &session.calls {
        let took = match call.ended {
            Some(end) => page.millis(call.started, end).map(duration).unwrap_or_default(),
            None => "no end seen".to_owned(),
        };
        grid.row(vec![
            page.options.clean(call.method.as_str()),
            at(page, set.started, call.started),
            took,
            call_result(page, call),
            call.volume.as_deref().map(|volume| page.options.clean(volume)).unwrap_or_default(),
        ]);
    }
    grid
}

fn call_result(page: &Page, call: &CallRecord) -> String {
    let Some(code) = call.hresult else { return String::new() };
    let words = named_status(Status::Hresult(code));
    if call.failed() { page.style(Style::Error, &words) } else { words }
}
