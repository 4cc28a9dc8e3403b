use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Method};

rule! {
    /// # What it flags
    /// SetFileRestoreStatus was called before PreRestore, while PreRestore was still running, or after VSS had taken
    /// PostRestore.
    /// # Why it matters
    /// The status is what writers read in OnPostRestore. Before PreRestore is over nothing can have been restored; once
    /// PostRestore is called the writers no longer see what is set.
    /// # Evidence needed
    /// A trace with the requester's calls; for a call before PreRestore from the initialisation of the instance on.
    /// # When it is silent
    /// A PreRestore or PostRestore that VSS refused does not count; a PreRestore that failed in the end does, since the
    /// restore ends in the same way; the end of PreRestore is not in the evidence; the trace begins inside the session or
    /// lost records where PreRestore may have been; an instance for a backup; the output of tools.
    /// # What to do
    /// Call SetFileRestoreStatus when the files of the component are copied, before PostRestore.
    /// # References
    /// Microsoft: IVssBackupComponents::SetFileRestoreStatus; CVssWriter::OnPostRestore.
    pub struct RestoreStatusOutOfWindow {
        id: "restore-status-out-of-window",
        title: "SetFileRestoreStatus at the wrong time",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RestoreStatusOutOfWindow {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let is_mark = |at: &usize| job.call(*at).method == Method::SetFileRestoreStatus;
            let misplaced: Vec<(usize, Misplaced<'_>)> = (0..job.calls.len())
                .filter(is_mark)
                .filter_map(|at| Some((at, misplaced(case, &job, at)?)))
                .collect();
            let Some((_, first)) = misplaced.first() else { continue };
            let marks: Vec<&CallRecord> = misplaced.iter().map(|(at, _)| job.call(*at)).collect();
            let Some(first_mark) = marks.first() else { continue };
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first_mark.started)
                    .detail(format!(
                        "{} called {}; {}.",
                        words::capital(&job.operation.requester()),
                        words::calls(&marks),
                        first.text()
                    ))
                    .remedy(
                        "Ask the application whether its restored data is in order. Let the requester set the status \
                         between the end of PreRestore and PostRestore.",
                    )
                    .evidence(misplaced.iter().filter_map(|(_, why)| why.call()).flat_map(events))
                    .evidence(marks.into_iter().flat_map(events)),
            );
        }
    }
}

fn events(call: &CallRecord) -> impl Iterator<Item = usize> {
    call.events.iter().copied()
}

/// Why a status came at the wrong time.
enum Misplaced<'t> {
    /// Nothing had been prepared.
    Early,
    /// This PreRestore was still running.
    During(&'t CallRecord),
    /// After this PostRestore.
    Late(&'t CallRecord),
}

impl<'t> Misplaced<'t> {
    fn call(&self) -> Option<&'t CallRecord> {
        match self {
            Misplaced::Early => None,
            Misplaced::During(call) | Misplaced::Late(call) => Some(call),
        }
    }

    fn text(&self) -> String {
        match self {
            Misplaced::Early => "PreRestore had not been called successfully before that".to_owned(),
            Misplaced::During(call) => {
                let end = call.ended.map(|at| format!(" and was over at {}", words::iso(at)));
                format!("PreRestore had begun at {}{}", words::iso(call.started), end.unwrap_or_default())
            }
            Misplaced::Late(call) => format!("before that it had called {}", words::call(call)),
        }
    }
}

/// What the last step of the restore before a status says about its time.
fn misplaced<'t>(case: &Case<'_>, job: &Job<'_, 't>, at: usize) -> Option<Misplaced<'t>> {
    let is_step = |call: &&CallRecord| {
        matches!(call.method, Method::PreRestore | Method::PostRestore) && call.was_taken()
    };
    match job.before(at).iter().rev().find(is_step) {
        Some(post) if post.method == Method::PostRestore => Some(Misplaced::Late(post)),
        Some(pre) => {
            let mark = job.call(at);
            let is_running = pre.finished && pre.events.last() > mark.events.first();
            is_running.then_some(Misplaced::During(pre))
        }
        None => (job.is_restore() && job.is_seen_up_to(case, at)).then_some(Misplaced::Early),
    }
}
