//! The library: inputs in, an analysis out. No output, no clock, no environment; what is on disk is only read.

use crate::rules::Policy;
use crate::run::judge;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vsscope_model::{Analysis, InputReport, IssueKind};
use vsscope_parsers::{Discovery, Problem, Progress, ReadOptions, Source, discover, read, read_bytes};

/// Where evidence comes from. Made from paths (`&str`, `String`, `&Path`, `PathBuf`), from a name with bytes, and from an
/// [`InputReport`].
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// What the command line takes: a file, a folder (walked, links not followed), a pattern (`*`, `?`, `[…]`, `{…}`), a zip
    /// bundle; `-` is the standard input. What is reached in several ways is read once.
    Path(String),
    /// A log or a zip bundle in memory.
    Bytes {
        /// The name under which it is reported; told apart from all others.
        name: String,
        /// The content.
        bytes: Vec<u8>,
    },
    /// What was read before, for instance by [`vsscope_parsers::read`].
    Report(Box<InputReport>),
}

impl From<&str> for Origin {
    fn from(path: &str) -> Self {
        Origin::Path(path.to_owned())
    }
}

impl From<String> for Origin {
    fn from(path: String) -> Self {
        Origin::Path(path)
    }
}

impl From<&String> for Origin {
    fn from(path: &String) -> Self {
        Origin::Path(path.clone())
    }
}

/// A path that is not Unicode cannot be reported, and is not found.
impl From<&Path> for Origin {
    fn from(path: &Path) -> Self {
        Origin::Path(path.to_string_lossy().into_owned())
    }
}

impl From<PathBuf> for Origin {
    fn from(path: PathBuf) -> Self {
        Origin::from(path.as_path())
    }
}

impl<N: Into<String>> From<(N, Vec<u8>)> for Origin {
    fn from((name, bytes): (N, Vec<u8>)) -> Self {
        Origin::Bytes { name: name.into(), bytes }
    }
}

impl From<InputReport> for Origin {
    fn from(report: InputReport) -> Self {
        Origin::Report(Box::new(report))
    }
}

/// How to read and judge. The default is what the program does without options.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Format, zone of times that have none, layouts of traces.
    pub read: ReadOptions,
    /// Thresholds, severities and own rules; [`crate::config::Config`] reads them from a `vsscope.toml`.
    pub policy: Policy,
    /// Threads for reading; 0 is one per processor. The result does not depend on it.
    pub threads: usize,
}

/// What came of it. Unreadable inputs are no error: they are [`Outcome::problems`], and the rest is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The analysis; [`Analysis::generated`] is left empty.
    pub analysis: Analysis,
    /// Inputs that could not be read at all, and why.
    pub problems: Vec<Problem>,
    /// Whether anything could be read.
    pub any_read: bool,
    /// Whether a part of the inputs is lost: a problem, or an [issue](vsscope_model::Issue) of an input that was read.
    pub any_lost: bool,
}

