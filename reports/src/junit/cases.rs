//! Test cases: how a set or a finding is called, and what became of it.

use crate::subject::{Subjects, Words, counts, set_aside};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};
use std::collections::BTreeMap;
use vsscope_model::{Confidence, Finding, Outcome, Severity, SnapshotSet};

/// The names that a suite has given: servers take cases of one name for one.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, usize>);

impl Names {
    fn one(&mut self, name: String) -> String {
        let met = self.0.entry(name.clone()).or_default();
        *met += 1;
        if *met == 1 { name } else { format!("{name} #{met}") }
    }
}

/// A set with its findings.
pub(super) fn of_set(
    set: &SnapshotSet,
    findings: &[&Finding],
    host: &str,
    names: &mut Names,
    subjects: &Subjects<'_>,
    words: &Words,
) -> TestCase {
    let requester = subjects.requester_of(set).map(|image| format!(" by {}", words.name(image)));
    let when = words.instant(set.started);
    let name = format!("set {}{}, {when}", words.name(&set.id), requester.unwrap_or_default());
    let mut case = TestCase::new(names.one(name), status_of_set(set, findings, words));
    case.set_classname(host);
    let measures = |time| words.reading(time).measures();
    let ended = set.ended.filter(|ended| measures(set.started) && measures(*ended));
    let took = ended.map(|ended| ended - set.started);
    if let Some(took) = took.and_then(|took| took.to_std().ok()) {
        case.set_time(took);
    }
    let volumes: Vec<String> = set.volumes.iter().map(|volume| words.name(volume)).collect();
    let mut out = vec![format!("outcome: {}", set.outcome.as_str())];
    out.extend((!volumes.is_empty()).then(|| format!("volumes: {}", volumes.join(", "))));
    // What fails the test stands there already.
    out.extend(findings.iter().filter(|finding| !fails(finding)).map(|finding| told(finding, words)));
    case.set_system_out(out.join("\n\n"));
    case
}

fn status_of_set(set: &SnapshotSet, findings: &[&Finding], words: &Words) -> TestCaseStatus {
    let failing: Vec<&Finding> = findings.iter().copied().filter(|finding| fails(finding)).collect();
    if !failing.is_empty() {
        return failure(&failing, words);
    }
    if matches!(set.outcome, Outcome::Created | Outcome::Completed) {
        return TestCaseStatus::success();
    }
    let why = findings.iter().find_map(|finding| set_aside(finding));
    skipped(&match why {
        Some(why) => format!("outcome {}; {}", set.outcome.as_str(), words.name(&why)),
        None => format!("outcome {}; no error among its findings", set.outcome.as_str()),
    })
}

/// A finding that belongs to no set.
pub(super) fn of_finding(finding: &Finding, host: &str, names: &mut Names, words: &Words) -> TestCase {
    let title = words.told(&finding.title, finding.time);
    let name = format!("{}: {title}, {}", finding.rule, words.instant(finding.time));
    let status = match set_aside(finding) {
        Some(why) => skipped(&words.name(&why)),
        None if fails(finding) => failure(&[finding], words),
        None => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(names.one(name), status);
    case.set_classname(host);
    if !fails(finding) {
        case.set_system_out(told(finding, words));
    }
    case
}

/// Whether a test fails by it.
fn fails(finding: &Finding) -> bool {
    counts(finding) && finding.severity == Severity::Error
}

/// Named after the first, which the others may follow from; all of them are told.
fn failure(findings: &[&Finding], words: &Words) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    if let Some(first) = findings.first() {
        let more = match findings.len() {
            1 => String::new(),
            all => format!(" (and {} more)", all - 1),
        };
        status.set_message(format!("{}{more}", words.told(&first.title, first.time)));
        status.set_type(first.rule.as_str());
    }
    let all: Vec<String> = findings.iter().map(|finding| told(finding, words)).collect();
    status.set_description(all.join("\n\n"));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

/// A finding in words.
fn told(finding: &Finding, words: &Words) -> String {
    let line = |text: &str| words.told(text, finding.time);
    let sure = match finding.confidence {
        Confidence::Weak => " (possible)",
        Confidence::Strong | Confidence::Exact => "",
    };
    let head = format!("{}{sure}: {} [{}]", finding.severity, line(&finding.title), finding.rule);
    let mut lines = vec![head];
    lines.extend(set_aside(finding).map(|why| words.name(&why)));
    lines.extend((!finding.detail.is_empty()).then(|| line(&finding.detail)));
    lines.extend(finding.evidence.iter().map(|proof| format!("proof: {}", line(&proof.text))));
    lines.extend((!finding.remedy.is_empty()).then(|| format!("what to do: {}", line(&finding.remedy))));
    lines.join("\n")
}
