use crate::rules::pattern::job::{Job, job_of};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, HResult, Method};

rule! {
    /// # What it flags
    /// A call of a requester answered VSS_E_BAD_STATE, and no other finding explains it. Where the evidence has every
    /// call, the first thing that the call lacked is named.
    /// # Why it matters
    /// The call came in the wrong order, or on an instance that is used up.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// Another finding rests on the call: it says more.
    /// # What to do
    /// Make what is named happen before the call, or use a new instance.
    /// # References
    /// Microsoft: IVssBackupComponents::AddComponent; IVssBackupComponents::StartSnapshotSet;
    /// IVssBackupComponents::PrepareForBackup; IVssBackupComponents::DoSnapshotSet;
    /// IVssBackupComponents::BackupComplete.
    pub struct BadState {
        id: "bad-state",
        title: "VSS_E_BAD_STATE returned",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// What has to have succeeded before a call, in the order in which it is looked for.
const NEEDS: &[(Method, &[Method])] = &[
    (Method::GetWriterMetadata, &[Method::GatherWriterMetadata]),
    (Method::FreeWriterMetadata, &[Method::GatherWriterMetadata]),
    (Method::AddComponent, &[Method::GatherWriterMetadata]),
    (Method::SetBackupOptions, &[Method::AddComponent]),
    (Method::SetPreviousBackupStamp, &[Method::AddComponent]),
    (Method::AddToSnapshotSet, &[Method::StartSnapshotSet]),
    (Method::PrepareForBackup, &[Method::SetBackupState, Method::StartSnapshotSet]),
    (Method::DoSnapshotSet, &[Method::StartSnapshotSet, Method::AddToSnapshotSet]),
    (Method::GetWriterStatus, &[Method::GatherWriterStatus]),
    (Method::FreeWriterStatus, &[Method::GatherWriterStatus]),
    (Method::SetBackupSucceeded, &[Method::AddComponent, Method::PrepareForBackup]),
    (Method::BackupComplete, &[Method::PrepareForBackup]),
    (Method::PreRestore, &[Method::GatherWriterMetadata]),
    (Method::PostRestore, &[Method::PreRestore]),
];

impl Rule for BadState {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let is_open = |call: &&CallRecord| {
                is_bad_state(call) && !call.events.iter().any(|&event| findings.cites(event))
            };
            let calls: Vec<&CallRecord> = operation.calls().iter().filter(is_open).collect();
            let Some(first) = calls.first() else { continue };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {}.{}",
                        words::capital(&operation.requester()),
                        words::calls(&calls),
                        lack(case, operation, first)
                    ))
                    .remedy(
                        "Compare the order of the calls with the documented one; where it is right, let the requester \
                         use a new instance for every job and every retry.",
                    )
                    .evidence(calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

fn is_bad_state(call: &CallRecord) -> bool {
    let code = Some(HResult::VSS_BAD_STATE);
    call.hresult == code || call.accepted == code
}

/// A sentence about the first thing that a call lacked; empty where the evidence does not tell.
fn lack(case: &Case<'_>, operation: &Operation<'_>, call: &CallRecord) -> String {
    let place = job_of(case, operation).and_then(|job| {
        let at = job.calls.iter().position(|other| std::ptr::eq(other, call))?;
        Some((job, at))
    });
    let Some((job, at)) = place else { return String::new() };
    if let Some(needed) = first_missing(case, &job, at) {
        return format!(" {needed} had not succeeded before it.");
    }
    let made = job.before(at).iter().find(|other| other.method == call.method && other.ok());
    made.map(|made| format!(" The instance had taken {} already.", words::call(made))).unwrap_or_default()
}

fn first_missing(case: &Case<'_>, job: &Job<'_, '_>, at: usize) -> Option<&'static Method> {
    let (_, needs) = NEEDS.iter().find(|(method, _)| *method == job.call(at).method)?;
    let writers = job.is_restore() || job.has_writers(at);
    let is_writers = |method: &Method| {
        matches!(method, Method::GatherWriterMetadata | Method::SetBackupState | Method::PrepareForBackup)
    };
    needs
        .iter()
        .filter(|needed| writers || !is_writers(needed))
        .find(|needed| job.lacks(case, at, std::slice::from_ref(*needed)))
}
