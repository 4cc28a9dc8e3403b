//! Which of the arguments is the SQL.

use crate::cli::QueryArgs;
use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// How statements begin.
const BEGINNINGS: &[&str] =
    &["select", "with", "from", "values", "show", "describe", "desc", "explain", "create", "drop", "table"];

/// The SQL, if it was given, and the paths.
pub(super) fn split(args: &QueryArgs) -> Result<(Option<String>, Vec<String>)> {
    let paths = args.run.paths.clone();
    if let Some(file) = &args.file {
        let sql = std::fs::read_to_string(file).with_context(|| format!("--file {}", file.display()))?;
        return Ok((Some(sql), paths));
    }
    match paths.split_first() {
        Some((first, rest)) if !is_path(first) => {
            if !begins_like_sql(first) && !first.trim().contains(char::is_whitespace) {
                bail!("{first}: neither SQL nor a file or folder that is there");
            }
            Ok((Some(first.clone()), rest.to_vec()))
        }
        _ => Ok((None, paths)),
    }
}

/// Whether an argument is an input: standard input, something that is there, or a pattern that files fit.
fn is_path(arg: &str) -> bool {
    arg == "-"
        || Path::new(arg).exists()
        || (!begins_like_sql(arg) && !vsscope_parsers::discover(&[arg.to_owned()]).inputs.is_empty())
}

fn begins_like_sql(arg: &str) -> bool {
    let text = arg.trim_start();
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let ends = text.chars().nth(word.len()).is_none_or(|c| c.is_whitespace() || "(*'\";".contains(c));
    text.starts_with("--")
        || text.starts_with("/*")
        || text.starts_with('(')
        || (ends && BEGINNINGS.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::RunArgs;

    fn of(paths: &[&str]) -> Result<(Option<String>, Vec<String>)> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        split(&QueryArgs { run: RunArgs { paths, ..RunArgs::default() }, ..QueryArgs::default() })
    }

    #[test]
    fn the_first_argument_is_sql_unless_it_is_an_input() {
        let sql = "SELECT * FROM sets";
        assert_eq!(of(&[sql, "logs"]).expect("SQL"), (Some(sql.to_owned()), vec!["logs".to_owned()]));
        for path in ["-", "Cargo.toml", "src", "*.toml"] {
            assert_eq!(of(&[path, "more"]).expect("paths").0, None, "{path}");
        }
        assert_eq!(of(&[]).expect("nothing"), (None, vec![]));
    }

    #[test]
    fn a_path_with_a_slip_is_no_sql() {
        let error = of(&["Systm.evtx"]).expect_err("no such file");
        assert!(error.to_string().contains("neither SQL nor a file"), "{error}");
        assert_eq!(of(&["no such statement", "x"]).expect("SQL").0.as_deref(), Some("no such statement"));
    }
}
