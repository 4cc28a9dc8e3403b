//! Instances and the ends of asynchronous calls.

use super::*;

/// Session, method and edge of the calls.
fn sessions(events: &[Event]) -> Vec<(String, Method, Edge)> {
    let calls = events.iter().filter_map(|event| match &event.what {
        What::Call { method, edge, .. } => {
            assert!(event.session_inferred);
            Some((event.session.as_deref().unwrap().to_owned(), method.clone(), *edge))
        }
        _ => None,
    });
    calls.collect()
}

fn keys(lines: &str) -> Vec<String> {
    let entered = |(key, _, edge): (String, Method, Edge)| (edge != Edge::Returned).then_some(key);
    sessions(&tell(lines)).into_iter().filter_map(entered).collect()
}

#[test]
fn creation_and_release_are_one_event_each() {
    let events = tell(
        "> CreateVssBackupComponentsInternal
         < CreateVssBackupComponentsInternal 0x00000000
         > CVssBackupComponents::Release
         > CVssBackupComponents::~CVssBackupComponents
         < CVssBackupComponents::~CVssBackupComponents
         < CVssBackupComponents::Release 0x00000000",
    );
    let expected = [(Method::CreateVssBackupComponents, Edge::Whole), (Method::Release, Edge::Whole)];
    assert_eq!(calls(&events), expected);
    assert_eq!(events[0].hresult(), Some(HResult::OK));
}

#[test]
fn a_second_creation_is_a_second_instance() {
    let keys = keys(
        "> CreateVssBackupComponents
         < CreateVssBackupComponents 0x00000000
         > CVssBackupComponents::InitializeForBackup
         < CVssBackupComponents::InitializeForBackup 0x00000000
         > CVssBackupComponents::Release
         < CVssBackupComponents::Release 0x00000000
         > CreateVssBackupComponents
         < CreateVssBackupComponents 0x00000000
         > CVssBackupComponents::InitializeForBackup",
    );
    let expected = ["#1", "#1", "#1", "#2", "#2"].map(|number| format!("trace:0x1a2c{number}"));
    assert_eq!(keys, expected);
}

#[test]
fn without_creations_a_new_initialisation_is_a_new_instance() {
    let keys = keys(
        "> CVssBackupComponents::InitializeForBackup
         < CVssBackupComponents::InitializeForBackup 0x00000000
         > CVssBackupComponents::StartSnapshotSet
         < CVssBackupComponents::StartSnapshotSet 0x00000000
         > CVssBackupComponents::InitializeForRestore",
    );
    assert_eq!(keys, ["#1", "#1", "#2"].map(|number| format!("trace:0x1a2c{number}")));
}

#[test]
fn an_instance_that_is_initialised_twice_stays_one_where_creations_are_traced() {
    let keys = keys(
        "> CreateVssBackupComponents
         < CreateVssBackupComponents 0x00000000
         > CVssBackupComponents::InitializeForBackup
         < CVssBackupComponents::InitializeForBackup 0x00000000
         > CVssBackupComponents::InitializeForBackup",
    );
    assert!(keys.iter().all(|key| key == "trace:0x1a2c#1"), "{keys:?}");
}

#[test]
fn two_threads_with_two_instances_keep_them_apart() {
    let keys = keys(
        "[5:1] > CreateVssBackupComponents
         [5:1] < CreateVssBackupComponents 0x00000000
         [5:2] > CreateVssBackupComponents
         [5:2] < CreateVssBackupComponents 0x00000000
         [5:1] > CVssBackupComponents::SetContext
         [5:1] < CVssBackupComponents::SetContext 0x00000000
         [5:2] > CVssBackupComponents::SetContext
         [5:2] < CVssBackupComponents::SetContext 0x00000000
         [5:3] > CVssBackupComponents::Query
         [6:1] > CVssBackupComponents::Query",
    );
    let expected = ["0x5#1", "0x5#2", "0x5#1", "0x5#2", "0x5#2", "0x6#1"].map(|key| format!("trace:{key}"));
    assert_eq!(keys, expected);
}

#[test]
fn a_released_instance_that_is_used_again_keeps_its_key() {
    let lines = "> CreateVssBackupComponents
         < CreateVssBackupComponents 0x00000000
         > CVssBackupComponents::Release
         < CVssBackupComponents::Release 0x00000000
         > CVssBackupComponents::StartSnapshotSet";
    assert!(keys(lines).iter().all(|key| key == "trace:0x1a2c#1"));
}

