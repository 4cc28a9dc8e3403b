//! `show`: the raw record behind a piece of evidence.

use super::{INCOMPLETE, OK, UNUSABLE, complain, emit};
use crate::cli::{OutputFormat, ShowArgs, ShowFormat};
use crate::run;
use crate::settings::{Forms, Settings};
use crate::show::{Reference, is_numbered, named};
use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::sync::Arc;
use vsscope_model::{Analysis, Evidence, RawRecord, Shown, ShownFinding, ShownRecord, Spot};
use vsscope_parsers::raw::Opened;
use vsscope_reports::show as shown;

/// Runs `show` and returns the exit code.
pub fn show(args: &ShowArgs) -> Result<u8> {
    let reference = Reference::of(&args.reference)?;
    let paths = paths(args, &reference)?;
    let settings = Settings::of(&args.of_run(paths), Forms(&[OutputFormat::Text]))?;
    let mut found = Found { shown: blank(&args.reference), missing: Vec::new() };
    match &reference {
        Reference::Finding(id) => found.evidence_of(id, &settings, args)?,
        Reference::Place(name, spot) => {
            let inputs = Inputs::open(&settings)?;
            let name = match inputs.one(name) {
                Err(error) if is_numbered(name, 'i') => path_of(name, &settings)?.with_context(|| error)?,
                other => other?,
            };
            found.add(&inputs, &name, spot, None, args, &settings)?;
        }
    }
    for missing in &found.missing {
        complain(missing);
    }
    if found.shown.records.is_empty() {
        return Ok(UNUSABLE);
    }
    let written = match args.format {
        ShowFormat::Text => shown::text(&found.shown),
        ShowFormat::Json => shown::json(&found.shown),
    };
    emit(None, |out| out.write_all(written.as_bytes()))?;
    Ok(if found.missing.is_empty() { OK } else { INCOMPLETE })
}

fn blank(reference: &str) -> Shown {
    Shown { schema: Shown::SCHEMA, reference: reference.to_owned(), finding: None, records: Vec::new() }
}

/// Where to look: the paths that were given, else the file that the reference names.
fn paths(args: &ShowArgs, reference: &Reference) -> Result<Vec<String>> {
    if !args.paths.is_empty() {
        return Ok(args.paths.clone());
    }
    let Reference::Place(name, _) = reference else {
        bail!("{}: name the PATHs whose analysis has this finding", args.reference)
    };
    let file = |name: &str| Path::new(name).is_file();
    let archive = name.split_once('!').map(|(archive, _)| archive).filter(|archive| file(archive));
    match (file(name), archive) {
        (true, _) => Ok(vec![name.clone()]),
        (false, Some(archive)) => Ok(vec![archive.to_owned()]),
        (false, None) => bail!("{name}: no such file; name the PATHs to look in"),
    }
}

/// The analysis that numbers inputs and findings. The standard input is gone once it was read.
fn analysis(settings: &Settings) -> Result<Analysis> {
    if settings.paths.iter().any(|path| path == "-") {
        bail!("the standard input can be read only once: name a file to look up findings and ids of inputs");
    }
    Ok(run::run(settings, None)?.analysis)
}

/// The path of an input by its id.
fn path_of(id: &str, settings: &Settings) -> Result<Option<Arc<str>>> {
    let analysis = analysis(settings)?;
    Ok(analysis.inputs.iter().find(|input| input.id == id).map(|input| Arc::clone(&input.path)))
}

/// The inputs, each with the names that reports have for it.
struct Inputs(Vec<(Opened, Vec<Arc<str>>)>);

impl Inputs {
    fn open(settings: &Settings) -> Result<Self> {
        let discovery = vsscope_parsers::discover(&settings.paths);
        for problem in &discovery.problems {
            complain(&format!("{}: {}", problem.path, problem.message));
        }
        let mut inputs = Vec::new();
        for source in &discovery.inputs {
            match Opened::open(source) {
                Ok(opened) => {
                    let names = opened.names();
                    inputs.push((opened, names));
                }
                Err(error) => complain(&format!("{}: {error}", source.path)),
            }
        }
        Ok(Inputs(inputs))
    }

    fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().flat_map(|(_, names)| names)
    }

    /// The one input of this name.
    fn one(&self, name: &str) -> Result<Arc<str>> {
        if let Some(same) = self.names().find(|path| ***path == *name) {
            return Ok(Arc::clone(same));
        }
        match named(self.names(), name)[..] {
            [only] => Ok(Arc::clone(only)),
            [] => bail!("{name}: no input of this name"),
            ref several => {
                let paths: Vec<&str> = several.iter().map(|path| &***path).collect();
                bail!("{name} can be several inputs: {}", paths.join(", "))
            }
        }
    }

    fn find(&self, name: &str, spot: &Spot, args: &ShowArgs, settings: &Settings) -> Result<Vec<RawRecord>> {
        let opened = self.0.iter().find(|(_, names)| names.iter().any(|path| **path == *name));
        let Some((opened, _)) = opened else { return Ok(Vec::new()) };
        opened
            .find(name, spot, usize::from(args.context), &settings.read)
            .with_context(|| format!("failed to read {name}"))
    }
}

/// What was found, and what was not.
struct Found {
    shown: Shown,
    missing: Vec<String>,
}

impl Found {
    fn evidence_of(&mut self, id: &str, settings: &Settings, args: &ShowArgs) -> Result<()> {
        let analysis = analysis(settings)?;
        let Some(finding) = analysis.findings.iter().find(|finding| finding.id == id) else {
            bail!("{id}: no such finding; the analysis has {}", analysis.findings.len())
        };
        self.shown.finding = Some(ShownFinding {
            id: finding.id.clone(),
            rule: finding.rule.clone(),
            title: finding.title.clone(),
        });
        let inputs = Inputs::open(settings)?;
        for evidence in &finding.evidence {
            let input = analysis.inputs.iter().find(|input| input.id == evidence.input);
            let path = input.map_or(&*evidence.input, |input| &*input.path);
            // The text of a piece of evidence begins with its time.
            let near = evidence.text.split(' ').next().and_then(|time| time.parse().ok());
            let spot = Spot { record: evidence.record, line: evidence.line, offset: evidence.offset, near };
            self.add(&inputs, path, &spot, Some(evidence), args, settings)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        inputs: &Inputs,
        path: &str,
        spot: &Spot,
        evidence: Option<&Evidence>,
        args: &ShowArgs,
        settings: &Settings,
    ) -> Result<()> {
        let records = inputs.find(path, spot, args, settings)?;
        if records.is_empty() {
            self.missing.push(format!("{path}: nothing there at {}", words(spot)));
        }
        let shown = records.into_iter().map(|record| ShownRecord { evidence: evidence.cloned(), record });
        self.shown.records.extend(shown);
        Ok(())
    }
}

fn words(spot: &Spot) -> String {
    let parts = [
        spot.line.map(|line| format!("line {line}")),
        spot.record.map(|record| format!("record {record}")),
        spot.offset.map(|offset| format!("offset {offset:#x}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
