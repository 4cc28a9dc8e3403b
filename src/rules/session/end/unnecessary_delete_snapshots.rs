use crate::rules::case::is_over;
use crate::rules::pattern::{error_path::went_wrong, removal};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{CallRecord, Confidence, Method, Session, SessionDetail, SessionKind, SnapshotSet};

rule! {
    /// # What it flags
    /// A requester deletes its own (or imported) auto-release set, successfully and with everything in order, directly before it
    /// releases the instance.
    /// # Why it matters
    /// Release deletes such copies anyway. The call costs a round trip to the service and the provider and can fail with
    /// VSS_E_OBJECT_NOT_FOUND, which then looks like trouble. It is advice, not a fault.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// Contexts that are not auto-release, where DeleteSnapshots is the only way; after any failure, cancellation, abort or
    /// loss; without BackupComplete where one is due, of which backup-shutdown-without-complete speaks; deletes of only some
    /// copies of the set; deletes long before the end of the session.
    /// # What to do
    /// Leave the call out on the success path.
    /// # References
    /// Microsoft: Overview of Backup Termination; Shadow Copy Context Configurations;
    /// IVssBackupComponents::DeleteSnapshots.
    pub struct UnnecessaryDeleteSnapshots {
        id: "unnecessary-delete-snapshots",
        title: "Unnecessary DeleteSnapshots before Release",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

/// Calls between the delete and the end that do not make it anything else than a clean-up.
const CLEAN_UP: &[Method] = &[
    Method::DeleteSnapshots,
    Method::GatherWriterStatus,
    Method::GetWriterStatus,
    Method::FreeWriterStatus,
    Method::FreeWriterMetadata,
    Method::SaveAsXml,
    Method::Query,
    Method::GetSnapshotProperties,
    Method::Release,
];

impl Rule for UnnecessaryDeleteSnapshots {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let directly = case.thresholds.release_after_delete;
        for operation in &case.operations {
            let session =
                operation.session.filter(|s| s.detail == SessionDetail::Calls && is_over(s.end_reason));
            let Some(session) = session else { continue };
            let known = operation.context();
            if known.is_some_and(|context| !context.is_auto_release()) || went_wrong(case, operation) {
                continue;
            }
            // Without BackupComplete, where one is due, it is no success path.
            let is_complete = || operation.calls_of(&Method::BackupComplete).next().is_some();
            let is_backup = session.kind == SessionKind::Backup;
            let is_due = operation.is_transcript(case.timeline)
                || (is_backup && known.is_none_or(|context| !context.is_writerless()));
            if is_due && !is_complete() {
                continue;
            }
            for set in own_sets(case, operation) {
                let Some((deletes, last)) = deletes_of(operation, set, directly) else { continue };
                if !ends_directly(session, last, directly) {
                    continue;
                }
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(if known.is_some() { Confidence::Exact } else { Confidence::Weak })
                        .detail(format!(
                            "{} deleted its own auto-release set with {} and released the instance {}, which deletes it \
                             anyway.",
                            words::capital(&operation.requester()),
                            words::call(last),
                            lag(operation, case, last)
                        ))
                        .remedy("Leave DeleteSnapshots out on the success path of auto-release contexts.")
                        .evidence(deletes.iter().flat_map(|call| call.events.iter().copied())),
                );
            }
        }
    }
}

/// The sets that the session made, and those that it imported.
fn own_sets<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<&'t SnapshotSet> {
    let named = operation.calls_of(&Method::ImportSnapshots).filter_map(|call| call.set);
    let mut imported: Vec<&SnapshotSet> = named.flat_map(|guid| case.sets_of_guid(guid)).collect();
    imported.retain(|set| import(operation, set).is_some());
    imported.sort_by(|a, b| (a.started, &a.id).cmp(&(b.started, &b.id)));
    imported.dedup_by(|a, b| a.id == b.id);
    operation.sets.iter().copied().chain(imported).collect()
}

/// The successful import of a set by a session that did not make it.
fn import<'t>(operation: &Operation<'t>, set: &SnapshotSet) -> Option<&'t CallRecord> {
    let own = operation.sets.iter().any(|known| known.id == set.id);
    let mut imports = operation.calls_of(&Method::ImportSnapshots).filter(|call| call.ok());
    imports.find(|call| !own && call.set.is_some() && call.set == set.guid)
}

