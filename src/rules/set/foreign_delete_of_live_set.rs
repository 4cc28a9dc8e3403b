use crate::rules::{Case, Described, Draft, Findings, Life, Operation, Rule, words};
use vsscope_model::{CallRecord, Confidence, Method, Severity, SnapshotSet, What};

rule! {
    /// # What it flags
    /// Somebody other than the requester that made it deleted a shadow copy of a set, successfully, while the backup from
    /// it was running.
    /// # Why it matters
    /// The source of the running backup is gone; what was read after that is missing or wrong. Besides clean-up scripts and
    /// other backup products, malware does this.
    /// # Evidence needed
    /// A trace with the calls of both requesters.
    /// # When it is silent
    /// The delete failed, or came before the creation was finished or after the backup had ended; the session that deletes
    /// has imported the set (an import that failed does not count). A delete by another instance of the same process is a
    /// warning.
    /// # What to do
    /// Find the process and the account behind the delete. Keep clean-up scripts away from sets of running jobs, check the
    /// host for ransomware, and repeat the backup.
    /// # References
    /// Microsoft: IVssBackupComponents::DeleteSnapshots; Shadow Copy Context Configurations.
    pub struct ForeignDeleteOfLiveSet {
        id: "foreign-delete-of-live-set",
        title: "Copies of a running backup deleted from outside its session",
        severity: Error,
        scope: Set,
        basis: "inferred",
    }
}

impl Rule for ForeignDeleteOfLiveSet {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for ForeignDelete { operation, set, life, other, calls } in foreign_deletes(case) {
            let Some(first) = calls.first() else { continue };
            let own = same_process(operation, other);
            let who = words::capital(&other.requester());
            let who = if own { format!("{who} itself, with another instance,") } else { who };
            let user = other.session.and_then(|session| session.requester.user.as_deref());
            let user = user.map(|user| format!(", account {user},")).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), operation)
                    .set(Some(set))
                    .severity(if own { Severity::Warning } else { Severity::Error })
                    .at(first.started)
                    .detail(format!(
                        "{who}{user} deleted shadow copies of the set at {} while {} was backing up from it \
                         (set ready since {}).",
                        words::iso(first.started),
                        operation.requester(),
                        words::iso(life.from)
                    ))
                    .remedy(if own {
                        "Let the program delete its copies after BackupComplete only, and repeat the backup."
                    } else {
                        "Find out what started that process and under which account. Exclude running sets from \
                         clean-up scripts, rule out ransomware, and repeat the backup."
                    })
                    .evidence(calls.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// Deletes of a live set by a stranger.
pub(in crate::rules) struct ForeignDelete<'c, 't> {
    /// The operation that made the set.
    pub operation: &'c Operation<'t>,
    /// The set.
    pub set: &'t SnapshotSet,
    life: Life,
    other: &'c Operation<'t>,
    /// The deletes.
    pub calls: Vec<&'t CallRecord>,
}

/// Every live set of which a stranger deleted copies, with that stranger.
pub(in crate::rules) fn foreign_deletes<'c, 't>(case: &'c Case<'t>) -> Vec<ForeignDelete<'c, 't>> {
    let mut found = Vec::new();
    for operation in &case.operations {
        for &set in &operation.sets {
            let Some(life) = operation.life(set) else { continue };
            let deletes = case.calls_naming(set);
            for deletes in deletes.chunk_by(|(a, _), (b, _)| std::ptr::eq(*a, *b)) {
                let live = |call: &&CallRecord| {
                    call.method == Method::DeleteSnapshots
                        && call.ok()
                        && case.liveness(operation, set, call.started).is_some()
                };
                let calls: Vec<&CallRecord> = deletes.iter().map(|(_, call)| *call).filter(live).collect();
                let Some(&(other, _)) = deletes.first().filter(|_| !calls.is_empty()) else { continue };
                if is_stranger(case, other, operation, set) {
                    found.push(ForeignDelete { operation, set, life, other, calls });
                }
            }
        }
    }
    found
}

/// Whether two sessions are of one process.
fn same_process(a: &Operation<'_>, b: &Operation<'_>) -> bool {
    let key = |operation: &Operation<'_>| {
        let requester = operation.session.map(|session| &session.requester);
        requester.and_then(|requester| {
            Some((requester.pid?, requester.image.clone().map(|image| image.to_lowercase())))
        })
    };
    key(a).is_some() && key(a) == key(b)
}

/// Another session on the same host that did not import the set.
fn is_stranger(case: &Case<'_>, other: &Operation<'_>, operation: &Operation<'_>, set: &SnapshotSet) -> bool {
    let imported = has_imported(case, other, set);
    // Sessions of one process that were put together by inference may be one.
    let pid = |operation: &Operation<'_>| operation.session.and_then(|session| session.requester.pid);
    let is_inferred = |operation: &Operation<'_>| {
        operation.session.is_some_and(|session| session.confidence != Confidence::Exact)
    };
    let same = pid(other).is_some() && pid(other) == pid(operation);
    let perhaps_one = same && (is_inferred(other) || is_inferred(operation));
    !std::ptr::eq(other, operation) && other.host() == operation.host() && !imported && !perhaps_one
}

/// Whether a session imported a set, as far as the evidence has the result of the import.
fn has_imported(case: &Case<'_>, other: &Operation<'_>, set: &SnapshotSet) -> bool {
    let named = other.session.is_some_and(|session| session.sets.contains(&set.id));
    let of_set = |call: &CallRecord| call.set.is_none() || call.set == set.guid;
    let by_call = || other.calls_of(&Method::ImportSnapshots).any(|call| of_set(call) && !call.failed());
    let by_record = || {
        other.iter(case.timeline).any(|(_, event)| {
            matches!(event.what, What::SnapshotImported) && event.set.is_some() && event.set == set.guid
        })
    };
    named && (by_call() || by_record())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::{EndReason, HResult};

    const ID: &str = "foreign-delete-of-live-set";

    fn deleted_by_another(at: f64) -> Lab {
        let mut lab = Lab::backup();
        let first = lab.current;
        lab.add_session("B", 206.0);
        lab.delete_set_of(at, first);
        lab.current = first;
        lab
    }

    #[test]
    fn a_stranger_that_deletes_a_live_set_is_an_error() {
        let mut lab = deleted_by_another(206.5);
        lab.call(300.0, Method::BackupComplete);
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!(finding.session.as_deref(), Some("A"));
        assert!(finding.detail.contains("2031-05-06T10:03:26.500Z"), "{}", finding.detail);
    }

    #[test]
    fn after_the_backup_anyone_may_delete() {
        let mut lab = Lab::backup();
        let first = lab.current;
        lab.call(200.0, Method::BackupComplete);
        lab.end(201.0, EndReason::Released);
        lab.add_session("B", 206.0);
        lab.delete_set_of(206.5, first);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_failed_delete_and_the_owners_delete_are_silent() {
        let mut lab = deleted_by_another(206.5);
        for call in &mut lab.timeline.sessions[1].calls {
            call.hresult = Some(HResult::VSS_OBJECT_NOT_FOUND);
        }
        assert_silent(&lab, ID);
        let mut lab = Lab::backup();
        lab.delete_own_set(100.0);
        assert_silent(&lab, ID);
    }
}
