//! The words that every part of vsscope speaks.
//!
//! Plain data with public fields: what a reader found ([`Event`]), what the timeline made of it ([`Session`],
//! [`SnapshotSet`]), what the rules say ([`Finding`]) and what was seen at all ([`Coverage`]). Nothing here knows a file
//! format, a rule or a terminal; readers, timeline, rules and reports have only this crate in common.

pub mod analysis;
pub mod coverage;
pub mod diff;
pub mod event;
pub mod finding;
pub mod ids;
pub mod inventory;
pub mod no_time;
pub mod params;
pub mod protocol;
pub mod raw;
pub mod schema;
pub mod statistics;
pub mod timeline;

pub use analysis::{Analysis, FindingCounts, LeftOut, Summary, Tool};
pub use coverage::{
    Coverage, EtwProvider, Gap, Input, InputReport, Issue, IssueKind, Missing, Span, TextReading, TimeBasis,
};
pub use diff::{
    Change, ChangeKind, Diff, DiffSet, DiffSide, LoneReason, LoneSet, PairedBy, SetPair, Topic, Turn,
};
pub use event::{
    Actor, BackupJob, BinaryTail, CallArgs, Clock, ContextBlock, Database, DatabaseMark, Edge, Event,
    Failure, Frame, LogDetail, Process, RecordRef, ServiceState, SourcePosition, Via, What, Writer,
    file_name,
};
pub use finding::{Confidence, Evidence, Finding, FindingStatus, Severity};
pub use ids::{Guid, HResult, NAMED_HRESULTS, NtStatus, ParseCodeError, Status};
pub use inventory::{
    Amount, Inventory, ListedProvider, ListedSnapshot, ListedVolume, ListedWriter, RegistryKey, ShadowStorage,
};
pub use params::{Param, ParamNames, ParamRef, Params};
pub use protocol::{
    BackupType, Callback, Component, Context, FlushStep, Method, ProviderStep, ServicePhase, WriterState,
};
pub use raw::{Raw, RawField, RawLine, RawRecord, Shown, ShownFinding, ShownRecord, Spot};
pub use statistics::{
    CopyStatistics, DayStatistics, DiffAreaStatistics, FreezeBucket, OffenderKind, OutcomeCounts,
    RepeatOffender, RequesterStatistics, Statistics, Trend, WriterStatistics,
};
pub use timeline::{
    CallRecord, EndReason, Host, Outcome, Participation, Phase, PhaseActor, Provider, Requester, ServiceRun,
    Session, SessionDetail, SessionKind, Snapshot, SnapshotSet, Timeline, WriterRun,
};

/// A UTC instant. Windows notes times in steps of 100 ns (FILETIME); coarser clocks say so in [`Event::resolution_ns`].
pub type Timestamp = chrono::DateTime<chrono::Utc>;
