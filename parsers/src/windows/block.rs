//! Grammar of the Operation / Context block, the last parameter of a `VSS` record.
//!
//! The block has two parts, rarely three, each a head line at the margin and lines that are indented by three blanks:
//! first what was going on, then keys and values of the circumstances. Heads and keys are in the language of Windows,
//! so only the structure counts.

use nom::IResult;
use nom::Parser;
use nom::bytes::complete::{tag, take_till, take_until};
use nom::character::complete::char;
use nom::combinator::{rest, verify};
use nom::multi::separated_list0;
use nom::sequence::{preceded, separated_pair};
use vsscope_model::ContextBlock;

/// Reads a text that is a block as a whole; None if it is not one. The empty block is no block.
pub(super) fn parse(text: &str) -> Option<ContextBlock> {
    let lines = lines(text)?;
    let first = lines.iter().position(|line| !is_blank(line))?;
    let lines = lines.get(first..)?;
    if is_head(lines, 0) { block(lines) } else { None }
}

/// Splits a rendered message into its own text and the block behind it, if there is one.
pub(super) fn split_message(message: &str) -> (String, Option<ContextBlock>) {
    let whole = || (message.to_owned(), None);
    let Some(lines) = lines(message) else { return whole() };
    let Some(start) = (0..lines.len()).find(|at| is_head(&lines, *at)) else { return whole() };
    match (lines.get(..start), lines.get(start..).and_then(block)) {
        (Some(before), Some(block)) => (before.join("\n"), Some(block)),
        _ => whole(),
    }
}

fn lines(text: &str) -> Option<Vec<&str>> {
    let mut all = separated_list0(char('\n'), take_till(|c| c == '\n'));
    let parsed: IResult<&str, Vec<&str>> = all.parse(text);
    let (_, lines) = parsed.ok()?;
    Some(lines.into_iter().map(|line| line.trim_end_matches('\r')).collect())
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// The text of an indented line.
fn item(line: &str) -> Option<&str> {
    let mut indented = preceded(tag("   "), verify(rest, |text: &str| !is_blank(text)));
    let parsed: IResult<&str, &str> = indented.parse(line);
    parsed.ok().map(|(_, text)| text.trim())
}

/// A head stands at the margin and an indented line follows it; unless it is the first line, an empty line is before it
/// and a colon ends it, in every language. Texts of writers may break lines too, but do not look like this.
fn is_head(lines: &[&str], at: usize) -> bool {
    let line = |at: usize| lines.get(at).copied();
    let at_margin = line(at).is_some_and(|line| !is_blank(line) && item(line).is_none());
    let followed = at.checked_add(1).and_then(line).and_then(item).is_some();
    let set_off = match at.checked_sub(1) {
        None => true,
        Some(before) => {
            line(before).is_some_and(is_blank)
                && line(at).is_some_and(|line| line.trim_end().ends_with([':', '：']))
        }
    };
    at_margin && followed && set_off
}

fn block(lines: &[&str]) -> Option<ContextBlock> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let mut blanks = 0_usize;
    for (at, line) in lines.iter().enumerate() {
        if is_blank(line) {
            blanks = blanks.saturating_add(1);
            continue;
        }
        if is_head(lines, at) {
            parts.push(Vec::new());
        } else if let Some(text) = item(line) {
            parts.last_mut()?.push(text.to_owned());
        } else {
            let broken = parts.last_mut()?.last_mut()?;
            broken.extend(std::iter::repeat_n('\n', blanks.saturating_add(1)));
            broken.push_str(line.trim_end());
        }
        blanks = 0;
    }
    Some(sorted(parts))
}

/// Gives the parts their places. A lone part of nothing but keys and values is the context.
fn sorted(parts: Vec<Vec<String>>) -> ContextBlock {
    let lone_context = matches!(parts.as_slice(), [only] if only.iter().all(|line| line.contains(": ")));
    let mut parts = parts.into_iter();
    let operation = if lone_context { Vec::new() } else { parts.next().unwrap_or_default() };
    let context = parts.next().unwrap_or_default();
    ContextBlock { operation, context: pairs(context), details: parts.flat_map(pairs).collect() }
}

