//! [`Diff`]: what differs between two runs; the root of `vsscope.diff/1`.
//!
//! The two sides are called good and bad after their use; the comparison itself favours neither, and the diff of the
//! swapped sides is the mirror image.

use crate::{Outcome, Severity, Timestamp, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What differs between two runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diff {
    /// Always [`Diff::SCHEMA`].
    #[schemars(extend("const" = Diff::SCHEMA))]
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When; absent where output has to be reproducible.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub generated: Option<Timestamp>,
    /// The run that is compared with.
    pub good: DiffSide,
    /// The run that is compared.
    pub bad: DiffSide,
    /// The sets that were compared, each with the one that stands for it on the other side.
    pub pairs: Vec<SetPair>,
    /// Sets of the good side that were compared with none.
    pub only_good: Vec<LoneSet>,
    /// Sets of the bad side that were compared with none.
    pub only_bad: Vec<LoneSet>,
    /// What differs outside of the compared sets.
    pub changes: Vec<Change>,
}

impl Diff {
    /// Name and version of the JSON form.
    pub const SCHEMA: &'static str = "vsscope.diff/1";

    /// Every change, those of the pairs first.
    pub fn all(&self) -> impl Iterator<Item = &Change> {
        self.pairs.iter().flat_map(|pair| &pair.changes).chain(&self.changes)
    }

    /// Whether nothing differs, and every set has its counterpart.
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none() && self.only_good.is_empty() && self.only_bad.is_empty()
    }

    /// Whether the bad side fails by this severity: it has a finding of it or above that the good side has not, or has in a
    /// lower severity, or a compared set came out worse. Times and appearances never count.
    pub fn is_worse(&self, least: Severity) -> bool {
        self.all().any(|change| match change.topic {
            Topic::Finding => {
                change.bad_severity > change.good_severity
                    && change.bad_severity.is_some_and(|worst| worst >= least)
            }
            Topic::Outcome => change.turn == Turn::Worse,
            _ => false,
        })
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffSide {
    /// What the user named: a path, `PATH#SET`, or a set.
    pub named: String,
    /// Paths of the inputs.
    pub inputs: Vec<String>,
    /// Sets that took part in the comparison.
    pub sets: usize,
    /// Records known to be lost: what is missing here may be among them.
    pub records_lost: u64,
}

/// A set of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffSet {
    /// See [`crate::SnapshotSet::id`].
    pub id: String,
    /// Host.
    pub host: String,
    /// File name of the requester's executable.
    pub requester: Option<String>,
    /// First sign of the creation; absent where it is no instant (a time of an unknown zone, a place in an order).
    #[serde(default, with = "crate::no_time::optional")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub started: Option<Timestamp>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A set that was compared with none, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoneSet {
    /// The set.
    #[serde(flatten)]
    pub set: DiffSet,
    /// Why.
    pub reason: LoneReason,
}

/// Why a set was compared with none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoneReason {
    /// The same requester made a later one on the same host, which was taken.
    Earlier,
    /// The other side has no set of this requester.
    NoCounterpart,
}

/// Two sets that were compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetPair {
    /// The one of the good side.
    pub good: DiffSet,
    /// The one of the bad side.
    pub bad: DiffSet,
    /// Why these two.
    pub paired_by: PairedBy,
    /// What differs between them, by topic and subject.
    pub changes: Vec<Change>,
}

/// Why two sets were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PairedBy {
    /// The user named both, or had the good one looked for.
    Named,
    /// Each side has no other.
    Only,
    /// The last of the same requester on the same host.
    RequesterAndHost,
    /// The last of the same requester; the hosts differ.
    Requester,
    /// The last of the only requester of each side; requester or host differ.
    OnlyRequester,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What kind of thing differs.
    pub topic: Topic,
    /// Which one: a phase (`DoSnapshotSet`), a writer (`System Writer`), a writer's phase (`System Writer: Freeze`), a rule.
    pub subject: String,
    /// How.
    pub kind: ChangeKind,
    /// Whether that is better or worse on the bad side.
    pub turn: Turn,
    /// What the good side has, in words; absent if it has nothing.
    pub good: Option<String>,
    /// What the bad side has, in words; absent if it has nothing.
    pub bad: Option<String>,
    /// Duration on the good side in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_ms: Option<f64>,
    /// Duration on the bad side in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_ms: Option<f64>,
    /// Documented limit of the duration in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_ms: Option<f64>,
    /// Severity of the finding on the good side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good_severity: Option<Severity>,
    /// Severity of the finding on the bad side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_severity: Option<Severity>,
}

