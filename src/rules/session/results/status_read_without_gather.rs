use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// GetWriterStatus was called before any GatherWriterStatus had succeeded on the instance, or after
    /// FreeWriterStatus without another one.
    /// # Why it matters
    /// There is nothing to read. A requester that ignores the error takes failed writers for sound ones.
    /// # Evidence needed
    /// A trace with the requester's calls; for the first form from the initialisation of the instance on.
    /// # When it is silent
    /// The end of GatherWriterStatus is not in the evidence; the trace begins inside the session or lost records.
    /// # What to do
    /// Gather, wait for the end, read, and free then.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; IVssBackupComponents::GatherWriterStatus;
    /// IVssBackupComponents::FreeWriterStatus.
    pub struct StatusReadWithoutGather {
        id: "status-read-without-gather",
        title: "Writer status read without GatherWriterStatus",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for StatusReadWithoutGather {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let places = (0..job.calls.len()).filter(|&at| has_nothing_to_read(case, &job, at));
            let wrong: Vec<&CallRecord> = places.map(|at| job.call(at)).collect();
            let Some(first) = wrong.first() else { continue };
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} and had no status of the writers to read.",
                        words::capital(&job.operation.requester()),
                        words::calls(&wrong)
                    ))
                    .remedy(
                        "Change the requester so that it calls GatherWriterStatus and waits for it before it reads, and \
                         do not trust the result of this job.",
                    )
                    .evidence(wrong.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

fn has_nothing_to_read(case: &Case<'_>, job: &Job<'_, '_>, at: usize) -> bool {
    let call = job.call(at);
    if call.method != Method::GetWriterStatus {
        return false;
    }
    let gathers = |c: &CallRecord| c.method == Method::GatherWriterStatus && !c.failed();
    let last = job.before(at).iter().rev().find(|c| gathers(c) || c.method == Method::FreeWriterStatus);
    match last {
        Some(last) if gathers(last) => last.finished && last.ended.is_some_and(|end| end > call.started),
        Some(freed) => freed.ok() && !case.has_hole(job.operation, freed.started, call.started),
        None => job.lacks(case, at, &[Method::GatherWriterStatus]),
    }
}
