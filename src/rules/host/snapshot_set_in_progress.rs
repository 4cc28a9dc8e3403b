use super::snapshot_set_in_progress_stuck::Blocked;
use crate::rules::pattern::code::{self, CodeWatch, Hit};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{Confidence, HResult, Method, Timestamp};

rule! {
    /// # What it flags
    /// VSS_E_SNAPSHOT_SET_IN_PROGRESS (0x80042316): a requester wanted to start a set, or to add to one, while another
    /// creation was under way on the host.
    /// # Why it matters
    /// There is one creation at a time per host. Between jobs that run side by side this is normal; a job that does not
    /// wait fails. The session that held the lock is named where the evidence shows it.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// The host is blocked for long, which has a rule of its own (snapshot-set-in-progress-stuck), and what VSS logs of the
    /// refusals meanwhile. What VSS logs of a refusal beside the refused call is part of that finding.
    /// # What to do
    /// Let the job wait and try again, and stagger the schedules.
    /// # References
    /// Microsoft: IVssBackupComponents::StartSnapshotSet; IVssBackupComponents::AddToSnapshotSet.
    pub struct SnapshotSetInProgress {
        id: "snapshot-set-in-progress",
        title: "Another shadow copy creation was in progress",
        severity: Info,
        scope: Host,
        basis: "documented",
    }
}

const WATCH: CodeWatch =
    CodeWatch { code: HResult::VSS_SNAPSHOT_SET_IN_PROGRESS, methods: &[], records: true, statuses: false };

impl Rule for SnapshotSetInProgress {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let blocked = Blocked::of(case);
        let hits = code::hits(case, &WATCH);
        for hit in &hits {
            // What VSS logs of a refusal says nothing about the session in whose time it falls.
            if hit.calls.is_empty()
                && hits.iter().any(|other| other.host == hit.host && is_echo(case, hit, other))
            {
                continue;
            }
            // A blockade of the host has a finding of its own.
            let is_logged = |other: &&Hit<'_, '_>| {
                other.calls.is_empty() && other.host == hit.host && is_echo(case, other, hit)
            };
            let is_blocked =
                |index| case.event(index).is_some_and(|event| blocked.has(hit.host, index, event));
            if hit.events().all(is_blocked) {
                continue;
            }
            let times = hit.calls.len().max(hit.others.len());
            let Some(first) = hit.events().min().and_then(|index| case.event(index)) else { continue };
            let holder = case
                .operations
                .iter()
                .filter(|other| other.host() == hit.host)
                .filter(|other| hit.operation.is_none_or(|own| !std::ptr::eq(own, *other)))
                .find(|other| holds_lock(other, first.time));
            let held = match holder {
                Some(holder) => format!("The lock was held by {}.", holder.requester()),
                None => "Who held the lock is not in the evidence.".to_owned(),
            };
            let (draft, who) = match hit.operation {
                Some(operation) => (Draft::of(self.info(), operation), operation.requester()),
                None => (
                    Draft::new(self.info(), hit.host).confidence(Confidence::Strong),
                    "a requester".to_owned(),
                ),
            };
            findings.add(
                draft
                    .at(first.time)
                    .detail(format!(
                        "{} was told {} (first at {}) that another creation was in progress. {held}",
                        words::capital(&who),
                        words::times(times),
                        words::iso(first.time)
                    ))
                    .remedy("Let the job wait and try again, and give the jobs of this host different start times.")
                    .evidence(hit.events())
                    .evidence(hits.iter().filter(|other| is_logged(other)).flat_map(Hit::events)),
            );
        }
    }
}

/// VSS logs a refusal this long after the call, at most.
const LOGGED_LATER: TimeDelta = TimeDelta::seconds(5);

/// Whether every record of a hit follows a refused call of another one.
fn is_echo(case: &Case<'_>, hit: &Hit<'_, '_>, of: &Hit<'_, '_>) -> bool {
    let follows = |time: Timestamp| {
        let mut ends = of.calls.iter().filter_map(|call| call.ended);
        ends.any(|ended| (ended - time).abs() <= LOGGED_LATER)
    };
    hit.events().all(|index| case.event(index).is_some_and(|event| follows(event.time)))
}

/// How long after its last sign a session whose end the evidence does not have may still hold the lock.
const UNSEEN: TimeDelta = TimeDelta::minutes(10);

/// The lock of the host: from StartSnapshotSet to the end of DoSnapshotSet, or to AbortBackup or the end of the session.
fn holds_lock(operation: &Operation<'_>, time: Timestamp) -> bool {
    let started =
        operation.calls_of(&Method::StartSnapshotSet).filter(|call| call.ok() && call.started <= time).last();
    let Some(start) = started else { return false };
    let ends = operation.calls().iter().filter(|call| call.started >= start.started).filter_map(|call| {
        match call.method {
            Method::DoSnapshotSet => call.ended,
            Method::AbortBackup => Some(call.started),
            _ => None,
        }
    });
    let end = ends.chain(operation.session.and_then(|session| session.ended)).min();
    time <= end.unwrap_or(operation.ended + UNSEEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::Severity;

    const ID: &str = "snapshot-set-in-progress";

    #[test]
    fn the_holder_of_the_lock_is_named() {
        let mut lab = Lab::creating();
        lab.session().requester.pid = Some(4120);
        lab.add_session("B", 2.0);
        for at in [3.0, 8.0] {
            lab.call(at, Method::StartSnapshotSet).hresult = Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS);
        }
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, finding.session.as_deref()), (Severity::Info, Some("B")));
        assert!(
            finding.detail.contains("pid 4120") && finding.detail.contains("2 times"),
            "{}",
            finding.detail
        );
    }

    #[test]
    fn without_another_session_nobody_is_named() {
        let mut lab = Lab::session_only();
        lab.call(3.0, Method::StartSnapshotSet).hresult = Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS);
        assert!(find(&lab.run(), ID).detail.contains("not in the evidence"));
    }

    #[test]
    fn other_codes_are_silent() {
        let mut lab = Lab::session_only();
        lab.call(3.0, Method::StartSnapshotSet).hresult = Some(HResult::VSS_BAD_STATE);
        assert_silent(&lab, ID);
    }

    // A trace that was cut after StartSnapshotSet held the lock for ever.
    #[test]
    fn a_session_that_the_evidence_cuts_off_holds_no_lock_afterwards() {
        let mut lab = Lab::creating();
        lab.add_session("B", 86_400.0);
        lab.call(86_401.0, Method::StartSnapshotSet).hresult = Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS);
        assert!(find(&lab.run(), ID).detail.contains("not in the evidence"));
    }
}
