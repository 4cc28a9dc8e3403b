//! The documented parameters: under which name each method has what.
//!
//! The names are those of the pages on learn.microsoft.com, without the Hungarian letters before them. What becomes of a
//! value stays out.

use super::names::Role;
use vsscope_model::{Method, ProviderStep};

/// What a parameter means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Id of the snapshot set.
    Set,
    /// Id of a snapshot.
    Snapshot,
    /// Original volume.
    Volume,
    /// Id of the provider.
    Provider,
    /// Context.
    Context,
    /// Component mode.
    SelectComponents,
    /// Type of the backup.
    BackupType,
    /// Instance id of a writer.
    WriterInstance,
    /// Class id of a writer.
    WriterClass,
    /// Name of a writer.
    WriterName,
    /// Logical path of a component.
    LogicalPath,
    /// Name of a component.
    ComponentName,
    /// Whether the backup of a component succeeded.
    Succeeded,
    /// Whether a component is selected for a restore, or more restores of it follow.
    Selected,
    /// Id of a set or of a snapshot.
    Object,
    /// Which of both it is.
    ObjectType,
    /// How many snapshots were deleted.
    Deleted,
    /// The stored document of an import.
    Document,
    /// References that are left.
    References,
    /// State of a writer.
    State,
    /// Failure code of a writer.
    Failure,
    /// Result of an asynchronous operation.
    AsyncResult,
}

/// Parameters of one method: their names without Hungarian letters, in lower case.
pub(super) type Table = &'static [(&'static str, Field)];

/// Hungarian letters before a documented name, in lower case.
const PREFIXES: [&str; 26] = [
    "", "p", "pp", "id", "pid", "ppid", "guid", "wsz", "pwsz", "ppwsz", "sz", "bstr", "pbstr", "l", "pl",
    "e", "pe", "b", "pb", "n", "pn", "h", "ph", "c", "dw", "pdw",
];

/// The parameters of a function, each by the page of its method on learn.microsoft.com (`nf-vsbackup-ivssbackupcomponents-…`,
/// `nf-vsprov-…`, `nf-vswriter-cvsswriter-…`):
///
/// * `StartSnapshotSet`: pSnapshotSetId. `AddToSnapshotSet`: pwszVolumeName, ProviderId, pidSnapshot.
/// * `SetContext`: lContext. `SetBackupState`: bSelectComponents, backupType. `InitializeForBackup`: bstrXML.
/// * `AddComponent`: instanceId, writerId, wszLogicalPath, wszComponentName; `SetBackupSucceeded`: these and bSucceeded
///   (the header has bSucceded); `SetBackupOptions`, `SetPreviousBackupStamp`, `SetSelectedForRestore` and
///   `SetFileRestoreStatus`: these without instanceId, which only `SetSelectedForRestoreEx` has. `SetSelectedForRestore`:
///   bSelectedForRestore; `SetAdditionalRestores`: writerId, wszLogicalPath, wszComponentName, bAdditionalRestores (the page
///   also says bAdditionalResources). `AddRestoreSubcomponent`: writerId, wszLogicalPath and wszComponentName are those of
///   the component that contains the part; the part has wszSubComponentLogicalPath and wszSubComponentName.
/// * `DeleteSnapshots`: SourceObjectId, eSourceObjectType, plDeletedSnapshots; the provider's has the same names.
/// * `BreakSnapshotSet`: SnapshotSetId. `ImportSnapshots` has none. `ExposeSnapshot`, `RevertToSnapshot`,
///   `GetSnapshotProperties`: SnapshotId.
/// * `GetWriterStatus`: pidInstance, pidWriter, pbstrWriter, pnStatus (the page also says pState), phResultFailure
///   (pHrResultFailure).
/// * `IUnknown::Release` has no parameters and returns the references that are left; programs trace it as cRef or refs.
/// * `BeginPrepareSnapshot`: SnapshotSetId, SnapshotId, pwszVolumeName; the other steps: SnapshotSetId.
/// * `OnBackupShutdown`: SnapshotSetId; the names of a writer's ids are those of `CVssWriter::Initialize`: WriterId,
///   WriterName, and of its instance those of `VSS_ID` parameters elsewhere: InstanceId.
/// * `IVssAsync::QueryStatus` (nf-vss-ivssasync-querystatus): pHrResult; programs trace it as status.
pub(super) fn table(role: &Role) -> Table {
    match role {
        Role::Call(method) => call_table(method),
        Role::Callback(_) => CALLBACK,
        Role::Step(ProviderStep::DeleteSnapshots) => DELETE,
        Role::Step(ProviderStep::BeginPrepareSnapshot) => BEGIN_PREPARE,
        Role::Step(_) | Role::ServiceStart => SET,
        Role::Wait => &[("hrresult", Field::AsyncResult), ("status", Field::AsyncResult)],
        Role::MaybeCancel | Role::Other => &[],
    }
}

