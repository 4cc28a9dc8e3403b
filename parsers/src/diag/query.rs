//! The output of `reg query … /s`: a key in column 1, its values indented below it.
//!
//! Columns are set apart by four blanks (tabs in old versions), and names hold blanks too, so that a value is read
//! from its right end: type and data, what stands before them is the name. The form is that of the tool in general;
//! no output with this key has been seen.

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
/// How the name of every root begins.
const ROOT: &str = "HKEY_";

/// Whether text that begins like this is the output of `reg query`: a key, and behind it a value or another key.
pub(crate) fn looks_like(head: &str) -> bool {
    let lines = || head.lines().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let Some(at) = lines().take(PREAMBLE).position(is_key) else { return false };
    lines().nth(at.saturating_add(1)).is_none_or(|next| is_key(next) || value(next).is_some())
}

/// Keys stand in column 1 and bear the full name of their root.
fn is_key(line: &str) -> bool {
    line.starts_with(ROOT) && line.contains('\\')
}

/// Reads the output of `reg query`.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
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
        if line.damaged {
            query.values.damaged(place, query.key.is_some(), out);
        }
        query.line(line.text, place, is_open, out);
    }
    query.close(out);
    query.values.settle(super::NEWEST_ONLY, out);
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
        if let Some(binary) = self.open.as_mut().filter(|binary| binary.goes_on(text)) {
            binary.add(line);
            return;
        }
        self.close(out);
        if is_cut && (text.starts_with(ROOT) || ROOT.starts_with(text)) {
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
    /// Whether a line is the rest of this one. A console wraps into column 1; only the blanks before the digits may
    /// stand there too.
    fn goes_on(&self, line: &str) -> bool {
        let digits = if self.digits.is_empty() { line.trim() } else { line.trim_end() };
        digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

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
    let end = rest
        .find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        .unwrap_or(rest.len());
    let (kind, data) = rest.split_at_checked(end)?;
    let name = name.trim();
    (!name.is_empty()).then_some((name, kind, without_number(data).trim()))
}

/// With `/z`, the number of the type follows its name: `REG_BINARY (3)`.
fn without_number(data: &str) -> &str {
    let number = data.strip_prefix(" (").and_then(|rest| rest.split_once(')'));
    match number {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::fixture::{self, DIAG, Step, hex, issues, report};
    use vsscope_model::{Edge, InputReport, What};

    fn read_text(text: &str) -> InputReport {
        report(|out| read(&mut text.as_bytes(), out))
    }

    /// As Windows prints it since Vista.
    fn printed() -> String {
        let mut text = format!("\r\n{DIAG}\r\n    (Default)    REG_SZ    Disabled\r\n");
        for (key, steps) in fixture::run() {
            text.push_str(&format!("\r\n{DIAG}\\{key}\r\n"));
            for Step { name, bytes } in steps {
                text.push_str(&format!("    {name}    REG_BINARY    {}\r\n", hex(&bytes, "")));
            }
        }
        text.push_str("\r\nEnd of search: 12 match(es) found.\r\n");
        text
    }

    #[test]
    fn every_value_gives_an_event() {
        let report = read_text(&printed());
        fixture::check_run(&report);
        assert_eq!(report.inventory.registry[0].default_value.as_deref(), Some("Disabled"));
        assert_eq!(report.events[0].source.line, Some(6));
    }

    #[test]
    fn other_versions_of_the_tool_and_other_ways_to_keep_its_output_are_read() {
        let printed = printed();
        for text in [
            printed.replace("\r\n", "\n"),
            printed.replace("    ", "\t"),
            printed.replace("REG_BINARY", "REG_BINARY (3)").replace("REG_SZ", "REG_SZ (1)"),
            printed.replace("(Default)", "(Standard)"),
            printed.replace("    (Default)    ", "   <NO NAME>\t"),
            printed.replace("\r\nEnd of search: 12 match(es) found.\r\n", "\r\nEnde der Suche: 12\r\n"),
            format!("! REG.EXE VERSION 3.0\r\n{printed}"),
            printed.replace(r"\Services\VSS\Diag", r"\services\vss\DIAG"),
            wrapped(&printed, 80),
        ] {
            assert!(looks_like(&text), "{text}");
            let report = read_text(&text);
            fixture::check_run(&report);
            assert_eq!(report.inventory.registry[0].default_value.as_deref(), Some("Disabled"), "{text}");
        }
    }

    /// The text as it is copied from a window of this many columns.
    fn wrapped(text: &str, columns: usize) -> String {
        let pieces = |line: &str| {
            let bytes = line.as_bytes().chunks(columns);
            bytes.map(|piece| String::from_utf8_lossy(piece).into_owned()).collect::<Vec<_>>().join("\n")
        };
        let lines =
            text.lines().map(|line| if line.contains("REG_BINARY") { pieces(line) } else { line.into() });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }

    #[test]
    fn a_default_value_that_is_not_set_is_absent_in_every_language() {
        for line in
            ["    (Default)    REG_SZ    (value not set)", "    (Standard)    REG_SZ    (Wert nicht gesetzt)"]
        {
            let report = read_text(&format!("{DIAG}\n{line}\n"));
            assert_eq!(report.inventory.registry[0].default_value, None);
        }
    }

    #[test]
    fn a_name_is_what_stands_before_the_last_type() {
        let line = "    a    REG_SZ    b (Enter)    REG_BINARY    00";
        assert_eq!(value(line), Some(("a    REG_SZ    b (Enter)", "REG_BINARY", "00")));
        assert_eq!(value("    x    REG_BINARY"), Some(("x", "REG_BINARY", "")));
        assert_eq!(value("    x    REG_NONE (0)    "), Some(("x", "REG_NONE", "")));
        assert_eq!(value("x    REG_BINARY    00"), None);
        assert_eq!(value("        REG_BINARY    00"), None);
    }

    #[test]
    fn odd_digits_lose_the_last_and_other_text_loses_the_value() {
        let (_, steps) = fixture::run().remove(0);
        let digits = hex(&steps[0].bytes, "");
        let line = |data: &str| format!("{DIAG}\\SPP\n    SppCreate (Enter)    REG_BINARY    {data}\n");
        let report = read_text(&line(&format!("{digits}0")));
        assert_eq!((report.events.len(), issues(&report, IssueKind::Note).len()), (1, 1));
        let report = read_text(&line("48zz"));
        assert_eq!((report.events.len(), report.lost), (0, 1));
        assert_eq!(issues(&report, IssueKind::Line)[0].place, "line 2");
        let report = read_text(&line(&digits[..60]));
        assert!(matches!(report.events[0].what, What::Call { edge: Edge::Entered, .. }));
        assert_eq!(issues(&report, IssueKind::Truncated).len(), 1);
    }

    #[test]
    fn output_without_the_key_is_noted() {
        let report = read_text("HKEY_LOCAL_MACHINE\\SYSTEM\\Select\n    Current    REG_DWORD    0x1\n");
        assert_eq!(report.issues.len(), 1);
        assert!(report.issues[0].message.contains(r"holds no key Services\VSS\Diag"));
        assert!(!report.issues[0].kind.is_loss());
    }

    #[test]
    fn other_text_is_no_output_of_the_tool() {
        for text in [
            "",
            "[{\"winlog\":{\"event_id\":1}}]",
            "HKEY_LOCAL_MACHINE is a root of the registry\nand this is text\n",
            "HKEY_LOCAL_MACHINE\\SOFTWARE was opened\nthen it was closed\n",
            "trace: HKEY_LOCAL_MACHINE\\SYSTEM\n    x    REG_SZ    y\n",
            "[HKEY_LOCAL_MACHINE\\SYSTEM]\n\"x\"=\"y\"\n",
        ] {
            assert!(!looks_like(text), "{text}");
        }
        assert!(looks_like("HKEY_LOCAL_MACHINE\\SYSTEM\\Select\r\n"));
    }

    #[test]
    fn output_that_is_cut_anywhere_says_so() {
        let text = printed();
        fixture::cut_everywhere(&text, read_text);
    }
}
