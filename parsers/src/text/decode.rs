//! [`Decoding`]: the bytes of a stream as text, a block at a time.
//!
//! Logs are ASCII nearly throughout. Such bytes are text as they lie there, and of UTF-16 every other one is; a decoder is
//! asked only for the rest.

use super::form::{self, TextForm};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::io::Read;

/// Bytes of UTF-16 that go to the decoder together where one of them is not ASCII.
const PIECE: usize = 2 << 10;

/// The bytes of a stream, of which the first were read already.
pub(super) struct Source<'a> {
    pub head: Vec<u8>,
    pub at: usize,
    pub stream: &'a mut dyn Read,
}

impl Source<'_> {
    /// Reads until the buffer is full or the stream ends; streams of readers have no errors.
    pub fn fill(&mut self, buffer: &mut [u8]) -> usize {
        let head = self.head.get(self.at..).unwrap_or_default();
        let mut filled = head.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..filled), head.get(..filled)) {
            to.copy_from_slice(from);
        }
        self.at = self.at.saturating_add(filled);
        if self.at >= self.head.len() {
            self.head = Vec::new();
        }
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.stream.read(rest) {
                Ok(0) | Err(_) => break,
                Ok(read) => filled = filled.saturating_add(read),
            }
        }
        filled
    }
}

/// Bytes of which the first were used and the last are not filled yet.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    at: usize,
    end: usize,
}

impl Buffer {
    /// What is not used yet.
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The bytes that were used last.
    pub fn last(&self, bytes: usize) -> &[u8] {
        self.bytes.get(self.at.saturating_sub(bytes)..self.at).unwrap_or_default()
    }

    /// Uses so many bytes.
    pub fn used(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.end);
    }

    /// Room for so many bytes more; what was used is given up for it.
    fn room(&mut self, bytes: usize) -> &mut [u8] {
        if self.at > 0 {
            self.bytes.copy_within(self.at..self.end, 0);
            self.end = self.end.saturating_sub(self.at);
            self.at = 0;
        }
        let needed = self.end.saturating_add(bytes);
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        self.bytes.get_mut(self.end..needed).unwrap_or_default()
    }

    /// Fills so many bytes of the room.
    fn filled(&mut self, bytes: usize) {
        self.end = self.end.saturating_add(bytes).min(self.bytes.len());
    }

    fn read(&mut self, source: &mut Source<'_>, block: usize) -> usize {
        let read = source.fill(self.room(block));
        self.filled(read);
        read
    }
}

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// They are UTF-8 as far as they are sound: what is not is seen when a line is given out.
    Utf8,
    /// UTF-16, little-endian or not.
    Wide(bool),
    /// A code page whose first half is ASCII, one byte for each character.
    Page,
    /// All of them go to the decoder.
    Stepwise,
}

/// Turns bytes into UTF-8.
pub(super) struct Decoding {
    kind: Kind,
    /// Absent for an OEM code page.
    decoder: Option<Decoder>,
    /// Bytes that are not decoded yet.
    raw: Buffer,
}

impl Decoding {
    /// For text of a form from behind its mark on; `quick` looks for ASCII first.
    pub fn new(form: TextForm, quick: bool) -> Self {
        let kind = match form.encoding {
            Some(encoding) if encoding == UTF_8 => Kind::Utf8,
            _ if !quick => Kind::Stepwise,
            Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
                Kind::Wide(encoding == UTF_16LE)
            }
            _ => Kind::Page,
        };
        let decoder = form.encoding.map(Encoding::new_decoder_without_bom_handling);
        Decoding { kind, decoder, raw: Buffer::default() }
    }

    /// Adds the text of up to `block` bytes more; whether the stream ended.
    pub fn more(&mut self, text: &mut Buffer, source: &mut Source<'_>, block: usize) -> bool {
        match self.kind {
            Kind::Utf8 => text.read(source, block) < block,
            Kind::Page => {
                let read = self.raw.read(source, block);
                let raw = std::mem::take(&mut self.raw);
                if raw.rest().is_ascii() {
                    text.room(read).copy_from_slice(raw.rest());
                    text.filled(read);
                } else {
                    self.decode(raw.rest(), text, read < block);
                }
                self.raw = raw;
                self.raw.used(read);
                read < block
            }
            Kind::Wide(little) => self.wide(little, text, source, block),
            Kind::Stepwise => {
                let read = self.raw.read(source, block);
                let raw = std::mem::take(&mut self.raw);
                self.decode(raw.rest(), text, read < block);
                self.raw = raw;
                self.raw.used(read);
                read < block
            }
        }
    }

    /// Adds text of UTF-16.
    fn wide(&mut self, little: bool, text: &mut Buffer, source: &mut Source<'_>, block: usize) -> bool {
        let last = self.raw.read(source, block) < block;
        let mut raw = std::mem::take(&mut self.raw);
        loop {
            let rest = raw.rest();
            let piece = rest.get(..PIECE.min(rest.len() & !1)).unwrap_or_default();
            let is_narrow = if little { narrow::<true>(piece, text) } else { narrow::<false>(piece, text) };
            let used = if is_narrow {
                piece.len()
            } else {
                let half = if ends_in_half(piece, little) { 2 } else { 0 };
                let whole = piece.len().saturating_sub(half);
                self.decode(piece.get(..whole).unwrap_or_default(), text, false);
                whole
            };
            if used == 0 {
                break;
            }
            raw.used(used);
        }
        if last {
            self.decode(raw.rest(), text, true);
        }
        self.raw = raw;
        last
    }

    /// Adds what the decoder makes of bytes.
    fn decode(&mut self, raw: &[u8], text: &mut Buffer, last: bool) {
        let Some(decoder) = &mut self.decoder else {
            let decoded = form::oem(raw);
            text.room(decoded.len()).copy_from_slice(decoded.as_bytes());
            text.filled(decoded.len());
            return;
        };
        let room = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len());
        // The room is enough for all of it, so that nothing is left over.
        let (_, _, written, _) = decoder.decode_to_utf8(raw, text.room(room), last);
        text.filled(written);
    }
}

fn unit(bytes: [u8; 2], little: bool) -> u16 {
    if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
}

/// Adds units that are all ASCII; `false` if one is not. The loop is as it is because it becomes one over vectors.
fn narrow<const LITTLE: bool>(units: &[u8], text: &mut Buffer) -> bool {
    let (units, _) = units.as_chunks::<2>();
    let mut all = 0;
    for (to, bytes) in text.room(units.len()).iter_mut().zip(units) {
        let unit = unit(*bytes, LITTLE);
        let [low, _] = unit.to_le_bytes();
        all |= unit;
        *to = low;
    }
    let is_ascii = all <= 0x7F;
    if is_ascii {
        text.filled(units.len());
    }
    is_ascii
}

/// Whether the last unit is the first half of a pair.
fn ends_in_half(units: &[u8], little: bool) -> bool {
    units.last_chunk::<2>().is_some_and(|last| (0xD800..0xDC00).contains(&unit(*last, little)))
}
