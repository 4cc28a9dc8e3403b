//! The registry key `Services\VSS\Diag`: `.reg` exports, the text of `reg query`, SYSTEM hives, and the blobs in all
//! of them.
//!
//! `names` says what keys and values stand for, `blob` what is in a value; `export`, `query` and `hive` find both in
//! their containers and hand them to `values`, which makes events of them in an `order`. Sysmon's events about the same
//! key are records of a log and are read in `windows/`.

mod blob;
mod export;
#[cfg(test)]
mod fixture;
mod hive;
pub mod names;
mod order;
mod query;
mod values;

pub(crate) use export::{looks_like as looks_like_export, read as read_export};
pub(crate) use hive::{MAGIC as HIVE_MAGIC, read as read_hive};
pub(crate) use query::{looks_like as looks_like_query, read as read_query};

/// Why the key as a machine showed it never tells everything.
const NEWEST_ONLY: &str = "the registry key keeps only the newest instance of each step: neither the history nor the number of \
                           snapshot sets can be told from it, and a step that is absent may have happened; most of it is lost \
                           when Windows restarts";

/// Text in UTF-16LE up to its terminating zero.
fn utf16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
