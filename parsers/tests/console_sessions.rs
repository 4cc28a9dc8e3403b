//! Sessions of vshadow and diskshadow in the shapes of `formats/console.md` 1 and 2, with invented ids.

mod common;

use common::{issues, read_bytes};
use vsscope_model::{
    BackupType, CallArgs, Clock, Context, Edge, Event, Guid, HResult, InputReport, IssueKind, Method,
    TimeBasis, What, WriterState,
};

const SET: &str = "5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6";
const COPY: &str = "7c0e4b81-3a75-4d2f-9e1c-a2b3c4d5e6f7";
const VOLUME: &str = r"\\?\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\";
const PROVIDER: &str = "b5946137-7b9f-4925-af80-51abd60b20d5";
const CLASS: &str = "e8132975-6f93-4464-a53e-1050253ae220";
const INSTANCE: &str = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

const VSHADOW: &str = "
VSHADOW.EXE 3.0 - Volume Shadow Copy sample client.
Copyright (C) 2005 Microsoft Corporation. All rights reserved.

";

/// The steps of `vshadow -p C:` up to the announcement of `DoSnapshotSet`.
fn up_to_do_snapshot_set() -> String {
    format!(
        "{VSHADOW}(Option: Persistent shadow copy)
(Option: Create shadow copy set)
- Setting the VSS context to: 0x00000009
(Gathering writer metadata...)
(Waiting for the asynchronous operation to finish...)
Initialize writer metadata ...
Discover directly excluded components ...
Select explicitly included components ...
 * Writer 'System Writer':
   - Add component \\System Files
 * Writer 'SqlServerWriter':
   - Add component \\SRV1\\master
Creating shadow set {{{SET}}} ...
- Adding volume {VOLUME} [C:\\] to the shadow set...
Preparing for backup ... 
(Waiting for the asynchronous operation to finish...)
(Waiting for the asynchronous operation to finish...)
Creating the shadow (DoSnapshotSet) ... 
(Waiting for the asynchronous operation to finish...)
"
    )
}

fn properties(created: &str) -> String {
    format!(
        "
Querying all shadow copies with the SnapshotSetID {{{SET}}} ...

* SNAPSHOT ID = {{{COPY}}} ...
   - Shadow copy Set: {{{SET}}}
   - Original count of shadow copies = 1
   - Original Volume name: {VOLUME} [C:\\]
   - Creation Time: {created}
   - Shadow copy device name: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3
   - Originating machine: SRV1
   - Service machine: SRV1
   - Not Exposed
   - Provider id: {{{PROVIDER}}}
   - Attributes:  No_Auto_Release Persistent Differential

"
    )
}

fn whole_run(created: &str) -> String {
    format!(
        "{}(Waiting for the asynchronous operation to finish...)
Shadow copy set succesfully created.

List of created shadow copies: 
{}- Mark all writers as succesfully backed up... 
Completing the backup (BackupComplete) ... 
(Waiting for the asynchronous operation to finish...)
(Waiting for the asynchronous operation to finish...)

Snapshot creation done.
",
        up_to_do_snapshot_set(),
        properties(created)
    )
}

fn sound(text: &str, format: &str) -> InputReport {
    let report = read_bytes(text.as_bytes());
    assert_eq!(report.format, format);
    let reading = report.text.as_ref().unwrap();
    assert_eq!(reading.lines, reading.parsed + reading.continuation + reading.unknown);
    assert_eq!(usize::try_from(reading.lines).unwrap(), text.lines().count());
    assert!(!report.issues.iter().any(|issue| issue.kind.is_loss()), "{:?}", report.issues);
    assert!(report.events.iter().all(|event| event.clock == Clock::Order && event.session.is_some()));
    report
}

/// Method, edge and code of the calls in order.
fn calls(report: &InputReport) -> Vec<(Method, Edge, Option<u32>)> {
    let call = |event: &Event| match &event.what {
        What::Call { method, edge, .. } => Some((method.clone(), *edge, event.hresult().map(|code| code.0))),
        _ => None,
    };
    report.events.iter().filter_map(call).collect()
}

fn args(event: &Event) -> &CallArgs {
    let What::Call { args, .. } = &event.what else { panic!() };
    args
}

fn guid(text: &str) -> Option<Guid> {
    Some(text.parse().unwrap())
}

const ENTERED: Edge = Edge::Entered;
const FINISHED: Edge = Edge::Finished;

