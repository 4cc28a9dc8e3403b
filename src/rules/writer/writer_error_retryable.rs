use crate::rules::case::same_run;
use crate::rules::pattern::writer_code::{self, Report, WriterCode};
use crate::rules::{Case, Described, Findings, Operation, Rule, words};
use vsscope_model::{HResult, Outcome, Participation, WriterRun};

rule! {
    /// # What it flags
    /// A writer failed with VSS_E_WRITERERROR_RETRYABLE (0x800423f3).
    /// # Why it matters
    /// The writer takes the failure for a passing one. This backup has nothing consistent of it all the same.
    /// # Evidence needed
    /// The writer's status as the requester read it, its own answer or failure in a trace, or VSS 8229 in the Application
    /// log.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information. Likewise where a
    /// later session of the same requester made a copy in which the writer took part without an error.
    /// # What to do
    /// Wait ten minutes and try again with a new instance, at most three times. If it stays, restart the service that hosts
    /// the writer.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Writer Errors and Vetoes.
    pub struct WriterErrorRetryable {
        id: "writer-error-retryable",
        title: "Writer error, retry may help",
        severity: Warning,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITERERROR_RETRYABLE,
    meaning: "By its own word the failure is a passing one.",
    remedy: None,
    eased: went_well_later,
};

impl Rule for WriterErrorRetryable {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}

/// A later session of the same requester in which the writer did its part.
fn went_well_later(case: &Case<'_>, report: &Report<'_, '_>) -> Option<String> {
    let (failed, writer) = (report.operation?, report.writer.as_ref()?);
    let later = case
        .operations
        .iter()
        .filter(|later| later.started > report.time && is_same_requester(failed, later));
    let mut sets = later.flat_map(|later| later.sets.iter());
    let retry = sets.find(|set| {
        let made = matches!(set.outcome, Outcome::Created | Outcome::Completed);
        made && set.writers.iter().any(|run| same_run(run, writer) && did_its_part(run))
    })?;
    Some(format!(
        "A later try of the same requester went well for it (set started at {}).",
        words::iso(retry.started)
    ))
}

fn is_same_requester(a: &Operation<'_>, b: &Operation<'_>) -> bool {
    let (Some(a), Some(b)) = (a.session, b.session) else { return false };
    let images = a.requester.image.as_ref().zip(b.requester.image.as_ref());
    a.host == b.host
        && match images {
            Some((a, b)) => a.eq_ignore_ascii_case(b),
            None => a.requester.pid.is_some() && a.requester.pid == b.requester.pid,
        }
}

fn did_its_part(run: &WriterRun) -> bool {
    let failed = run.state.is_some_and(|state| state.failed_at().is_some())
        || run.hresult.is_some_and(HResult::is_failure);
    run.participation == Participation::Involved && !failed
}
