use crate::rules::components::{self, is_below};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Component, Method};

rule! {
    /// # What it flags
    /// A component and another one below it in the logical paths of the same writer were both added to one document.
    /// # Why it matters
    /// A component that is selected brings everything below its logical path along. What was added a second time is in
    /// the backup two times, and at restore the writer finds two components that claim the same files.
    /// # Evidence needed
    /// A trace with the requester's calls and the parameters of AddComponent.
    /// # When it is silent
    /// Only calls that succeeded count. A component that is not selectable does not bring others along and has to be
    /// followed by those below it; whether it is selectable is in the writer's metadata, which traces do not hold, so the
    /// finding is a hint to check that and no more.
    /// # What to do
    /// Look up in the writer's metadata whether the upper component is selectable; if it is, add it alone.
    /// # References
    /// Microsoft: Logical Pathing of Components; Working with Selectability for Backup.
    pub struct AncestorAndDescendantAdded {
        id: "ancestor-and-descendant-added",
        title: "Component added beside one that contains it",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for AncestorAndDescendantAdded {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let adds = operation.calls_of(&Method::AddComponent).filter(|call| call.ok());
            let added: Vec<(&CallRecord, &Component)> =
                adds.filter_map(|call| Some((call, components::of(call)?))).collect();
            let pairs: Vec<_> = added
                .iter()
                .filter_map(|inner| {
                    let outer = added.iter().find(|outer| is_below(inner.1, outer.1))?;
                    Some((inner, outer))
                })
                .collect();
            let Some((first, _)) = pairs.first() else { continue };
            let named: Vec<String> = pairs
                .iter()
                .map(|(inner, outer)| {
                    format!("{} below {}", components::label(inner.1), components::full_path(outer.1))
                })
                .collect();
            findings.add(
                Draft::of(self.info(), operation)
                    .at(first.0.started)
                    .detail(format!(
                        "{} added {}.",
                        words::capital(&operation.requester()),
                        words::list(&named)
                    ))
                    .remedy("Check in the writer's metadata whether the upper component is selectable; if so, add it alone.")
                    .evidence(pairs.iter().flat_map(|(inner, outer)| {
                        inner.0.events.iter().chain(&outer.0.events).copied()
                    })),
            );
        }
    }
}
