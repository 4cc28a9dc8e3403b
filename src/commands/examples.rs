//! `rules test`: whether own rules say about their examples what the examples want.

use super::{FINDINGS, OK, UNUSABLE, complain, emit};
use crate::config::Config;
use crate::config::example::{Evidence, Example};
use crate::rules::Policy;
use crate::run;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::PathBuf;
use vsscope_model::{Analysis, InputReport, IssueKind};
use vsscope_parsers::{Format, ReadOptions, Source};
use vsscope_reports::text::safe;

/// Runs the examples of the rules in these files, which are read as one configuration.
pub fn test(files: &[PathBuf]) -> Result<u8> {
    let config = Config::of(files)?;
    if config.policy.rules.is_empty() {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        bail!("{}: there is no [[rule]] to test", names.join(", "));
    }
    let mut code = OK;
    let mut lines = String::new();
    for example in &config.examples {
        let (word, said) = match outcome(example, &config.policy) {
            Ok(None) => ("ok", String::new()),
            Ok(Some(wrong)) => {
                code = code.max(FINDINGS);
                ("FAILED", format!(" ({}): {wrong}", example.place))
            }
            Err(unread) => {
                code = UNUSABLE;
                ("UNREAD", format!(" ({}): {unread}", example.place))
            }
        };
        let line = format!("{}: {}{said}", example.rule, example.note);
        lines.push_str(&format!("{word:<7} {}\n", safe(&line)));
    }
    emit(None, |out| out.write_all(lines.as_bytes()))?;
    notes(&config);
    Ok(code)
}

/// What is wrong with an example, if it does not hold; an error if its evidence cannot be read.
fn outcome(example: &Example, policy: &Policy) -> Result<Option<String>, String> {
    let mut reports = read(&example.evidence)?;
    let analysis = run::judge(&mut reports, policy);
    let counting = || analysis.findings.iter().filter(|finding| finding.counts());
    let mut found = counting().filter(|finding| finding.rule == example.rule);
    Ok(match (example.fires, found.next()) {
        (true, Some(_)) | (false, None) => None,
        (false, Some(finding)) => Some(format!("it should be silent and fired: {}", finding.detail)),
        (true, None) => Some(format!("it should fire and did not; {}", fired(&analysis))),
    })
}

/// `what fired: a, b`.
fn fired(analysis: &Analysis) -> String {
    let counting = analysis.findings.iter().filter(|finding| finding.counts());
    let rules: BTreeSet<&str> = counting.map(|finding| finding.rule.as_str()).collect();
    match rules.len() {
        0 => "nothing fired".to_owned(),
        _ => format!("what fired: {}", rules.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

fn read(evidence: &Evidence) -> Result<Vec<InputReport>, String> {
    let (name, reports, may_lose) = match evidence {
        Evidence::Events(lines) => {
            let options = ReadOptions { format: Some(Format::VsscopeEvents), ..ReadOptions::default() };
            ("events".to_owned(), vsscope_parsers::read_bytes("events", lines.as_bytes(), &options), false)
        }
        Evidence::File(path) => {
            let reports = vsscope_parsers::read(&Source::file(path), &ReadOptions::default(), &());
            (path.display().to_string(), reports, true)
        }
    };
    let whole = |kind| matches!(kind, IssueKind::Unreadable | IssueKind::UnknownFormat);
    let bad = |kind: IssueKind| whole(kind) || (kind.is_loss() && !may_lose);
    let issues = reports.iter().flat_map(|report| &report.issues);
    if let Some(issue) = issues.into_iter().find(|issue| bad(issue.kind)) {
        let place = Some(&issue.place).filter(|place| !place.is_empty());
        return Err(format!(
            "{name}: {}{}",
            place.map(|at| format!("{at}: ")).unwrap_or_default(),
            issue.message
        ));
    }
    let says_nothing = |r: &InputReport| r.records == 0 && r.events.is_empty() && r.inventory.is_empty();
    if reports.iter().all(says_nothing) {
        return Err(format!("{name}: there is no record in it"));
    }
    Ok(reports)
}

/// Says which rules lack an example: one that fires tells that the rule can, a silent one that it does not always.
fn notes(config: &Config) {
    for rule in &config.policy.rules {
        let has = |fires| config.examples.iter().any(|e| e.rule == rule.id && e.fires == fires);
        let lacks = match (has(true), has(false)) {
            (true, true) => continue,
            (true, false) => " in which it is silent",
            (false, true) => " in which it fires",
            (false, false) => "",
        };
        complain(&format!("note: rule {} has no example{lacks}", rule.id));
    }
}
