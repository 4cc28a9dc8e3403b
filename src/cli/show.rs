//! Arguments of `show`.

use super::{LookArgs, ReadArgs, RunArgs, ShowFormat};
use clap::Args;

/// What to show and where to look for it.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 shown; 2 usage error, no such record, or a name that can be several inputs."
)]
pub struct ShowArgs {
    /// A piece of evidence as the reports print it: "Sysmon.evtx #27", trace.txt:1234, vss.etl@0xeb2; i1#27 by the id of an
    /// input; or f1: all evidence of a finding
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Where to look: files, folders, globs, zip bundles, or - for standard input [default: the file that REF names]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    pub format: ShowFormat,
    /// Lines of text before and behind the line
    #[arg(short = 'C', long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=100))]
    pub context: u16,
    /// How inputs are read and judged.
    #[command(flatten)]
    pub read: ReadArgs,
}

impl ShowArgs {
    /// The same as arguments of a run over these paths.
    pub fn of_run(&self, paths: Vec<String>) -> RunArgs {
        RunArgs {
            paths,
            read: self.read.clone(),
            tz: "UTC".to_owned(),
            look: LookArgs { quiet: true, no_progress: true, ..LookArgs::default() },
            ..RunArgs::default()
        }
    }
}
