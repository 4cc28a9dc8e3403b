//! The prompt: one statement after another, over inputs that were read once.

use super::{Shown, write};
use crate::cli::OutputFormat;
use crate::commands::complain;
use crate::commands::emit;
use anyhow::{Context as _, Result};
use clap::ValueEnum as _;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vsscope_reports::sql::{self, Database};

const HELP: &str = "\
Statements end with a semicolon and may span lines. Ctrl-C drops the line, Ctrl-D ends, Tab completes.
Ctrl-C while a query runs ends the program: the inputs have to be read again; the history is kept.
.tables      the tables
.columns T   the columns of a table
.format F    form of the answers: text, csv, json, ndjson, markdown
.help        this text
.quit        the end
";

/// What a line asks for.
enum Step {
    Go,
    End,
}

/// Reads statements until the end, and shows their answers. Mistakes end nothing.
pub(super) fn prompt(database: &mut Database<'_>, format: OutputFormat, shown: &Shown) -> Result<()> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .max_history_size(1000)
        .context("failed to set up the prompt")?
        .build();
    let mut editor: Editor<Words, DefaultHistory> =
        Editor::with_config(config).context("failed to open the terminal")?;
    editor.set_helper(Some(Words::of(database)));
    let history = history_file();
    // A history that cannot be read or kept is no reason to ask nothing.
    let _ = history.as_deref().map(|file| editor.load_history(file));
    say("SQL over sets, phases, writers, findings, events ...; .help says more\n")?;
    let mut format = format;
    loop {
        match editor.readline("vsscope> ") {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                keep(&mut editor, line.trim_end(), history.as_deref());
                let step = answer(line.trim(), database, &mut format, shown)?;
                editor.set_helper(Some(Words::of(database)));
                if matches!(step, Step::End) {
                    break;
                }
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error).context("failed to read from the terminal"),
        }
    }
    Ok(())
}

/// Keeps a line in the history at once: Ctrl-C in the query that it asks for ends the program. A line that begins with a blank
/// is not kept.
fn keep(editor: &mut Editor<Words, DefaultHistory>, line: &str, history: Option<&Path>) {
    if editor.add_history_entry(line).is_ok_and(|is_new| is_new) {
        let _ = history.map(|file| editor.append_history(file));
    }
}

/// What comes of a line.
fn answer(line: &str, database: &mut Database<'_>, format: &mut OutputFormat, shown: &Shown) -> Result<Step> {
    let sql = match line.strip_prefix('.') {
        None => line.to_owned(),
        Some(command) => match command_of(command, database, format) {
            Ok(Reply::Sql(sql)) => sql,
            Ok(Reply::Text(text)) => return say(&text).map(|()| Step::Go),
            Ok(Reply::End) => return Ok(Step::End),
            Err(message) => {
                complain(&message);
                return Ok(Step::Go);
            }
        },
    };
    match database.run(&sql) {
        Ok(answer) => emit(None, |out| write(&answer, *format, shown, out))?,
        Err(error) => complain(&error.told(&sql)),
    }
    Ok(Step::Go)
}

enum Reply {
    Text(String),
    Sql(String),
    End,
}

fn command_of(command: &str, database: &Database<'_>, format: &mut OutputFormat) -> Result<Reply, String> {
    let command = command.trim_end_matches([';', ' ']);
    let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    match (name, argument.trim()) {
        ("help", _) => Ok(Reply::Text(HELP.to_owned())),
        ("quit" | "exit", _) => Ok(Reply::End),
        ("tables", _) => Ok(Reply::Sql("SHOW TABLES".to_owned())),
        ("columns", table) if database.columns(table).is_some() => {
            Ok(Reply::Sql(format!("DESCRIBE {table}")))
        }
        ("columns", table) => {
            let tables: Vec<String> = database.tables().into_iter().map(|table| table.name).collect();
            let asked = vsscope_reports::text::safe(table);
            Err(format!("there is no table {asked}; tables: {}", tables.join(", ")))
        }
        ("format", named) => match OutputFormat::from_str(named, true) {
            Ok(new) if super::FORMS.0.contains(&new) && new != OutputFormat::Parquet => {
                *format = new;
                Ok(Reply::Text(String::new()))
            }
            _ => Err("the forms here are text, csv, json, ndjson, markdown".to_owned()),
        },
        _ => Err("there is no such command; .help says which there are".to_owned()),
    }
}

fn say(text: &str) -> Result<()> {
    emit(None, |out| out.write_all(text.as_bytes()))
}

/// Where earlier lines are kept: `$XDG_STATE_HOME` (XDG Base Directory Specification), else `~/.local/state`; on Windows
/// `%LOCALAPPDATA%`.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = match cfg!(windows) {
        true => folder("LOCALAPPDATA"),
        false => folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state"))),
    };
    let folder = state?.join("vsscope");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("query-history"))
}

/// What can be completed.
struct Words {
    /// Tables, columns and functions, as they are written.
    names: BTreeSet<String>,
    keywords: Vec<String>,
}

impl Words {
    fn of(database: &Database<'_>) -> Self {
        let tables: Vec<String> = database.tables().into_iter().map(|table| table.name).collect();
        let columns = tables.iter().filter_map(|table| database.columns(table)).flatten();
        let mut names: BTreeSet<String> = columns.map(|column| column.name).collect();
        names.extend(tables);
        let mut keywords = sql::keywords();
        keywords.extend(sql::functions().into_iter().map(|function| format!("{function}(")));
        Words { names, keywords }
    }

    /// Where the word at the end of a line begins, and what it can become.
    fn complete(&self, line: &str) -> (usize, Vec<String>) {
        let start = line
            .char_indices()
            .rev()
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_'))
            .map_or(0, |(at, c)| at + c.len_utf8());
        let (before, word) = line.split_at(start);
        if before == "." {
            const COMMANDS: &[&str] = &["columns ", "format ", "help", "quit", "tables"];
            let fitting = COMMANDS.iter().filter(|command| command.starts_with(word));
            return (start, fitting.map(|command| (*command).to_owned()).collect());
        }
        let fits = |name: &&String| name.to_lowercase().starts_with(&word.to_lowercase());
        let names = self.names.iter().filter(fits);
        // Nothing can be meant by no letter but a name.
        let keywords =
            self.keywords.iter().filter(fits).filter(|_| !word.is_empty() && !before.ends_with('.'));
        (start, names.chain(keywords).cloned().collect())
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, words) = self.complete(line.get(..pos).unwrap_or(line));
        let pair = |word: String| Pair { display: word.clone(), replacement: word };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let line = context.input().trim();
        Ok(match line.starts_with('.') || sql::is_complete(line) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_completed_where_they_can_stand() {
        let names = ["sets", "started", "severity"].map(str::to_owned).into();
        let words = Words { names, keywords: vec!["SELECT".to_owned(), "STRFTIME(".to_owned()] };
        let all = |line: &str| words.complete(line);
        assert_eq!(all("SELECT st"), (7, vec!["started".to_owned(), "STRFTIME(".to_owned()]));
        assert_eq!(all("sel").1, ["SELECT"]);
        assert_eq!(all("SELECT sets.s").1, ["sets", "severity", "started"], "behind a point only names");
        assert_eq!(all(".fo"), (1, vec!["format ".to_owned()]));
        assert_eq!(all("é.ta").1, Vec::<String>::new());
    }
}
