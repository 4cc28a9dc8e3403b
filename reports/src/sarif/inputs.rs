//! The inputs as artifacts, and what was wrong with them as notifications.

use super::log::{
    Artifact, ArtifactLocation, ArtifactProperties, Descriptor, Level, Location, Notification,
    PhysicalLocation,
};
use super::{message, uri};
use crate::subject::member;
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Gap, Input, Issue, IssueKind, Missing};

/// The artifacts of a run, and where each input stands among them.
pub(super) struct Artifacts<'a> {
    pub(super) list: Vec<Artifact<'a>>,
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Artifacts<'a> {
    /// One per input. A member of an archive has the archive, which is listed once before its first member, as its parent.
    pub(super) fn of(inputs: &'a [Input]) -> Self {
        let mut archives: BTreeMap<&str, usize> = BTreeMap::new();
        let mut artifacts = Artifacts { list: Vec::new(), places: BTreeMap::new() };
        for input in inputs {
            let (path, name) = member(&input.path);
            let parent_index = name.map(|_| {
                *archives.entry(path).or_insert_with(|| artifacts.add(uri::of_path(path), None, None))
            });
            let address = name.map_or_else(|| uri::of_path(path), uri::of_member);
            let index = artifacts.add(address, parent_index, Some(input));
            artifacts.places.insert(&input.id, index);
        }
        artifacts
    }

    fn add(&mut self, uri: String, parent_index: Option<usize>, input: Option<&'a Input>) -> usize {
        let index = self.list.len();
        self.list.push(Artifact {
            location: ArtifactLocation { uri, index: Some(index) },
            parent_index,
            length: input.map(|input| input.bytes),
            roles: ["analysisTarget"],
            properties: input.map(|input| ArtifactProperties {
                id: &input.id,
                format: &input.format,
                records: input.records,
                lost: input.lost,
                events: input.events,
            }),
        });
        index
    }

    /// Where an input is.
    pub(super) fn location(&self, id: &str) -> Option<ArtifactLocation> {
        self.list.get(*self.places.get(id)?).map(|artifact| artifact.location.clone())
    }
}

/// What could not be read, what the evidence does not cover, and what is missing in it.
pub(super) fn notifications(analysis: &Analysis, artifacts: &Artifacts<'_>) -> Vec<Notification> {
    let issues = analysis
        .inputs
        .iter()
        .flat_map(|input| input.issues.iter().map(move |issue| issue_of(input, issue, artifacts)));
    let gaps = analysis.coverage.gaps.iter().map(gap);
    let missing = analysis.coverage.missing.iter().map(missing);
    issues.chain(gaps).chain(missing).collect()
}

fn issue_of(input: &Input, issue: &Issue, artifacts: &Artifacts<'_>) -> Notification {
    let times = if issue.count == 1 { String::new() } else { format!(", {} times", issue.count) };
    let location = artifacts.location(&input.id).map(|artifact_location| Location {
        id: None,
        physical_location: Some(PhysicalLocation { artifact_location, region: None }),
        logical_locations: Vec::new(),
        message: None,
        properties: None,
    });
    Notification {
        descriptor: Descriptor { id: kind(issue.kind) },
        level: if issue.kind.is_loss() { Level::Warning } else { Level::Note },
        message: message(&format!("{}: {} ({}{times})", input.path, issue.message, issue.place)),
        locations: location.into_iter().collect(),
    }
}

/// The name that the JSON form has for it.
fn kind(kind: IssueKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        // Plain names serialise to strings.
        _ => String::new(),
    }
}

fn gap(gap: &Gap) -> Notification {
    let Gap { host, source, first, last, reason } = gap;
    let (first, last) = (first.to_rfc3339(), last.to_rfc3339());
    note("gap", &format!("{host}, {source}: nothing from {first} to {last}: {reason}"))
}

fn missing(missing: &Missing) -> Notification {
    let Missing { source, why_it_matters, how_to_collect } = missing;
    note("missing-source", &format!("{source} is not in the evidence: it {why_it_matters}. {how_to_collect}"))
}

fn note(id: &str, text: &str) -> Notification {
    let descriptor = Descriptor { id: id.to_owned() };
    Notification { descriptor, level: Level::Note, message: message(text), locations: Vec::new() }
}
