//! Shadow copy providers by id.

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use vsscope_model::Guid;

/// A known provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderRow {
    /// Provider id.
    pub id: Guid,
    /// Its names.
    pub names: Vec<String>,
    /// `system`, `software`, `hardware`, `fileshare`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Service, process or driver that it lives in.
    pub host: Option<String>,
    /// What else to know.
    pub note: Option<String>,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "provider")]
    rows: Vec<ProviderRow>,
}

struct Table {
    rows: Vec<ProviderRow>,
    by_id: HashMap<Guid, usize>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let File { sources, mut rows } = parse(include_str!("data/providers.toml"));
    rows.iter_mut().for_each(|row| cite(&mut row.source, &sources));
    let by_id = rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect();
    Table { rows, by_id }
});

/// All providers.
pub fn all() -> &'static [ProviderRow] {
    &TABLE.rows
}

/// The provider of this id.
pub fn by_id(id: Guid) -> Option<&'static ProviderRow> {
    TABLE.rows.get(*TABLE.by_id.get(&id)?)
}

/// The name of a provider.
pub fn name(id: Guid) -> Option<&'static str> {
    by_id(id)?.names.first().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_provider_has_a_name() {
        let id = "b5946137-7b9f-4925-af80-51abd60b20d5".parse().expect("a GUID");
        assert_eq!(name(id), Some("Microsoft Software Shadow Copy provider 1.0"));
        assert_eq!(name(Guid::NULL), None);
    }
}
