//! The evidence begins or ends inside a session.

use crate::rules::{Case, Draft, Findings, RuleInfo, words};
use vsscope_model::{Clock, Session};

/// Which edge.
pub struct Edge {
    /// Whether a session is cut there.
    pub is_cut: fn(&Session) -> bool,
    /// Whether the event at the edge is the last one of the session, else the first.
    pub last: bool,
    /// What it means, after "The evidence …".
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per cut session.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, edge: &Edge) {
    for operation in &case.operations {
        let Some(session) = operation.session.filter(|session| (edge.is_cut)(session)) else { continue };
        let at = if edge.last { operation.events.last() } else { operation.events.first() };
        let Some((index, event)) = at.and_then(|&index| Some((index, case.event(index)?))) else { continue };
        // What a tool prints of its work is not cut: it has no more to print.
        if event.clock == Clock::Order {
            continue;
        }
        findings.add(
            Draft::of(info, operation)
                .detail(format!(
                    "The evidence of the session of {} {} {}. {}",
                    words::requester(session),
                    if edge.last { "ends at" } else { "begins at" },
                    words::iso(event.time),
                    edge.meaning
                ))
                .remedy(edge.remedy)
                .evidence([index]),
        );
    }
}
