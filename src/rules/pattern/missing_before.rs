//! A call that comes without another one that has to come before it on the same instance.

use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use vsscope_model::{CallRecord, Method};

/// What has to come before what.
pub struct MissingBefore {
    /// The call.
    pub pivot: Method,
    /// Whether an earlier call is the one that is needed.
    pub is_needed: fn(&CallRecord) -> bool,
    /// Whether the need does not apply to a session.
    pub is_exempt: fn(&Operation<'_>) -> bool,
    /// What was missing, as the rest of a sentence that begins with the pivot.
    pub missing: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per session. Only a trace that shows every call shows that one is missing.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &MissingBefore) {
    for operation in case.operations.iter().filter(|operation| !(pattern.is_exempt)(operation)) {
        let calls = operation.calls();
        let pivot = calls.iter().position(|call| call.method == pattern.pivot && call.was_taken());
        let Some(at) = pivot.filter(|_| case.sees_every_call(operation)) else { continue };
        if calls[..at].iter().any(pattern.is_needed) {
            continue;
        }
        findings.add(
            Draft::of(info, operation)
                .at(calls[at].started)
                .detail(format!(
                    "{} called {} {}.",
                    words::capital(&operation.requester()),
                    words::call(&calls[at]),
                    pattern.missing
                ))
                .remedy(pattern.remedy)
                .evidence(calls[at].events.iter().copied()),
        );
    }
}
