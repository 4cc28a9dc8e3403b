//! What the timeline makes of the events: hosts, service runs, sessions, snapshot sets, phases, writers.
//!
//! Fields named `events` are indexes into [`Timeline::events`]; they are not part of the JSON output.

use crate::event::CallArgs;
use crate::protocol::{BackupType, Context, Method, WriterState};
use crate::{Confidence, Coverage, Event, Guid, HResult, Inventory, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that was rebuilt from the events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// All events, ordered by time and then by place of origin.
    pub events: Vec<Event>,
    /// Hosts by name.
    pub hosts: Vec<Host>,
    /// Requester sessions by start.
    pub sessions: Vec<Session>,
    /// Snapshot sets by start.
    pub sets: Vec<SnapshotSet>,
    /// What was seen.
    pub coverage: Coverage,
    /// What the inputs list.
    pub inventory: Inventory,
    /// Events that only repeat a step which a better source notes too, each with that one. Rules look at the better one.
    pub echoes: BTreeMap<usize, usize>,
}

impl Timeline {
    /// The session with this id.
    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// The set with this id.
    pub fn set(&self, id: &str) -> Option<&SnapshotSet> {
        self.sets.iter().find(|set| set.id == id)
    }
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// Its newest name.
    pub name: Arc<str>,
    /// Other names it has in the evidence (earlier names, short or full form).
    pub aliases: Vec<Arc<str>>,
    /// Runs of the VSS service and of the system provider.
    pub runs: Vec<ServiceRun>,
}

/// One run of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRun {
    /// Key name of the service: `vss`, `swprv`.
    pub service: String,
    /// Start; absent when the run was under way at the first record.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Option<Timestamp>,
    /// End; absent when it was under way at the last record.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub ended: Option<Timestamp>,
    /// Process id, where it is known.
    pub pid: Option<u32>,
    /// How it ended.
    pub end_reason: EndReason,
    /// Events of the run.
    #[serde(skip)]
    pub events: Vec<usize>,
}

/// How a service run or a session ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// Service: stopped after idling (8224).
    Idle,
    /// Service: was asked to stop (8225).
    StopRequested,
    /// Service: stopped; why is not in the evidence.
    Stopped,
    /// Service or process: crashed.
    Crashed,
    /// The machine went down or restarted before an end was seen; when it ended is not known.
    Restart,
    /// Session: the instance was released.
    Released,
    /// Session: the process ended without a release that the evidence shows.
    ProcessExit,
    /// Session: the writers were told of the end (BackupShutdown); the requester's side is not in the evidence.
    Shutdown,
    /// Still open at the last record.
    Open,
    /// Not known.
    #[default]
    Unknown,
}

impl EndReason {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::Idle => "idle",
            EndReason::StopRequested => "stop-requested",
            EndReason::Stopped => "stopped",
            EndReason::Crashed => "crashed",
            EndReason::Restart => "restart",
            EndReason::Released => "released",
            EndReason::ProcessExit => "process-exit",
            EndReason::Shutdown => "shutdown",
            EndReason::Open => "open",
            EndReason::Unknown => "unknown",
        }
    }
}

/// The life of one `IVssBackupComponents` instance, or as much of it as the evidence shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// Stable id, made from requester, pid and start.
    pub id: String,
    /// Host name.
    pub host: Arc<str>,
    /// What the session was for.
    pub kind: SessionKind,
    /// Who made it.
    pub requester: Requester,
    /// Context, where `SetContext` or the instance's creation was seen.
    pub context: Option<Context>,
    /// Backup type.
    pub backup_type: Option<BackupType>,
    /// Component mode.
    pub component_mode: Option<bool>,
    /// First sign.
    #[serde(with = "crate::no_time")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Timestamp,
    /// End; absent while open or unknown.
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub end_reason: EndReason,
    /// Calls in order.
    pub calls: Vec<CallRecord>,
    /// Ids of the sets it made or imported.
    pub sets: Vec<String>,
    /// How much of the requester's side the evidence shows.
    pub detail: SessionDetail,
    /// How sure it is that these calls were made on one instance: exact where a source names it, strong where it was worked
    /// out from process, thread and creating calls, weak where only the process is known.
    #[serde(default = "exact")]
    pub confidence: Confidence,
    /// Whether the evidence begins inside the session.
    pub starts_mid: bool,
    /// Whether the evidence ends inside the session.
    pub ends_mid: bool,
    /// Events of the session: calls, the writers' callbacks that carry its key, process start and end.
    #[serde(skip)]
    pub events: Vec<usize>,
}