/// The successful deletes that together cover a set of this session that was made or imported, and the last of them.
fn deletes_of<'t>(
    operation: &Operation<'t>,
    set: &SnapshotSet,
    directly: TimeDelta,
) -> Option<(Vec<&'t CallRecord>, &'t CallRecord)> {
    let made = operation.creation(set).or_else(|| import(operation, set));
    let created = made?.ended?;
    let deletes: Vec<&CallRecord> = operation
        .calls_of(&Method::DeleteSnapshots)
        .filter(|call| call.ok() && call.started >= created && is_last_act(operation, call, directly))
        .filter(|call| removal::names(call, set))
        .collect();
    let last = *deletes.last()?;
    removal::covers(&deletes, set).then_some((deletes, last))
}

/// What is deleted long before the end makes room while the backup goes on.
fn is_last_act(operation: &Operation<'_>, call: &CallRecord, directly: TimeDelta) -> bool {
    let ended = operation.session.and_then(|session| session.ended);
    ended.is_none_or(|ended| ended - call.started <= directly)
}

fn ends_directly(session: &Session, last: &CallRecord, directly: TimeDelta) -> bool {
    let soon = session.ended.is_some_and(|ended| ended - last.started <= directly);
    let later = session.calls.iter().filter(|call| call.events.first() > last.events.first());
    soon && later.into_iter().all(|call| CLEAN_UP.contains(&call.method))
}

/// How much later the release came: in seconds, or in words where there is an order only.
fn lag(operation: &Operation<'_>, case: &Case<'_>, last: &CallRecord) -> String {
    let ended = operation.session.and_then(|session| session.ended);
    match ended.filter(|_| !operation.is_transcript(case.timeline)) {
        Some(end) => format!("{} later", words::seconds(words::millis(last.started, end))),
        None => "afterwards".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::{Context, EndReason, HResult};

    const ID: &str = "unnecessary-delete-snapshots";

    /// The way restic and Bareos end a backup.
    fn delete_then_release() -> Lab {
        let mut lab = Lab::backup();
        lab.call(500.0, Method::BackupComplete);
        lab.delete_own_set(501.0);
        lab.call(502.0, Method::Release);
        lab.end(502.0, EndReason::Released);
        lab
    }

    #[test]
    fn a_delete_before_release_is_advice() {
        let findings = delete_then_release().run();
        assert!(find(&findings, ID).detail.contains("1.0 s later"), "{}", find(&findings, ID).detail);
    }

    #[test]
    fn other_contexts_need_the_delete() {
        let mut lab = delete_then_release();
        lab.session().context = Some(Context(0x9));
        assert_silent(&lab, ID);
    }

    #[test]
    fn an_unknown_context_makes_it_possible_only() {
        let mut lab = delete_then_release();
        lab.session().context = None;
        lab.session().starts_mid = true;
        assert_eq!(find(&lab.run(), ID).confidence, Confidence::Weak);
    }

    #[test]
    fn clean_up_after_trouble_is_silent() {
        let mut lab = Lab::backup();
        lab.call(80.0, Method::AbortBackup);
        lab.delete_own_set(81.0);
        lab.call(82.0, Method::Release);
        lab.end(82.0, EndReason::Released);
        assert_silent(&lab, ID);
        let mut lab = delete_then_release();
        for call in lab.session().calls.iter_mut().filter(|call| call.method == Method::BackupComplete) {
            call.hresult = Some(HResult::VSS_BAD_STATE);
        }
        assert_silent(&lab, ID);
    }

    #[test]
    fn an_early_or_partial_delete_is_silent() {
        let mut lab = Lab::backup();
        lab.delete_own_set(100.0);
        lab.call(500.0, Method::BackupComplete);
        lab.call(502.0, Method::Release);
        lab.end(502.0, EndReason::Released);
        assert_silent(&lab, ID);
        assert_fires(&delete_then_release(), ID);
    }

    // One copy went early to make room, the other one at the end: only the whole set at the end is pointless.
    #[test]
    fn a_copy_that_was_deleted_early_does_not_count_with_the_last_one() {
        let mut lab = Lab::backup();
        let second = vsscope_model::Snapshot {
            guid: Some(vsscope_model::Guid::from_bits(0x52)),
            ..vsscope_model::Snapshot::default()
        };
        lab.timeline.sets[0].snapshots.push(second);
        for (at, copy) in [(100.0, 0x51), (501.0, 0x52)] {
            if at > 500.0 {
                lab.call(500.0, Method::BackupComplete);
            }
            lab.call(at, Method::DeleteSnapshots).snapshot = Some(vsscope_model::Guid::from_bits(copy));
        }
        lab.call(502.0, Method::Release);
        lab.end(502.0, EndReason::Released);
        assert_silent(&lab, ID);
    }
}