/// What kind of thing differs. The order is that of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// What became of the set.
    Outcome,
    /// A finding that counts, by rule and writer.
    Finding,
    /// Last failure code of a writer.
    WriterResult,
    /// Last state of a writer.
    WriterState,
    /// A writer's part in the set: whether it is there at all, and whether it took part.
    Writer,
    /// Process that hosts a writer.
    WriterProcess,
    /// Result of a phase.
    Result,
    /// A phase of the set.
    Phase,
    /// A phase of a writer.
    WriterPhase,
    /// Executable of the requester.
    Requester,
    /// Command line of the requester.
    CommandLine,
    /// Account of the requester.
    User,
    /// What the session was for.
    SessionKind,
    /// How the session ended.
    EndReason,
    /// Context of the session.
    Context,
    /// Backup type.
    BackupType,
    /// Component mode.
    ComponentMode,
    /// Provider.
    Provider,
    /// Original volumes.
    Volumes,
    /// Number of shadow copies.
    Snapshots,
    /// What became of the shadow copies.
    SnapshotStates,
    /// Host.
    Host,
    /// How much of the requester's side the evidence shows.
    Evidence,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Another value.
    Changed,
    /// On the bad side only.
    New,
    /// On the good side only, and the evidence of the bad side would show it.
    Gone,
    /// On the good side only; the evidence of the bad side cannot tell.
    NotSeenInBad,
    /// On the bad side only; the evidence of the good side cannot tell.
    NotSeenInGood,
    /// Longer on the bad side.
    Slower,
    /// Shorter on the bad side.
    Faster,
    /// Within its limit on the good side and above it on the bad one.
    OverLimit,
    /// Above its limit on the good side and within it on the bad one.
    WithinLimit,
}

impl ChangeKind {
    /// The same change seen from the other side.
    pub fn mirrored(self) -> Self {
        match self {
            ChangeKind::Changed => ChangeKind::Changed,
            ChangeKind::New => ChangeKind::Gone,
            ChangeKind::Gone => ChangeKind::New,
            ChangeKind::NotSeenInBad => ChangeKind::NotSeenInGood,
            ChangeKind::NotSeenInGood => ChangeKind::NotSeenInBad,
            ChangeKind::Slower => ChangeKind::Faster,
            ChangeKind::Faster => ChangeKind::Slower,
            ChangeKind::OverLimit => ChangeKind::WithinLimit,
            ChangeKind::WithinLimit => ChangeKind::OverLimit,
        }
    }

    /// Whether only the evidence differs, as far as can be told.
    pub fn is_unseen(self) -> bool {
        matches!(self, ChangeKind::NotSeenInBad | ChangeKind::NotSeenInGood)
    }
}

/// Whether a change is for the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Worse on the bad side.
    Worse,
    /// Better on the bad side.
    Better,
    /// Neither, or it depends.
    Neutral,
}

impl Turn {
    /// The same seen from the other side.
    pub fn mirrored(self) -> Self {
        match self {
            Turn::Worse => Turn::Better,
            Turn::Better => Turn::Worse,
            Turn::Neutral => Turn::Neutral,
        }
    }
}

impl Topic {
    /// The word used in output for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::Outcome => "outcome",
            Topic::Finding => "finding",
            Topic::WriterResult => "writer result",
            Topic::WriterState => "writer state",
            Topic::Writer => "writer",
            Topic::WriterProcess => "writer process",
            Topic::Result => "result",
            Topic::Phase => "phase",
            Topic::WriterPhase => "writer phase",
            Topic::Requester => "requester",
            Topic::CommandLine => "command line",
            Topic::User => "account",
            Topic::SessionKind => "session",
            Topic::EndReason => "session end",
            Topic::Context => "context",
            Topic::BackupType => "backup type",
            Topic::ComponentMode => "component mode",
            Topic::Provider => "provider",
            Topic::Volumes => "volumes",
            Topic::Snapshots => "shadow copies",
            Topic::SnapshotStates => "shadow copy states",
            Topic::Host => "host",
            Topic::Evidence => "evidence",
        }
    }
}
