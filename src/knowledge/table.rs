//! What all tables share: certainty, sources, and how a file becomes rows.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;

/// How sure a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Certainty {
    /// A message table, manifest, source code, sample or page says so.
    #[serde(rename = "documented")]
    Documented,
    /// Seen in real records.
    #[serde(rename = "observed")]
    Observed,
    /// Both.
    #[serde(rename = "documented+observed")]
    DocumentedAndObserved,
    /// Documented with one part open; the note says which.
    #[serde(rename = "partly")]
    Partly,
    /// Seen, but its meaning is a conclusion.
    #[serde(rename = "meaning inferred")]
    MeaningInferred,
    /// A conclusion.
    #[serde(rename = "inferred")]
    Inferred,
    /// No public source: the number is known, its meaning is not.
    #[serde(rename = "unconfirmed")]
    Unconfirmed,
}

impl Certainty {
    /// The words used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Certainty::Documented => "documented",
            Certainty::Observed => "observed",
            Certainty::DocumentedAndObserved => "documented and observed",
            Certainty::Partly => "partly documented",
            Certainty::MeaningInferred => "observed, meaning inferred",
            Certainty::Inferred => "inferred",
            Certainty::Unconfirmed => "unconfirmed",
        }
    }

    /// The certainty of a row that states none: documented where one of its sources is a publication, observed where all
    /// of them only show what somebody's machine did.
    pub fn by_sources(keys: &[String]) -> Certainty {
        let sighting = |key: &String| SIGHTINGS.iter().any(|head| key.starts_with(head));
        if keys.iter().all(sighting) { Certainty::Observed } else { Certainty::Documented }
    }
}

/// Beginnings of the keys of sources that show what was seen: logs, listings, reports of users.
const SIGHTINGS: [&str; 13] = [
    "blackmarble",
    "cloudberry",
    "event-samples",
    "evtx",
    "gilkirkpatrick",
    "listings",
    "log-sample",
    "ms-qa",
    "running-system",
    "sample",
    "service-map",
    "timmcmic",
    "veeam-cmdlets",
];

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Key and text of each source that a file cites.
pub(super) type Sources = BTreeMap<String, String>;

/// Reads a file that was compiled in; the tests read all of them.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("a table of the knowledge is broken: {error}"))
}

/// Puts the text of each source in the place of its key.
pub(super) fn cite(keys: &mut [String], sources: &Sources) {
    for key in keys {
        if let Some(text) = sources.get(key) {
            key.clone_from(text);
        }
    }
}

/// A name as names are compared: lower case, with blanks for hyphens and underscores.
pub fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', '_'], " ")
}
