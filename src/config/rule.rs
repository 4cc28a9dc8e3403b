//! `[[rule]]`: the user's own rules.

use super::example::{self, Example};
use super::reader::{self, Mistakes, Table, word};
use super::severity;
use crate::rules::custom::{Absence, Condition, Count, CustomRule, LongPhase, Pattern, Same, Sequence};
use crate::rules::lookup;
use std::ops::Range;
use toml::de::{DeTable, DeValue};
use vsscope_model::{Callback, Edge, HResult, Method, NAMED_HRESULTS, PhaseActor, Severity};

/// Keys of a rule beside its condition.
pub(super) const OWN_KEYS: &[&str] = &["id", "title", "severity", "detail", "remedy", "example"];
pub(super) const SEQUENCE: &[&str] = &["events", "within", "same"];
pub(super) const ABSENCE: &[&str] = &["event", "followed-by", "within", "same"];
/// Keys of a threshold that counts events.
pub(super) const COUNT: &[&str] = &["event", "at-least", "within", "same"];
/// Keys of a threshold for a phase.
pub(super) const PHASE: &[&str] = &["phase", "actor", "writer", "over"];
pub(super) const CONDITIONS: &[&str] = &["event", "sequence", "absence", "threshold"];
pub(super) const PATTERN: &[&str] = &[
    "provider",
    "event-id",
    "level",
    "host",
    "writer",
    "set-known",
    "method",
    "callback",
    "edge",
    "code",
    "text",
    "image",
];
pub(super) const EDGES: &[(&str, Edge)] = &[
    ("entered", Edge::Entered),
    ("returned", Edge::Returned),
    ("finished", Edge::Finished),
    ("whole", Edge::Whole),
];
pub(super) const ACTORS: &[PhaseActor] = &[
    PhaseActor::Requester,
    PhaseActor::Service,
    PhaseActor::Writer,
    PhaseActor::Provider,
    PhaseActor::Volsnap,
];

/// A table and where it stands.
type Placed<'t> = (&'t DeTable<'t>, Range<usize>);

/// The rules of a file and their examples; `taken` are the ids that other files have given.
pub fn read(
    root: &Table<'_>,
    taken: &[String],
    mistakes: &mut Mistakes<'_>,
) -> (Vec<CustomRule>, Vec<Example>) {
    let mut rules: Vec<CustomRule> = Vec::new();
    let mut examples = Vec::new();
    for (entries, span) in root.tables("rule", mistakes) {
        let keys = [OWN_KEYS, CONDITIONS].concat();
        let table = Table::new(entries, span, &keys, mistakes);
        let found = rule(&table, mistakes);
        let id = found.as_ref().map_or("", |(rule, _)| rule.id.as_str());
        examples.extend(example::read(&table, id, mistakes));
        let Some((rule, at)) = found else { continue };
        if taken.contains(&rule.id) || rules.iter().any(|other| other.id == rule.id) {
            mistakes.add(at, format!("there is another rule {:?}", rule.id));
        }
        rules.push(rule);
    }
    (rules, examples)
}

