use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{BackupType, CallRecord, Clock, Confidence, Method, Session, SnapshotSet, Timestamp};

rule! {
    /// # What it flags
    /// A transportable set was made on one host and saved on another one, and the creating session called BackupComplete,
    /// or ended, before the set was imported there or before the importing session was done.
    /// # Why it matters
    /// With BackupComplete the writers take their data for saved and cut their logs; at that time nothing had been saved
    /// yet. If the second host then fails, there is neither backup nor log.
    /// # Evidence needed
    /// Traces of the requesters of both hosts, with the set id of the import.
    /// # When it is silent
    /// No import of the set is in the evidence, or none succeeded; backups of type COPY, as for data mining, where the
    /// creating host may be done early; aborted backups. Clocks of two hosts are not compared finely: an order that rests
    /// on less than five minutes, the difference that Windows domains tolerate, or on a clock without a zone, is only
    /// possible.
    /// # What to do
    /// Let the second host report that it is done, and only then call BackupComplete on the first one.
    /// # References
    /// Microsoft: Importing Transportable Shadow Copied Volumes; Maximum Tolerance for Computer Clock Synchronization.
    pub struct TransportableCompletedBeforeImport {
        id: "transportable-completed-before-import",
        title: "Creating host was done before the importing one",
        severity: Warning,
        scope: Set,
        basis: "documented",
    }
}

/// Clocks in a Windows domain may differ by this much (default of "Maximum tolerance for computer clock synchronization").
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

impl Rule for TransportableCompletedBeforeImport {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let transportable = operation.context().is_some_and(|context| context.is_transportable());
            let Some(session) = operation.session.filter(|_| transportable && is_backup(operation)) else {
                continue;
            };
            for &set in &operation.sets {
                let Some(import) = import(case, operation, set) else { continue };
                let Some((what, done, events)) = done(operation, session, set) else { continue };
                if done >= import.until {
                    continue;
                }
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(confidence(case, operation, &import, done))
                        .at(done)
                        .detail(format!(
                            "{} on {} {what} at {}, but {} on {} used the set until {} (imported at {}).",
                            words::capital(&operation.requester()),
                            operation.host(),
                            words::iso(done),
                            import.operation.requester(),
                            import.operation.host(),
                            words::iso(import.until),
                            words::iso(import.call.started)
                        ))
                        .remedy(
                            "Check that the copy on the second host is complete before relying on it. Let the creating \
                             requester wait for the signal of the importing one before BackupComplete and Release.",
                        )
                        .evidence(events)
                        .evidence(import.call.events.iter().copied()),
                );
            }
        }
    }
}

/// The successful import of a set, and how long the importing session used it.
struct Import<'c, 't> {
    operation: &'c Operation<'t>,
    call: &'t CallRecord,
    until: Timestamp,
}

/// A backup whose completion makes writers cut their logs, and that was not given up.
fn is_backup(operation: &Operation<'_>) -> bool {
    let is_copy = operation.session.is_some_and(|session| session.backup_type == Some(BackupType::Copy));
    !is_copy && operation.calls_of(&Method::AbortBackup).next().is_none()
}

fn import<'c, 't>(case: &'c Case<'t>, maker: &Operation<'t>, set: &SnapshotSet) -> Option<Import<'c, 't>> {
    let guid = set.guid?;
    let others = case.operations.iter().filter(|other| !std::ptr::eq(*other, maker));
    let imports = others.flat_map(|other| {
        let of_set = move |call: &&CallRecord| call.ok() && call.set == Some(guid);
        other.calls_of(&Method::ImportSnapshots).filter(of_set).map(move |call| (other, call))
    });
    imports.min_by_key(|(_, call)| call.started).map(|(operation, call)| {
        let over = operation.session.and_then(|session| session.ended);
        Import { operation, call, until: over.or(call.ended).unwrap_or(call.started) }
    })
}

/// When the creating session was done with the set, by which call or end, and the events of it.
fn done(
    operation: &Operation<'_>,
    session: &Session,
    set: &SnapshotSet,
) -> Option<(&'static str, Timestamp, Vec<usize>)> {
    operation.creation(set)?;
    let complete = operation.calls_of(&Method::BackupComplete).find(|call| call.was_taken());
    let last = || operation.events.last().copied().into_iter().collect();
    match (complete, session.ended) {
        (Some(call), _) => Some(("called BackupComplete", call.started, call.events.clone())),
        (None, Some(ended)) => Some(("ended its session", ended, last())),
        (None, None) => None,
    }
}

fn confidence(
    case: &Case<'_>,
    operation: &Operation<'_>,
    import: &Import<'_, '_>,
    done: Timestamp,
) -> Confidence {
    let events = operation.events.iter().chain(&import.call.events).filter_map(|&index| case.event(index));
    let mut unzoned = events.filter(|event| event.clock == Clock::Unzoned || !event.clock.measures());
    let same_host = operation.host() == import.operation.host();
    match unzoned.next().is_none() && (same_host || import.until - done > CLOCK_SKEW) {
        true => Confidence::Strong,
        false => Confidence::Weak,
    }
}
