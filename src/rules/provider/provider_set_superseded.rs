use crate::rules::pattern::provider_step::{provider, steps};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Confidence, Event, Phase, ProviderStep, SnapshotSet};

rule! {
    /// # What it flags
    /// A provider got BeginPrepareSnapshot for a new set while an earlier set was prepared in it that had been neither
    /// committed nor aborted.
    /// # Why it matters
    /// VSS tells a provider of an abort only after DoSnapshotSet was called. A session that went wrong before that shows in
    /// the provider only by the next set, with which the provider drops the earlier one. It says that the earlier session
    /// failed, and is harmless in itself.
    /// # Evidence needed
    /// A trace of the provider's functions with the ids of the sets, of both sets in one file.
    /// # When it is silent
    /// The earlier set was committed, aborted or deleted; its BeginPrepareSnapshot failed; another provider, or it is not
    /// known whether it is the same one; records are missing in between; the sets are in two files; the registry key.
    /// # What to do
    /// Look at the session of the earlier set: why did it not come to DoSnapshotSet?
    /// # References
    /// Microsoft: State Transitions in Shadow Copy Providers; IVssProviderCreateSnapshotSet::AbortSnapshots.
    pub struct ProviderSetSuperseded {
        id: "provider-set-superseded",
        title: "Earlier set never finished in the provider",
        severity: Info,
        scope: Provider,
        basis: "documented",
    }
}

/// Steps that finish a set for the provider.
const FINISHING: [ProviderStep; 6] = [
    ProviderStep::CommitSnapshots,
    ProviderStep::PostCommitSnapshots,
    ProviderStep::PreFinalCommitSnapshots,
    ProviderStep::PostFinalCommitSnapshots,
    ProviderStep::AbortSnapshots,
    ProviderStep::DeleteSnapshots,
];

/// A set that a provider began to prepare.
#[derive(Clone, Copy)]
struct Begun<'c, 't> {
    operation: &'c Operation<'t>,
    set: &'t SnapshotSet,
    step: &'t Phase,
    event: &'t Event,
}

impl Rule for ProviderSetSuperseded {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut begun: Vec<Begun<'_, '_>> =
            case.operations.iter().flat_map(|operation| begun(case, operation)).collect();
        begun.sort_by_key(|begun| begun.event.time);
        for (at, first) in begun.iter().enumerate().filter(|(_, begun)| !is_finished(begun.set)) {
            let next = begun[at + 1..].iter().find(|next| follows(first, next));
            let Some(next) = next.filter(|next| is_whole(case, first, next)) else { continue };
            findings.add(
                Draft::of(self.info(), first.operation)
                    .set(Some(first.set))
                    .confidence(Confidence::Strong)
                    .at(next.event.time)
                    .detail(format!(
                        "{} began to prepare the set {} at {} and got the set {} at {}, without a commit or an abort of \
                         the first one.",
                        words::capital(&provider(first.set)),
                        first.set.id,
                        words::iso(first.event.time),
                        next.set.id,
                        words::iso(next.event.time)
                    ))
                    .remedy("Look at the session of the earlier set and at what it called last.")
                    .evidence(first.step.events.iter().chain(&next.step.events).copied()),
            );
        }
    }
}

/// The sets of an operation with the first BeginPrepareSnapshot that did not fail.
fn begun<'c, 't>(case: &Case<'t>, operation: &'c Operation<'t>) -> impl Iterator<Item = Begun<'c, 't>> {
    let named = operation.sets.iter().filter(|set| set.guid.is_some());
    let begin = |phase: &&Phase| {
        let failed = phase.result.as_deref().is_some_and(|result| result != "ok");
        phase.name == ProviderStep::BeginPrepareSnapshot.as_str() && !failed
    };
    named.filter_map(move |&set| {
        let step = steps(set).find(begin)?;
        let event = step.events.first().and_then(|&index| case.event(index))?;
        event.is_of_function_trace().then_some(Begun { operation, set, step, event })
    })
}

fn is_finished(set: &SnapshotSet) -> bool {
    steps(set).any(|phase| FINISHING.iter().any(|step| step.as_str() == phase.name))
}

/// Whether a set came to the same provider of the same host after another one, in one file.
fn follows(first: &Begun<'_, '_>, next: &Begun<'_, '_>) -> bool {
    let id = |begun: &Begun<'_, '_>| begun.event.provider_id;
    let pid = |begun: &Begun<'_, '_>| begun.event.process.pid;
    let same_provider = match (id(first), id(next)) {
        (Some(a), Some(b)) => a == b,
        _ => pid(first).is_some() && pid(first) == pid(next),
    };
    same_provider
        && first.set.guid != next.set.guid
        && first.operation.host() == next.operation.host()
        && first.event.source.input == next.event.source.input
        && first.event.source.channel == next.event.source.channel
}

/// Whether nothing is missing in between, by a clock that was not set back.
fn is_whole(case: &Case<'_>, first: &Begun<'_, '_>, next: &Begun<'_, '_>) -> bool {
    let (from, to) = (first.event.time, next.event.time);
    !case.has_hole(first.operation, from, to)
        && !case.has_hole(next.operation, from, to)
        && !case.clock_stepped(first.operation.host(), from, to)
}
