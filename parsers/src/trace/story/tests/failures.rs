//! Failures: the error idiom over frames.

use super::*;
use vsscope_model::{Actor, IssueKind};

#[test]
fn the_lines_of_one_failure_were_one_failure_each() {
    // The order of lines is that of the excerpt in KB 4504103.
    let events = tell(
        "> CDemoWriter::OnPostSnapshot
         > CDemo::Open
         CDemo::Open: The file is gone.  hr = 0x80070002
         CDemo::Open: Throwing HRESULT code 0x80070002. Previous HRESULT code = 0x00000000
         CDemo::Open: HRESULT EXCEPTION CAUGHT: hr: 0x80070002
         < CDemo::Open 0x80070002
         CDemoWriter::OnPostSnapshot: HRESULT EXCEPTION CAUGHT: hr: 0x80070002
         < CDemoWriter::OnPostSnapshot 0x80070002",
    );
    let [(event, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(failure.reason.as_deref(), Some("The file is gone."));
    let expected = [("CDemo::Open", 0x8007_0002, 3), ("CDemoWriter::OnPostSnapshot", 0x8007_0002, 7)];
    assert_eq!(frames(failure), expected);
    assert_eq!((event.time, event.source.line), (at(3), Some(3)));
    assert_eq!((event.hresult(), event.actor), (Some(HResult(0x8007_0002)), Actor::Writer));
    assert_eq!(event.writer.as_ref().unwrap().class_name.as_deref(), Some("CDemoWriter"));
    let order: Vec<_> = events.iter().map(|event| event.source.line.unwrap()).collect();
    assert_eq!(order, [1, 3, 8], "a failure stands where it began");
}

#[test]
fn a_code_that_turns_into_another_stays_one_failure() {
    let events = tell(
        "> CVssBackupComponents::DoSnapshotSet
         > CDemo::Middle
         > CDemo::Inner
         CDemo::Inner: cannot open, error 0x80070005
         < CDemo::Inner 0x80070005
         CDemo::Middle: Throwing HRESULT code 0x80042306. Previous HRESULT code = 0x80070005
         < CDemo::Middle 0x80042306
         CVssBackupComponents::DoSnapshotSet: the provider failed. hr = 0x8004230f
         < CVssBackupComponents::DoSnapshotSet 0x8004230f",
    );
    let [(event, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    let expected = [
        ("CDemo::Inner", 0x8007_0005, 4),
        ("CDemo::Middle", 0x8004_2306, 6),
        ("CVssBackupComponents::DoSnapshotSet", 0x8004_230f, 8),
    ];
    assert_eq!(frames(failure), expected);
    assert_eq!(event.hresult(), Some(HResult::ACCESS_DENIED));
    assert_eq!((event.session.as_deref(), event.actor), (Some("trace:0x1a2c#1"), Actor::Requester));
}

#[test]
fn two_failures_in_a_row_were_one() {
    let one = |code: &str| {
        format!(
            "> CDemo::Try
             CDemo::Try: no luck. hr = {code}
             < CDemo::Try {code}
             "
        )
    };
    for (first, second) in [("0x80070005", "0x80070020"), ("0x80070005", "0x80070005")] {
        let alone = tell(&[one(first), one(second)].concat());
        assert_eq!(failures(&alone).len(), 2, "each with an empty stack behind it");
        let lines = format!("> CDemo::Run\n{}{}< CDemo::Run 0x00000000", one(first), one(second));
        let inside = tell(&lines);
        let lines: Vec<_> = failures(&inside).iter().map(|(event, _)| event.source.line.unwrap()).collect();
        assert_eq!(lines, [3, 6], "in one frame that succeeds");
        let lines = format!("> CDemo::Run\n{}{}< CDemo::Run {second}", one(first), one(second));
        let failed = tell(&lines);
        let lengths: Vec<_> = failures(&failed).iter().map(|(_, failure)| failure.frames.len()).collect();
        assert_eq!(lengths, [1, 2], "only the second one went on");
    }
}

#[test]
fn a_handled_error_was_a_failure() {
    for lines in [
        "> CDemo::Try
         CDemo::Try: not there, using the default. hr = 0x80070002
         < CDemo::Try 0x00000000",
        "> CDemo::Run
         > CDemo::Try
         CDemo::Try: not there. hr = 0x80070002
         < CDemo::Try 0x00000001
         < CDemo::Run 0x00000000",
        "CDemo::Log: seen before: hr = 0x80070002",
    ] {
        let events = tell(lines);
        assert!(failures(&events).is_empty(), "{lines}");
    }
}

#[test]
fn a_handled_error_is_no_reason_for_a_later_failure() {
    let events = tell(
        "> CDemo::Run
         CDemo::Run: no cache. hr = 0x80070002
         > CDemo::Build
         < CDemo::Build 0x00000000
         CDemo::Run: no room. hr = 0x80070070
         < CDemo::Run 0x80070070",
    );
    let [(_, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(failure.reason.as_deref(), Some("no room."));
}

#[test]
fn cleaning_up_on_the_way_out_does_not_cut_a_failure() {
    let events = tell(
        "> CDemo::Outer
         > CDemo::Inner
         CDemo::Inner: lost. hr = 0x80070005
         < CDemo::Inner 0x80070005
         > CDemo::Cleanup
         CDemo::Cleanup: because of hr = 0x80070005
         < CDemo::Cleanup 0x00000000
         CDemo::Outer: Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x80070005
         < CDemo::Outer 0x80070005",
    );
    let [(_, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(frames(failure), [("CDemo::Inner", 0x8007_0005, 3), ("CDemo::Outer", 0x8007_0005, 8)]);
}

#[test]
fn an_exit_without_any_message_is_a_failure_without_a_reason() {
    let events = tell(
        "@COORD > CDemo::Outer
         @COORD > CDemo::Inner
         @COORD < CDemo::Inner 0x8004230d
         @COORD < CDemo::Outer 0x8004230d",
    );
    let [(event, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(failure.reason, None);
    assert_eq!(frames(failure), [("CDemo::Inner", 0x8004_230d, 3), ("CDemo::Outer", 0x8004_230d, 4)]);
    assert_eq!((event.actor, event.source.line), (Actor::Service, Some(3)));
}

#[test]
fn an_exception_through_frames_that_write_no_exit_is_one_failure() {
    let events = tell(
        "> CDemo::Outer
         > CDemo::Middle
         > CDemo::Inner
         CDemo::Inner: lost. hr = 0x80070005
         CDemo::Inner: Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x00000000
         CDemo::Outer: HRESULT EXCEPTION CAUGHT: hr: 0x80070005
         < CDemo::Outer 0x00000000",
    );
    let [(_, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(frames(failure), [("CDemo::Inner", 0x8007_0005, 4), ("CDemo::Outer", 0x8007_0005, 6)]);
}

#[test]
fn a_trace_that_begins_inside_a_failure_has_its_end() {
    let events = tell(
        "CDemo::Inner: Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x00000000
         < CDemo::Inner 0x80070005
         < CDemoWriter::OnFreeze 0x80070005
         < CDemo::Outer 0x00000000
         < CDemo::Outer 0x80070005",
    );
    let all = failures(&events);
    let [(event, failure), (_, second)] = all[..] else { panic!("{events:?}") };
    assert_eq!(
        frames(failure),
        [("CDemo::Inner", 0x8007_0005, 1), ("CDemoWriter::OnFreeze", 0x8007_0005, 3)]
    );
    assert_eq!((failure.reason.as_deref(), event.actor), (None, Actor::System));
    assert_eq!(frames(second), [("CDemo::Outer", 0x8007_0005, 5)]);
}

#[test]
fn a_trace_without_enter_and_exit_has_failures() {
    let events = tell(
        "CDemo::Inner: gone. hr = 0x80070005
         CDemo::Inner: Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x00000000
         CDemo::Outer: HRESULT EXCEPTION CAUGHT: hr: 0x80070005
         CDemo::Inner: gone. hr = 0x80070005
         CDemo::Inner: Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x00000000
         CDemo::Other: HRESULT EXCEPTION CAUGHT: hr: 0x80070020",
    );
    let shapes: Vec<_> = failures(&events).iter().map(|(_, failure)| frames(failure)).collect();
    let (inner, outer) = (("CDemo::Inner", 0x8007_0005), "CDemo::Outer");
    assert_eq!(shapes[0], [(inner.0, inner.1, 1), (outer, inner.1, 3)]);
    assert_eq!(shapes[1], [(inner.0, inner.1, 4)]);
    assert_eq!(shapes[2], [("CDemo::Other", 0x8007_0020, 6)]);
}

#[test]
fn failures_of_processes_that_interleave_keep_their_frames() {
    let events = tell(
        "[1:1] > CDemo::A
         [2:1] > CDemo::B
         [1:1] CDemo::A: one. hr = 0x80070005
         [2:1] CDemo::B: two. hr = 0x80070005
         [2:1] < CDemo::B 0x80070005
         [1:1] < CDemo::A 0x80070005",
    );
    let reasons: Vec<_> = failures(&events).iter().map(|(_, f)| f.reason.clone().unwrap()).collect();
    assert_eq!(reasons, ["one.", "two."]);
}

#[test]
fn a_failure_has_the_set_of_the_call_around_it() {
    let events = tell(&format!(
        "> CVssBackupComponents::StartSnapshotSet
         CDemo::Log: cannot start. hr = 0x80042316
         CDemo::Log: pSnapshotSetId = {SET}
         < CVssBackupComponents::StartSnapshotSet 0x80042316"
    ));
    let [(event, failure)] = failures(&events)[..] else { panic!("{events:?}") };
    assert_eq!(event.set.unwrap().to_string(), SET);
    let names: Vec<_> = failure.frames.iter().map(|frame| &*frame.function).collect();
    assert_eq!(names, ["CDemo::Log", "CVssBackupComponents::StartSnapshotSet"]);
}

#[test]
fn places_in_the_source_are_kept() {
    let mut one = record("CDemo::Open: gone. hr = 0x80070005", 1);
    (one.file, one.source_line, one.level) = (Some(r"demo\open.cpp"), Some(123), Some(40));
    let records = [one, record("< CDemo::Open 0x80070005", 2)];
    let report = report(&records);
    let [(event, failure)] = failures(&report.events)[..] else { panic!("{report:?}") };
    assert_eq!(failure.frames.len(), 1);
    assert_eq!(failure.frames[0].position.as_deref(), Some(r"demo\open.cpp(123)"));
    let params = &event.record.as_ref().unwrap().params;
    assert!(params.iter().any(|p| p.name == Some("Level") && p.value == "40"));
}

#[test]
fn failures_in_a_loop_filled_the_memory() {
    use crate::trace::story::failures::{MAX_FAILURES, MAX_REPEATS};
    let all = |names: &[String]| {
        let lines: Vec<String> = names.iter().map(|name| format!("< {name} 0x80070005")).collect();
        let mut records = Vec::new();
        for (line, number) in lines.iter().zip(1..) {
            records.push(record("> CDemo::Loop", number));
            records.push(record(line, number));
            records.push(record("< CDemo::Loop 0x00000000", number));
        }
        report(&records)
    };
    let repeats = usize::try_from(MAX_REPEATS).unwrap();
    let same = all(&vec!["CDemo::Try".to_owned(); repeats + 5]);
    assert_eq!((same.events.len(), same.issues.len(), same.issues[0].count), (repeats, 1, 5));
    let names: Vec<String> = (0..MAX_FAILURES + 7).map(|number| format!("CDemo::F{number}")).collect();
    let many = all(&names);
    assert_eq!((many.events.len(), many.issues[0].count), (MAX_FAILURES, 7));
    assert_eq!(many.issues[0].kind, IssueKind::Note);
}
