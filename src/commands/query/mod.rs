//! `query`: SQL over the tables of a run.
//!
//! A query asks, it does not judge: findings play no part in its exit code. Inputs are read once, also for a prompt.

mod ask;
mod prompt;

use super::places::spare_the_evidence;
use super::reading::{Reading, redaction, write_map};
use super::{INCOMPLETE, OK, UNUSABLE, complain, emit, tables};
use crate::api::Outcome;
use crate::cli::{OutputFormat, QueryArgs, RunArgs};
use crate::settings::{Forms, Output, Settings};
use anyhow::{Context as _, Result, bail};
use std::io::{IsTerminal as _, Read as _, Write};
use std::path::PathBuf;
use vsscope_reports::sql::{self, Answer, Database, QueryError, catalogue};
use vsscope_reports::{LeftOut, TextOptions, text};

/// The forms of an answer.
const FORMS: Forms = Forms(&[
    OutputFormat::Text,
    OutputFormat::Csv,
    OutputFormat::Json,
    OutputFormat::Ndjson,
    OutputFormat::Parquet,
    OutputFormat::Markdown,
]);

/// How answers are shown.
#[derive(Debug, Clone)]
struct Shown {
    text: TextOptions,
    /// Most rows of a table for people.
    most: Option<usize>,
}

/// Runs a query, or the prompt, and returns the exit code.
pub fn query(args: &QueryArgs) -> Result<u8> {
    if args.list {
        return list(&args.run);
    }
    if args.run.write_baseline.is_some() || args.run.ticket || args.run.split_by.is_some() {
        bail!("query writes no baseline, no ticket and no report per host; analyze does");
    }
    let (asked, paths) = ask::split(args)?;
    let run_args = RunArgs { paths, ..args.run.clone() };
    let mut settings = Settings::of(&run_args, FORMS)?;
    settings.setup.extend(args.file.clone());
    let most = Some(args.max_rows).filter(|most| *most > 0);
    let shown = Shown { text: settings.text.clone(), most };
    let sql = match asked {
        Some(sql) => Some(sql),
        None if std::io::stdin().is_terminal() => None,
        None => Some(piped(&run_args.paths)?),
    };
    check(&settings, sql.is_some())?;
    // Logs can be large: a slip in the SQL is told before they are read.
    if let Some(Err(error)) = sql.as_deref().map(sql::check) {
        return Ok(mistake(&error, sql.as_deref().unwrap_or_default()));
    }
    let run = read(&settings)?;
    if !run.any_read {
        return Ok(UNUSABLE);
    }
    let mut database = Database::new(&run.analysis);
    let Some(sql) = sql else {
        let format = settings.outputs.first().map_or(OutputFormat::Text, |output| output.format);
        prompt::prompt(&mut database, format, &shown)?;
        return Ok(exit_code(&run));
    };
    match database.run(&sql) {
        Ok(answer) => write_all(&answer, &settings.outputs, &shown).map(|()| exit_code(&run)),
        Err(error) => Ok(mistake(&error, &sql)),
    }
}

fn mistake(error: &QueryError, sql: &str) -> u8 {
    complain(&error.told(sql));
    UNUSABLE
}

/// Reads and judges the inputs, and takes away what the filters do.
fn read(settings: &Settings) -> Result<Outcome> {
    let mut reading = Reading::of(settings)?;
    let redaction = redaction(settings, &[&reading])?;
    spare_the_evidence(settings, &reading.outcome.analysis)?;
    let left_out = reading.narrow(settings, redaction.as_ref())?;
    reading.check(redaction.as_ref())?;
    reading.notes.extend(left_out.and_then(told));
    reading.tell(settings, redaction.as_ref());
    if let Some(redaction) = redaction.filter(|_| reading.outcome.any_read) {
        let files: Vec<PathBuf> = settings.outputs.iter().filter_map(|output| output.file.clone()).collect();
        write_map(settings, &redaction, &files)?;
    }
    Ok(reading.outcome)
}

/// The tables and their columns.
fn list(args: &RunArgs) -> Result<u8> {
    let settings = Settings::without_inputs(args, FORMS)?;
    check(&settings, true)?;
    let shown = Shown { text: settings.text.clone(), most: None };
    write_all(&catalogue(), &settings.outputs, &shown)?;
    Ok(OK)
}

/// The SQL behind a pipe.
fn piped(paths: &[String]) -> Result<String> {
    if paths.iter().any(|path| path == "-") {
        bail!("standard input is the log (-), so the SQL has to be an argument or a --file");
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("failed to read the SQL from standard input")?;
    ask::decode(&bytes).context("the SQL from standard input")
}

/// Refuses outputs that make no sense, before anything is read.
fn check(settings: &Settings, has_sql: bool) -> Result<()> {
    tables::check(&settings.outputs, std::io::stdout().is_terminal())?;
    if let Some(output) =
        settings.outputs.iter().find(|output| output.table.is_some() || tables::is_folder(output))
    {
        let file = output.file.as_ref().map(|file| format!("{}: ", file.display())).unwrap_or_default();
        bail!("{file}a query gives one table, which its SQL names: no --table, and no folder");
    }
    let is_for_programs = |output: &Output| output.file.is_some() || output.format == OutputFormat::Parquet;
    if !has_sql && settings.outputs.iter().any(is_for_programs) {
        bail!("the prompt writes to the terminal; give the SQL for an --output or for parquet");
    }
    Ok(())
}

/// What a filter took out of the tables.
fn told(part: LeftOut) -> Option<String> {
    (part.sets > 0 || part.findings > 0).then(|| {
        format!(
            "the filter leaves out {} of the snapshot sets and {} of the findings that count",
            part.sets, part.findings
        )
    })
}

fn exit_code(run: &Outcome) -> u8 {
    if run.any_lost { INCOMPLETE } else { OK }
}

fn write_all(answer: &Answer, outputs: &[Output], shown: &Shown) -> Result<()> {
    for output in outputs {
        // Files are read by anything: no colour there.
        let text = TextOptions { color: shown.text.color && output.file.is_none(), ..shown.text.clone() };
        let shown = Shown { text, ..shown.clone() };
        emit(output.file.as_deref(), |out| write(answer, output.format, &shown, out))?;
    }
    Ok(())
}

/// Writes an answer in one form.
fn write(answer: &Answer, format: OutputFormat, shown: &Shown, out: &mut dyn Write) -> std::io::Result<()> {
    match format {
        OutputFormat::Json => answer.json(out),
        OutputFormat::Ndjson => answer.ndjson(out),
        OutputFormat::Csv => answer.csv(out),
        OutputFormat::Parquet => answer.parquet(out),
        OutputFormat::Markdown => {
            out.write_all(text::answer_markdown(answer, shown.most, &shown.text).as_bytes())
        }
        _ => out.write_all(text::answer(answer, shown.most, &shown.text).as_bytes()),
    }
}
