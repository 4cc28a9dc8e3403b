//! The output of `reg query … /s`: a key in column 1, its values indented below it.
//!
//! Columns are set apart by four blanks (tabs in old versions), and names hold blanks too, so that a value is read from its right
//! end: type and data, what stands before them is the name. The form is that of the tool in general; no
//! output with this key has been seen.

use super::blob;
use super::names;
use super::values::{Data, DiagValues, Key, Place};
use crate::bytes::from_hex;
use crate::collect::Collector;
use crate::text::{CodePage, Lines};
use std::io::Read;
use vsscope_model::IssueKind;

/// Lines that may stand before the first key: a banner, a prompt.
const PREAMBLE: usize = 10;

/// Whether text that begins like this is the output of `reg query`: a key, and behind it a value or another key.
pub(crate) fn looks_like(head: &str) -> bool {
    let lines = || head.lines().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let Some(at) = lines().take(PREAMBLE).position(is_key) else { return false };
    lines().nth(at.saturating_add(1)).is_none_or(|next| is_key(next) || value(next).is_some())
}

/// Keys stand in column 1 and bear the full name of their root.
fn is_key(line: &str) -> bool {
    line.starts_with("HKEY_") && line.contains('\\')
}

/// Reads the output of `reg query`.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
    out.partial(super::NEWEST_ONLY);
    let mut lines = Lines::new(stream, CodePage::Oem);
    let mut query = Query::default();
    let mut is_open = false;
    while let Some(line) = lines.next() {
        // Only the last line, and the pieces of one that is too long, have no line break.
        let was_open = std::mem::replace(&mut is_open, !line.complete);
        let place = Place::Line(line.number);
        if was_open && query.key.is_some() {
            out.issue(IssueKind::Line, place.to_string(), "a line is too long; its end was left out");
        }
        if was_open {
            continue;
        }
        if line.damaged && query.key.is_some() {
            out.issue(IssueKind::Line, place.to_string(), "a line holds bytes that are no text");
        }
        query.line(line.text, place, is_open, out);
    }
    query.close(out);
    query.values.settle(out);
}

#[derive(Default)]
struct Query {
    values: DiagValues,
    /// The key at or below `Diag` that the query is in.
    key: Option<Key>,
    open: Option<Binary>,
}

/// A binary value, of which the digits may go on in the next line where a console has wrapped them.
struct Binary {
    name: String,
    digits: String,
    place: Place,
}

impl Query {
    fn line(&mut self, text: &str, place: Place, is_cut: bool, out: &mut Collector) {
        let line = text.trim();
        if line.is_empty() {
            return;
        }
        let is_digits = line.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(binary) = self.open.as_mut().filter(|_| is_digits) {
            binary.add(line);
            return;
        }
        self.close(out);
        if text.starts_with("HKEY_") && is_cut {
            out.issue(IssueKind::Truncated, place.to_string(), "the output ends inside the name of a key");
            self.key = None;
        } else if is_key(text) {
            self.key = names::below_diag(line).and_then(|_| self.values.key(line, place, out));
        } else if let Some(key) = self.key.clone() {
            self.value(&key, text, place, is_cut, out);
        }
    }

    fn value(&mut self, key: &Key, text: &str, place: Place, is_cut: bool, out: &mut Collector) {
        if !text.starts_with([' ', '\t']) {
            // The closing line that counts matches, in whatever language, or the next prompt.
            self.key = None;
            return;
        }
        let Some((name, kind, data)) = value(text) else {
            let kind = if is_cut { IssueKind::Truncated } else { IssueKind::Line };
            out.issue(kind, place.to_string(), "a line is neither a key nor a value");
            out.lose(1);
            return;
        };
        if kind == "REG_BINARY" {
            let mut binary = Binary { name: name.to_owned(), digits: String::new(), place };
            binary.add(data);
            self.open = Some(binary);
        } else if is_default(name) {
            // What stands for a value that is not set is in parentheses too, and translated.
            if !data.is_empty() && !is_enclosed(data, '(', ')') {
                self.values.default_value(key, data);
            }
        } else {
            self.values.value(key, name, Data::Text(data.to_owned()), place, out);
        }
    }

    fn close(&mut self, out: &mut Collector) {
        let (Some(binary), Some(key)) = (self.open.take(), &self.key) else { return };
        let whole = binary.digits.len() & !1;
        if whole < binary.digits.len() {
            let message = "the digits of a value are odd in number; the last one was dropped";
            out.issue(IssueKind::Note, binary.place.to_string(), message);
        }
        match binary.digits.get(..whole).and_then(from_hex) {
            Some(bytes) => self.values.value(key, &binary.name, Data::Binary(bytes), binary.place, out),
            None => {
                let message = "the data of a binary value are not digits";
                out.issue(IssueKind::Line, binary.place.to_string(), message);
                out.lose(1);
            }
        }
    }
}

impl Binary {
    fn add(&mut self, digits: &str) {
        if self.digits.len() < blob::LOOKED_AT.saturating_mul(2) {
            self.digits.push_str(digits);
        }
    }
}

/// Splits a value into name, type and data, from the right.
fn value(line: &str) -> Option<(&str, &str, &str)> {
    if !line.starts_with([' ', '\t']) {
        return None;
    }
    let (at, _) = line.rmatch_indices("REG_").find(|(at, _)| {
        let before = line.get(..*at).unwrap_or_default();
        before.ends_with("    ") || before.ends_with('\t')
    })?;
    let (name, rest) = line.split_at_checked(at)?;
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
    let (kind, data) = rest.split_at_checked(end)?;
    let name = name.trim();
    (!name.is_empty()).then_some((name, kind, without_number(data).trim()))
}

/// With `/z`, the number of the type follows its name: `REG_BINARY (3)`.
fn without_number(data: &str) -> &str {
    let number = data.strip_prefix(" (").and_then(|rest| rest.split_once(')'));
    match number {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => data,
    }
}

/// The label of a default value is translated; it is in parentheses, or in angle brackets in old versions.
fn is_default(name: &str) -> bool {
    is_enclosed(name, '(', ')') || is_enclosed(name, '<', '>')
}

fn is_enclosed(text: &str, open: char, close: char) -> bool {
    text.starts_with(open) && text.ends_with(close)
}
