use crate::rules::components;
use crate::rules::pattern::selection::selected;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Component, Method};

rule! {
    /// # What it flags
    /// A restore called PostRestore without SetFileRestoreStatus for one or more of the components that were selected.
    /// # Why it matters
    /// In OnPostRestore the writers read this status. Without it they cannot tell a success from a failure, and may bring
    /// a half-restored database online.
    /// # Evidence needed
    /// A trace with the requester's calls; to name the components also their parameters.
    /// # When it is silent
    /// The component was taken back (selected with false); nothing was selected; parameters are missing from the trace and
    /// some status was set; no PreRestore or PostRestore.
    /// # What to do
    /// Call SetFileRestoreStatus for each selected component between PreRestore and PostRestore, also for those that
    /// failed.
    /// # References
    /// Microsoft: IVssBackupComponents::SetFileRestoreStatus; Overview of Actual File Restoration.
    pub struct RestoreStatusNotSet {
        id: "restore-status-not-set",
        title: "Restored component without SetFileRestoreStatus",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RestoreStatusNotSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| case.sees_every_call(operation)) {
            let Some((marks, post)) = marks(operation) else { continue };
            let selected = selected(operation.calls());
            let without: Vec<&CallRecord> =
                selected.iter().filter(|call| !is_marked(call, &marks)).copied().collect();
            if without.is_empty() {
                continue;
            }
            let named: Vec<&Component> = without.iter().filter_map(|call| components::of(call)).collect();
            let what = match named.is_empty() {
                true => "the selected components".to_owned(),
                false => components::list(named),
            };
            findings.add(
                Draft::of(self.info(), operation)
                    .at(post.started)
                    .detail(format!(
                        "{} called {} without having set the restore status of {what}.",
                        words::capital(&operation.requester()),
                        words::call(post)
                    ))
                    .remedy(
                        "Ask the application whether its restored data is in order. Let the requester set the status of \
                         every selected component before PostRestore.",
                    )
                    .evidence(without.iter().flat_map(|call| call.events.iter().copied()))
                    .evidence(post.events.iter().copied()),
            );
        }
    }
}

/// The status calls between PreRestore and PostRestore, and PostRestore.
fn marks<'t>(operation: &Operation<'t>) -> Option<(Vec<&'t CallRecord>, &'t CallRecord)> {
    let calls = operation.calls();
    let pre = calls.iter().position(|call| call.method == Method::PreRestore && call.was_taken())?;
    let is_post = |call: &CallRecord| call.method == Method::PostRestore && call.was_taken();
    let post = pre + calls[pre..].iter().position(is_post)?;
    let is_mark = |call: &&CallRecord| call.method == Method::SetFileRestoreStatus && !call.failed();
    Some((calls[pre..post].iter().filter(is_mark).collect(), &calls[post]))
}

/// Whether a status was set for a component; where parameters are missing, any status may be the one.
fn is_marked(selection: &CallRecord, marks: &[&CallRecord]) -> bool {
    marks.iter().any(|mark| match (components::of(selection), components::of(mark)) {
        (Some(a), Some(b)) => {
            a.writer.eq_ignore_ascii_case(&b.writer) && a.path == b.path && a.name == b.name
        }
        _ => true,
    })
}
