//! The rules: a timeline becomes findings.
//!
//! One rule, one file, in the folder of its scope. The doc comment of a rule is its documentation everywhere:
//! rustdoc has it, and [`RuleInfo::doc`] hands it to `vsscope explain`. Rules are pure and see only the
//! timeline, through [`Case`], which holds the look-ups that they share. What several rules do alike is written once in
//! `pattern`; how findings are put in order, numbered and linked to their causes is in `findings` and `causes`.
//!
//! Two promises hold for every rule and are kept in one place, [`Findings::add`]: a finding has evidence, and a finding
//! that rests on a weak link is "possible" and never an error.

#[macro_use]
mod info;
mod case;
mod causes;
mod components;
pub mod custom;
mod findings;
pub mod lookup;
mod noise;
mod origins;
mod ownership;
mod pattern;
mod policy;
mod stops;
mod thresholds;
mod words;

pub mod host;
pub mod provider;
pub mod session;
pub mod set;
pub mod writer;

#[cfg(test)]
mod testing;

pub use case::{Case, Life, Operation};
pub use causes::{causes_of, consequences_of};
pub use findings::{Draft, Findings, Label};
pub use info::{Described, HEADINGS, RuleInfo, Scope};
pub use policy::{Policy, Severities};
pub use thresholds::Thresholds;

use std::sync::LazyLock;
use vsscope_model::{Finding, Timeline};

/// A rule: what it is called and says ([`Described`]), and its condition over the timeline.
pub trait Rule: Described {
    /// Adds a draft for everything that the rule finds.
    fn check(&self, case: &Case<'_>, findings: &mut Findings);
}

/// Rules about what no other rule has explained: they run after all others, in this order.
const LEFTOVERS: &[&dyn Rule] = &[
    &session::instance::BadState,
    &host::KnownNoise,
    &set::SnapshotSetFailed,
    &host::VssErrorLogged,
    &host::FailureInTrace,
];

/// Every rule, by scope; those about what no other rule has explained last.
pub fn catalogue() -> &'static [&'static dyn Rule] {
    static ALL: LazyLock<Vec<&'static dyn Rule>> = LazyLock::new(|| {
        let scopes = [set::RULES, writer::RULES, provider::RULES, host::RULES, LEFTOVERS];
        session::RULES.iter().chain(&scopes).copied().flatten().copied().collect()
    });
    &ALL
}

/// Runs every rule over a timeline; see [`judge`].
pub fn run(timeline: &Timeline, policy: &Policy) -> Vec<Finding> {
    judge(&Case::new(timeline, &policy.thresholds), policy)
}

/// Runs every rule. Findings come gravest first, consequences below their cause, noise last.
pub fn judge(case: &Case<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = Findings::default();
    for rule in catalogue() {
        rule.check(case, &mut findings);
    }
    // The user's own rules come last: they add to what the built-in ones say and silence none of them.
    for rule in &policy.rules {
        rule.check(case, &mut findings);
    }
    findings.weigh(&policy.severities);
    findings.finish(case.timeline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_vanishes_unnoticed() {
        let mut ids: Vec<&str> = catalogue().iter().map(|rule| rule.info().id).collect();
        ids.sort_unstable();
        let known: Vec<&str> = include_str!("ids.txt").lines().collect();
        assert_eq!(ids, known, "src/rules/ids.txt lists every id that was ever given, in order");
    }

    #[test]
    fn ids_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for info in catalogue().iter().map(|rule| rule.info()) {
            let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(info.id.chars().all(kebab) && !info.id.starts_with('-'), "{}", info.id);
            assert!(seen.insert(info.id), "{} comes twice", info.id);
            assert!(!info.title.is_empty() && !info.basis.is_empty(), "{}", info.id);
        }
    }

    #[test]
    fn every_rule_is_documented_under_every_heading() {
        for info in catalogue().iter().map(|rule| rule.info()) {
            let sections = info.sections();
            let headings: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
            assert_eq!(headings, HEADINGS, "{}", info.id);
            for (heading, text) in &sections {
                assert!(text.len() > 8, "{}: {heading} says nothing", info.id);
            }
        }
    }

    #[test]
    fn what_no_rule_cites_is_reported_last() {
        let last = catalogue().last().map(|rule| rule.info().id);
        assert_eq!(last, Some("failure-in-trace"));
    }
}
