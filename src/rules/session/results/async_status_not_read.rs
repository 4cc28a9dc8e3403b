use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// VSS took an asynchronous call, and the requester went on to its next step although it never learned how the work
    /// had ended: no IVssAsync::QueryStatus with a final result follows.
    /// # Why it matters
    /// IVssAsync::Wait can return S_OK although the work failed; only QueryStatus tells. The requester may go on after a
    /// failure without noticing.
    /// # Evidence needed
    /// A trace with the requester's calls that shows the results of asynchronous work for other calls of the session.
    /// # When it is silent
    /// The trace shows no results of asynchronous work at all (below level 170 it has no QueryStatus); the result was read,
    /// also late; the work was found unfinished, was cancelled or aborted; records are missing; another finding tells that
    /// the requester did not wait. Traces do not keep a Wait without a result apart from no Wait at all, so that this is
    /// an information.
    /// # What to do
    /// Call QueryStatus after each Wait and test for VSS_S_ASYNC_FINISHED.
    /// # References
    /// Microsoft: IVssAsync::Wait; IVssAsync::QueryStatus.
    pub struct AsyncStatusNotRead {
        id: "async-status-not-read",
        title: "Result of an asynchronous call not read",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

/// Calls after which there is no result to be read.
const GIVEN_UP: [Method; 3] = [Method::QueryStatus, Method::Cancel, Method::AbortBackup];

impl Rule for AsyncStatusNotRead {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case).filter(shows_results) {
            let unread: Vec<(&CallRecord, &CallRecord)> = (0..job.calls.len())
                .filter_map(|at| unread(case, &job, at))
                .filter(|(call, _)| !call.events.iter().any(|&event| findings.cites(event)))
                .collect();
            let Some((first, next)) = unread.first() else { continue };
            let calls: Vec<&CallRecord> = unread.iter().map(|(call, _)| *call).collect();
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} and went on with {} without having read the result, which it did for other calls.",
                        words::capital(&job.operation.requester()),
                        words::calls(&calls),
                        words::call(next)
                    ))
                    .remedy(
                        "Change the requester so that it asks QueryStatus after each Wait and stops unless the answer is \
                         VSS_S_ASYNC_FINISHED.",
                    )
                    .evidence(unread.iter().flat_map(|(call, next)| {
                        call.events.iter().chain(next.events.first()).copied().collect::<Vec<_>>()
                    })),
            );
        }
    }
}

/// Whether the trace has the result of the asynchronous work of some call.
fn shows_results(job: &Job<'_, '_>) -> bool {
    job.calls.iter().any(|call| call.method.is_asynchronous() && call.was_taken() && call.finished)
}

/// The call at this place, if its work has no result, and the next step.
fn unread<'t>(case: &Case<'_>, job: &Job<'_, 't>, at: usize) -> Option<(&'t CallRecord, &'t CallRecord)> {
    let call = Some(job.call(at)).filter(|call| {
        call.method.is_asynchronous() && call.accepted.is_some() && call.was_taken() && call.ended.is_none()
    })?;
    let next = job.calls.get(at + 1).filter(|next| !GIVEN_UP.contains(&next.method))?;
    let whole = !case.has_hole(job.operation, call.started, job.operation.ended);
    whole.then_some((call, next))
}
