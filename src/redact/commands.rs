//! Command lines: which program was run stays, what it was told only where every word of it is a known one.

use super::book::{Kind, Names};
use super::finder::Finder;
use super::text::{self, Voice};
use super::{paths, words};

/// A command line with what stands for its telling parts.
pub fn command(names: &mut dyn Names, finder: Option<&Finder>, text: &str) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    let (program, arguments) = split(text);
    let bare = program.trim_matches('"');
    let mut out = match program.starts_with('"') {
        true => format!("\"{}\"", self::program(names, bare)),
        false => self::program(names, bare),
    };
    let told = arguments.trim();
    if !told.is_empty() {
        out.push(' ');
        out.push_str(&self::arguments(names, finder, told));
    }
    if out != text {
        names.phrase(Kind::Args, text);
    }
    out
}

/// The program and the rest. Without quotes the program ends behind `.exe`, else at the first blank.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = if text.starts_with('"') {
        text.get(1..).and_then(|rest| rest.find('"')).map(|at| at + 2)
    } else {
        // ASCII lower case keeps every offset.
        let lower = text.to_ascii_lowercase();
        let blank = lower.find(char::is_whitespace).unwrap_or(lower.len());
        let is_path = lower.get(1..3) == Some(":\\") || lower.starts_with("\\\\");
        let program = lower.find(".exe").map(|at| at + 4).filter(|at| {
            is_path && lower.get(*at..).is_none_or(|rest| !rest.starts_with(char::is_alphanumeric))
        });
        Some(program.unwrap_or(blank))
    };
    text.split_at(end.unwrap_or(text.len()))
}

fn program(names: &mut dyn Names, text: &str) -> String {
    let is_known = words::is_program(&text.to_lowercase()) && words::tokens(text).count() == 1;
    if is_known { text.to_owned() } else { paths::path(names, text) }
}

/// What a program was told: as it is where it is made of known words, numbers and drives.
fn arguments(names: &mut dyn Names, finder: Option<&Finder>, text: &str) -> String {
    let lower = text.to_lowercase();
    let may_hold_secrets =
        ["pass", "pwd", "secret", "token", "cred", "key", "user", "login", "/p:", "/u:", "-p ", "-u "]
            .iter()
            .any(|word| lower.contains(word) && !lower.starts_with("-k "));
    let has_path =
        text.contains(":\\") && text.split(":\\").skip(1).any(|rest| rest.starts_with(char::is_alphanumeric));
    let is_plain = words::tokens(text).all(words::is_harmless);
    if is_plain && !may_hold_secrets && !has_path && !lower.contains("\\\\") {
        // Names may be made of known words.
        return text::text(names, finder, text, Voice::Own);
    }
    // They may be told of one by one elsewhere.
    for token in words::tokens(text).filter(|token| !words::is_harmless(token)) {
        names.alias(Kind::Word, token);
    }
    names.alias(Kind::Args, text)
}
