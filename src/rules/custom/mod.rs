//! The user's own rules, as data: what `[[rule]]` of `vsscope.toml` says, and its condition over the timeline.
//!
//! They are held to what the built-in ones are held to: pure, with evidence, and only possible where they rest on an
//! absence. Reading them from a file is the business of [`crate::config`].

mod absence;
mod count;
mod link;
mod pattern;
mod phase;
mod sequence;
#[cfg(test)]
mod tests;

pub use absence::Absence;
pub use count::Count;
pub use link::Same;
pub use pattern::{Pattern, is_host};
pub use phase::LongPhase;
pub use sequence::Sequence;

use super::{Case, Draft, Findings, Label, words};
use std::collections::BTreeMap;
use vsscope_model::{Event, Severity, Timestamp};

/// A rule of the user's.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomRule {
    /// Kebab-case id; no built-in rule has it.
    pub id: String,
    /// One line.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// What it means that the rule fires; may be empty.
    pub detail: String,
    /// What to do; may be empty.
    pub remedy: String,
    /// When it fires.
    pub condition: Condition,
}

/// When a rule of the user's fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// There is such an event.
    Event(Pattern),
    /// There are such events, in this order.
    Sequence(Sequence),
    /// There is such an event, and what should follow did not.
    Absence(Absence),
    /// There are so many of such events.
    Count(Count),
    /// A phase took longer than this.
    LongPhase(LongPhase),
}

impl CustomRule {
    /// Adds a draft for everything that the rule finds.
    pub fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let drafts = match &self.condition {
            Condition::Event(pattern) => self.events(case, pattern),
            Condition::Sequence(sequence) => sequence.find(self, case),
            Condition::Absence(absence) => absence.find(self, case),
            Condition::Count(count) => count.find(self, case),
            Condition::LongPhase(phase) => phase.find(self, case),
        };
        for draft in drafts {
            findings.add(draft);
        }
    }

    fn label(&self) -> Label {
        Label { id: self.id.clone().into(), title: self.title.clone().into(), severity: self.severity }
    }

    /// A draft for what these events are about, with a sentence on what was found.
    fn draft(&self, case: &Case<'_>, thing: &Thing, events: &[usize], found: &str) -> Draft {
        let operation = events.first().and_then(|&first| case.operation_of(first));
        let draft = match operation.filter(|_| thing.session.is_some() || thing.set.is_some()) {
            Some(operation) => {
                let set = operation.sets.iter().find(|set| Some(&set.id) == thing.set.as_ref());
                Draft::of(self.label(), operation).set(set.copied())
            }
            None => Draft::new(self.label(), &thing.host),
        };
        draft
            .writer(thing.writer.as_deref())
            .detail(self.told(found))
            .remedy(self.remedy.as_str())
            .evidence(events.iter().copied())
    }

    /// The rule's own words, then what was found.
    fn told(&self, found: &str) -> String {
        [self.detail.trim(), found].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// One draft per thing that events of this pattern speak of.
    fn events(&self, case: &Case<'_>, pattern: &Pattern) -> Vec<Draft> {
        let found = case.events().filter(|(index, event)| pattern.matches(case, *index, event));
        by_thing(case, found.map(|(index, _)| index))
            .into_iter()
            .map(|(thing, events)| {
                self.draft(case, &thing, &events, &format!("Seen {}.", when(case, &events)))
            })
            .collect()
    }
}

/// What an event is about: a finding is made per thing, not per event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Thing {
    host: String,
    session: Option<String>,
    set: Option<String>,
    writer: Option<String>,
}

impl Thing {
    fn of(case: &Case<'_>, index: usize, event: &Event) -> Self {
        let operation = case.operation_of(index);
        let name = |writer| match operation {
            Some(operation) => operation.writer_name(writer),
            None => super::case::writer_name(writer),
        };
        Thing {
            host: event.host.as_deref().unwrap_or_default().to_owned(),
            session: operation.and_then(|operation| operation.session).map(|session| session.id.clone()),
            set: operation.and_then(|operation| operation.set_of(index)).map(|set| set.id.clone()),
            writer: event.writer.as_ref().and_then(name),
        }
    }
}

fn by_thing(case: &Case<'_>, events: impl Iterator<Item = usize>) -> BTreeMap<Thing, Vec<usize>> {
    let mut things: BTreeMap<Thing, Vec<usize>> = BTreeMap::new();
    for index in events {
        let Some(event) = case.event(index) else { continue };
        things.entry(Thing::of(case, index, event)).or_default().push(index);
    }
    things
}

/// `once, at …` or `3 times, first at …`.
fn when(case: &Case<'_>, events: &[usize]) -> String {
    let first = words::iso(time_of(case, events.first()).unwrap_or(Event::NO_TIME));
    match events {
        [_] => format!("once, at {first}"),
        several => format!("{}, first at {first}", words::times(several.len())),
    }
}

fn time_of(case: &Case<'_>, index: Option<&usize>) -> Option<Timestamp> {
    case.event(*index?).map(|event| event.time)
}
