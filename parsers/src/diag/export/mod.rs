//! Exports by regedit and `reg export`: text of the form `"name"=hex:48,00,…` below `[key]`.
//!
//! The form is read with every deviation that editors, mail programs and scripts bring about: any encoding, no header,
//! lost indents, comments between continuation lines. Only keys at or below `Services\VSS\Diag` are looked at; an export
//! has no times of its own, no host and no mark of what was volatile.

mod syntax;
#[cfg(test)]
mod tests;

use super::blob;
use super::names;
use super::values::{Data, DiagValues, Key, Place};
use crate::bytes::to_hex;
use crate::collect::Collector;
use crate::text::{CodePage, Lines};
use std::io::Read;
use syntax::{Form, name_and_data};
use vsscope_model::IssueKind;

/// First lines of the two versions of the form.
const HEADERS: [&str; 2] = ["Windows Registry Editor Version ", ANSI_HEADER];
/// The older version, in which the bytes of text are those of a code page.
const ANSI_HEADER: &str = "REGEDIT4";

/// Whether text that begins like this is an export: by its first line, or, if that is lost, by a key and what follows
/// it.
pub(crate) fn looks_like(head: &str) -> bool {
    let mut lines = head.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(';'));
    let Some(first) = lines.next() else { return false };
    if HEADERS.iter().any(|header| first.starts_with(header)) {
        return true;
    }
    let is_key = |line: &str| {
        let path = line.trim_start_matches(['[', '-']);
        line.starts_with('[') && (path.starts_with("HKEY_") || path.starts_with("HKLM\\"))
    };
    is_key(first) && lines.next().is_none_or(|next| is_key(next) || next.starts_with(['"', '@']))
}

/// Reads an export.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
    let mut lines = Lines::new(stream, CodePage::Ansi);
    let mut export = Export::default();
    let mut is_open = false;
    while let Some(line) = lines.next() {
        // Only the last line, and the pieces of one that is too long, have no line break.
        let was_open = std::mem::replace(&mut is_open, !line.complete);
        let at = At { place: Place::Line(line.number), is_cut: is_open };
        if was_open {
            export.too_long(at, out);
            continue;
        }
        if line.damaged {
            let is_inside = export.is_inside();
            export.values.damaged(at.place, is_inside, out);
        }
        export.line(line.text, at, out);
    }
    export.finish(is_open, out);
}

/// Where a line is, and whether the input may have been cut in it.
#[derive(Clone, Copy)]
struct At {
    place: Place,
    is_cut: bool,
}

impl At {
    /// Adds an issue about a line that cannot be read.
    fn issue(self, message: &str, out: &mut Collector) {
        let kind = if self.is_cut { IssueKind::Truncated } else { IssueKind::Line };
        out.issue(kind, self.place.to_string(), message);
    }
}

/// Where the export is.
#[derive(Default)]
enum Section {
    /// In a key that says nothing of VSS, or before the first.
    #[default]
    Other,
    /// In `Diag` or a key below it.
    Inside(Key),
    /// In a key of which the name is damaged.
    Unnamed,
}

#[derive(Default)]
struct Export {
    values: DiagValues,
    section: Section,
    open: Option<Value>,
    is_ansi: bool,
}

impl Export {
    fn is_inside(&self) -> bool {
        !matches!(self.section, Section::Other)
    }

    fn line(&mut self, text: &str, at: At, out: &mut Collector) {
        let text = text.trim();
        if text.is_empty() || text.starts_with(';') {
            return;
        }
        let begins_anew = text.starts_with(['[', '"', '@']);
        match self.open.take() {
            Some(mut value) if !begins_anew => {
                value.go_on(text);
                self.open = Some(value);
                return;
            }
            Some(value) => self.close(value, out),
            None => {}
        }
        match text.strip_prefix('[') {
            Some(rest) => self.key(rest, at, out),
            None if self.is_inside() => self.value(text, at, out),
            None => self.is_ansi |= text == ANSI_HEADER,
        }
    }

    /// A key line ends at its last bracket: names may hold some.
    fn key(&mut self, rest: &str, at: At, out: &mut Collector) {
        let whole = rest.rfind(']').and_then(|end| rest.get(..end));
        let path = whole.unwrap_or(rest);
        let deleted = path.strip_prefix('-');
        let is_diag = names::below_diag(deleted.unwrap_or(path)).is_some();
        self.section = match (whole, deleted) {
            (None, _) => {
                if is_diag || at.is_cut {
                    at.issue("the name of a key has no end", out);
                }
                if is_diag { Section::Unnamed } else { Section::Other }
            }
            (Some(_), Some(_)) => {
                if is_diag {
                    let message = "the export deletes a key; that was passed over";
                    out.issue(IssueKind::Note, at.place.to_string(), message);
                }
                Section::Other
            }
            (Some(_), None) if is_diag => {
                self.values.key(path, at.place, out).map_or(Section::Unnamed, Section::Inside)
            }
            (Some(_), None) => Section::Other,
        };
    }