fn exact() -> Confidence {
    Confidence::Exact
}

/// How much of the requester's side is in the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionDetail {
    /// Only that there was a requester (an audit record, a process).
    Identity,
    /// The newest instance of each long-running call (registry key read live or from a hive): a pair may come from two calls,
    /// and what is missing may have been overwritten.
    Newest,
    /// The long-running calls (registry trace): not SetContext, AddComponent, AbortBackup, DeleteSnapshots or Release.
    Phases,
    /// Every call (trace with function entry and exit).
    Calls,
}

/// What a session was for (`protocol/STATE_MACHINE.md` calls this `kind(I)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SessionKind {
    /// A backup.
    Backup,
    /// A restore.
    Restore,
    /// An import of a transportable set.
    Import,
    /// Query, delete, break, expose, revert.
    Admin,
    /// Metadata or status only.
    Discovery,
    /// Not known.
    Unknown,
}

impl SessionKind {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            SessionKind::Backup => "backup",
            SessionKind::Restore => "restore",
            SessionKind::Import => "import",
            SessionKind::Admin => "admin",
            SessionKind::Discovery => "discovery",
            SessionKind::Unknown => "unknown",
        }
    }
}

/// The program behind a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requester {
    /// Executable.
    pub image: Option<Arc<str>>,
    /// Command line.
    pub command_line: Option<String>,
    /// Process id.
    pub pid: Option<u32>,
    /// Account.
    pub user: Option<Arc<str>>,
}

impl Requester {
    /// The file name of the executable.
    pub fn image_name(&self) -> Option<&str> {
        self.image.as_deref().map(crate::event::file_name)
    }
}

/// One call of a requester, with the end of its asynchronous work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    /// The method.
    pub method: Method,
    /// When it was called.
    #[serde(with = "crate::no_time")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Timestamp,
    /// When it was over: the asynchronous end where there is one, else the return; absent when never seen.
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub ended: Option<Timestamp>,
    /// Final result: the asynchronous one where there is one, else the synchronous one; absent when not in the evidence.
    pub hresult: Option<HResult>,
    /// Synchronous result of an asynchronous method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<HResult>,
    /// Whether [`CallRecord::ended`] is the end of asynchronous work.
    #[serde(default)]
    pub finished: bool,
    /// Arguments.
    #[serde(default, skip_serializing_if = "CallArgs::is_empty")]
    pub args: CallArgs,
    /// Set that the call names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Guid>,
    /// Snapshot that the call names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Guid>,
    /// Volume that the call names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Events behind it: the call, then its asynchronous end.
    #[serde(skip)]
    pub events: Vec<usize>,
}

impl CallRecord {
    /// The call and its asynchronous work succeeded, as far as the evidence has a result. Asynchronous methods need to be
    /// seen to their end.
    pub fn ok(&self) -> bool {
        self.ended.is_some()
            && self.hresult.is_none_or(|hr| !hr.is_failure() && hr != HResult::VSS_ASYNC_CANCELLED)
    }

    /// The call or its asynchronous work failed or was cancelled.
    pub fn failed(&self) -> bool {
        self.hresult.is_some_and(|hr| hr.is_failure() || hr == HResult::VSS_ASYNC_CANCELLED)
    }

    /// Whether VSS took the call: it was accepted, whatever became of its asynchronous work.
    pub fn was_taken(&self) -> bool {
        match self.accepted {
            Some(accepted) => !accepted.is_failure(),
            None => !self.failed(),
        }
    }
}

/// A snapshot set (shadow copy set).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotSet {
    /// The GUID where it is known, else a stable local name made from host and time.
    pub id: String,
    /// The GUID, where the evidence has it.
    pub guid: Option<Guid>,
    /// Host name.
    pub host: Arc<str>,
    /// Id of the session that made it.
    pub session: Option<String>,
    /// Provider.
    pub provider: Option<Provider>,
    /// Original volumes.
    pub volumes: Vec<String>,
    /// Its shadow copies.
    pub snapshots: Vec<Snapshot>,
    /// First sign of the creation.
    #[serde(with = "crate::no_time")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Timestamp,
    /// Last sign of the set's own session.
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub ended: Option<Timestamp>,
    /// What became of it.
    pub outcome: Outcome,
    /// Phases in order of start.
    pub phases: Vec<Phase>,
    /// Writers in order of name.
    pub writers: Vec<WriterRun>,
    /// How firmly the evidence is tied together.
    pub confidence: Confidence,
    /// Whether the evidence says that no writer took part (absent: the evidence cannot tell).
    pub writerless: Option<bool>,
    /// How many events the set rests on.
    pub evidence_count: usize,
    /// The events.
    #[serde(skip)]
    pub events: Vec<usize>,
}

