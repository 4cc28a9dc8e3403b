//! `analyze`, `timeline` and `events`: one run, three views.

use super::batch::Batch;
use super::output::Shown;
use super::places::{distinct, spare, spare_the_evidence};
use super::reading::{Reading, redaction, write_map};
use super::{emit, exit_code, tables};
use crate::baseline::{self, Baseline};
use crate::cli::{OutputFormat, RunArgs};
use crate::explain::{own_rule_doc, rule_doc};
use crate::settings::{Forms, Output, Settings};
use crate::{rules, run};
use anyhow::Result;
use clap::ValueEnum as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;
use vsscope_reports::{RuleDoc, TextOptions};

/// What to show of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The post-mortem.
    Analyze,
    /// Sets phase by phase.
    Timeline,
    /// The events.
    Events,
}

impl View {
    /// The forms in which the view can be written.
    fn forms(self) -> Forms {
        Forms(match self {
            View::Analyze => OutputFormat::value_variants(),
            View::Timeline => &[
                OutputFormat::Text,
                OutputFormat::Json,
                OutputFormat::Csv,
                OutputFormat::Parquet,
                OutputFormat::Mermaid,
                OutputFormat::MermaidSequence,
            ],
            View::Events => &[
                OutputFormat::Text,
                OutputFormat::Ndjson,
                OutputFormat::Csv,
                OutputFormat::Parquet,
                OutputFormat::Timesketch,
                OutputFormat::TimesketchCsv,
            ],
        })
    }
}

/// Runs a view and returns the exit code.
pub fn inspect(args: &RunArgs, view: View) -> Result<u8> {
    let settings = Settings::of(args, view.forms())?;
    tables::check(&settings.outputs, std::io::stdout().is_terminal())?;
    let mut reading = Reading::of(&settings)?;
    let redaction = redaction(&settings, &[&reading])?;
    let taken = spare_the_evidence(&settings, &reading.outcome.analysis)?;
    if let Some(file) = settings.write_baseline.as_deref().filter(|_| reading.outcome.any_read) {
        reading.notes.push(write_baseline(file, &reading.outcome.analysis)?);
    }
    reading.tell(&settings, redaction.as_ref());
    if !reading.outcome.any_read {
        return Ok(super::UNUSABLE);
    }
    let left_out = reading.narrow(&settings, redaction.as_ref())?;
    let run = &mut reading.outcome;
    let is_dated = |output: &Output| matches!(output.format, OutputFormat::Json | OutputFormat::Html);
    if settings.outputs.iter().any(is_dated) {
        run.analysis.generated = run::generated();
    }
    let text = TextOptions { left_out, ..settings.text.clone() };
    let rules = if settings.outputs.iter().any(tells_rules) { rule_docs(&settings) } else { Vec::new() };
    let (ticket, pager, fail_on) = (settings.ticket, settings.pager, settings.fail_on);
    let shown = Shown { analysis: &run.analysis, rules: &rules, text: &text, ticket, pager, fail_on };
    let batch = Batch::of(view, &settings.outputs, settings.by_host, &run.analysis);
    let files: Vec<PathBuf> = batch.files().collect();
    files.iter().try_for_each(|file| spare("--output", file, &taken))?;
    distinct(files.iter().cloned())?;
    if let Some(redaction) = &redaction {
        batch.check(&shown, redaction)?;
        write_map(&settings, redaction, &files)?;
    }
    batch.write(&shown)?;
    let code = exit_code(run, settings.fail_on);
    // The program ends here: giving back a million pieces of memory one by one would only take time.
    std::mem::forget(reading);
    Ok(code)
}

/// Whether an output has the documentation of rules.
fn tells_rules(output: &Output) -> bool {
    use OutputFormat::{Csv, Json, Ndjson, Parquet, Text};
    !matches!(output.format, Text | Json | Ndjson | Csv | Parquet)
}

/// What the rules say of themselves.
fn rule_docs(settings: &Settings) -> Vec<RuleDoc> {
    let own = settings.config.policy.rules.iter().map(own_rule_doc);
    rules::catalogue().iter().map(|rule| rule_doc(rule.info())).chain(own).collect()
}

/// Writes the findings of a run as known; gives what there is to say about it.
fn write_baseline(file: &Path, analysis: &Analysis) -> Result<String> {
    baseline::check_place(file)?;
    let known = Baseline::of(analysis);
    emit(Some(file), |out| out.write_all(known.to_json().as_bytes()))?;
    Ok(format!("baseline {}: {} written", file.display(), known.counted()))
}
