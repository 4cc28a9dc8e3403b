use crate::rules::components::{self, may_be_same};
use crate::rules::pattern::job::{Job, jobs};
use crate::rules::pattern::selection::maybe_selected;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Component, Method};

rule! {
    /// # What it flags
    /// AddRestoreSubcomponent was called for a part of a component that was not selected for the restore at that moment: no
    /// SetSelectedForRestore with true before it, one that was refused or taken back, or one that came later.
    /// # Why it matters
    /// The component that contains the part has to be selected first. Otherwise the call fails, or the writer is not
    /// asked to take the part back.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on; to compare the components also their
    /// parameters.
    /// # When it is silent
    /// The parameters of the call or of a selection are missing and something was selected; the result of the selection is
    /// not in the evidence; the trace begins inside the session or lost records; the output of tools.
    /// # What to do
    /// Call SetSelectedForRestore for the component before AddRestoreSubcomponent for its parts.
    /// # References
    /// Microsoft: IVssBackupComponents::AddRestoreSubcomponent; Working with Selectability for Restore and Subcomponents.
    pub struct RestoreSubcomponentWithoutRoot {
        id: "restore-subcomponent-without-root",
        title: "Part of a component chosen without the component",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RestoreSubcomponentWithoutRoot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case).filter(Job::is_restore) {
            let is_wrong = |at: &usize| {
                job.call(*at).method == Method::AddRestoreSubcomponent
                    && job.is_seen_up_to(case, *at)
                    && !has_root(&job, *at)
            };
            let wrong: Vec<&CallRecord> =
                (0..job.calls.len()).filter(is_wrong).map(|at| job.call(at)).collect();
            let Some(first) = wrong.first() else { continue };
            let roots: Vec<&Component> = wrong.iter().filter_map(|call| components::of(call)).collect();
            let what = match roots.is_empty() {
                true => "the component that contains the part".to_owned(),
                false => components::list(once(roots)),
            };
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} while {what} was not selected for the restore.",
                        words::capital(&job.operation.requester()),
                        words::calls(&wrong)
                    ))
                    .remedy(
                        "Repeat the restore with a requester that selects the component with SetSelectedForRestore \
                         before it adds its parts.",
                    )
                    .evidence(wrong.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Whether the component that a call names is, or may be, selected at this place.
fn has_root(job: &Job<'_, '_>, at: usize) -> bool {
    let root = components::of(job.call(at));
    maybe_selected(job.before(at)).into_iter().any(|selection| match (root, components::of(selection)) {
        (Some(root), Some(selected)) => may_be_same(root, selected),
        _ => true,
    })
}

/// Each component once.
fn once(components: Vec<&Component>) -> Vec<&Component> {
    let mut named: Vec<&Component> = Vec::new();
    for component in components {
        if !named.contains(&component) {
            named.push(component);
        }
    }
    named
}
