//! Finds names in text: whole ones only, whatever their case, the longest first.

use super::accounts;
use super::book::{Aliases, Collected, Entry, Kind, Names as _, is_distinct};
use super::text::Span;
use super::{commands, paths, words};
use aho_corasick::AhoCorasick;
use std::borrow::Cow;
use std::collections::BTreeMap;
use vsscope_reports::text::one_line;

/// One name that is looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is.
    pub kind: Kind,
    /// What stands for it.
    pub alias: String,
    /// The spellings that count; any spelling without them.
    pub forms: Vec<String>,
}

/// Finds the names of an analysis in text.
#[derive(Debug, Clone)]
pub struct Finder {
    automaton: Option<AhoCorasick>,
    wanted: Vec<Wanted>,
}

impl Finder {
    /// A finder of what was collected.
    pub fn new(collected: &Collected, aliases: &Aliases) -> Self {
        let names = names(collected, aliases);
        // Of a longer text the parts that stay may hold names.
        let first = Finder::of(names.clone());
        let mut all = names;
        all.extend(phrases(collected, aliases, &first));
        Finder::of(all)
    }

    /// A finder of these, by their lower case, as logs and as findings write them.
    pub fn of(mut wanted: BTreeMap<String, Wanted>) -> Self {
        let flat: Vec<_> = wanted.iter().filter_map(|(name, found)| flat(name, found)).collect();
        for (name, found) in flat {
            wanted.entry(name).or_insert(found);
        }
        let (patterns, wanted): (Vec<String>, Vec<Wanted>) = wanted.into_iter().unzip();
        let automaton = (!patterns.is_empty()).then(|| AhoCorasick::new(&patterns).ok()).flatten();
        Finder { automaton, wanted }
    }

    /// The names in a text, as spans of its bytes; they may overlap.
    pub fn find(&self, text: &str) -> Vec<Span> {
        let found = self.places(text).map(|(start, end, wanted)| (start, end, wanted.alias.clone()));
        found.collect()
    }

    /// What stands where.
    pub fn places<'a>(&'a self, text: &str) -> impl Iterator<Item = (usize, usize, &'a Wanted)> {
        let lower = Lower::of(text);
        let mut places = Vec::new();
        let matches =
            self.automaton.iter().flat_map(|automaton| automaton.find_overlapping_iter(&lower.text));
        for found in matches {
            let Some(wanted) = self.wanted.get(found.pattern().as_usize()) else { continue };
            if !is_whole(&lower.text, found.start(), found.end()) {
                continue;
            }
            let (start, end) = (lower.place(found.start()), lower.place(found.end()));
            let as_written = text.get(start..end);
            if as_written
                .is_some_and(|form| wanted.forms.is_empty() || wanted.forms.iter().any(|f| f == form))
            {
                places.push((start, end, wanted));
            }
        }
        places.into_iter()
    }
}

/// A name as findings write it, where that differs: on one line.
fn flat(name: &str, found: &Wanted) -> Option<(String, Wanted)> {
    let Cow::Owned(flat) = one_line(name) else { return None };
    let forms = found.forms.iter().map(|form| one_line(form).into_owned()).collect();
    Some((flat, Wanted { forms, ..found.clone() }))
}

/// Whether a match is no part of a longer word.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (Some(before), Some(found), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..))
    else {
        return false;
    };
    let goes_on = |inside: Option<char>, outside: Option<char>| is_word(inside) && is_word(outside);
    !goes_on(found.chars().next(), before.chars().next_back())
        && !goes_on(found.chars().next_back(), after.chars().next())
}

/// A text in lower case, and where its bytes stood.
struct Lower {
    text: String,
    /// For each byte of the lower case the byte of the original; empty where they are the same.
    places: Vec<usize>,
}

impl Lower {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Lower { text: text.to_ascii_lowercase(), places: Vec::new() };
        }
        let mut lower =
            Lower { text: String::with_capacity(text.len()), places: Vec::with_capacity(text.len() + 1) };
        for (at, c) in text.char_indices() {
            lower.text.extend(c.to_lowercase());
            lower.places.resize(lower.text.len(), at);
        }
        lower.places.push(text.len());
        lower
    }

    fn place(&self, at: usize) -> usize {
        self.places.get(at).copied().unwrap_or(at)
    }
}

fn names(collected: &Collected, mut aliases: &Aliases) -> BTreeMap<String, Wanted> {
    let mut wanted = BTreeMap::new();
    for (lower, entry) in &collected.names {
        let alias = aliases.alias(entry.kind, lower);
        if is_distinct(lower) {
            wanted.insert(lower.clone(), Wanted { kind: entry.kind, alias, forms: Vec::new() });
        } else {
            for (lower, found) in ambiguous(lower, entry, &alias) {
                wanted.entry(lower).or_insert(found);
            }
        }
    }
    wanted
}

fn phrases(collected: &Collected, mut aliases: &Aliases, names: &Finder) -> BTreeMap<String, Wanted> {
    let mut wanted = BTreeMap::new();
    for (lower, (kind, text)) in &collected.phrases {
        let alias = match kind {
            Kind::Host => accounts::host(&mut aliases, text),
            Kind::User => accounts::user(&mut aliases, text),
            Kind::Sid => accounts::sid(&mut aliases, text),
            Kind::Args => commands::command(&mut aliases, Some(names), text),
            _ => paths::path(&mut aliases, text),
        };
        if is_distinct(lower) && alias != *text {
            wanted.insert(lower.clone(), Wanted { kind: *kind, alias, forms: Vec::new() });
        }
    }
    wanted
}

/// Names that are words as well ("BACKUP", "PC", "A"). Of machines, accounts and the like the spelling may tell them from the
/// word; behind "on" and "host" stands a machine.
fn ambiguous(lower: &str, entry: &Entry, alias: &str) -> Vec<(String, Wanted)> {
    if entry.kind > Kind::Domain && entry.kind != Kind::Database {
        return Vec::new();
    }
    let is_telling = |form: &&String| form.chars().nth(1).is_some() && !words::is_written_so(form);
    let telling: Vec<String> = entry.forms.iter().filter(is_telling).cloned().collect();
    let mut found = Vec::new();
    if !telling.is_empty() {
        let alias = alias.to_owned();
        found.push((lower.to_owned(), Wanted { kind: entry.kind, alias, forms: telling }));
    }
    if entry.kind == Kind::Host {
        for lead in ["on", "host"] {
            let forms = entry.forms.iter().map(|form| format!("{lead} {form}")).collect();
            let alias = format!("{lead} {alias}");
            found.push((format!("{lead} {lower}"), Wanted { kind: Kind::Host, alias, forms }));
        }
    }
    found
}
