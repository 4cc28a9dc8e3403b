//! Raw records for `vsscope show`: text for people, JSON for programs.
//!
//! The text is the record as it lies in its input, except that nothing in it can steer a terminal: control characters and
//! marks without a shape are shown by their codes, wherever the output goes. The JSON form has them as they are.

use crate::text::safe;
use std::fmt::Write as _;
use vsscope_model::{Raw, RawField, RawLine, Shown, ShownRecord, Spot};

/// Bytes in a line of a dump.
const PER_LINE: usize = 16;

/// The records as `vsscope.show/1`, with a line end.
pub fn json(shown: &Shown) -> String {
    crate::json::to_text(shown, true)
}

/// The records as text, one below the other.
pub fn text(shown: &Shown) -> String {
    let mut blocks: Vec<String> = Vec::new();
    if let Some(finding) = &shown.finding {
        blocks.push(line(&format!("{} {}: {}", finding.id, finding.rule, finding.title)));
    }
    blocks.extend(shown.records.iter().map(block));
    blocks.join("\n")
}

fn block(shown: &ShownRecord) -> String {
    let record = &shown.record;
    let mut text = line(&format!("{}{} ({})", record.input, place(&record.spot), record.format));
    if let Some(evidence) = &shown.evidence {
        text.push_str(&line(&format!("  {}", evidence.text)));
    }
    match &record.raw {
        Raw::Xml { xml } => text.push_str(&lines(xml)),
        Raw::Json { json } => text.push_str(&lines(json)),
        Raw::Text { lines } => text.push_str(&numbered(lines)),
        Raw::Bytes { fields, first, within, bytes } => {
            text.push_str(&listed(fields));
            text.push_str(&dumped(*first, within, bytes));
        }
        Raw::Whole => text.push_str("  the input as a whole\n"),
    }
    text
}

/// The place as the reports print it, and as `vsscope show` takes it.
fn place(spot: &Spot) -> String {
    let line = spot.line.map(|line| format!(":{line}")).unwrap_or_default();
    let record = spot.record.map(|record| format!(" #{record}")).unwrap_or_default();
    let offset = spot.offset.map(|offset| format!(" @{offset:#x}")).unwrap_or_default();
    format!("{line}{record}{offset}")
}

fn numbered(lines: &[RawLine]) -> String {
    let width = lines.last().map_or(0, |last| last.number.to_string().len());
    let shown = |raw: &RawLine| {
        let mark = if raw.meant { '>' } else { ' ' };
        line(&format!("{mark} {:>width$}  {}", raw.number, raw.text))
    };
    lines.iter().map(shown).collect()
}

fn listed(fields: &[RawField]) -> String {
    let width = fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    fields.iter().map(|field| line(&format!("  {:width$}  {}", field.name, field.value))).collect()
}

/// `00000010  48 00 …  |H.o.|`, sixteen bytes per line.
fn dumped(first: u64, within: &str, bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let mut text = format!("  {} bytes of the {within}:\n", bytes.len());
    for (at, part) in bytes.chunks(PER_LINE).enumerate() {
        let offset = first.saturating_add(u64::try_from(at * PER_LINE).unwrap_or(0));
        let hex: Vec<String> = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown: String = part
            .iter()
            .map(|&byte| if (b' '..=b'~').contains(&byte) { char::from(byte) } else { '.' })
            .collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {offset:08x}  {:<47}  |{shown}|", hex.join(" "));
    }
    text
}

/// Several lines of a record.
fn lines(text: &str) -> String {
    text.lines().map(line).collect()
}

/// One line that cannot steer a terminal; its blanks and tabs stay as they are.
fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            ' ' | '\t' => shown.push(c),
            '\n' | '\r' => shown.push(' '),
            '\u{20}'..='\u{7e}' => shown.push(c),
            '\u{a0}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push_str(&safe(c.encode_utf8(&mut [0; 4]))),
        }
    }
    let end = shown.trim_end().len();
    shown.truncate(end);
    shown.push('\n');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_stay_and_controls_are_shown_by_their_codes() {
        assert_eq!(line("  a\tb \u{1b}[31mc\u{202e}\u{a0}d  "), "  a\tb \\x1b[31mc\\u{202e}\\u{a0}d\n");
    }

    #[test]
    fn a_dump_has_offsets_hex_and_characters() {
        let bytes: Vec<u8> = (0x40..0x52).collect();
        let expected = "  18 bytes of the file:\n  \
                        00001000  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  |@ABCDEFGHIJKLMNO|\n  \
                        00001010  50 51                                            |PQ|\n";
        assert_eq!(dumped(0x1000, "file", &bytes), expected);
    }
}
