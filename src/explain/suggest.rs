//! What may have been meant by a code that nothing is known of.

use super::related;
use crate::knowledge::{events, hresults, providers, states, vocabulary, writers};
use crate::rules::{catalogue, lookup};
use std::str::FromStr;
use vsscope_model::Guid;
use vsscope_reports::explain::Unknown;

/// All names that can be asked for, except those of single records.
pub(super) fn names() -> Vec<String> {
    let mut names: Vec<String> = catalogue().iter().map(|rule| rule.info().id.to_owned()).collect();
    names.extend(hresults::all().iter().filter_map(|row| row.name.clone()));
    names.extend(writers::all().map(|known| known.name.to_owned()));
    names.extend(providers::all().iter().flat_map(|row| row.names.clone()));
    names.extend(states::all().iter().map(|row| row.name.clone()));
    names.extend(vocabulary::constants().iter().map(|row| row.name.clone()));
    names.extend(vocabulary::phases().iter().map(|row| row.name.clone()));
    names.extend(vocabulary::limits().iter().map(|row| row.name.clone()));
    names.extend(events::providers().flat_map(|row| row.names.clone()));
    names
}

/// The code, with what may have been meant.
pub(super) fn unknown(asked: String) -> Unknown {
    let near = lookup::nearest(&asked, records_near(&asked).into_iter().chain(names()));
    Unknown { asked, near }
}

/// The message for a code that nothing is known of.
pub fn not_known(code: &Unknown) -> String {
    let Unknown { asked, near } = code;
    if !near.is_empty() {
        return format!("nothing is known of {asked:?}; did you mean {}?", near.join(", "));
    }
    match Guid::from_str(asked.trim()) {
        Ok(_) => {
            format!("nothing is known of {asked:?}: no writer, provider or source of events has this id")
        }
        Err(_) => format!("nothing is known of {asked:?}; `vsscope explain --help` says what can be asked"),
    }
}

/// The records of the source that was asked for.
fn records_near(asked: &str) -> Vec<String> {
    let Some((provider, _)) = asked.split_once('/') else { return Vec::new() };
    let name = events::provider(provider).or_else(|| events::provider(related::long_name(provider)?));
    let Some(name) = name.and_then(|row| row.names.first()) else { return Vec::new() };
    let mut codes: Vec<String> =
        events::all().filter(|row| row.provider == *name).map(|row| row.code()).collect();
    codes.dedup();
    codes
}
