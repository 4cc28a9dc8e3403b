//! What was typed. What it means is worked out in [`crate::settings`].
//!
//! The command line is a public interface (`docs/cli.md`): options are added, not renamed or removed.

mod common;
mod diff;
mod show;

pub use common::{LookArgs, ReadArgs, RedactArgs};
pub use diff::DiffArgs;
pub use show::ShowArgs;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use vsscope_reports::tables::TABLES;

/// Post-mortem of Windows shadow copies: reads event logs and traces, rebuilds a timeline for every snapshot set, and
/// flags anomalies with their evidence.
#[derive(Debug, Parser)]
#[command(name = "vsscope", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 usage error or no readable input; \
                        3 some of the input was unreadable and nothing was found; 130 interrupted."
)]
pub struct Cli {
    /// What to do; without a command the paths are analysed.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Arguments of the default command.
    #[command(flatten)]
    pub analyze: RunArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The post-mortem: findings, snapshot sets and coverage on one screen (the default command)
    Analyze(RunArgs),
    /// Every snapshot set phase by phase and writer by writer, with durations and a Gantt chart
    Timeline(RunArgs),
    /// The normalised events, filtered
    Events(RunArgs),
    /// SQL over the tables of a run: sets, phases, writers, findings, events ...
    #[command(
        override_usage = "vsscope query [OPTIONS] [SQL] PATH...\n       vsscope query [OPTIONS] --file QUERY.sql PATH...\n       \
                          vsscope query --list",
        after_help = "Without SQL: a prompt on a terminal; else the SQL is read from standard input.\n\
                      Exit codes: 0 done; 2 usage error, a mistake in the SQL or no readable input; 3 done, but part of the input \
                      was unreadable; findings play no part; 130 interrupted."
    )]
    Query(QueryArgs),
    /// What differs between a good and a bad run, or between two sets
    Diff(DiffArgs),
    /// The raw record behind a piece of evidence
    Show(ShowArgs),
    /// What a code or name means: a rule, an event record, a result code, a writer, a provider, a state, a constant
    Explain(ExplainArgs),
    /// The catalogue of rules; or, with `test`, what own rules say about their examples
    Rules(RulesArgs),
    /// The JSON Schema of a form of output or input; without a name the list of them
    Schema {
        /// analysis, events, diff, show, rules, explain, baseline, config, or the name in the document: vsscope.analysis/1
        name: Option<String>,
    },
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page (roff)
    Man,
}

/// Inputs, filters and output of a run.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// Files, folders (walked), globs, zip bundles, or - for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Form of the output [default: text, or what the extension of --output says]
    #[arg(short, long, value_enum)]
    pub format: Option<OutputFormat>,
    /// Write to this file, in the form of its extension or of FORMAT=FILE; may be given several times
    #[arg(short, long, value_name = "[FORMAT=]FILE")]
    pub output: Vec<PathBuf>,
    /// Short Markdown for a ticket: the verdict and the counting findings
    #[arg(long)]
    pub ticket: bool,
    /// The table of CSV and Parquet output [default: the one that the name of the file says, else that of the command]
    #[arg(long, value_name = "NAME", value_parser = table_names())]
    pub table: Option<String>,
    /// How inputs are read and judged.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Only what happened since then: 2031-03-04T05:06:00Z, 2031-03-04 05:06, 2h (before the end of the evidence), or
    /// "around 2031-03-04 05:06 +- 10m"
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what happened until then; forms as for --since
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only what happened about then: "2031-03-04 05:06 +- 10m"; without a duration ten minutes to either side
    #[arg(long, value_name = "TIME", conflicts_with_all = ["since", "until"])]
    pub around: Option<String>,
    /// Only this host (short or full name)
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Only this snapshot set: its id or the beginning of it
    #[arg(long, value_name = "ID")]
    pub set: Option<String>,
    /// Only sets, findings and events of this writer (name or class id)
    #[arg(long, value_name = "NAME")]
    pub writer: Option<String>,
    /// Only findings of this rule; may be given several times
    #[arg(long, value_name = "ID")]
    pub rule: Vec<String>,
    /// Only findings of this severity or above
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub severity: Option<Level>,
    /// Time zone of the output
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub tz: String,
    /// Findings that are known: they are shown as known and do not count; written by --write-baseline
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run as known, those that a filter hides too; noise and ignored ones are left out
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// Names that become aliases.
    #[command(flatten)]
    pub names: RedactArgs,
    /// Write every --output once per host (report.html becomes report.SRV1.html ...), and a summary under its own name
    #[arg(long, value_enum, value_name = "WHAT")]
    pub split_by: Option<SplitBy>,
    /// Keep what was read in this folder, and do not read inputs again whose content it has
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Exit with 1 when there is a finding of this severity or above
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Threads for reading [default: one per processor; 0 means the same]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub threads: Option<u16>,
    /// How text looks, and what is said beside it.
    #[command(flatten)]
    pub look: LookArgs,
    /// Text that is taller than the terminal is not shown through a pager
    #[arg(long)]
    pub no_pager: bool,
}

