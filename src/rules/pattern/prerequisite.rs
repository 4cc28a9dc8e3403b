//! Calls that need another one to have succeeded before.

use super::job::{Job, jobs};
use crate::rules::{Case, Draft, Findings, RuleInfo, words};
use vsscope_model::{CallRecord, Method};

/// What needs what.
pub struct Prerequisite {
    /// Calls that need it.
    pub calls: &'static [Method],
    /// Calls of which one has to have succeeded before.
    pub needs: &'static [Method],
    /// Whether the need exists for the call at this place.
    pub applies: fn(&Job<'_, '_>, usize) -> bool,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per instance on which calls lacked what they need.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, pattern: &Prerequisite) {
    for job in jobs(case) {
        let is_wrong = |at: &usize| {
            pattern.calls.contains(&job.call(*at).method)
                && (pattern.applies)(&job, *at)
                && job.lacks(case, *at, pattern.needs)
        };
        let places: Vec<usize> = (0..job.calls.len()).filter(is_wrong).collect();
        let Some(&first) = places.first() else { continue };
        let wrong: Vec<&CallRecord> = places.iter().map(|&at| job.call(at)).collect();
        let is_try = |call: &&CallRecord| pattern.needs.contains(&call.method);
        let tries: Vec<&CallRecord> = job.before(first).iter().filter(is_try).collect();
        findings.add(
            Draft::of(info, job.operation)
                .at(job.call(first).started)
                .detail(format!(
                    "{} called {}, and before that on the same instance {}.",
                    words::capital(&job.operation.requester()),
                    words::calls(&wrong),
                    missing(pattern.needs, &tries)
                ))
                .remedy(pattern.remedy)
                .evidence(wrong.iter().chain(&tries).flat_map(|call| call.events.iter().copied())),
        );
    }
}

/// That nothing of what was needed had succeeded.
fn missing(needs: &[Method], tries: &[&CallRecord]) -> String {
    match tries {
        [] => {
            let names: Vec<&str> = needs.iter().map(Method::as_str).collect();
            format!("never {}", names.join(" or "))
        }
        tries => format!("without success {}", words::calls(tries)),
    }
}
