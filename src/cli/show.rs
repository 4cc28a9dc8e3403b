//! Arguments of `show`.

use super::{RunArgs, ShowFormat};
use clap::Args;
use std::path::PathBuf;

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
    /// Read every input as this format instead of looking at its content
    #[arg(long = "as", value_name = "FORMAT")]
    pub read_as: Option<String>,
    /// For f1 and i1: the same as in the run that named them
    #[arg(long, value_name = "ZONE")]
    pub input_tz: Option<String>,
    /// Layouts of trace text (TOML); may be given several times
    #[arg(long, value_name = "FILE")]
    pub trace_profile: Vec<PathBuf>,
    /// For f1: severities, thresholds, ignored findings and own rules, as in the run that named it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// For f1: own rules; may be given several times
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
}

impl ShowArgs {
    /// The same as arguments of a run over these paths.
    pub fn of_run(&self, paths: Vec<String>) -> RunArgs {
        RunArgs {
            paths,
            read_as: self.read_as.clone(),
            tz: "UTC".to_owned(),
            input_tz: self.input_tz.clone(),
            trace_profile: self.trace_profile.clone(),
            config: self.config.clone(),
            rules: self.rules.clone(),
            quiet: true,
            no_progress: true,
            ..RunArgs::default()
        }
    }
}
