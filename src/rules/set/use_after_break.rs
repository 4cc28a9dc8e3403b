use crate::rules::pattern::job::is_traced;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Guid, Method};

rule! {
    /// # What it flags
    /// DeleteSnapshots, GetSnapshotProperties, ExposeSnapshot or RevertToSnapshot named a set, or a copy of it, after
    /// BreakSnapshotSet of that set had succeeded.
    /// # Why it matters
    /// VSS does not know a set any more that was broken: its copies are ordinary volumes.
    /// # Evidence needed
    /// A trace with the requester's calls and the ids that they name.
    /// # When it is silent
    /// The break failed (a software provider refuses it); the calls name no ids.
    /// # What to do
    /// Manage the volume with disk tools.
    /// # References
    /// Microsoft: Breaking Shadow Copies; VShadow Tool and Sample.
    pub struct UseAfterBreak {
        id: "use-after-break",
        title: "VSS call on a broken set",
        severity: Warning,
        scope: Set,
        basis: "documented",
    }
}

/// Calls that need a set which VSS knows.
const USES: &[Method] = &[
    Method::DeleteSnapshots,
    Method::GetSnapshotProperties,
    Method::ExposeSnapshot,
    Method::RevertToSnapshot,
];

impl Rule for UseAfterBreak {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for (operation, broken) in breaks(case) {
            let Some(set) = broken.set else { continue };
            for user in traced(case).filter(|user| user.host() == operation.host()) {
                let uses: Vec<&CallRecord> =
                    user.calls().iter().filter(|call| is_use(case, call, broken, set)).collect();
                let Some(first) = uses.first() else { continue };
                findings.add(
                    Draft::of(self.info(), user)
                        .set(case.set_of_guid(set))
                        .at(first.started)
                        .detail(format!(
                            "{} broke the set {set} with {}; {} called {} afterwards.",
                            words::capital(&operation.requester()),
                            words::call(broken),
                            user.requester(),
                            words::calls(&uses)
                        ))
                        .remedy("Let the program forget the set after the break and use disk tools for its volumes.")
                        .evidence(broken.events.iter().copied())
                        .evidence(uses.iter().flat_map(|call| call.events.iter().copied())),
                );
            }
        }
    }
}

fn traced<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = &'c Operation<'t>> {
    case.operations.iter().filter(|operation| is_traced(case, operation))
}

/// Every break that succeeded.
fn breaks<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = (&'c Operation<'t>, &'t CallRecord)> {
    traced(case).flat_map(|operation| {
        let calls = operation.calls_of(&Method::BreakSnapshotSet).filter(|call| call.ok());
        calls.map(move |call| (operation, call))
    })
}

/// Whether a call uses the set after the break, by the set's id or by that of one of its copies.
fn is_use(case: &Case<'_>, call: &CallRecord, broken: &CallRecord, set: Guid) -> bool {
    let of_set = |copy: Guid| {
        case.sets_of_guid(set).any(|known| known.snapshots.iter().any(|snapshot| snapshot.guid == Some(copy)))
    };
    USES.contains(&call.method)
        && broken.ended.is_some_and(|ended| call.started > ended)
        && (call.set == Some(set) || call.snapshot.is_some_and(of_set))
}