#[test]
fn a_run_of_vshadow_becomes_its_calls() {
    use Method::*;
    let report = sound(&whole_run("12/25/2031 4:05:09 AM"), "vshadow");
    let expected = [
        (SetContext, ENTERED, None),
        (SetContext, FINISHED, None),
        (SetBackupState, Edge::Whole, None),
        (GatherWriterMetadata, ENTERED, None),
        (GatherWriterMetadata, FINISHED, Some(0)),
        (AddComponent, ENTERED, None),
        (AddComponent, FINISHED, None),
        (AddComponent, ENTERED, None),
        (AddComponent, FINISHED, None),
        (StartSnapshotSet, Edge::Returned, Some(0)),
        (AddToSnapshotSet, ENTERED, None),
        (AddToSnapshotSet, FINISHED, None),
        (PrepareForBackup, ENTERED, None),
        (PrepareForBackup, FINISHED, None),
        (GatherWriterStatus, ENTERED, None),
        (GatherWriterStatus, FINISHED, None),
        (DoSnapshotSet, ENTERED, None),
        (DoSnapshotSet, FINISHED, None),
        (GatherWriterStatus, ENTERED, None),
        (GatherWriterStatus, FINISHED, None),
        (SetBackupSucceeded, ENTERED, None),
        (SetBackupSucceeded, FINISHED, None),
        (BackupComplete, ENTERED, None),
        (BackupComplete, FINISHED, None),
        (GatherWriterStatus, ENTERED, None),
        (GatherWriterStatus, FINISHED, None),
    ];
    assert_eq!(calls(&report), expected);
    let find = |wanted: Method| {
        report
            .events
            .iter()
            .find(|e| matches!(&e.what, What::Call { method, .. } if *method == wanted))
            .unwrap()
    };
    assert_eq!(args(find(SetContext)).context, Some(Context(9)));
    // Not announced; the sample's source always calls it like this.
    let state = args(find(SetBackupState));
    assert_eq!((state.component_mode, state.backup_type.clone()), (Some(true), Some(BackupType::Full)));
    let component = args(find(AddComponent)).component.as_ref().unwrap();
    assert_eq!(
        (component.writer.as_str(), component.path.as_str(), component.name.as_str()),
        ("System Writer", "", "System Files")
    );
    assert_eq!(
        (find(StartSnapshotSet).set, find(AddToSnapshotSet).volume.as_deref()),
        (guid(SET), Some(VOLUME))
    );
    assert_eq!(args(find(SetBackupSucceeded)).succeeded, Some(true));
    assert!(matches!(report.events.last().unwrap().what, What::ProcessEnded { exit_code: None }));
    // One time for all: that of the copy. Times are those of an unknown zone.
    for event in &report.events {
        assert_eq!(event.time.to_rfc3339(), "2031-12-25T04:05:09+00:00");
        assert_eq!(
            (event.host.as_deref(), event.process.image.as_deref()),
            (Some("SRV1"), Some("vshadow.exe"))
        );
    }
    assert_eq!(report.times, TimeBasis::Local);
    let key = report.events[0].session.as_deref().unwrap();
    assert_eq!(key, format!("vshadow@{}", report.path));
    assert!(report.text.unwrap().unknown == 0);
}

#[test]
fn the_property_block_is_a_listed_copy() {
    let report = sound(&whole_run("12/25/2031 4:05:09 AM"), "vshadow");
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!(
        (copy.id, copy.set, copy.set_size, copy.provider_id),
        (guid(COPY), guid(SET), Some(1), guid(PROVIDER))
    );
    assert_eq!(copy.volume, Some(format!("{VOLUME} [C:\\]")));
    assert_eq!(copy.device.as_deref(), Some("HarddiskVolumeShadowCopy3"));
    assert_eq!(copy.attributes.as_deref(), Some("No_Auto_Release Persistent Differential"));
    assert_eq!(
        (copy.exposed.as_deref(), copy.created_text.as_deref()),
        (None, Some("12/25/2031 4:05:09 AM"))
    );
}

// Version 2.2 does not indent the items (observed).
#[test]
fn items_without_indentation_are_read() {
    let text = whole_run("2031/3/7 11:05:09")
        .replace("   - ", "- ")
        .replace("3.0 - Volume Shadow Copy sample client.", "2.2 - Volume Shadow Copy sample client");
    let report = sound(&text, "vshadow");
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!((copy.set, copy.provider_id), (guid(SET), guid(PROVIDER)));
    assert_eq!(copy.attributes.as_deref(), Some("No_Auto_Release Persistent Differential"));
    assert_eq!(report.events[0].time.to_rfc3339(), "2031-03-07T11:05:09+00:00");
}

#[test]
fn exposed_copies_say_where() {
    for (line, exposed) in [
        ("   - Exposed locally as: Z:\\", "Z:\\"),
        ("   - Exposed remotely as \\\\SRV1\\share", "\\\\SRV1\\share"),
    ] {
        let report =
            sound(&format!("{VSHADOW}{}", properties("x").replace("   - Not Exposed", line)), "vshadow");
        let [copy] = &report.inventory.snapshots[..] else { panic!() };
        assert_eq!((copy.exposed.as_deref(), copy.provider_id), (Some(exposed), guid(PROVIDER)), "{line}");
    }
}

