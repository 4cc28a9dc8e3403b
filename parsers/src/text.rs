//! [`Lines`]: a stream of text of any encoding as lines of UTF-8, in constant memory.
//!
//! Traces and console output come as UTF-8, as UTF-16 (Windows PowerShell's `>` writes it) or in a Windows or OEM code page,
//! with or without a byte order mark. The encoding is told from the first bytes, never from names.

mod decode;
mod form;
#[cfg(test)]
mod tests;

use decode::{Buffer, Decoding, Source};
pub(crate) use form::{CodePage, TextForm};
use std::io::Read;

/// Bytes that are read at a time: few enough to stay in the processor's cache until they are lines.
const BLOCK: usize = 256 << 10;
/// Longest line that is kept in one piece, in bytes of UTF-8.
const MAX_LINE: usize = 1 << 20;

/// How a stream is cut into lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Bytes that are read at a time.
    pub block: usize,
    /// Whether what needs no close look gets none. Nothing that is read may depend on it.
    pub quick: bool,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { block: BLOCK, quick: true }
    }
}

/// A line without its line break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Number, from 1.
    pub number: u64,
    /// Offset of its first byte in the input.
    pub offset: u64,
    /// The text.
    pub text: &'a str,
    /// Bytes of it were not valid in the encoding, or are control characters that no text has.
    pub damaged: bool,
    /// Whether a line break ends it. Only the last line, and the pieces of one that is too long, have none.
    pub complete: bool,
}

/// A stream of text as lines.
pub(crate) struct Lines<'a> {
    source: Source<'a>,
    form: TextForm,
    decoding: Decoding,
    block: usize,
    text: Buffer,
    /// The last line, if there were bytes in it that are no text.
    mended: String,
    number: u64,
    offset: u64,
    ended: bool,
}

impl<'a> Lines<'a> {
    /// The lines of a stream from its very first byte on.
    pub fn new(stream: &'a mut dyn Read, code_page: CodePage) -> Self {
        Lines::at_pace(stream, code_page, Pace::default())
    }

    /// The same at a certain pace.
    pub fn at_pace(stream: &'a mut dyn Read, code_page: CodePage, pace: Pace) -> Self {
        let mut source = Source { head: Vec::new(), at: 0, stream };
        let mut head = vec![0; form::HEAD];
        let filled = source.fill(&mut head);
        head.truncate(filled);
        let form = TextForm::of(&head, code_page);
        Lines {
            source: Source { head, at: form.mark, ..source },
            form,
            decoding: Decoding::new(form, pace.quick),
            block: pace.block.max(1),
            text: Buffer::default(),
            mended: String::new(),
            number: 0,
            offset: u64::try_from(form.mark).unwrap_or(0),
            ended: false,
        }
    }

    /// How the bytes are read.
    pub fn form(&self) -> TextForm {
        self.form
    }

    /// The next line.
    pub fn next(&mut self) -> Option<Line<'_>> {
        let (length, skipped) = loop {
            let rest = self.text.rest();
            match memchr::memchr(b'\n', rest) {
                Some(length) if length <= MAX_LINE => break (length, 1),
                _ if rest.len() > MAX_LINE => break (cut(rest), 0),
                _ if self.ended && rest.is_empty() => return None,
                _ if self.ended => break (rest.len(), 0),
                _ => self.ended = self.decoding.more(&mut self.text, &mut self.source, self.block),
            }
        };
        self.number = self.number.saturating_add(1);
        let (number, offset) = (self.number, self.offset);
        let whole = length.saturating_add(skipped);
        self.text.used(whole);
        let bytes = self.text.last(whole);
        self.offset = offset.saturating_add(u64::try_from(self.form.size(bytes)).unwrap_or(0));
        let bytes = bytes.get(..length).unwrap_or_default();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                self.mended = String::from_utf8_lossy(bytes).into_owned();
                &self.mended
            }
        };
        let text = text.strip_suffix('\r').unwrap_or(text);
        let damaged = is_damaged(text) || (self.form.unit() == 2 && is_shifted(text));
        Some(Line { number, offset, text, damaged, complete: skipped == 1 })
    }

    /// The lines that come next and are at hand, with all their line breaks; none of them was looked at yet, and more may
    /// follow.
    pub fn ahead(&self) -> &[u8] {
        let rest = self.text.rest();
        let end = memchr::memrchr(b'\n', rest).map_or(0, |last| last.saturating_add(1));
        rest.get(..end).unwrap_or_default()
    }

    /// Passes over so many lines and bytes of what [`Lines::ahead`] gave; all of them are ASCII.
    pub fn pass(&mut self, lines: u64, bytes: usize) {
        self.text.used(bytes);
        self.number = self.number.saturating_add(lines);
        let bytes = u64::try_from(bytes.saturating_mul(self.form.unit())).unwrap_or(0);
        self.offset = self.offset.saturating_add(bytes);
    }
}

/// Where the first piece of a line that is too long ends: not inside of a character.
fn cut(line: &[u8]) -> usize {
    let begins = |at: &usize| line.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (MAX_LINE.saturating_sub(3)..=MAX_LINE).rev().find(begins).unwrap_or(MAX_LINE)
}

fn is_damaged(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && byte != b'\t' && byte != 0x0c && byte != b'\r')
        || text.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether text of 16-bit units is read from the middle of its units, as it is behind a byte that was lost: then the zero
/// bytes of Latin text are the low halves.
fn is_shifted(text: &str) -> bool {
    let is_shifted = |c: &char| u32::from(*c) >= 0x100 && u32::from(*c).is_multiple_of(0x100);
    let (shifted, all) = (text.chars().filter(is_shifted).count(), text.chars().count());
    shifted >= 8 && shifted.saturating_mul(2) > all
}
