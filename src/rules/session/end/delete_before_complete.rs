use crate::rules::pattern::{error_path::went_wrong, removal};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Method, Severity, SnapshotSet};

rule! {
    /// # What it flags
    /// A requester deleted its own set and only afterwards said on the same instance that the backup succeeded, by
    /// SetBackupSucceeded or BackupComplete, although nothing had gone wrong.
    /// # Why it matters
    /// Success is reported when the source is gone already. If the report then fails, or the copy has to be repeated,
    /// there is nothing left to read from.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// After a failure, an abort, a cancellation or a loss; deletes of a part of the set; a BackupComplete that VSS had taken
    /// before the delete, whatever is called after it; the output of tools, which does not show whether something went wrong.
    /// It is an information where every success mark came before the delete: then the copy was complete and only the order
    /// differs from the documented one.
    /// # What to do
    /// Report success first (SetBackupSucceeded, BackupComplete), then delete or release.
    /// # References
    /// Microsoft: Overview of Actual Backup of Files; Importing Transportable Shadow Copied Volumes; the diagram of VSS
    /// requesters (vssimpl).
    pub struct DeleteBeforeComplete {
        id: "delete-before-complete",
        title: "Own set deleted before BackupComplete",
        severity: Warning,
        scope: Session,
        basis: "inferred",
    }
}

impl Rule for DeleteBeforeComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let hits: Vec<Early<'_>> =
                operation.sets.iter().filter_map(|set| early_delete(operation, set)).collect();
            if hits.is_empty() || !case.sees_every_call(operation) || went_wrong(case, operation) {
                continue;
            }
            for Early { set, deletes, report, complete } in hits {
                let (Some(last), Some(first)) = (deletes.last(), deletes.first()) else { continue };
                let aside = match complete {
                    true => {
                        " The success of the components had been marked before, so the copy was complete."
                    }
                    false => "",
                };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .severity(if complete { Severity::Info } else { Severity::Warning })
                        .at(first.started)
                        .detail(format!(
                            "{} deleted its own set with {} and reported success afterwards, with {}.{aside}",
                            words::capital(&operation.requester()),
                            words::call(last),
                            words::call(report)
                        ))
                        .remedy(
                            "Let the requester call SetBackupSucceeded and BackupComplete before it deletes.",
                        )
                        .evidence(deletes.iter().flat_map(|call| call.events.iter().copied()))
                        .evidence(report.events.iter().copied()),
                );
            }
        }
    }
}

/// A set that was deleted before the report of success.
struct Early<'t> {
    set: &'t SnapshotSet,
    deletes: Vec<&'t CallRecord>,
    /// The first report after the delete.
    report: &'t CallRecord,
    /// Every mark of success came before the delete, and there is one.
    complete: bool,
}

fn is_mark(call: &CallRecord) -> bool {
    call.ok() && call.args.succeeded == Some(true)
}

fn early_delete<'t>(operation: &Operation<'t>, set: &'t SnapshotSet) -> Option<Early<'t>> {
    let created = operation.creation(set)?.ended?;
    let deletes: Vec<&CallRecord> = operation
        .calls_of(&Method::DeleteSnapshots)
        .filter(|call| call.ok() && call.started >= created && removal::names(call, set))
        .collect();
    let last = removal::covers(&deletes, set).then(|| deletes.last())??;
    let after = |call: &CallRecord| call.events.first() > last.events.first();
    let mut completions = operation.calls_of(&Method::BackupComplete).filter(|call| call.was_taken());
    if completions.any(|call| call.started >= created && !after(call)) {
        return None;
    }
    let is_report = |call: &&CallRecord| match call.method {
        Method::SetBackupSucceeded => is_mark(call),
        Method::BackupComplete => call.was_taken(),
        _ => false,
    };
    let report = operation.calls().iter().filter(|call| after(call)).find(is_report)?;
    let mut marks = operation.calls_of(&Method::SetBackupSucceeded).filter(|call| is_mark(call)).peekable();
    let complete = marks.peek().is_some() && marks.all(|call| call.started >= created && !after(call));
    Some(Early { set, deletes, report, complete })
}