const RERUN: &str = "- Please re-run VSHADOW.EXE with the /tracing option to get more details\n";

#[test]
fn a_call_that_fails_at_once_has_the_code_that_is_printed_with_it() {
    let start = up_to_do_snapshot_set();
    let (before, _) = start.split_once("Creating shadow set").unwrap();
    let text = format!(
        "{before}
ERROR: COM call \"m_pVssObject->StartSnapshotSet(&m_latestSnapshotSetID)\" failed.
- Returned HRESULT = 0x80042316
- Error text: VSS_E_SNAPSHOT_SET_IN_PROGRESS
{RERUN}"
    );
    let calls = calls(&sound(&text, "vshadow"));
    assert_eq!(calls[calls.len() - 2], (Method::AddComponent, FINISHED, None));
    assert_eq!(calls[calls.len() - 1], (Method::StartSnapshotSet, Edge::Whole, Some(0x8004_2316)));
}

#[test]
fn asynchronous_work_that_fails_is_that_of_the_last_call() {
    let failure = format!(
        "Error during the last asynchronous operation.
- Returned HRESULT = 0x80042306
- Error text: VSS_E_PROVIDER_VETO
{RERUN}"
    );
    let report = sound(&format!("{}{failure}", up_to_do_snapshot_set()), "vshadow");
    assert_eq!(calls(&report).last(), Some(&(Method::DoSnapshotSet, FINISHED, Some(0x8004_2306))));
    // After a second wait it is the writers' status that could not be gathered.
    let second = "(Waiting for the asynchronous operation to finish...)\n";
    let report = sound(&format!("{}{second}{failure}", up_to_do_snapshot_set()), "vshadow");
    let calls = calls(&report);
    assert_eq!(
        calls[calls.len() - 3..],
        [
            (Method::DoSnapshotSet, FINISHED, None),
            (Method::GatherWriterStatus, ENTERED, None),
            (Method::GatherWriterStatus, FINISHED, Some(0x8004_2306))
        ]
    );
}

#[test]
fn a_run_that_was_cut_leaves_its_last_call_open() {
    let report = sound(&up_to_do_snapshot_set(), "vshadow");
    assert_eq!(calls(&report).last(), Some(&(Method::DoSnapshotSet, ENTERED, None)));
    assert_eq!((report.events[0].time, report.times), (Event::NO_TIME, TimeBasis::Order));
}

#[test]
fn a_selected_writer_that_failed_is_a_status_with_ids() {
    let text = format!(
        "{}(Waiting for the asynchronous operation to finish...)

ERROR: Selected writer 'SqlServerWriter' is in failed state!
   - Status: 8 (VSS_WS_FAILED_AT_PREPARE_SNAPSHOT)
   - Writer Failure code: 0x800423f4 (VSS_E_WRITERERROR_NONRETRYABLE)
   - Writer ID: {{{CLASS}}}
   - Instance ID: {{{INSTANCE}}}

",
        up_to_do_snapshot_set()
    );
    let report = sound(&text, "vshadow");
    let event = report.events.last().unwrap();
    let failure = Some(HResult::VSS_WRITERERROR_NONRETRYABLE);
    assert_eq!(event.what, What::WriterStatus { state: WriterState(8), failure });
    let writer = event.writer.as_ref().unwrap();
    assert_eq!(writer.name.as_deref(), Some("SqlServerWriter"));
    assert_eq!(
        (writer.class_id, writer.instance_id, event.hresult()),
        (guid(CLASS), guid(INSTANCE), failure)
    );
}

#[test]
fn a_listing_of_writers_is_inventory() {
    let text = format!(
        "{VSHADOW}(Option: List writer status)
(Gathering writer metadata...)
(Waiting for the asynchronous operation to finish...)
Initialize writer metadata ...
(Waiting for the asynchronous operation to finish...)
Listing writer status ...
- Number of writers that responded: 1

* WRITER \"System Writer\"
   - Status: 5 (VSS_WS_WAITING_FOR_BACKUP_COMPLETE)
   - Writer Failure code: 0x00000000 (S_OK)
   - Writer ID: {{{CLASS}}}
   - Instance ID: {{{INSTANCE}}}

"
    );
    let report = sound(&text, "vshadow");
    let [writer] = &report.inventory.writers[..] else { panic!() };
    assert_eq!((writer.state, writer.failure), (Some(WriterState(5)), Some(HResult::OK)));
    assert_eq!((writer.writer.class_id, writer.writer.instance_id), (guid(CLASS), guid(INSTANCE)));
    assert_eq!(calls(&report).last(), Some(&(Method::GatherWriterStatus, ENTERED, None)));
}

