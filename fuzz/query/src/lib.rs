//! What the user writes and the program interprets: `vsscope.toml` and SQL. Both are run on the analysis of a small
//! committed sample.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::LazyLock;
use vsscope::config::Config;
use vsscope::{Options, analyze};
use vsscope_model::{Analysis, InputReport};
use vsscope_parsers::{ReadOptions, read_bytes};
use vsscope_reports::sql::{Answer, Database, QueryError, check, is_complete};

const SAMPLE: &[u8] = include_bytes!("../../../fixtures/samples/writer-failed-at-freeze.events.ndjson");

static REPORT: LazyLock<InputReport> =
    LazyLock::new(|| read_bytes("sample.ndjson", SAMPLE, &ReadOptions::default()).remove(0));
static ANALYSIS: LazyLock<Analysis> = LazyLock::new(|| judged(&Options { threads: 1, ..Options::default() }));
/// Where the configuration is written: it is read from files only.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("vsscope-fuzz-{}.toml", std::process::id())));

fn judged(options: &Options) -> Analysis {
    analyze([REPORT.clone()], options).expect("one input").analysis
}

/// A configuration: it is refused with words that name the file, or it is used.
pub fn config(bytes: &[u8]) {
    std::fs::write(&*FILE, bytes).expect("a temporary file can be written");
    let read = || Config::of(&[FILE.clone()]).map_err(|error| format!("{error:#}"));
    let config = read();
    assert_eq!(config, read(), "reading twice gives two results");
    match config {
        Ok(config) => {
            let options = Options { policy: config.policy, threads: 1, ..Options::default() };
            assert_eq!(judged(&options), judged(&options), "judging twice gives two results");
        }
        Err(message) => {
            let name = FILE.file_name().expect("it has a name").to_string_lossy().into_owned();
            assert!(message.contains(&name), "no word of where it is: {message}");
        }
    }
}

/// A query: an answer, or an error that says something and whose place is in the text.
pub fn sql(bytes: &[u8]) {
    let Ok(sql) = std::str::from_utf8(bytes) else { return };
    if is_endless(sql) {
        return;
    }
    let _ = is_complete(sql);
    let outcome = ask(sql);
    assert_eq!(outcome, ask(sql), "asking twice gives two results");
    if let Err(error) = check(sql) {
        assert!(outcome.is_err(), "refused, and answered all the same: {error}");
    }
}

/// Rows of the answer as CSV, or the words of the error.
fn ask(sql: &str) -> Result<String, String> {
    let words = |error: QueryError| {
        let text = error.to_string();
        assert!(!text.is_empty(), "an error without a word");
        text
    };
    let answer: Answer = Database::new(&ANALYSIS).run(sql).map_err(words)?;
    let mut csv = Vec::new();
    answer.csv(&mut csv).expect("memory takes everything");
    Ok(String::from_utf8(csv).expect("CSV is text"))
}

/// Products of tables, and numbers with which functions make long texts: who asks for a lot, waits for it.
fn is_endless(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let sources =
        lower.matches("join").count() + lower.matches("from").count() + lower.matches(',').count() / 4;
    let digits = lower.as_bytes().windows(5).any(|digits| digits.iter().all(u8::is_ascii_digit));
    sources > 4 || digits
}
