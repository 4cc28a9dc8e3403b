use crate::rules::stops::Stop;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{CallRecord, Confidence, EndReason, Method, Session, SessionDetail, Severity, What};

rule! {
    /// # What it flags
    /// The VSS service or the system provider (swprv) stopped or crashed while a session needed it: calls came later, a call
    /// was open at that moment, or the service ended by force between the creation and the BackupComplete that never came.
    /// # Why it matters
    /// The state of the creation lives in the service. With it go the set that is being made and copies that are not
    /// persistent.
    /// # Evidence needed
    /// The System log (service control manager) or the Application log (VSS 8225), together with the calls of a requester.
    /// # When it is silent
    /// Stops after idling (VSS 8224), unless the end of DoSnapshotSet comes after one: then it is a warning. The system
    /// provider stops by itself between its tasks; a plain stop of it counts only while a creation is open. Where the
    /// evidence has no end of the open call, a stop soon after its start is only possibly the reason, and a later one is
    /// none.
    /// # What to do
    /// Find who stopped the service (a script with net stop, a setup, a shutdown) or what made it crash; repeat the backup.
    /// # References
    /// Microsoft: The Volume Shadow Copy Service. KB 972623.
    pub struct ServiceStoppedMidSession {
        id: "service-stopped-mid-session",
        title: "VSS service stopped during a session",
        severity: Error,
        scope: Host,
        basis: "documented dependency, inferred rule",
    }
}

/// A service without work stops after this time (KB 972623), so a later stop needs no other reason.
const IDLE: TimeDelta = TimeDelta::minutes(3);
/// How near a shutdown of Windows has to be to be the reason.
const SHUTDOWN_NEAR: TimeDelta = TimeDelta::minutes(5);

impl Rule for ServiceStoppedMidSession {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let on_host = case.stops.iter().filter(|stop| stop.host == operation.host());
            let hit: Vec<(&Stop<'_>, Confidence)> =
                on_host.filter_map(|stop| Some((stop, need(operation, stop)?))).collect();
            let Some((first, _)) = hit.first() else { continue };
            let firmest = hit.iter().map(|(_, confidence)| *confidence).max().unwrap_or(Confidence::Weak);
            let idle = hit.iter().all(|(stop, _)| stop.reason == EndReason::Idle);
            let shutdown = case
                .between(operation.host(), first.at - SHUTDOWN_NEAR, first.at + SHUTDOWN_NEAR)
                .find(|(_, event)| matches!(event.what, What::Shutdown));
            let why = match shutdown {
                Some((_, event)) => format!(" Windows was shutting down ({}).", words::iso(event.time)),
                None => String::new(),
            };
            let named: Vec<String> = hit
                .iter()
                .map(|(stop, _)| {
                    format!("{} at {} ({})", stop.service, words::iso(stop.at), stop.reason.as_str())
                })
                .collect();
            findings.add(
                Draft::of(self.info(), operation)
                    .severity(if idle { Severity::Warning } else { Severity::Error })
                    .confidence(firmest)
                    .at(first.at)
                    .detail(format!(
                        "While {} still needed it the service ended: {}.{why}",
                        operation.requester(),
                        words::list(&named)
                    ))
                    .remedy(
                        "Find out who stopped the service (scripts, setup, shutdown) or why it crashed (Application \
                         Error 1000, service control manager 7031 and 7034), and repeat the backup.",
                    )
                    .evidence(hit.iter().map(|(stop, _)| stop.event))
                    .evidence(shutdown.map(|(index, _)| index)),
            );
        }
    }
}

/// Whether the service ended while a session needed it, as far as the evidence says for sure.
pub(in crate::rules) fn lost_its_service(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    let on_host = case.stops.iter().filter(|stop| stop.host == operation.host());
    on_host.filter_map(|stop| need(operation, stop)).any(|confidence| confidence > Confidence::Weak)
}

/// How firmly the evidence says that the session needed the service when it stopped: it still makes calls, or had the
/// creation open.
fn need(operation: &Operation<'_>, stop: &Stop<'_>) -> Option<Confidence> {
    let session = operation.session?;
    if stop.at <= session.started || session.ended.is_some_and(|ended| ended <= stop.at) {
        return None;
    }
    let goes_on = session.ended.is_some() || stop.at <= operation.ended;
    let openness = |call: &CallRecord| match call.ended {
        _ if stop.at < call.started => None,
        Some(ended) => (ended > stop.at).then_some(Confidence::Strong),
        None if stop.reason == EndReason::Idle => None,
        None if goes_on => Some(Confidence::Strong),
        // The evidence does not show what became of the call; it may have been over long before.
        None => (stop.at - call.started < IDLE).then_some(Confidence::Weak),
    };
    let creating = operation.calls_of(&Method::DoSnapshotSet).filter_map(openness).max();
    let own_pace =
        stop.reason == EndReason::Idle || (stop.service == "swprv" && stop.reason == EndReason::Stopped);
    // Release needs no service: an instance may well be let go long after the service has stopped.
    let later = |call: &CallRecord| call.started > stop.at && call.method != Method::Release;
    let needed = (!own_pace && session.calls.iter().any(later)) || is_cut_off(session, stop);
    creating.max(needed.then_some(Confidence::Strong))
}

