//! Arguments in messages, and where they end up.

use super::*;
use vsscope_model::{BackupType, CallArgs, Component, Context, WriterState};

/// The first event of a function in whose frame these messages stand; the last one, too, has to have what was learned.
fn inside(function: &str, messages: &[&str]) -> Event {
    let mut lines = vec![format!("> {function}")];
    lines.extend(messages.iter().map(|text| format!("{function}: {text}")));
    lines.push(format!("< {function} 0x00000000"));
    let events = tell(&lines.join("\n"));
    let [entered, returned, ..] = events.as_slice() else { panic!("{events:?}") };
    let known = |e: &Event| (e.set, e.snapshot, e.volume.clone(), e.provider_id, e.writer.clone(), args(e));
    assert_eq!(known(entered), known(returned));
    entered.clone()
}

fn args(event: &Event) -> CallArgs {
    match &event.what {
        What::Call { args, .. } => (**args).clone(),
        _ => CallArgs::default(),
    }
}

fn method(name: &str) -> String {
    format!("CVssBackupComponents::{name}")
}

#[test]
fn the_parameters_of_a_set_are_those_of_its_calls() {
    let started = inside(&method("StartSnapshotSet"), &[&format!("pSnapshotSetId = {{{SET}}}")]);
    assert_eq!(started.set.unwrap().to_string(), SET);
    let added = inside(
        &method("AddToSnapshotSet"),
        &[
            r"pwszVolumeName = d:\, ProviderId = {b5946137-7b9f-4925-af80-51abd60b20d5}",
            "*pidSnapshot = 0a1b2c3d-0000-4000-8000-0000000000c1",
        ],
    );
    assert_eq!(added.volume.as_deref(), Some("D:"));
    assert_eq!(added.provider_id.unwrap().to_string(), "b5946137-7b9f-4925-af80-51abd60b20d5");
    assert_eq!(added.snapshot.unwrap().to_string(), "0a1b2c3d-0000-4000-8000-0000000000c1");
    assert_eq!(added.set, None);
}

#[test]
fn the_parameters_of_preparations() {
    let context = inside(&method("SetContext"), &["lContext: 0x0000001D"]);
    assert_eq!(args(&context).context, Some(Context(0x1D)));
    let state = inside(
        &method("SetBackupState"),
        &["bSelectComponents = TRUE, bBackupBootableSystemState = FALSE, backupType = 5"],
    );
    let expected =
        CallArgs { component_mode: Some(true), backup_type: Some(BackupType::Copy), ..CallArgs::default() };
    assert_eq!(args(&state), expected);
    for (text, expected) in [
        ("bstrXML = NULL", Some(false)),
        ("bstrXML: \"<BACKUP_COMPONENTS>\"", Some(true)),
        ("bstrXML = 0x00000000012f6a08", None),
    ] {
        let event = inside(&method("InitializeForBackup"), &[text]);
        assert_eq!(args(&event).stored_document, expected, "{text}");
    }
}

#[test]
fn a_component_needs_its_whole_key() {
    let ids = "instanceId = {0a1b2c3d-0000-4000-8000-0000000000d1}, \
               writerId = {0a1b2c3d-0000-4000-8000-0000000000d2}, ct = 1";
    let names = r#"wszLogicalPath = "SRV", wszComponentName = "orders, old""#;
    let event = inside(&method("SetBackupSucceeded"), &[ids, names, "bSucceded = 0"]);
    let component = Component {
        writer: "0a1b2c3d-0000-4000-8000-0000000000d2".to_owned(),
        instance: Some("0a1b2c3d-0000-4000-8000-0000000000d1".to_owned()),
        path: "SRV".to_owned(),
        name: "orders, old".to_owned(),
    };
    assert_eq!((args(&event).component, args(&event).succeeded), (Some(component), Some(false)));
    let event = inside(&method("AddComponent"), &[ids, "wszLogicalPath = NULL, wszComponentName = all"]);
    let component = args(&event).component.unwrap();
    assert_eq!((component.path.as_str(), component.name.as_str()), ("", "all"));
    let event = inside(&method("AddComponent"), &[ids, "wszComponentName = all"]);
    assert_eq!(args(&event).component, None, "without its path it may be any of several");
}

#[test]
fn a_restore_names_its_components_and_what_it_chose() {
    let key = r#"writerId = {0a1b2c3d-0000-4000-8000-0000000000d2}, ct = 1, wszLogicalPath = "SRV", wszComponentName = "db""#;
    let component = Component {
        writer: "0a1b2c3d-0000-4000-8000-0000000000d2".to_owned(),
        instance: None,
        path: "SRV".to_owned(),
        name: "db".to_owned(),
    };
    for (name, flag, expected) in [
        ("SetSelectedForRestore", "bSelectedForRestore = true", Some(true)),
        ("SetSelectedForRestore", "bSelectedForRestore = 0", Some(false)),
        ("SetAdditionalRestores", "bAdditionalRestores = 1", Some(true)),
        ("AddRestoreSubcomponent", "bRepair = 1", None),
    ] {
        let event = inside(&method(name), &[key, flag]);
        assert_eq!(args(&event).component, Some(component.clone()), "{name}");
        assert_eq!(args(&event).selected, expected, "{flag}");
    }
    // The component of the call is the one that contains the part.
    let part = r#"wszSubComponentLogicalPath = "SRV\db", wszSubComponentName = "log""#;
    let event = inside(&method("AddRestoreSubcomponent"), &[key, part]);
    assert_eq!(args(&event).component, Some(component));
}