#[test]
fn deleting_breaking_reverting_importing_and_restoring_are_calls() {
    let on = |text: String| sound(&format!("{VSHADOW}{text}\n"), "vshadow");
    let report = on(format!("- Deleting shadow copy set {{{SET}}} ..."));
    assert_eq!((report.events[0].set, args(&report.events[0]).whole_set), (guid(SET), Some(true)));
    let report = on(format!(
        "- Deleting shadow copy {{{COPY}}} on {VOLUME} from provider {{{PROVIDER}}} [0x00420009]..."
    ));
    let event = &report.events[0];
    assert_eq!(
        (event.snapshot, event.provider_id, event.volume.as_deref()),
        (guid(COPY), guid(PROVIDER), Some(VOLUME))
    );
    let report = on(format!(
        "- Calling BreakSnapshotSetEx on {{{SET}}} ...\n(Waiting for the asynchronous operation to finish...)\nBreakEx done."
    ));
    assert_eq!(
        calls(&report),
        [(Method::BreakSnapshotSet, ENTERED, None), (Method::BreakSnapshotSet, FINISHED, Some(0))]
    );
    let revert = format!(
        "- Reverting to shadow copy {{{COPY}}} on {VOLUME} from provider {{{PROVIDER}}} [0x00420009]..."
    );
    let report = on(format!("{revert}\nThe shadow copy has been successfully reverted"));
    assert_eq!(
        calls(&report),
        [(Method::RevertToSnapshot, ENTERED, None), (Method::RevertToSnapshot, FINISHED, Some(0))]
    );
    let report = on(format!("{revert}\nRevert is disabled on the volume {VOLUME} because of writers"));
    assert_eq!(calls(&report), []);
    let report = on("Importing the transportable snapshot set ... \n(Waiting for the asynchronous operation to finish...)\nShadow copy set succesfully imported.".to_owned());
    assert_eq!(
        calls(&report),
        [(Method::ImportSnapshots, ENTERED, None), (Method::ImportSnapshots, FINISHED, Some(0))]
    );
    let report = on("\nSending the PreRestore event ... \n\n(Waiting for the asynchronous operation to finish...)\n(Waiting for the asynchronous operation to finish...)\n\nSending the PostRestore event ... \n".to_owned());
    let methods: Vec<_> =
        calls(&report).into_iter().filter(|call| call.1 == ENTERED).map(|call| call.0).collect();
    assert_eq!(methods, [Method::PreRestore, Method::GatherWriterStatus, Method::PostRestore]);
    let failed = format!(
        "- Deleting shadow copy set {{{SET}}} ...\nError while deleting shadow copies...\n- Last shadow copy that could not be deleted: {{{COPY}}}\n\nERROR: COM call L\"m_pVssObject->DeleteSnapshots(snapshotSetID, VSS_OBJECT_SNAPSHOT_SET,FALSE,&lSnapshots,&idNonDeleted)\" failed.\n- Returned HRESULT = 0x80042308"
    );
    assert_eq!(calls(&on(failed)).last(), Some(&(Method::DeleteSnapshots, FINISHED, Some(0x8004_2308))));
}

/// What tracing makes of a run: the plain line, and behind it its repetition; calls before they are made.
fn traced(lines: &[&str]) -> String {
    let place = "[[                VssClient::CreateSnapshotSet @ create.cpp:  23]]";
    let mut text = VSHADOW.to_owned();
    for line in lines {
        match line.strip_prefix("CALL ") {
            Some(call) => text.push_str(&format!("{place} Executing COM call '\"{call}\"'\n")),
            None => text.push_str(&format!("{line}\n{place} OUTPUT: {line}\n")),
        }
    }
    text
}

#[test]
fn tracing_repeated_every_call() {
    let set = format!("Creating shadow set {{{SET}}} ...");
    let text = traced(&[
        "CALL CoInitialize(NULL)",
        "CALL CreateVssBackupComponents(&m_pVssObject)",
        "CALL m_pVssObject->InitializeForBackup()",
        "- Setting the VSS context to: 0x00000010",
        "CALL m_pVssObject->SetContext(dwContext)",
        "CALL m_pVssObject->StartSnapshotSet(&m_latestSnapshotSetID)",
        &set,
        "Creating the shadow (DoSnapshotSet) ... ",
        "CALL m_pVssObject->DoSnapshotSet(&pAsync)",
        "(Waiting for the asynchronous operation to finish...)",
        "CALL pAsync->Wait()",
        "Error during the last asynchronous operation.",
        "- Returned HRESULT = 0x80042306",
    ]);
    let text = format!(
        "{text}[[ wmain @ shadow.cpp:  35]] HRESULT Error caught: 0x80042306\n[[ wmain @ shadow.cpp:  35]] EXIT wmain\n"
    );
    let report = sound(&text, "vshadow");
    use Method::*;
    let expected = [
        (CreateVssBackupComponents, ENTERED, None),
        (CreateVssBackupComponents, FINISHED, None),
        (InitializeForBackup, ENTERED, None),
        (InitializeForBackup, FINISHED, None),
        (SetContext, ENTERED, None),
        (SetContext, FINISHED, None),
        (StartSnapshotSet, ENTERED, None),
        (StartSnapshotSet, Edge::Returned, Some(0)),
        (DoSnapshotSet, ENTERED, None),
        (DoSnapshotSet, FINISHED, Some(0x8004_2306)),
    ];
    assert_eq!(calls(&report), expected);
    assert_eq!(report.events.len(), expected.len() + 1);
    assert!(matches!(report.events.last().unwrap().what, What::ProcessEnded { .. }));
}