fn pairs(lines: Vec<String>) -> Vec<(String, String)> {
    lines.iter().map(|line| pair(line)).collect()
}

/// `key: value`, split at the first colon and blank; values contain both. A line without them is all key.
fn pair(line: &str) -> (String, String) {
    let mut split = separated_pair(take_until(": "), tag(": "), rest);
    let parsed: IResult<&str, (&str, &str)> = split.parse(line);
    let (key, value) = match parsed {
        Ok((_, pair)) => pair,
        Err(_) => (line.strip_suffix(':').unwrap_or(line), ""),
    };
    (key.trim().to_owned(), value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs_of(text: &[(&str, &str)]) -> Vec<(String, String)> {
        text.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn both_parts_are_kept_in_order_and_keys_repeat() {
        let text = "\n\nOperation:\n   OnPostSnapshot event\n   PostSnapshot Event\n\nContext:\n   \
                    Execution Context: Optimization\n   Execution Context: Writer\n   Current State: x: y";
        let block = parse(text).unwrap();
        assert_eq!(block.operation, ["OnPostSnapshot event", "PostSnapshot Event"]);
        let wanted = [
            ("Execution Context", "Optimization"),
            ("Execution Context", "Writer"),
            ("Current State", "x: y"),
        ];
        assert_eq!(block.context, pairs_of(&wanted));
    }

    #[test]
    fn the_empty_block_and_plain_texts_are_no_blocks() {
        assert_eq!(parse(""), None);
        assert_eq!(parse("\n\n"), None);
        assert_eq!(parse("Registry Writer"), None);
        assert_eq!(parse("   indented only"), None);
    }

    #[test]
    fn heads_in_other_languages_are_heads() {
        for (operation, context, key) in [
            ("Vorgang:", "Kontext:", "Generatorklassen-ID"),
            ("İşlem:", "Bağlam:", "Yazıcı Sınıf Kimliği"),
            ("Операция:", "Контекст:", "ИД класса модуля записи"),
            ("Opération :", "Contexte :", "ID de classe du rédacteur "),
        ] {
            let text = format!("\n\n{operation}\n   a\n\n{context}\n   {key}: {{1}}");
            let block = parse(&text).unwrap();
            assert_eq!(block.operation, ["a"]);
            assert_eq!(block.context, pairs_of(&[(key.trim(), "{1}")]));
        }
    }

    #[test]
    fn a_third_part_and_line_breaks_in_values() {
        let text = "\n\nOperation:\n   PrepareForBackup event\n\nContext:\n   Writer Name: ASR Writer\n   \
                    Old message: first line\nsecond line\n\nfourth line\n   Writer Instance Name:\n\n\
                    Error-specific details:\n   ASR Writer: text (0x80073BC3)\n";
        let block = parse(text).unwrap();
        let wanted = [
            ("Writer Name", "ASR Writer"),
            ("Old message", "first line\nsecond line\n\nfourth line"),
            ("Writer Instance Name", ""),
        ];
        assert_eq!(block.context, pairs_of(&wanted));
        assert_eq!(block.details, pairs_of(&[("ASR Writer", "text (0x80073BC3)")]));
    }

    #[test]
    fn a_message_is_split_before_its_block() {
        let message = "Some error.  hr = 0x80070005, text\r\n. \r\n\r\nOperation:\r\n   Initializing Writer\r\n\r\n\
                       Context:\r\n   Writer Name: X";
        let (text, block) = split_message(message);
        assert!(text.contains("0x80070005") && !text.contains("Initializing"));
        assert_eq!(block.unwrap().operation, ["Initializing Writer"]);
        assert_eq!(split_message("only text"), ("only text".to_owned(), None));
    }
}
