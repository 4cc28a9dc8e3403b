//! Test cases: how a set or a finding is called, and what became of it.

use crate::subject::{Subjects, Words, set_aside};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus};
use std::collections::BTreeMap;
use vsscope_model::{Confidence, Finding, Outcome, Severity, SnapshotSet};

/// Makes the cases of a suite.
pub(super) struct Cases<'a> {
    subjects: &'a Subjects<'a>,
    words: &'a Words,
    /// From which severity on a finding fails its test; errors always do.
    least: Severity,
    /// The names that were given: servers take cases of one name for one.
    names: BTreeMap<String, usize>,
}

impl<'a> Cases<'a> {
    pub(super) fn of(subjects: &'a Subjects<'a>, words: &'a Words, least: Severity) -> Self {
        Cases { subjects, words, least, names: BTreeMap::new() }
    }

    /// A set with its findings.
    pub(super) fn of_set(&mut self, set: &SnapshotSet, findings: &[&Finding], host: &str) -> TestCase {
        let (subjects, words) = (self.subjects, self.words);
        let requester = subjects.requester_of(set).map(|image| format!(" by {}", words.name(image)));
        let when = words.instant(set.started);
        let name = format!("set {}{}, {when}", words.name(&set.id), requester.unwrap_or_default());
        let mut case = TestCase::new(self.named(name), self.status_of_set(set, findings));
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
        let others = findings.iter().filter(|finding| !self.fails(finding));
        out.extend(others.map(|finding| told(finding, subjects, words)));
        case.set_system_out(out.join("\n\n"));
        case
    }

    /// A finding that belongs to no set.
    pub(super) fn of_finding(&mut self, finding: &Finding, host: &str) -> TestCase {
        let (subjects, words) = (self.subjects, self.words);
        let title = words.told(&finding.title, finding.time);
        let name = format!("{}: {title}, {}", finding.rule, words.instant(finding.time));
        let status = match set_aside(finding) {
            Some(why) => skipped(&words.name(&why)),
            None if self.fails(finding) => failure(&[finding], subjects, words),
            None => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(self.named(name), status);
        case.set_classname(host);
        if !self.fails(finding) {
            case.set_system_out(told(finding, subjects, words));
        }
        case
    }

    fn named(&mut self, name: String) -> String {
        let met = self.names.entry(name.clone()).or_default();
        *met += 1;
        if *met == 1 { name } else { format!("{name} #{met}") }
    }

    fn status_of_set(&self, set: &SnapshotSet, findings: &[&Finding]) -> TestCaseStatus {
        let failing: Vec<&Finding> = findings.iter().copied().filter(|finding| self.fails(finding)).collect();
        if !failing.is_empty() {
            return failure(&failing, self.subjects, self.words);
        }
        if matches!(set.outcome, Outcome::Created | Outcome::Completed) {
            return TestCaseStatus::success();
        }
        let why = findings.iter().find_map(|finding| set_aside(finding));
        skipped(&match why {
            Some(why) => format!("outcome {}; {}", set.outcome.as_str(), self.words.name(&why)),
            None => format!("outcome {}; no finding fails it", set.outcome.as_str()),
        })
    }

    /// Whether a test fails by it.
    fn fails(&self, finding: &Finding) -> bool {
        finding.counts() && finding.severity >= self.least
    }
}

/// Named after the first, which the others may follow from; all of them are told.
fn failure(findings: &[&Finding], subjects: &Subjects<'_>, words: &Words) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    if let Some(first) = findings.first() {
        let more = match findings.len() {
            1 => String::new(),
            all => format!(" (and {} more)", all - 1),
        };
        status.set_message(format!("{}{more}", words.told(&first.title, first.time)));
        status.set_type(first.rule.as_str());
    }
    let all: Vec<String> = findings.iter().map(|finding| told(finding, subjects, words)).collect();
    status.set_description(all.join("\n\n"));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

/// A finding in words, with where its proof is.
fn told(finding: &Finding, subjects: &Subjects<'_>, words: &Words) -> String {
    let line = |text: &str| words.told(text, finding.time);
    let sure = match finding.confidence {
        Confidence::Exact => String::new(),
        other => format!(", confidence {other}"),
    };
    let head = format!("{}: {} [{}{sure}]", finding.severity, line(&finding.title), finding.rule);
    let mut lines = vec![head];
    lines.extend(set_aside(finding).map(|why| words.name(&why)));
    lines.extend((!finding.detail.is_empty()).then(|| line(&finding.detail)));
    let proof = |evidence| match words.name(&subjects.place(evidence)) {
        place if place.is_empty() => "proof: ".to_owned(),
        place => format!("proof ({place}): "),
    };
    lines.extend(finding.evidence.iter().map(|evidence| proof(evidence) + &line(&evidence.text)));
    lines.extend((!finding.remedy.is_empty()).then(|| format!("what to do: {}", line(&finding.remedy))));
    lines.join("\n")
}
