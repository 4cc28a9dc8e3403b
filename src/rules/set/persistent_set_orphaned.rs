use crate::rules::case::is_over;
use crate::rules::pattern::{error_path::went_wrong, removal};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::{DateTime, Utc};
use vsscope_model::{CallRecord, Confidence, EndReason, Method, Session, SnapshotSet, Timestamp};

rule! {
    /// # What it flags
    /// A job made a persistent set and then failed, crashed or ended without BackupComplete; the set, or some of its
    /// copies, was not deleted, broken or reverted until the evidence ends, at least an hour later.
    /// # Why it matters
    /// Persistent copies outlive instance, process and restart: nobody deletes this set any more. It uses the diff area and
    /// counts against the limit of copies per volume until later backups fail.
    /// # Evidence needed
    /// A trace with the requester's calls that goes on for an hour after the job.
    /// # When it is silent
    /// Jobs that succeeded keep their sets on purpose (restore points, Previous Versions); evidence that ends too soon or
    /// has holes; copies that volsnap lost or a command may have deleted; auto-release contexts.
    /// # What to do
    /// Ask whether anybody needs the set, then delete it by its id. Let the job delete its set on every way out.
    /// # References
    /// Microsoft: Shadow Copy Context Configurations; Importing Transportable Shadow Copied Volumes;
    /// VSS_VOLUME_SNAPSHOT_ATTRIBUTES.
    pub struct PersistentSetOrphaned {
        id: "persistent-set-orphaned",
        title: "Persistent set left behind by a failed job",
        severity: Warning,
        scope: Set,
        basis: "documented principle, inferred rule",
    }
}

impl Rule for PersistentSetOrphaned {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let is_persistent = operation.context().is_some_and(|context| context.is_persistent());
            let Some(session) =
                operation.session.filter(|_| is_persistent && case.sees_every_call(operation))
            else {
                continue;
            };
            let Some(failure) = failure(case, operation, session) else { continue };
            for set in &operation.sets {
                let Some(creation) = operation.creation(set) else { continue };
                let Some(made) = creation.ended.filter(|&made| is_left(case, operation, set, made)) else {
                    continue;
                };
                let left = match removal::removals(case, set).next() {
                    None => "Nothing in the evidence has deleted the set since.",
                    Some(_) => "Only a part of its copies has been deleted since.",
                };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(Confidence::Strong)
                        .at(session.ended.unwrap_or(operation.ended))
                        .detail(format!(
                            "{} made the persistent set {} of {} at {}; {failure}. {left}",
                            words::capital(&operation.requester()),
                            set.id,
                            words::list(&set.volumes),
                            words::iso(made)
                        ))
                        .remedy(format!(
                            "Make sure that nobody needs it, then delete the set by its id ({}) and let the job clean \
                             up on every way out.",
                            set.id
                        ))
                        .evidence(creation.events.iter().copied())
                        .evidence(operation.events.last().copied()),
                );
            }
        }
    }
}

/// How the job failed, as a part of a sentence.
fn failure(case: &Case<'_>, operation: &Operation<'_>, session: &Session) -> Option<String> {
    let completed = operation.calls_of(&Method::BackupComplete).any(CallRecord::was_taken);
    let writers = operation.context().is_some_and(|context| !context.is_writerless());
    let ended = words::iso(session.ended.unwrap_or(operation.ended));
    if went_wrong(case, operation) {
        return Some(format!("the job then failed or was given up and ended at {ended}"));
    }
    // Without writers BackupComplete is never due, so only with them its absence tells.
    let untold = writers && !completed && is_over(session.end_reason);
    untold.then(|| match session.end_reason {
        EndReason::Released => format!("it released the instance at {ended} without BackupComplete"),
        _ => format!("its process ended at {ended} without BackupComplete"),
    })
}

/// Whether copies of the set were still there when the evidence ended, long after the job.
fn is_left(case: &Case<'_>, operation: &Operation<'_>, set: &SnapshotSet, made: Timestamp) -> bool {
    let until = operation.ended + case.thresholds.orphaned_after;
    let goes_on = operation.events.last().is_some_and(|&last| case.goes_on(last, until));
    let for_ever = DateTime::<Utc>::MAX_UTC;
    let removed: Vec<&CallRecord> = removal::removals(case, set).map(|(_, call)| call).collect();
    // A copy without a known id may be one that a call has taken away.
    let all_known = set.snapshots.iter().all(|copy| copy.guid.is_some());
    goes_on
        && (removed.is_empty() || (all_known && !removal::covers(&removed, set)))
        && !removal::may_be_gone(case, operation, set, made, for_ever)
        && !case.has_hole(operation, made, for_ever)
}
