//! Each condition: where it fires, where it is silent, and which evidence it needs.

use super::{Absence, Condition, Count, CustomRule, LongPhase, Pattern, Same, Sequence};
use crate::rules::testing::Lab;
use crate::rules::{Policy, run};
use chrono::TimeDelta;
use vsscope_model::{
    Callback, Clock, Confidence, Edge, Finding, HResult, Method, PhaseActor, Severity, What,
};

/// What a rule of this condition finds.
fn found(lab: &Lab, condition: Condition) -> Vec<Finding> {
    let rule = CustomRule {
        id: "house".into(),
        title: "House".into(),
        severity: Severity::Error,
        detail: "Ours.".into(),
        remedy: "Call us.".into(),
        condition,
    };
    let policy = Policy { rules: vec![rule], ..Policy::default() };
    let own: Vec<Finding> =
        run(&lab.timeline, &policy).into_iter().filter(|finding| finding.rule == "house").collect();
    assert!(own.iter().all(|finding| !finding.evidence.is_empty()));
    own
}

fn fires(lab: &Lab, condition: Condition) -> bool {
    !found(lab, condition).is_empty()
}

fn seconds(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

fn method(method: Method) -> Pattern {
    Pattern { method: Some(method), ..Pattern::default() }
}

#[test]
fn an_event_is_found_by_all_that_is_asked_for() {
    let mut lab = Lab::session_only();
    let record = lab.record(1.0, "VSS", 8194, 2, Some(HResult::ACCESS_DENIED));
    lab.param(record, "Writer callback of SQL");
    let asked = Pattern {
        provider: Some("vss".into()),
        event_ids: vec![1, 8194],
        level: Some(2),
        host: Some("h1".into()),
        code: Some(HResult::ACCESS_DENIED),
        text: Some("CALLBACK".into()),
        ..Pattern::default()
    };
    let [finding] = found(&lab, Condition::Event(asked.clone())).try_into().expect("one finding");
    assert_eq!((finding.severity, finding.confidence), (Severity::Error, Confidence::Exact));
    assert!(finding.detail.starts_with("Ours. Seen once, at 2031-05-06"), "{}", finding.detail);
    assert_eq!(finding.remedy, "Call us.");
    for other in [
        Pattern { provider: Some("VolSnap".into()), ..asked.clone() },
        Pattern { event_ids: vec![8193], ..asked.clone() },
        Pattern { level: Some(1), ..asked.clone() },
        Pattern { host: Some("h2".into()), ..asked.clone() },
        Pattern { code: Some(HResult::OK), ..asked.clone() },
        Pattern { text: Some("registry".into()), ..asked.clone() },
    ] {
        assert!(!fires(&lab, Condition::Event(other.clone())), "{other:?}");
    }
}

#[test]
fn what_an_event_does_not_say_is_not_as_asked_for() {
    let mut lab = Lab::session_only();
    lab.event(1.0, What::Log);
    // Level 0 is "log always".
    lab.record(2.0, "VSS", 8194, 0, None);
    for asked in [
        Pattern { level: Some(4), ..Pattern::default() },
        Pattern { code: Some(HResult::OK), ..Pattern::default() },
        Pattern { writer: Some("System Writer".into()), ..Pattern::default() },
        Pattern { image: Some("agent.exe".into()), ..Pattern::default() },
        Pattern { text: Some("x".into()), ..Pattern::default() },
        Pattern { set_known: Some(true), ..Pattern::default() },
    ] {
        assert!(!fires(&lab, Condition::Event(asked.clone())), "{asked:?}");
    }
}

#[test]
fn a_call_counts_at_its_beginning_unless_another_part_is_asked_for() {
    let mut lab = Lab::session_only();
    let call = |edge| What::Call { method: Method::GatherWriterMetadata, edge, args: Box::default() };
    lab.call(1.0, Method::GatherWriterMetadata);
    let end = lab.event(3.0, call(Edge::Finished));
    let session = lab.session();
    session.events.push(end);
    session.calls.last_mut().expect("the call").events.push(end);
    let asked = method(Method::GatherWriterMetadata);
    let [finding] = found(&lab, Condition::Event(asked.clone())).try_into().expect("one finding");
    assert_eq!(finding.evidence.len(), 1);
    assert!(fires(&lab, Condition::Event(Pattern { edge: Some(Edge::Finished), ..asked.clone() })));
    assert!(!fires(&lab, Condition::Event(Pattern { edge: Some(Edge::Entered), ..asked })));
}

fn start_then_do(within: TimeDelta, same: &[Same]) -> Condition {
    let steps = vec![method(Method::StartSnapshotSet), method(Method::DoSnapshotSet)];
    Condition::Sequence(Sequence { steps, within, same: same.to_vec() })
}

#[test]
fn a_sequence_has_an_order_and_a_time() {
    // StartSnapshotSet at 0.2 s, DoSnapshotSet at 6.0 s.
    let lab = Lab::backup();
    assert!(fires(&lab, start_then_do(TimeDelta::milliseconds(5_800), &[])), "the bound is still in time");
    assert!(!fires(&lab, start_then_do(TimeDelta::milliseconds(5_799), &[])));
    let backwards = vec![method(Method::DoSnapshotSet), method(Method::StartSnapshotSet)];
    let backwards = Sequence { steps: backwards, within: seconds(60), same: Vec::new() };
    assert!(!fires(&lab, Condition::Sequence(backwards)));
}

#[test]
fn a_sequence_needs_what_its_events_share_and_a_clock() {
    let mut lab = Lab::session_only();
    lab.call(1.0, Method::StartSnapshotSet);
    lab.add_session("B", 2.0);
    lab.call(3.0, Method::DoSnapshotSet);
    assert!(fires(&lab, start_then_do(seconds(60), &[Same::Host])));
    assert!(!fires(&lab, start_then_do(seconds(60), &[Same::Session])));
    assert!(!fires(&lab, start_then_do(seconds(60), &[Same::Pid])), "no process is known");
    for event in &mut lab.timeline.events {
        event.clock = Clock::Order;
    }
    assert!(!fires(&lab, start_then_do(seconds(60), &[])), "an order has no durations");
}

#[test]
fn a_sequence_over_a_clock_that_was_set_is_only_possible() {
    let mut lab = Lab::creating();
    lab.clock_step(4.0, 2.0);
    lab.finish_creation(6.0);
    let [finding] = found(&lab, start_then_do(seconds(60), &[])).try_into().expect("one finding");
    assert_eq!((finding.confidence, finding.severity), (Confidence::Weak, Severity::Warning));
}

fn no_complete(within: TimeDelta) -> Condition {
    let (event, followed_by) = (method(Method::DoSnapshotSet), method(Method::BackupComplete));
    Condition::Absence(Absence { event, followed_by, within, same: vec![Same::Session] })
}

/// DoSnapshotSet at 6 s, BackupComplete at 40 s, and evidence up to 100 s.
fn late() -> Lab {
    let mut lab = Lab::backup();
    lab.call(40.0, Method::BackupComplete);
    lab.call(100.0, Method::Release);
    lab
}

#[test]
fn an_absence_is_what_did_not_follow_in_time() {
    let [finding] = found(&late(), no_complete(seconds(30))).try_into().expect("one finding");
    assert_eq!((finding.confidence, finding.severity), (Confidence::Weak, Severity::Warning));
    assert!(!fires(&late(), no_complete(seconds(60))), "it followed");
    let mut other = Lab::backup();
    other.add_session("B", 7.0);
    other.call(8.0, Method::BackupComplete);
    other.call(100.0, Method::Release);
    assert!(fires(&other, no_complete(seconds(60))), "another session is no answer");
}

#[test]
fn an_absence_needs_evidence_that_would_show_the_answer() {
    assert!(!fires(&late(), no_complete(seconds(95))), "the evidence ends first");
    let mut mid = late();
    mid.session().starts_mid = true;
    mid.timeline.events.iter_mut().for_each(|event| event.session = None);
    assert!(!fires(&mid, no_complete(seconds(30))), "not every call is known");
    let mut lost = Lab::backup();
    lost.event(20.0, What::EventsLost { count: None });
    lost.call(100.0, Method::Release);
    assert!(!fires(&lost, no_complete(seconds(30))), "events were lost");
    let mut stepped = Lab::backup();
    stepped.clock_step(25.0, 20.0);
    stepped.call(100.0, Method::Release);
    assert!(!fires(&stepped, no_complete(seconds(30))), "the clock was set");
    let mut order = late();
    order.timeline.events.iter_mut().for_each(|event| event.clock = Clock::Order);
    assert!(!fires(&order, no_complete(seconds(30))), "an order has no durations");
}

fn many(at_least: usize, within: TimeDelta, same: &[Same]) -> Condition {
    let event = Pattern { provider: Some("VSS".into()), level: Some(2), ..Pattern::default() };
    Condition::Count(Count { event, at_least, within, same: same.to_vec() })
}

/// Errors of VSS at 1, 4, 9 and 100 s, and a warning at 5 s.
fn errors() -> Lab {
    let mut lab = Lab::new();
    for (at, level) in [(1.0, 2), (4.0, 2), (5.0, 3), (9.0, 2), (100.0, 2)] {
        lab.record(at, "VSS", 12293, level, None);
    }
    lab
}

#[test]
fn a_threshold_counts_events_within_a_time() {
    let lab = errors();
    let [finding] = found(&lab, many(3, seconds(8), &[])).try_into().expect("one finding");
    assert_eq!(finding.evidence.len(), 3, "what lies outside of the time is not counted");
    assert!(!fires(&lab, many(3, seconds(7), &[])));
    assert!(!fires(&lab, many(4, seconds(60), &[])));
    assert!(fires(&lab, many(4, seconds(99), &[])));
}

#[test]
fn a_threshold_needs_what_its_events_share_and_a_clock() {
    let mut lab = errors();
    assert!(!fires(&lab, many(3, seconds(60), &[Same::Pid])), "no process is known");
    for (event, pid) in lab.timeline.events.iter_mut().zip([7, 7, 7, 8, 7]) {
        event.process.pid = Some(pid);
    }
    assert!(!fires(&lab, many(3, seconds(60), &[Same::Pid])), "two of one and one of another");
    assert!(fires(&lab, many(2, seconds(60), &[Same::Pid])));
    lab.timeline.events.iter_mut().for_each(|event| event.clock = Clock::Order);
    assert!(!fires(&lab, many(2, seconds(60), &[])), "an order has no durations");
}

fn slow(name: &str, actor: Option<PhaseActor>, writer: Option<&str>, over: TimeDelta) -> Condition {
    Condition::LongPhase(LongPhase { name: name.into(), actor, writer: writer.map(str::to_owned), over })
}

#[test]
fn a_phase_is_slow_when_it_took_longer() {
    let mut lab = Lab::creating();
    let event = lab.event(1.0, What::Log);
    lab.in_set(event);
    lab.phase("Commit", PhaseActor::Provider, 1.0, 4.0, vec![event]);
    assert!(fires(&lab, slow("commit", None, None, seconds(2))));
    assert!(!fires(&lab, slow("Commit", None, None, seconds(3))), "not longer than the bound");
    assert!(!fires(&lab, slow("Commit", Some(PhaseActor::Service), None, seconds(2))));
    assert!(!fires(&lab, slow("Commit", None, Some("System Writer"), seconds(2))), "it is no writer's");
    assert!(!fires(&lab, slow("Freeze", None, None, seconds(2))));
}

#[test]
fn a_phase_whose_duration_is_not_known_is_not_slow() {
    let mut lab = Lab::creating();
    lab.callback(1.0, "System Writer", Callback::Freeze, true);
    lab.callback(50.0, "System Writer", Callback::Thaw, true);
    assert!(!fires(&lab, slow("Freeze", None, None, seconds(2))));
    lab.window("System Writer", 1.0, 50.0);
    let whole = slow("FreezeWindow", Some(PhaseActor::Writer), Some("system writer"), seconds(20));
    let [finding] = found(&lab, whole).try_into().expect("one finding");
    assert_eq!(finding.writer.as_deref(), Some("System Writer"));
}
