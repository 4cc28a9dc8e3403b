//! Calls that make sense only with a shadow copy, although its creation failed.

use crate::rules::{Case, Operation};
use vsscope_model::{CallRecord, Confidence, Method};

/// The calls of one session.
pub struct Hit<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The creation that failed last before them.
    pub failed: &'t CallRecord,
    /// The calls.
    pub calls: Vec<&'t CallRecord>,
    /// Weak where evidence is missing in between: a second try may have succeeded there.
    pub confidence: Confidence,
}

/// The calls of a method after a DoSnapshotSet that failed, by session.
pub fn hits<'c, 't>(case: &'c Case<'t>, method: &Method) -> impl Iterator<Item = Hit<'c, 't>> {
    case.operations.iter().filter_map(move |operation| hit(case, operation, method))
}

/// The calls of a method of one session after a DoSnapshotSet that failed. A session that has an older set may well speak
/// of that one.
pub fn hit<'c, 't>(case: &Case<'t>, operation: &'c Operation<'t>, method: &Method) -> Option<Hit<'c, 't>> {
    let calls = operation.calls();
    let creations = |at: usize| calls[..at].iter().filter(|call| call.method == Method::DoSnapshotSet);
    let is_late = |at: usize| creations(at).next().is_some() && creations(at).all(CallRecord::failed);
    let late: Vec<(usize, &CallRecord)> =
        calls.iter().enumerate().filter(|(at, call)| call.method == *method && is_late(*at)).collect();
    let (at, first) = late.first().copied()?;
    let failed = creations(at).next_back()?;
    let torn = case.has_hole(operation, failed.started, first.started);
    let confidence = if torn { Confidence::Weak } else { Confidence::Exact };
    let calls = late.into_iter().map(|(_, call)| call).collect();
    Some(Hit { operation, failed, calls, confidence })
}
