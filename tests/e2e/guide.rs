//! The pages of `docs/rules/` are what the catalogue, the cases and the links say.
//!
//! `VSSCOPE_WRITE_DOCS=1 cargo test --test e2e guide` writes them anew.

use crate::carriers::{Bundle, Files};
use crate::support::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use vsscope::explain::rule_doc;
use vsscope::rules;
use vsscope_fixtures::cases::{Case, Kind};
use vsscope_fixtures::console::{self, ConsoleOptions};
use vsscope_fixtures::trace::RegistryOptions;
use vsscope_fixtures::{Scenario, etl, trace, windows};
use vsscope_model::{Analysis, FindingStatus};
use vsscope_reports::RuleDoc;
use vsscope_reports::catalogue::{explain_markdown, rules_index_markdown};

const MADE: &str = "<!-- made from the source by tests/e2e/guide.rs; change it there -->\n";

fn docs() -> Vec<RuleDoc> {
    rules::catalogue().iter().map(|rule| rule_doc(rule.info())).collect()
}

/// Every page by its name.
fn pages() -> BTreeMap<String, String> {
    let docs = docs();
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    for doc in &docs {
        let mut page = format!("{MADE}{}", explain_markdown(doc));
        for (heading, related) in
            [("Can follow from", rules::causes_of(&doc.id)), ("Can lead to", rules::consequences_of(&doc.id))]
        {
            if !related.is_empty() {
                let links: Vec<String> = related.iter().map(|id| format!("[{id}]({id}.md)")).collect();
                page.push_str(&format!("\n## {heading}\n\n{}.\n", links.join(", ")));
            }
        }
        page.push_str(&format!("\n[All rules](README.md) · cases: `fixtures/rules/{}.toml`\n", doc.id));
        pages.insert(format!("{}.md", doc.id), page);
    }
    pages.insert(
        "README.md".to_owned(),
        format!(
            "{MADE}# Rules\n\n{} rules, by what they look at. `vsscope explain RULE` shows the same pages offline. Which \
             evidence lets which rule speak: [evidence.md](evidence.md). The protocol behind them: \
             [../state-machine.md](../state-machine.md).\n{}",
            docs.len(),
            rules_index_markdown(&docs)
        ),
    );
    pages
}

fn folder() -> PathBuf {
    root().join("docs/rules")
}

/// Compares pages with the files of the folder, or writes them where that was asked for.
fn check(pages: &BTreeMap<String, String>) {
    let write = std::env::var_os("VSSCOPE_WRITE_DOCS").is_some();
    for (name, page) in pages {
        let path = folder().join(name);
        if write {
            std::fs::create_dir_all(folder()).expect("the folder can be made");
            std::fs::write(&path, page).expect("a page can be written");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == *page,
            "docs/rules/{name}: write it anew: VSSCOPE_WRITE_DOCS=1 cargo test --test e2e guide"
        );
    }
}

#[test]
fn a_page_for_every_rule_and_no_other() {
    let pages = pages();
    check(&pages);
    let files = std::fs::read_dir(folder()).expect("docs/rules is there");
    let found: BTreeSet<String> =
        files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
    let mut due: BTreeSet<String> = pages.into_keys().collect();
    due.insert("evidence.md".to_owned());
    assert_eq!(found, due);
}

/// A form of evidence: its name and how a scenario is written in it.
type Carrier = (&'static str, fn(&Scenario) -> Option<Files>);

/// The carriers of the table, in order.
const CARRIERS: &[Carrier] = &[
    ("function trace (text)", |scenario| trace::registry(scenario, &RegistryOptions::default()).ok()),
    ("function trace (ETL)", |scenario| etl::write(scenario, false).ok()),
    ("event logs with Sysmon `VSS\\Diag`", |scenario| windows::write_evtx(scenario).ok()),
    ("diskshadow output", |scenario| {
        let text = console::diskshadow(scenario, &ConsoleOptions::default()).ok()?;
        Some(Files::from([("session.log".to_owned(), text)]))
    }),
];

/// Whether a rule counts in an analysis.
fn fires(analysis: &Analysis, rule: &str) -> bool {
    let counts = |status| status == FindingStatus::New || rule == "known-noise";
    analysis.findings.iter().any(|finding| finding.rule == rule && counts(finding.status))
}

/// For each rule, which carriers of its positive cases make it speak: a measured table, not a promise.
fn evidence_page() -> String {
    let cases = Case::all().expect("the cases are readable");
    let mut rows: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.kind == Kind::Positive) {
        let row = rows.entry(&case.rule).or_insert_with(|| vec![false; CARRIERS.len()]);
        for ((_, write), seen) in CARRIERS.iter().zip(row).filter(|(_, seen)| !**seen) {
            let files = write(&case.scenario).filter(|files| !files.is_empty());
            *seen = files.is_some_and(|files| fires(&Bundle::of(files).analysis(), &case.rule));
        }
    }
    let head: Vec<&str> = CARRIERS.iter().map(|(name, _)| *name).collect();
    let mut page = format!(
        "{MADE}# Which evidence lets which rule speak\n\nMeasured: the positive cases of each rule (`fixtures/rules/`) were \
         written in each form, with that form's blind spots, and analysed alone. A dot says that the rule spoke. An empty \
         cell does not say that the form can never show it, only that it does not in these cases; rules about logs of \
         Windows need those logs, rules about calls need a trace of functions. All forms can be read together.\n\n| rule | {} |\n|---|{}\n",
        head.join(" | "),
        "---|".repeat(head.len())
    );
    for (rule, row) in rows {
        let marks: Vec<&str> = row.iter().map(|seen| if *seen { "●" } else { "" }).collect();
        page.push_str(&format!("| [`{rule}`]({rule}.md) | {} |\n", marks.join(" | ")));
    }
    page
}

#[test]
fn the_table_of_evidence_is_what_the_carriers_show() {
    check(&BTreeMap::from([("evidence.md".to_owned(), evidence_page())]));
}

/// The page of the state machine names rules; each of them has to exist.
#[test]
fn the_state_machine_names_rules_that_exist() {
    let page = std::fs::read_to_string(root().join("docs/state-machine.md"))
        .expect("docs/state-machine.md is there");
    let linked: BTreeSet<&str> =
        page.split("](rules/").skip(1).filter_map(|rest| rest.split_once(".md)")).map(|(id, _)| id).collect();
    let ids: BTreeSet<&str> = rules::catalogue().iter().map(|rule| rule.info().id).collect();
    let unknown: Vec<&&str> = linked.difference(&ids).filter(|id| **id != "README").collect();
    assert!(unknown.is_empty(), "no such rules: {unknown:?}");
    assert!(linked.len() >= 40, "only {} rules are named", linked.len());
}
