//! Arguments: what the messages inside a mapped function say of its parameters.
//!
//! A parameter counts only under the name that the method's page documents, compared without case and without the
//! Hungarian letters before it, and only inside that method. At the default level of vsstrace no parameters are traced;
//! which level shows which is not documented.

use super::names::Role;
use super::values::{self, Value};
use crate::windows::fields;
use std::sync::Arc;
use vsscope_model::{
    CallArgs, Component, Event, Guid, HResult, Method, ProviderStep, What, Writer, WriterState,
};

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
type Table = &'static [(&'static str, Field)];

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
///   `SetFileRestoreStatus`: these without instanceId, which only `SetSelectedForRestoreEx` has.
/// * `DeleteSnapshots`: SourceObjectId, eSourceObjectType, plDeletedSnapshots; the provider's has the same names.
/// * `BreakSnapshotSet`: SnapshotSetId. `ImportSnapshots` has none. `ExposeSnapshot`, `RevertToSnapshot`,
///   `GetSnapshotProperties`: SnapshotId.
/// * `GetWriterStatus`: pidInstance, pidWriter, pbstrWriter, pnStatus (the page also says pState), phResultFailure
///   (pHrResultFailure).
/// * `IUnknown::Release` has no parameters and returns the references that are left; programs trace it as cRef or refs.
/// * `BeginPrepareSnapshot`: SnapshotSetId, SnapshotId, pwszVolumeName; the other steps: SnapshotSetId.
/// * `OnBackupShutdown`: SnapshotSetId; the names of a writer's ids are those of `CVssWriter::Initialize`: WriterId,
///   WriterName, and of its instance those of `VSS_ID` parameters elsewhere: InstanceId.
/// * `IVssAsync::QueryStatus` (nf-vss-ivssasync-querystatus): pHrResult.
fn table(role: &Role) -> Table {
    match role {
        Role::Call(method) => call_table(method),
        Role::Callback(_) => CALLBACK,
        Role::Step(ProviderStep::DeleteSnapshots) => DELETE,
        Role::Step(ProviderStep::BeginPrepareSnapshot) => BEGIN_PREPARE,
        Role::Step(_) | Role::ServiceStart => SET,
        Role::Wait => &[("hrresult", Field::AsyncResult)],
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
const WRITER_STATUS: Table = &[
    ("instance", Field::WriterInstance),
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
        Method::AddToSnapshotSet => {
            &[("volumename", Field::Volume), ("providerid", Field::Provider), ("snapshot", Field::Snapshot)]
        }
        Method::SetContext => &[("context", Field::Context)],
        Method::SetBackupState => {
            &[("selectcomponents", Field::SelectComponents), ("backuptype", Field::BackupType)]
        }
        Method::AddComponent
        | Method::SetBackupSucceeded
        | Method::SetBackupOptions
        | Method::SetPreviousBackupStamp
        | Method::SetSelectedForRestore
        | Method::SetFileRestoreStatus => COMPONENT,
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
fn fields_of(table: Table, name: &str) -> Option<(Option<Field>, Option<Field>)> {
    let mut found = table.iter().filter(|(known, _)| is_name(name, known)).map(|(_, field)| *field);
    let first = found.next()?;
    Some((Some(first), found.next()))
}

/// Parameters that mean something only together, and those that have no place in an event of the call.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Snapshot set, for functions without an event.
    pub set: Option<Guid>,
    /// Result of an asynchronous operation.
    pub result: Option<HResult>,
    object: Option<Guid>,
    object_is_set: Option<bool>,
    writer: Writer,
    path: Option<String>,
    name: Option<String>,
    state: Option<WriterState>,
    failure: Option<HResult>,
}

impl Gathered {
    /// Takes the parameters that a message shows of a function. What was said later counts: a variable for a result shows
    /// what it held before when the function is entered.
    pub fn read(&mut self, role: &Role, text: &str, mut event: Option<&mut Event>) {
        let table = table(role);
        if table.is_empty() {
            return;
        }
        values::each(
            text,
            |name| fields_of(table, name),
            |(one, other), value| {
                for field in [one, other].into_iter().flatten() {
                    self.take(role, field, value, event.as_deref_mut());
                }
            },
        );
        if let Some(event) = event {
            self.settle(role, event);
        }
    }

    fn take(&mut self, role: &Role, field: Field, value: Value<'_>, event: Option<&mut Event>) {
        match field {
            Field::Set => {
                // The end of a session that made no set is announced with the null GUID.
                let id = if matches!(role, Role::Callback(_)) { value.guid() } else { value.id() };
                self.set = id.or(self.set);
            }
            Field::Object => self.object = value.id().or(self.object),
            Field::ObjectType => self.object_is_set = value.is_set().or(self.object_is_set),
            Field::WriterInstance => self.writer.instance_id = value.id().or(self.writer.instance_id),
            Field::WriterClass => self.writer.class_id = value.id().or(self.writer.class_id),
            Field::WriterName => {
                let name = value.string().filter(|name| !name.is_empty() && value.guid().is_none());
                self.writer.name = name.map(Arc::from).or(self.writer.name.take());
            }
            Field::LogicalPath => self.path = value.string().map(str::to_owned).or(self.path.take()),
            Field::ComponentName => {
                let name = value.string().filter(|name| !name.is_empty());
                self.name = name.map(str::to_owned).or(self.name.take());
            }
            Field::State => self.state = value.state().or(self.state),
            Field::Failure => self.failure = value.result().or(self.failure),
            Field::AsyncResult => self.result = value.number().map(HResult).or(self.result),
            _ => {
                if let Some(event) = event {
                    apply(field, value, event);
                }
            }
        }
    }

    /// Enters into the event what is complete.
    fn settle(&self, role: &Role, event: &mut Event) {
        event.set = self.set.or(event.set);
        match self.object_is_set.zip(self.object) {
            Some((true, id)) => event.set = Some(id),
            Some((false, id)) => event.snapshot = Some(id),
            None => {}
        }
        if matches!(role, Role::Callback(_)) {
            let writer = event.writer.get_or_insert_default();
            writer.name = self.writer.name.clone().or(writer.name.take());
            writer.class_id = self.writer.class_id.or(writer.class_id);
            writer.instance_id = self.writer.instance_id.or(writer.instance_id);
        }
        let is_break = *role == Role::Call(Method::BreakSnapshotSet) && event.set.is_some();
        let component = self.component();
        if let Some(args) = args(event) {
            let whole_set = self.object.and(self.object_is_set).or(is_break.then_some(true));
            args.whole_set = whole_set.or(args.whole_set);
            args.component = component.or(args.component.take());
        }
    }

    /// The component, once its whole key is known.
    fn component(&self) -> Option<Component> {
        Some(Component {
            writer: self.writer.class_id?.to_string(),
            instance: self.writer.instance_id.map(|id| id.to_string()),
            path: self.path.clone()?,
            name: self.name.clone()?,
        })
    }

    /// The writer and its status as `GetWriterStatus` gave them.
    pub fn writer_status(&self) -> Option<(Writer, What)> {
        let what = What::WriterStatus { state: self.state?, failure: self.failure };
        Some((self.writer.clone(), what))
    }
}

fn args(event: &mut Event) -> Option<&mut CallArgs> {
    match &mut event.what {
        What::Call { args, .. } => Some(args),
        _ => None,
    }
}

/// Enters a parameter that stands for itself.
fn apply(field: Field, value: Value<'_>, event: &mut Event) {
    match field {
        Field::Snapshot => event.snapshot = value.id().or(event.snapshot),
        Field::Provider => event.provider_id = value.id().or(event.provider_id),
        Field::Volume => {
            let volume = value.string().and_then(fields::volume_as_logged);
            event.volume = volume.or(event.volume.take());
        }
        _ => {
            if let Some(args) = args(event) {
                apply_to_call(field, value, args);
            }
        }
    }
}

fn apply_to_call(field: Field, value: Value<'_>, args: &mut CallArgs) {
    match field {
        Field::Context => args.context = value.context().or(args.context),
        Field::SelectComponents => args.component_mode = value.flag().or(args.component_mode),
        Field::BackupType => args.backup_type = value.backup_type().or(args.backup_type.take()),
        Field::Succeeded => args.succeeded = value.flag().or(args.succeeded),
        Field::Deleted => args.deleted = value.count().or(args.deleted),
        Field::References => args.references = value.count().or(args.references),
        Field::Document => {
            let document = value.string().map(|document| !document.is_empty());
            args.stored_document = document.or(args.stored_document);
        }
        _ => {}
    }
}
