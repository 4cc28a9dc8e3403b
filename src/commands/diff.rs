//! `diff`: two runs, or two sets, side by side.

use super::places::spare_the_evidence;
use super::reading::{Reading, redaction, write_map};
use super::{FINDINGS, INCOMPLETE, OK, UNUSABLE, emit};
use crate::cli::{DiffArgs, OutputFormat};
use crate::diff::{self as compare, Side, select};
use crate::run;
use crate::settings::{Forms, Output, Settings};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use vsscope_model::{Diff, Severity};
use vsscope_reports::{TextOptions, diff as shown};

const FORMS: Forms =
    Forms(&[OutputFormat::Text, OutputFormat::Json, OutputFormat::Markdown, OutputFormat::Html]);

/// Runs `diff` and returns the exit code.
pub fn diff(args: &DiffArgs) -> Result<u8> {
    let plan = Plan::of(args)?;
    let mut settings = Settings::of(&args.of_run(), FORMS)?;
    let mut readings = Vec::new();
    for paths in plan.inputs() {
        settings.paths = paths;
        let reading = Reading::of(&settings)?;
        spare_the_evidence(&settings, &reading.outcome.analysis)?;
        readings.push(reading);
    }
    settings.paths.clone_from(&args.operands);
    let redaction = redaction(&settings, &readings.iter().collect::<Vec<_>>())?;
    readings.iter().for_each(|reading| reading.tell(&settings, redaction.as_ref()));
    if readings.iter().any(|reading| !reading.outcome.any_read) {
        return Ok(UNUSABLE);
    }
    for reading in &mut readings {
        reading.narrow(&settings, redaction.as_ref())?;
        reading.check(redaction.as_ref())?;
    }
    let mut diff = plan.compare(&readings)?;
    if let Some(names) = &redaction {
        diff.good.named = names.text(&diff.good.named);
        diff.bad.named = names.text(&diff.bad.named);
        let files: Vec<PathBuf> = settings.outputs.iter().filter_map(|output| output.file.clone()).collect();
        write_map(&settings, names, &files)?;
    }
    if settings.outputs.iter().any(|output| output.format == OutputFormat::Json) {
        diff.generated = run::generated();
    }
    for output in &settings.outputs {
        write(output, &diff, &settings.text)?;
    }
    Ok(exit_code(&diff, settings.fail_on, readings.iter().any(|reading| reading.outcome.any_lost)))
}

fn exit_code(diff: &Diff, fail_on: Option<Severity>, any_lost: bool) -> u8 {
    match (fail_on.is_some_and(|least| diff.is_worse(least)), any_lost) {
        (true, _) => FINDINGS,
        (false, true) => INCOMPLETE,
        (false, false) => OK,
    }
}

fn write(output: &Output, diff: &Diff, text: &TextOptions) -> Result<()> {
    let text = TextOptions { color: text.color && output.file.is_none(), ..text.clone() };
    emit(output.file.as_deref(), |out| {
        let written = match output.format {
            OutputFormat::Json => shown::json(diff),
            OutputFormat::Markdown => shown::markdown(diff, text.tz),
            OutputFormat::Html => shown::html(diff, text.tz),
            // The other forms were refused.
            _ => vsscope_reports::text::diff(diff, &text),
        };
        out.write_all(written.as_bytes())
    })
}

/// One side as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Operand {
    typed: String,
    /// The input; absent if only a set was named.
    path: Option<String>,
    set: Option<String>,
}

impl Operand {
    fn of(typed: &str) -> Self {
        let operand = |path: Option<&str>, set: Option<&str>| Operand {
            typed: typed.to_owned(),
            path: path.map(str::to_owned),
            set: set.map(str::to_owned),
        };
        // A file may have the sign in its name.
        if Path::new(typed).exists() {
            return operand(Some(typed), None);
        }
        match typed.rsplit_once('#') {
            Some((path, set)) if is_input(path) && !set.is_empty() => operand(Some(path), Some(set)),
            _ if is_input(typed) => operand(Some(typed), None),
            _ => operand(None, Some(typed)),
        }
    }
}

