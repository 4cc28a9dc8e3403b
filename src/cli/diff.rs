//! Arguments of `diff`.

use super::{FailOn, OutputFormat, RunArgs, When};
use clap::Args;
use std::path::PathBuf;

/// What to compare, how to read it and how to show it.
#[derive(Debug, Args)]
#[command(
    override_usage = "vsscope diff [OPTIONS] GOOD BAD [PATH]...\n       vsscope diff [OPTIONS] --last-good [BAD] PATH...",
    after_help = "Exit codes: 0 nothing at or above --fail-on is new; 1 the bad side has such a finding, or a set came out \
                  worse; 2 usage error, no readable input, or nothing to compare with; 3 as 0, but some of the input was \
                  unreadable."
)]
pub struct DiffArgs {
    /// The two sides: a file, folder, glob or bundle; PATH#SET for one set of it; or the beginning of a set's id, which is
    /// looked up in the PATHs behind the two
    #[arg(value_name = "GOOD BAD [PATH]", required = true)]
    pub operands: Vec<String>,
    /// Compare a set (default: the newest that failed) with the last good one of the same requester on the same host
    #[arg(long)]
    pub last_good: bool,
    /// Form of the output [default: text, or what the extension of --output says]
    #[arg(short, long, value_enum)]
    pub format: Option<OutputFormat>,
    /// Write to this file, in the form of its extension or of FORMAT=FILE; may be given several times
    #[arg(short, long, value_name = "[FORMAT=]FILE")]
    pub output: Vec<PathBuf>,
    /// Read every input as this format instead of looking at its content
    #[arg(long = "as", value_name = "FORMAT")]
    pub read_as: Option<String>,
    /// Time zone of the output
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub tz: String,
    /// Zone of inputs whose times have none
    #[arg(long, value_name = "ZONE")]
    pub input_tz: Option<String>,
    /// Layouts of trace text (TOML); may be given several times
    #[arg(long, value_name = "FILE")]
    pub trace_profile: Vec<PathBuf>,
    /// Severities, thresholds, ignored findings and own rules (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Own rules (TOML); may be given several times
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Findings that are known; they are not compared
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Stable aliases for names of hosts, users, domains, paths and command lines
    #[arg(long)]
    pub redact: bool,
    /// The key of the aliases; the same key gives the same aliases in every run
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_key: Option<PathBuf>,
    /// Write which alias stands for which name
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_map: Option<PathBuf>,
    /// Keep what was read in this folder; inputs whose content was read before are not read again
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Exit with 1 when a finding of this severity or above is new, or a set came out worse
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Threads for reading [default: one per processor; 0 means the same]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub threads: Option<u16>,
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

impl DiffArgs {
    /// The same as arguments of a run; the paths are those of a side.
    pub fn of_run(&self) -> RunArgs {
        RunArgs {
            paths: self.operands.clone(),
            format: self.format,
            output: self.output.clone(),
            read_as: self.read_as.clone(),
            tz: self.tz.clone(),
            input_tz: self.input_tz.clone(),
            trace_profile: self.trace_profile.clone(),
            config: self.config.clone(),
            rules: self.rules.clone(),
            baseline: self.baseline.clone(),
            redact: self.redact,
            redact_key: self.redact_key.clone(),
            redact_map: self.redact_map.clone(),
            state: self.state.clone(),
            fail_on: self.fail_on,
            threads: self.threads,
            color: self.color,
            width: self.width,
            ascii: self.ascii,
            verbose: self.verbose,
            quiet: self.quiet,
            no_progress: self.no_progress,
            ..RunArgs::default()
        }
    }
}
