//! VSS traces: text of the registry trace and of vsstrace, and the meaning of trace records from any container.

pub(crate) mod profile;
pub(crate) mod record;
pub(crate) mod story;

use crate::collect::Collector;
use crate::time::LocalClock;
pub use profile::Profile;
use std::io::Read;

/// Whether text that begins like this is a trace.
pub(crate) fn looks_like(_head: &str, _profiles: &[Profile]) -> bool {
    false
}

/// Reads trace text.
pub(crate) fn read(_stream: &mut dyn Read, _profiles: &[Profile], _local: LocalClock, _out: &mut Collector) {}