#[test]
fn a_traced_call_of_set_backup_state_gets_its_arguments() {
    let text = traced(&[
        "CALL m_pVssObject->InitializeForBackup()",
        "CALL m_pVssObject->SetBackupState(true, true, VSS_BT_FULL, false)",
        "(Gathering writer metadata...)",
        "CALL m_pVssObject->GatherWriterMetadata(&pAsync)",
    ]);
    let report = sound(&text, "vshadow");
    use Method::*;
    let expected = [
        (InitializeForBackup, ENTERED, None),
        (InitializeForBackup, FINISHED, None),
        (SetBackupState, ENTERED, None),
        (SetBackupState, FINISHED, None),
        (GatherWriterMetadata, ENTERED, None),
    ];
    assert_eq!(calls(&report), expected);
    assert_eq!(args(&report.events[2]).component_mode, Some(true));
}

const DISKSHADOW: &str = "Microsoft DiskShadow version 1.0
Copyright (C) 2013 Microsoft Corporation
On computer:  SRV1,  12/25/2031 4:05:09 AM

";

fn script(rest: &str) -> String {
    format!(
        "{DISKSHADOW}-> # nightly
-> set context persistent
-> set verbose on
-> begin backup
-> add volume C: alias sysvol
-> create
Excluding writer \"Shadow Copy Optimization Writer\", because all of its components have been excluded.
Component \"\\BCD\\BCD\" from writer \"ASR Writer\" is excluded from backup,
because it requires volume  which is not in the shadow copy set.

* Including writer \"System Writer\":
        + Adding component: \\System Files
{rest}"
    )
}

fn created() -> String {
    format!(
        "Alias sysvol for shadow ID {{{COPY}}} set as environment variable.
Alias VSS_SHADOW_SET for shadow set ID {{{SET}}} set as environment variable.
Inserted file Manifest.xml into .cab file 3-7-2031_4-05-09_SRV1.cab

Querying all shadow copies with the shadow copy set ID {{{SET}}}

        * Shadow copy ID = {{{COPY}}}               %sysvol%
                - Shadow copy set: {{{SET}}}       %VSS_SHADOW_SET%
                - Original count of shadow copies = 1
                - Original volume name: {VOLUME} [C:\\]
                - Creation time: 12/25/2031 4:06:10 AM
                - Shadow copy device name: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3
                - Originating machine: srv1.contoso.example
                - Service machine: srv1.contoso.example
                - Not exposed
                - Provider ID: {{{PROVIDER}}}
                - Attributes:  No_Auto_Release Persistent Differential

Number of shadow copies listed: 1
"
    )
}

#[test]
fn a_script_of_diskshadow_becomes_its_calls() {
    use Method::*;
    let rest = format!(
        "{}-> expose %sysvol% z:
-> %sysvol% = {{{COPY}}}
The shadow copy was successfully exposed as z:\\.
-> end backup
->
",
        created()
    );
    let report = sound(&script(&rest), "diskshadow");
    let expected = [
        (SetContext, ENTERED, None),
        (SetContext, FINISHED, None),
        (SetBackupState, Edge::Whole, None),
        (AddComponent, Edge::Whole, None),
        (StartSnapshotSet, Edge::Returned, Some(0)),
        (AddToSnapshotSet, Edge::Whole, None),
        (DoSnapshotSet, ENTERED, None),
        (DoSnapshotSet, FINISHED, Some(0)),
        (ExposeSnapshot, ENTERED, None),
        (ExposeSnapshot, FINISHED, Some(0)),
        (BackupComplete, ENTERED, None),
        (BackupComplete, FINISHED, None),
    ];
    assert_eq!(calls(&report), expected);
    assert_eq!(args(&report.events[0]).context, Some(Context(9)));
    let added = &report.events[5];
    assert_eq!((added.set, added.snapshot, added.volume.as_deref()), (guid(SET), guid(COPY), Some("C:")));
    assert_eq!((report.events[6].source.line, report.events[8].snapshot), (Some(10), guid(COPY)));
    assert!(matches!(report.events.last().unwrap().what, What::ProcessEnded { .. }));
    for event in &report.events {
        assert_eq!(event.time.to_rfc3339(), "2031-12-25T04:05:09+00:00");
        assert_eq!(
            (event.host.as_deref(), event.process.image.as_deref()),
            (Some("SRV1"), Some("diskshadow.exe"))
        );
    }
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!(
        (copy.id, copy.set, copy.set_size, copy.provider_id),
        (guid(COPY), guid(SET), Some(1), guid(PROVIDER))
    );
    assert_eq!(copy.created.unwrap().to_rfc3339(), "2031-12-25T04:06:10+00:00");
    assert_eq!(copy.host.as_deref(), Some("srv1.contoso.example"));
}

