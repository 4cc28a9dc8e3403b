//! `analyze`, `timeline` and `events`: one run, three views.

use super::output::{self, Shown};
use super::{emit, exit_code};
use crate::baseline::{self, Baseline};
use crate::cli::{OutputFormat, RunArgs};
use crate::explain::rule_doc;
use crate::settings::{Forms, Settings};
use crate::{config, filter, rules, run, statistics};
use anyhow::{Result, bail};
use clap::ValueEnum as _;
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
    let mut run = run::run(&settings)?;
    for problem in &run.problems {
        complain(problem);
    }
    if !run.any_read {
        return Ok(super::UNUSABLE);
    }
    spare_the_evidence(&settings, &run.analysis)?;
    let mut messages = mark_the_known(&settings, &mut run.analysis);
    if let Some(file) = &settings.write_baseline {
        messages.push(write_baseline(file, &run.analysis)?);
    }
    for message in messages.iter().filter(|_| !settings.quiet) {
        complain(message);
    }
    let left_out = filter::apply(&mut run.analysis, &settings.filter);
    let text = TextOptions { left_out, ..settings.text.clone() };
    if settings.outputs.iter().any(|output| output.format == OutputFormat::Json) {
        run.analysis.generated = run::generated();
    }
    let rules: Vec<RuleDoc> = rules::catalogue().iter().map(|rule| rule_doc(rule.info())).collect();
    let shown = Shown { analysis: &run.analysis, rules: &rules, text: &text, ticket: settings.ticket };
    for output in &settings.outputs {
        output::write(view, output, &shown)?;
    }
    Ok(exit_code(&run, settings.fail_on))
}

/// Marks what the user does not want to hear of or knows already. Gives the messages about it.
pub(super) fn mark_the_known(settings: &Settings, analysis: &mut Analysis) -> Vec<String> {
    let today = run::generated().unwrap_or_else(chrono::Utc::now).date_naive();
    let mut messages = config::ignores::apply(&settings.config.ignores, analysis, today);
    messages.extend(settings.baseline.as_ref().and_then(|known| known.apply(analysis)));
    analysis.summary.findings = run::counts(&analysis.findings);
    statistics::recount(analysis);
    messages
}

/// Writes the findings of a run as known; gives what there is to say about it.
fn write_baseline(file: &Path, analysis: &Analysis) -> Result<String> {
    baseline::check_place(file)?;
    let known = Baseline::of(analysis);
    emit(Some(file), |out| out.write_all(known.to_json().as_bytes()))?;
    Ok(format!("baseline {}: {} written", file.display(), known.counted()))
}

/// Evidence is never written over: no output may be one of the inputs, or a file that set up the run. Only the baseline may
/// be renewed in place.
pub(super) fn spare_the_evidence(settings: &Settings, analysis: &Analysis) -> Result<()> {
    // A member of a bundle is named behind the bundle.
    let input = |path: &str| real(Path::new(path)).or_else(|| real(Path::new(path.split_once('!')?.0)));
    let mut taken: Vec<PathBuf> = analysis.inputs.iter().filter_map(|read| input(&read.path)).collect();
    taken.extend(settings.setup.iter().filter_map(|path| real(path)));
    let check = |option: &str, file: &Path, taken: &[PathBuf]| match place(file) {
        Some(at) if taken.contains(&at) => {
            bail!("{option} {}: this file is one of the inputs; nothing was written", file.display())
        }
        _ => Ok(()),
    };
    let written = settings.write_baseline.as_deref();
    written.map_or(Ok(()), |file| check("--write-baseline", file, &taken))?;
    taken.extend(settings.baseline.as_ref().and_then(|known| real(known.path())));
    for file in settings.outputs.iter().filter_map(|output| output.file.as_deref()) {
        check("--output", file, &taken)?;
        if written.is_some_and(|written| written == file || place(written) == place(file)) {
            bail!("--output {}: the baseline is to be written there; nothing was written", file.display());
        }
    }
    Ok(())
}

/// A file that is there, by the one name that it has.
fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// The same for a file that need not be there.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = || match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => real(folder),
        _ => real(Path::new(".")),
    };
    real(path).or_else(|| Some(folder()?.join(path.file_name()?)))
}

/// A message for a person.
#[allow(clippy::print_stderr, reason = "standard error is where messages belong")]
pub(super) fn complain(message: &str) {
    eprintln!("vsscope: {message}");
}
