//! What the arguments mean: times with zones, filters, output files and forms.

use crate::baseline::Baseline;
use crate::cli::{FailOn, Level, OutputFormat, RunArgs, When};
use crate::config::Config;
use crate::redact::Key;
use crate::rules::lookup;
use crate::window::{Moment, window};
use anyhow::{Context as _, Result, bail};
use chrono_tz::Tz;
use clap::ValueEnum as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vsscope_model::Severity;
use vsscope_parsers::trace::Profile;
use vsscope_parsers::{Format, ReadOptions};
use vsscope_reports::TextOptions;
use vsscope_reports::tables::Table;

/// A run, fully worked out.
#[derive(Debug)]
pub struct Settings {
    /// What to read.
    pub paths: Vec<String>,
    /// How to read it.
    pub read: ReadOptions,
    /// What the user decided about the rules.
    pub config: Config,
    /// Findings that are known.
    pub baseline: Option<Baseline>,
    /// Where the findings of the run are to be written as known.
    pub write_baseline: Option<PathBuf>,
    /// Files that were read to set the run up; no output may replace them.
    pub setup: Vec<PathBuf>,
    /// What to show.
    pub filter: Filter,
    /// Where to and in which form; never empty.
    pub outputs: Vec<Output>,
    /// Whether Markdown is the short form for a ticket.
    pub ticket: bool,
    /// How names are replaced, if they are.
    pub redact: Option<Redact>,
    /// Whether every output is written once per host.
    pub by_host: bool,
    /// Where what was read is kept.
    pub state: Option<PathBuf>,
    /// Options of text output to standard output.
    pub text: TextOptions,
    /// From which severity on the run fails.
    pub fail_on: Option<Severity>,
    /// Threads; 0 is one per processor.
    pub threads: usize,
    /// Messages on standard error.
    pub quiet: bool,
    /// Progress bar.
    pub progress: bool,
    /// Whether text for a terminal may be shown through a pager.
    pub pager: bool,
}

/// How names are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redact {
    /// The key; without it the names give one.
    pub key: Option<Key>,
    /// Where the mapping is written.
    pub map: Option<PathBuf>,
}

impl Redact {
    fn of(args: &RunArgs) -> Result<Option<Self>> {
        if !args.names.redact {
            return Ok(None);
        }
        if args.write_baseline.is_some() {
            bail!(
                "--write-baseline: a baseline knows findings by the names in them; write it without --redact"
            );
        }
        let key = args.names.redact_key.as_deref().map(Key::load).transpose()?;
        Ok(Some(Redact { key, map: args.names.redact_map.clone() }))
    }
}

/// One output of a run.
#[derive(Debug, Clone)]
pub struct Output {
    /// The file; standard output without one.
    pub file: Option<PathBuf>,
    /// Its form.
    pub format: OutputFormat,
    /// For tables: the one that was asked for by name.
    pub table: Option<&'static Table>,
}

/// What to show of a run. Everything is read and judged first, so that a filter never changes a verdict.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// From when.
    pub since: Option<Moment>,
    /// Until when.
    pub until: Option<Moment>,
    /// Host.
    pub host: Option<String>,
    /// Set id or its beginning.
    pub set: Option<String>,
    /// Writer name or class id.
    pub writer: Option<String>,
    /// Rules.
    pub rules: Vec<String>,
    /// Least severity.
    pub severity: Option<Severity>,
}

