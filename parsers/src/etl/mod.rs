//! Event traces (`.etl`): the container, the VSS tracing provider and the volsnap driver's provider.

use crate::collect::Collector;
use std::io::{Read, Seek};

/// Whether a file that begins like this is an event trace.
pub(crate) fn looks_like(_head: &[u8]) -> bool {
    false
}

/// Reads an event trace.
pub(crate) fn read(_file: &mut (impl Read + Seek), _out: &mut Collector) {}
