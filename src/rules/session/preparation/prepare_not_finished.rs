use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Confidence, Method};

rule! {
    /// # What it flags
    /// A call was made that needs the end of asynchronous work before it had ended: GetWriterMetadata, AddComponent or
    /// FreeWriterMetadata during GatherWriterMetadata; DoSnapshotSet during PrepareForBackup; BackupComplete or
    /// GetSnapshotProperties during DoSnapshotSet; the last Release during any of them.
    /// # Why it matters
    /// What the call gives or does is undefined or incomplete: components are missed, writers are not ready, the set
    /// may not exist.
    /// # Evidence needed
    /// A trace with the requester's calls and the ends of asynchronous work.
    /// # When it is silent
    /// The trace shows no ends of asynchronous work at all, or lost records: then the end may only be missing in it.
    /// AbortBackup or Cancel came in between. A wait that timed out is a finding of its own.
    /// # What to do
    /// Call IVssAsync::Wait and read QueryStatus before the next step.
    /// # References
    /// Microsoft: Overview of Pre-Backup Tasks; Overview of the Backup Discovery Phase;
    /// IVssBackupComponents::FreeWriterMetadata; IVssAsync::Wait.
    pub struct PrepareNotFinished {
        id: "prepare-not-finished",
        title: "Next step before an asynchronous call finished",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for PrepareNotFinished {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            for (at, call) in job.calls.iter().enumerate() {
                let Some((next, confidence)) = too_early(case, findings, &job, at) else { continue };
                let end = match call.ended {
                    Some(ended) => format!("it ended only at {}", words::iso(ended)),
                    None => "its end is not in the evidence".to_owned(),
                };
                findings.add(
                    Draft::of(self.info(), job.operation)
                        .confidence(confidence)
                        .at(next.started)
                        .detail(format!(
                            "{} called {} while {} was at work; {end}.",
                            words::capital(&job.operation.requester()),
                            words::call(next),
                            words::call(call)
                        ))
                        .remedy("Change the requester so that it waits for the end and reads the result before it goes on.")
                        .evidence(call.events.iter().chain(&next.events).copied()),
                );
            }
        }
    }
}

/// The first call that came before the asynchronous work of the call at this place had ended.
fn too_early<'t>(
    case: &Case<'_>,
    findings: &Findings,
    job: &Job<'_, 't>,
    at: usize,
) -> Option<(&'t CallRecord, Confidence)> {
    let call = Some(job.call(at)).filter(|call| call.method.is_asynchronous() && call.was_taken())?;
    let stops = |later: &&CallRecord| {
        matches!(later.method, Method::AbortBackup | Method::Cancel) || later.method == call.method
    };
    let next = job.calls[at + 1..]
        .iter()
        .take_while(|later| !stops(later))
        .find(|later| needs_end(&call.method, later))
        .filter(|next| !next.events.iter().any(|&event| findings.cites(event)))?;
    match call.ended {
        Some(ended) => (call.finished && ended > next.started).then_some((next, Confidence::Exact)),
        // Where other ends are in the evidence, this one is rather missing because nobody waited for it.
        None => {
            let shows_ends = job.calls.iter().any(|c| c.method.is_asynchronous() && c.finished && c.ok());
            let whole = !case.has_hole(job.operation, call.started, next.started);
            (shows_ends && whole).then_some((next, Confidence::Weak))
        }
    }
}

/// Whether a call needs the end of an asynchronous one.
fn needs_end(running: &Method, next: &CallRecord) -> bool {
    match &next.method {
        Method::Release => next.args.references.is_none_or(|left| left == 0),
        Method::GetWriterMetadata | Method::AddComponent | Method::FreeWriterMetadata => {
            *running == Method::GatherWriterMetadata
        }
        Method::DoSnapshotSet => *running == Method::PrepareForBackup,
        Method::BackupComplete | Method::GetSnapshotProperties => *running == Method::DoSnapshotSet,
        _ => false,
    }
}
