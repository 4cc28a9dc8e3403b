//! Arguments of `diff`.

use super::{FailOn, LookArgs, OutputFormat, ReadArgs, RedactArgs, RunArgs};
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
    /// How inputs are read and judged.
    #[command(flatten)]
    pub read: ReadArgs,
    /// Time zone of the output
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub tz: String,
    /// Findings that are known; they are not compared
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Names that become aliases.
    #[command(flatten)]
    pub names: RedactArgs,
    /// Keep what was read in this folder; inputs whose content was read before are not read again
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,
    /// Exit with 1 when a finding of this severity or above is new, or a set came out worse
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
    /// Threads for reading [default: one per processor; 0 means the same]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=256))]
    pub threads: Option<u16>,
    /// How text looks, and what is said beside it.
    #[command(flatten)]
    pub look: LookArgs,
}

impl DiffArgs {
    /// The same as arguments of a run; the paths are those of a side.
    pub fn of_run(&self) -> RunArgs {
        RunArgs {
            paths: self.operands.clone(),
            format: self.format,
            output: self.output.clone(),
            read: self.read.clone(),
            tz: self.tz.clone(),
            baseline: self.baseline.clone(),
            names: self.names.clone(),
            state: self.state.clone(),
            fail_on: self.fail_on,
            threads: self.threads,
            look: self.look.clone(),
            ..RunArgs::default()
        }
    }
}
