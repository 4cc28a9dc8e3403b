//! Writers by class id: names, hosting service and process, usual records and failures.

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use vsscope_model::Guid;

/// A known writer under one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownWriter {
    /// Class id.
    pub class_id: Guid,
    /// Name.
    pub name: &'static str,
}

/// All that is known of a writer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriterRow {
    /// Class id.
    pub class_id: Guid,
    /// Its names, the usual one first.
    pub names: Vec<String>,
    /// Key name of the service that hosts it.
    pub service: Option<String>,
    /// Process that hosts it.
    pub process: Option<String>,
    /// How to restart it, and what that costs.
    pub restart: Option<String>,
    /// Its usual records, `provider/id`.
    #[serde(default)]
    pub events: Vec<String>,
    /// Known failures.
    pub failures: Option<String>,
    /// What else to know.
    pub note: Option<String>,
    /// How sure the row is; where the file says nothing, after its sources.
    pub certainty: Option<Certainty>,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// The Exchange writers (store and replica) share one class id.
pub const EXCHANGE: Guid = Guid::from_bits(0x76fe1ac4_15f7_4bcd_987e_8e1acb462fb7);
/// NTDS, the Active Directory writer; lives in lsass.
pub const NTDS: Guid = Guid::from_bits(0xb2014c9e_8711_4c5c_a5a9_3cf384484757);
/// SqlServerWriter.
pub const SQL_SERVER: Guid = Guid::from_bits(0xa65faa63_5ea8_4ebc_9dbd_a0c4db26912a);

/// Writers of files and settings that have no logs to cut and no history of backups. What they back up is on Microsoft's page
/// In-Box VSS Writers; that a full backup changes nothing for the next one is inferred from it. A writer that is not here
/// may have a history.
const WITHOUT_HISTORY: &[Guid] = &[
    // Registry Writer, COM+ REGDB Writer, Shadow Copy Optimization Writer.
    Guid::from_bits(0xafbab4a2_367d_4d15_a586_71dbb18f8485),
    Guid::from_bits(0x542da469_d3e1_473c_9f4f_7847f01fc64f),
    Guid::from_bits(0x4dc3bdd4_ab48_4d07_adb0_3bee2926fd7f),
    // ASR Writer, VSS Metadata Store Writer, Performance Counters Writer.
    Guid::from_bits(0xbe000cbe_11fe_4426_9c58_531aa6355fc4),
    Guid::from_bits(0x75dfb225_e2e4_4d39_9ac9_ffaff65ddf06),
    Guid::from_bits(0x0bada1de_01a9_4625_8278_69e735f39dd2),
    // Task Scheduler Writer, System Writer, WMI Writer, BITS Writer.
    Guid::from_bits(0xd61d61c8_d73a_4eee_8cdd_f6f9786b7124),
    Guid::from_bits(0xe8132975_6f93_4464_a53e_1050253ae220),
    Guid::from_bits(0xa6ad56c2_b509_4e6c_bb19_49d8f43532f0),
    Guid::from_bits(0x4969d978_be47_48b0_b100_f328f07ac1e0),
    // IIS Config Writer, IIS Metabase Writer.
    Guid::from_bits(0x2a40fd15_dfca_4aa8_a654_1f8c654603f6),
    Guid::from_bits(0x59b1f0cf_90ef_465f_9609_6ca8b2938366),
];

/// A writer and the ESE process under which its database engine logs.
const ESE_PROCESSES: &[(&str, Guid)] = &[
    ("lsass", NTDS),
    ("NTDS", NTDS),
    ("store", EXCHANGE),
    ("Information Store", EXCHANGE),
    ("Microsoft.Exchange.Store.Worker", EXCHANGE),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "writer")]
    rows: Vec<WriterRow>,
}