    fn value(&mut self, text: &str, at: At, out: &mut Collector) {
        let Section::Inside(key) = &self.section else {
            at.issue("a value of a key without a name", out);
            out.lose(1);
            return;
        };
        let Some((name, data)) = name_and_data(text) else {
            at.issue("a line is neither a key nor a value", out);
            out.lose(1);
            return;
        };
        match (data, name) {
            (Form::Deleted, _) => {
                let message = "the export deletes a value; that was passed over";
                out.issue(IssueKind::Note, at.place.to_string(), message);
            }
            (Form::Hex { kind, digits }, name) => {
                let mut value = Value::new(name, kind, at.place);
                value.add(digits);
                self.open = Some(value);
            }
            (Form::Text(text), None) => self.values.default_value(key, &text),
            (Form::Text(text), Some(name)) => {
                self.values.value(key, &name, Data::Text(text), at.place, out);
            }
        }
    }

    /// Ends a value.
    fn close(&mut self, value: Value, out: &mut Collector) {
        let Section::Inside(key) = &self.section else { return };
        if value.is_damaged || value.goes_on {
            let message = "the bytes of a value end in something else; what stands before it was read";
            out.issue(IssueKind::Line, value.place.to_string(), message);
        }
        match &value.name {
            None => self.values.default_value(key, &value.text(self.is_ansi)),
            Some(name) => {
                let data = match value.kind {
                    syntax::BINARY => Data::Binary(value.bytes),
                    _ => Data::Text(value.text(self.is_ansi)),
                };
                self.values.value(key, name, data, value.place, out);
            }
        }
    }

    fn too_long(&mut self, at: At, out: &mut Collector) {
        if self.is_inside() {
            out.issue(IssueKind::Line, at.place.to_string(), "a line is too long; its end was left out");
        }
    }

    fn finish(mut self, is_cut: bool, out: &mut Collector) {
        if let Some(mut value) = self.open.take() {
            if value.goes_on {
                out.issue(IssueKind::Truncated, value.place.to_string(), "the export ends inside a value");
                value.goes_on = false;
            }
            if is_cut && value.is_half {
                value.bytes.pop();
            }
            self.close(value, out);
        }
        self.values.settle(super::NEWEST_ONLY, out);
    }
}

/// A value of bytes, which may go on in the next line.
struct Value {
    /// None for the default value.
    name: Option<String>,
    /// Number of its type.
    kind: u32,
    bytes: Vec<u8>,
    place: Place,
    /// The line ended in a backslash.
    goes_on: bool,
    /// The last byte has one digit: in a file that was cut, half of it.
    is_half: bool,
    /// Something that is no byte was met; what comes behind it has no known place.
    is_damaged: bool,
}

impl Value {
    fn new(name: Option<String>, kind: u32, place: Place) -> Self {
        Value { name, kind, bytes: Vec::new(), place, goes_on: false, is_half: false, is_damaged: false }
    }

    /// Takes a line that is neither a key nor another value. Unless one was announced, something is missing before it.
    fn go_on(&mut self, line: &str) {
        self.is_damaged |= !self.goes_on;
        self.add(line);
    }

    fn add(&mut self, line: &str) {
        let (rest, (bytes, is_half)) = syntax::bytes(line).unwrap_or((line, (Vec::new(), false)));
        if !self.is_damaged && self.bytes.len() < blob::LOOKED_AT {
            self.bytes.extend(bytes);
        }
        self.is_half = is_half;
        self.goes_on = rest.starts_with('\\') || rest.ends_with('\\');
        let rest = rest.strip_prefix('\\').unwrap_or(rest).trim_start();
        self.is_damaged |= !rest.is_empty() && !rest.starts_with(';');
    }
    /// The bytes as text, if the type is one of text, else as they are written.
    fn text(&self, is_ansi: bool) -> String {
        match self.kind {
            syntax::SZ | syntax::EXPAND_SZ if is_ansi => {
                let bytes = self.bytes.split(|byte| *byte == 0).next().unwrap_or_default();
                encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
            }
            syntax::SZ | syntax::EXPAND_SZ => super::utf16(&self.bytes),
            _ => to_hex(&self.bytes),
        }
    }
}
