//! Tells what an input is by its first bytes; names of files say nothing.

use super::Format;
use crate::console::{self, Tool};
use crate::text::{CodePage, TextForm};
use crate::trace::{self, Profile};
use crate::{diag, etl, evtx, json};
use std::io::Read;

/// First look: enough for every magic and for nearly every JSON object.
const SHORT: usize = 64 << 10;
/// Second look: chunks of a log that begins with damage, or a very large first object.
const LONG: usize = 4 << 20;

/// What an input is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A log of this format.
    Log(Format),
    /// Something else; the message says what.
    Other(String),
}

/// Reads the first bytes of an input: as few as tell what it is.
pub(crate) fn head(stream: &mut impl Read) -> Vec<u8> {
    let mut head = Vec::new();
    fill(stream, &mut head, SHORT);
    if head.len() >= SHORT
        && !super::archive::has_magic(&head)
        && log_format(&head).is_none()
        && text_encoding(&head).is_none()
        && known(&head).is_none()
    {
        fill(stream, &mut head, LONG);
    }
    head
}

fn fill(stream: &mut impl Read, head: &mut Vec<u8>, up_to: usize) {
    let missing = u64::try_from(up_to.saturating_sub(head.len())).unwrap_or(0);
    // A tap has no errors; it keeps them for the report.
    let _ = stream.take(missing).read_to_end(head);
}

/// What the input is that begins like this.
pub(crate) fn content(head: &[u8], profiles: &[Profile]) -> Content {
    if head.is_empty() {
        return Content::Other("empty file".to_owned());
    }
    if let Some(format) = log_format(head) {
        return Content::Log(format);
    }
    if let Some(format) = text_format(head, profiles) {
        return Content::Log(format);
    }
    let known = known(head);
    let has_chunks = evtx::shows_chunks(head);
    if known.is_none() && has_chunks {
        return Content::Log(Format::Evtx);
    }
    // An image or a dump may have chunks anywhere.
    let may_have = has_chunks || (known.is_none() && head.len() >= LONG && !is_text(head));
    let hint = if may_have { "; --carve searches it for event logs" } else { "" };
    let what = known.unwrap_or_else(|| text_or_bytes(head));
    Content::Other(format!("not a log that vsscope knows ({what}){hint}"))
}

/// The format of text that is no JSON. Text that a tool printed is told first: it may quote lines of a trace.
fn text_format(head: &[u8], profiles: &[Profile]) -> Option<Format> {
    text_encoding(head)?;
    let ansi = TextForm::of(head, CodePage::Ansi).preview(head);
    if diag::looks_like_export(&ansi) {
        return Some(Format::RegistryExport);
    }
    if diag::looks_like_query(&ansi) {
        return Some(Format::RegistryQuery);
    }
    match console::tool_of(&ansi) {
        Some(Tool::Vssadmin) => return Some(Format::Vssadmin),
        Some(Tool::Diskshadow) => return Some(Format::Diskshadow),
        Some(Tool::Vshadow) => return Some(Format::Vshadow),
        Some(Tool::SqlWriter) => return Some(Format::SqlWriterLog),
        None => {}
    }
    trace::looks_like(&ansi, profiles).then_some(Format::VssTrace)
}

/// Whether the bytes can be text at all: no signature of something else, and few control characters in what they decode to.
fn text_encoding(head: &[u8]) -> Option<TextForm> {
    let form = TextForm::of(head, CodePage::Ansi);
    let preview = form.preview(head);
    let odd = preview.chars().filter(|c| (c.is_control() && !c.is_whitespace()) || *c == '\u{FFFD}').count();
    (!preview.is_empty() && odd.saturating_mul(10) < preview.chars().count()).then_some(form)
}

fn log_format(head: &[u8]) -> Option<Format> {
    if head.starts_with(evtx::FILE_MAGIC) || head.starts_with(evtx::CHUNK_MAGIC) {
        return Some(Format::Evtx);
    }
    if head.starts_with(diag::HIVE_MAGIC) {
        return Some(Format::RegistryHive);
    }
    if etl::looks_like(head) {
        return Some(Format::Etl);
    }
    looks_like_json(head).then(|| json::form_of(head)).flatten()
}

/// Whether text of JSON may begin like this: with a brace, a list, or the first line of `evtx_dump -o json`.
fn looks_like_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    text.starts_with(b"{") || text.starts_with(b"[") || text.starts_with(b"Record ") || is_text(text)
}

