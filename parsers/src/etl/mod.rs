//! Event traces (`.etl`): the container, the VSS tracing provider and the volsnap driver's provider.
//!
//! A file is a row of buffers, each with a header and the events of one processor. `walk` finds the buffers by their headers,
//! whatever became of the file between them; `events` unpacks one and cuts it into events, whose headers `event` reads;
//! `read` brings the events that speak of VSS into the order of time and hands them to `vss` and `driver`. `logfile` is what
//! the first event says of the session, `clock` makes times of its stamps, `account` and `providers` keep the books.
//!
//! The container is not documented as a file format; its headers are (see each file), and captured files of Windows 10 and
//! 11 confirm what was used. Events of other providers are counted, not read.

mod account;
mod buffer;
mod clock;
mod cursor;
mod driver;
mod event;
mod events;
mod layout;
mod list;
mod logfile;
mod lz77;
mod place;
mod providers;
pub(crate) mod raw;
mod read;
mod source;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod vss;
mod walk;

use crate::collect::Collector;
use std::io::{Read, Seek};

pub use event::Kind;
pub use list::{Listed, Summary, list};

/// Bytes at the start of a file that hold the header of the session.
const HEADER_EVENT: usize = 1 << 10;

/// Whether a file that begins like this is an event trace.
pub(crate) fn looks_like(head: &[u8]) -> bool {
    logfile::begins_file(head)
}

/// Reads an event trace.
pub(crate) fn read(file: &mut (impl Read + Seek), out: &mut Collector) {
    read::read(file, out);
}
