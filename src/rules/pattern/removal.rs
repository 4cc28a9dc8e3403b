//! What takes the copies of a set away: deletes, breaks, reverts, and losses.

use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Operation};
use vsscope_model::{CallRecord, Event, Method, Snapshot, SnapshotSet, Timestamp, What};

/// volsnap 33: the oldest copy of a volume was deleted to keep the storage under its limit.
const OLDEST_DELETED: u32 = 33;

/// Whether a call names a set or one of its copies.
pub fn names(call: &CallRecord, set: &SnapshotSet) -> bool {
    let of_set = call.set.is_some() && call.set == set.guid;
    of_set || (call.snapshot.is_some() && set.snapshots.iter().any(|snapshot| snapshot.guid == call.snapshot))
}

/// Whether deletes together cover a set: one names the set, or each copy has one.
pub fn covers(deletes: &[&CallRecord], set: &SnapshotSet) -> bool {
    let whole = deletes.iter().any(|call| call.set.is_some() && call.set == set.guid);
    let has_delete =
        |copy: &Snapshot| copy.guid.is_some() && deletes.iter().any(|call| call.snapshot == copy.guid);
    whole || (!set.snapshots.is_empty() && set.snapshots.iter().all(has_delete))
}

/// Every successful delete, break and revert of a set or of a part of it, by whomever.
pub fn removals<'c, 't>(
    case: &'c Case<'t>,
    set: &'c SnapshotSet,
) -> impl Iterator<Item = (&'c Operation<'t>, &'t CallRecord)> {
    let calls = case.calls_naming(set).into_iter();
    calls.filter(|(_, call)| takes_away(&call.method) && call.ok())
}

/// Whether a method takes copies away.
pub fn takes_away(method: &Method) -> bool {
    matches!(method, Method::DeleteSnapshots | Method::BreakSnapshotSet | Method::RevertToSnapshot)
}

/// Whether something other than a call may have taken copies of a set between two instants: volsnap lost them or deleted
/// them as the oldest ones, or somebody ran a command that deletes or that changes the diff area.
pub fn may_be_gone(
    case: &Case<'_>,
    operation: &Operation<'_>,
    set: &SnapshotSet,
    from: Timestamp,
    to: Timestamp,
) -> bool {
    let is_of_set = |event: &Event| {
        event
            .volume
            .as_deref()
            .is_none_or(|volume| set.volumes.iter().any(|known| same_volume(known, volume)))
    };
    case.telling_between(operation.host(), from, to).any(|(_, event)| match event.what {
        What::ShadowLoss => is_of_set(event),
        What::DeleteCommand { .. } | What::DiffAreaCommand { .. } => true,
        _ => event.is_record("volsnap", OLDEST_DELETED) && is_of_set(event) && may_name_a_copy(event, set),
    })
}

/// Whether the device of a record may be a copy of a set: it is one, or one of the two does not name its devices.
fn may_name_a_copy(event: &Event, set: &SnapshotSet) -> bool {
    let Some(device) = event.device.as_deref() else { return true };
    let is_device =
        |copy: &Snapshot| copy.device.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(device));
    set.snapshots.is_empty() || set.snapshots.iter().any(is_device)
}
