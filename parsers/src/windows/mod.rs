//! Decoders: a record of a Windows event log becomes the event that it stands for.
//!
//! The one table of this room, `FAMILIES`, says which (provider, event id) is read by which decoder. Ids mean
//! nothing without their provider: `System Restore` and `Microsoft-Windows-Security-SPP` use the numbers of `VSS` for
//! other things. How a container spells a record is the business of the readers; what follows from several records is
//! the business of the timeline.
//!
//! Meaning comes from ids, positions, GUIDs, codes and paths, never from words that Windows translates. Where a field
//! is found by a key's name, the same field is also found by its shape, or it is an extra that nothing depends on.

mod audit;
mod backup;
mod block;
mod commands;
mod database;
pub(crate) mod fields;
mod keep;
mod known;
mod scm;
mod security;
mod sysmon;
mod system;
mod tail;
mod volsnap;
mod vss;
mod words;

use crate::record::LogRecord;
use vsscope_model::Event;

pub(crate) use keep::Shared;
pub(crate) use words::Words;

/// Whether a decoder could give an event: a cheap filter on (provider, id). Names compare without case.
pub fn is_of_interest(provider: &str, event_id: u32) -> bool {
    family(provider, event_id).is_some()
}

/// Whether and when [`decode`] could give an event for records of this provider and id.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Interest {
    /// Never.
    None,
    /// It has to be asked.
    Any,
    /// Only if the values of the record hold one of these.
    Holding(&'static Words),
}

/// What [`is_of_interest`] says, and more of it.
pub(crate) fn interest(provider: &str, event_id: u32) -> Interest {
    match family(provider, event_id) {
        None => Interest::None,
        Some(Family { words: Some(words), .. }) => Interest::Holding(words),
        Some(_) => Interest::Any,
    }
}

/// The event that a record stands for, or None if it does not speak of VSS. The record's values become the event's; what
/// they have in common with those of other records is shared.
pub(crate) fn decode(record: LogRecord, shared: &mut Shared) -> Option<Event> {
    let decoder = shared.decoder(&record.provider, record.event_id)?;
    let mut event = decoder(&record)?;
    shared.keep(&mut event, record);
    Some(event)
}

/// Reads one record of a family; None where the record turns out not to speak of VSS. The record's values are put into the
/// event by [`decode`].
type Decoder = fn(&LogRecord) -> Option<Event>;

/// Records that are read by one decoder.
struct Family {
    provider: Provider,
    ids: Ids,
    decoder: Decoder,
    /// What its records must hold.
    words: Option<&'static Words>,
}

impl Family {
    const fn holding(self, words: &'static Words) -> Family {
        Family { words: Some(words), ..self }
    }
}

