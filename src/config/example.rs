//! `[[rule.example]]`: evidence on which an own rule fires, or has to be silent. Only `vsscope rules test` runs them.

use super::reader::{Mistakes, Table};
use std::path::PathBuf;
use toml::de::DeValue;

pub(super) const KEYS: &[&str] = &["note", "fires", "events", "file"];

/// One example of an own rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Id of the rule.
    pub rule: String,
    /// What it shows.
    pub note: String,
    /// Whether the rule fires on it.
    pub fires: bool,
    /// What is judged.
    pub evidence: Evidence,
    /// File, line and column of the example.
    pub place: String,
}

/// The evidence of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Lines of `vsscope.events/1`.
    Events(String),
    /// A file of any format that vsscope reads.
    File(PathBuf),
}

/// The examples of a rule.
pub(super) fn read(rule: &Table<'_>, id: &str, mistakes: &mut Mistakes<'_>) -> Vec<Example> {
    let mut examples = Vec::new();
    for (entries, span) in rule.tables("example", mistakes) {
        let place = mistakes.place(span.start);
        let table = Table::new(entries, span, KEYS, mistakes);
        table.require("note", mistakes);
        table.require("fires", mistakes);
        let note = table.text("note", mistakes);
        let fires = table.read("fires", "true or false", mistakes, DeValue::as_bool);
        let evidence = evidence(&table, mistakes);
        if let (Some(note), Some(fires), Some(evidence)) = (note, fires, evidence) {
            examples.push(Example { rule: id.to_owned(), note, fires, evidence, place });
        }
    }
    examples
}

fn evidence(table: &Table<'_>, mistakes: &mut Mistakes<'_>) -> Option<Evidence> {
    let events = table.text("events", mistakes).map(Evidence::Events);
    let file = table.text("file", mistakes).map(|path| Evidence::File(mistakes.folder().join(path)));
    if table.get("events").is_some() == table.get("file").is_some() {
        mistakes.add(table.span.clone(), "an example has either \"events\" or \"file\"");
    }
    events.or(file)
}
