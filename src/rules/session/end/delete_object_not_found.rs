use crate::rules::pattern::{refused, removal};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, HResult, Method, Severity, SnapshotSet};

rule! {
    /// # What it flags
    /// DeleteSnapshots came back with VSS_E_OBJECT_NOT_FOUND (0x80042308).
    /// # Why it matters
    /// The set or copy is not there any more, was given under the wrong kind of id, or cannot be seen in this context. In
    /// clean-up code that is harmless. Where the session made the set itself and nothing in the evidence took it away, it
    /// is the first sign that the copies were lost silently (warning).
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// Never: the code has one meaning here. It stays an information where an earlier delete, break, revert, abort or loss
    /// explains it, also one of the oldest copy by volsnap (33).
    /// # What to do
    /// Follow the life of the set: who deleted or released it? Check that a set id is passed as a set and a copy's id as a
    /// copy.
    /// # References
    /// Microsoft: IVssBackupComponents::DeleteSnapshots.
    pub struct DeleteObjectNotFound {
        id: "delete-object-not-found",
        title: "DeleteSnapshots found nothing to delete",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for DeleteObjectNotFound {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let calls: Vec<&CallRecord> = operation
                .calls_of(&Method::DeleteSnapshots)
                .filter(|call| refused::result(call, |code| code == HResult::VSS_OBJECT_NOT_FOUND).is_some())
                .collect();
            let Some(first) = calls.first() else { continue };
            let silent_loss = calls.iter().find_map(|call| {
                let set = own_set(operation, call)?;
                (case.sees_every_call(operation) && !is_explained(case, operation, set, call)).then_some(set)
            });
            let named: Vec<String> = calls.iter().map(|call| words::call(call)).collect();
            let known = calls.iter().find_map(|call| explanation(case, operation, call));
            let why = match (silent_loss, known) {
                (Some(_), _) => {
                    " The session had made this set itself, and nothing in the evidence has taken it away since."
                        .to_owned()
                }
                (None, Some(text)) => format!(" {text}"),
                (None, None) => String::new(),
            };
            findings.add(
                Draft::of(self.info(), operation)
                    .set(silent_loss)
                    .severity(if silent_loss.is_some() { Severity::Warning } else { Severity::Info })
                    .at(first.started)
                    .detail(format!(
                        "{} called {}.{why}",
                        words::capital(&operation.requester()),
                        words::list(&named)
                    ))
                    .remedy(
                        "Look for what took the copies away (the System log of volsnap, other programs); check the kind \
                         of id that was passed. In clean-up code the answer can be ignored.",
                    )
                    .evidence(calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// The set of this session, successfully created before, that a call wants to delete.
fn own_set<'t>(operation: &Operation<'t>, call: &CallRecord) -> Option<&'t SnapshotSet> {
    let made = |set: &&&SnapshotSet| {
        operation.creation(set).and_then(|creation| creation.ended).is_some_and(|at| at <= call.started)
    };
    operation.sets.iter().filter(|set| removal::names(call, set)).find(made).copied()
}

fn is_explained(case: &Case<'_>, operation: &Operation<'_>, set: &SnapshotSet, call: &CallRecord) -> bool {
    let aborted = operation.calls_of(&Method::AbortBackup).any(|abort| abort.started <= call.started);
    let removed = removal::removals(case, set).any(|(_, earlier)| earlier.started <= call.started);
    aborted || removed || removal::may_be_gone(case, operation, set, set.started, call.started)
}

/// Who had taken the copies away, where a call shows it.
fn explanation(case: &Case<'_>, operation: &Operation<'_>, call: &CallRecord) -> Option<String> {
    let set = case.timeline.sets.iter().find(|set| removal::names(call, set))?;
    let (who, earlier) = removal::removals(case, set).find(|(_, earlier)| earlier.started <= call.started)?;
    let who = if std::ptr::eq(who, operation) {
        "It had called".to_owned()
    } else {
        format!("{} had called", words::capital(&who.requester()))
    };
    Some(format!("{who} {} before.", words::call(earlier)))
}