/// Which forms a command can write.
#[derive(Debug, Clone, Copy)]
pub struct Forms(pub &'static [OutputFormat]);

impl Settings {
    /// Works out the arguments of a run for a command with these forms of output.
    pub fn of(args: &RunArgs, forms: Forms) -> Result<Self> {
        if args.paths.is_empty() {
            bail!(
                "no input: name a log file, a folder or a bundle, or - for standard input (see vsscope --help)"
            );
        }
        Self::without_inputs(args, forms)
    }

    /// The same for a run that reads nothing.
    pub fn without_inputs(args: &RunArgs, forms: Forms) -> Result<Self> {
        let tz = zone("--tz", &args.tz)?;
        let input_tz = args.read.input_tz.as_deref().map(|name| zone("--input-tz", name)).transpose()?;
        let read_as = args.read.read_as.as_deref().map(str::parse::<Format>).transpose();
        let format = read_as.map_err(|e| anyhow::anyhow!("--as: {e}"))?;
        let config = Config::load(args.read.config.as_deref(), &args.read.rules)?;
        for rule in &args.rule {
            let is_own = config.policy.rules.iter().any(|own| own.id.eq_ignore_ascii_case(rule));
            if !is_own && lookup::by_id(rule).is_none() {
                bail!("--rule: {}", lookup::unknown(rule));
            }
        }
        let outputs = outputs(args, forms)?;
        if args.split_by.is_some() && outputs.iter().any(|output| output.file.is_none()) {
            bail!("--split-by: there is no file to split; name one with --output");
        }
        let (since, until) = window(args, tz)?;
        let is_terminal = std::io::stdout().is_terminal();
        Ok(Settings {
            paths: args.paths.clone(),
            read: ReadOptions {
                format,
                zone: input_tz,
                profiles: profiles(&args.read.trace_profile)?,
                carve: args.read.carve,
                no_skip: args.read.no_skip,
            },
            config,
            baseline: args.baseline.as_deref().map(Baseline::load).transpose()?,
            write_baseline: args.write_baseline.clone(),
            setup: [&args.read.rules, &args.read.trace_profile]
                .into_iter()
                .flatten()
                .chain(&args.read.config)
                .chain(&args.names.redact_key)
                .cloned()
                .collect(),
            filter: Filter {
                since,
                until,
                host: args.host.clone(),
                set: args.set.clone(),
                writer: args.writer.clone(),
                rules: args.rule.clone(),
                severity: args.severity.map(severity),
            },
            outputs,
            ticket: args.ticket,
            redact: Redact::of(args)?,
            by_host: args.split_by.is_some(),
            state: args.state.clone(),
            text: TextOptions {
                width: width(args.look.width),
                color: is_coloured(args.look.color, is_terminal),
                ascii: args.look.ascii,
                tz,
                verbose: args.look.verbose,
                left_out: None,
            },
            fail_on: match args.fail_on {
                FailOn::Error => Some(Severity::Error),
                FailOn::Warning => Some(Severity::Warning),
                FailOn::Info => Some(Severity::Info),
                FailOn::Never => None,
            },
            threads: usize::from(args.threads.unwrap_or(0)),
            quiet: args.look.quiet,
            progress: !args.look.quiet && !args.look.no_progress && std::io::stderr().is_terminal(),
            pager: !args.look.quiet && !args.no_pager && is_terminal,
        })
    }
}

fn zone(option: &str, name: &str) -> Result<Tz> {
    name.parse().ok().with_context(|| {
        format!("{option}: {name:?} is not a time zone of the IANA database (for example Europe/Berlin)")
    })
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Info => Severity::Info,
        Level::Warning => Severity::Warning,
        Level::Error => Severity::Error,
    }
}

/// Whether to colour: the option, else `NO_COLOR` (no-color.org), else whether a terminal shows it.
pub fn is_coloured(when: When, is_terminal: bool) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => is_terminal && !no_color,
    }
}

/// The option, else what the terminal says of itself, else 100.
pub fn width(option: Option<u16>) -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse::<u16>().ok().filter(|n| (40..=1000).contains(n));
    let terminal = || terminal_size::terminal_size().map(|(width, _)| width.0.max(40));
    usize::from(option.or_else(columns).or_else(terminal).unwrap_or(100))
}

