//! What was read, what could not be read, and what was seen at all.

use crate::{Confidence, Event, Guid, Inventory, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One input as it appears in the analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// Short id within this analysis: `i1`, `i2` … in order of path.
    pub id: String,
    /// Path; a member of an archive is `archive.zip!member`.
    pub path: Arc<str>,
    /// Format found: `evtx`, `nxlog-json`, `evtx-dump-json`, `winlogbeat-json`, `vsscope-events`.
    pub format: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Records known to be lost.
    pub lost: u64,
    /// Events that speak of VSS.
    pub events: u64,
    /// First record's time.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub first: Option<Timestamp>,
    /// Last record's time.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub last: Option<Timestamp>,
    /// What its times are.
    #[serde(default)]
    pub times: TimeBasis,
    /// For text without a fixed form: how it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextReading>,
    /// Why this kind of input never tells everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// For ETL: the providers in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<EtwProvider>,
    /// What was wrong with it.
    pub issues: Vec<Issue>,
}

/// What the times of an input are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "basis", rename_all = "kebab-case")]
pub enum TimeBasis {
    /// UTC, or local times with their zone.
    #[default]
    Utc,
    /// Local times without a zone, read in the zone that the user named.
    Given {
        /// IANA name of the zone.
        zone: String,
    },
    /// Times without zone or date that were set by comparing the input with others.
    Aligned {
        /// What was added to the times as written, in seconds.
        added_s: f64,
        /// How many things both sides hold.
        matches: u64,
        /// Paths of the inputs that gave the time.
        with: Vec<Arc<str>>,
    },
    /// Local times of an unknown zone, shown as they are written.
    Local,
    /// A counter without a date.
    Ticks,
    /// No times, only an order.
    Order,
}

impl TimeBasis {
    /// Whether the times are instants that other inputs' times can be compared with.
    pub fn is_known(&self) -> bool {
        matches!(self, TimeBasis::Utc | TimeBasis::Given { .. } | TimeBasis::Aligned { .. })
    }
}

/// How a text without a fixed form was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextReading {
    /// The layout: name of a profile, or `adaptive`.
    pub layout: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the layout is, in words: the columns in order.
    pub columns: String,
    /// Encoding, for instance `UTF-16LE`.
    pub encoding: String,
    /// Lines in all: parsed + continuation + unknown.
    pub lines: u64,
    /// Lines that begin a record.
    pub parsed: u64,
    /// Lines that continue one.
    pub continuation: u64,
    /// Lines that could not be told, kept as text.
    pub unknown: u64,
}

/// One provider of an event trace and how many of its events were met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EtwProvider {
    /// Its GUID (class GUID for classic events).
    pub id: Guid,
    /// Its name, where it is known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Events.
    pub events: u64,
    /// Those of them whose content was read.
    pub decoded: u64,
    /// A word on what it is and why it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a reader made of one input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InputReport {
    /// Path as it is to be shown.
    pub path: Arc<str>,
    /// Format, see [`Input::format`].
    pub format: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Records read (including those that do not speak of VSS).
    pub records: u64,
    /// Records known to exist that could not be read.
    pub lost: u64,
    /// Events that speak of VSS, in the order of the input.
    pub events: Vec<Event>,
    /// What was seen, per host and channel.
    pub spans: Vec<Span>,
    /// What its times are, see [`Input::times`].
    pub times: TimeBasis,
    /// See [`Input::text`].
    pub text: Option<TextReading>,
    /// See [`Input::partial`].
    pub partial: Option<String>,
    /// See [`Input::providers`].
    pub providers: Vec<EtwProvider>,
    /// Lists that the input holds: writers, providers, shadow copies, storage.
    pub inventory: Inventory,
    /// What was wrong.
    pub issues: Vec<Issue>,
}

