//! Steps of a provider and how long they took.

use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use vsscope_model::{Confidence, Phase, PhaseActor, ProviderStep, Severity, SnapshotSet};

/// A rule about the length of steps.
pub struct SlowStep {
    /// The steps.
    pub steps: &'static [ProviderStep],
    /// What takes longer than this, in ms, is slow.
    pub slow_ms: f64,
    /// What takes this long, in ms, is an error.
    pub error_ms: f64,
    /// Why it matters, as a sentence.
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// The steps of the provider of a set.
pub fn steps(set: &SnapshotSet) -> impl Iterator<Item = &Phase> {
    set.phases.iter().filter(|phase| phase.actor == PhaseActor::Provider)
}

/// The provider of a set, for a sentence.
pub fn provider(set: &SnapshotSet) -> String {
    let provider = set.provider.as_ref();
    let name = provider.and_then(|p| p.name.clone().or(p.id.map(|id| id.to_string())));
    name.map_or_else(|| "the provider".to_owned(), |name| format!("provider {name}"))
}

/// One finding per set.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, rule: &SlowStep) {
    for operation in &case.operations {
        for set in &operation.sets {
            let slow: Vec<&Phase> = steps(set).filter(|phase| is_slow(case, set, phase, rule)).collect();
            if !slow.is_empty() {
                findings.add(report(info, operation, set, &slow, rule));
            }
        }
    }
}

fn is_slow(case: &Case<'_>, set: &SnapshotSet, phase: &Phase, rule: &SlowStep) -> bool {
    let stepped = match (phase.started, phase.ended) {
        (Some(from), Some(to)) => case.clock_stepped(&set.host, from, to),
        _ => false,
    };
    rule.steps.iter().any(|step| step.as_str() == phase.name)
        && !stepped
        && phase.duration_ms.is_some_and(|lasted| lasted > rule.slow_ms)
}

fn report(
    info: &'static RuleInfo,
    operation: &Operation<'_>,
    set: &SnapshotSet,
    slow: &[&Phase],
    rule: &SlowStep,
) -> Draft {
    let lasted = |phase: &Phase| phase.duration_ms.unwrap_or_default();
    let named: Vec<String> = slow
        .iter()
        .map(|phase| {
            let from = phase.started.map(|time| format!(" from {}", words::iso(time))).unwrap_or_default();
            let note = phase.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
            format!("{}{from} took {}{note}", phase.name, words::seconds(lasted(phase)))
        })
        .collect();
    // A phase with a note is no exact measure.
    let measured = slow.iter().any(|phase| phase.note.is_none());
    let is_error = slow.iter().any(|phase| lasted(phase) >= rule.error_ms);
    Draft::of(info, operation)
        .set(Some(set))
        .severity(if is_error { Severity::Error } else { info.severity })
        .confidence(if measured { set.confidence.max(Confidence::Strong) } else { Confidence::Weak })
        .detail(format!("At {}, {}. {}", provider(set), words::list(&named), rule.meaning))
        .remedy(rule.remedy)
        .evidence(slow.iter().flat_map(|phase| phase.events.iter().copied()))
}
