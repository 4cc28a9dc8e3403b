use crate::rules::set::{foreign_deletes, losses};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Confidence, Method, SnapshotSet, Timestamp};

rule! {
    /// # What it flags
    /// Shadow copies of a running backup were lost or deleted by somebody else, and the requester then reported success to
    /// the writers: BackupComplete without component mode, or with components that it marked as saved after the loss.
    /// # Why it matters
    /// The source of the copy was gone in the middle of the job. Whatever was read after that is missing or wrong, and the
    /// writers may have cut their logs for it.
    /// # Evidence needed
    /// A trace with the requester's calls, and the loss: a record of volsnap in the System log, the delete in a
    /// trace, or a call of the requester that did not find the copy any more.
    /// # When it is silent
    /// BackupComplete did not succeed, or the backup was aborted; a component was marked as failed after the loss; component
    /// mode without a mark; the loss came after the backup. That the volume had been copied already before the loss is
    /// known only to the requester's own log.
    /// # What to do
    /// Take the backup for bad and repeat it. A requester should make sure that the copy still answers before it reports
    /// success.
    /// # References
    /// Microsoft: VSS Glossary (diff area); Overview of Actual Backup of Files; CVssWriter::OnBackupComplete.
    pub struct BackupCompleteAfterShadowLost {
        id: "backup-complete-after-shadow-lost",
        title: "Success reported although the shadow copy was lost",
        severity: Error,
        scope: Session,
        basis: "inferred",
    }
}

/// A set that went away under its backup.
struct Gone<'c, 't> {
    operation: &'c Operation<'t>,
    set: &'t SnapshotSet,
    at: Timestamp,
    confidence: Confidence,
    events: Vec<usize>,
    how: &'static str,
}

impl Rule for BackupCompleteAfterShadowLost {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut told: Vec<&Operation<'_>> = Vec::new();
        for gone in gone(case) {
            let Some((complete, marks)) = success(gone.operation, gone.at) else { continue };
            if told.iter().any(|known| std::ptr::eq(*known, gone.operation)) {
                continue;
            }
            told.push(gone.operation);
            let marked = match marks.len() {
                0 => String::new(),
                count => format!(" Components were marked as saved {}.", words::times(count)),
            };
            findings.add(
                Draft::of(self.info(), gone.operation)
                    .set(Some(gone.set))
                    .confidence(gone.confidence)
                    .at(complete.started)
                    .detail(format!(
                        "Shadow copies of the set were {} at {}, and {} reported success with {}.{marked}",
                        gone.how,
                        words::iso(gone.at),
                        gone.operation.requester(),
                        words::call(complete)
                    ))
                    .remedy(
                        "Treat this backup as bad and repeat it, as a full one where logs are cut. Make the requester \
                         check that the shadow copies still answer before it marks components and calls BackupComplete.",
                    )
                    .evidence(gone.events)
                    .evidence(marks.iter().flat_map(|call| call.events.iter().copied()))
                    .evidence(complete.events.iter().copied()),
            );
        }
    }
}

/// Every set that volsnap or a stranger took away from a running backup.
fn gone<'c, 't>(case: &'c Case<'t>) -> Vec<Gone<'c, 't>> {
    let losses = losses(case);
    let lost = losses.iter().filter_map(|loss| {
        let firmest = loss.records.iter().map(|(_, confidence)| *confidence).max()?;
        Some(Gone {
            operation: loss.operation,
            set: loss.set,
            at: case.event(loss.records.first()?.0)?.time,
            confidence: firmest.min(Confidence::Strong),
            events: loss.records.iter().map(|(index, _)| *index).collect(),
            how: "lost",
        })
    });
    let missed = losses.iter().filter_map(|loss| {
        Some(Gone {
            operation: loss.operation,
            set: loss.set,
            at: loss.missed.first()?.started,
            confidence: Confidence::Exact,
            events: loss.missed.iter().flat_map(|call| call.events.iter().copied()).collect(),
            how: "not found any more",
        })
    });
    let deleted = foreign_deletes(case).into_iter().filter_map(|delete| {
        Some(Gone {
            operation: delete.operation,
            set: delete.set,
            at: delete.calls.first()?.started,
            confidence: Confidence::Exact,
            events: delete.calls.iter().flat_map(|call| call.events.iter().copied()).collect(),
            how: "deleted by another program",
        })
    });
    lost.chain(deleted).chain(missed).collect()
}

/// The BackupComplete after an instant that reported success, with the marks that say so.
fn success<'t>(operation: &Operation<'t>, after: Timestamp) -> Option<(&'t CallRecord, Vec<&'t CallRecord>)> {
    let mut completions = operation.calls_of(&Method::BackupComplete);
    let complete = completions.find(|call| call.ok() && call.started > after)?;
    let late = |call: &&CallRecord| call.started > after && call.started <= complete.started;
    let marks: Vec<&CallRecord> = operation.calls_of(&Method::SetBackupSucceeded).filter(late).collect();
    let by_components = operation.session.and_then(|session| session.component_mode);
    let is = |mark: bool| move |call: &&&CallRecord| call.args.succeeded == Some(mark);
    let good = by_components == Some(false) || marks.iter().any(|call| is(true)(&call));
    let bad = marks.iter().any(|call| is(false)(&call));
    (good && !bad).then_some((complete, marks))
}
