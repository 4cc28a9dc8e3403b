use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeSet;
use vsscope_model::{Confidence, Event, Guid, Method, Phase, PhaseActor, ProviderStep, SnapshotSet};

rule! {
    /// # What it flags
    /// The steps of one provider for one set are out of order: EndPrepareSnapshots without BeginPrepareSnapshot,
    /// PreCommitSnapshots without EndPrepareSnapshots, CommitSnapshots without PreCommitSnapshots, PostCommitSnapshots
    /// without CommitSnapshots, or one of them before the step that has to come first.
    /// # Why it matters
    /// Mostly lines are missing, and then what is measured on this set is not whole. If none are, the provider and VSS do
    /// not agree about the state of the set.
    /// # Evidence needed
    /// A trace of the provider's functions that shows the session from its beginning.
    /// # When it is silent
    /// The trace begins inside the session or has a hole; the registry key, which keeps the newest instance of each step; a
    /// set without any of the earlier steps, which begins outside of the evidence (EndPrepareSnapshots alone counts if the
    /// session's StartSnapshotSet is in the evidence); for the order in time a session in which the clock was set. Steps of
    /// two sets that are interleaved are not looked at.
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
                for steps in by_provider(case, set) {
                    let Some(found) = disorder(case, operation, set, &steps) else { continue };
                    let Some(event) = first(found.step).and_then(|index| case.event(index)) else { continue };
                    let earlier = found.late.into_iter().flat_map(|phase| phase.events.iter().copied());
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .confidence(operation.tie(event).min(Confidence::Strong))
                            .at(event.time)
                            .detail(format!("{} ({}).", found.text, words::iso(event.time)))
                            .remedy("Check whether the trace is complete; if it is, report it to the maker of the provider.")
                            .evidence(found.step.events.iter().copied())
                            .evidence(earlier),
                    );
                }
            }
        }
    }
}

/// A step that cannot come where it does.
struct Disorder<'t> {
    step: &'t Phase,
    /// The step that should have come before it, where it came after it.
    late: Option<&'t Phase>,
    text: String,
}

/// The steps of each provider of a set. Where no more than one is named, they are all its steps; of several, a step without a
/// name is of an unknown one.
fn by_provider<'t>(case: &Case<'t>, set: &'t SnapshotSet) -> Vec<Vec<&'t Phase>> {
    let steps: Vec<&Phase> = set.phases.iter().filter(|phase| phase.actor == PhaseActor::Provider).collect();
    let of = |phase: &Phase| case.event(first(phase)?)?.provider_id;
    let named: BTreeSet<Guid> = steps.iter().filter_map(|phase| of(phase)).collect();
    if named.len() < 2 {
        return vec![steps];
    }
    let own = |id: Guid| steps.iter().copied().filter(|phase| of(phase) == Some(id)).collect();
    named.into_iter().map(own).collect()
}

fn first(phase: &Phase) -> Option<usize> {
    phase.events.first().copied()
}

/// The first step whose predecessor is missing although a step before that is there, or comes only later.
fn disorder<'t>(
    case: &Case<'_>,
    operation: &Operation<'_>,
    set: &SnapshotSet,
    steps: &[&'t Phase],
) -> Option<Disorder<'t>> {
    let mut events = steps.iter().flat_map(|phase| &phase.events);
    if !events.all(|&index| case.event(index).is_some_and(Event::is_of_function_trace)) {
        return None;
    }
    let of = |step: &ProviderStep| {
        let all = steps.iter().copied().filter(|phase| phase.name == step.as_str());
        all.min_by_key(|phase| first(phase))
    };
    let started = operation
        .calls_of(&Method::StartSnapshotSet)
        .any(|call| call.ok() && (call.set.is_none() || call.set == set.guid));
    let stepped = case.clock_stepped(operation.host(), operation.started, operation.ended);
    let wrong = |pair: &[ProviderStep], earlier: &[ProviderStep]| {
        let [before, step] = pair else { return None };
        let step = of(step)?;
        let Some(late) = of(before) else {
            let begun =
                if earlier.is_empty() { started } else { earlier.iter().any(|other| of(other).is_some()) };
            let text = format!("{} came without {before}", step.name);
            return begun.then_some(Disorder { step, late: None, text });
        };
        let text = format!("{} came before {before}", step.name);
        let reversed = first(step) < first(late) && !stepped;
        reversed.then_some(Disorder { step, late: Some(late), text })
    };
    ORDER.windows(2).enumerate().find_map(|(at, pair)| wrong(pair, &ORDER[..at]))
}
