use crate::rules::pattern::job::{Job, jobs};
use crate::rules::pattern::selection::{is_selection, maybe_selected};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// A restore called PreRestore, and no component was selected: SetSelectedForRestore was not called, only with false,
    /// or it was refused.
    /// # Why it matters
    /// Only writers of which a component is selected take part. PreRestore and PostRestore reach none of them, so their
    /// files may be open while they are replaced, and the applications do not learn that their data is another.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// A restore that leaves VSS out on purpose (data of programs without a writer, a copy for comparison) has no need of
    /// PreRestore; one that VSS refused does not count. A subcomponent was chosen with AddRestoreSubcomponent; the result of
    /// a selection is not in the evidence; the trace begins inside the session or lost records; the output of tools.
    /// # What to do
    /// Nothing, if the writers were left out on purpose. Otherwise select the components before PreRestore.
    /// # References
    /// Microsoft: Restores without Writer Participation; Overview of Preparing for Restore.
    pub struct RestoreNothingSelected {
        id: "restore-nothing-selected",
        title: "PreRestore with no component selected",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RestoreNothingSelected {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case).filter(Job::is_restore) {
            let is_begin = |call: &CallRecord| call.method == Method::PreRestore && call.was_taken();
            let begin = job.calls.iter().position(is_begin);
            let Some(at) = begin.filter(|&at| job.is_seen_up_to(case, at)) else { continue };
            let before = job.before(at);
            if has_choice(before) {
                continue;
            }
            let tries: Vec<&CallRecord> = before.iter().filter(|call| is_selection(call)).collect();
            let why = match tries.is_empty() {
                true => "never SetSelectedForRestore".to_owned(),
                false => format!("selected nothing with {}", words::calls(&tries)),
            };
            let begin = job.call(at);
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(begin.started)
                    .detail(format!(
                        "{} called {}, and before that {why}. No writer takes part in this restore.",
                        words::capital(&job.operation.requester()),
                        words::call(begin)
                    ))
                    .remedy(
                        "If the writers were to take part, repeat the restore with a requester that selects the \
                         components before PreRestore.",
                    )
                    .evidence(begin.events.iter().copied())
                    .evidence(tries.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Whether a component or a part of one was, or may have been, chosen.
fn has_choice(calls: &[CallRecord]) -> bool {
    let is_part = |call: &CallRecord| call.method == Method::AddRestoreSubcomponent && !call.failed();
    !maybe_selected(calls).is_empty() || calls.iter().any(is_part)
}
