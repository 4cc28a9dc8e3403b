//! [`Statistics`]: figures over all sets of the evidence. `docs/statistics.md` says what each one leaves out.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Figures over all sets of the evidence; there are none where the sets are few.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// All sets by their outcome.
    pub sets: OutcomeCounts,
    /// The same by requester, the busiest first.
    pub requesters: Vec<RequesterStatistics>,
    /// The same by day; what has no day comes last.
    pub days: Vec<DayStatistics>,
    /// Writers with a measured freeze window or a failure, the slowest first.
    pub writers: Vec<WriterStatistics>,
    /// How many of the writers' freeze windows lasted how long; every bucket is there, the shortest first.
    pub freeze_times: Vec<FreezeBucket>,
    /// What was created against what was deleted or lost.
    pub copies: CopyStatistics,
    /// What volsnap says of the storage of shadow copies, by host and volume.
    pub diff_area: Vec<DiffAreaStatistics>,
    /// What comes back: equal findings about one thing in several sets, the most frequent first.
    pub repeat_offenders: Vec<RepeatOffender>,
}

/// Sets by what became of them; each set counts in one of the five.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutcomeCounts {
    /// Sets.
    pub sets: usize,
    /// The requester said BackupComplete.
    pub completed: usize,
    /// The creation or the backup failed.
    pub failed: usize,
    /// The requester aborted.
    pub aborted: usize,
    /// Made; whether the backup was completed is not in the evidence, or does not apply.
    pub created: usize,
    /// The evidence ends before the creation did, or does not tell.
    pub unknown: usize,
    /// Completed sets in per cent of those that were completed, failed or aborted. Absent where these are fewer than half of
    /// the sets: failures leave more traces than successes, so the share of a few known ones says little.
    pub success_percent: Option<f64>,
}

/// The sets of one requester.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequesterStatistics {
    /// File name of its image in lower case; absent where the requester is not known.
    pub image: Option<String>,
    /// Its sets.
    #[serde(flatten)]
    pub counts: OutcomeCounts,
}

/// The sets that were started on one day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DayStatistics {
    /// Calendar day in UTC; absent for sets whose time is no instant.
    #[schemars(with = "Option<crate::schema::Day>")]
    pub day: Option<NaiveDate>,
    /// Its sets.
    #[serde(flatten)]
    pub counts: OutcomeCounts,
}

/// The freeze windows and failures of one writer over all sets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WriterStatistics {
    /// Name.
    pub name: String,
    /// Measured freeze windows, from Freeze to Thaw or Abort.
    pub windows: usize,
    /// Their median in ms, between the two middle ones of an even number.
    pub median_ms: Option<f64>,
    /// The smallest window in ms that 95 of 100 do not exceed (nearest rank).
    pub p95_ms: Option<f64>,
    /// The longest in ms.
    pub max_ms: Option<f64>,
    /// How they changed; absent below six windows of known time.
    pub trend: Option<Trend>,
    /// Findings `writer-failed-at-…` about it that are neither noise nor ignored.
    pub failures: usize,
}

/// Medians of the earlier and of the later half of some measures; the middle one of an odd number is in neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// Of the earlier half, in ms.
    pub earlier_median_ms: f64,
    /// Of the later half, in ms.
    pub later_median_ms: f64,
}

/// The freeze windows between two lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FreezeBucket {
    /// Least length in ms.
    pub from_ms: u64,
    /// The length in ms that is no longer in it; absent for the last bucket.
    pub below_ms: Option<u64>,
    /// How many.
    pub windows: usize,
}

/// Sets and shadow copies that were made, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CopyStatistics {
    /// Sets that were made, whatever became of their backup.
    pub sets_made: usize,
    /// Sets of which every copy was deleted by a call that the evidence has.
    pub sets_deleted: usize,
    /// Sets that lost a copy while their backup ran.
    pub sets_lost: usize,
    /// Shadow copies of those sets, as far as the evidence names them.
    pub copies_made: usize,
    /// Copies that a call deleted.
    pub copies_deleted: usize,
    /// Copies that volsnap lost while their backup ran.
    pub copies_lost: usize,
    /// Commands that ask for the deletion of shadow copies; which ones they met is not known.
    pub delete_commands: usize,
}

/// Records of volsnap about the shadow copies of one volume, without noise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffAreaStatistics {
    /// Host; absent where the records name none.
    pub host: Option<String>,
    /// Volume as the first of the records names it; absent where they name none.
    pub volume: Option<String>,
    /// Shadow copies were lost or aborted.
    pub losses: usize,
    /// A shadow copy could not be made.
    pub failures: usize,
    /// No space is left to let the diff area grow (volsnap 24).
    pub low: usize,
    /// The oldest copy was deleted to stay under the limit (volsnap 33).
    pub oldest_deleted: usize,
}

/// A rule that spoke of one thing in several sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatOffender {
    /// Rule id.
    pub rule: String,
    /// What kind of thing it is.
    pub kind: OffenderKind,
    /// Its name.
    pub name: String,
    /// In how many sets.
    pub sets: usize,
    /// How many findings.
    pub findings: usize,
}

/// What a finding that comes back is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OffenderKind {
    /// A writer.
    Writer,
    /// A volume.
    Volume,
    /// A requester, by the file name of its image.
    Requester,
    /// Nothing nearer than the host.
    Host,
}

impl OffenderKind {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            OffenderKind::Writer => "writer",
            OffenderKind::Volume => "volume",
            OffenderKind::Requester => "requester",
            OffenderKind::Host => "host",
        }
    }
}