impl InputReport {
    /// Adds an issue; one that says the same at another place is counted on the first.
    pub fn issue(&mut self, kind: IssueKind, place: impl Into<String>, message: impl Into<String>) {
        let (place, message) = (place.into(), message.into());
        match self.issues.iter_mut().find(|issue| issue.kind == kind && issue.message == message) {
            Some(issue) => issue.count += 1,
            None => self.issues.push(Issue { kind, place, count: 1, message }),
        }
    }
}

/// Something that is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Kind.
    pub kind: IssueKind,
    /// Place of the first occurrence: `offset 0x11000`, `record 4711`, `line 12`.
    #[serde(rename = "where")]
    pub place: String,
    /// How often.
    pub count: u64,
    /// What is wrong.
    pub message: String,
}

/// Kind of an issue. `is_loss` tells whether it means that something was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IssueKind {
    /// The input could not be opened or read at all.
    Unreadable,
    /// The input has no format that is known here.
    UnknownFormat,
    /// The input ends inside a unit.
    Truncated,
    /// A file header is missing, damaged, or disagrees with the content.
    Header,
    /// A checksum does not fit; the content was read all the same.
    Checksum,
    /// A range of bytes holds nothing that can be read.
    SkippedBytes,
    /// A chunk could not be read.
    Chunk,
    /// A record could not be read.
    Record,
    /// A line could not be read.
    Line,
    /// Clocks contradict each other.
    Clock,
    /// A note that costs nothing: a dirty flag, an empty member.
    Note,
}

impl IssueKind {
    /// Whether a part of the input is lost (exit code 3).
    pub fn is_loss(self) -> bool {
        use IssueKind::{Chunk, Line, Record, SkippedBytes, Truncated, UnknownFormat, Unreadable};
        matches!(self, Unreadable | UnknownFormat | Truncated | SkippedBytes | Chunk | Record | Line)
    }
}

/// What was seen, and what was not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Sources seen, per host.
    pub spans: Vec<Span>,
    /// Holes in what was seen.
    pub gaps: Vec<Gap>,
    /// Sources that would have helped.
    pub missing: Vec<Missing>,
}

impl Coverage {
    /// Whether a source (channel) of a host was recorded over the whole interval, as far as can be known.
    pub fn covers(&self, host: &str, source: &str, from: Timestamp, to: Timestamp) -> bool {
        let seen = self.spans.iter().any(|span| {
            !span.carved
                && &*span.host == host
                && span.source.eq_ignore_ascii_case(source)
                && span.first <= from
                && to <= span.last
        });
        let hole = self.gaps.iter().any(|gap| {
            &*gap.host == host
                && gap.source.eq_ignore_ascii_case(source)
                && gap.first <= to
                && from <= gap.last
        });
        seen && !hole
    }
}

/// One source of one host and the time that it spans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Host (canonical name after the timeline was built; as logged before).
    pub host: Arc<str>,
    /// Channel, or the format for sources without channels.
    pub source: Arc<str>,
    /// First record.
    #[schemars(with = "crate::schema::Time")]
    pub first: Timestamp,
    /// Last record.
    #[schemars(with = "crate::schema::Time")]
    pub last: Timestamp,
    /// Records seen.
    pub records: u64,
    /// The records were carved ([`crate::RecordRef::carved`]): others of this time may be gone, so that it covers nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub carved: bool,
}

/// For `serde`: fields that are left out when they are false.
fn is_false(value: &bool) -> bool {
    !value
}

/// A hole in a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Host.
    pub host: Arc<str>,
    /// Channel.
    pub source: Arc<str>,
    /// Last record before the hole.
    #[schemars(with = "crate::schema::Time")]
    pub first: Timestamp,
    /// First record after it.
    #[schemars(with = "crate::schema::Time")]
    pub last: Timestamp,
    /// Why: cleared, record ids missing …
    pub reason: String,
}

/// A source that is not in the evidence and would have helped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// The source.
    pub source: String,
    /// What it would have shown.
    pub why_it_matters: String,
    /// How to get it.
    pub how_to_collect: String,
}