#[test]
fn an_exit_without_end_backup_leaves_the_backup_open() {
    let rest = format!(
        "{}->\nNote: END BACKUP was not commanded, writers not notified BackupComplete.\nDiskShadow is exiting.\n",
        created()
    );
    let report = sound(&script(&rest), "diskshadow");
    assert!(!calls(&report).iter().any(|call| call.0 == Method::BackupComplete));
    let ends: Vec<_> = report.events.iter().filter(|e| matches!(e.what, What::ProcessEnded { .. })).collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].source.line, Some(script(&rest).lines().count() as u64));
}

// The page "reset": it "releases IVssBackupComponents interfaces"; what follows is made on another instance.
#[test]
fn a_reset_ends_the_session_and_begins_another() {
    let rest = format!("{}-> end backup\n-> reset\n-> begin restore\n-> exit\n", created());
    let report = sound(&script(&rest), "diskshadow");
    let of = |wanted: Method| {
        let is_wanted =
            |event: &&Event| matches!(&event.what, What::Call { method, .. } if *method == wanted);
        report.events.iter().find(is_wanted).unwrap()
    };
    let (complete, release, restore) =
        (of(Method::BackupComplete), of(Method::Release), of(Method::PreRestore));
    assert_eq!(args(release).references, Some(0));
    assert_eq!(release.session, complete.session);
    assert_ne!(release.session, restore.session);
    assert_eq!(report.events.last().unwrap().session, restore.session);
    assert_eq!((&restore.host, restore.time), (&release.host, release.time));
}

// The pages "begin backup" and "create": a copy backup is the default. Nothing is noted where no writers take part.
#[test]
fn a_creation_without_begin_backup_is_a_copy() {
    for (commands, expected) in [
        ("-> create", Some(BackupType::Copy)),
        ("-> begin backup\n-> create", Some(BackupType::Full)),
        ("-> begin backup\n-> reset\n-> create", Some(BackupType::Copy)),
        ("-> set context persistent nowriters\n-> create", None),
    ] {
        let report = sound(&format!("{DISKSHADOW}{commands}\n{}-> exit\n", created()), "diskshadow");
        let calls = report.events.iter().filter(|event| matches!(event.what, What::Call { .. }));
        let found = calls.filter_map(|event| args(event).backup_type.clone()).next();
        assert_eq!(found, expected, "{commands}");
    }
}

// Scripts often begin with one.
#[test]
fn a_reset_before_any_call_releases_nothing() {
    let text = format!("{DISKSHADOW}-> reset\n-> set context volatile\n-> exit\n");
    let report = sound(&text, "diskshadow");
    assert!(!calls(&report).iter().any(|call| call.0 == Method::Release));
}

#[test]
fn the_code_of_diskshadow_has_no_prefix() {
    let rest = "The last operation failed.\n        - Returned HRESULT: 80042306\n        - Error text: VSS_E_PROVIDER_VETO\n";
    let report = sound(&script(rest), "diskshadow");
    let calls = calls(&report);
    assert_eq!(
        calls[calls.len() - 2..],
        [(Method::DoSnapshotSet, ENTERED, None), (Method::DoSnapshotSet, FINISHED, Some(0x8004_2306))]
    );
    assert!(!calls.iter().any(|call| call.0 == Method::StartSnapshotSet));
}

// Harmless (KB 3025158): the creation goes on behind it.
#[test]
fn a_harmless_call_failed_the_creation() {
    let rest = format!(
        "COM call \"lvssObject4->GetRootAndLogicalPrefixPaths\" failed.\n        - Returned HRESULT: 80042308\n{}->\n",
        created()
    );
    let report = sound(&script(&rest), "diskshadow");
    assert!(report.events.iter().all(|event| event.hresult().is_none_or(|code| !code.is_failure())));
    assert!(calls(&report).contains(&(Method::DoSnapshotSet, FINISHED, Some(0))));
}

#[test]
fn a_creation_without_outcome_has_no_end() {
    let report = sound(&script(""), "diskshadow");
    assert_eq!(calls(&report).last(), Some(&(Method::DoSnapshotSet, ENTERED, None)));
}

