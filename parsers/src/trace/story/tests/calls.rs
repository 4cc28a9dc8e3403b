//! Calls, callbacks and steps: which frames give events, and which do not.

use super::*;
use vsscope_model::{Actor, Callback, ProviderStep, Status};

fn entered_and_returned(method: Method) -> Vec<(Method, Edge)> {
    vec![(method.clone(), Edge::Entered), (method, Edge::Returned)]
}

#[test]
fn a_call_has_its_place_its_clock_and_its_result() {
    let events = tell(
        "@BUCOMP > CVssBackupComponents::SetContext
         @BUCOMP < CVssBackupComponents::SetContext 0x80042301",
    );
    let call = &events[0];
    assert_eq!((call.time, call.clock, call.resolution_ns), (at(1), Clock::Unzoned, Some(1_000_000)));
    assert_eq!((call.source.line, call.source.offset), (Some(1), Some(100)));
    assert_eq!(call.source.channel.as_deref(), Some("VSS trace"));
    assert_eq!((&*call.provider, call.actor), ("VSS trace", Actor::Requester));
    assert_eq!((call.process.pid, call.process.tid), (Some(PID), Some(1)));
    let params = &call.record.as_ref().unwrap().params;
    let named: Vec<_> = params.iter().map(|p| (p.name.unwrap(), p.value)).collect();
    assert_eq!(named, [("Function", "CVssBackupComponents::SetContext"), ("Module", "BUCOMP")]);
    let returned = events.iter().find(|e| matches!(e.what, What::Call { edge: Edge::Returned, .. })).unwrap();
    assert_eq!(returned.status, Some(Status::Hresult(HResult::VSS_BAD_STATE)));
    assert_eq!((returned.time, returned.source.line), (at(2), Some(2)));
}

#[test]
fn a_call_that_never_returned_is_only_entered() {
    let events = tell(
        "> CVssBackupComponents::DoSnapshotSet
         > CDemo::Inner
         [7:1] > CDemo::Elsewhere",
    );
    assert_eq!(calls(&events), [(Method::DoSnapshotSet, Edge::Entered)]);
}

#[test]
fn a_call_whose_start_is_before_the_trace_is_only_returned() {
    let events = tell(
        "< CDemo::Inner 0x00000000
         < CVssBackupComponents::DoSnapshotSet 0x00000000",
    );
    assert_eq!(calls(&events), [(Method::DoSnapshotSet, Edge::Returned)]);
    assert_eq!(events[0].session.as_deref(), Some("trace:0x1a2c#1"));
}

#[test]
fn the_exit_of_an_outer_function_closes_those_that_never_returned() {
    let events = tell(
        "> CDemo::Backup
         > CVssBackupComponents::StartSnapshotSet
         < CDemo::Backup 0x00000000
         CDemo::Later: pSnapshotSetId = {0a1b2c3d-0000-4000-8000-00000000000a}",
    );
    assert_eq!(calls(&events), [(Method::StartSnapshotSet, Edge::Entered)]);
    assert_eq!(events[0].set, None, "what stands behind the frame is none of its arguments");
}

#[test]
fn processes_and_threads_do_not_mix() {
    let events = tell(
        "[1:1] > CVssBackupComponents::SetContext
         [2:1] > CDemoWriter::OnFreeze
         [1:2] > CVssBackupComponents::PrepareForBackup
         [2:1] < CDemoWriter::OnFreeze 0x00000000
         [1:1] < CVssBackupComponents::SetContext 0x00000000
         [1:2] < CVssBackupComponents::PrepareForBackup 0x00000000",
    );
    let pids: Vec<_> = events.iter().map(|e| (e.process.pid.unwrap(), e.process.tid.unwrap())).collect();
    assert_eq!(pids, [(1, 1), (2, 1), (1, 2), (2, 1), (1, 1), (1, 2)]);
    assert_eq!(calls(&events).len(), 4);
    assert!(failures(&events).is_empty());
}

#[test]
fn recursion_pairs_from_the_inside() {
    let function = "CVssBackupComponents::FreeWriterMetadata";
    let lines = format!("> {function}\n> {function}\n< {function} 0x80070005\n< {function} 0x00000000");
    let events = tell(&lines);
    let codes: Vec<_> = events
        .iter()
        .filter(|e| matches!(e.what, What::Call { .. }))
        .map(|e| e.hresult().map(|code| code.0))
        .collect();
    assert_eq!(codes, [None, None, Some(0x8007_0005), Some(0)]);
}

