//! The `vsscope` binary: arguments in, exit code out.

use clap::{CommandFactory, Parser};
use std::process::ExitCode;
use vsscope::cli::{Cli, Command, RulesCommand};
use vsscope::commands::inspect::{View, inspect};
use vsscope::commands::{complain, diff, emit, examples, explain, query, schema, show};
use vsscope::{exit, interrupt};

fn main() -> ExitCode {
    let cli = Cli::parse();
    interrupt::handle();
    match dispatch(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // The error and what led to it, on one line.
            complain(&format!("{error:#}"));
            ExitCode::from(exit::UNUSABLE)
        }
    }
}

fn dispatch(cli: &Cli) -> anyhow::Result<u8> {
    match &cli.command {
        None => inspect(&cli.analyze, View::Analyze),
        Some(Command::Analyze(args)) => inspect(args, View::Analyze),
        Some(Command::Timeline(args)) => inspect(args, View::Timeline),
        Some(Command::Events(args)) => inspect(args, View::Events),
        Some(Command::Query(args)) => query::query(args),
        Some(Command::Diff(args)) => diff::diff(args),
        Some(Command::Show(args)) => show::show(args),
        Some(Command::Explain(args)) => explain::explain(args),
        Some(Command::Rules(args)) => match &args.command {
            None => explain::list(args),
            Some(RulesCommand::Test { files }) => examples::test(files),
        },
        Some(Command::Schema { name }) => schema::schema(name.as_deref()),
        Some(Command::Completions { shell }) => {
            // It panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "vsscope", &mut script);
            emit(None, |out| out.write_all(&script))?;
            Ok(exit::OK)
        }
        Some(Command::Man) => {
            emit(None, |mut out| clap_mangen::Man::new(Cli::command()).render(&mut out))?;
            Ok(exit::OK)
        }
    }
}
