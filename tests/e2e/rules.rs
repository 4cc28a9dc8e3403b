//! The cases of every rule (`fixtures/rules/`): positive ones fire it, negative and noise ones do not.

use crate::support::analysis;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use vsscope_fixtures::Scenario;
use vsscope_fixtures::cases::{Case, Kind};
use vsscope_fixtures::course::Beside;
use vsscope_fixtures::events;
use vsscope_model::{Confidence, Finding, FindingStatus};

/// What is wrong with a case; nothing if it does what it says. `known-noise` is the one rule whose findings are noise.
fn problem(case: &Case, findings: &[Finding]) -> Option<String> {
    let counts =
        |f: &&Finding| f.rule == case.rule && (f.status == FindingStatus::New || case.rule == "known-noise");
    let mut found = findings.iter().filter(counts).peekable();
    match (case.kind, found.peek()) {
        (Kind::Positive, None) => {
            let others: Vec<&str> = findings.iter().map(|f| f.rule.as_str()).collect();
            Some(format!("does not fire; others: {others:?}"))
        }
        (Kind::Negative | Kind::Noise, Some(finding)) => Some(format!("fires: {}", finding.detail)),
        _ => found.find_map(|finding| differs(case, finding)),
    }
}

/// What a case says of its finding and the finding does not have.
fn differs(case: &Case, finding: &Finding) -> Option<String> {
    let severity = case.severity.as_deref().filter(|wanted| finding.severity.as_str() != *wanted);
    if let Some(severity) = severity {
        return Some(format!("is {} and not {severity}: {}", finding.severity, finding.detail));
    }
    if let Some(words) = case.detail.as_deref().filter(|words| !finding.detail.contains(words)) {
        return Some(format!("does not say {words:?}: {}", finding.detail));
    }
    let is_possible = finding.confidence == Confidence::Weak;
    let possible = case.possible.filter(|possible| *possible != is_possible)?;
    Some(format!("should be {} possible: {}", if possible { "only" } else { "more than" }, finding.detail))
}

/// Writes the events of a course, if it has any, and what lies beside them.
pub fn write(scenario: &Scenario, beside: &[Beside], dir: &Path) -> Vec<String> {
    let mut files: Vec<(String, String)> = Vec::new();
    if !scenario.events.is_empty() {
        let text = events::ndjson(scenario).expect("a case becomes events");
        files.push(("events.ndjson".to_owned(), text));
    }
    files.extend(beside.iter().map(|file| (file.name.to_owned(), file.text.clone())));
    assert!(!files.is_empty(), "{}: neither steps nor files", scenario.id);
    let write = |(name, text): (String, String)| {
        let path = dir.join(format!("{}.{name}", scenario.id));
        std::fs::write(&path, text).expect("a temporary file can be written");
        path.to_str().expect("a UTF-8 path").to_owned()
    };
    files.into_iter().map(write).collect()
}

#[test]
fn every_case_of_every_rule() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    // VSSCOPE_RULE limits the test to one rule while it is written.
    let cases = std::env::var("VSSCOPE_RULE").map_or_else(|_| Case::all(), |rule| Case::of_rule(&rule));
    let mut wrong = Vec::new();
    for case in &cases.expect("the cases are readable") {
        let analysis = analysis(&write(&case.scenario, &case.beside, dir.path()));
        if let Some(problem) = problem(case, &analysis.findings) {
            wrong.push(format!("{} ({:?}, {}): {problem}", case.scenario.id, case.kind, case.note));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_rule_lacks_a_positive_a_negative_and_a_noise_case() {
    let mut kinds: BTreeMap<String, BTreeSet<Kind>> = BTreeMap::new();
    for case in Case::all().expect("the cases are readable") {
        assert!(!case.note.is_empty(), "{}: a case without a note", case.rule);
        kinds.entry(case.rule).or_default().insert(case.kind);
    }
    let rules: BTreeSet<&str> = vsscope::rules::catalogue().iter().map(|rule| rule.info().id).collect();
    for rule in kinds.keys() {
        assert!(rules.contains(rule.as_str()), "fixtures/rules/{rule}.toml is of no rule");
    }
    let all = BTreeSet::from([Kind::Positive, Kind::Negative, Kind::Noise]);
    let lacking: Vec<&str> = rules.into_iter().filter(|rule| kinds.get(*rule) != Some(&all)).collect();
    assert!(lacking.is_empty(), "{} rules lack cases: {lacking:?}", lacking.len());
}
