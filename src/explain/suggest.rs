//! What may have been meant by a code that nothing is known of.

use super::related;
use crate::knowledge::{events, hresults, providers, states, vocabulary, writers};
use crate::rules::{catalogue, lookup};

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

/// The message for a code that nothing is known of.
pub(super) fn unknown(asked: &str) -> String {
    let near = lookup::nearest(asked, records_near(asked).into_iter().chain(names()));
    match near.is_empty() {
        true => format!("nothing is known of {asked:?}; `vsscope rules` lists the rules"),
        false => format!("nothing is known of {asked:?}; did you mean {}?", near.join(", ")),
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