/// Why nothing was analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There was nothing to analyse.
    #[error("no input was named")]
    NoInput,
    /// Two inputs have this name, so that evidence could not say where it is from.
    #[error("two inputs have the name {0:?}")]
    SameName(String),
    /// The threads for reading could not be started.
    #[error("failed to start threads")]
    Threads(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads inputs, rebuilds the timelines of their snapshot sets and judges them. The order of the inputs does not matter.
///
/// ```
/// let bytes = std::fs::read("fixtures/samples/freeze-window-long.nxlog.json")?;
/// let outcome = vsscope::analyze([("SRV1.json", bytes)], &vsscope::Options::default())?;
/// assert_eq!(&*outcome.analysis.inputs[0].path, "SRV1.json");
/// assert_eq!(outcome.analysis.sets.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If there is no input, if two have one name, if no thread can be started. What cannot be read is no error, see
/// [`Outcome::problems`].
pub fn analyze<I>(inputs: I, options: &Options) -> Result<Outcome, Error>
where
    I: IntoIterator<Item: Into<Origin>>,
{
    analyze_with(inputs, options, &())
}

/// The same, and tells how far reading has come.
///
/// # Errors
///
/// As [`analyze`].
pub fn analyze_with<I>(inputs: I, options: &Options, progress: &dyn Progress) -> Result<Outcome, Error>
where
    I: IntoIterator<Item: Into<Origin>>,
{
    analyze_by(inputs, options, progress, &|source| read(source, &options.read, progress))
}

/// The same, with another way to read a path.
pub(crate) fn analyze_by<I>(
    inputs: I,
    options: &Options,
    progress: &dyn Progress,
    read: &(dyn Fn(&Source) -> Vec<InputReport> + Sync),
) -> Result<Outcome, Error>
where
    I: IntoIterator<Item: Into<Origin>>,
{
    let inputs = Inputs::of(inputs.into_iter().map(Into::into))?;
    progress.total(inputs.found.inputs.iter().filter_map(|source| source.bytes).sum());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build();
    let pool = pool.map_err(|error| Error::Threads(error.into()))?;
    let mut reports: Vec<InputReport> = pool.install(|| {
        let sources = inputs.found.inputs.par_iter().map(read);
        let held = inputs.held.par_iter().map(|(name, bytes)| read_bytes(name, bytes, &options.read));
        sources.chain(held).flatten().collect()
    });
    reports.extend(inputs.reports);
    let problems = problems(inputs.found.problems, inputs.names, &reports);
    let any_read = reports.iter().any(|report| !report.issues.iter().any(|issue| is_fatal(issue.kind)));
    let any_lost = !problems.is_empty()
        || reports.iter().any(|r| r.lost > 0 || r.issues.iter().any(|issue| issue.kind.is_loss()));
    Ok(Outcome { analysis: judge(&mut reports, &options.policy), problems, any_read, any_lost })
}

/// What is to be read, and what was.
struct Inputs {
    /// All paths and names, for a person.
    names: Vec<String>,
    found: Discovery,
    held: Vec<(String, Vec<u8>)>,
    reports: Vec<InputReport>,
}

impl Inputs {
    fn of(origins: impl Iterator<Item = Origin>) -> Result<Self, Error> {
        let (mut paths, mut held, mut reports) = (Vec::new(), Vec::new(), Vec::new());
        for origin in origins {
            match origin {
                Origin::Path(path) => paths.push(path),
                Origin::Bytes { name, bytes } => held.push((name, bytes)),
                Origin::Report(report) => reports.push(*report),
            }
        }
        let found = discover(&paths);
        let mut taken: BTreeSet<&str> = found.inputs.iter().map(|source| &*source.path).collect();
        let given = held.iter().map(|(name, _)| name.as_str()).chain(reports.iter().map(|r| &*r.path));
        for name in given {
            if !taken.insert(name) {
                return Err(Error::SameName(name.to_owned()));
            }
        }
        let mut names = paths;
        names.extend(held.iter().map(|(name, _)| name.clone()));
        names.extend(reports.iter().map(|report| report.path.to_string()));
        match names.is_empty() {
            true => Err(Error::NoInput),
            false => Ok(Inputs { names, found, held, reports }),
        }
    }
}

/// Inputs that were of no use: paths that lead nowhere, then files that could not be read.
fn problems(mut problems: Vec<Problem>, names: Vec<String>, reports: &[InputReport]) -> Vec<Problem> {
    if reports.is_empty() && problems.is_empty() {
        problems.push(Problem {
            path: Arc::from(names.join(", ")),
            message: "no log that vsscope knows".to_owned(),
        });
    }
    for report in reports {
        let fatal = report.issues.iter().filter(|issue| is_fatal(issue.kind));
        problems
            .extend(fatal.map(|issue| Problem { path: report.path.clone(), message: issue.message.clone() }));
    }
    problems
}

/// Whether the input as a whole was of no use.
fn is_fatal(kind: IssueKind) -> bool {
    matches!(kind, IssueKind::Unreadable | IssueKind::UnknownFormat)
}
