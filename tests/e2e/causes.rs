//! Failures with the primary cause labelled (`fixtures/failures/`): how often the report leads with it.
//!
//! The score is printed, kept in `docs/causes.md`, and has a floor. `VSSCOPE_WRITE_DOCS=1` writes the page anew.

use crate::rules::write;
use crate::support::{analysis, root};
use std::collections::BTreeSet;
use vsscope_fixtures::cases::Failure;
use vsscope_model::{Finding, FindingStatus};

/// Where the labelled cause stands among the explanations of a report (1 is first); absent if it is no explanation.
struct Scored {
    failure: Failure,
    place: Option<usize>,
    first: String,
    missing: Vec<String>,
}

/// The findings that count and follow from no other one, in the order of the report.
fn explanations(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|f| f.status == FindingStatus::New && f.cause.is_none()).collect()
}

/// Scores all failures, or those of one file while it is written (`VSSCOPE_FAILURE`): of these every finding is printed.
#[allow(clippy::print_stdout, reason = "the findings are there to be read")]
fn score() -> Vec<Scored> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let only = std::env::var("VSSCOPE_FAILURE").ok();
    let failures = only.as_ref().map_or_else(Failure::all, |name| Failure::of_file(name));
    failures
        .expect("the failures are readable")
        .into_iter()
        .map(|failure| {
            let paths = write(&failure.scenario, &failure.beside, dir.path());
            let result = analysis(&paths);
            for finding in only.iter().flat_map(|_| &result.findings) {
                let Finding { id, rule, severity, detail, cause, .. } = finding;
                println!("{} {id} {rule} {severity} cause={cause:?}: {detail}", failure.id);
            }
            let roots = explanations(&result.findings);
            let place = roots.iter().position(|finding| finding.rule == failure.primary).map(|at| at + 1);
            let first = roots.first().map(|finding| finding.rule.clone()).unwrap_or_default();
            let fired: BTreeSet<&str> = result.findings.iter().map(|finding| finding.rule.as_str()).collect();
            let missing =
                failure.also.iter().filter(|rule| !fired.contains(rule.as_str())).cloned().collect();
            Scored { place, first, missing, failure }
        })
        .collect()
}

#[test]
#[allow(clippy::print_stdout, reason = "the score is there to be read")]
fn the_report_leads_with_the_labelled_cause() {
    let scored = score();
    let all = scored.len();
    let first = scored.iter().filter(|one| one.place == Some(1)).count();
    let third = scored.iter().filter(|one| one.place.is_some_and(|place| place <= 3)).count();
    println!("primary cause in first place: {first} of {all}; in the first three: {third} of {all}");
    let wrong: Vec<String> = scored
        .iter()
        .filter(|one| one.place != Some(1))
        .map(|one| {
            format!("{}: {} at {:?}, first is {}", one.failure.id, one.failure.primary, one.place, one.first)
        })
        .collect();
    let missing: Vec<String> = scored
        .iter()
        .filter(|one| !one.missing.is_empty())
        .map(|one| format!("{}: {:?} did not fire", one.failure.id, one.missing))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(third == all, "not always in the first three:\n{}", wrong.join("\n"));
    if std::env::var_os("VSSCOPE_FAILURE").is_some() {
        return;
    }
    assert!(all >= 25, "only {all} failures");
    assert!(first * 10 >= all * 9, "{first} of {all} in first place:\n{}", wrong.join("\n"));
    page(&scored, first, third);
}

/// `docs/causes.md` has the score of this run.
fn page(scored: &[Scored], first: usize, third: usize) {
    let mut text = format!(
        "<!-- made by tests/e2e/causes.rs; write it anew with VSSCOPE_WRITE_DOCS=1 -->\n# How well the cause is found\n\n\
         {} failures (`fixtures/failures/`), each labelled with the rule that a person would name as the root, are analysed \
         as a function trace with event logs. An *explanation* is a finding that follows from no other one; the report lists \
         them with the gravest first, each with what it led to.\n\n\
         **First place right: {first} of {}. In the first three: {third} of {}.** The test fails below nine in ten, or when one \
         of them is not among the first three. The failures are made up from the documented protocol; no public log of a failed \
         snapshot run exists to check against.\n\n\
         The links between rules were tuned on the failures whose file is not named `heldout-`; these were written and \
         labelled afterwards by somebody who had not seen the links. At their first run 13 of 14 had their cause in first \
         place; the one that was missed (a requester killed inside DoSnapshotSet) changed a rule.\n\n| failure | class | labelled cause | place |\n|---|---|---|---|\n",
        scored.len(),
        scored.len(),
        scored.len()
    );
    for Scored { failure, place, .. } in scored {
        let place = place.map_or_else(|| "–".to_owned(), |place| place.to_string());
        text.push_str(&format!(
            "| {} | {} | [{}](rules/{}.md) | {place} |\n",
            failure.note.replace('|', "\\|"),
            failure.class,
            failure.primary,
            failure.primary
        ));
    }
    let path = root().join("docs/causes.md");
    if std::env::var_os("VSSCOPE_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "docs/causes.md: write it anew: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e causes"
    );
}
