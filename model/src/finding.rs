//! [`Finding`]: what a rule says, with its evidence.

use crate::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a rule found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Id within this analysis: `f1`, `f2` …
    pub id: String,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// Whether it counts.
    pub status: FindingStatus,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// One line.
    pub title: String,
    /// What happened here, with names and numbers.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Host.
    pub host: Option<String>,
    /// Session id.
    pub session: Option<String>,
    /// Set id (see [`crate::SnapshotSet::id`]).
    pub set: Option<String>,
    /// Writer name.
    pub writer: Option<String>,
    /// When.
    #[serde(with = "crate::no_time")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub time: Timestamp,
    /// Id of the finding that caused this one.
    pub cause: Option<String>,
    /// How sure the link to [`Finding::cause`] is: exact where both rest on one record or speak of one writer, strong where
    /// they share the set or session, weak where only host and time tie them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause_confidence: Option<Confidence>,
    /// Ids of other findings that would explain this one as well and have nothing to do with [`Finding::cause`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub competing: Vec<String>,
    /// Why a finding of status `noise` is noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_reason: Option<String>,
    /// Why a finding of status `ignored` is ignored, as the user put it; of status `baseline`, which baseline has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_reason: Option<String>,
    /// The proof; never empty.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// Whether it counts: it is neither noise nor known from a baseline nor ignored.
    pub fn counts(&self) -> bool {
        self.status == FindingStatus::New
    }
}

/// Severity of a finding, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Will fail one day, or may have failed.
    Warning,
    /// Failed.
    Error,
}

impl Severity {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// Counts.
    New,
    /// Known from a baseline, which is named.
    Baseline,
    /// Looks alarming and is not; the reason is given.
    Noise,
    /// The user does not want to hear of it; the reason is given.
    Ignored,
}

/// How sure a link or a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Rests on time or on absence alone: possible.
    Weak,
    /// Rests on pid, writer or volume and time.
    Strong,
    /// Rests on an id.
    Exact,
}

impl Confidence {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Weak => "weak",
            Confidence::Strong => "strong",
            Confidence::Exact => "exact",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One piece of proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Id of the input ([`crate::Input::id`]).
    pub input: String,
    /// Event record id.
    pub record: Option<u64>,
    /// Line.
    pub line: Option<u64>,
    /// Byte offset.
    pub offset: Option<u64>,
    /// What it says.
    pub text: String,
}
