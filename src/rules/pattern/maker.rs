//! Which session made the set that a call names, and with which context.

use super::removal::names;
use crate::rules::{Case, Operation};
use vsscope_model::{CallRecord, Context, SnapshotSet, Timestamp};

/// A set that was created in the evidence.
#[derive(Debug, Clone, Copy)]
pub struct Made<'c, 't> {
    /// By whom.
    pub operation: &'c Operation<'t>,
    /// The set.
    pub set: &'t SnapshotSet,
    /// When its creation was over.
    pub created: Timestamp,
    /// The context of its copies.
    pub context: Context,
}

/// The making of the set that a call names by its id or by that of one of its copies. Absent where the evidence does not
/// have its creation or the context of it.
pub fn of<'c, 't>(case: &'c Case<'t>, call: &CallRecord) -> Option<Made<'c, 't>> {
    case.owners_of_named(call).into_iter().find_map(|operation| {
        let context = context(case, operation)?;
        let of_call = |set: &&&'t SnapshotSet| names(call, set);
        let made = |set: &&'t SnapshotSet| {
            let created = operation.creation(set)?.ended.filter(|&created| created <= call.started)?;
            Some(Made { operation, set, created, context })
        };
        operation.sets.iter().filter(of_call).find_map(made)
    })
}

/// The context that a session set, or that of sessions that set none. What a tool prints of its work says nothing of a
/// context that it did not set.
fn context(case: &Case<'_>, operation: &Operation<'_>) -> Option<Context> {
    let known = operation.session.and_then(|session| session.context);
    known.or_else(|| case.sees_every_call(operation).then_some(Context::BACKUP))
}
