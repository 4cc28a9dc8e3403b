//! [`TraceRecord`]: one record of a VSS trace, whatever it came in. The reader of trace text and that of ETL files both give
//! it, and [`super::story`] reads nothing else.

use vsscope_model::{Clock, HResult, Timestamp};

/// One record of a VSS trace. What the trace does not show is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceRecord<'a> {
    /// Line, from 1, for text.
    pub line: Option<u64>,
    /// Byte offset.
    pub offset: Option<u64>,
    /// The time as the reader understands it; absent in traces without times.
    pub time: Option<Timestamp>,
    /// Which clock it is from.
    pub clock: Clock,
    /// Smallest step of that clock in ns, where it is coarser than 100 ns and known.
    pub resolution_ns: Option<u64>,
    /// Process id.
    pub pid: Option<u32>,
    /// Thread id.
    pub tid: Option<u32>,
    /// Module, by the documented name of its flag (`COORD`, `WRITER` …).
    pub module: Option<&'a str>,
    /// Level, as documented for vsstrace (20 … 255).
    pub level: Option<u32>,
    /// Call depth, where the trace writes it.
    pub indent: Option<u32>,
    /// Source file with its path, or its alias of eight characters where there is only that.
    pub file: Option<&'a str>,
    /// Line in the source file.
    pub source_line: Option<u32>,
    /// What kind of record.
    pub kind: Kind,
    /// Function with its class and without a calling convention (`CDemoWriter::OnFreeze`); empty if the record names none.
    pub function: &'a str,
    /// The message; empty for ENTER and EXIT. May hold line breaks.
    pub text: &'a str,
}

/// Kind of a trace record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A function is entered.
    Enter,
    /// A function is left, with its result where the trace has it.
    Exit(Option<HResult>),
    /// Anything else.
    Message,
}
