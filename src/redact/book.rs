//! The names that were met, and what stands for them.

use super::key::Key;
use super::words;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What a name is the name of. The earlier one wins where a name is several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A machine.
    Host,
    /// An account.
    User,
    /// A domain of accounts, or of the name service.
    Domain,
    /// A security identifier.
    Sid,
    /// An address of the network.
    Ip,
    /// An address of a mailbox.
    Mail,
    /// An address of the web.
    Url,
    /// A database, an instance, a component that a writer backs up.
    Database,
    /// A folder or a file.
    Path,
    /// What a command line says behind the program.
    Args,
    /// Anything else that a log says and that is no word of Windows or of vsscope.
    Word,
}

impl Kind {
    /// The word that aliases begin with, and that the mapping has.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Host => "host",
            Kind::User => "user",
            Kind::Domain => "domain",
            Kind::Sid => "sid",
            Kind::Ip => "ip",
            Kind::Mail => "mail",
            Kind::Url => "url",
            Kind::Database => "db",
            Kind::Path => "path",
            Kind::Args => "args",
            Kind::Word => "word",
        }
    }
}

/// Takes names and gives what stands for them.
pub trait Names {
    /// The alias of a name.
    fn alias(&mut self, kind: Kind, name: &str) -> String;
    /// A longer text that is to be replaced as a whole where it stands in other text.
    fn phrase(&mut self, kind: Kind, text: &str);
}

/// Lower case letter by letter, as the finder makes it.
pub fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// One name.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its spellings.
    pub forms: BTreeSet<String>,
}

/// The names of an analysis, by their lower case.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Names that get an alias of their own.
    pub names: BTreeMap<String, Entry>,
    /// Texts made of such names, by their lower case: what they are, and one spelling.
    pub phrases: BTreeMap<String, (Kind, String)>,
}

impl Names for Collected {
    fn alias(&mut self, kind: Kind, name: &str) -> String {
        let entry = self.names.entry(fold(name)).or_insert_with(|| Entry { kind, forms: BTreeSet::new() });
        entry.kind = entry.kind.min(kind);
        entry.forms.insert(name.to_owned());
        String::new()
    }

    fn phrase(&mut self, kind: Kind, text: &str) {
        let met = (kind, text.to_owned());
        let entry = self.phrases.entry(fold(text)).or_insert_with(|| met.clone());
        *entry = met.min(entry.clone());
    }
}

impl Collected {
    /// Single words of a log that are names of products are not looked for in other text.
    pub fn keep<'a>(&mut self, products: impl Iterator<Item = &'a str>) {
        for word in products.flat_map(words::tokens).map(fold) {
            if self.names.get(&word).is_some_and(|entry| entry.kind == Kind::Word) {
                self.names.remove(&word);
            }
        }
    }

    /// A key that the names themselves give.
    pub fn key(&self) -> Key {
        let mut material = Vec::new();
        for name in self.names.keys() {
            material.extend_from_slice(name.as_bytes());
            material.push(0);
        }
        Key::of(&material)
    }

    /// Gives every name its alias.
    pub fn aliases(&self, key: &Key) -> Aliases {
        let mut taken = BTreeSet::new();
        let mut aliases = BTreeMap::new();
        for (name, entry) in &self.names {
            let digest = key.digest(name);
            // Four bytes are short enough to read; two names that share them get more.
            let alias = (4..=digest.len()).map(|bytes| shaped(entry.kind, name, &digest, bytes));
            let alias = alias.into_iter().find(|alias| taken.insert(alias.clone())).unwrap_or_default();
            aliases.insert(name.clone(), alias);
        }
        Aliases { key: key.clone(), aliases }
    }
}

/// The aliases of names.
#[derive(Debug, Clone)]
pub struct Aliases {
    key: Key,
    /// By the name in lower case.
    pub aliases: BTreeMap<String, String>,
}

impl Names for &Aliases {
    fn alias(&mut self, kind: Kind, name: &str) -> String {
        let lower = fold(name);
        match self.aliases.get(&lower) {
            Some(alias) => alias.clone(),
            None => shaped(kind, &lower, &self.key.digest(&lower), 4),
        }
    }

    fn phrase(&mut self, _kind: Kind, _text: &str) {}
}

/// An alias with so many bytes of the digest. The digest does not depend on the kind, so that a name that is a host here and
/// a word there is recognised.
fn shaped(kind: Kind, name: &str, digest: &[u8; 32], bytes: usize) -> String {
    if kind == Kind::Sid {
        return sid(name, digest, bytes);
    }
    let mut alias = format!("{}-", kind.as_str());
    for byte in digest.iter().take(bytes) {
        let _ = write!(alias, "{byte:02x}");
    }
    alias
}

/// A security identifier of the same form: authority and first number stay, the rest is made from the digest.
fn sid(name: &str, digest: &[u8; 32], salt: usize) -> String {
    let mut parts = name.split('-');
    let mut alias: Vec<String> = parts.by_ref().take(4).map(str::to_uppercase).collect();
    let words =
        digest.chunks_exact(4).map(|word| word.iter().fold(0_u32, |all, b| (all << 8) | u32::from(*b)));
    let mut words = words.cycle().skip(salt.saturating_sub(4));
    alias.extend(parts.filter_map(|_| words.next()).map(|word| word.to_string()));
    alias.join("-")
}

/// Whether a name can be looked for in any text: it is more than one word, or a word that neither Windows nor vsscope has.
pub fn is_distinct(lower: &str) -> bool {
    let mut tokens = words::tokens(lower);
    match (tokens.next(), tokens.next()) {
        (None, _) => false,
        (Some(only), None) if only.len() == lower.len() => !words::is_harmless(only),
        // A word with signs about it is no more than the word.
        (Some(only), None) => !words::is_harmless(only) || lower.starts_with("\\\\"),
        _ => true,
    }
}
