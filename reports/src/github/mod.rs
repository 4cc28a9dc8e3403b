//! Findings as annotations of a GitHub workflow: a command on a line for each finding that counts.
//!
//! The form is GitHub's ("Workflow commands for GitHub Actions": setting an error, warning or notice message). What a value
//! may not hold is encoded as `actions/toolkit` does it, so that no text of a log can begin a command of its own.

use crate::ReportOptions;
use crate::subject::{Subjects, Words, member};
use std::cmp::Reverse;
use vsscope_model::{Analysis, Finding, Severity};

/// How many proofs a message holds: it is shown beside a line.
const PROOFS: usize = 3;

/// The annotations, gravest first, and what a filter left out; empty where no finding counts. Times are in the zone of the report.
pub fn annotations(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let subjects = Subjects::of(analysis);
    let words = Words::of(analysis, options.tz);
    let mut findings: Vec<&Finding> = analysis.findings.iter().filter(|finding| finding.counts()).collect();
    // GitHub shows the first ten of each kind.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let annotations: String =
        findings.into_iter().map(|finding| annotation(finding, &subjects, &words)).collect();
    let left_out = options.left_out.filter(|left_out| left_out.is_something()).map(|left_out| {
        let (sets, findings) = (left_out.sets, left_out.findings);
        format!("::notice title=vsscope::a filter left out {sets} snapshot sets and {findings} findings that count\n")
    });
    annotations + &left_out.unwrap_or_default()
}

fn annotation(finding: &Finding, subjects: &Subjects<'_>, words: &Words) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let told = |text: &str| words.told(text, finding.time);
    let mut properties = Vec::new();
    let proof = finding.evidence.first();
    if let Some(input) = proof.and_then(|proof| subjects.input(proof)) {
        let (file, inside) = member(&input.path);
        properties.push(format!("file={}", property(file)));
        // A line of a member is none of the archive.
        if let (None, Some(line)) = (inside, proof.and_then(|proof| proof.line)) {
            properties.push(format!("line={line}"));
        }
    }
    properties.push(format!("title={}", property(&told(&finding.title))));
    let mut message = vec![told(&finding.detail), told(&finding.remedy)];
    let place = |evidence| words.name(&subjects.place(evidence));
    let proofs = finding.evidence.iter().take(PROOFS);
    message.extend(proofs.map(|evidence| format!("{}: {}", place(evidence), told(&evidence.text))));
    let about = [&finding.set, &finding.host, &finding.writer];
    let about: Vec<String> = about.into_iter().flatten().map(|name| words.name(name)).collect();
    message.push(about.join(", "));
    message.push(format!("Rule {}", finding.rule));
    message.retain(|part| !part.is_empty());
    format!("::{command} {}::{}\n", properties.join(","), data(&message.join("\n")))
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a command's property. Whatever else would steer a terminal is no part of a name.
fn property(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\r' | '\n') { '?' } else { c };
    data(&text.chars().map(shown).collect::<String>()).replace(':', "%3A").replace(',', "%2C")
}
