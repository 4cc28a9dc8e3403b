use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// StartSnapshotSet succeeded twice or more on one instance.
    /// # Why it matters
    /// An instance is made for one backup. The second set, mostly a retry after a failed creation, inherits what
    /// the first one left in it: components, sessions of writers, backup stamps.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// StartSnapshotSet calls that failed do not count: to wait and call again after VSS_E_SNAPSHOT_SET_IN_PROGRESS is what
    /// Microsoft asks for.
    /// # What to do
    /// After a failure abort, release, make a new instance and gather the writers' metadata anew.
    /// # References
    /// Microsoft: IVssBackupComponents; IVssBackupComponents::StartSnapshotSet; Aborting VSS Operations.
    pub struct SecondSnapshotSetOnInstance {
        id: "second-snapshot-set-on-instance",
        title: "Second shadow copy set on one instance",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for SecondSnapshotSetOnInstance {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let starts: Vec<&CallRecord> =
                operation.calls_of(&Method::StartSnapshotSet).filter(|call| call.ok()).collect();
            let [_, second, ..] = starts.as_slice() else { continue };
            let named: Vec<String> = starts.iter().map(|call| words::iso(call.started)).collect();
            findings.add(
                Draft::of(self.info(), operation)
                    .at(second.started)
                    .detail(format!(
                        "{} started {} sets on one instance: at {}.",
                        words::capital(&operation.requester()),
                        starts.len(),
                        words::list(&named)
                    ))
                    .remedy(
                        "Change the requester so that a retry releases the instance, makes a new one and gathers the \
                         metadata again.",
                    )
                    .evidence(starts.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::HResult;

    const ID: &str = "second-snapshot-set-on-instance";

    #[test]
    fn a_second_set_is_flagged() {
        let mut lab = Lab::backup();
        lab.call(50.0, Method::StartSnapshotSet);
        assert_fires(&lab, ID);
    }

    #[test]
    fn waiting_for_another_creation_is_silent() {
        let mut lab = Lab::session_only();
        for second in 1..5 {
            lab.call(f64::from(second), Method::StartSnapshotSet).hresult =
                Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS);
        }
        lab.call(10.0, Method::StartSnapshotSet);
        assert_silent(&lab, ID);
    }
}
