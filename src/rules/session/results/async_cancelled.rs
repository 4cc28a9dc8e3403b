use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// The requester called IVssAsync::Cancel, or asynchronous work ended with VSS_S_ASYNC_CANCELLED.
    /// # Why it matters
    /// It explains why later steps are missing. Often it is the requester's own limit for the wait.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// Cancel itself failed and no work ended as cancelled.
    /// # What to do
    /// If nobody cancelled the job, look at what was slow before that.
    /// # References
    /// Microsoft: IVssAsync::Cancel; IVssBackupComponents::BackupComplete.
    pub struct AsyncCancelled {
        id: "async-cancelled",
        title: "Operation cancelled by the requester",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for AsyncCancelled {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let calls: Vec<&CallRecord> =
                operation.calls().iter().filter(|call| is_cancelled(call)).collect();
            let Some(first) = calls.first() else { continue };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} cancelled asynchronous work: {}.",
                        words::capital(&operation.requester()),
                        words::calls(&calls)
                    ))
                    .remedy("If it was the requester's own limit, find what was slow before it; else nothing is to be done.")
                    .evidence(calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

fn is_cancelled(call: &CallRecord) -> bool {
    (call.method == Method::Cancel && !call.failed()) || call.hresult == Some(HResult::VSS_ASYNC_CANCELLED)
}
