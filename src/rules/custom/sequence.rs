//! Events in an order, within a time.

use super::link::{Link, Same};
use super::{CustomRule, Pattern, Thing};
use crate::rules::{Case, Draft, words};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use vsscope_model::Confidence;

/// Events of these kinds, one after the other, the last no later than `within` after the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// At least two.
    pub steps: Vec<Pattern>,
    /// From the first to the last.
    pub within: TimeDelta,
    /// What they have in common.
    pub same: Vec<Same>,
}

impl Sequence {
    pub(super) fn find(&self, rule: &CustomRule, case: &Case<'_>) -> Vec<Draft> {
        let mut groups: BTreeMap<Link, Vec<Vec<usize>>> = BTreeMap::new();
        for (index, event) in case.events() {
            for (step, pattern) in self.steps.iter().enumerate() {
                if !pattern.matches(case, index, event) {
                    continue;
                }
                let link = Link::of(case, index, event, &self.same).filter(Link::is_whole);
                let Some(link) = link else { continue };
                groups.entry(link).or_insert_with(|| vec![Vec::new(); self.steps.len()])[step].push(index);
            }
        }
        let chains = groups.into_values().flat_map(|steps| self.chains(case, &steps));
        chains.filter_map(|chain| self.draft(rule, case, &chain)).collect()
    }

    /// The sequences in the matches of each step; no event is part of two.
    fn chains(&self, case: &Case<'_>, steps: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let Some((starts, rest)) = steps.split_first() else { return Vec::new() };
        let mut chains: Vec<Vec<usize>> = Vec::new();
        for &start in starts {
            let is_used = chains.last().and_then(|chain| chain.last()).is_some_and(|&last| start <= last);
            let Some(first) = case.event(start).filter(|_| !is_used) else { continue };
            let mut chain = vec![start];
            for matches in rest {
                let last = chain.last().copied().unwrap_or(start);
                let next = matches.get(matches.partition_point(|&index| index <= last));
                let in_time = |index: &&usize| {
                    case.event(**index).is_some_and(|event| event.time - first.time <= self.within)
                };
                let Some(&next) = next.filter(in_time) else { break };
                chain.push(next);
            }
            if chain.len() == steps.len() {
                chains.push(chain);
            }
        }
        chains
    }

    fn draft(&self, rule: &CustomRule, case: &Case<'_>, chain: &[usize]) -> Option<Draft> {
        let first = case.event(*chain.first()?)?;
        let last = case.event(*chain.last()?)?;
        let thing = Thing::of(case, *chain.first()?, first);
        let took = words::seconds(words::millis(first.time, last.time));
        let found = format!(
            "{} events in this order, from {} to {} ({took}).",
            chain.len(),
            words::iso(first.time),
            words::iso(last.time)
        );
        // A clock that was set in between may have turned the order around.
        let clock_set = case.clock_steps(&thing.host, first.time, last.time).next().is_some();
        let confidence = if clock_set { Confidence::Weak } else { Confidence::Exact };
        Some(rule.draft(case, &thing, chain, &found).confidence(confidence))
    }
}
