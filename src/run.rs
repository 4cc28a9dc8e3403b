//! From what was read to an analysis, and the run of a command: its settings, its progress bar, its time.
//!
//! The way from inputs to an analysis is [`crate::analyze`]; commands and other programs take the same.

use crate::api::{Options, Outcome, analyze_by, analyze_with};
use crate::rules::{Case, Policy};
use crate::settings::Settings;
use crate::state::State;
use crate::{rules, statistics, timeline};
use anyhow::Result;
use chrono::{DateTime, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::Arc;
use vsscope_model::{
    Analysis, Finding, FindingCounts, Input, InputReport, Severity, Summary, Timeline, Tool,
};
use vsscope_parsers::Progress;

/// Reads the inputs of a run and judges them; what earlier runs read is taken from `state`.
pub fn run(settings: &Settings, state: Option<&State>) -> Result<Outcome> {
    let options = Options {
        read: settings.read.clone(),
        policy: settings.config.policy.clone(),
        threads: settings.threads,
    };
    let bar = Bar(if settings.progress { progress_bar() } else { ProgressBar::hidden() });
    let outcome = match state {
        None => analyze_with(&settings.paths, &options, &bar),
        Some(state) => {
            analyze_by(&settings.paths, &options, &bar, &|source| state.read(source, &options.read, &bar))
        }
    };
    bar.0.finish_and_clear();
    Ok(outcome?)
}

/// Timeline, findings and counts of what was read, by the built-in rules as they are.
pub fn analyse(reports: &mut [InputReport]) -> Analysis {
    judge(reports, &Policy::default())
}

/// Timeline, findings and counts of what was read.
pub fn judge(reports: &mut [InputReport], policy: &Policy) -> Analysis {
    reports.sort_by(|a, b| a.path.cmp(&b.path));
    let events: Vec<usize> = reports.iter().map(|report| report.events.len()).collect();
    // The timeline takes the events and sets the clocks that can be set.
    let timeline = timeline::build(reports);
    let inputs: Vec<Input> = reports
        .iter()
        .zip(events)
        .enumerate()
        .map(|(n, (report, events))| input(n, report, events))
        .collect();
    let case = Case::new(&timeline, &policy.thresholds);
    let findings = number_inputs(rules::judge(&case, policy), &inputs);
    let statistics = statistics::statistics(&case, &findings);
    let Timeline { events, hosts, sessions, sets, coverage, inventory, .. } = timeline;
    let summary = Summary {
        sets: sets.len(),
        sessions: sessions.len(),
        findings: counts(&findings),
        records_read: inputs.iter().map(|input| input.records).sum(),
        records_lost: inputs.iter().map(|input| input.lost).sum(),
        left_out: None,
    };
    Analysis {
        schema: Analysis::SCHEMA.to_owned(),
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        generated: None,
        inputs,
        coverage,
        hosts,
        sessions,
        sets,
        inventory,
        findings,
        summary,
        statistics,
        events,
    }
}

/// Counts findings; what does not count is counted as noise.
pub fn counts(findings: &[Finding]) -> FindingCounts {
    let count = |severity: Severity| findings.iter().filter(|f| f.counts() && f.severity == severity).count();
    FindingCounts {
        error: count(Severity::Error),
        warning: count(Severity::Warning),
        info: count(Severity::Info),
        noise: findings.iter().filter(|f| !f.counts()).count(),
    }
}

fn input(index: usize, report: &InputReport, events: usize) -> Input {
    // Stale records make a log no longer.
    let is_carved = report.spans.iter().all(|span| span.carved);
    let spans = || report.spans.iter().filter(move |span| is_carved || !span.carved);
    Input {
        id: format!("i{}", index + 1),
        path: Arc::clone(&report.path),
        format: report.format.clone(),
        bytes: report.bytes,
        records: report.records,
        lost: report.lost,
        events: events as u64,
        first: spans().map(|span| span.first).min(),
        last: spans().map(|span| span.last).max(),
        times: report.times.clone(),
        text: report.text.clone(),
        partial: report.partial.clone(),
        providers: report.providers.clone(),
        issues: report.issues.clone(),
    }
}

/// Rules name an input by its path; the analysis names it by its id.
fn number_inputs(mut findings: Vec<Finding>, inputs: &[Input]) -> Vec<Finding> {
    let ids: BTreeMap<&str, &str> = inputs.iter().map(|input| (&*input.path, &*input.id)).collect();
    for evidence in findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        if let Some(id) = ids.get(&*evidence.input) {
            evidence.input = (*id).to_owned();
        }
    }
    findings
}

/// When an output was made: `SOURCE_DATE_EPOCH` (reproducible-builds.org) where it is set, else now.
pub fn generated() -> Option<DateTime<Utc>> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(epoch) => DateTime::from_timestamp(epoch.trim().parse().ok()?, 0),
        Err(_) => Some(Utc::now()),
    }
}

fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("reading {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

struct Bar(ProgressBar);

impl Progress for Bar {
    fn total(&self, bytes: u64) {
        self.0.set_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.0.inc(bytes);
    }
}
