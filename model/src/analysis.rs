//! [`Analysis`]: the result of a run; the root of `vsscope.analysis/1`.

use crate::{
    Coverage, Event, Finding, Host, Input, Inventory, Session, Severity, SnapshotSet, Statistics, Timestamp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// Name and version of this form.
    #[schemars(extend("const" = Analysis::SCHEMA))]
    pub schema: String,
    /// What wrote it.
    pub tool: Tool,
    /// When; absent where output has to be reproducible.
    #[schemars(with = "Option<crate::schema::Time>")]
    pub generated: Option<Timestamp>,
    /// Inputs by path.
    pub inputs: Vec<Input>,
    /// What was seen.
    pub coverage: Coverage,
    /// Hosts by name.
    pub hosts: Vec<Host>,
    /// Sessions by start.
    pub sessions: Vec<Session>,
    /// Sets by start.
    pub sets: Vec<SnapshotSet>,
    /// What the inputs list: writers, providers, shadow copies, storage.
    #[serde(default, skip_serializing_if = "Inventory::is_empty")]
    pub inventory: Inventory,
    /// Findings, gravest first, noise last.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// Figures over all sets; absent where the sets are few, and where a filter shows only a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Statistics>,
    /// The events; written by `vsscope events`, not as part of the analysis.
    #[serde(skip)]
    pub events: Vec<Event>,
}

impl Analysis {
    /// Name and version of the JSON form.
    pub const SCHEMA: &'static str = "vsscope.analysis/1";
    /// Name and version of a line of the events form.
    pub const EVENTS_SCHEMA: &'static str = "vsscope.events/1";

    /// The gravest finding that counts.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().filter(|f| f.counts()).map(|f| f.severity).max()
    }
}

/// Name and version of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `vsscope`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Counts over an analysis.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Snapshot sets.
    pub sets: usize,
    /// Requester sessions.
    pub sessions: usize,
    /// Findings.
    pub findings: FindingCounts,
    /// Records read.
    pub records_read: u64,
    /// Records known to be lost.
    pub records_lost: u64,
    /// What a filter left out of this document; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
}

/// Findings by severity; noise is counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingCounts {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
    /// What does not count: noise, findings of the baseline, ignored ones.
    pub noise: usize,
}

/// What a filter took out of an analysis. A view that shows a part says so: the absence of a finding in it is no verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Snapshot sets.
    pub sets: usize,
    /// Findings that count: neither noise nor from the baseline.
    pub findings: usize,
    /// The gravest of those findings.
    pub worst: Option<Severity>,
}

impl LeftOut {
    /// Whether anything was taken out that a verdict rests on.
    pub fn is_something(&self) -> bool {
        self.sets > 0 || self.findings > 0
    }
}