/// Whether this is an input: the standard input, a path that is there, or a pattern.
fn is_input(typed: &str) -> bool {
    typed == "-" || Path::new(typed).exists() || typed.contains(['*', '?', '['])
}

/// What is to be compared.
enum Plan {
    /// Two inputs, or sets of them.
    Two(Operand, Operand),
    /// Two sets of the same inputs.
    Sets(String, String, Vec<String>),
    /// A set of the inputs and the last good one before it.
    LastGood(Option<String>, Vec<String>),
}

impl Plan {
    fn of(args: &DiffArgs) -> Result<Self> {
        let operands: Vec<Operand> = args.operands.iter().map(|typed| Operand::of(typed)).collect();
        let paths = |operands: &[Operand]| -> Vec<String> {
            operands.iter().map(|operand| operand.typed.clone()).collect()
        };
        if args.last_good {
            return match &operands[..] {
                [Operand { path: None, set: Some(bad), .. }, rest @ ..] if !rest.is_empty() => {
                    Ok(Plan::LastGood(Some(bad.clone()), paths(rest)))
                }
                [Operand { path: Some(path), set: Some(bad), .. }] => {
                    Ok(Plan::LastGood(Some(bad.clone()), vec![path.clone()]))
                }
                all => Ok(Plan::LastGood(None, paths(all))),
            };
        }
        match &operands[..] {
            [Operand { path: None, typed: good, .. }, Operand { path: None, typed: bad, .. }, rest @ ..]
                if !rest.is_empty() =>
            {
                Ok(Plan::Sets(good.clone(), bad.clone(), paths(rest)))
            }
            [good, bad] => {
                if let Some(side) = [good, bad].into_iter().find(|side| side.path.is_none()) {
                    bail!(
                        "{}: no such file or folder; a set is named as PATH#SET, or both sets with the PATHs behind them",
                        side.typed
                    );
                }
                Ok(Plan::Two(good.clone(), bad.clone()))
            }
            [_] => bail!("two sides are needed: vsscope diff GOOD BAD"),
            _ => bail!("GOOD and BAD are paths: only sets that are named by id alone take further PATHs"),
        }
    }

    /// The paths of each run that is needed.
    fn inputs(&self) -> Vec<Vec<String>> {
        match self {
            Plan::Two(good, bad) => {
                let paths = |operand: &Operand| operand.path.iter().cloned().collect();
                // A run that is compared with itself is read once.
                if good.path == bad.path { vec![paths(good)] } else { vec![paths(good), paths(bad)] }
            }
            Plan::Sets(_, _, paths) | Plan::LastGood(_, paths) => vec![paths.clone()],
        }
    }

    fn compare(&self, runs: &[Reading]) -> Result<Diff> {
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { bail!("nothing was read") };
        let (first, last) = (&first.outcome.analysis, &last.outcome.analysis);
        match self {
            Plan::Two(good, bad) => {
                let side = |operand: &Operand, analysis| {
                    let set = operand.set.as_deref().map(|set| select::by_id(analysis, set)).transpose()?;
                    anyhow::Ok(Side { analysis, named: operand.typed.clone(), set })
                };
                Ok(compare::diff(&side(good, first)?, &side(bad, last)?))
            }
            Plan::Sets(good, bad, _) => sets(first, select::by_id(first, good)?, select::by_id(first, bad)?),
            Plan::LastGood(bad, _) => {
                let bad = match bad {
                    Some(bad) => select::by_id(first, bad)?,
                    None => select::newest_failed(first)?,
                };
                sets(first, select::last_good(first, bad)?, bad)
            }
        }
    }
}

/// Compares two sets of one run.
fn sets(analysis: &vsscope_model::Analysis, good: usize, bad: usize) -> Result<Diff> {
    let side = |at: usize| {
        let named = analysis.sets.get(at).map(|set| format!("set {}", set.id)).unwrap_or_default();
        Side { analysis, named, set: Some(at) }
    };
    Ok(compare::diff(&side(good), &side(bad)))
}
