//! Findings as results.

use super::inputs::Artifacts;
use super::log::{
    FindingProperties, Location, LocationProperties, LogicalLocation, PhysicalLocation, Region,
    ReportedFinding, Rule, Suppression, Text,
};
use super::message;
use crate::subject::{Subjects, set_aside};
use std::collections::BTreeMap;
use vsscope_model::{Event, Evidence, Finding};

/// The findings in the order of the analysis.
pub(super) fn of<'a>(
    findings: &'a [Finding],
    rules: &[Rule<'_>],
    artifacts: &Artifacts<'_>,
    subjects: &Subjects<'_>,
) -> Vec<ReportedFinding<'a>> {
    let places: BTreeMap<&str, usize> =
        rules.iter().enumerate().map(|(place, rule)| (rule.id, place)).collect();
    findings
        .iter()
        .map(|finding| {
            let mut proofs = finding.evidence.iter().map(|evidence| location(evidence, artifacts));
            let locations = proofs.next().into_iter().collect();
            let numbered = |(n, proof)| Location { id: Some(n + 1), ..proof };
            ReportedFinding {
                rule_id: &finding.rule,
                rule_index: places.get(finding.rule.as_str()).copied(),
                level: finding.severity.into(),
                message: told(finding),
                locations,
                related_locations: proofs.enumerate().map(numbered).collect(),
                partial_fingerprints: fingerprints(subjects.fingerprint(finding)),
                suppressions: suppression(finding).into_iter().collect(),
                properties: properties(finding),
            }
        })
        .collect()
}

/// The finding in words: one sentence, what happened here, what to do.
fn told(finding: &Finding) -> Text {
    let Finding { title, detail, remedy, .. } = finding;
    let mut text = format!("{}.", title.trim_end_matches('.'));
    if !detail.is_empty() {
        text.push_str(&format!(" {detail}"));
    }
    if !remedy.is_empty() {
        text.push_str(&format!("\n\nWhat to do: {remedy}"));
    }
    message(&text)
}

/// The second is the name that GitHub's code scanning takes; a log has no source lines from which it could make one.
fn fingerprints(fingerprint: String) -> BTreeMap<&'static str, String> {
    let line = format!("{fingerprint}:1");
    [("vsscope/v1", fingerprint), ("primaryLocationLineHash", line)].into()
}

fn suppression(finding: &Finding) -> Option<Suppression> {
    set_aside(finding).map(|justification| Suppression {
        kind: "external",
        status: "accepted",
        justification,
    })
}

fn location(evidence: &Evidence, artifacts: &Artifacts<'_>) -> Location {
    let Evidence { input, record, line, offset, text } = evidence;
    // Lines count from one; a region needs a place.
    let start_line = line.filter(|line| *line > 0);
    let region =
        (start_line.is_some() || offset.is_some()).then_some(Region { start_line, byte_offset: *offset });
    let number = |record: &u64| LogicalLocation { name: record.to_string(), kind: "record" };
    Location {
        id: None,
        physical_location: artifacts
            .location(input)
            .map(|artifact_location| PhysicalLocation { artifact_location, region }),
        logical_locations: record.iter().map(number).collect(),
        message: Some(message(text)),
        properties: record.map(|record| LocationProperties { record }),
    }
}

fn properties(finding: &Finding) -> FindingProperties<'_> {
    FindingProperties {
        id: &finding.id,
        status: finding.status,
        confidence: finding.confidence,
        time: Some(finding.time).filter(|time| *time != Event::NO_TIME),
        host: finding.host.as_deref(),
        set: finding.set.as_deref(),
        session: finding.session.as_deref(),
        writer: finding.writer.as_deref(),
        cause: finding.cause.as_deref(),
        cause_confidence: finding.cause_confidence,
        competing: &finding.competing,
    }
}
