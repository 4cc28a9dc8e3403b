//! Text that goes on: sentences of vsscope with names in them, and what logs say.

use super::book::{Kind, Names};
use super::finder::Finder;
use super::{accounts, paths, words};
use regex::Regex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// Who wrote a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// vsscope: its own words stay, names in it are replaced.
    Own,
    /// A log: only words that Windows or vsscope has stay.
    Log,
}

/// A part of a text, from byte to byte, and what stands for it.
pub type Span = (usize, usize, String);

/// What names look like. The order is that of the groups in [`pattern`].
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?P<guid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        r"|(?P<sid>\bS-1-\d+(?:-\d+)+)",
        r#"|(?P<url>\b[a-z][a-z0-9+.]*://[^\s"'<>]+)"#,
        r"|(?P<mail>[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+)",
        r"|(?P<v4>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b)",
        r"|(?P<v6>[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3})",
        r"|(?P<drive>\b[a-z]:[\\/])",
        r"|(?P<share>\\\\[^\s\\])",
    ))
    .ok()
});

/// A text with what stands for its names.
pub fn text(names: &mut dyn Names, finder: Option<&Finder>, text: &str, voice: Voice) -> String {
    let mut spans = shapes(names, text);
    spans.extend(finder.into_iter().flat_map(|finder| finder.find(text)));
    // What begins first is replaced first; of two that begin together the longer one.
    spans.sort_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, alias) in spans {
        if start < at {
            continue;
        }
        between(names, &text[at..start], &text[start..], voice, &mut out);
        out.push_str(&alias);
        at = end;
    }
    between(names, &text[at..], "", voice, &mut out);
    out
}

/// Text without a name that is known: of a log's text the words that nobody knows are replaced, of other text those that were
/// cut off, which may be the beginning of a name.
fn between(names: &mut dyn Names, text: &str, behind: &str, voice: Voice, out: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let is_word = rest.starts_with(char::is_alphanumeric);
        let end = rest.find(|c: char| c.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let goes_on = |text: &str| text.starts_with('…') || text.starts_with("...");
        let cut_off = goes_on(after) || (after.is_empty() && goes_on(behind));
        if is_word && (voice == Voice::Log || cut_off) && !words::is_harmless(piece) {
            out.push_str(&names.alias(Kind::Word, piece));
        } else {
            out.push_str(piece);
        }
        rest = after;
    }
}

/// The parts that have the shape of a name.
fn shapes(names: &mut dyn Names, text: &str) -> Vec<Span> {
    let Some(pattern) = SHAPES.as_ref() else { return Vec::new() };
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = pattern.captures_at(text, at) {
        let group = |name: &str| found.name(name).is_some();
        let whole = found.get(0).map_or(at..text.len(), |whole| whole.range());
        let (start, mut end) = (whole.start, whole.end);
        let alias = if group("drive") || group("share") {
            // A mount point of a volume or a share, in the midst of text.
            end = paths::end(text, start).max(end);
            Some(paths::path(names, &text[start..end]))
        } else {
            shape(names, &group, text, start, end)
        };
        if let Some(alias) = alias {
            spans.push((start, end, alias));
            at = end;
        } else {
            at = start + text[start..].chars().next().map_or(1, char::len_utf8);
            // A word that is no address is none from its second letter on either.
            if group("mail") || group("v4") || group("url") {
                at = end;
            }
        }
    }
    spans
}

/// What stands for a part that is no path; nothing if it only looks like a name.
fn shape(
    names: &mut dyn Names,
    group: &dyn Fn(&str) -> bool,
    text: &str,
    start: usize,
    end: usize,
) -> Option<String> {
    let part = &text[start..end];
    let is_apart = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || matches!(c, ':' | '.' | '_'));
    let stands_alone = || is_apart(text[..start].chars().next_back()) && is_apart(text[end..].chars().next());
    if group("guid") {
        return Some(part.to_owned());
    }
    if group("sid") {
        return Some(accounts::sid(names, part));
    }
    if group("url") {
        // The pages that remedies name.
        let is_microsofts = part.starts_with("https://learn.microsoft.com/");
        return Some(if is_microsofts { part.to_owned() } else { names.alias(Kind::Url, part) });
    }
    if group("mail") {
        let is_id = part.split_once('@').is_some_and(|(_, time)| is_compact_time(time));
        return (!is_id).then(|| names.alias(Kind::Mail, part));
    }
    if group("v4") {
        let address: Ipv4Addr = part.parse().ok()?;
        let tells = !address.is_loopback() && !address.is_unspecified() && !address.is_broadcast();
        return Some(if tells { names.alias(Kind::Ip, part) } else { part.to_owned() });
    }
    let address: Ipv6Addr = part.parse().ok().filter(|_| stands_alone())?;
    let tells = !address.is_loopback() && !address.is_unspecified();
    tells.then(|| names.alias(Kind::Ip, part))
}

/// The time in an id of vsscope: `20310304T050600.555Z`.
fn is_compact_time(text: &str) -> bool {
    text.get(..9).is_some_and(|day| day.ends_with('T') && day[..8].chars().all(|c| c.is_ascii_digit()))
}
