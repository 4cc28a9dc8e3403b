use crate::rules::case::is_over;
use crate::rules::host::lost_its_service;
use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{CallRecord, EndReason, HResult, Method, SnapshotSet, Timestamp};

rule! {
    /// # What it flags
    /// StartSnapshotSet opened a set, and neither DoSnapshotSet nor AbortBackup followed: the instance held it for ten
    /// minutes, or stood still after a failed call, or stood still while another requester was refused.
    /// # Why it matters
    /// VSS makes one set at a time on a host, from StartSnapshotSet until DoSnapshotSet is over. A requester that opens a
    /// set and stops keeps every other backup of the host waiting.
    /// # Evidence needed
    /// A trace with the requester's calls that goes on until the time is over.
    /// # When it is silent
    /// A call of the instance is still under way, or it goes on adding volumes; BackupComplete was called; the evidence ends
    /// within the time (thresholds `set_open`, `set_idle`) or has holes; the service went away; the clock was set in
    /// between; the output of tools. For a release in time and before PrepareForBackup abort-not-called-after-start speaks.
    /// # What to do
    /// End the process that holds the set and mend its way out: AbortBackup, then Release. As a stop-gap restart the VSS
    /// service while no backup runs.
    /// # References
    /// Microsoft: Error Handling in Shadow Copy Providers; State Transitions in Shadow Copy Providers;
    /// IVssBackupComponents::StartSnapshotSet; IVssBackupComponents::AbortBackup.
    pub struct SetLeftOpen {
        id: "set-left-open",
        title: "Shadow copy set opened and left open",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

impl Rule for SetLeftOpen {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(open) = left_open(case, operation) else { continue };
            let refused = match open.refused.len() {
                0 => String::new(),
                count => {
                    format!(" StartSnapshotSet of other requesters was refused {}.", words::times(count))
                }
            };
            findings.add(
                Draft::of(self.info(), operation)
                    .set(open.set)
                    .at(open.start.started)
                    .detail(format!(
                        "{} opened the set with {} and then called neither DoSnapshotSet nor AbortBackup; {}. Its last \
                         other call was {}.{refused}",
                        words::capital(&operation.requester()),
                        words::call(open.start),
                        open.why,
                        words::call(open.last)
                    ))
                    .remedy(
                        "End or restart the process that holds the set, and make its requester call AbortBackup and \
                         Release on every error. If it cannot be ended, restart the VSS service while no backup runs.",
                    )
                    .evidence(open.start.events.iter().copied())
                    .evidence(open.last.events.iter().copied())
                    .evidence(open.refused.iter().flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}

/// A set that was left open.
struct Open<'t> {
    set: Option<&'t SnapshotSet>,
    start: &'t CallRecord,
    /// The last call before the release.
    last: &'t CallRecord,
    why: String,
    /// Calls of other requesters that were refused meanwhile.
    refused: Vec<&'t CallRecord>,
}

/// Whether a session left its set open.
pub(in crate::rules) fn is_left_open(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    left_open(case, operation).is_some()
}

fn left_open<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Option<Open<'t>> {
    const ENDS: [Method; 3] = [Method::DoSnapshotSet, Method::AbortBackup, Method::BackupComplete];
    let calls = operation.calls();
    let start = operation.calls_of(&Method::StartSnapshotSet).filter(|call| call.ok()).last()?;
    let last = calls.iter().rfind(|call| call.method != Method::Release)?;
    let under_way = calls.iter().any(|call| call.ended.is_none());
    if under_way || calls.iter().any(|call| ENDS.contains(&call.method)) || lost_its_service(case, operation)
    {
        return None;
    }
    let (opened, idle) = (start.ended?, last.ended?);
    let (long, pause) = (opened + case.thresholds.set_open, idle + case.thresholds.set_idle);
    if is_released_in_time(operation, long) {
        return None;
    }
    let is_open_at = |time: Timestamp| is_open_at(case, operation, opened, time);
    let refused = refusals(case, operation, idle, long);
    let ended = operation.session?.ended;
    let why = if is_open_at(long) && is_open_at(pause) {
        format!("the set was still open {} later", minutes(case.thresholds.set_open))
    } else if last.failed() && is_open_at(pause) {
        format!(
            "after a failed call the instance stood still for more than {}",
            minutes(case.thresholds.set_idle)
        )
    } else if let Some(ended) = ended.filter(|ended| !refused.is_empty() && is_open_at(*ended)) {
        format!("the session ended at {} with the set open", words::iso(ended))
    } else {
        return None;
    };
    let set = operation.sets.iter().copied().find(|set| set.guid.is_some() && set.guid == start.set);
    Some(Open { set, start, last, why, refused })
}

/// A release soon after, and before the writers were prepared, gives the set back.
fn is_released_in_time(operation: &Operation<'_>, limit: Timestamp) -> bool {
    let prepared = operation.calls_of(&Method::PrepareForBackup).any(CallRecord::ok);
    let in_time = |session: &vsscope_model::Session| {
        session.end_reason == EndReason::Released && session.ended.is_some_and(|ended| ended <= limit)
    };
    !prepared && operation.session.is_some_and(in_time)
}

/// Whether the evidence shows that the instance still lived at an instant, with nothing missing before.
fn is_open_at(case: &Case<'_>, operation: &Operation<'_>, from: Timestamp, time: Timestamp) -> bool {
    let Some(session) = operation.session else { return false };
    let lives = match session.ended.filter(|_| is_over(session.end_reason)) {
        Some(ended) => ended >= time,
        None => {
            session.end_reason != EndReason::Restart
                && session.events.last().is_some_and(|&last| case.goes_on(last, time))
        }
    };
    lives && is_whole(case, operation, from, time) && !case.clock_stepped(operation.host(), from, time)
}

/// StartSnapshotSet of others that was refused while the instance stood still.
fn refusals<'t>(
    case: &Case<'t>,
    operation: &Operation<'t>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<&'t CallRecord> {
    let to = operation.session.and_then(|session| session.ended).map_or(to, |ended| ended.min(to));
    let others = case
        .operations
        .iter()
        .filter(|other| !std::ptr::eq(*other, operation) && other.host() == operation.host());
    let is_refused = |call: &&CallRecord| {
        call.hresult == Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS)
            && from <= call.started
            && call.started <= to
    };
    others.flat_map(|other| other.calls_of(&Method::StartSnapshotSet)).filter(is_refused).collect()
}

fn minutes(time: TimeDelta) -> String {
    match time.num_minutes() {
        1 => "a minute".to_owned(),
        minutes if minutes > 1 => format!("{minutes} minutes"),
        _ => format!("{} s", time.num_seconds()),
    }
}
