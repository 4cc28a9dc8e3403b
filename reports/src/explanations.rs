//! The findings as explanations: a cause, and what followed from it.

use std::collections::BTreeSet;
use vsscope_model::{Analysis, Finding, Severity};

/// A finding that no other finding is behind, with those that it is behind.
#[derive(Debug, Clone)]
pub(crate) struct Explanation<'a> {
    /// The cause, as far as it is known.
    pub(crate) cause: &'a Finding,
    /// What followed from it, in order.
    pub(crate) led_to: Vec<&'a Finding>,
}

impl Explanation<'_> {
    /// Whether an error is in it.
    pub(crate) fn is_grave(&self) -> bool {
        std::iter::once(&self.cause).chain(&self.led_to).any(|finding| finding.severity == Severity::Error)
    }
}

/// The findings that count, explanation by explanation. They are in that order in the analysis: each cause stands before what
/// followed from it.
pub(crate) fn explanations(analysis: &Analysis) -> Vec<Explanation<'_>> {
    let counting: Vec<&Finding> = analysis.findings.iter().filter(|finding| finding.counts()).collect();
    let known: BTreeSet<&str> = counting.iter().map(|finding| finding.id.as_str()).collect();
    let mut all: Vec<Explanation<'_>> = Vec::new();
    for finding in counting {
        let follows = finding.cause.as_deref().is_some_and(|cause| known.contains(cause));
        match all.last_mut().filter(|_| follows) {
            Some(explanation) => explanation.led_to.push(finding),
            None => all.push(Explanation { cause: finding, led_to: Vec::new() }),
        }
    }
    all
}
