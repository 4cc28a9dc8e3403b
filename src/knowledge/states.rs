//! The states of writers: what `vssadmin list writers` prints in brackets, and what it says afterwards.

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::sync::LazyLock;

/// A state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRow {
    /// The number, which decides.
    pub value: u32,
    /// `VSS_WS_…`.
    pub name: String,
    /// The English words of vssadmin.
    pub text: Option<String>,
    /// What it means.
    pub meaning: String,
    /// What it says in a post-mortem.
    pub reading: String,
    /// How sure vssadmin's words are.
    pub text_certainty: Certainty,
    /// Where the row comes from.
    pub source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "state")]
    rows: Vec<StateRow>,
}

static TABLE: LazyLock<Vec<StateRow>> = LazyLock::new(|| {
    let File { sources, mut rows } = parse(include_str!("data/writer_states.toml"));
    rows.iter_mut().for_each(|row| cite(&mut row.source, &sources));
    rows
});

/// All states, by number.
pub fn all() -> &'static [StateRow] {
    &TABLE
}

/// The state of this number.
pub fn by_value(value: u32) -> Option<&'static StateRow> {
    all().iter().find(|row| row.value == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::WriterState;

    #[test]
    fn the_states_are_those_of_the_model() {
        for row in all() {
            assert_eq!(WriterState(row.value).name(), Some(row.name.as_str()), "{}", row.value);
        }
        assert!(by_value(8).is_some());
        assert!(by_value(99).is_none());
    }
}
