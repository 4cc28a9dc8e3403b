//! What tools print: vssadmin, diskshadow, vshadow, and the log of the SQL Server writer.
//!
//! Console output has no clock: vssadmin shows a state, diskshadow and vshadow tell a story line by line. What they list
//! becomes the inventory, what they did becomes calls in the order of the lines ([`vsscope_model::Clock::Order`]). Only the
//! log of the SQL Server writer has a time on every line.
//!
//! vssadmin speaks the language of its Windows and so may diskshadow: what is read there rests on indentation, order,
//! GUIDs, numbers in brackets, quotes, device names, commands and names of variables. vshadow is not translated.
//!
//! One file per tool; what they share is in `pieces` (parts of a line), `wrapped` (lines that a console broke), `dates`,
//! `blocks` (properties under a star), `story` (calls of a session), `tally` (accounting of lines).

mod blocks;
mod dates;
mod diskshadow;
mod pieces;
mod sniff;
mod sqlwriter;
mod story;
mod tally;
mod tracing;
mod vshadow;
mod vssadmin;
mod wrapped;

use crate::collect::Collector;
use crate::time::LocalClock;
use std::io::Read;

pub(crate) use sniff::tool_of;

/// The tool that printed a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tool {
    /// vssadmin.exe, any command.
    Vssadmin,
    /// diskshadow.exe, a session or a `/l` log.
    Diskshadow,
    /// vshadow.exe, with or without `-tracing`.
    Vshadow,
    /// `SqlWriterLogger.txt`.
    SqlWriter,
}

/// Reads what a tool printed.
pub(crate) fn read(stream: &mut dyn Read, tool: Tool, local: LocalClock, out: &mut Collector) {
    match tool {
        Tool::Vssadmin => vssadmin::read(stream, local, out),
        Tool::Diskshadow => diskshadow::read(stream, local, out),
        Tool::Vshadow => vshadow::read(stream, local, out),
        Tool::SqlWriter => sqlwriter::read(stream, local, out),
    }
}