#[test]
fn the_depth_of_the_trace_tells_which_of_two_equal_frames_returns() {
    let lines = ["> CDemo::Run", "> CDemo::Run", "< CDemo::Run 0x00000000", "< CDemo::Run 0x00000000"];
    let mut records: Vec<_> = lines.iter().zip(1..).map(|(line, number)| record(line, number)).collect();
    for (record, indent) in records.iter_mut().zip([1, 2, 1, 1]) {
        record.indent = Some(indent);
    }
    let mut out = Collector::new(&Arc::from("trace.txt"), "vss-trace");
    let mut story = Story::default();
    records[..3].iter().for_each(|record| story.record(record, &mut out));
    assert_eq!(story.threads.size(), (1, 0), "the inner one never returned");
}

#[test]
fn a_handler_behind_its_base_class_was_two_callbacks() {
    let events = tell(
        "> CVssWriter::OnFreeze
         > CDemoWriter::OnFreeze
         < CDemoWriter::OnFreeze 0x800423f4
         < CVssWriter::OnFreeze 0x00000000",
    );
    let callbacks: Vec<_> = events
        .iter()
        .filter_map(|e| match &e.what {
            What::Callback { callback, edge, accepted } => Some((callback.clone(), *edge, *accepted)),
            _ => None,
        })
        .collect();
    let freeze = Callback::Freeze;
    assert_eq!(callbacks, [(freeze.clone(), Edge::Entered, None), (freeze, Edge::Returned, None)]);
    let class = |event: &Event| event.writer.as_ref().unwrap().class_name.as_deref().map(str::to_owned);
    assert_eq!(class(&events[0]).as_deref(), Some("CDemoWriter"));
    assert!(events.iter().all(|e| e.session.is_none()));
}

#[test]
fn a_failing_handler_refuses_and_any_other_result_says_nothing() {
    for (result, accepted) in
        [("0x800423f4", Some(false)), ("0x00000001", None), ("0x00000000", None), ("", None)]
    {
        let events = tell(&format!("> CDemoWriter::OnThaw\n< CDemoWriter::OnThaw {result}"));
        let last = events.last().unwrap();
        let expected = What::Callback { callback: Callback::Thaw, edge: Edge::Returned, accepted };
        assert_eq!((&last.what, last.actor), (&expected, Actor::Writer), "{result}");
    }
}

#[test]
fn steps_of_the_provider_are_the_providers() {
    let events = tell(
        "@SWPRV > CDemo::CommitSnapshots
         @SWPRV < CDemo::CommitSnapshots 0x00000000",
    );
    let step = ProviderStep::CommitSnapshots;
    let expected = [Edge::Entered, Edge::Returned].map(|edge| What::ProviderStep {
        step: step.clone(),
        edge,
        duration_ms: None,
    });
    assert_eq!(events.iter().map(|e| e.what.clone()).collect::<Vec<_>>(), expected);
    assert!(events.iter().all(|e| e.actor == Actor::Provider && e.session.is_none()));
}

#[test]
fn the_coordinators_copy_of_a_call_was_a_second_call() {
    let events = tell(
        "[1:1] @BUCOMP > CVssBackupComponents::StartSnapshotSet
         [2:9] @COORD > CDemoCoordinator::StartSnapshotSet
         [2:9] @COORD < CDemoCoordinator::StartSnapshotSet 0x00000000
         [1:1] @BUCOMP < CVssBackupComponents::StartSnapshotSet 0x00000000",
    );
    assert_eq!(calls(&events), entered_and_returned(Method::StartSnapshotSet));
}

#[test]
fn a_set_that_only_the_coordinator_names_is_recognised_later() {
    let events = tell(
        "[2:9] @COORD > CDemoCoordinator::StartSnapshotSet
         [2:9] @COORD CDemo::Log: SnapshotSetId: {0a1b2c3d-0000-4000-8000-00000000000a}
         [2:9] @COORD < CDemoCoordinator::StartSnapshotSet 0x00000000
         [3:1] > CDemoWriter::OnFreeze
         [3:1] CDemoWriter::OnFreeze: freezing for {0A1B2C3D-0000-4000-8000-00000000000A}",
    );
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].set.unwrap().to_string(), SET);
}

#[test]
fn a_trace_without_times_ids_and_threads_has_an_order() {
    let lines = ["> CVssBackupComponents::SetContext", "< CVssBackupComponents::SetContext 0x00000000"];
    let mut records: Vec<_> = lines.iter().zip(1..).map(|(line, number)| record(line, number)).collect();
    for record in &mut records {
        (record.time, record.clock, record.pid, record.tid) = (None, Clock::Order, None, None);
    }
    let events = report(&records).events;
    assert_eq!(calls(&events), entered_and_returned(Method::SetContext));
    assert_eq!((events[0].time, events[0].clock), (Event::NO_TIME, Clock::Order));
    assert_eq!(events[0].session.as_deref(), Some("trace#1"));
}
