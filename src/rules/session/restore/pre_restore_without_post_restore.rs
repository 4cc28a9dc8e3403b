use crate::rules::case::{is_over, is_windows_pe};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{
    CallRecord, Callback, Confidence, EndReason, Method, Session, SessionDetail, Severity, What,
};

rule! {
    /// # What it flags
    /// A restore called PreRestore and ended, by its release, the end of its process or a restart, without PostRestore.
    /// # Why it matters
    /// The writers were told to make way for the restore and wait to be told that it is over. Until then databases may stay
    /// offline or services stopped.
    /// # Evidence needed
    /// The requester's long calls and the end of the instance or of its process.
    /// # When it is silent
    /// PreRestore was refused at once; a writer received PostRestore; the evidence begins or ends inside the session or
    /// has holes in it; the output of tools. PostRestore is due also where PreRestore failed in the end or a writer
    /// vetoed. A restore in Windows PE, and one that a restart ends, is a warning: a restore of the whole system ends so.
    /// # What to do
    /// See that the applications are back online. Let the requester call SetFileRestoreStatus and PostRestore on every
    /// way out, also after a failure.
    /// # References
    /// Microsoft: Overview of Restore Clean-Up and Termination; IVssBackupComponents::PreRestore;
    /// IVssBackupComponents::PostRestore.
    pub struct PreRestoreWithoutPostRestore {
        id: "pre-restore-without-post-restore",
        title: "Restore ended without PostRestore",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for PreRestoreWithoutPostRestore {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(session) = operation.session.filter(|session| is_finished(session)) else { continue };
            let begun = operation.calls_of(&Method::PreRestore).find(|call| call.was_taken());
            let Some(begun) = begun.filter(|_| shows_the_end(case, operation)) else { continue };
            if operation.calls_of(&Method::PostRestore).next().is_some() || writers_were_told(case, operation)
            {
                continue;
            }
            let firm =
                if session.detail == SessionDetail::Calls { Confidence::Exact } else { Confidence::Strong };
            let by_restart = session.end_reason == EndReason::Restart;
            let whole_system = by_restart || is_windows_pe(operation.host());
            findings.add(
                Draft::of(self.info(), operation)
                    .severity(if whole_system { Severity::Warning } else { Severity::Error })
                    .confidence(firm)
                    .at(session.ended.unwrap_or(operation.ended))
                    .detail(detail(operation, session, begun))
                    .remedy(
                        "Check that the applications are online and their databases mounted; if not, restart the \
                         services of the writers. Change the requester so that it always ends a restore with \
                         SetFileRestoreStatus and PostRestore.",
                    )
                    .evidence(begun.events.iter().copied())
                    .evidence(operation.events.last().copied()),
            );
        }
    }
}

fn is_finished(session: &Session) -> bool {
    session.detail >= SessionDetail::Phases
        && (is_over(session.end_reason) || session.end_reason == EndReason::Restart)
        && !session.starts_mid
        && !session.ends_mid
}

fn shows_the_end(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    !operation.is_transcript(case.timeline) && !case.has_hole(operation, operation.started, operation.ended)
}

fn writers_were_told(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    operation
        .iter(case.timeline)
        .any(|(_, event)| matches!(&event.what, What::Callback { callback: Callback::PostRestore, .. }))
}

fn detail(operation: &Operation<'_>, session: &Session, begun: &CallRecord) -> String {
    let ended = words::iso(session.ended.unwrap_or(operation.ended));
    let end = match session.end_reason {
        EndReason::Released => format!("the instance was released at {ended}"),
        EndReason::Restart => "Windows was restarted".to_owned(),
        _ => format!("its process ended at {ended}"),
    };
    let failed = if begun.failed() { " PostRestore is due also after a PreRestore that failed." } else { "" };
    format!(
        "{} called {}, and {end} without PostRestore.{failed}",
        words::capital(&operation.requester()),
        words::call(begun)
    )
}
