//! Options that several commands share.

use super::When;
use clap::Args;
use std::path::PathBuf;

/// How inputs are read and judged.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadArgs {
    /// Read every input as this format instead of looking at its content
    #[arg(long = "as", value_name = "FORMAT")]
    pub read_as: Option<String>,
    /// Zone of inputs whose times have none (traces, console output) [default: found by comparing the inputs]
    #[arg(long, value_name = "ZONE")]
    pub input_tz: Option<String>,
    /// Layouts of trace text (TOML), tried before the built-in ones; may be given several times
    #[arg(long, value_name = "FILE")]
    pub trace_profile: Vec<PathBuf>,
    /// Search for event logs in what is no log (images, dumps) and for stale records in logs; both are marked and cover no time
    #[arg(long)]
    pub carve: bool,
    /// Read records and lines in full that cannot matter, too: slower, and the same comes of it. For tests
    #[arg(long, hide = true)]
    pub no_skip: bool,
    /// Severities, thresholds, ignored findings and own rules (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Own rules (TOML); may be given several times
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

/// Names that become aliases.
#[derive(Debug, Clone, Default, Args)]
pub struct RedactArgs {
    /// Replace names of machines, accounts, domains, files, databases and command lines by aliases in all that is written
    #[arg(long)]
    pub redact: bool,
    /// Key of the aliases: a file with 32 random bytes or more. The same key gives the same aliases in every run
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_key: Option<PathBuf>,
    /// Write which alias stands for what (JSON); to be kept, not to be passed on
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_map: Option<PathBuf>,
}

/// How text looks, and what is said beside it.
#[derive(Debug, Clone, Default, Args)]
pub struct LookArgs {
    /// When to colour
    #[arg(long, value_enum, default_value = "auto")]
    pub color: When,
    /// Width of text output in columns [default: the terminal's, else 100]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    pub width: Option<u16>,
    /// Only ASCII characters in text output
    #[arg(long)]
    pub ascii: bool,
    /// Everything in text output, also what is folded for brevity
    #[arg(short, long)]
    pub verbose: bool,
    /// No messages on standard error but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// No progress bar
    #[arg(long)]
    pub no_progress: bool,
}
