//! What vsscope finds in some logs, by the library: `cargo run --example analyze -- fixtures/samples/healthy-backup`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program")]

use std::fmt::Write as _;
use std::process::ExitCode;
use vsscope::model::{FindingStatus, Severity};
use vsscope::{Error, Options, Outcome, analyze, exit};

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    match look(&paths) {
        Ok((text, code)) => {
            print!("{text}");
            ExitCode::from(code)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(exit::UNUSABLE)
        }
    }
}

/// A line for every set, for every finding that counts and for every input that could not be read; and the exit code.
pub fn look(paths: &[String]) -> Result<(String, u8), Error> {
    let outcome = analyze(paths, &Options::default())?;
    let code = exit::code(&outcome, Some(Severity::Error));
    let Outcome { analysis, problems, .. } = outcome;
    let mut text = String::new();
    for set in &analysis.sets {
        let _ = writeln!(text, "set {} on {}: {}", set.id, set.host, set.outcome.as_str());
    }
    for finding in analysis.findings.iter().filter(|finding| finding.status == FindingStatus::New) {
        let _ = writeln!(text, "{}: {} ({})", finding.severity, finding.title, finding.rule);
    }
    for problem in &problems {
        let _ = writeln!(text, "not read: {problem}");
    }
    Ok((text, code))
}
