//! [`Event`]: one fact, with its time, its place of origin and its meaning in the protocol.

use crate::Timestamp;
use crate::ids::{Guid, HResult, Status};
use crate::params::{Param, Params};
use crate::protocol::{
    BackupType, Callback, Component, Context, FlushStep, Method, ProviderStep, ServicePhase, WriterState,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One normalised event: when, where from, who, what, which, and with which result. What the log does not say is absent.
///
/// This is also the shape of a line of `vsscope.events/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// The instant, UTC; `null` for [`Event::NO_TIME`].
    #[serde(with = "crate::no_time")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub time: Timestamp,
    /// Which clock gave the instant.
    #[serde(default)]
    pub clock: Clock,
    /// The smallest step of that clock in ns, where it is coarser than 100 ns and known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution_ns: Option<u64>,
    /// Where the event was read.
    pub source: RecordRef,
    /// Provider (source) name as logged. The key of an event id is always (provider, id).
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub provider: Arc<str>,
    /// Event id within the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<u32>,
    /// Level of the record: 1 critical, 2 error, 3 warning, 4 information, 0 "log always".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Computer name as logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// Whose action this is.
    #[serde(default)]
    pub actor: Actor,
    /// The acting process.
    #[serde(default, skip_serializing_if = "Process::is_empty")]
    pub process: Process,
    /// Key of the `IVssBackupComponents` instance (session), where the evidence carries one. Unique per host and pid only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Arc<str>>,
    /// The session key was worked out from processes, threads and creating calls; no source names the instance.
    #[serde(default, skip_serializing_if = "is_false")]
    pub session_inferred: bool,
    /// The source keeps only the newest instance of each step (the registry key `Services\VSS\Diag`, read live or from a
    /// hive): that another step or the other edge is missing says nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub newest_only: bool,
    /// Snapshot set. The null GUID is kept: it says "no set".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Guid>,
    /// Snapshot (shadow copy).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Guid>,
    /// Original volume: `C:` or `\\?\Volume{…}\`, as logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Device of the shadow copy, without prefix: `HarddiskVolumeShadowCopy5`. Numbers are reused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Provider of the shadow copy (VSS provider id).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Guid>,
    /// The writer concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<Writer>,
    /// Result that the event reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The typed meaning.
    pub what: What,
    /// The parameters of the record, as logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<LogDetail>>,
}

/// For `serde`: fields that are left out when they are false.
fn is_false(value: &bool) -> bool {
    !value
}

impl Event {
    /// [`Event::provider`] of what was read from a trace of the functions of VSS.
    pub const TRACE_PROVIDER: &'static str = "VSS trace";

    /// The time of an event whose source has no times at all, so that only the order is known ([`Clock::Order`]). Outputs
    /// show it as "no time".
    pub const NO_TIME: Timestamp = Timestamp::UNIX_EPOCH;

    /// An event of this meaning at this time and place; every other field empty.
    pub fn new(time: Timestamp, source: RecordRef, what: What) -> Self {
        Event {
            time,
            clock: Clock::default(),
            resolution_ns: None,
            source,
            provider: Arc::default(),
            event_id: None,
            level: None,
            host: None,
            actor: Actor::default(),
            process: Process::default(),
            session: None,
            session_inferred: false,
            newest_only: false,
            set: None,
            snapshot: None,
            volume: None,
            device: None,
            provider_id: None,
            writer: None,
            status: None,
            what,
            record: None,
        }
    }

    /// Whether this is the record (provider, id); provider names are compared without case.
    pub fn is_record(&self, provider: &str, id: u32) -> bool {
        self.event_id == Some(id) && self.provider.eq_ignore_ascii_case(provider)
    }

    /// The binary tail of a VSS record.
    pub fn tail(&self) -> Option<&BinaryTail> {
        self.record.as_ref()?.tail.as_deref()
    }

    /// The process that the event is about: that of the record's tail (the envelope may name the service that wrote it), else
    /// the acting one.
    pub fn pid_behind(&self) -> Option<u32> {
        self.tail().and_then(|tail| tail.pid).or(self.process.pid)
    }

    /// The thread that the event is about, likewise.
    pub fn tid_behind(&self) -> Option<u32> {
        self.tail().and_then(|tail| tail.tid).or(self.process.tid)
    }

