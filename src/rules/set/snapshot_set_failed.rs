use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, HResult, Method, Outcome, PhaseActor, SnapshotSet};

rule! {
    /// # What it flags
    /// A set failed, and no other finding says why: DoSnapshotSet or BackupComplete came back with an error, or the
    /// provider stopped before its last step.
    /// # Why it matters
    /// There is no shadow copy to back up from, or the writers were not told of the end of the backup. The evidence at
    /// hand shows that it failed and not what failed first.
    /// # Evidence needed
    /// The result of the call; or, from the registry trace, which has no results, the provider's steps up to the return of
    /// DoSnapshotSet.
    /// # When it is silent
    /// Another warning or error of the set or of its session, other than a merely possible one, can be the cause. The
    /// requester cancelled the creation (VSS_S_ASYNC_CANCELLED), of which async-cancelled speaks. Every call is visible, and
    /// none asked for the creation: the set was given up, or a backup of logs needed no copy.
    /// # What to do
    /// Collect what is missing (the coverage names it): the Application log for the errors of VSS and of writers, the
    /// System log for volsnap. A code of DoSnapshotSet is explained on its page.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet; IVssBackupComponents::BackupComplete; State Transitions in Shadow
    /// Copy Providers.
    pub struct SnapshotSetFailed {
        id: "snapshot-set-failed",
        title: "Shadow copy set failed",
        severity: Error,
        scope: Set,
        basis: "documented results; from the registry trace inferred",
    }
}

/// The calls whose failure is the failure of the set.
const DECIDING: [Method; 2] = [Method::DoSnapshotSet, Method::BackupComplete];

impl Rule for SnapshotSetFailed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in operation.sets.iter().filter(|set| set.outcome == Outcome::Failed) {
                if findings.explain(self.info().id, set) {
                    continue;
                }
                let failed =
                    operation.calls().iter().find(|call| DECIDING.contains(&call.method) && call.failed());
                // The set was made; what became of it afterwards is told by other rules.
                if failed.is_none() && operation.creation(set).is_some() {
                    continue;
                }
                if failed.is_some_and(|call| call.hresult == Some(HResult::VSS_ASYNC_CANCELLED)) {
                    continue;
                }
                let (what, events) = match failed {
                    Some(call) => (words::call(call), call.events.clone()),
                    None => broken_off(operation, set),
                };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(set.confidence)
                        .at(failed.and_then(|call| call.ended).or(set.ended).unwrap_or(set.started))
                        .detail(format!("{}. What failed first is not in the evidence.", words::capital(&what)))
                        .remedy(
                            "Read what the Application and the System log have at that time (the coverage says whether \
                             they are there): errors of VSS, of a writer or of volsnap name the cause.",
                        )
                        .evidence(events),
                );
            }
        }
    }
}

/// How far the creation came, where no call has a result.
fn broken_off(operation: &Operation<'_>, set: &SnapshotSet) -> (String, Vec<usize>) {
    let returned = operation.calls_of(&Method::DoSnapshotSet).filter(|call| call.ended.is_some()).last();
    let ended = |call: &CallRecord| call.ended.map(words::iso).unwrap_or_default();
    let step = set
        .phases
        .iter()
        .filter(|phase| phase.actor == PhaseActor::Provider)
        .max_by_key(|phase| phase.started);
    let (mut text, mut events) = match returned {
        Some(call) => (format!("DoSnapshotSet came back at {}", ended(call)), call.events.clone()),
        None => ("the creation was broken off".to_owned(), set.events.clone()),
    };
    if let Some(step) = step {
        text.push_str(&format!("; the provider's last step was {}", step.name));
        events.extend(&step.events);
    }
    (text, events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "snapshot-set-failed";

    fn failed(code: HResult) -> Lab {
        let mut lab = Lab::creating();
        lab.call(5.0, Method::DoSnapshotSet).hresult = Some(code);
        lab.timeline.sets[0].outcome = Outcome::Failed;
        lab
    }

    #[test]
    fn a_failed_creation_without_a_cause_is_an_error() {
        let findings = failed(HResult(0x8000_FFFF)).run();
        let finding = find(&findings, ID);
        assert!(finding.detail.contains("0x8000ffff"), "{}", finding.detail);
        assert_eq!(finding.set.as_deref(), Some(Lab::SET));
    }

    #[test]
    fn a_set_that_did_not_fail_is_silent() {
        assert_silent(&Lab::backup(), ID);
    }

    #[test]
    fn a_creation_that_was_cancelled_is_left_to_async_cancelled() {
        let findings = failed(HResult::VSS_ASYNC_CANCELLED).run();
        assert!(findings.iter().all(|finding| finding.rule != ID), "{findings:?}");
        find(&findings, "async-cancelled");
    }

    #[test]
    fn a_failure_that_has_a_cause_is_left_to_it() {
        assert_silent(&failed(HResult::VSS_INSUFFICIENT_STORAGE), ID);
    }
}
