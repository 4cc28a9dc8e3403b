//! Commands that logs note: one finding per host and command, and what a command says of the diff area.

use super::group;
use crate::rules::{Case, words};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use vsscope_model::{Event, Timestamp};

/// One command is noted by several logs within this time.
pub const ONE_COMMAND: TimeDelta = TimeDelta::seconds(2);

/// How many texts of one command are quoted.
const QUOTED: usize = 3;

/// A command, as often as it was run on a host.
pub struct Noted<'t> {
    /// The host.
    pub host: &'t str,
    /// The records.
    pub events: Vec<usize>,
    /// The different texts of these records.
    pub texts: Vec<String>,
}

/// The commands whose text `text` gives.
pub fn noted<'t>(case: &Case<'t>, text: fn(&Event) -> Option<&str>) -> Vec<Noted<'t>> {
    let gather = |((host, _), events): ((&'t str, String), Vec<usize>)| {
        let mut texts: Vec<String> = Vec::new();
        for text in events.iter().filter_map(|&index| text(case.event(index)?)).map(words::excerpt) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        Noted { host, events, texts }
    };
    group::by(commands(case, text)).into_iter().map(gather).collect()
}

/// Who ran it, how often and when, and what it said: `Noted by x.exe, account A, once, at …: text`.
pub fn told(case: &Case<'_>, noted: &Noted<'_>) -> String {
    let known =
        |field: fn(&Event) -> Option<&str>| noted.events.iter().find_map(|&index| field(case.event(index)?));
    let image = known(|event| event.process.image_name());
    let account = known(|event| event.process.user.as_deref());
    let by = match (image, account) {
        (Some(image), Some(account)) => format!(" by {image}, account {account},"),
        (Some(image), None) => format!(" by {image}"),
        (None, Some(account)) => format!(" by account {account}"),
        (None, None) => String::new(),
    };
    let texts: Vec<&str> = noted.texts.iter().take(QUOTED).map(String::as_str).collect();
    format!("Noted{by} {}: {}", group::count(case, &noted.events), texts.join("; "))
}

/// The events, each under its host and the text of the first record of the same command.
fn commands<'t>(case: &Case<'t>, text: fn(&Event) -> Option<&str>) -> Vec<((&'t str, String), usize)> {
    let mut open: BTreeMap<&'t str, (Timestamp, String)> = BTreeMap::new();
    let mut commands = Vec::new();
    for (index, event) in case.telling() {
        let Some(text) = text(event) else { continue };
        let host = event.host.as_deref().unwrap_or_default();
        let first = match open.get(host) {
            Some((last, first)) if event.time - *last <= ONE_COMMAND => first.clone(),
            _ => words::excerpt(text),
        };
        open.insert(host, (event.time, first.clone()));
        commands.push(((host, first), index));
    }
    commands
}

/// What a command does to the diff area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffAreaChange {
    /// `add`, or `resize` without a maximum: nothing has to go.
    Grows,
    /// `resize` to a part of the volume.
    Share,
    /// `resize` to a number of bytes.
    Bytes,
    /// `delete`.
    Deletes,
}

/// Reads the words of `vssadmin add|resize|delete shadowstorage`; they are the same in every language of Windows. Without
/// `/maxsize`, or with `UNBOUNDED`, there is no limit.
pub fn diff_area_change(text: &str) -> Option<DiffAreaChange> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| c.is_whitespace() || "\"'&|;()".contains(c)).collect();
    if words.contains(&"delete") {
        return Some(DiffAreaChange::Deletes);
    }
    if words.contains(&"resize") {
        let size = words.iter().find_map(|word| word.strip_prefix("/maxsize="));
        return Some(match size {
            None | Some("unbounded") => DiffAreaChange::Grows,
            Some(size) if size.ends_with('%') => DiffAreaChange::Share,
            Some(_) => DiffAreaChange::Bytes,
        });
    }
    words.contains(&"add").then_some(DiffAreaChange::Grows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_what_becomes_of_the_diff_area() {
        let resize = "vssadmin.exe Resize ShadowStorage /For=C: /On=D:";
        for (text, change) in [
            (format!("{resize} /MaxSize=900MB"), Some(DiffAreaChange::Bytes)),
            (format!("cmd /c \"{resize} /maxsize=400000000\""), Some(DiffAreaChange::Bytes)),
            (format!("{resize} /MaxSize=UNBOUNDED"), Some(DiffAreaChange::Grows)),
            (resize.to_owned(), Some(DiffAreaChange::Grows)),
            (format!("{resize} /maxsize=20%"), Some(DiffAreaChange::Share)),
            ("vssadmin add shadowstorage /for=C: /on=D:".to_owned(), Some(DiffAreaChange::Grows)),
            ("vssadmin delete shadowstorage /for=C:".to_owned(), Some(DiffAreaChange::Deletes)),
            ("vssadmin list shadowstorage".to_owned(), None),
        ] {
            assert_eq!(diff_area_change(&text), change, "{text}");
        }
    }
}