    /// Whether the source shows every function of the traced processes, so that a callback or call that it does not show
    /// was not made: a function trace, or one that names the instance.
    pub fn is_of_function_trace(&self) -> bool {
        self.session.is_some() || &*self.provider == Event::TRACE_PROVIDER
    }

    /// The HRESULT of the event, if it reports one.
    pub fn hresult(&self) -> Option<HResult> {
        self.status.and_then(Status::hresult)
    }
}

/// Which clock an instant came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The record's own time of creation, in UTC.
    #[default]
    Record,
    /// A UTC field inside the record (Sysmon `UtcTime`), preferred where the record's own time is not UTC.
    Field,
    /// The record's own time, corrected by the offset that other records of the same input show.
    Corrected,
    /// A trace clock that is UTC or was converted to it.
    Trace,
    /// A local time that was read in the zone that the user named.
    Zone,
    /// A clock without a zone or a date that was set by comparing it with other sources ([`crate::TimeBasis::Aligned`]).
    Aligned,
    /// As written: a local time of an unknown zone, or a counter. Not comparable with other sources.
    Unzoned,
    /// No clock: the time is that of the nearest thing that has one ([`Event::NO_TIME`] if nothing has); only the order
    /// among the events of the input is known, no duration.
    Order,
}

impl Clock {
    /// Whether differences between two instants of this clock are durations.
    pub fn measures(self) -> bool {
        self != Clock::Order
    }
}

/// Where an event was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RecordRef {
    /// Path of the input as it was given; a member of an archive is `archive.zip!member`.
    pub input: Arc<str>,
    /// Channel (log) of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Arc<str>>,
    /// Event record id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte offset in the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Found outside of the live records of a log: in a chunk that lay loose in an image or dump, or in the unused space of
    /// one. It may be from before the log was cleared, and its neighbours may be gone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub carved: bool,
    /// Set when the event was read from an events file: that file and line. `input` then names the original log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
}

/// The events file through which an event came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Via {
    /// Path of the events file.
    pub input: Arc<str>,
    /// Line, from 1.
    pub line: u64,
}

/// Whose action an event is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A backup program, or whatever else called `IVssBackupComponents`.
    Requester,
    /// vssvc.exe, the coordinator.
    Service,
    /// A writer.
    Writer,
    /// A provider.
    Provider,
    /// The volsnap driver.
    Volsnap,
    /// Any other part of Windows.
    #[default]
    System,
}

/// A process, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Process {
    /// Process id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Thread id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<u32>,
    /// Path or name of the executable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Arc<str>>,
    /// Account, as logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
}

impl Process {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Process::default()
    }

    /// The file name of the image: `C:\Windows\System32\VSSVC.exe` gives `VSSVC.exe`.
    pub fn image_name(&self) -> Option<&str> {
        self.image.as_deref().map(file_name)
    }
}

/// The last part of a path of Windows or Unix.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// A writer as the event names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Writer {
    /// Display name; may be localised, so never a basis of a decision. Where nothing but a trace speaks of the writer it is
    /// the class of [`Writer::class_name`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Writer class id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_id: Option<Guid>,
    /// Writer instance id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<Guid>,
    /// Class of the program text that a trace names instead (`CDemoWriter`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_name: Option<Arc<str>>,
}

/// Which part of a step an event marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Edge {
    /// The step begins.
    Entered,
    /// The step returns; for an asynchronous method this is the start of the work, not its end.
    Returned,
    /// The asynchronous work is finished.
    Finished,
    /// One record stands for the whole step, written when it was over.
    Whole,
}

