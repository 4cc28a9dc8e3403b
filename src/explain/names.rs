//! Meanings of names.

use super::{entries, is_named};
use crate::knowledge::states::StateRow;
use crate::knowledge::{events, hresults, providers, states, vocabulary, writers};
use vsscope_reports::explain::Meaning;

/// Everything that has this name.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let mut found: Vec<Meaning> = Vec::new();
    found.extend(codes(name));
    let is_state = |row: &&StateRow| {
        is_named(&row.name, name) || row.text.as_deref().is_some_and(|text| is_named(text, name))
    };
    found.extend(states::all().iter().filter(is_state).map(entries::state));
    found.extend(
        vocabulary::constants().iter().filter(|row| is_named(&row.name, name)).map(entries::constant),
    );
    let has_name = |names: &[String]| names.iter().any(|known| is_named(known, name));
    found.extend(writers::rows().iter().filter(|row| has_name(&row.names)).map(entries::writer));
    found.extend(providers::all().iter().filter(|row| has_name(&row.names)).map(entries::provider));
    found.extend(vocabulary::phases().iter().filter(|row| is_named(&row.name, name)).map(entries::phase));
    found.extend(vocabulary::limits().iter().filter(|row| is_named(&row.name, name)).map(entries::limit));
    // The name of a result code is no name of a log's source: the tables of events need not be read for it.
    if !name.contains('_') || name.contains('-') {
        found.extend(events::provider(name).map(entries::log_provider));
    }
    found
}

fn codes(name: &str) -> Vec<Meaning> {
    let rows =
        hresults::all().iter().filter(|row| row.name.as_deref().is_some_and(|known| is_named(known, name)));
    let rows: Vec<Meaning> = rows.map(entries::code).collect();
    if !rows.is_empty() {
        return rows;
    }
    hresults::win32_by_name(name).map(entries::win32).into_iter().collect()
}
