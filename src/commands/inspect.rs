//! `analyze`, `timeline` and `events`: one run, three views.

use super::{emit, exit_code};
use crate::cli::{OutputFormat, RunArgs};
use crate::settings::{Forms, Output, Settings};
use crate::{config, filter, knowledge, run, statistics};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use vsscope_model::{Analysis, Event};
use vsscope_reports::TextOptions;

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
            View::Analyze | View::Timeline => &[OutputFormat::Text, OutputFormat::Json],
            View::Events => &[OutputFormat::Text, OutputFormat::Ndjson],
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
    let configured = args.config.iter().chain(&args.rules);
    spare_the_evidence(&settings.outputs, &run.analysis, configured)?;
    let today = run::generated().unwrap_or_else(chrono::Utc::now).date_naive();
    let messages = config::ignores::apply(&settings.config.ignores, &mut run.analysis, today);
    for message in messages.iter().filter(|_| !settings.quiet) {
        complain(message);
    }
    run.analysis.summary.findings = run::counts(&run.analysis.findings);
    statistics::recount(&mut run.analysis);
    let left_out = filter::apply(&mut run.analysis, &settings.filter);
    let text = TextOptions { left_out, ..settings.text.clone() };
    if settings.outputs.iter().any(|output| output.format == OutputFormat::Json) {
        run.analysis.generated = run::generated();
    }
    for output in &settings.outputs {
        write_view(view, output, &text, &run.analysis)?;
    }
    Ok(exit_code(&run, settings.fail_on))
}

/// Evidence is never written over: no output may be one of the inputs.
fn spare_the_evidence<'a>(
    outputs: &[Output],
    analysis: &Analysis,
    configured: impl Iterator<Item = &'a PathBuf>,
) -> Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    let inputs: Vec<PathBuf> = analysis
        .inputs
        .iter()
        .filter_map(|input| {
            // A member of a bundle is named behind the bundle.
            real(Path::new(&*input.path)).or_else(|| real(Path::new(input.path.split_once('!')?.0)))
        })
        .chain(configured.filter_map(|path| real(path)))
        .collect();
    for file in outputs.iter().filter_map(|output| output.file.as_deref()) {
        if real(file).is_some_and(|file| inputs.contains(&file)) {
            bail!("--output {}: this file is one of the inputs; nothing was written", file.display());
        }
    }
    Ok(())
}

fn write_view(view: View, output: &Output, text: &TextOptions, analysis: &Analysis) -> Result<()> {
    // Files are read by anything: no colour there.
    let text = TextOptions { color: text.color && output.file.is_none(), ..text.clone() };
    emit(output.file.as_deref(), |out| match (view, output.format) {
        (View::Events, OutputFormat::Ndjson | OutputFormat::Json) => {
            vsscope_reports::events_ndjson(&analysis.events, out)
        }
        (_, OutputFormat::Json | OutputFormat::Ndjson) => {
            writeln!(out, "{}", vsscope_reports::analysis_json(analysis, true).trim_end())
        }
        (View::Analyze, OutputFormat::Text) => {
            out.write_all(vsscope_reports::analyze(analysis, &text).as_bytes())
        }
        (View::Timeline, OutputFormat::Text) => {
            out.write_all(vsscope_reports::timeline(analysis, None, &text).as_bytes())
        }
        (View::Events, OutputFormat::Text) => {
            let told = |event: &Event| text.verbose.then(|| knowledge::events::message(event)).flatten();
            out.write_all(vsscope_reports::events_told(&analysis.events, &told, &text).as_bytes())
        }
    })
}

/// A message for a person.
#[allow(clippy::print_stderr, reason = "standard error is where messages belong")]
fn complain(message: &str) {
    eprintln!("vsscope: {message}");
}