/// The typed meaning of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// A requester calls a method. The result is [`Event::status`].
    Call {
        /// The method.
        method: Method,
        /// Which part of the call.
        edge: Edge,
        /// Arguments, as far as the evidence has them.
        #[serde(default, skip_serializing_if = "CallArgs::is_empty")]
        args: Box<CallArgs>,
    },
    /// The VSS service enters or leaves a phase of the creation.
    Phase {
        /// The phase.
        phase: ServicePhase,
        /// Which part.
        edge: Edge,
    },
    /// A writer handles an event of VSS.
    Callback {
        /// The event.
        callback: Callback,
        /// Which part.
        edge: Edge,
        /// What the handler returned: `false` is a veto.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<bool>,
    },
    /// A writer sets its own state.
    WriterState {
        /// The new state.
        state: WriterState,
    },
    /// A requester reads a writer's state (`GetWriterStatus`).
    WriterStatus {
        /// The state read.
        state: WriterState,
        /// The failure code read; absent where the evidence has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<HResult>,
    },
    /// The service calls the provider.
    ProviderStep {
        /// The step.
        step: ProviderStep,
        /// Which part.
        edge: Edge,
        /// Duration in ms, where one record stands for the whole step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_ms: Option<f64>,
    },
    /// Flush-and-hold; for one volume if [`Event::volume`] is set, else for the whole set.
    Flush {
        /// The step.
        step: FlushStep,
        /// Which part.
        edge: Edge,
    },
    /// A step of the volsnap driver, by its name in `Services\VSS\Diag`.
    VolsnapStep {
        /// Name, for instance `EndCommit`.
        step: Arc<str>,
        /// Which part.
        edge: Edge,
    },
    /// A component of the evidence key `Services\VSS\Diag` was created; says that the component exists.
    DiagKey {
        /// The key's name.
        key: Arc<str>,
    },
    /// VSSAudit 8222: one shadow copy of a set was created.
    SnapshotCreated,
    /// VSSAudit 8223: a hardware shadow copy was imported.
    SnapshotImported,
    /// VSSAudit 12387: a volume was resynchronised from a shadow copy.
    SnapshotResynced,
    /// Security 4904 / 4905 for `VSSAudit`: written once per created shadow copy, also where 8222 is missing.
    CreationMark {
        /// 4904 (`true`) registers the audit source, 4905 (`false`) removes it.
        registered: bool,
    },
    /// A database engine reports its own part of a shadow copy.
    Database(Database),
    /// A shadow copy's device was mounted, opened or named.
    ShadowDevice,
    /// volsnap lost or aborted shadow copies of the volume.
    ShadowLoss,
    /// volsnap could not create a shadow copy, or broke off in the freeze window.
    ShadowFailure,
    /// A Windows service changed its state.
    Service {
        /// The service's key name in lower case (`vss`, `swprv`), where the record has it; else the display name.
        service: Arc<str>,
        /// The new state.
        state: ServiceState,
    },
    /// The VSS service shuts down: after idling (8224) or because it was asked to (8225).
    VssStopping {
        /// 8224 (`true`) or 8225 (`false`).
        idle: bool,
    },
    /// A process starts.
    ProcessStarted {
        /// The command line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command_line: Option<String>,
    },
    /// A process ends.
    ProcessEnded {
        /// Exit code, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<u32>,
    },
    /// A script or a command asks for the deletion of shadow copies.
    DeleteCommand {
        /// The text that asks for it.
        text: String,
    },
    /// A command changes the storage of shadow copies: adds, resizes or deletes a diff area.
    DiffAreaCommand {
        /// The text that asks for it.
        text: String,
    },
    /// The system clock was set.
    ClockChanged {
        /// Time before the step.
        #[schemars(with = "crate::schema::Time")]
        old: Timestamp,
        /// Time after the step.
        #[schemars(with = "crate::schema::Time")]
        new: Timestamp,
    },
    /// A log was cleared.
    LogCleared {
        /// The cleared channel.
        channel: Arc<str>,
    },
    /// Windows or its event log started.
    Startup,
    /// Windows or its event log is shutting down.
    Shutdown,
    /// A backup job of Windows Server Backup begins or ends.
    Job(BackupJob),
    /// Recording starts here; nothing is known from before.
    RecordingStarts,
    /// Recording ends here.
    RecordingEnds,
    /// Events were lost here.
    EventsLost {
        /// How many, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u64>,
    },
    /// A failure inside a traced process, from where it arose to where it was returned. The code is [`Event::status`].
    Failure(Box<Failure>),
    /// A record that speaks of VSS and has no more specific meaning here.
    Log,
}

/// One failure in a trace: the lines *reason*, "Throwing", "caught", `EXIT` of one frame after another, as one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Text of the first line, the only one that says why; absent if the trace has the code only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The frames that the failure went through, innermost (its origin) first.
    pub frames: Vec<Frame>,
}

impl Failure {
    /// Where the failure arose.
    pub fn origin(&self) -> Option<&Frame> {
        self.frames.first()
    }
}

