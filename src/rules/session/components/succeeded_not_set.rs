use crate::rules::components;
use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Component, Method};

rule! {
    /// # What it flags
    /// A backup with components and a shadow copy was completed, and at least one component that had been added got no
    /// SetBackupSucceeded before BackupComplete.
    /// # Why it matters
    /// Writers read the mark when they learn of the end of the backup. Without it a component counts as not saved: its logs
    /// are not cut and grow, and the next incremental backup has no base.
    /// # Evidence needed
    /// A trace with the requester's calls; where some components were marked, with their parameters.
    /// # When it is silent
    /// No component mode, no component, no shadow copy; a mark whose component the trace does not show, or one that names a
    /// component of the same writer that was never added, which is a finding of its own; evidence that begins inside the
    /// session or has holes; the output of tools.
    /// # What to do
    /// Call SetBackupSucceeded with true or false for each component that was added, before BackupComplete.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupSucceeded; IVssBackupComponents::BackupComplete.
    pub struct SucceededNotSet {
        id: "succeeded-not-set",
        title: "Component without SetBackupSucceeded",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for SucceededNotSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some((created, complete)) = completion(operation).filter(|_| operation.is_by_components())
            else {
                continue;
            };
            let unmarked = unmarked(operation, complete);
            if unmarked.is_empty() || !is_whole(case, operation, created.started, complete.started) {
                continue;
            }
            findings.add(
                Draft::of(self.info(), operation)
                    .at(complete.started)
                    .detail(format!(
                        "{} called {} without a mark for {}.",
                        words::capital(&operation.requester()),
                        words::call(complete),
                        components::named_by(&unmarked)
                    ))
                    .remedy(
                        "Check that the logs of these components do not grow without end. Let the requester mark each \
                         component that it added, with true or with false, before BackupComplete.",
                    )
                    .evidence(unmarked.iter().flat_map(|call| call.events.iter().copied()))
                    .evidence(complete.events.iter().copied()),
            );
        }
    }
}

/// The creation that succeeded and the first BackupComplete after it.
fn completion<'t>(operation: &Operation<'t>) -> Option<(&'t CallRecord, &'t CallRecord)> {
    let calls = operation.calls();
    let at = calls.iter().position(|call| call.method == Method::DoSnapshotSet && call.ok())?;
    let complete = calls[at..].iter().find(|call| call.method == Method::BackupComplete)?;
    Some((&calls[at], complete))
}

/// The calls that added the components which have no mark. None where a mark may be of any component.
fn unmarked<'t>(operation: &Operation<'t>, complete: &CallRecord) -> Vec<&'t CallRecord> {
    let before = |call: &&CallRecord| call.events.first() < complete.events.first();
    let marks: Vec<Option<&Component>> = operation
        .calls_of(&Method::SetBackupSucceeded)
        .filter(before)
        .map(|call| call.args.component.as_ref())
        .collect();
    let added: Vec<&CallRecord> =
        operation.calls_of(&Method::AddComponent).filter(|call| call.ok()).collect();
    if marks.is_empty() {
        return added;
    }
    let known: Vec<&Component> = added.iter().filter_map(|call| call.args.component.as_ref()).collect();
    let is_added = |mark: &Component| known.iter().any(|component| components::may_be_same(component, mark));
    let may_be_marked = |component: &Component| {
        marks.iter().any(|mark| {
            mark.is_none_or(|mark| {
                let stray = components::same_writer(component, mark) && !is_added(mark);
                components::may_be_same(component, mark) || stray
            })
        })
    };
    let open = |call: &&CallRecord| call.args.component.as_ref().is_some_and(|c| !may_be_marked(c));
    added.into_iter().filter(open).collect()
}