#[test]
fn a_release_with_references_left_ended_the_instance() {
    for release in [
        "> CVssBackupComponents::Release
         < CVssBackupComponents::Release 0x00000001",
        "> CVssBackupComponents::Release
         CVssBackupComponents::Release: cRef = 1
         < CVssBackupComponents::Release 0x00000000",
    ] {
        let lines = format!(
            "[{PID}:2] > CreateVssBackupComponents
             [{PID}:2] < CreateVssBackupComponents 0x00000000
             > CreateVssBackupComponents
             < CreateVssBackupComponents 0x00000000
             {release}
             > CVssBackupComponents::SetContext"
        );
        let events = tell(&lines);
        let last = events.last().unwrap();
        assert_eq!(last.session.as_deref(), Some("trace:0x1a2c#2"), "{release}");
        let references = events.iter().find_map(|event| match &event.what {
            What::Call { method: Method::Release, args, .. } => args.references,
            _ => None,
        });
        assert_eq!(references, Some(1));
    }
}

#[test]
fn a_release_inside_a_method_was_the_end_of_the_instance() {
    let events = tell(
        "> CreateVssBackupComponents
         > CVssBackupComponents::Release
         < CVssBackupComponents::Release 0x00000001
         < CreateVssBackupComponents 0x00000000",
    );
    assert_eq!(calls(&events), [(Method::CreateVssBackupComponents, Edge::Whole)]);
}

#[test]
fn the_end_of_an_asynchronous_call_shows_in_its_wait() {
    for wait in [
        "> CDemoAsync::Wait
         < CDemoAsync::Wait 0x0004230a",
        "> CDemoAsync::QueryStatus
         CDemoAsync::QueryStatus: pHrResult = 0x0004230A
         < CDemoAsync::QueryStatus 0x00000000
         > CDemoAsync::QueryStatus
         CDemoAsync::QueryStatus: *pHrResult = 0x0004230A",
    ] {
        let events = tell(&format!(
            "> CVssBackupComponents::GatherWriterMetadata
             < CVssBackupComponents::GatherWriterMetadata 0x0004230a
             > CVssBackupComponents::PrepareForBackup
             < CVssBackupComponents::PrepareForBackup 0x00000000
             {wait}"
        ));
        let finished: Vec<_> = events
            .iter()
            .filter(|e| matches!(e.what, What::Call { edge: Edge::Finished, .. }))
            .map(|e| (e.hresult(), e.session.as_deref()))
            .collect();
        assert_eq!(finished, [(Some(HResult::VSS_ASYNC_FINISHED), Some("trace:0x1a2c#1"))], "{wait}");
        let last = sessions(&events).pop().unwrap();
        assert_eq!((last.1, last.2), (Method::PrepareForBackup, Edge::Finished));
    }
}

#[test]
fn waits_that_say_nothing_finish_nothing() {
    for lines in [
        // Still pending, and S_OK of QueryStatus itself.
        "> CDemoAsync::QueryStatus
         CDemoAsync::QueryStatus: pHrResult = 0x00042309
         < CDemoAsync::QueryStatus 0x00000000",
        // The service's own wait.
        "[9:1] > CDemoAsync::Wait
         [9:1] < CDemoAsync::Wait 0x0004230a",
        "@COORD > CDemoAsync::Wait
         @COORD < CDemoAsync::Wait 0x0004230a",
    ] {
        let events = tell(&format!(
            "> CVssBackupComponents::DoSnapshotSet
             < CVssBackupComponents::DoSnapshotSet 0x00000000
             {lines}"
        ));
        assert_eq!(calls(&events).len(), 2, "{lines}");
    }
    let events = tell(
        "> CVssBackupComponents::DoSnapshotSet
         < CVssBackupComponents::DoSnapshotSet 0x80042301
         > CDemoAsync::Wait
         < CDemoAsync::Wait 0x0004230a",
    );
    assert_eq!(calls(&events).len(), 2, "a call that failed has no end");
}

#[test]
fn a_failed_asynchronous_call_ends_with_its_code() {
    let events = tell(
        "> CVssBackupComponents::DoSnapshotSet
         < CVssBackupComponents::DoSnapshotSet 0x00000000
         > CDemoAsync::Wait
         CDemoAsync::Wait: asynchronous hr = 0x80042306
         < CDemoAsync::Wait 0x00000000",
    );
    let last = events.last().unwrap();
    assert_eq!(last.hresult(), Some(HResult::VSS_PROVIDER_VETO));
    assert!(matches!(&last.what, What::Call { method: Method::DoSnapshotSet, edge: Edge::Finished, .. }));
}

#[test]
fn a_cancel_counts_only_in_a_requester() {
    let events = tell(
        "[9:1] > CDemoAsync::Cancel
         > CVssBackupComponents::DoSnapshotSet
         < CVssBackupComponents::DoSnapshotSet 0x00000000
         > CDemoAsync::Cancel
         < CDemoAsync::Cancel 0x00000000",
    );
    let cancels = calls(&events).into_iter().filter(|(method, _)| *method == Method::Cancel).count();
    assert_eq!(cancels, 2);
    assert!(events.iter().all(|event| event.process.pid == Some(PID)));
}
