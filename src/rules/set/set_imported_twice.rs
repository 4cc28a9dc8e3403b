use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeMap;
use vsscope_model::{Confidence, Guid, HResult, Method, Timestamp, What};

rule! {
    /// # What it flags
    /// One transportable set was imported more than once: two calls of ImportSnapshots succeeded for it, on one host or on
    /// several, or the audit records of another host show its import as well.
    /// # Why it matters
    /// A set may be imported once after its creation. After a second import the same copies are in use twice, on one host
    /// or on two that do not know of each other.
    /// # Evidence needed
    /// Traces of the importing hosts in which the imports name the set, or the audit records of the import (VSSAudit 8223).
    /// # When it is silent
    /// The first import failed, was cancelled or brought only some of the copies, so that the second one is another try;
    /// imports that name no set. Some hardware providers announce that their sets can be imported several times; no log
    /// shows that, so that the finding is only possible.
    /// # What to do
    /// Let the other program use the imported copy: break it, or expose it as a share. Take the LUNs of the second import
    /// away from its host.
    /// # References
    /// Microsoft: The Shadow Copy Creation Process; Importing Transportable Shadow Copied Volumes.
    pub struct SetImportedTwice {
        id: "set-imported-twice",
        title: "Transportable set imported more than once",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

/// An import of a set that succeeded.
struct Import<'c, 't> {
    host: &'c str,
    at: Timestamp,
    /// The importing session, where it is known.
    operation: Option<&'c Operation<'t>>,
    events: Vec<usize>,
}

impl Rule for SetImportedTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for (set, mut imports) in imports(case) {
            imports.sort_by_key(|import| (import.at, import.events.first().copied()));
            let [_, second, ..] = imports.as_slice() else { continue };
            let named: Vec<String> = imports.iter().map(text).collect();
            let draft = match second.operation {
                Some(operation) => Draft::of(self.info(), operation),
                None => Draft::new(self.info(), second.host),
            };
            let times = words::times(imports.len());
            findings.add(
                draft
                    .set(case.set_of_guid(set))
                    .confidence(Confidence::Weak)
                    .at(second.at)
                    .detail(format!(
                        "The set {set} was imported {times}: {}. Only a provider that announces it can bear that.",
                        words::list(&named)
                    ))
                    .remedy(
                        "Ask the maker of the hardware provider whether its sets can be imported more than once. If not, \
                         take the LUNs away from all hosts but one and let the others use the copy of that host.",
                    )
                    .evidence(imports.iter().flat_map(|import| import.events.iter().copied())),
            );
        }
    }
}

fn text(import: &Import<'_, '_>) -> String {
    let who = import.operation.map_or_else(String::new, |operation| format!(" by {}", operation.requester()));
    format!("on {}{who} at {}", import.host, words::iso(import.at))
}

/// The imports of each set: those of traces, and of hosts without them those that were audited.
fn imports<'c, 't>(case: &'c Case<'t>) -> BTreeMap<Guid, Vec<Import<'c, 't>>> {
    let mut found: BTreeMap<Guid, Vec<Import<'c, 't>>> = BTreeMap::new();
    for operation in &case.operations {
        for call in operation.calls_of(&Method::ImportSnapshots).filter(|call| call.ok()) {
            let whole = call.hresult != Some(HResult::VSS_SOME_SNAPSHOTS_NOT_IMPORTED);
            let Some(set) = call.set.filter(|set| whole && !set.is_null()) else { continue };
            let (host, at, events) = (operation.host(), call.started, call.events.clone());
            found.entry(set).or_default().push(Import { host, at, operation: Some(operation), events });
        }
    }
    for (index, event) in case.telling().filter(|(_, event)| matches!(event.what, What::SnapshotImported)) {
        let (Some(set), Some(host)) = (event.set, event.host.as_deref()) else { continue };
        let known = found.entry(set).or_default();
        // One record for each copy of the set.
        if !known.iter().any(|import| import.host.eq_ignore_ascii_case(host)) {
            let operation = case.operation_of(index);
            known.push(Import { host, at: event.time, operation, events: vec![index] });
        }
    }
    found
}