/// A shadow copy provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    /// Provider id.
    pub id: Option<Guid>,
    /// Name, from the evidence or from the table of known providers.
    pub name: Option<String>,
}

/// One shadow copy of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Snapshot id.
    pub guid: Option<Guid>,
    /// Original volume.
    pub volume: Option<String>,
    /// Device, for instance `HarddiskVolumeShadowCopy2`.
    pub device: Option<String>,
    /// `created`, `deleted`, `lost` or `unknown`.
    pub state: String,
}

/// What became of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Created; whether the backup was completed is not in the evidence, or does not apply.
    Created,
    /// Created, and the requester said BackupComplete.
    Completed,
    /// The creation or the backup failed.
    Failed,
    /// The requester aborted, or gave the set up before it asked for the creation.
    Aborted,
    /// The evidence ends before the creation did.
    Incomplete,
    /// The evidence does not tell.
    Unknown,
}

impl Outcome {
    /// Whether it is to be looked into: failed, aborted, or its end is not in the evidence.
    pub fn is_bad(self) -> bool {
        matches!(self, Outcome::Failed | Outcome::Aborted | Outcome::Incomplete)
    }

    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Created => "created",
            Outcome::Completed => "completed",
            Outcome::Failed => "failed",
            Outcome::Aborted => "aborted",
            Outcome::Incomplete => "incomplete",
            Outcome::Unknown => "unknown",
        }
    }
}

/// A phase of a set, or of one writer in it. A phase that one record tells of has that instant as its start and end, and no
/// duration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Phase {
    /// Name: requester calls by method, service phases and writer callbacks by their name, `FreezeWindow` for Freeze to
    /// Thaw, `FlushAndHold`, provider steps by their method.
    pub name: String,
    /// Whose phase it is.
    pub actor: PhaseActor,
    /// Name of the phase that contains it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Start.
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Option<Timestamp>,
    /// End.
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub ended: Option<Timestamp>,
    /// Duration in ms.
    pub duration_ms: Option<f64>,
    /// Documented limit in ms.
    pub limit_ms: Option<f64>,
    /// Result, where the evidence has one: a code, `ok`, `veto`, `abort`.
    pub result: Option<String>,
    /// What the figures do not say, for instance that a duration is an upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Events behind it.
    #[serde(skip)]
    pub events: Vec<usize>,
}

impl Phase {
    /// Name of the phase from Freeze to Thaw or Abort, of a writer and of a set.
    pub const FREEZE_WINDOW: &'static str = "FreezeWindow";
}

/// Whose phase it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PhaseActor {
    /// Requester.
    Requester,
    /// VSS service.
    Service,
    /// A writer.
    Writer,
    /// Provider.
    Provider,
    /// volsnap, through flush-and-hold or on its own.
    Volsnap,
}

impl PhaseActor {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            PhaseActor::Requester => "requester",
            PhaseActor::Service => "service",
            PhaseActor::Writer => "writer",
            PhaseActor::Provider => "provider",
            PhaseActor::Volsnap => "volsnap",
        }
    }
}

/// One writer's part in a set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriterRun {
    /// Name.
    pub name: String,
    /// Class id, from the evidence or from the table of known writers.
    pub class_id: Option<Guid>,
    /// Instance id.
    pub instance_id: Option<Guid>,
    /// Hosting process: `lsass.exe (600)`.
    pub process: Option<String>,
    /// Part in the set.
    pub participation: Participation,
    /// Its callbacks, with `FreezeWindow` from Freeze to Thaw or Abort.
    pub phases: Vec<Phase>,
    /// Last state seen.
    pub state: Option<WriterState>,
    /// Last failure code seen.
    pub hresult: Option<HResult>,
}

/// A writer's part in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Participation {
    /// Answered Identify only.
    Identified,
    /// Took part.
    Involved,
    /// Was switched off by the requester.
    Excluded,
}

impl Participation {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Participation::Identified => "identified",
            Participation::Involved => "involved",
            Participation::Excluded => "excluded",
        }
    }
}