/// How a provider is recognised; always without case.
enum Provider {
    Is(&'static str),
    /// Providers that carry an instance in their name, such as `MSSQL$SALES`.
    StartsWith(&'static str),
}

/// Which ids of the provider.
enum Ids {
    All,
    Of(&'static [u32]),
}

impl Provider {
    fn matches(&self, provider: &str) -> bool {
        match self {
            Provider::Is(name) => provider.eq_ignore_ascii_case(name),
            Provider::StartsWith(prefix) => {
                provider.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            }
        }
    }
}

impl Ids {
    fn contain(&self, id: u32) -> bool {
        match self {
            Ids::All => true,
            Ids::Of(ids) => ids.contains(&id),
        }
    }
}

fn decoder(provider: &str, event_id: u32) -> Option<Decoder> {
    family(provider, event_id).map(|family| family.decoder)
}

fn family(provider: &str, event_id: u32) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.ids.contain(event_id) && family.provider.matches(provider))
}

/// A row for every id of a provider.
const fn all(provider: &'static str, decoder: Decoder) -> Family {
    Family { provider: Provider::Is(provider), ids: Ids::All, decoder, words: None }
}

/// A row for some ids of a provider.
const fn some(provider: &'static str, ids: &'static [u32], decoder: Decoder) -> Family {
    Family { provider: Provider::Is(provider), ids: Ids::Of(ids), decoder, words: None }
}

const SECURITY: &str = "Microsoft-Windows-Security-Auditing";
const SYSMON: &str = "Microsoft-Windows-Sysmon";
const POWERSHELL: &str = "Microsoft-Windows-PowerShell";
const KERNEL_GENERAL: &str = "Microsoft-Windows-Kernel-General";
const EVENTLOG: &str = "Microsoft-Windows-Eventlog";
const CLUSTER: &str = "Microsoft-Windows-FailoverClustering";
const VMMS: &str = "Microsoft-Windows-Hyper-V-VMMS";
const HYPER_V_WORKER: &str = "Microsoft-Windows-Hyper-V-Worker";
const GUEST_IC: &str = "Microsoft-Windows-Hyper-V-Guest-Drivers-IcSvc";
const ISCSI_PROVIDER: &str = "Microsoft-Windows-iSCSITarget-VSSProvider";

/// Which decoder reads which record.
static FAMILIES: &[Family] = &[
    all("VSS", vss::decode),
    some("VSSAudit", audit::IDS, audit::decode),
    some(SECURITY, audit::MARK_IDS, audit::decode_mark).holding(&words::AUDIT_SOURCE),
    some(SECURITY, &[4799], audit::decode_group_enumeration).holding(&words::SERVICE_IMAGE),
    some(SECURITY, &[4688], security::decode_process_creation).holding(&words::COMMANDS),
    some("PowerShell", &[800], security::decode_script).holding(&words::SCRIPTS),
    some(POWERSHELL, &[4103, 4104], security::decode_script).holding(&words::SCRIPTS),
    all("volsnap", volsnap::decode),
    all("Microsoft-Windows-VolumeSnapshot-Driver", volsnap::decode_driver),
    some(SYSMON, &[1], sysmon::decode_start),
    some(SYSMON, &[5], sysmon::decode_end),
    some(SYSMON, &[12, 13], sysmon::decode_registry).holding(&words::DIAG_KEY),
    some("Service Control Manager", scm::IDS, scm::decode).holding(&words::SERVICES),
    some("Virtual Disk Service", &[3, 4], scm::decode_virtual_disk),
    some("ESENT", database::ESE_IDS, database::decode_ese),
    some("ESE", database::ESE_IDS, database::decode_ese),
    some("NTDS ISAM", database::ESE_IDS, database::decode_ese),
    some("MSSQLSERVER", database::SQL_IDS, database::decode_sql),
    Family {
        provider: Provider::StartsWith("MSSQL$"),
        ids: Ids::Of(database::SQL_IDS),
        decoder: database::decode_sql,
        words: None,
    },
    all("SQLWRITER", database::decode_sql_writer),
    all("SQLVDI", database::decode_sql_device),
    some("MSExchangeIS", database::EXCHANGE_STORE_IDS, database::decode_exchange),
    some("MSExchangeRepl", database::EXCHANGE_REPLICA_IDS, database::decode_exchange),
    some("Microsoft-Windows-ActiveDirectory_DomainService", &[1917], database::decode_other_writer),
    some("DFSR", &[1102, 1104, 1106], database::decode_other_writer),
    some("Microsoft-Windows-MSMQ", &[2224, 2225, 2226, 2229, 2233], database::decode_other_writer),
    some("Microsoft-Windows-CAPI2", &[512, 513], database::decode_other_writer),
    all("Microsoft-Windows-Backup", backup::decode_server_backup),
    all("Windows Backup", backup::decode_other_requester),
    all("System Restore", backup::decode_restore_point),
    all("Microsoft-Windows-System-Restore", backup::decode_other_requester),
    all("SPP", backup::decode_positional),
    some(VMMS, backup::VMMS_IDS, backup::decode_positional),
    some(HYPER_V_WORKER, &[3216, 3280, 3332, 3352, 18520], backup::decode_positional),
    some(GUEST_IC, &[1, 2, 3, 5, 6, 7, 22, 24], backup::decode_positional),
    all("Microsoft-Windows-Hyper-V-Integration-VSS", backup::decode_positional),
    some("Microsoft-Windows-Hyper-V-Integration", backup::INTEGRATION_IDS, backup::decode_positional),
    some(CLUSTER, backup::CLUSTER_IDS, backup::decode_positional),
    all(ISCSI_PROVIDER, backup::decode_positional),
    all("Microsoft-Windows-FileShareShadowCopyAgent", backup::decode_positional),
    all("Microsoft-Windows-FileShareShadowCopyProvider", backup::decode_positional),
    some("Microsoft-Windows-Deduplication", backup::DEDUP_IDS, backup::decode_positional),
    some(KERNEL_GENERAL, &[1], system::decode_clock_change),
    some(KERNEL_GENERAL, &[12], system::decode_startup),
    some(KERNEL_GENERAL, &[13], system::decode_shutdown),
    some(KERNEL_GENERAL, &[11, 15], system::decode_shadow_device).holding(&words::SHADOW_DEVICES),
    some("EventLog", &[6005, 6008, 6009], system::decode_startup),
    some("EventLog", &[6006], system::decode_shutdown),
    some("User32", &[1074], system::decode_shutdown),
    some("Microsoft-Windows-Kernel-Power", &[41], system::decode_startup),
    some(EVENTLOG, &[104, 1102], system::decode_log_cleared),
    some("Microsoft-Windows-Ntfs", &[98], system::decode_shadow_device).holding(&words::SHADOW_DEVICES),
    some("Microsoft-Windows-Kernel-PnP", &[400], system::decode_shadow_device)
        .holding(&words::SHADOW_DEVICES),
    some("Microsoft-Windows-UserPnp", &[20001, 20003], system::decode_shadow_device)
        .holding(&words::SHADOW_DEVICES),
];

#[cfg(test)]
mod samples;
#[cfg(test)]
pub(crate) mod tests;
