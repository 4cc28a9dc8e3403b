use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, EndReason, HResult, Method, SnapshotSet};

rule! {
    /// # What it flags
    /// A requester released the instance of an auto-release set, and afterwards the same process asked for a shadow copy of
    /// that set (GetSnapshotProperties, ExposeSnapshot) and got VSS_E_OBJECT_NOT_FOUND.
    /// # Why it matters
    /// In VSS_CTX_BACKUP a shadow copy lives as long as the instance that made it. The job took away its own source.
    /// # Evidence needed
    /// A trace with the calls of all sessions of the process, and with the ids of the shadow copies.
    /// # When it is silent
    /// Contexts without auto-release, or an unknown one; a release that nobody followed up: copies may still answer for a
    /// while, so a read that succeeds proves nothing; the set had been deleted explicitly before.
    /// # What to do
    /// Keep the instance until the copy is done, or use a persistent context and delete the set yourself.
    /// # References
    /// Microsoft: Backup Components Document Life Cycle; VSS Glossary (auto-release shadow copies);
    /// IVssBackupComponents::DeleteSnapshots.
    pub struct AutoReleaseReleasedEarly {
        id: "auto-release-released-early",
        title: "Instance released while its shadow copy was still needed",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

/// Calls that need the shadow copy to be there.
const USES: [Method; 2] = [Method::GetSnapshotProperties, Method::ExposeSnapshot];

impl Rule for AutoReleaseReleasedEarly {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let released = operation.session.filter(|session| session.end_reason == EndReason::Released);
            let Some(ended) = released.and_then(|session| session.ended) else { continue };
            if !operation.context().is_some_and(|context| context.is_auto_release()) {
                continue;
            }
            for &set in operation.sets.iter().filter(|set| operation.creation(set).is_some()) {
                let uses = late_uses(case, operation, set);
                let Some(first) = uses.first() else { continue };
                if was_deleted(case, set, first) || !is_whole(case, operation, set.started, ended) {
                    continue;
                }
                let release =
                    operation.calls_of(&Method::Release).flat_map(|call| call.events.iter().copied());
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .at(ended)
                        .detail(format!(
                            "{} released the instance at {}, and with it its auto-release shadow copies; then the same \
                             process still wanted one: {}.",
                            words::capital(&operation.requester()),
                            words::iso(ended),
                            words::call(first)
                        ))
                        .remedy(
                            "Do not trust what was copied after the release. Change the requester so that it holds the \
                             instance until its copy is done.",
                        )
                        .evidence(release)
                        .evidence(uses.iter().flat_map(|call| call.events.iter().copied())),
                );
            }
        }
    }
}

/// Calls of the same process that looked for a copy of the set after the release and did not find it.
fn late_uses<'t>(case: &Case<'t>, operation: &Operation<'t>, set: &SnapshotSet) -> Vec<&'t CallRecord> {
    let Some(session) = operation.session else { return Vec::new() };
    let of_process = |other: &Operation<'t>| {
        let other = other.session;
        other.is_some_and(|other| other.host == session.host && other.requester.pid == session.requester.pid)
            && session.requester.pid.is_some()
    };
    let is_late = |call: &&CallRecord| {
        Some(call.started) >= session.ended
            && USES.contains(&call.method)
            && call.hresult == Some(HResult::VSS_OBJECT_NOT_FOUND)
    };
    let named = case.calls_naming(set).into_iter().filter(|(other, _)| of_process(other));
    let mut uses: Vec<&CallRecord> = named.map(|(_, call)| call).filter(is_late).collect();
    uses.sort_by_key(|call| call.started);
    uses
}

/// Whether somebody deleted the set, or a copy of it, before a call.
fn was_deleted(case: &Case<'_>, set: &SnapshotSet, before: &CallRecord) -> bool {
    case.calls_naming(set).into_iter().any(|(_, call)| {
        call.method == Method::DeleteSnapshots && call.ok() && call.started <= before.started
    })
}
