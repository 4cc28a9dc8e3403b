use crate::rules::case::first_sign;
use crate::rules::pattern::provider_step::{provider, steps};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Confidence, Event, HResult, Method, Phase, ProviderStep, SnapshotSet};

rule! {
    /// # What it flags
    /// VSS called AbortSnapshots of the provider before PostCommitSnapshots of the set was over, or after it had failed.
    /// # Why it matters
    /// VSS does so when the creation fails after DoSnapshotSet began. No copy is left of the set.
    /// # Evidence needed
    /// A trace with the calls into the provider.
    /// # When it is silent
    /// PostCommitSnapshots had succeeded: an abort after it belongs to another set or comes from the requester's clean-up.
    /// That the requester itself called AbortBackup is named.
    /// # What to do
    /// Look for whatever failed first: a writer, a time limit, a step of the provider.
    /// # References
    /// Microsoft: IVssProviderCreateSnapshotSet::AbortSnapshots.
    pub struct ProviderAborted {
        id: "provider-aborted",
        title: "Provider told to abort",
        severity: Error,
        scope: Provider,
        basis: "documented",
    }
}

impl Rule for ProviderAborted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in &operation.sets {
                if let Some(abort) = abort(case, set) {
                    findings.add(report(self, case, operation, set, abort));
                }
            }
        }
    }
}

/// An abort of a set that was not finished.
fn abort<'t>(case: &Case<'_>, set: &'t SnapshotSet) -> Option<&'t Phase> {
    let named = |step: ProviderStep| steps(set).filter(move |phase| phase.name == step.as_str());
    named(ProviderStep::AbortSnapshots).find(|abort| {
        let at = first_sign(abort);
        let is_done = |step: &Phase| step.ended.is_some() && step.ended <= at && !has_failed(case, step);
        !named(ProviderStep::PostCommitSnapshots).any(is_done)
    })
}

/// Whether a step's last record has a code of failure.
fn has_failed(case: &Case<'_>, step: &Phase) -> bool {
    let last = step.events.last().and_then(|&index| case.event(index));
    last.and_then(Event::hresult).is_some_and(HResult::is_failure)
}

fn report(
    rule: &ProviderAborted,
    case: &Case<'_>,
    operation: &Operation<'_>,
    set: &SnapshotSet,
    abort: &Phase,
) -> Draft {
    let at = first_sign(abort).unwrap_or(set.started);
    let cancelled: Vec<&CallRecord> = operation
        .calls_of(&Method::AbortBackup)
        .filter(|call| set.started <= call.started && call.started <= at)
        .collect();
    let last = steps(set)
        .filter(|phase| phase.name != abort.name && first_sign(phase) <= Some(at))
        .max_by_key(|phase| first_sign(phase));
    let last = last.map(|phase| format!("; its step before that was {}", phase.name)).unwrap_or_default();
    let by = match cancelled.first() {
        Some(call) => format!(" The requester itself had asked for it: {}.", words::call(call)),
        None => String::new(),
    };
    let every =
        abort.events.iter().copied().chain(cancelled.iter().flat_map(|call| call.events.iter().copied()));
    let tie = abort.events.first().and_then(|&index| case.event(index)).map(|event| operation.tie(event));
    Draft::of(rule.info(), operation)
        .set(Some(set))
        .confidence(tie.unwrap_or(Confidence::Strong))
        .at(at)
        .detail(format!(
            "VSS told {} at {} to give the set up before it was finished{last}.{by}",
            provider(set),
            words::iso(at)
        ))
        .remedy("Find what failed first before this call (a writer, a time limit, a step of the provider) and mend that.")
        .evidence(every)
}