#[test]
fn what_is_deleted_is_a_set_or_a_snapshot() {
    let object = format!("SourceObjectId = {{{SET}}}");
    for (kind, whole_set) in [("2", true), ("VSS_OBJECT_SNAPSHOT_SET", true), ("3", false)] {
        let text = format!("{object}, eSourceObjectType = {kind}, bForceDelete = 1");
        let event = inside(&method("DeleteSnapshots"), &[&text, "plDeletedSnapshots = 2"]);
        assert_eq!((args(&event).whole_set, args(&event).deleted), (Some(whole_set), Some(2)));
        let (set, snapshot) =
            if whole_set { (event.set, event.snapshot) } else { (event.snapshot, event.set) };
        assert_eq!((set.unwrap().to_string().as_str(), snapshot), (SET, None), "{kind}");
    }
    let event = inside(&method("DeleteSnapshots"), &[&object, "plDeletedSnapshots = 0x0012f6a0"]);
    assert_eq!((event.set, event.snapshot, args(&event)), (None, None, CallArgs::default()));
    let event = inside(&method("BreakSnapshotSetEx"), &[&format!("SnapshotSetID = {SET}")]);
    assert_eq!((event.set.unwrap().to_string().as_str(), args(&event).whole_set), (SET, Some(true)));
}

#[test]
fn a_writers_status_is_an_event_of_its_own() {
    let function = method("GetWriterStatus");
    let events = tell(&format!(
        "> {function}
         {function}: pidInstance = {{0a1b2c3d-0000-4000-8000-0000000000d1}}, \
           pidWriter = {{0a1b2c3d-0000-4000-8000-0000000000d2}}
         {function}: pbstrWriter = \"Demo Writer\"; pnStatus = 9; phResultFailure = 0x800423f2
         < {function} 0x00000000"
    ));
    let status = events.last().unwrap();
    let what = What::WriterStatus { state: WriterState(9), failure: Some(HResult::VSS_WRITERERROR_TIMEOUT) };
    assert_eq!(status.what, what);
    let writer = status.writer.as_ref().unwrap();
    assert_eq!(writer.name.as_deref(), Some("Demo Writer"));
    assert_eq!(writer.class_id.unwrap().to_string(), "0a1b2c3d-0000-4000-8000-0000000000d2");
    assert_eq!(writer.instance_id.unwrap().to_string(), "0a1b2c3d-0000-4000-8000-0000000000d1");
    assert_eq!((status.session.as_deref(), status.session_inferred), (Some("trace:0x1a2c#1"), true));
    let events = tell(&format!("> {function}\n{function}: pnStatus = 0x0012f6a0\n< {function} 0x00000000"));
    assert_eq!(events.len(), 2, "an address is no state");
}

#[test]
fn a_handler_and_a_step_have_their_set_and_writer() {
    let text = format!("SnapshotSetId = {{{SET}}}, WriterId = {{{OTHER_SET}}}, WriterName = Demo Writer");
    let event = inside("CDemoWriter::OnBackupShutdown", &[&text]);
    let writer = event.writer.unwrap();
    assert_eq!(
        (writer.name.as_deref(), writer.class_name.as_deref()),
        (Some("Demo Writer"), Some("CDemoWriter"))
    );
    assert_eq!(
        (event.set.unwrap().to_string(), writer.class_id.unwrap().to_string()),
        (SET.into(), OTHER_SET.into())
    );
    let nothing = format!("SnapshotSetId = {{{}}}", vsscope_model::Guid::NULL);
    let event = inside("CDemoWriter::OnBackupShutdown", &[&nothing]);
    assert_eq!(event.set, Some(vsscope_model::Guid::NULL), "it says: no set");
    let text = format!(r"SnapshotSetId: {SET}, SnapshotId: {OTHER_SET}, pwszVolumeName: C:\");
    let event = inside("CDemoProvider::BeginPrepareSnapshot", &[&text]);
    assert_eq!(event.volume.as_deref(), Some("C:"));
    assert_eq!(
        (event.set.unwrap().to_string(), event.snapshot.unwrap().to_string()),
        (SET.into(), OTHER_SET.into())
    );
}

#[test]
fn names_of_other_functions_and_other_frames_are_no_arguments() {
    let event = inside(&method("PrepareForBackup"), &[&format!("pSnapshotSetId = {SET}, lContext = 9")]);
    assert_eq!((event.set, args(&event)), (None, CallArgs::default()));
    let events = tell(&format!(
        "CDemo::Log: pSnapshotSetId = {SET}
         > CVssBackupComponents::StartSnapshotSet
         [1:2] CDemo::Log: pSnapshotSetId = {SET}
         < CVssBackupComponents::StartSnapshotSet 0x00000000
         CDemo::Log: pSnapshotSetId = {SET}"
    ));
    assert!(events.iter().all(|event| event.set.is_none()));
}

#[test]
fn inner_functions_show_the_arguments_of_the_mapped_one_around_them() {
    let events = tell(&format!(
        "> CVssBackupComponents::StartSnapshotSet
         > CDemo::Helper
         CDemo::Helper: SnapshotSetId = {SET}
         < CDemo::Helper 0x00000000
         < CVssBackupComponents::StartSnapshotSet 0x00000000
         > CVssBackupComponents::DoSnapshotSet
         CDemo::Log: working on {{{SET}}}
         < CVssBackupComponents::DoSnapshotSet 0x00000000
         > CVssBackupComponents::StartSnapshotSet
         CDemo::Log: {SET} is in progress"
    ));
    let sets: Vec<_> = events.iter().map(|event| event.set.is_some()).collect();
    assert_eq!(sets, [true, true, true, true, false]);
}
