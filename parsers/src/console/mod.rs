//! What tools print: vssadmin, diskshadow, vshadow, and the log of the SQL Server writer.

use crate::collect::Collector;
use crate::time::LocalClock;
use std::io::Read;

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

/// The tool that printed a text that begins like this.
pub(crate) fn tool_of(_head: &str) -> Option<Tool> {
    None
}

/// Reads what a tool printed.
pub(crate) fn read(_stream: &mut dyn Read, _tool: Tool, _local: LocalClock, _out: &mut Collector) {}
