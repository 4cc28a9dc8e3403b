//! The registry key `Services\VSS\Diag`: `.reg` exports, the text of `reg query`, SYSTEM hives, and the blobs in all of them.

pub mod names;

use crate::collect::Collector;
use std::io::Read;

/// Magic of a registry hive.
pub(crate) const HIVE_MAGIC: &[u8] = b"regf";

/// Whether text that begins like this is an export by regedit or `reg export`.
pub(crate) fn looks_like_export(_head: &str) -> bool {
    false
}

/// Whether text that begins like this is the output of `reg query`.
pub(crate) fn looks_like_query(_head: &str) -> bool {
    false
}

/// Reads a `.reg` export.
pub(crate) fn read_export(_stream: &mut dyn Read, _out: &mut Collector) {}

/// Reads the output of `reg query /s`.
pub(crate) fn read_query(_stream: &mut dyn Read, _out: &mut Collector) {}

/// Reads a SYSTEM hive.
pub(crate) fn read_hive(_stream: &mut dyn Read, _out: &mut Collector) {}