#[test]
fn administration_in_diskshadow_is_calls_on_what_it_names() {
    let text = format!(
        "{DISKSHADOW}DISKSHADOW> delete shadows set {{{SET}}}
DISKSHADOW> delete shadows id %old%
DISKSHADOW> %old% = {{{COPY}}}
DISKSHADOW> delete shadows oldest D:
DISKSHADOW> break writable {{{SET}}}
DISKSHADOW> revert {{{COPY}}}
DISKSHADOW> begin restore
DISKSHADOW> end restore
DISKSHADOW> import
DISKSHADOW> exit
"
    );
    let report = sound(&text, "diskshadow");
    let seen: Vec<_> = report
        .events
        .iter()
        .filter_map(|event| match &event.what {
            What::Call { method, edge: ENTERED, .. } => {
                Some((method.clone(), event.set, event.snapshot, event.volume.as_deref()))
            }
            _ => None,
        })
        .collect();
    let expected = [
        (Method::DeleteSnapshots, guid(SET), None, None),
        (Method::DeleteSnapshots, None, guid(COPY), None),
        (Method::DeleteSnapshots, None, None, Some("D:")),
        (Method::BreakSnapshotSet, guid(SET), None, None),
        (Method::RevertToSnapshot, None, guid(COPY), None),
        (Method::PreRestore, None, None, None),
        (Method::PostRestore, None, None, None),
        (Method::ImportSnapshots, None, None, None),
    ];
    assert_eq!(seen, expected);
    // What these print on success is not known: those of which a failure would show end without a result, the others not at all.
    let ends = calls(&report).into_iter().filter(|call| call.1 != ENTERED);
    let ended: Vec<_> = ends.collect();
    let end = |method| (method, Edge::Finished, None);
    let delete = || end(Method::DeleteSnapshots);
    assert_eq!(ended, [delete(), delete(), delete(), end(Method::BreakSnapshotSet)]);
    assert!(matches!(report.events.last().unwrap().what, What::ProcessEnded { .. }));
}

#[test]
fn writers_and_providers_of_diskshadow_are_inventory() {
    let text = format!(
        "{DISKSHADOW}-> list writers
Listing writer metadata ...

        * WRITER \"System Writer\"
                - Writer ID   = {{{CLASS}}}
                - Writer instance ID = {{{INSTANCE}}}
                - Supports restore events = TRUE
                - Writer restore conditions = VSS_WRE_ALWAYS
                + Component \"System Writer:\\System Files\"
-> list providers
        * ProviderID: {{{PROVIDER}}}
                Type: [1] VSS_PROV_SYSTEM
                Name: Microsoft Software Shadow Copy provider 1.0
                Version: 1.0.0.7
                CLSID: {{65ee1dba-8ff4-4a58-ac1c-3470ee2f376a}}
"
    );
    let report = sound(&text, "diskshadow");
    let [writer] = &report.inventory.writers[..] else { panic!() };
    assert_eq!(
        (writer.writer.class_id, writer.writer.instance_id, writer.state),
        (guid(CLASS), guid(INSTANCE), None)
    );
    let [provider] = &report.inventory.providers[..] else { panic!() };
    assert_eq!(
        (provider.id, provider.class_id),
        (guid(PROVIDER), guid("65ee1dba-8ff4-4a58-ac1c-3470ee2f376a"))
    );
    assert_eq!((provider.type_number, provider.type_text.as_deref()), (Some(1), Some("VSS_PROV_SYSTEM")));
    assert_eq!(provider.name.as_deref(), Some("Microsoft Software Shadow Copy provider 1.0"));
    assert_eq!(provider.version.as_deref(), Some("1.0.0.7"));
    assert!(report.inventory.snapshots.is_empty());
}

// The form of a file-share copy: console.md 2.
#[test]
fn a_copy_of_a_file_share_has_a_share_as_device() {
    let text = format!(
        "{DISKSHADOW}        * Shadow copy ID = {{{COPY}}}               %a%
                - Shadow copy set: {{{SET}}}       %VSS_SHADOW_SET%
                - Original count of shadow copies = 1
                - Original volume name: \\\\SRV2\\E$\\ [volume not on this machine]
                - Creation time: 12/25/2031 4:06:10 AM
                - Shadow copy device name: \\\\SRV2\\E$@{{{COPY}}}$
                - Originating machine: SRV2
                - Service machine: SRV1
                - Not exposed
                - Provider ID: {{89300202-3cec-4981-9171-19f59559e0f2}}
                - Attributes:  Auto_Release FileShare
"
    );
    let report = sound(&text, "diskshadow");
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!(copy.volume.as_deref(), Some("\\\\SRV2\\E$\\ [volume not on this machine]"));
    assert_eq!(copy.device, Some(format!("\\\\SRV2\\E$@{{{COPY}}}$")));
    assert_eq!((copy.set, copy.provider_id), (guid(SET), guid("89300202-3cec-4981-9171-19f59559e0f2")));
    assert_eq!(
        (copy.host.as_deref(), copy.attributes.as_deref()),
        (Some("SRV1"), Some("Auto_Release FileShare"))
    );
}

