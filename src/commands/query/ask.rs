//! Which of the arguments is the SQL, and what a file of SQL says.

use crate::cli::QueryArgs;
use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// How statements begin.
const BEGINNINGS: &[&str] =
    &["select", "with", "from", "values", "show", "describe", "desc", "explain", "create", "drop", "table"];

/// How statements begin that are refused, in words of their own.
const REFUSED: &[&str] = &["alter", "attach", "copy", "delete", "insert", "merge", "truncate", "update"];

/// The SQL, if it was given, and the paths.
pub(super) fn split(args: &QueryArgs) -> Result<(Option<String>, Vec<String>)> {
    let paths = args.run.paths.clone();
    if let Some(file) = &args.file {
        if paths.iter().any(|path| is_sql(path)) {
            bail!("--file and SQL as an argument exclude each other");
        }
        let told = || format!("--file {}", file.display());
        let sql = std::fs::read(file).with_context(told)?;
        return Ok((Some(decode(&sql).with_context(told)?), paths));
    }
    let Some((first, rest)) = paths.split_first() else { return Ok((None, paths)) };
    let is_given = !is_path(first);
    if rest.iter().any(|path| is_sql(path)) {
        match is_given && begins_like_sql(first) {
            true => bail!("one argument is the SQL, the others are PATHs; part statements with semicolons"),
            false => bail!("the SQL stands before the PATHs: vsscope query \"SELECT ...\" PATH..."),
        }
    }
    if !is_given {
        return Ok((None, paths));
    }
    if !can_be_sql(first) {
        bail!("{first}: neither SQL nor a file or folder that is there");
    }
    Ok((Some(first.clone()), rest.to_vec()))
}

/// The text of a file: UTF-8, or UTF-16 with a byte order mark, as Windows PowerShell writes it.
pub(super) fn decode(bytes: &[u8]) -> Result<String> {
    let utf16 = |bytes: &[u8], number: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(number);
        let text = String::from_utf16(&units.collect::<Vec<_>>()).ok();
        text.filter(|_| bytes.len().is_multiple_of(2))
    };
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    text.context("is neither UTF-8 nor UTF-16 with a byte order mark")
}

/// Whether an argument is an input: standard input, something that is there, or a pattern that files fit.
fn is_path(arg: &str) -> bool {
    arg == "-"
        || Path::new(arg).exists()
        || (!begins_like_sql(arg) && !vsscope_parsers::discover(&[arg.to_owned()]).inputs.is_empty())
}

/// Whether an argument behind the first one is SQL. A bare word may be a file that is not there.
fn is_sql(arg: &str) -> bool {
    begins_like_sql(arg) && arg.trim().contains(char::is_whitespace) && !Path::new(arg).exists()
}

/// Whether what is no input can be SQL, with or without a slip in its first word.
fn can_be_sql(arg: &str) -> bool {
    let is_text = arg.trim().contains(char::is_whitespace) && !arg.contains(['/', '\\']);
    begins_like_sql(arg) || begins_with(arg, REFUSED) || is_text
}

fn begins_like_sql(arg: &str) -> bool {
    let text = arg.trim_start();
    text.starts_with("--")
        || text.starts_with("/*")
        || begins_with(text.trim_start_matches(|c: char| c == '(' || c.is_whitespace()), BEGINNINGS)
}

fn begins_with(text: &str, words: &[&str]) -> bool {
    let text = text.trim_start();
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let ends = text.chars().nth(word.len()).is_none_or(|c| c.is_whitespace() || "(*'\";".contains(c));
    ends && words.contains(&word.to_ascii_lowercase().as_str())
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
        for path in ["/no/such folder/System.evtx", r"C:\my logs\System.evtx", "./(old) logs/System.evtx"] {
            let error = of(&[path]).expect_err("no such file").to_string();
            assert_eq!(error, format!("{path}: neither SQL nor a file or folder that is there"));
        }
        for sql in
            ["SELECT a/b FROM sets", "( SELECT 1 / 2 )", "COPY sets TO '/tmp/x'", "WITH a AS (SELECT '\\')"]
        {
            assert_eq!(of(&[sql, "x"]).expect(sql).0.as_deref(), Some(sql));
        }
    }

    #[test]
    fn sql_at_another_place_is_told() {
        let sql = "SELECT * FROM sets";
        for paths in [["src", sql], ["-", sql], ["nosuch.evtx", sql]] {
            let error = of(&paths).expect_err("swapped").to_string();
            assert!(error.contains("the SQL stands before the PATHs"), "{error}");
        }
        let error = of(&[sql, sql, "src"]).expect_err("twice").to_string();
        assert!(error.contains("one argument is the SQL"), "{error}");
        // A path that is not there is none of this; reading says so.
        for path in ["nosuch.evtx", "from", "(old) logs.evtx", "selected logs"] {
            assert!(of(&[sql, path]).is_ok() && of(&["src", path]).is_ok(), "{path}");
        }
    }

    #[test]
    fn byte_order_marks_are_no_part_of_the_sql() {
        let sql = "SELECT 'ü🙂'";
        let utf16 = |number: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(sql.encode_utf16()).flat_map(number).collect::<Vec<u8>>()
        };
        let utf8 = [b"\xef\xbb\xbf", sql.as_bytes()].concat();
        for bytes in [sql.as_bytes().to_vec(), utf8, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            assert_eq!(decode(&bytes).expect("text"), sql);
        }
        // Half a unit, half a pair, and Windows-1252.
        for bytes in [&b"\xff\xfeS"[..], b"\xff\xfe\x3d\xd8", b"SELECT '\xfc'"] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
