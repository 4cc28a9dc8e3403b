//! The outputs of a run: one each, or one per host and a summary; checked before the first is written where names are replaced.

use super::inspect::View;
use super::output::{self, Shown};
use super::{emit, tables};
use crate::cli::OutputFormat;
use crate::redact::{Redaction, Template, survived};
use crate::settings::Output;
use crate::split;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;
use vsscope_reports::TextOptions;
use vsscope_reports::hosts::{self, Row};

/// One file, or one folder of tables, that is to be written.
pub struct Piece {
    /// Where to and in which form.
    pub output: Output,
    /// The host that it is about; everything without one.
    pub host: Option<usize>,
}

/// What is to be written.
pub struct Batch {
    view: View,
    /// The hosts, and what stands for them in names of files; empty where nothing is split.
    hosts: Vec<(String, String)>,
    pieces: Vec<Piece>,
}

impl Batch {
    /// The outputs, each once per host if they are to be split.
    pub fn of(view: View, outputs: &[Output], by_host: bool, analysis: &Analysis) -> Self {
        let names = if by_host { split::hosts(analysis) } else { Vec::new() };
        let files = split::file_names(&names);
        let hosts: Vec<(String, String)> = names.into_iter().zip(files).collect();
        // Host by host, so that one part of the analysis is in memory at a time.
        let of_hosts = hosts.iter().enumerate().flat_map(|(host, (_, name))| {
            outputs.iter().map(move |output| Piece { output: named(view, output, name), host: Some(host) })
        });
        let pieces =
            of_hosts.chain(outputs.iter().map(|output| Piece { output: output.clone(), host: None }));
        Batch { view, pieces: pieces.collect(), hosts }
    }

    /// Every file that is to be written.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.pieces.iter().flat_map(|piece| tables::files(&piece.output))
    }

    /// Writes everything.
    pub fn write(&self, shown: &Shown<'_>) -> Result<()> {
        self.each(shown, &mut |output, content| match content {
            Content::View(shown) => output::write(self.view, output, shown),
            Content::Text(text) => emit(output.file.as_deref(), |out| out.write_all(text.as_bytes())),
        })
    }

    /// Looks for names in everything that is to be written. Nothing is written.
    pub fn check(&self, shown: &Shown<'_>, redaction: &Redaction) -> Result<()> {
        let blank = Redaction::blank(shown.analysis)?;
        redaction.check_analysis(shown.analysis, &blank)?;
        let blank = Shown { analysis: &blank, ..*shown };
        self.each(shown, &mut |output, content| {
            let mut template = Template::default();
            template.add(&output::rendered(self.view, output, &blank)?);
            let bytes = match content {
                Content::View(shown) => output::rendered(self.view, output, shown)?,
                Content::Text(text) => {
                    template.add(summary(output, &[], shown).as_bytes());
                    text.clone().into_bytes()
                }
            };
            if let Err(survivor) = redaction.check(&bytes, &template) {
                bail!("{}", survived(survivor, &format!("the output in the form {}", output.format.name())));
            }
            Ok(())
        })
    }

    /// Hands out every output with what it is to hold.
    fn each(
        &self,
        shown: &Shown<'_>,
        take: &mut dyn FnMut(&Output, Content<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut briefs: Vec<Analysis> = Vec::new();
        for (at, (host, _)) in self.hosts.iter().enumerate() {
            let mut part = split::of_host(shown.analysis, host);
            let shown = Shown { analysis: &part, ..*shown };
            for piece in self.pieces.iter().filter(|piece| piece.host == Some(at)) {
                take(&piece.output, Content::View(&shown))?;
            }
            // The summary needs no more than sets and counts.
            part.events = Vec::new();
            briefs.push(part);
        }
        for piece in self.pieces.iter().filter(|piece| piece.host.is_none()) {
            if self.hosts.is_empty() || !self.has_summary(&piece.output) {
                take(&piece.output, Content::View(shown))?;
                continue;
            }
            let files: Vec<String> =
                self.hosts.iter().map(|(_, name)| self.file_of(&piece.output, name)).collect();
            let row = |((host, _), (analysis, file))| {
                let (host, file): (&String, &String) = (host, file);
                Row { host, analysis, file, left_out: shown.text.left_out }
            };
            let rows: Vec<Row<'_>> = self
                .hosts
                .iter()
                .map(|(host, name)| (host, name))
                .zip(briefs.iter().zip(&files))
                .map(row)
                .collect();
            take(&piece.output, Content::Text(&summary(&piece.output, &rows, shown)))?;
        }
        Ok(())
    }

    /// Whether people read the form: they get a line per host. Programs get the whole.
    fn has_summary(&self, output: &Output) -> bool {
        self.view == View::Analyze
            && matches!(output.format, OutputFormat::Text | OutputFormat::Markdown | OutputFormat::Html)
    }

    fn file_of(&self, output: &Output, name: &str) -> String {
        let file = named(self.view, output, name).file.unwrap_or_default();
        file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// What an output holds.
enum Content<'a> {
    View(&'a Shown<'a>),
    Text(&'a String),
}

fn summary(output: &Output, rows: &[Row<'_>], shown: &Shown<'_>) -> String {
    let text = TextOptions { color: false, ..shown.text.clone() };
    let options = shown.options(&text);
    match output.format {
        OutputFormat::Html => hosts::html(rows, &options),
        OutputFormat::Markdown => hosts::markdown(rows),
        _ => hosts::text(rows, &text),
    }
}

/// The output of a host: `report.html` becomes `report.SRV1.html`, a folder `tables` becomes `tables.SRV1`.
fn named(view: View, output: &Output, host: &str) -> Output {
    let of = |file: &PathBuf| {
        if tables::is_folder(output) {
            let mut folder = file.components().as_path().as_os_str().to_owned();
            folder.push(format!(".{host}{}", std::path::MAIN_SEPARATOR));
            return PathBuf::from(folder);
        }
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let name = match file.extension() {
            Some(extension) => format!("{stem}.{host}.{}", extension.to_string_lossy()),
            None => format!("{stem}.{host}"),
        };
        file.with_file_name(name)
    };
    // The table that the file is named after stays the table.
    let pinned = output.format.is_tables() && !tables::is_folder(output);
    let table = if pinned { Some(tables::of(view, output)) } else { output.table };
    Output { file: output.file.as_ref().map(of), table, ..output.clone() }
}

/// Writes the mapping of a redaction for nobody else to read.
pub fn write_map(file: &Path, redaction: &Redaction) -> Result<()> {
    private(file)?;
    emit(Some(file), |out| out.write_all(redaction.map_json().as_bytes()))
}

/// The file is there, and only its owner may read it; what is written in its place keeps that.
#[cfg(unix)]
fn private(file: &Path) -> Result<()> {
    use anyhow::Context as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let context = || format!("failed to write {}", file.display());
    let options = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file);
    let file = options.with_context(context)?;
    if file.metadata().with_context(context)?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).with_context(context)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_file: &Path) -> Result<()> {
    Ok(())
}
