//! [`Lines`]: a stream of text of any encoding as lines of UTF-8, in constant memory.
//!
//! Traces and console output come as UTF-8, as UTF-16 (Windows PowerShell's `>` writes it) or in a Windows or OEM code page,
//! with or without a byte order mark. The encoding is told from the first bytes, never from names.

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::io::Read;

/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// Bytes by which the encoding is told.
const HEAD: usize = 64 << 10;
/// Longest line that is kept in one piece, in bytes of UTF-8.
const MAX_LINE: usize = 1 << 20;

/// Which code page text is in that is neither UTF-8 nor UTF-16.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CodePage {
    /// Windows-1252, the ANSI code page of Western Windows.
    #[default]
    Ansi,
    /// OEM code page 850, in which a Western console writes; its letters are a superset of those of 437 in this use.
    Oem,
}

/// How the bytes of a text are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextForm {
    encoding: Option<&'static Encoding>,
    /// Length of the byte order mark.
    mark: usize,
}

impl TextForm {
    /// Told from the first bytes: byte order mark, then where the zero bytes stand, then whether they are valid UTF-8.
    pub fn of(head: &[u8], code_page: CodePage) -> Self {
        if let Some((encoding, mark)) = Encoding::for_bom(head) {
            return TextForm { encoding: Some(encoding), mark };
        }
        let sample = head.get(..HEAD).unwrap_or(head);
        let zeros = |odd: bool| {
            let at = |(at, byte): &(usize, &u8)| **byte == 0 && (at % 2 == 1) == odd;
            sample.iter().enumerate().filter(at).count()
        };
        let (even, odd) = (zeros(false), zeros(true));
        let many = sample.len() / 5;
        let encoding = match () {
            () if sample.len() >= 4 && odd > many && even <= odd / 8 => Some(UTF_16LE),
            () if sample.len() >= 4 && even > many && odd <= even / 8 => Some(UTF_16BE),
            () if is_utf8(sample) => Some(UTF_8),
            () if code_page == CodePage::Oem => None,
            () => Some(WINDOWS_1252),
        };
        TextForm { encoding, mark: 0 }
    }

    /// The name of the encoding, for reports.
    pub fn name(self) -> &'static str {
        self.encoding.map_or("OEM code page 850 (assumed)", |encoding| match encoding {
            e if e == WINDOWS_1252 => "Windows-1252 (assumed)",
            e => e.name(),
        })
    }

    /// The first bytes as text, for telling what it is.
    pub fn preview(self, head: &[u8]) -> String {
        let bytes = head.get(self.mark..).unwrap_or_default();
        let bytes = bytes.get(..HEAD).unwrap_or(bytes);
        match self.encoding {
            Some(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            None => oem(bytes),
        }
    }

    fn unit(self) -> u64 {
        let wide = self.encoding.is_some_and(|encoding| encoding == UTF_16LE || encoding == UTF_16BE);
        if wide { 2 } else { 1 }
    }
}

/// Whether bytes are valid UTF-8, except for a character that is cut at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

fn oem(bytes: &[u8]) -> String {
    oem_cp::decode_string_complete_table(bytes, &oem_cp::code_table::DECODING_TABLE_CP850)
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
    stream: &'a mut dyn Read,
    form: TextForm,
    decoder: Option<Decoder>,
    block: Vec<u8>,
    /// Decoded text; what lies before `at` was given out.
    text: String,
    at: usize,
    number: u64,
    offset: u64,
    ended: bool,
}

impl<'a> Lines<'a> {
    /// The lines of a stream from its very first byte on.
    pub fn new(stream: &'a mut dyn Read, code_page: CodePage) -> Self {
        let mut head = vec![0; BLOCK];
        let filled = fill(stream, &mut head);
        head.truncate(filled);
        let form = TextForm::of(&head, code_page);
        let mut lines = Lines {
            stream,
            form,
            decoder: form.encoding.map(Encoding::new_decoder_without_bom_handling),
            block: Vec::new(),
            text: String::new(),
            at: 0,
            number: 0,
            offset: u64::try_from(form.mark).unwrap_or(0),
            ended: false,
        };
        let last = filled < BLOCK;
        lines.decode(head.get(form.mark..).unwrap_or_default(), last);
        lines
    }

    /// How the bytes are read.
    pub fn form(&self) -> TextForm {
        self.form
    }

    /// The next line.
    pub fn next(&mut self) -> Option<Line<'_>> {
        let (length, skipped) = loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            match memchr::memchr(b'\n', rest.as_bytes()) {
                Some(length) if length <= MAX_LINE => break (length, 1),
                _ if rest.len() > MAX_LINE => {
                    let cut = (0..=MAX_LINE).rev().find(|&at| rest.is_char_boundary(at)).unwrap_or(0);
                    break (cut, 0);
                }
                _ if self.ended && rest.is_empty() => return None,
                _ if self.ended => break (rest.len(), 0),
                _ => self.more(),
            }
        };
        let from = self.at;
        let to = from.saturating_add(length);
        self.at = to.saturating_add(skipped);
        self.number = self.number.saturating_add(1);
        let offset = self.offset;
        let whole = self.text.get(from..self.at).unwrap_or_default();
        self.offset = offset.saturating_add(self.size(whole));
        let text = self.text.get(from..to).unwrap_or_default();
        let text = text.strip_suffix('\r').unwrap_or(text);
        let damaged = is_damaged(text) || (self.form.unit() == 2 && is_shifted(text));
        Some(Line { number: self.number, offset, text, damaged, complete: skipped == 1 })
    }

    /// How many bytes of the input a piece of text was.
    fn size(&self, text: &str) -> u64 {
        let units = if text.is_ascii() {
            text.len()
        } else {
            match self.form.unit() {
                2 => text.encode_utf16().count(),
                _ if self.form.encoding == Some(UTF_8) => text.len(),
                _ => text.chars().count(),
            }
        };
        u64::try_from(units).unwrap_or(0).saturating_mul(self.form.unit())
    }

    fn more(&mut self) {
        self.text.drain(..self.at);
        self.at = 0;
        let mut block = std::mem::take(&mut self.block);
        block.resize(BLOCK, 0);
        let filled = fill(self.stream, &mut block);
        self.decode(block.get(..filled).unwrap_or_default(), filled < BLOCK);
        self.block = block;
    }

    fn decode(&mut self, bytes: &[u8], last: bool) {
        self.ended = last;
        let Some(decoder) = &mut self.decoder else {
            self.text.push_str(&oem(bytes));
            return;
        };
        let needed = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len());
        self.text.reserve(needed);
        // The room is enough for all of it, so that nothing is left over.
        let _ = decoder.decode_to_string(bytes, &mut self.text, last);
    }
}