struct Table {
    rows: Vec<WriterRow>,
    by_class: HashMap<Guid, usize>,
    /// Lower case name → place of the writer and of the name among its names.
    by_name: HashMap<String, (usize, usize)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let File { sources, mut rows } = parse(include_str!("data/writers.toml"));
    let mut by_name = HashMap::new();
    for (at, row) in rows.iter_mut().enumerate() {
        row.certainty = row.certainty.or(Some(Certainty::by_sources(&row.source)));
        cite(&mut row.source, &sources);
        by_name.extend(row.names.iter().enumerate().map(|(nth, name)| (name.to_lowercase(), (at, nth))));
    }
    let by_class = rows.iter().enumerate().map(|(at, row)| (row.class_id, at)).collect();
    Table { rows, by_class, by_name }
});

/// All that is known, a row per class id.
pub fn rows() -> &'static [WriterRow] {
    &TABLE.rows
}

/// All that is known of the writer with this class id.
pub fn row(class_id: Guid) -> Option<&'static WriterRow> {
    TABLE.rows.get(*TABLE.by_class.get(&class_id)?)
}

/// Whether a full backup changes nothing for the next backup of this writer: it has no logs and no history.
pub fn has_no_history(class_id: Guid) -> bool {
    WITHOUT_HISTORY.contains(&class_id)
}

/// The writer with this class id, under its usual name.
pub fn by_class(class_id: Guid) -> Option<KnownWriter> {
    let name = row(class_id)?.names.first()?;
    Some(KnownWriter { class_id, name })
}

/// All writers, those with several names once per name.
pub fn all() -> impl Iterator<Item = KnownWriter> {
    let names = |row: &'static WriterRow| row.names.iter().map(|name| (row.class_id, name));
    rows().iter().flat_map(names).map(|(class_id, name)| KnownWriter { class_id, name })
}

/// The writer with this name, compared without case. Names are display names: a miss means nothing.
pub fn by_name(name: &str) -> Option<KnownWriter> {
    let &(at, nth) = TABLE.by_name.get(&name.to_lowercase())?;
    let row = TABLE.rows.get(at)?;
    Some(KnownWriter { class_id: row.class_id, name: row.names.get(nth)? })
}

/// The writer whose database engine logs under this process name in ESENT / ESE records.
pub fn by_ese_process(process: &str) -> Option<KnownWriter> {
    let bare = process.strip_suffix(".exe").unwrap_or(process);
    let &(_, class_id) = ESE_PROCESSES.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare))?;
    by_class(class_id)
}

/// The writer whose database engine logs under this provider, or in this process.
pub fn by_engine(provider: &str, process: Option<&str>) -> Option<KnownWriter> {
    let is_sql = provider.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("MSSQL"));
    if is_sql { by_class(SQL_SERVER) } else { by_ese_process(process?) }
}

/// Key name of the service that hosts a writer.
pub fn hosting_service(class_id: Option<Guid>, name: &str) -> Option<&'static str> {
    row(class_id.or_else(|| by_name(name).map(|known| known.class_id))?)?.service.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::events;

    #[test]
    fn the_ntds_writer_is_found_three_ways() {
        let ntds = by_name("ntds").expect("known writer");
        assert_eq!(ntds.class_id.to_string(), "b2014c9e-8711-4c5c-a5a9-3cf384484757");
        assert_eq!(by_class(ntds.class_id), Some(ntds));
        assert_eq!(by_ese_process("lsass"), Some(ntds));
    }

    #[test]
    fn unknown_writers_stay_unknown() {
        assert_eq!(by_name("Contoso Writer"), None);
        assert_eq!(by_ese_process("svchost"), None);
    }

    #[test]
    fn a_name_belongs_to_one_writer_and_usual_records_are_known_ones() {
        for known in all() {
            assert_eq!(by_name(known.name), Some(known));
        }
        for code in rows().iter().flat_map(|row| &row.events) {
            let (provider, id) = code.split_once('/').expect("provider/id");
            let id = id.parse().expect("an event id");
            assert!(!events::layouts(provider, id).is_empty(), "{code}");
        }
    }
}
