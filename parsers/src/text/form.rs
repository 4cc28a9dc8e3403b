//! [`TextForm`]: which encoding text is in, told from its first bytes.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes by which the encoding is told.
pub(super) const HEAD: usize = 64 << 10;

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
    /// Absent for an OEM code page.
    pub(super) encoding: Option<&'static Encoding>,
    /// Length of the byte order mark.
    pub(super) mark: usize,
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

    /// Bytes of a unit.
    pub(super) fn unit(self) -> usize {
        let wide = self.encoding.is_some_and(|encoding| encoding == UTF_16LE || encoding == UTF_16BE);
        if wide { 2 } else { 1 }
    }

    /// How many bytes of the input became these of text.
    pub(super) fn size(self, text: &[u8]) -> usize {
        if text.is_ascii() {
            return text.len().saturating_mul(self.unit());
        }
        match self.encoding {
            Some(encoding) if encoding == UTF_8 => text.len(),
            // A decoder gave it, so that it is sound.
            _ => {
                let text = std::str::from_utf8(text).unwrap_or_default();
                let units = if self.unit() == 2 { text.encode_utf16().count() } else { text.chars().count() };
                units.saturating_mul(self.unit())
            }
        }
    }
}

/// Whether bytes are valid UTF-8, except for a character that is cut at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// Text of the OEM code page.
pub(super) fn oem(bytes: &[u8]) -> String {
    oem_cp::decode_string_complete_table(bytes, &oem_cp::code_table::DECODING_TABLE_CP850)
}
