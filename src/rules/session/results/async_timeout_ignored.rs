use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, HResult, Method, Timestamp};

rule! {
    /// # What it flags
    /// IVssAsync::QueryStatus answered VSS_S_ASYNC_PENDING, and the requester's next step followed without another
    /// wait, Cancel or AbortBackup.
    /// # Why it matters
    /// The work still runs in VSS. What the requester does meanwhile meets writers that are not ready or a set that
    /// does not exist yet.
    /// # Evidence needed
    /// A trace with the requester's calls and the status of its waits.
    /// # When it is silent
    /// The work ended before the next step; the requester asked again, cancelled or aborted. A poll that found the work
    /// unfinished is no fault by itself.
    /// # What to do
    /// Wait again, or cancel and abort.
    /// # References
    /// Microsoft: IVssAsync::Wait; IVssAsync::Cancel; IVssAsync::QueryStatus.
    pub struct AsyncTimeoutIgnored {
        id: "async-timeout-ignored",
        title: "Wait timed out and the requester went on",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// What a requester may do while the work goes on.
const NO_STEP: &[Method] = &[Method::QueryStatus, Method::Cancel, Method::AbortBackup];

impl Rule for AsyncTimeoutIgnored {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            for at in 0..job.calls.len() {
                let Some((running, next)) = went_on(&job, at) else { continue };
                let status = job.call(at);
                if case.has_hole(job.operation, status.started, next.started) {
                    continue;
                }
                findings.add(
                    Draft::of(self.info(), job.operation)
                        .at(next.started)
                        .detail(format!(
                            "{} found {} unfinished at {} and went on with {}.",
                            words::capital(&job.operation.requester()),
                            words::call(running),
                            words::iso(status.started),
                            words::call(next)
                        ))
                        .remedy(
                            "Change the requester so that it waits again, or cancels and calls AbortBackup.",
                        )
                        .evidence(
                            [running, status, next].iter().flat_map(|call| call.events.iter().copied()),
                        ),
                );
            }
        }
    }
}

/// The work that was unfinished at this place, and the step with which the requester went on in spite of it.
fn went_on<'t>(job: &Job<'_, 't>, at: usize) -> Option<(&'t CallRecord, &'t CallRecord)> {
    let status = job.call(at);
    if status.method != Method::QueryStatus || status.hresult != Some(HResult::VSS_ASYNC_PENDING) {
        return None;
    }
    let is_over =
        |call: &CallRecord, time: Timestamp| call.finished && call.ended.is_some_and(|ended| ended <= time);
    let is_work = |call: &&CallRecord| {
        call.method.is_asynchronous() && call.was_taken() && !is_over(call, status.started)
    };
    let running = job.before(at).iter().rev().find(is_work)?;
    let next = job.calls.get(at + 1).filter(|next| !NO_STEP.contains(&next.method))?;
    (!is_over(running, next.started)).then_some((running, next))
}
