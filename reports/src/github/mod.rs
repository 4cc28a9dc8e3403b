//! Findings as annotations of a GitHub workflow: a command on a line for each finding that counts.
//!
//! The form is GitHub's ("Workflow commands for GitHub Actions": setting an error, warning or notice message). What a value
//! may not hold is encoded as `actions/toolkit` does it, so that no text of a log can begin a command of its own.

use crate::ReportOptions;
use crate::subject::{Subjects, Words, counts, member};
use std::cmp::Reverse;
use vsscope_model::{Analysis, Finding, Severity};

/// The annotations, gravest first; empty where no finding counts. Times are in the zone of the report.
pub fn annotations(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let subjects = Subjects::of(analysis);
    let words = Words::of(analysis, options.tz);
    let mut findings: Vec<&Finding> = analysis.findings.iter().filter(|finding| counts(finding)).collect();
    // GitHub shows the first ten of each kind.
    findings.sort_by_key(|finding| Reverse(finding.severity));
    findings.into_iter().map(|finding| annotation(finding, &subjects, &words)).collect()
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
    message.extend(finding.evidence.iter().map(|evidence| told(&evidence.text)));
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
