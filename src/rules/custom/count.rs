//! Too many of something in too short a time.

use super::link::{Link, Same};
use super::{CustomRule, Pattern, Thing};
use crate::rules::{Case, Draft, words};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// So many events of one kind within a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// What is counted.
    pub event: Pattern,
    /// From how many on.
    pub at_least: usize,
    /// From the first of them to the last.
    pub within: TimeDelta,
    /// What they have in common.
    pub same: Vec<Same>,
}

impl Count {
    pub(super) fn find(&self, rule: &CustomRule, case: &Case<'_>) -> Vec<Draft> {
        let mut groups: BTreeMap<Link, Vec<usize>> = BTreeMap::new();
        for (index, event) in case.events().filter(|(index, event)| self.event.matches(case, *index, event)) {
            let link = Link::of(case, index, event, &self.same).filter(Link::is_whole);
            if let Some(link) = link {
                groups.entry(link).or_default().push(index);
            }
        }
        groups.into_values().filter_map(|events| self.draft(rule, case, &events)).collect()
    }

    /// One draft for all times at which there were so many.
    fn draft(&self, rule: &CustomRule, case: &Case<'_>, events: &[usize]) -> Option<Draft> {
        let time = |index: usize| case.event(index).map(|event| event.time);
        let dense = events.windows(self.at_least).filter(|window| {
            let ends =
                window.first().and_then(|&first| time(first)).zip(window.last().and_then(|&last| time(last)));
            ends.is_some_and(|(first, last)| last - first <= self.within)
        });
        let counted: Vec<usize> = dense.flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let first = case.event(*counted.first()?)?;
        let last = case.event(*counted.last()?)?;
        let found = format!(
            "{} between {} and {}; the rule allows fewer than {} within {}.",
            words::capital(&words::times(counted.len())),
            words::iso(first.time),
            words::iso(last.time),
            self.at_least,
            words::seconds(words::millis(first.time, first.time + self.within))
        );
        let things: BTreeSet<Thing> =
            counted.iter().filter_map(|&index| Some(Thing::of(case, index, case.event(index)?))).collect();
        Some(rule.draft(case, &common(&things, first.host.as_deref()), &counted, &found))
    }
}

/// What all of the things have in common.
fn common(things: &BTreeSet<Thing>, host: Option<&str>) -> Thing {
    let one = |part: fn(&Thing) -> &Option<String>| {
        let first = things.first().and_then(|thing| part(thing).clone());
        first.filter(|first| things.iter().all(|thing| part(thing).as_ref() == Some(first)))
    };
    Thing {
        host: host.unwrap_or_default().to_owned(),
        session: one(|thing| &thing.session),
        set: one(|thing| &thing.set),
        writer: one(|thing| &thing.writer),
    }
}
