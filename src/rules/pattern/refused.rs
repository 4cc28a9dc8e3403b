//! Calls that came back with a code of which the page says what it means for just this call.

use crate::rules::{Case, Draft, Findings, RuleInfo, words};
use vsscope_model::{CallRecord, HResult, Method};

/// Which codes of which calls, and what they mean.
pub struct Refused {
    /// The calls.
    pub methods: &'static [Method],
    /// The codes.
    pub is_hit: fn(HResult) -> bool,
    /// What they mean, in one or two sentences.
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per session.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &Refused) {
    for operation in &case.operations {
        let hits: Vec<(&CallRecord, HResult)> = operation
            .calls()
            .iter()
            .filter(|call| pattern.methods.contains(&call.method))
            .filter_map(|call| Some((call, result(call, pattern.is_hit)?)))
            .collect();
        let Some((first, _)) = hits.first() else { continue };
        let named: Vec<String> = hits.iter().map(|(call, code)| name(call, *code)).collect();
        let set = first.set.and_then(|guid| case.set_of_guid(guid));
        findings.add(
            Draft::of(info, operation)
                .set(set)
                .at(first.started)
                .detail(format!(
                    "{} called {}. {}",
                    words::capital(&operation.requester()),
                    words::list(&named),
                    pattern.meaning
                ))
                .remedy(pattern.remedy)
                .evidence(hits.iter().flat_map(|(call, _)| call.events.iter().copied())),
        );
    }
}

/// The code of a call that counts: its final result, else the one of its acceptance.
pub fn result(call: &CallRecord, is_hit: fn(HResult) -> bool) -> Option<HResult> {
    [call.hresult, call.accepted].into_iter().flatten().find(|code| is_hit(*code))
}

fn name(call: &CallRecord, code: HResult) -> String {
    let component = call.args.component.as_ref().map(crate::rules::components::label);
    let of = component.or_else(|| call.set.or(call.snapshot).map(|id| id.to_string()));
    let of = of.map(|of| format!(" ({of})")).unwrap_or_default();
    format!("{}{of} at {} with the result {}", call.method, words::iso(call.started), words::code(code))
}