/// Reads until the buffer is full or the stream ends; streams of readers have no errors.
fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest) {
            Ok(0) | Err(_) => break,
            Ok(read) => filled = filled.saturating_add(read),
        }
    }
    filled
}

fn is_damaged(text: &str) -> bool {
    text.bytes().any(|byte| byte < 0x20 && byte != b'\t' && byte != 0x0c && byte != b'\r')
        || text.contains('\u{FFFD}')
}

/// Whether text of 16-bit units is read from the middle of its units, as it is behind a byte that was lost: then the zero
/// bytes of Latin text are the low halves.
fn is_shifted(text: &str) -> bool {
    let is_shifted = |c: &char| u32::from(*c) >= 0x100 && u32::from(*c).is_multiple_of(0x100);
    let (shifted, all) = (text.chars().filter(is_shifted).count(), text.chars().count());
    shifted >= 8 && shifted.saturating_mul(2) > all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number, offset, text, damaged, complete.
    type Seen = (u64, u64, String, bool, bool);

    fn read(bytes: &[u8], code_page: CodePage) -> (Vec<Seen>, &'static str) {
        let mut stream = bytes;
        let mut lines = Lines::new(&mut stream, code_page);
        let mut all = Vec::new();
        while let Some(line) = lines.next() {
            all.push((line.number, line.offset, line.text.to_owned(), line.damaged, line.complete));
        }
        let name = lines.form().name();
        (all, name)
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        read(bytes, CodePage::Ansi).0.into_iter().map(|line| line.2).collect()
    }

    fn wide(text: &str, big: bool) -> Vec<u8> {
        let to = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(to).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_lines() {
        let text = "erste Zeile\r\nzweite, schön\r\n\r\nvierte";
        let expected = ["erste Zeile", "zweite, schön", "", "vierte"];
        let mut with_mark = vec![0xFF, 0xFE];
        with_mark.extend(wide(text, false));
        let ansi: Vec<u8> = text.chars().map(|c| if c == 'ö' { 0xF6 } else { c as u8 }).collect();
        for bytes in [text.as_bytes().to_vec(), wide(text, false), wide(text, true), with_mark, ansi] {
            assert_eq!(texts(&bytes), expected);
        }
        let oem: Vec<u8> = text.chars().map(|c| if c == 'ö' { 0x94 } else { c as u8 }).collect();
        let (lines, name) = read(&oem, CodePage::Oem);
        assert_eq!((lines[1].2.as_str(), name), ("zweite, schön", "OEM code page 850 (assumed)"));
    }

    #[test]
    fn offsets_are_those_of_the_bytes() {
        for (bytes, expected) in [
            ("ab\nö\nc".as_bytes().to_vec(), [0, 3, 6]),
            (wide("ab\nö\nc", false), [0, 6, 10]),
            ([b"\xEF\xBB\xBF".as_slice(), b"ab\n\r\nc"].concat(), [3, 6, 8]),
        ] {
            let (lines, _) = read(&bytes, CodePage::Ansi);
            assert_eq!(lines.iter().map(|line| line.1).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn damage_and_a_missing_end_are_told() {
        let (lines, _) = read(b"sound\n\x00\x01broken\ncut", CodePage::Ansi);
        let flags: Vec<_> = lines.iter().map(|line| (line.3, line.4)).collect();
        assert_eq!(flags, [(false, true), (true, true), (false, false)]);
    }

    #[test]
    fn a_lost_byte_in_wide_text_is_damage() {
        let mut bytes = wide("\u{FEFF}a sound line\nand one that is broken\nand another\n", false);
        bytes.remove(40);
        let (lines, _) = read(&bytes, CodePage::Ansi);
        assert_eq!(lines.iter().map(|line| line.3).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let bytes = vec![b'x'; MAX_LINE * 2 + 10];
        let (lines, _) = read(&bytes, CodePage::Ansi);
        assert_eq!(lines.iter().map(|line| line.2.len()).sum::<usize>(), bytes.len());
        assert!(lines.iter().all(|line| line.2.len() <= MAX_LINE && !line.4));
    }

    #[test]
    fn lines_are_found_across_blocks() {
        let one = format!("{}\n", "y".repeat(999));
        let bytes = one.repeat(3000).into_bytes();
        let (lines, _) = read(&bytes, CodePage::Ansi);
        assert_eq!(lines.len(), 3000);
        assert!(lines.iter().all(|line| line.2.len() == 999 && line.1 == (line.0 - 1) * 1000));
    }
}
