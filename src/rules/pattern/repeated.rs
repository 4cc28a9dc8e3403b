//! Calls that an instance takes only once.

use super::job::jobs;
use crate::rules::{Case, Draft, Findings, RuleInfo, words};
use vsscope_model::{CallRecord, Method};

/// A call that is made once only.
pub struct Repeated {
    /// The call.
    pub method: Method,
    /// Whether a repetition counts that VSS refused.
    pub refused: bool,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per instance on which the call was made again after it had succeeded.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &Repeated) {
    for job in jobs(case) {
        let calls = || job.calls.iter().filter(|call| call.method == pattern.method);
        let Some(first) = calls().find(|call| call.was_taken() && !call.failed()) else { continue };
        let again = calls().skip_while(|call| !std::ptr::eq(*call, first)).skip(1);
        let again: Vec<&CallRecord> = again.filter(|call| pattern.refused || call.was_taken()).collect();
        let Some(second) = again.first() else { continue };
        findings.add(
            Draft::of(info, job.operation)
                .at(second.started)
                .detail(format!(
                    "{} called {}, and again on the same instance {}.",
                    words::capital(&job.operation.requester()),
                    words::call(first),
                    words::calls(&again)
                ))
                .remedy(pattern.remedy)
                .evidence(first.events.iter().copied())
                .evidence(again.iter().flat_map(|call| call.events.iter().copied())),
        );
    }
}