fn rule(table: &Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<(CustomRule, Range<usize>)> {
    for key in ["id", "title", "severity"] {
        table.require(key, mistakes);
    }
    let kebab = |id: &&str| {
        id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'))
    };
    let id = table
        .read("id", "lower-case letters, digits and hyphens", mistakes, |value| value.as_str().filter(kebab));
    let at = table.get("id").map_or(table.span.clone(), toml::Spanned::span);
    if id.is_some_and(|id| lookup::by_id(id).is_some()) {
        mistakes.add(at.clone(), "a built-in rule has this id; choose another");
    }
    let title = table.text("title", mistakes);
    let severity = table.word("severity", severity::LEVELS, mistakes).and_then(severity::level);
    let detail = table.text("detail", mistakes).unwrap_or_default();
    let remedy = table.text("remedy", mistakes).unwrap_or_default();
    let condition = condition(table, mistakes);
    let severity: Severity = severity?;
    let rule =
        CustomRule { id: id?.to_owned(), title: title?, severity, detail, remedy, condition: condition? };
    Some((rule, at))
}

fn condition(table: &Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<Condition> {
    let given: Vec<&str> = CONDITIONS.iter().copied().filter(|key| table.get(key).is_some()).collect();
    let [only] = given.as_slice() else {
        mistakes
            .add(table.span.clone(), format!("a rule has exactly one condition: {}", CONDITIONS.join(", ")));
        return None;
    };
    let placed = table.table(only, mistakes)?;
    match *only {
        "event" => pattern(placed, mistakes).map(Condition::Event),
        "sequence" => sequence(placed, mistakes).map(Condition::Sequence),
        "absence" => absence(placed, mistakes).map(Condition::Absence),
        _ => threshold(placed, mistakes),
    }
}

fn sequence((entries, span): Placed<'_>, mistakes: &mut Mistakes<'_>) -> Option<Sequence> {
    let table = Table::new(entries, span, SEQUENCE, mistakes);
    table.require("within", mistakes);
    let placed = table.tables("events", mistakes);
    if placed.len() < 2 {
        mistakes.add(table.span.clone(), "a sequence needs \"events\" with at least two patterns");
    }
    let steps: Vec<Pattern> = placed.into_iter().filter_map(|placed| pattern(placed, mistakes)).collect();
    let same = same(&table, mistakes);
    Some(Sequence { steps, within: table.duration("within", mistakes)?, same })
}

fn absence((entries, span): Placed<'_>, mistakes: &mut Mistakes<'_>) -> Option<Absence> {
    let table = Table::new(entries, span, ABSENCE, mistakes);
    for key in ["event", "followed-by", "within"] {
        table.require(key, mistakes);
    }
    let event = table.table("event", mistakes).and_then(|placed| pattern(placed, mistakes));
    let followed_by = table.table("followed-by", mistakes).and_then(|placed| pattern(placed, mistakes));
    let (within, same) = (table.duration("within", mistakes), same(&table, mistakes));
    Some(Absence { event: event?, followed_by: followed_by?, within: within?, same })
}

fn threshold((entries, span): Placed<'_>, mistakes: &mut Mistakes<'_>) -> Option<Condition> {
    if entries.contains_key("phase") {
        let table = Table::new(entries, span, PHASE, mistakes);
        table.require("over", mistakes);
        let actors: Vec<&'static str> = ACTORS.iter().map(|actor| actor.as_str()).collect();
        let actor = table.word("actor", &actors, mistakes);
        let name = table.text("phase", mistakes);
        let writer = table.text("writer", mistakes);
        return Some(Condition::LongPhase(LongPhase {
            name: name?,
            actor: ACTORS.iter().copied().find(|known| Some(known.as_str()) == actor),
            writer,
            over: table.duration("over", mistakes)?,
        }));
    }
    let table = Table::new(entries, span, &[COUNT, &["phase"]].concat(), mistakes);
    for key in ["event", "at-least", "within"] {
        table.require(key, mistakes);
    }
    let several =
        |value: &DeValue<'_>| reader::count(value).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 1);
    let at_least = table.read("at-least", "a whole number above one", mistakes, several);
    let event = table.table("event", mistakes).and_then(|placed| pattern(placed, mistakes));
    let (within, same) = (table.duration("within", mistakes), same(&table, mistakes));
    Some(Condition::Count(Count { event: event?, at_least: at_least?, within: within?, same }))
}

fn same(table: &Table<'_>, mistakes: &mut Mistakes<'_>) -> Vec<Same> {
    let items = table.read("same", "a list of words", mistakes, DeValue::as_array);
    let words = items.into_iter().flat_map(|items| items.iter());
    words.filter_map(|value| word(value, Same::KNOWN, mistakes).and_then(Same::from_name)).collect()
}

fn pattern((entries, span): Placed<'_>, mistakes: &mut Mistakes<'_>) -> Option<Pattern> {
    let table = Table::new(entries, span, PATTERN, mistakes);
    if entries.is_empty() {
        mistakes.add(table.span.clone(), format!("an event has to be described: {}", PATTERN.join(", ")));
        return None;
    }
    let id = |value: &DeValue<'_>| u32::try_from(reader::count(value)?).ok();
    let ids = |value: &DeValue<'_>| match value.as_array() {
        Some(list) => {
            list.iter().map(|item| id(item.get_ref())).collect::<Option<Vec<u32>>>().filter(|l| !l.is_empty())
        }
        None => id(value).map(|id| vec![id]),
    };
    let level = |value: &DeValue<'_>| {
        reader::count(value).and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=5).contains(n))
    };
    let edges: Vec<&'static str> = EDGES.iter().map(|(name, _)| *name).collect();
    let edge = table.word("edge", &edges, mistakes);
    Some(Pattern {
        provider: table.text("provider", mistakes),
        event_ids: table.read("event-id", "an event id or a list of them", mistakes, ids).unwrap_or_default(),
        level: table.read("level", "a level from 1 (critical) to 5 (verbose)", mistakes, level),
        host: table.text("host", mistakes),
        writer: table.text("writer", mistakes),
        set_known: table.read("set-known", "true or false", mistakes, DeValue::as_bool),
        method: table.word("method", Method::KNOWN, mistakes).map(Method::from),
        callback: table.word("callback", Callback::KNOWN, mistakes).map(Callback::from),
        edge: EDGES.iter().find(|(name, _)| Some(*name) == edge).map(|(_, edge)| *edge),
        code: code(&table, mistakes),
        text: table.text("text", mistakes),
        image: table.text("image", mistakes),
    })
}

/// A code by its name or its number.
fn code(table: &Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<HResult> {
    let value = table.get("code")?;
    let number = || u32::try_from(reader::count(value.get_ref())?).ok().map(HResult);
    let text = value.get_ref().as_str();
    let found = text.map_or_else(number, |text| HResult::from_name(text).or_else(|| text.parse().ok()));
    if found.is_none() {
        let names: Vec<&str> = NAMED_HRESULTS.iter().map(|(_, name)| *name).collect();
        let near = text.map(|text| reader::suggestion(text, &names)).unwrap_or_default();
        mistakes
            .add(value.span(), format!("\"code\" has to be a known name or a number like 0x800423f2{near}"));
    }
    found
}