/// One function that a failure went through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// Function with its class, without a calling convention: `CDemoWriter::OnFreeze`.
    pub function: Arc<str>,
    /// Source file and line as the trace names them: `demo\writer.cpp(0123)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// The code in this frame; a frame may turn one code into another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hresult: Option<HResult>,
    /// Line of the trace at which the failure shows first in this frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte offset of it, for traces without lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// Arguments of a requester's call.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallArgs {
    /// `SetContext`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// `SetBackupState`: component mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component_mode: Option<bool>,
    /// `SetBackupState`: type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_type: Option<BackupType>,
    /// `AddComponent`, `SetBackupSucceeded` …: the component; `AddRestoreSubcomponent`: the one that contains the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// `SetBackupSucceeded`: the mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<bool>,
    /// `SetSelectedForRestore`, `SetAdditionalRestores`: the choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected: Option<bool>,
    /// `DeleteSnapshots`, `BreakSnapshotSet`: the object is a set ([`Event::set`]) and not one snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_set: Option<bool>,
    /// `DeleteSnapshots`: how many snapshots were deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<u32>,
    /// `ExposeSnapshot`: as a drive or a folder of this host, and not as a share
    /// (`VSS_VOLSNAP_ATTR_EXPOSED_LOCALLY`, `VSS_VOLSNAP_ATTR_EXPOSED_REMOTELY`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locally: Option<bool>,
    /// `InitializeForBackup`: a stored document was passed (import).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_document: Option<bool>,
    /// `Release`: remaining references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<u32>,
}

impl CallArgs {
    /// Whether no argument is known.
    pub fn is_empty(&self) -> bool {
        *self == CallArgs::default()
    }
}

/// What a database engine says about its part of a shadow copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// Which step.
    pub mark: DatabaseMark,
    /// The engine's instance or database name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// The engine's own number of the shadow copy, for pairing (ESE: "shadow copy instance").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// Step of a database engine's shadow copy. ESE ids: 2005/2008/2009/2010, 2001, 2003, 2006, 2007, 2004, 2002; SQL Server:
/// 3197, 3198, 18264, 3041.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseMark {
    /// The engine prepares.
    Starting,
    /// Frozen from here.
    FreezeStarted,
    /// Frozen until here.
    FreezeEnded,
    /// The engine counts the shadow copy as successful.
    Completed,
    /// The engine aborted.
    Aborted,
    /// The engine's own freeze limit ran out.
    FreezeTimedOut,
    /// The freeze failed.
    FreezeFailed,
    /// A backup of the database was recorded.
    BackedUp,
    /// A backup of the database failed.
    BackupFailed,
}

/// Start or end of a backup job that names its own times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupJob {
    /// Whether the record says that the job ended (else: that it started).
    pub ended: bool,
}

/// State of a Windows service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// SERVICE_RUNNING (4).
    Running,
    /// SERVICE_STOPPED (1).
    Stopped,
    /// The service terminated unexpectedly (7031, 7034).
    Crashed,
    /// The service ended with an error or could not start (7000, 7009, 7011, 7022, 7023, 7024).
    Failed,
    /// The record names a state only in localised words.
    Unnamed,
}

/// The parameters of a log record, as logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogDetail {
    /// Parameters in order.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schemars(with = "Vec<Param>")]
    pub params: Params,
    /// The Operation / Context block of a VSS record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Box<ContextBlock>>,
    /// The binary tail of a VSS record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Box<BinaryTail>>,
    /// Rendered message, where the input has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The last parameter of a `VSS` record: what was going on, innermost first. Headings and keys are localised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContextBlock {
    /// Operation lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operation: Vec<String>,
    /// Context lines: key and value in order; keys repeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<(String, String)>,
    /// Lines of a third block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<(String, String)>,
}

/// The binary tail of a `VSS` record: the only place that has the process behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BinaryTail {
    /// Where the record was raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<SourcePosition>,
    /// Where the failing call was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<SourcePosition>,
    /// Process id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Thread id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tid: Option<u32>,
    /// Command line of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    /// Account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Security identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// Alias of a source file and a line; lines move between builds, aliases do not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourcePosition {
    /// Alias, for instance `CORSVCC`.
    pub alias: String,
    /// Line.
    pub line: u32,
}
