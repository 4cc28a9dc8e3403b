//! The commands. Each turns settings into output and an exit code; the codes are decided in [`exit_code`] alone.

pub mod diff;
pub mod examples;
pub mod explain;
pub mod inspect;
pub mod output;
pub mod show;

use crate::run::Run;
use std::io::{self, Write};
use std::path::Path;
use vsscope_model::Severity;

/// Done, nothing at or above `--fail-on`.
pub const OK: u8 = 0;
/// Done, findings at or above `--fail-on`.
pub const FINDINGS: u8 = 1;
/// Usage error, or nothing could be done.
pub const UNUSABLE: u8 = 2;
/// No finding reaches `--fail-on`, but some of the input was unreadable.
pub const INCOMPLETE: u8 = 3;

/// The exit code of a run; findings weigh more than lost input.
pub fn exit_code(run: &Run, fail_on: Option<Severity>) -> u8 {
    if !run.any_read {
        return UNUSABLE;
    }
    let fails = fail_on.is_some_and(|least| run.analysis.worst().is_some_and(|worst| worst >= least));
    match (fails, run.any_lost) {
        (true, _) => FINDINGS,
        (false, true) => INCOMPLETE,
        (false, false) => OK,
    }
}

/// Writes to a file, or to standard output. A reader that goes away (`| head`) is no error.
pub fn emit(file: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    use anyhow::Context as _;
    match file {
        Some(path) => {
            let create = || -> io::Result<()> {
                let mut out = io::BufWriter::new(std::fs::File::create(path)?);
                write(&mut out)?;
                out.flush()
            };
            create().with_context(|| format!("failed to write {}", path.display()))
        }
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            match write(&mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                result => result.context("failed to write to standard output"),
            }
        }
    }
}