/// The outputs: every `--output` in the form that it names, else of `--format`, else of its extension.
fn outputs(args: &RunArgs, forms: Forms) -> Result<Vec<Output>> {
    let check = |format: OutputFormat| match forms.0.contains(&format) {
        true => Ok(format),
        false => Err(anyhow::anyhow!(
            "this command cannot write {}; it can write {}",
            format.name(),
            forms.0.iter().map(|form| form.name()).collect::<Vec<_>>().join(", ")
        )),
    };
    let table = args.table.as_deref().and_then(vsscope_reports::tables::table);
    let default = match table {
        _ if args.ticket => OutputFormat::Markdown,
        Some(_) => OutputFormat::Csv,
        None => OutputFormat::Text,
    };
    if args.output.is_empty() {
        let format = check(args.format.unwrap_or(default))?;
        return Ok(vec![Output { file: None, format, table }]);
    }
    args.output
        .iter()
        .map(|output| {
            let (named, file) = named_form(output);
            let place = || format!("--output {}", output.display());
            if file.as_os_str().is_empty() {
                return Err(anyhow::anyhow!("the name of the file is missing")).with_context(place);
            }
            let format = match named.or(args.format).or_else(|| by_extension(&file)) {
                Some(format) => format,
                None => no_form(&file, default).with_context(place)?,
            };
            let format = check(format).with_context(place)?;
            let is_folder = file.is_dir() || file.to_string_lossy().ends_with(std::path::is_separator);
            if is_folder && !format.is_tables() {
                return Err(anyhow::anyhow!("only csv and parquet fill a folder: csv={}", file.display()))
                    .with_context(place);
            }
            // As for inputs, - is no name of a file.
            let file = Some(file).filter(|file| file.as_os_str() != "-");
            Ok(Output { file, format, table })
        })
        .collect::<Result<Vec<Output>>>()
        .and_then(|outputs| match outputs.iter().filter(|output| output.file.is_none()).count() {
            0 | 1 => Ok(outputs),
            _ => bail!("--output -: standard output takes one form"),
        })
}

/// `junit=report.xml` is a form and a file.
fn named_form(output: &Path) -> (Option<OutputFormat>, PathBuf) {
    let split = output.to_str().and_then(|text| {
        let (name, file) = text.split_once('=')?;
        Some((OutputFormat::from_str(name, false).ok()?, PathBuf::from(file)))
    });
    match split {
        Some((format, file)) => (Some(format), file),
        None => (None, output.to_owned()),
    }
}

/// The form of a file whose name says none: text, unless the name looks as if it should say one.
fn no_form(file: &Path, default: OutputFormat) -> Result<OutputFormat> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some(extension) = file.extension() {
        let extension = extension.to_string_lossy();
        bail!("no form has the extension {extension:?}; name one: text={}", file.display());
    }
    if OutputFormat::from_str(name, true).is_ok() {
        bail!("{name:?} is a form and no file: --format {name}, or --output {name}=FILE");
    }
    Ok(default)
}

fn by_extension(file: &Path) -> Option<OutputFormat> {
    let extension = file.extension()?.to_str()?.to_ascii_lowercase();
    Some(match extension.as_str() {
        "txt" | "text" | "log" => OutputFormat::Text,
        "json" => OutputFormat::Json,
        "ndjson" | "jsonl" => OutputFormat::Ndjson,
        "csv" => OutputFormat::Csv,
        "parquet" => OutputFormat::Parquet,
        "md" | "markdown" => OutputFormat::Markdown,
        "html" | "htm" => OutputFormat::Html,
        "sarif" => OutputFormat::Sarif,
        "xml" => OutputFormat::Junit,
        "mmd" | "mermaid" => OutputFormat::Mermaid,
        _ => return None,
    })
}

/// The layouts of traces that the user described.
fn profiles(files: &[PathBuf]) -> Result<Arc<[Profile]>> {
    let mut profiles = Vec::new();
    for file in files {
        let place = || format!("--trace-profile {}", file.display());
        let text = std::fs::read_to_string(file).with_context(place)?;
        profiles.extend(
            Profile::from_toml(&text).map_err(|error| anyhow::anyhow!("{error}")).with_context(place)?,
        );
    }
    Ok(profiles.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_where_the_option_is_absent() {
        let args = RunArgs { output: vec!["a.json".into(), "b.txt".into()], ..RunArgs::default() };
        let all = Forms(&[OutputFormat::Text, OutputFormat::Json]);
        let formats: Vec<_> = outputs(&args, all).expect("outputs").into_iter().map(|o| o.format).collect();
        assert_eq!(formats, [OutputFormat::Json, OutputFormat::Text]);
        assert!(outputs(&args, Forms(&[OutputFormat::Text])).is_err());
    }
}