/// A requester that made its shadow copy, lives on after the service was ended by force and never comes to BackupComplete
/// (or AbortBackup, which the registry trace does not show) was cut off.
fn is_cut_off(session: &Session, stop: &Stop<'_>) -> bool {
    let has = |method: Method| session.calls.iter().any(|call| call.method == method);
    session.detail >= SessionDetail::Phases
        && session.ended.is_some()
        && stop.service == "vss"
        && matches!(stop.reason, EndReason::StopRequested | EndReason::Crashed)
        && has(Method::DoSnapshotSet)
        && !has(Method::BackupComplete)
        && !has(Method::AbortBackup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::ServiceState;

    const ID: &str = "service-stopped-mid-session";

    #[test]
    fn a_stop_before_later_calls_is_an_error() {
        let mut lab = Lab::backup();
        lab.service_run("vss", 0.0, 100.0, EndReason::StopRequested);
        lab.call(200.0, Method::BackupComplete);
        assert!(find(&lab.run(), ID).detail.contains("stop-requested"));
    }

    #[test]
    fn idling_is_never_a_finding() {
        let mut lab = Lab::backup();
        lab.service_run("vss", 0.0, 100.0, EndReason::Idle);
        lab.call(200.0, Method::BackupComplete);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_stop_after_the_last_call_is_silent() {
        let mut lab = Lab::backup();
        lab.call(50.0, Method::BackupComplete);
        lab.service_run("vss", 0.0, 100.0, EndReason::StopRequested);
        lab.call(200.0, Method::Release);
        lab.end(200.0, EndReason::Released);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_stop_while_the_copy_is_made_counts_although_only_a_release_follows() {
        let mut lab = Lab::backup();
        lab.service_run("vss", 0.0, 100.0, EndReason::Crashed);
        lab.call(200.0, Method::Release);
        lab.end(200.0, EndReason::Released);
        find(&lab.run(), ID);
    }

    #[test]
    fn the_provider_counts_while_a_creation_is_open() {
        let mut lab = Lab::backup();
        lab.service_run("swprv", 0.0, 100.0, EndReason::Stopped);
        lab.call(200.0, Method::BackupComplete);
        assert_silent(&lab, ID);
        let mut lab = Lab::creating();
        lab.call(3.0, Method::DoSnapshotSet).ended = None;
        lab.service_run("swprv", 0.0, 5.0, EndReason::Stopped);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_crash_record_is_enough() {
        let mut lab = Lab::backup();
        lab.event(100.0, What::Service { service: "vss".into(), state: ServiceState::Crashed });
        lab.call(200.0, Method::BackupComplete);
        assert_fires(&lab, ID);
    }

    // The trace was cut inside DoSnapshotSet; the System log went on for days.
    #[test]
    fn a_stop_long_after_the_evidence_of_a_call_ended_is_silent() {
        for (at, fires) in [(100.0, true), (200.0, false), (259_200.0, false)] {
            let mut lab = Lab::creating();
            let call = lab.call(3.0, Method::DoSnapshotSet);
            (call.ended, call.hresult) = (None, None);
            lab.service_run("vss", 0.0, at, EndReason::StopRequested);
            let findings = lab.run();
            let found = findings.iter().find(|finding| finding.rule == ID);
            assert_eq!(found.map(|f| f.confidence), fires.then_some(Confidence::Weak), "{at}");
        }
    }

    // A requester of the registry trace whose end nobody recorded.
    #[test]
    fn a_requester_whose_end_is_not_known_was_not_cut_off() {
        let mut lab = Lab::backup();
        lab.session().detail = SessionDetail::Phases;
        lab.service_run("vss", 0.0, 259_200.0, EndReason::StopRequested);
        assert_silent(&lab, ID);
    }

    #[test]
    fn idling_in_the_middle_of_a_creation_is_a_warning() {
        let mut lab = Lab::creating();
        lab.call(3.0, Method::DoSnapshotSet).ended = Some("2031-05-06T10:00:20Z".parse().expect("a time"));
        lab.service_run("vss", 0.0, 10.0, EndReason::Idle);
        assert_eq!(find(&lab.run(), ID).severity, Severity::Warning);
    }
}