#[test]
fn every_banner_begins_a_session() {
    let rest = format!("{}-> end backup\n->\n", created());
    let text = script(&rest).repeat(2);
    let report = sound(&text, "diskshadow");
    let mut keys: Vec<_> = report.events.iter().map(|event| event.session.clone().unwrap()).collect();
    keys.dedup();
    assert_eq!(
        keys.iter().map(|key| key.rsplit('#').next().unwrap().to_owned()).collect::<Vec<_>>().len(),
        2
    );
    assert!(keys[1].ends_with("#2"));
}

#[test]
fn sessions_without_banner_are_told_by_their_lines() {
    let text = whole_run("2031/3/7 11:05:09");
    let rest: String = text.lines().skip(6).map(|line| format!("{line}\n")).collect();
    assert_eq!(read_bytes(rest.as_bytes()).format, "vshadow");
    let text = script(&created());
    let rest: String = text.lines().skip(5).map(|line| format!("{line}\n")).collect();
    let report = read_bytes(rest.as_bytes());
    assert_eq!(report.format, "diskshadow");
    assert!(calls(&report).contains(&(Method::DoSnapshotSet, FINISHED, Some(0))));
}

#[test]
fn a_session_that_ends_inside_an_id_is_truncated() {
    let text = script(&created());
    let at = text.find("Provider ID: {").unwrap() + 20;
    let report = read_bytes(&text.as_bytes()[..at]);
    assert_eq!(issues(&report, IssueKind::Truncated).len(), 1);
    assert_eq!(report.inventory.snapshots[0].provider_id, None);
}

#[test]
fn a_session_whose_date_could_be_two_days_has_no_time() {
    let text = script(&created()).replace("12/25/2031", "3/7/2031");
    let report = sound(&text, "diskshadow");
    assert!(report.events.iter().all(|event| event.time == Event::NO_TIME));
    assert_eq!((report.times.clone(), issues(&report, IssueKind::Note).len()), (TimeBasis::Order, 2));
}

#[test]
fn windows_powershell_wrote_two_bytes_per_character() {
    for text in [whole_run("2031/3/7 11:05:09"), script(&created())] {
        let bytes = text.replace('\n', "\r\n");
        let bytes = [0xFF, 0xFE].into_iter().chain(bytes.encode_utf16().flat_map(u16::to_le_bytes));
        let wide = read_bytes(&bytes.collect::<Vec<u8>>());
        let narrow = read_bytes(text.as_bytes());
        assert_eq!((wide.format.clone(), calls(&wide)), (narrow.format.clone(), calls(&narrow)));
        assert_eq!(wide.text.as_ref().unwrap().encoding, "UTF-16LE");
        assert_eq!(wide.inventory.snapshots[0].attributes, narrow.inventory.snapshots[0].attributes);
    }
}

// No translated session is public: invented sentences in the places of the English ones.
#[test]
fn translated_sentences_of_diskshadow_decide_nothing() {
    let english = script(&format!("{}-> end backup\n->\n", created()));
    let translated = [
        ("On computer:", "Auf Computer:"),
        ("Alias sysvol for shadow ID", "Der Alias sysvol der Schattenkopie"),
        ("Alias VSS_SHADOW_SET for shadow set ID", "Der Alias VSS_SHADOW_SET des Satzes"),
        ("set as environment variable", "wurde gesetzt"),
        ("Including writer", "Eingeschlossen"),
        ("Adding component:", "Komponente:"),
        ("Shadow copy ID =", "Schattenkopie ="),
        ("Shadow copy set:", "Satz:"),
        ("Original count of shadow copies =", "Anzahl ="),
        ("Original volume name:", "Volume:"),
        ("Creation time:", "Erstellt:"),
        ("Shadow copy device name:", "Gerät:"),
        ("Originating machine:", "Quelle:"),
        ("Service machine:", "Dienst:"),
        ("Not exposed", "Nicht verfügbar"),
        ("Provider ID:", "Anbieter:"),
        ("Attributes:", "Attribute:"),
    ]
    .iter()
    .fold(english.clone(), |text, (from, to)| text.replace(from, to));
    let (english, translated) = (sound(&english, "diskshadow"), sound(&translated, "diskshadow"));
    assert_eq!(calls(&english), calls(&translated));
    let plain = |report: &InputReport| {
        let mut copy = report.inventory.snapshots[0].clone();
        copy.source = Default::default();
        copy
    };
    assert_eq!(plain(&english), plain(&translated));
    assert_eq!(english.events[0].time, translated.events[0].time);
}
