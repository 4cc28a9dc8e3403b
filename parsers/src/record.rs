//! [`LogRecord`]: one record of a Windows event log, whatever container it came in.
//!
//! EVTX and the JSON forms differ in how they spell a record; the decoders in `windows/` see only this.

use std::sync::Arc;
use vsscope_model::{Clock, Params, RecordRef, Timestamp};

/// One record of a Windows event log. What the container does not have is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRecord {
    /// Provider (source) name as logged.
    pub provider: Arc<str>,
    /// `EventSourceName`, the classic name of a provider that also has a manifest.
    pub event_source_name: Option<Arc<str>>,
    /// Event id.
    pub event_id: u32,
    /// `EventID/@Qualifiers` of classic records.
    pub qualifiers: Option<u32>,
    /// Event version.
    pub version: Option<u8>,
    /// Level.
    pub level: Option<u8>,
    /// Channel.
    pub channel: Option<Arc<str>>,
    /// Computer.
    pub host: Option<Arc<str>>,
    /// The record's instant in UTC, after the container's clock was mended.
    pub time: Timestamp,
    /// Which clock gave it.
    pub clock: Clock,
    /// Step of that clock in ns, where it is coarser than 100 ns and known.
    pub resolution_ns: Option<u64>,
    /// Event record id.
    pub record_id: Option<u64>,
    /// `System/Execution/@ProcessID`: the process that wrote the record, not always the one it speaks of. 0 is absent.
    pub pid: Option<u32>,
    /// `System/Execution/@ThreadID`. 0 is absent.
    pub tid: Option<u32>,
    /// `System/Security/@UserID`.
    pub user_sid: Option<String>,
    /// `EventData/Data` in order; classic records have no names.
    pub data: Params,
    /// Leaves of `UserData` in document order, by element name.
    pub user_data: Params,
    /// `EventData/Binary`.
    pub binary: Option<Vec<u8>>,
    /// Rendered message, where the container has one.
    pub message: Option<String>,
    /// Where the record was read.
    pub source: RecordRef,
}

impl LogRecord {
    /// Whether the provider has this name; names are compared without case.
    pub fn is_from(&self, provider: &str) -> bool {
        self.provider.eq_ignore_ascii_case(provider)
    }

    /// The named field of `EventData`, else of `UserData`. Empty values count as absent.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.data.named(name).or_else(|| self.user_data.named(name))?;
        Some(found).filter(|value| !value.is_empty())
    }

    /// The data element at this place, from 0. Empty values count as absent.
    pub fn at(&self, index: usize) -> Option<&str> {
        self.data.get(index).map(|param| param.value).filter(|value| !value.is_empty())
    }
}
