use super::writer_disappeared::is_gone;
use crate::rules::case::first_sign;
use crate::rules::pattern::writer_failed::is_deselected;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Callback, Confidence, Event, Method, Participation, WriterRun};

rule! {
    /// # What it flags
    /// The requester called BackupComplete with success, other writers of the set got the event, and one that took part did
    /// not before its BackupShutdown came.
    /// # Why it matters
    /// Only this application does not know that the backup is complete: it keeps its logs and its state, and the next
    /// incremental backup may not fit.
    /// # Evidence needed
    /// A trace of the writers' functions with two writers or more.
    /// # When it is silent
    /// A writer of which the requester added no component, one that got Abort, evidence with a hole, one that refused an
    /// earlier event, one whose instance or service ended during the session (writer-disappeared speaks).
    /// # What to do
    /// Look at the process of the writer at the time of BackupComplete (hang, restart, access denied), and at the states of
    /// the writers after it.
    /// # References
    /// Microsoft: Handling BackupShutdown Events; Determining Writer Status.
    pub struct WriterShutdownWithoutComplete {
        id: "writer-shutdown-without-complete",
        title: "Writer never told that the backup is complete",
        severity: Warning,
        scope: Writer,
        basis: "inferred",
    }
}

impl Rule for WriterShutdownWithoutComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let completed = operation.calls_of(&Method::BackupComplete).find(|call| call.ok());
            let Some(completed) = completed else { continue };
            if case.has_hole(operation, operation.started, operation.ended) {
                continue;
            }
            for set in &operation.sets {
                let told = set.writers.iter().find_map(|run| got(run, Callback::BackupComplete));
                let Some(told) = told else { continue };
                for run in &set.writers {
                    let Some(shutdown) = untold(case, run) else { continue };
                    let Some(event) = case.event(shutdown) else { continue };
                    let deselected =
                        event.writer.as_ref().is_some_and(|writer| is_deselected(operation, writer));
                    let early = event.time < completed.started;
                    if deselected || early || failed(run) || is_gone(case, operation, run) {
                        continue;
                    }
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .writer(Some(&run.name))
                            .confidence(operation.tie(event).min(Confidence::Strong))
                            .at(event.time)
                            .detail(format!(
                                "{} got BackupShutdown at {} without BackupComplete, which other writers of the set got.",
                                run.name,
                                words::iso(event.time)
                            ))
                            .remedy(
                                "Look at the writer's process at the time of BackupComplete, and check its state and its \
                                 logs before the next incremental backup.",
                            )
                            .evidence([shutdown, told])
                            .evidence(completed.events.iter().copied()),
                    );
                }
            }
        }
    }
}

/// The first event of a callback of a writer.
fn got(run: &WriterRun, callback: Callback) -> Option<usize> {
    run.phases.iter().find(|phase| phase.name == callback.as_str())?.events.first().copied()
}

/// The BackupShutdown of a writer that took part to the end and has no BackupComplete and no Abort.
fn untold(case: &Case<'_>, run: &WriterRun) -> Option<usize> {
    let has = |callback: Callback| {
        run.phases.iter().any(|phase| phase.name == callback.as_str() && first_sign(phase).is_some())
    };
    let took_part = run.participation == Participation::Involved && has(Callback::PostSnapshot);
    let silent = !has(Callback::BackupComplete) && !has(Callback::Abort);
    let shutdown = got(run, Callback::BackupShutdown)?;
    let every_function = case.event(shutdown).is_some_and(Event::is_of_function_trace);
    (took_part && silent && every_function).then_some(shutdown)
}

/// Whether the writer failed in this set.
fn failed(run: &WriterRun) -> bool {
    let vetoed = run.phases.iter().any(|phase| phase.result.as_deref() == Some("veto"));
    let state = run.state.is_some_and(|state| state.failed_at().is_some());
    vetoed || state
}
