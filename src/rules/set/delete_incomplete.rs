use crate::rules::pattern::removal;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, HResult, Method, SnapshotSet};

rule! {
    /// # What it flags
    /// DeleteSnapshots on a whole set failed, or reported fewer deleted copies than the set held.
    /// # Why it matters
    /// VSS deletes the copies of a set one after the other and stops at the first error. What is left keeps using the diff
    /// area, and counts against the limit of copies per volume.
    /// # Evidence needed
    /// A trace with the requester's calls and results; for the count also their parameters and the set's creation.
    /// # When it is silent
    /// VSS_E_OBJECT_NOT_FOUND, refused rights and calls in the wrong state have rules of their own: nothing was begun
    /// there, unless the call reports deleted copies all the same. Copies that were deleted singly before are not missing from the count; a set whose creation is not in the
    /// evidence has no known size.
    /// # What to do
    /// Delete what is left copy by copy, with force if the copies are in use, and read the provider's records about the
    /// one that failed.
    /// # References
    /// Microsoft: IVssBackupComponents::DeleteSnapshots; IVssSoftwareSnapshotProvider::DeleteSnapshots.
    pub struct DeleteIncomplete {
        id: "delete-incomplete",
        title: "Set deleted in part only",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

/// Codes with which a delete does not begin, unless it reports deleted copies.
const NOT_BEGUN: &[HResult] = &[
    HResult::VSS_OBJECT_NOT_FOUND,
    HResult::ACCESS_DENIED,
    HResult::VSS_BAD_STATE,
    // E_INVALIDARG
    HResult(0x8007_0057),
];

impl Rule for DeleteIncomplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for call in operation.calls_of(&Method::DeleteSnapshots).filter(|call| call.set.is_some()) {
                let set = call.set.and_then(|guid| case.set_of_guid(guid));
                let Some(what) = shortfall(case, operation, set, call) else { continue };
                let first = call.snapshot.filter(|_| call.failed());
                let first =
                    first.map(|id| format!(" The first copy that stayed is {id}.")).unwrap_or_default();
                let id = call.set.map(|id| id.to_string()).unwrap_or_default();
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(set)
                        .at(call.started)
                        .detail(format!(
                            "{} wanted to delete set {id}: {}{what}.{first}",
                            words::capital(&operation.requester()),
                            words::call(call)
                        ))
                        .remedy(
                            "List what is left (`vssadmin list shadows`), delete it copy by copy, with force if needed, \
                             and read the provider's records at that time.",
                        )
                        .evidence(call.events.iter().copied()),
                );
            }
        }
    }
}

/// What is missing of a whole delete, as the end of a sentence; absent if nothing is, or nobody can say.
fn shortfall(
    case: &Case<'_>,
    operation: &Operation<'_>,
    set: Option<&SnapshotSet>,
    call: &CallRecord,
) -> Option<String> {
    if call.failed() {
        let begun = call.args.deleted.is_some_and(|count| count > 0)
            || !call.hresult.is_some_and(|code| NOT_BEGUN.contains(&code));
        let count = call.args.deleted.map(|n| format!(" deleted {n}")).unwrap_or_default();
        return begun.then_some(count);
    }
    let (set, deleted) = (set?, usize::try_from(call.args.deleted?).ok()?);
    let maker = case.maker(set)?;
    let whole = case.sees_every_call(maker) && maker.creation(set).is_some_and(|made| made.ended.is_some());
    let left =
        set.snapshots.iter().filter(|copy| copy.guid.is_some() && !is_gone(case, set, copy.guid, call));
    let held = left.count();
    let lost = removal::may_be_gone(case, operation, set, set.started, call.started);
    (whole && !lost && deleted < held).then(|| format!(" deleted {deleted} of {held} copies"))
}

/// Whether a copy had been deleted on its own before.
fn is_gone(case: &Case<'_>, set: &SnapshotSet, copy: Option<vsscope_model::Guid>, call: &CallRecord) -> bool {
    removal::removals(case, set).any(|(_, earlier)| {
        let before = earlier.started <= call.started && !std::ptr::eq(earlier, call);
        before && (earlier.snapshot == copy || earlier.set == set.guid)
    })
}