const SET: Table = &[("snapshotsetid", Field::Set)];
const SNAPSHOT: Table = &[("snapshotid", Field::Snapshot)];
const BEGIN_PREPARE: Table =
    &[("snapshotsetid", Field::Set), ("snapshotid", Field::Snapshot), ("volumename", Field::Volume)];
const DELETE: Table = &[
    ("sourceobjectid", Field::Object),
    ("sourceobjecttype", Field::ObjectType),
    ("deletedsnapshots", Field::Deleted),
];
const CALLBACK: Table = &[
    ("snapshotsetid", Field::Set),
    ("writerid", Field::WriterClass),
    ("writername", Field::WriterName),
    ("instanceid", Field::WriterInstance),
    ("writerinstanceid", Field::WriterInstance),
];
const COMPONENT: Table = &[
    ("instanceid", Field::WriterInstance),
    ("writerid", Field::WriterClass),
    ("logicalpath", Field::LogicalPath),
    ("componentname", Field::ComponentName),
    ("succeeded", Field::Succeeded),
    ("succeded", Field::Succeeded),
];
const RESTORE: Table = &[
    ("instanceid", Field::WriterInstance),
    ("writerid", Field::WriterClass),
    ("logicalpath", Field::LogicalPath),
    ("componentname", Field::ComponentName),
    ("selectedforrestore", Field::Selected),
    ("additionalrestores", Field::Selected),
    ("additionalresources", Field::Selected),
];
const WRITER_STATUS: Table = &[
    ("instance", Field::WriterInstance),
    ("instanceid", Field::WriterInstance),
    ("writerid", Field::WriterClass),
    ("writername", Field::WriterName),
    ("writer", Field::WriterClass),
    ("writer", Field::WriterName),
    ("status", Field::State),
    ("state", Field::State),
    ("resultfailure", Field::Failure),
    ("hrresultfailure", Field::Failure),
];

fn call_table(method: &Method) -> Table {
    match method {
        Method::StartSnapshotSet | Method::BreakSnapshotSet => SET,
        Method::AddToSnapshotSet => &[
            ("volumename", Field::Volume),
            ("providerid", Field::Provider),
            ("snapshot", Field::Snapshot),
            ("snapshotid", Field::Snapshot),
        ],
        Method::SetContext => &[("context", Field::Context)],
        Method::SetBackupState => {
            &[("selectcomponents", Field::SelectComponents), ("backuptype", Field::BackupType)]
        }
        Method::AddComponent
        | Method::SetBackupSucceeded
        | Method::SetBackupOptions
        | Method::SetPreviousBackupStamp
        | Method::SetFileRestoreStatus => COMPONENT,
        Method::SetSelectedForRestore | Method::SetAdditionalRestores | Method::AddRestoreSubcomponent => {
            RESTORE
        }
        Method::DeleteSnapshots => DELETE,
        Method::ExposeSnapshot | Method::RevertToSnapshot | Method::GetSnapshotProperties => SNAPSHOT,
        Method::InitializeForBackup => &[("xml", Field::Document)],
        Method::GetWriterStatus => WRITER_STATUS,
        Method::Release => {
            &[("ref", Field::References), ("refs", Field::References), ("references", Field::References)]
        }
        _ => &[],
    }
}

/// Whether a name in the trace is a documented one.
fn is_name(name: &str, documented: &str) -> bool {
    let Some(split) = name.len().checked_sub(documented.len()) else { return false };
    let (Some(prefix), Some(rest)) = (name.get(..split), name.get(split..)) else { return false };
    rest.eq_ignore_ascii_case(documented)
        && PREFIXES.iter().any(|known| prefix.trim_start_matches("m_").eq_ignore_ascii_case(known))
}

/// The fields that a name may mean in a function.
pub(super) fn fields_of(table: Table, name: &str) -> Option<(Option<Field>, Option<Field>)> {
    let mut found = table.iter().filter(|(known, _)| is_name(name, known)).map(|(_, field)| *field);
    let first = found.next()?;
    Some((Some(first), found.next()))
}