fn is_text(head: &[u8]) -> bool {
    let sample = head.get(..512).unwrap_or(head);
    !sample.iter().any(|byte| *byte < 0x20 && !byte.is_ascii_whitespace())
}

/// Signatures of what lies beside logs. None of them is four zero bytes: a log whose header was wiped begins with those.
const SIGNATURES: [(&[u8], &str); 21] = [
    (b"\xFF\xD8\xFF", "starts like a JPEG image"),
    (b"\x89PNG", "starts like a PNG image"),
    (b"GIF8", "starts like a GIF image"),
    (b"%PDF", "starts like a PDF document"),
    (b"\x1F\x8B", "starts like a gzip archive"),
    (b"7z\xBC\xAF\x27\x1C", "starts like a 7-Zip archive"),
    (b"Rar!", "starts like a RAR archive"),
    (b"BZh", "starts like a bzip2 archive"),
    (b"\xFD7zXZ", "starts like an xz archive"),
    (b"\x28\xB5\x2F\xFD", "starts like a zstd archive"),
    (b"MSCF", "starts like a cabinet archive"),
    (b"MZ", "starts like a Windows program"),
    (b"\x7FELF", "starts like a Linux program"),
    (b"SQLite format 3", "starts like an SQLite database"),
    (b"LfLe", "starts like an event log of Windows before Vista"),
    (b"\x30\x00\x00\x00LfLe", "starts like an event log of Windows before Vista"),
    (b"\xD0\xCF\x11\xE0", "starts like an OLE document"),
    (b"<?xml", "starts like XML"),
    (b"<Event", "starts like XML"),
    (b"\xFF\xFE", "UTF-16 text of an unknown form"),
    (b"\xFE\xFF", "UTF-16 text of an unknown form"),
];

fn known(head: &[u8]) -> Option<String> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let found = SIGNATURES.iter().find(|(magic, _)| text.starts_with(magic));
    found.map(|(_, what)| (*what).to_owned())
}

fn text_or_bytes(head: &[u8]) -> String {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"[") {
        return "JSON of an unknown form".to_owned();
    }
    if is_text(text) {
        return "text of an unknown form".to_owned();
    }
    let bytes: Vec<String> = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("starts with the bytes {}", bytes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(head: &[u8]) -> String {
        match content(head, &[]) {
            Content::Other(what) => what,
            Content::Log(format) => panic!("taken for {format}"),
        }
    }

    #[test]
    fn forms_are_told_by_their_first_object() {
        for (text, format) in [
            (r#"{"SourceName":"VSS","EventID":8224,"Message":"x"}"#, Format::NxlogJson),
            ("\u{feff}\r\n  {\"Event\":{\"System\":{}}}", Format::EvtxDumpJson),
            ("Record 7\n{\n  \"Event\": {\n    \"System\": {}\n  }\n}", Format::EvtxDumpJson),
            (r#"[{"winlog":{"event_id":1}}]"#, Format::WinlogbeatJson),
            (r#"{"winlog.event_id":"1"}"#, Format::WinlogbeatJson),
            (r#"{"_index":"x","_source":{"winlog":{"event_id":1}}}"#, Format::WinlogbeatJson),
            (r#"{"fields":{"winlog.event_id":["1"]}}"#, Format::WinlogbeatJson),
            (r#"{"event_id":1,"source_name":"VSS","log_name":"Application"}"#, Format::WinlogbeatJson),
            (r#"{"schema":"vsscope.events/1"}"#, Format::VsscopeEvents),
            ("a broken line\n{\"SourceName\":\"VSS\",\"EventID\":1}\n", Format::NxlogJson),
        ] {
            assert_eq!(content(text.as_bytes(), &[]), Content::Log(format), "{text}");
        }
    }

    #[test]
    fn what_is_no_log_is_named() {
        assert_eq!(other(b""), "empty file");
        assert_eq!(
            other(b"\xFF\xD8\xFF\xE0\0\x10JFIF"),
            "not a log that vsscope knows (starts like a JPEG image)"
        );
        assert_eq!(other(br#"{"name":"package"}"#), "not a log that vsscope knows (JSON of an unknown form)");
        assert_eq!(other(b"hello"), "not a log that vsscope knows (text of an unknown form)");
        assert!(other(&[0, 1, 2, 3]).contains("00 01 02 03"));
        assert!(other(&[0; 100_000]).contains("00 00 00 00"));
        assert_eq!(
            other(br#"{"schema":"vsscope.events/9"}"#),
            "not a log that vsscope knows (JSON of an unknown form)"
        );
    }
}
