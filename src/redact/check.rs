//! The check of what is about to be written: no name that was replaced may be in it.

use super::book::{Collected, Kind, fold, is_distinct};
use super::finder::{Finder, Wanted};
use super::words;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use vsscope_reports::text::one_line;

/// Shorter names are met by chance.
const LEAST_CHARS: usize = 3;

/// Looks for names in written bytes.
#[derive(Debug, Clone)]
pub struct Check {
    finder: Finder,
}

/// What was found: the kind of the name. The name itself is told to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survivor(pub Kind);

impl Check {
    /// A check for these names, in every spelling that a form of output may give them.
    pub fn new(collected: &Collected) -> Self {
        let names = collected.names.iter().map(|(name, entry)| (name.as_str(), entry.kind));
        let phrases = collected.phrases.iter().map(|(phrase, (kind, _))| (phrase.as_str(), *kind));
        let mut wanted = BTreeMap::new();
        // Single words of a log are unknown rather than names: that they are replaced is seen to where text is read, and what
        // Windows calls a thing may be one of them.
        let known = names.chain(phrases).filter(|(name, kind)| *kind != Kind::Word && is_checked(name));
        for (name, kind) in known {
            for spelling in spellings(name).into_iter().chain(spellings(&one_line(name))) {
                let found = Wanted { kind, alias: String::new(), forms: Vec::new() };
                wanted.entry(spelling).or_insert(found);
            }
        }
        Check { finder: Finder::of(wanted) }
    }

    /// Searches bytes; words of the template are no names.
    pub fn bytes(&self, bytes: &[u8], template: &Template) -> Result<(), Survivor> {
        let text = String::from_utf8_lossy(bytes);
        for (start, end, wanted) in self.finder.places(&text) {
            let found = fold(text.get(start..end).unwrap_or_default());
            if !words::tokens(&found).all(|token| template.words.contains(token)) {
                return Err(Survivor(wanted.kind));
            }
        }
        Ok(())
    }
}

/// The words that a form of output has of its own: those of an output in which no name can be.
#[derive(Debug, Clone, Default)]
pub struct Template {
    words: BTreeSet<String>,
}

impl Template {
    /// Takes the words of an output.
    pub fn add(&mut self, bytes: &[u8]) {
        let text = fold(&String::from_utf8_lossy(bytes));
        self.words.extend(words::tokens(&text).map(str::to_owned));
    }
}

/// Whether a name can be told from other words.
fn is_checked(name: &str) -> bool {
    name.chars().count() >= LEAST_CHARS && is_distinct(name)
}

/// A name as HTML, JSON, XML and addresses of the web write it.
fn spellings(name: &str) -> BTreeSet<String> {
    let json = serde_json::to_string(name).unwrap_or_default();
    let json = json.trim_matches('"').to_owned();
    let html = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let numbered = html.replace("&quot;", "&#34;").replace('\'', "&#39;");
    let askama = numbered.replace("&amp;", "&#38;").replace("&lt;", "&#60;").replace("&gt;", "&#62;");
    let percent = name.bytes().fold(String::new(), |mut all, byte| {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => all.push(char::from(byte)),
            _ => {
                let _ = write!(all, "%{byte:02x}");
            }
        }
        all
    });
    let slashes = name.replace('\\', "/");
    [name.to_owned(), json, html, numbered, askama, percent, slashes].into_iter().collect()
}
