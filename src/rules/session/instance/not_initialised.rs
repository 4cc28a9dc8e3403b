use crate::rules::pattern::job::{is_initialisation, is_traced};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// A method was called on an instance on which neither InitializeForBackup nor InitializeForRestore had succeeded.
    /// # Why it matters
    /// Without initialisation the instance has no document, and every other method fails.
    /// # Evidence needed
    /// A trace with the requester's calls, from the creation of the instance on.
    /// # When it is silent
    /// The trace begins inside the session or lost records; Release, and what concerns asynchronous work only.
    /// # What to do
    /// Initialise the instance right after its creation, and give up if that fails.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; Backup Components Document Life Cycle;
    /// IVssBackupComponents::StartSnapshotSet.
    pub struct NotInitialised {
        id: "not-initialised",
        title: "Call on an instance that was not initialised",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// Calls that an instance takes before it is initialised.
const ALLOWED: &[Method] = &[
    Method::CreateVssBackupComponents,
    Method::InitializeForBackup,
    Method::InitializeForRestore,
    Method::QueryStatus,
    Method::Cancel,
    Method::Release,
];

impl Rule for NotInitialised {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let calls = operation.calls();
            let is_created =
                calls.first().is_some_and(|call| call.method == Method::CreateVssBackupComponents);
            let is_whole = operation.shows_every_call() && is_traced(case, operation);
            let initialised = calls.iter().position(|call| is_initialisation(call) && !call.failed());
            if !is_whole || !(is_created || initialised.is_some()) {
                continue;
            }
            let early = &calls[..initialised.unwrap_or(calls.len())];
            let wrong: Vec<&CallRecord> =
                early.iter().filter(|call| !ALLOWED.contains(&call.method)).collect();
            let Some(first) = wrong.first() else { continue };
            if case.has_hole(operation, operation.started, first.started) {
                continue;
            }
            let tries: Vec<&CallRecord> = early.iter().filter(|call| is_initialisation(call)).collect();
            let state = match tries.as_slice() {
                [] => "nothing had initialised the instance".to_owned(),
                tries => format!("the instance was not initialised: {}", words::calls(tries)),
            };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {}; {state}.",
                        words::capital(&operation.requester()),
                        words::calls(&wrong)
                    ))
                    .remedy(
                        "Let the requester call InitializeForBackup or InitializeForRestore first and stop at its failure.",
                    )
                    .evidence(wrong.iter().chain(&tries).flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