/// Arguments of `query`. The first path is the SQL, unless it is a path.
#[derive(Debug, Clone, Default, Args)]
pub struct QueryArgs {
    /// Read the SQL from this file
    #[arg(long, value_name = "QUERY.sql")]
    pub file: Option<PathBuf>,
    /// Show the tables and their columns; no input is read
    #[arg(long)]
    pub list: bool,
    /// Most rows of a table in text or Markdown; what is left out is said; 0 shows all
    #[arg(long, value_name = "N", default_value = "1000")]
    pub max_rows: usize,
    /// Inputs, filters and output.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Rule id, VSS/8229 (log source and event id), 0x800423f2 or VSS_E_BAD_STATE, name or id of a writer or provider, state 8
    /// or VSS_WS_STABLE, ctx 0x9 or VSS_CTX_BACKUP, name of a phase or limit
    #[arg(value_name = "CODE", required = true, allow_negative_numbers = true)]
    pub codes: Vec<String>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    pub format: DocFormat,
    /// When to colour
    #[arg(long, value_enum, default_value = "auto")]
    pub color: When,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RulesArgs {
    /// What to do; without a command the built-in rules are listed.
    #[command(subcommand)]
    pub command: Option<RulesCommand>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    pub format: DocFormat,
    /// When to colour
    #[arg(long, value_enum, default_value = "auto")]
    pub color: When,
}

/// The commands of `rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Run the examples of own rules: a line for each of them
    #[command(
        after_help = "Exit codes: 0 every example holds; 1 one does not; 2 usage error, a mistake in a file, or an \
                            example whose evidence cannot be read."
    )]
    Test {
        /// Files with own rules: what --config and --rules take
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// Forms of a run's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people at a terminal.
    Text,
    /// `vsscope.analysis/1`.
    Json,
    /// One event per line, `vsscope.events/1`.
    Ndjson,
    /// A table, or a folder with all tables, as CSV.
    Csv,
    /// A table, or a folder with all tables, as Apache Parquet.
    Parquet,
    /// For a ticket or a mail.
    Markdown,
    /// One page that opens in a browser without a network.
    Html,
    /// Findings as SARIF 2.1.0, for code scanning and its viewers.
    Sarif,
    /// Findings as JUnit XML, for build servers.
    Junit,
    /// Findings as GitHub workflow annotations.
    Github,
    /// Events and findings as Timesketch JSONL.
    Timesketch,
    /// Events and findings as Timesketch CSV.
    TimesketchCsv,
    /// Sets as Mermaid gantt charts.
    Mermaid,
    /// Sets as Mermaid sequence diagrams.
    MermaidSequence,
}

/// The names that `--table` takes.
fn table_names() -> PossibleValuesParser {
    TABLES.iter().map(|table| table.name).collect::<Vec<_>>().into()
}

impl OutputFormat {
    /// Whether it is a form of tables.
    pub fn is_tables(self) -> bool {
        matches!(self, OutputFormat::Csv | OutputFormat::Parquet)
    }

    /// The name that `--format` takes.
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Forms of documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DocFormat {
    /// For a terminal.
    Text,
    /// `vsscope.rules/1`, or `vsscope.explain/1` where more than rules was asked for.
    Json,
    /// For a page.
    Markdown,
}

/// Forms of raw records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// As the record lies there.
    Text,
    /// `vsscope.show/1`.
    Json,
}

/// A severity as an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Everything.
    Info,
    /// Warnings and errors.
    Warning,
    /// Errors.
    Error,
}

/// From which severity on a run fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Info,
    /// Never.
    Never,
}

/// What outputs are split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// One output per host.
    Host,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn paths_without_a_command_are_analysed() {
        let cli = Cli::try_parse_from(["vsscope", "a.evtx", "--fail-on", "never"]).expect("arguments");
        assert!(cli.command.is_none());
        assert_eq!(cli.analyze.paths, ["a.evtx"]);
        assert_eq!(cli.analyze.fail_on, FailOn::Never);
    }
}
