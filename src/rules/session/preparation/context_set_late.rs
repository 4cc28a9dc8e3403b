use crate::rules::pattern::call_after;
use crate::rules::pattern::job::jobs;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// SetContext was called after VSS had taken StartSnapshotSet, AddComponent or Query on the instance; or it was the
    /// first one and answered VSS_E_BAD_STATE.
    /// # Why it matters
    /// The default VSS_CTX_BACKUP may stay in force: the set then goes with the instance although it was meant to stay,
    /// and writers take part although they were not meant to.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Between GatherWriterMetadata and AddComponent, where the reference diagram draws it. A SetContext after one that
    /// succeeded is another finding.
    /// # What to do
    /// Call SetContext right after InitializeForBackup.
    /// # References
    /// Microsoft: IVssBackupComponents::SetContext; IVssBackupComponents::Query; Overview of Backup Initialization.
    pub struct ContextSetLate {
        id: "context-set-late",
        title: "SetContext too late",
        severity: Warning,
        scope: Session,
        basis: "documented (pages disagree on the exact place)",
    }
}

/// Calls that use the context.
const USES: &[Method] = &[Method::StartSnapshotSet, Method::AddComponent, Method::Query];

impl Rule for ContextSetLate {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let sets = || job.calls.iter().enumerate().filter(|(_, call)| call.method == Method::SetContext);
            // What follows a success is set again, late or not.
            let first_success = sets().find(|(_, call)| call.ok()).map_or(usize::MAX, |(at, _)| at);
            let user = job.calls.iter().position(|call| USES.contains(&call.method) && call.was_taken());
            let is_late = |at: usize, call: &CallRecord| {
                user.is_some_and(|user| user < at) || call.hresult == Some(HResult::VSS_BAD_STATE)
            };
            let late: Vec<&CallRecord> = sets()
                .filter(|(at, call)| *at <= first_success && is_late(*at, call))
                .map(|(_, call)| call)
                .collect();
            let Some(first) = late.first() else { continue };
            let before = user.map(|at| job.call(at)).filter(|call| call.started <= first.started);
            let draft = match before {
                Some(user) => call_after::draft(self.info(), job.operation, user, &late),
                None => Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {}: VSS did not take the context any more.",
                        words::capital(&job.operation.requester()),
                        words::calls(&late)
                    ))
                    .evidence(late.iter().flat_map(|call| call.events.iter().copied())),
            };
            findings.add(draft.remedy(
                "Move SetContext to the initialisation, and check whether this set was kept or released as it was meant.",
            ));
        }
    }
}
