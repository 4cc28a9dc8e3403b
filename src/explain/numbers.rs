//! Meanings of numbers.

use super::entries;
use crate::knowledge::{events, hresults, states, vocabulary};
use vsscope_model::HResult;
use vsscope_reports::explain::Meaning;

/// From here on a number has the top bit of a failure code.
const FAILURE: u32 = 0x8000_0000;
/// Negative numbers down to this are errors of programs, not HRESULTs.
const SMALL_NEGATIVE: u32 = 0xFFFF_0000;

/// Words that say of what kind a number is, and the group of constants that they stand for.
const GROUP_WORDS: &[(&str, &str)] = &[
    ("ctx", vocabulary::CONTEXT),
    ("context", vocabulary::CONTEXT),
    ("attr", vocabulary::ATTRIBUTE),
    ("attribute", vocabulary::ATTRIBUTE),
    ("attributes", vocabulary::ATTRIBUTE),
    ("state", WRITER_STATE),
    ("writer state", WRITER_STATE),
];
const WRITER_STATE: &str = "writer state";

/// The group that a word in front of a number means.
pub(super) fn group_word(word: &str) -> Option<&'static str> {
    let word = crate::knowledge::plain(word);
    let said = GROUP_WORDS.iter().find(|(known, _)| *known == word).map(|(_, group)| *group);
    said.or_else(|| vocabulary::constants().iter().map(|row| row.group.as_str()).find(|group| *group == word))
}

/// Everything that this number can be; empty where it is no number, or one that nothing is known of.
pub(super) fn meanings(asked: &str) -> Vec<Meaning> {
    if let Some((state, _)) = asked.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return state.parse().ok().and_then(states::by_value).map(entries::state).into_iter().collect();
    }
    if let Some((word, number)) = asked.rsplit_once(' ') {
        return group_word(word).zip(value(number)).map(|(group, n)| of_group(group, n)).unwrap_or_default();
    }
    let Some(number) = value(asked) else { return bare_hex(asked) };
    if asked.starts_with('-') && number >= SMALL_NEGATIVE {
        return hresults::by_code(number).map(entries::code).collect();
    }
    let hex = asked.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("0x"));
    let mut found = codes(number, hex);
    match hex {
        true => found.extend(flags(number)),
        false if number < FAILURE => found.extend(small(number)),
        false => {}
    }
    if found.is_empty() { bare_hex(asked) } else { found }
}

/// The number, also as C has it: `0x800423f2L`.
fn value(text: &str) -> Option<u32> {
    let hex = text.starts_with("0x").then(|| text.strip_suffix(['L', 'l'])).flatten();
    hex.unwrap_or(text).parse::<HResult>().ok().map(|code| code.0)
}

/// A failure code that was written without `0x`, as some tools do: `800423F2`.
fn bare_hex(asked: &str) -> Vec<Meaning> {
    let is_code = asked.len() == 8 && asked.starts_with(['8', 'c', 'C', 'd', 'D']);
    let number = u32::from_str_radix(asked, 16).ok().filter(|_| is_code);
    number.map(|number| codes(number, true)).unwrap_or_default()
}

/// A result code: from the table, else by its bits.
fn codes(number: u32, hex: bool) -> Vec<Meaning> {
    let rows: Vec<Meaning> = hresults::by_code(number).map(entries::code).collect();
    match rows.is_empty() {
        true if number >= FAILURE || (hex && flags(number).is_empty()) => vec![entries::unlisted(number)],
        _ => rows,
    }
}

/// Contexts, attributes and the other constants with this value.
fn flags(number: u32) -> Vec<Meaning> {
    let exact = |group: &str| vocabulary::group(group).any(|row| row.number() == Some(number));
    let (_, rest) = vocabulary::attributes(number);
    let mut found = Vec::new();
    if rest == 0 || exact(vocabulary::CONTEXT) {
        found.push(entries::context(number));
    }
    let others = vocabulary::constants().iter().filter(|row| row.number() == Some(number));
    let others =
        others.filter(|row| ![vocabulary::CONTEXT, vocabulary::ATTRIBUTE].contains(&row.group.as_str()));
    found.extend(others.map(entries::constant));
    found
}

/// A small decimal number: an event id, the number of a writer's state, a Win32 error.
fn small(number: u32) -> Vec<Meaning> {
    let mut found: Vec<Meaning> = Vec::new();
    let rows: Vec<_> = events::all().filter(|row| row.id == number).collect();
    match rows.as_slice() {
        [] => {}
        [only] => found.push(entries::event(only)),
        rows => found.extend(rows.iter().map(|row| entries::event_in_short(row))),
    }
    found.extend(states::by_value(number).map(entries::state));
    found.extend(hresults::win32_name(number).map(|_| entries::win32(number)));
    found
}

fn of_group(group: &str, number: u32) -> Vec<Meaning> {
    if group == vocabulary::CONTEXT || group == vocabulary::ATTRIBUTE {
        return vec![entries::context(number)];
    }
    if group == WRITER_STATE {
        return states::by_value(number).map(entries::state).into_iter().collect();
    }
    vocabulary::group(group).filter(|row| row.number() == Some(number)).map(entries::constant).collect()
}
