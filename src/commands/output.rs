//! From what a run shows to the files and forms that were asked for.

use super::inspect::View;
use super::{emit, pager, tables};
use crate::cli::OutputFormat;
use crate::knowledge;
use crate::settings::Output;
use anyhow::Result;
use std::io::{self, Write};
use vsscope_model::{Analysis, Event, Severity};
use vsscope_reports::tables::{csv, parquet};
use vsscope_reports::{
    ReportOptions, RuleDoc, TextOptions, github, html, junit, markdown, mermaid, sarif, timesketch,
};

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The analysis, filtered.
    pub analysis: &'a Analysis,
    /// What the rules say of themselves.
    pub rules: &'a [RuleDoc],
    /// How text is laid out; the zone and what a filter left out hold for every form.
    pub text: &'a TextOptions,
    /// Whether Markdown is the short form.
    pub ticket: bool,
    /// Whether text may be shown through a pager.
    pub pager: bool,
    /// From which severity on the run fails.
    pub fail_on: Option<Severity>,
}

impl<'a> Shown<'a> {
    /// What every report needs. A run that fails by nothing still has errors as failed tests.
    pub fn options(&self, text: &TextOptions) -> ReportOptions<'a> {
        let fail_on = self.fail_on.unwrap_or(Severity::Error);
        ReportOptions { rules: self.rules, tz: text.tz, left_out: text.left_out, fail_on }
    }
}

/// Writes one output.
pub fn write(view: View, output: &Output, shown: &Shown<'_>) -> Result<()> {
    if tables::is_folder(output) {
        return tables::write_folder(output, shown.analysis);
    }
    let is_paged = shown.pager && output.file.is_none() && output.format == OutputFormat::Text;
    if is_paged && pager::show(&String::from_utf8_lossy(&rendered(view, output, shown)?)) {
        return Ok(());
    }
    emit(output.file.as_deref(), |out| render(view, output, shown, out))
}

/// What would be written: the bytes of the output, of all tables for a folder.
pub fn rendered(view: View, output: &Output, shown: &Shown<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match tables::is_folder(output) {
        true => tables::render_folder(output, shown.analysis, &mut bytes)?,
        false => render(view, output, shown, &mut bytes)?,
    }
    Ok(bytes)
}

fn render(view: View, output: &Output, shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = shown.analysis;
    // Files are read by anything: no colour there.
    let text = TextOptions { color: shown.text.color && output.file.is_none(), ..shown.text.clone() };
    let options = shown.options(&text);
    let written = match (view, output.format) {
        (View::Events, OutputFormat::Ndjson | OutputFormat::Json) | (_, OutputFormat::Ndjson) => {
            return vsscope_reports::events_ndjson(&analysis.events, out);
        }
        (_, OutputFormat::Json) => vsscope_reports::analysis_json(analysis, true),
        (View::Analyze, OutputFormat::Text) => vsscope_reports::analyze(analysis, &text),
        (View::Timeline, OutputFormat::Text) => vsscope_reports::timeline(analysis, None, &text),
        (View::Events, OutputFormat::Text) => {
            let told = |event: &Event| text.verbose.then(|| knowledge::events::message(event)).flatten();
            vsscope_reports::events_told(&analysis.events, &told, &text)
        }
        (_, OutputFormat::Csv) => return csv::write(&tables::of(view, output).frame(analysis), out),
        (_, OutputFormat::Parquet) => {
            let table = tables::of(view, output);
            return parquet::write(table, &mut table.frame(analysis), out);
        }
        (_, OutputFormat::Markdown) if shown.ticket => markdown::ticket(analysis, &options),
        (_, OutputFormat::Markdown) => markdown::report(analysis, &options),
        (_, OutputFormat::Html) => html::report(analysis, &options),
        (_, OutputFormat::Sarif) => sarif::report(analysis, &options),
        (_, OutputFormat::Junit) => junit::report(analysis, &options),
        (_, OutputFormat::Github) => github::annotations(analysis, &options),
        (_, OutputFormat::Timesketch) => timesketch::jsonl(analysis, &options),
        (_, OutputFormat::TimesketchCsv) => timesketch::csv(analysis, &options),
        (_, OutputFormat::Mermaid) => mermaid::gantt(analysis, &options),
        (_, OutputFormat::MermaidSequence) => mermaid::sequence(analysis, &options),
    };
    out.write_all(written.as_bytes())
}
