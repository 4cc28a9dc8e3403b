//! Where the body of a line begins, without knowing what stands before it.

use crate::trace::body::{self, Body, Labels, Shape};
use crate::trace::words;

/// The body of a line.
pub(in crate::trace) struct Anchor<'a> {
    /// Byte at which it begins.
    pub at: usize,
    /// What it says.
    pub body: Body<'a>,
}

impl Anchor<'_> {
    /// Whether it is an entry or exit.
    pub fn is_edge(&self) -> bool {
        self.body.shape >= Shape::Edge
    }
}

/// Longest prefix that is searched, in bytes.
const MAX_PREFIX: usize = 400;

/// The first entry, exit or `Class::Method:` of a line. None behind a quotation mark: such lines quote a trace.
pub(in crate::trace) fn find<'a>(line: &'a str, labels: &Labels) -> Option<Anchor<'a>> {
    if line.starts_with("[[") {
        return None;
    }
    let mut before = ' ';
    for (at, char) in line.char_indices() {
        if char == '"' || at > MAX_PREFIX {
            return None;
        }
        let begins = char.is_ascii_alphabetic() || matches!(char, '_' | '~' | '{');
        let inside =
            before.is_alphanumeric() || matches!(before, '_' | '~' | ':' | '\\' | '/' | '.' | '{' | '<');
        let is_after_stamp = before == ':' && line.get(..at).is_some_and(|before| !before.ends_with("::"));
        before = char;
        if !begins || (inside && !is_after_stamp) {
            continue;
        }
        let rest = line.get(at..)?;
        let word = rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        if words::module(word).is_some() {
            continue;
        }
        let body = body::parse(rest, labels);
        if body.shape >= Shape::Qualified && body.file.is_none() {
            return Some(Anchor { at, body });
        }
    }
    None
}

/// Whether a line holds an entry or exit with braces somewhere; quick, for lines that were not understood.
pub(in crate::trace) fn holds_edge(line: &str, labels: &Labels) -> bool {
    memchr::memchr(b'{', line.as_bytes()).is_some()
        && find(line, labels).is_some_and(|anchor| anchor.body.shape == Shape::Braced)
}

/// Last parts of functions of requesters and writers that the documented interfaces name.
const FUNCTIONS: [&str; 24] = [
    "OnIdentify",
    "OnPrepareBackup",
    "OnPrepareSnapshot",
    "OnFreeze",
    "OnThaw",
    "OnPostSnapshot",
    "OnBackupComplete",
    "OnBackupShutdown",
    "OnAbort",
    "OnPreRestore",
    "OnPostRestore",
    "StartSnapshotSet",
    "AddToSnapshotSet",
    "PrepareForBackup",
    "DoSnapshotSet",
    "GatherWriterMetadata",
    "GatherWriterStatus",
    "BackupComplete",
    "DeleteSnapshots",
    "AbortBackup",
    "BreakSnapshotSet",
    "FreeWriterMetadata",
    "ImportSnapshots",
    "InitializeForBackup",
];

/// Whether a function is one of VSS by its name.
pub(in crate::trace) fn is_of_vss(function: &str) -> bool {
    let last = function.rsplit("::").next().unwrap_or_default();
    function.contains("::")
        && (FUNCTIONS.contains(&last) || function.contains("Vss") || function.contains("VSS"))
}
