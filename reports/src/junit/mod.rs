//! Findings as JUnit XML, for build servers: a test suite per host, in it a test case per snapshot set and per finding that
//! belongs to no set.
//!
//! A test fails by an error that counts, as a run does without `--fail-on`. It passes only where the set was made: what
//! failed for a reason that does not count, and what the evidence does not tell, is skipped. The form is that of
//! `junit-10.xsd` of Jenkins' xUnit plugin, which others read as well. The file depends on the evidence alone.

mod cases;

use crate::ReportOptions;
use crate::subject::{Subjects, Words};
use crate::text::clock::Reading;
use crate::text::units::count;
use cases::Cases;
use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Finding, LeftOut, Severity, SnapshotSet};

/// The report as an XML document. Times are in the zone of the report.
pub fn report(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let words = Words::of(analysis, options.tz);
    let subjects = Subjects::of(analysis);
    let mut report = Report::new("vsscope");
    for (host, part) in parts(analysis, &subjects) {
        report.add_test_suite(suite(host, &part, &subjects, &words, options.fail_on));
    }
    if let Some(inputs) = unread(analysis, &words) {
        report.add_test_suite(inputs);
    }
    if let Some(left_out) = options.left_out.filter(|left_out| left_out.is_something()) {
        report.add_test_suite(filtered(left_out));
    }
    written(&report)
}

/// What a filter took out, as a test that was not run: no one may take the rest for all.
fn filtered(left_out: LeftOut) -> TestSuite {
    let words = format!(
        "a filter left out {} and {} that count",
        count(left_out.sets, "snapshot set"),
        count(left_out.findings, "finding")
    );
    let mut status = TestCaseStatus::skipped();
    status.set_message(words);
    let mut suite = TestSuite::new("filter");
    suite.add_test_case(TestCase::new("what the filter left out", status));
    suite
}

/// What there is of one host.
#[derive(Default)]
struct Part<'a> {
    sets: Vec<(&'a SnapshotSet, Vec<&'a Finding>)>,
    others: Vec<&'a Finding>,
}

/// Sets with their findings, and findings without a set, by host; what names no host comes first.
fn parts<'a>(analysis: &'a Analysis, subjects: &Subjects<'_>) -> BTreeMap<Option<&'a str>, Part<'a>> {
    let mut of_set: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    let mut parts: BTreeMap<Option<&str>, Part<'_>> = BTreeMap::new();
    for host in &analysis.hosts {
        parts.entry(Some(&host.name)).or_default();
    }
    for finding in &analysis.findings {
        match subjects.set(finding) {
            Some(_) => of_set.entry(finding.set.as_deref().unwrap_or_default()).or_default().push(finding),
            None => parts.entry(finding.host.as_deref()).or_default().others.push(finding),
        }
    }
    for set in &analysis.sets {
        let findings = of_set.remove(set.id.as_str()).unwrap_or_default();
        parts.entry(Some(&set.host)).or_default().sets.push((set, findings));
    }
    parts
}

fn suite(
    host: Option<&str>,
    part: &Part<'_>,
    subjects: &Subjects<'_>,
    words: &Words,
    least: Severity,
) -> TestSuite {
    let name = host.map_or_else(|| "host unknown".to_owned(), |host| words.name(host));
    let mut suite = TestSuite::new(name.as_str());
    let first = part.sets.iter().map(|(set, _)| set.started);
    if let Some(time) = first.filter(|time| words.reading(*time) == Reading::Instant).min() {
        suite.set_timestamp(time.fixed_offset());
    }
    let findings = || part.sets.iter().flat_map(|(_, findings)| findings).chain(&part.others).copied();
    let number = |severity: Severity| {
        findings().filter(|finding| finding.counts() && finding.severity == severity).count().to_string()
    };
    let aside = findings().filter(|finding| !finding.counts()).count().to_string();
    for (name, value) in [
        ("sets", part.sets.len().to_string()),
        ("findings.error", number(Severity::Error)),
        ("findings.warning", number(Severity::Warning)),
        ("findings.info", number(Severity::Info)),
        ("findings.noise", aside),
    ] {
        suite.add_property((name, value.as_str()));
    }
    let mut cases = Cases::of(subjects, words, least);
    for (set, findings) in &part.sets {
        suite.add_test_case(cases.of_set(set, findings, &name));
    }
    for finding in &part.others {
        suite.add_test_case(cases.of_finding(finding, &name));
    }
    suite
}

/// What could not be read, as a suite without tests: nothing was tested there.
fn unread(analysis: &Analysis, words: &Words) -> Option<TestSuite> {
    let issues = analysis
        .inputs
        .iter()
        .flat_map(|input| input.issues.iter().map(move |issue| (input, issue)))
        .filter(|(_, issue)| issue.kind.is_loss());
    let lines: Vec<String> = issues
        .map(|(input, issue)| {
            let name = |text: &str| words.name(text);
            format!(
                "{}: {}: {}, {}x",
                name(&input.path),
                name(&issue.place),
                name(&issue.message),
                issue.count
            )
        })
        .collect();
    (!lines.is_empty()).then(|| {
        let mut suite = TestSuite::new("inputs");
        suite.set_system_err(lines.join("\n"));
        suite
    })
}

/// The document. The schema knows no `skipped` of the whole, which the library writes; the suites have theirs.
fn written(report: &Report) -> String {
    // A writer into memory does not fail.
    let text = report.to_string().unwrap_or_default();
    text.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}
