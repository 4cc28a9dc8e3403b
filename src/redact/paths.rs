//! Paths of Windows and Unix: which parts of them tell something, and where one ends in other text.

use super::book::{Kind, Names};
use super::{accounts, words};

/// Signs between the parts of a path; `!` stands between an archive and its member.
fn is_separator(c: char) -> bool {
    matches!(c, '\\' | '/' | '!')
}

/// A path with its telling parts replaced: separators, drives, devices, GUIDs of volumes, folders of Windows and the endings
/// of files stay.
pub fn path(names: &mut dyn Names, text: &str) -> String {
    let (lead, rest) = lead(text);
    let mut out = lead.to_owned();
    // Behind two separators, or behind `UNC`, stands a machine.
    let mut next = if lead.len() == 2 { Part::Machine } else { Part::Any };
    let mut rest = rest;
    while !rest.is_empty() {
        let end = rest.find(is_separator).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        // An archive is a file, and its member is named behind it.
        let is_last = behind.is_empty() || behind.starts_with('!');
        out.push_str(&replaced(names, part, next, is_last));
        let sign = behind.chars().next().map_or(0, char::len_utf8);
        out.push_str(&behind[..sign]);
        rest = &behind[sign..];
        let lower = part.to_lowercase();
        next = match lower.as_str() {
            "" => next,
            "users" | "documents and settings" | "home" | "profiles" => Part::User,
            "unc" if lead.len() > 2 => Part::Machine,
            _ => Part::Any,
        };
    }
    if out != text {
        names.phrase(Kind::Path, text);
    }
    out
}

/// What a part of a path is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Machine,
    User,
    Any,
}

/// `\\?\`, `\\.\`, `\??\` or the two separators of a share; nothing else.
fn lead(text: &str) -> (&str, &str) {
    let long = ["\\\\?\\", "\\\\.\\", "\\??\\", "//?/", "//./"].iter().find(|lead| text.starts_with(**lead));
    let share = || ["\\\\", "//"].iter().find(|lead| text.starts_with(**lead));
    let length = long.or_else(share).map_or(0, |lead| lead.len());
    text.split_at(length)
}

fn replaced(names: &mut dyn Names, part: &str, what: Part, is_last: bool) -> String {
    if part.is_empty() || is_place(part) {
        return part.to_owned();
    }
    match what {
        Part::Machine => accounts::host(names, part),
        Part::User if !words::is_folder(&part.to_lowercase()) && !is_last => accounts::user(names, part),
        _ if is_last => file(names, part),
        _ => folder(names, part),
    }
}

/// Drives, devices, volumes: they tell where, not whose.
fn is_place(part: &str) -> bool {
    let lower = part.to_lowercase();
    let is_drive =
        lower.len() == 2 && lower.ends_with(':') && lower.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_volume =
        lower.strip_prefix("volume").is_some_and(|rest| rest.starts_with('{') && rest.len() == 38);
    let known = ["?", "??", ".", "..", "unc", "registry", "machine", "hklm", "~"];
    let is_variable = lower.len() > 2 && lower.starts_with('%') && lower.ends_with('%');
    let is_short_number = lower.len() <= 3 && lower.chars().all(|c| c.is_ascii_digit());
    is_drive
        || is_volume
        || is_short_number
        || (is_variable && words::tokens(&lower).all(words::is_harmless))
        || known.contains(&lower.as_str())
        || words::is_device(&lower)
        || lower.parse::<vsscope_model::Guid>().is_ok()
}

fn folder(names: &mut dyn Names, part: &str) -> String {
    if words::is_folder(&part.to_lowercase()) {
        return part.to_owned();
    }
    names.alias(Kind::Path, part)
}

/// The name of a file: its stem gets the alias, so that programs named without their ending are found too.
fn file(names: &mut dyn Names, part: &str) -> String {
    let lower = part.to_lowercase();
    let (stem, ending) = match part.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && words::is_ending(&ending.to_lowercase()) => {
            (stem, Some(ending))
        }
        _ => (part, None),
    };
    let is_known = match ending {
        Some(_) => words::is_program(&stem.to_lowercase()),
        None => words::is_folder(&lower) || words::is_program(&lower),
    };
    if is_known || stem == "-" {
        return part.to_owned();
    }
    let alias = names.alias(Kind::Path, stem);
    match ending {
        Some(ending) => {
            let whole = format!("{alias}.{ending}");
            names.phrase(Kind::Path, part);
            whole
        }
        None => alias,
    }
}

/// Where the path that begins at `start` ends in a text that goes on. Parts may hold blanks while a separator comes behind
/// them; the last one does if a known ending of a file comes behind it.
pub fn end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let quoted = text[..start].chars().next_back().filter(|c| matches!(c, '\'' | '`'));
    let drive = if rest.as_bytes().get(1) == Some(&b':') { 2 } else { 0 };
    let is_illegal =
        |c: char| c.is_control() || matches!(c, '"' | '<' | '>' | '|' | '*' | ':' | ';') || Some(c) == quoted;
    // The lead `\\?\` holds a sign that no name may have.
    let lead = if drive == 0 { lead(rest).0.len() } else { drive };
    let body = &rest[lead..];
    let limit = body.find(|c| is_illegal(c) || c == '?').unwrap_or(body.len());
    let body = &body[..limit];
    // A part in front of a colon is the next path's drive.
    let last = body.rfind(['\\', '/']).map_or(0, |at| at + 1);
    let tail = &body[last..];
    let blank = tail.find(char::is_whitespace).unwrap_or(tail.len());
    let mut length = last + blank;
    if blank < tail.len() {
        length = last + ending(tail).unwrap_or(blank);
    }
    let path = body[..length].trim_end_matches(['.', ',', ')', ']', '}', '!', '\'', ' ']);
    // A volume's GUID path ends in a brace.
    let path =
        if body[path.len()..].starts_with('}') && path.contains('{') { &body[..=path.len()] } else { path };
    start + lead + path.len()
}

/// The end of the first known ending of a file in a name with blanks.
fn ending(tail: &str) -> Option<usize> {
    tail.match_indices('.').find_map(|(at, _)| {
        let behind = &tail[at + 1..];
        let length = behind.find(|c: char| !c.is_alphanumeric()).unwrap_or(behind.len());
        words::is_ending(&behind[..length].to_lowercase()).then_some(at + 1 + length)
    })
}
