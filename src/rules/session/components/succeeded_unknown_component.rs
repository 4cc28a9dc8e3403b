use crate::rules::components::{label, may_be_same};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Component, HResult, Method};

rule! {
    /// # What it flags
    /// SetBackupSucceeded for a component that the requester never added: VSS answered VSS_E_OBJECT_NOT_FOUND, or no
    /// successful AddComponent of the session names it.
    /// # Why it matters
    /// The mark goes nowhere. The component that was meant keeps none and counts as not saved.
    /// # Evidence needed
    /// A trace with the requester's calls; for the second form with their parameters and from the beginning of the session.
    /// # When it is silent
    /// For the second form: the trace begins inside the session, has holes or lacks the parameters of an AddComponent, or
    /// the instance was given a stored document, which brings components of its own.
    /// # What to do
    /// Use the path and name of AddComponent. A subcomponent that came in with its parent has no mark: set that of the
    /// component that was added.
    /// # References
    /// Microsoft: IVssBackupComponents::SetBackupSucceeded; Selectability and Working with Component Properties.
    pub struct SucceededUnknownComponent {
        id: "succeeded-unknown-component",
        title: "SetBackupSucceeded for a component that was not added",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for SucceededUnknownComponent {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let added = added(case, operation);
            let is_stray = |call: &&CallRecord| {
                let refused = call.hresult == Some(HResult::VSS_OBJECT_NOT_FOUND);
                let missing = |known: &Vec<&Component>| {
                    let mark = call.args.component.as_ref();
                    mark.is_some_and(|mark| !known.iter().any(|component| may_be_same(component, mark)))
                };
                refused || added.as_ref().is_some_and(missing)
            };
            let strays: Vec<&CallRecord> =
                operation.calls_of(&Method::SetBackupSucceeded).filter(is_stray).collect();
            let Some(first) = strays.first() else { continue };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} marked what it had not added: {}.",
                        words::capital(&operation.requester()),
                        words::list(&strays.iter().map(|call| name(call)).collect::<Vec<_>>())
                    ))
                    .remedy(
                        "Compare the path and name in the requester's SetBackupSucceeded with those of its AddComponent; \
                         for a subcomponent mark the component that holds it.",
                    )
                    .evidence(strays.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Every component that was added; absent where the evidence may not have all of them.
fn added<'t>(case: &Case<'_>, operation: &Operation<'t>) -> Option<Vec<&'t Component>> {
    let stored = operation.calls().iter().any(|call| call.args.stored_document == Some(true));
    let whole = operation.shows_every_call()
        && !operation.is_transcript(case.timeline)
        && !case.has_hole(operation, operation.started, operation.ended);
    let calls = operation.calls_of(&Method::AddComponent).filter(|call| !call.failed());
    let known: Vec<&Component> = calls.map(|call| call.args.component.as_ref()).collect::<Option<_>>()?;
    (whole && !stored && !known.is_empty()).then_some(known)
}

fn name(call: &CallRecord) -> String {
    let what = call.args.component.as_ref().map_or_else(|| "a component".to_owned(), label);
    let refused = if call.failed() { ", which VSS refused" } else { "" };
    format!("{what} at {}{refused}", words::iso(call.started))
}
