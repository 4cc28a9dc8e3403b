use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Confidence, Phase, PhaseActor, ProviderStep, SnapshotSet};

rule! {
    /// # What it flags
    /// The steps of a provider for one set are out of order: EndPrepareSnapshots without BeginPrepareSnapshot,
    /// PreCommitSnapshots without EndPrepareSnapshots, CommitSnapshots without PreCommitSnapshots, or PostCommitSnapshots
    /// without CommitSnapshots.
    /// # Why it matters
    /// Mostly lines are missing, and then what is measured on this set is not whole. If none are, the provider and VSS do
    /// not agree about the state of the set.
    /// # Evidence needed
    /// A trace of the provider's functions that shows the session from its beginning.
    /// # When it is silent
    /// The trace begins inside the session or has a hole; the registry key, which keeps the newest instance of each step; a
    /// set without any of the earlier steps, which begins outside of the evidence.
    /// # What to do
    /// Check whether the trace is complete; if it is, report it to the maker of the provider.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers; State Transitions in Shadow Copy Providers.
    pub struct ProviderCallOrder {
        id: "provider-call-order",
        title: "Steps of a provider out of order",
        severity: Warning,
        scope: Provider,
        basis: "documented",
    }
}

/// The steps of a creation that every provider gets, in order.
const ORDER: [ProviderStep; 5] = [
    ProviderStep::BeginPrepareSnapshot,
    ProviderStep::EndPrepareSnapshots,
    ProviderStep::PreCommitSnapshots,
    ProviderStep::CommitSnapshots,
    ProviderStep::PostCommitSnapshots,
];

impl Rule for ProviderCallOrder {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let whole = operation.session.is_some_and(|session| !session.starts_mid)
                && !case.has_hole(operation, operation.started, operation.ended)
                && !operation.is_transcript(case.timeline);
            for set in operation.sets.iter().filter(|_| whole) {
                let Some((step, missing)) = disorder(case, set) else { continue };
                let Some(event) = step.events.first().and_then(|&index| case.event(index)) else { continue };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(operation.tie(event).min(Confidence::Strong))
                        .at(event.time)
                        .detail(format!("{} came without {missing} ({}).", step.name, words::iso(event.time)))
                        .remedy("Check whether the trace is complete; if it is, report it to the maker of the provider.")
                        .evidence(step.events.iter().copied()),
                );
            }
        }
    }
}

/// The first step whose predecessor is missing although a step before that is there.
fn disorder<'t>(case: &Case<'_>, set: &'t SnapshotSet) -> Option<(&'t Phase, &'static str)> {
    let steps: Vec<&Phase> = set.phases.iter().filter(|phase| phase.actor == PhaseActor::Provider).collect();
    let every_function = steps
        .iter()
        .flat_map(|phase| &phase.events)
        .all(|&index| case.event(index).is_some_and(vsscope_model::Event::is_of_function_trace));
    let of = |step: &ProviderStep| steps.iter().copied().find(|phase| phase.name == step.as_str());
    let seen = |upto: usize| ORDER[..upto].iter().any(|step| of(step).is_some());
    let gap = |at: usize| {
        let step = of(&ORDER[at])?;
        let before = &ORDER[at - 1];
        (of(before).is_none() && seen(at)).then(|| (step, before.as_str()))
    };
    (1..ORDER.len()).filter(|_| every_function).find_map(gap)
}
