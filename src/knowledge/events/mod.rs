//! Event records by (provider, event id): what each says, what its parameters are, what usually lies behind it.

mod message;

pub use message::message;

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use vsscope_model::{Guid, Severity};

/// A provider (source) of event records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogProvider {
    /// Its names; the first one is that of its events here.
    pub names: Vec<String>,
    /// The log that it writes to, where that is known.
    pub channel: Option<String>,
    /// Its id, where that is known.
    pub guid: Option<Guid>,
    /// What to know when its records are read.
    pub note: Option<String>,
}

/// A record of one (provider, id) in one layout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRow {
    /// First name of the provider.
    pub provider: String,
    /// Event id.
    pub id: u32,
    /// Rank where the record has no level.
    pub severity: Severity,
    /// Level, where a source gives one.
    pub level: Option<u8>,
    /// Where in a shadow copy's life it belongs.
    pub phase: String,
    /// What it says, with `{1}` and `{Name}` for parameters; absent where the meaning is unconfirmed.
    pub message: Option<String>,
    /// What each parameter is, in order.
    #[serde(default)]
    pub params: Vec<String>,
    /// Names of the fields, in order.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Usual causes.
    pub causes: Option<String>,
    /// Next steps.
    pub remedy: Option<String>,
    /// The versions of Windows that have this layout.
    pub os: Option<String>,
    /// Traps, benign cases, pairs with other records.
    pub note: Option<String>,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it comes from.
    pub source: Vec<String>,
}

impl EventRow {
    /// `VSS/8229`: how `vsscope explain` names it.
    pub fn code(&self) -> String {
        format!("{}/{}", self.provider, self.id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "provider")]
    providers: Vec<LogProvider>,
    #[serde(rename = "event")]
    events: Vec<EventRow>,
}

/// One file, indexed.
struct Table {
    providers: Vec<LogProvider>,
    events: Vec<EventRow>,
    /// Lower case name of a provider → its place.
    by_name: HashMap<String, usize>,
    /// Place of the provider and id → places of the layouts, the newest first.
    by_key: HashMap<(usize, u32), Vec<usize>>,
}

macro_rules! tables {
    ($($file:literal),+ $(,)?) => {
        /// The files, each one read when it is first needed; the most asked for comes first.
        static TABLES: [LazyLock<Table>; [$($file),+].len()] =
            [$(LazyLock::new(|| Table::load(include_str!(concat!("../data/events/", $file, ".toml"))))),+];
    };
}

tables!("vss", "volsnap", "system", "databases", "backup", "hyperv", "fileshare", "host");

impl Table {
    fn load(text: &str) -> Table {
        let File { sources, providers, mut events } = parse(text);
        let mut by_name = HashMap::new();
        for (at, provider) in providers.iter().enumerate() {
            by_name.extend(provider.names.iter().map(|name| (name.to_lowercase(), at)));
        }
        let mut by_key: HashMap<(usize, u32), Vec<usize>> = HashMap::new();
        for (at, row) in events.iter_mut().enumerate() {
            cite(&mut row.source, &sources);
            if let Some(&provider) = by_name.get(&row.provider.to_lowercase()) {
                by_key.entry((provider, row.id)).or_default().push(at);
            }
        }
        Table { providers, events, by_name, by_key }
    }
}

/// The table that has a provider, and the provider's place in it.
fn find(provider: &str) -> Option<(&'static Table, usize)> {
    let name = provider.to_lowercase();
    // A named instance of SQL Server logs under `MSSQL$` and its name.
    let name = if name.starts_with("mssql$") { "mssqlserver" } else { &name };
    TABLES.iter().find_map(|table| Some((&**table, *table.by_name.get(name)?)))
}

/// The provider of this name, compared without case.
pub fn provider(name: &str) -> Option<&'static LogProvider> {
    let (table, at) = find(name)?;
    table.providers.get(at)
}

/// All providers.
pub fn providers() -> impl Iterator<Item = &'static LogProvider> {
    TABLES.iter().flat_map(|table| &table.providers)
}

/// The layouts of a record, the newest first; empty where the record is not known.
pub fn layouts(provider: &str, id: u32) -> Vec<&'static EventRow> {
    let Some((table, at)) = find(provider) else { return Vec::new() };
    let places = table.by_key.get(&(at, id)).into_iter().flatten();
    places.filter_map(|&place| table.events.get(place)).collect()
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static EventRow> {
    TABLES.iter().flat_map(|table| &table.events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_provider_without_case() {
        let rows = layouts("vss", 8229);
        assert_eq!(rows.first().map(|row| row.code()), Some("VSS/8229".to_owned()));
        assert!(layouts("Contoso", 8229).is_empty());
        assert!(layouts("VSS", 1_000_000).is_empty());
    }

    #[test]
    fn one_number_of_two_providers_stays_apart() {
        let of = |provider| layouts(provider, 8193).first().and_then(|row| row.message.clone());
        assert!(of("VSS").is_some());
        assert_ne!(of("VSS"), of("System Restore"));
    }

    #[test]
    fn a_named_instance_of_sql_server_has_the_records_of_sql_server() {
        assert_eq!(layouts("MSSQL$PAYROLL", 3041), layouts("MSSQLSERVER", 3041));
        assert!(!layouts("MSSQLSERVER", 3041).is_empty());
    }

    #[test]
    fn every_event_has_a_declared_provider_and_no_provider_is_declared_twice() {
        for row in all() {
            assert!(layouts(&row.provider, row.id).contains(&row), "{}", row.code());
        }
        let mut names: Vec<String> = providers().flat_map(|p| &p.names).map(|n| n.to_lowercase()).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
