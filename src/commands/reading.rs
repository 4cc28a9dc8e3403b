//! What the commands over a run have in common: read, say what was wrong, mark what is known, take names away.

use super::{batch, complain, places};
use crate::api::Outcome;
use crate::redact::Redaction;
use crate::settings::Settings;
use crate::state::State;
use crate::{config, filter, run, statistics};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;
use vsscope_reports::LeftOut;

/// A run that was read and judged, and what there is to say about it.
pub struct Reading {
    /// What came of it.
    pub outcome: Outcome,
    /// Notes that `--quiet` silences.
    pub notes: Vec<String>,
}

impl Reading {
    /// Reads the inputs of a run, and marks what the user knows already or does not want to hear of.
    pub fn of(settings: &Settings) -> Result<Self> {
        let state =
            settings.state.as_deref().map(|folder| State::open(folder, &settings.read)).transpose()?;
        let mut outcome = run::run(settings, state.as_ref())?;
        let mut notes = state.map(|state| state.close()).unwrap_or_default();
        if outcome.any_read {
            notes.extend(mark_the_known(settings, &mut outcome.analysis));
            notes.extend(filter::unmatched(&outcome.analysis, &settings.filter));
        }
        Ok(Reading { outcome, notes })
    }

    /// Says what could not be read, and the notes.
    pub fn tell(&self, settings: &Settings, redaction: Option<&Redaction>) {
        let told = |message: &str| match redaction {
            Some(names) => complain(&names.text(message)),
            None => complain(message),
        };
        self.outcome.problems.iter().for_each(|problem| told(&problem.to_string()));
        self.notes.iter().filter(|_| !settings.quiet).for_each(|note| told(note));
    }

    /// Takes away what the filters do, then the names.
    pub fn narrow(&mut self, settings: &Settings, redaction: Option<&Redaction>) -> Result<Option<LeftOut>> {
        let left_out = filter::apply(&mut self.outcome.analysis, &settings.filter);
        if let Some(names) = redaction {
            names.apply(&mut self.outcome.analysis)?;
        }
        Ok(left_out)
    }

    /// Looks for names that aliases should have replaced: for outputs that are made of the analysis and of nothing else.
    pub fn check(&self, redaction: Option<&Redaction>) -> Result<()> {
        let Some(names) = redaction else { return Ok(()) };
        let analysis = &self.outcome.analysis;
        names.check_analysis(analysis, &Redaction::blank(analysis)?)
    }
}

/// The aliases of runs, if names are to be replaced: one name has one alias in all of them. Messages may name what was typed.
pub fn redaction(settings: &Settings, readings: &[&Reading]) -> Result<Option<Redaction>> {
    let Some(redact) = &settings.redact else { return Ok(None) };
    let baseline = settings.baseline.as_ref().map(|known| known.path().to_string_lossy().into_owned());
    let problems = readings.iter().flat_map(|reading| &reading.outcome.problems);
    let typed = settings.paths.iter().chain(&baseline).map(String::as_str);
    let paths: Vec<&str> = typed.chain(problems.map(|problem| &*problem.path)).collect();
    let analyses: Vec<&Analysis> = readings.iter().map(|reading| &reading.outcome.analysis).collect();
    Redaction::of(&analyses, redact.key.as_ref(), &paths).map(Some)
}

/// Writes the mapping of a redaction, if it was asked for; no output may go to its place.
pub fn write_map(settings: &Settings, redaction: &Redaction, outputs: &[PathBuf]) -> Result<()> {
    let Some(map) = settings.redact.as_ref().and_then(|redact| redact.map.as_deref()) else { return Ok(()) };
    if outputs.iter().any(|file| places::same(file, map)) {
        bail!("--redact-map {}: an output is to be written there; nothing was written", map.display());
    }
    batch::write_map(map, redaction)
}

/// Marks what the user does not want to hear of or knows already. Gives the messages about it.
fn mark_the_known(settings: &Settings, analysis: &mut Analysis) -> Vec<String> {
    let today = run::generated().unwrap_or_else(chrono::Utc::now).date_naive();
    let mut messages = config::ignores::apply(&settings.config.ignores, analysis, today);
    messages.extend(settings.baseline.as_ref().and_then(|known| known.apply(analysis)));
    analysis.summary.findings = run::counts(&analysis.findings);
    statistics::recount(analysis);
    messages
}

/// The path that an input is read from, if it is there: a member of a bundle is named behind the bundle.
pub fn input_file(path: &str) -> Option<PathBuf> {
    places::real(Path::new(path)).or_else(|| places::real(Path::new(path.split_once('!')?.0)))
}
