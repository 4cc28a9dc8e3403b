//! Words without which a record says nothing of VSS: a look at the bytes of a record spares reading it.
//!
//! Each list is what its decoder looks for itself (names of programs, services, devices and keys, never words that
//! Windows translates), so that a record that holds none of them is one that the decoder has no event for.

use aho_corasick::packed::Searcher;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Words of which a record must hold one, in any case of their ASCII letters. They are listed in lower case.
#[derive(Debug)]
pub(crate) struct Words {
    list: &'static [&'static str],
    /// Whether a value has to begin with one of them.
    first: bool,
    /// The first three characters of each, where a value has to begin with it.
    starts: Starts,
    wide: OnceLock<Option<Searcher>>,
    narrow: OnceLock<Option<Searcher>>,
}

impl Words {
    pub(super) const fn new(list: &'static [&'static str]) -> Self {
        Words { list, first: false, starts: Starts::NONE, wide: OnceLock::new(), narrow: OnceLock::new() }
    }

    /// Words that a value begins with.
    const fn first(list: &'static [&'static str]) -> Self {
        Words { list, first: true, starts: Starts::of(list), wide: OnceLock::new(), narrow: OnceLock::new() }
    }

    /// Whether a value has to begin with one of them: [`Self::begin`] tells more cheaply than [`Self::are_in`].
    pub fn come_first(&self) -> bool {
        self.first
    }

    /// Whether a value begins with one of them, as UTF-16 or as ASCII.
    pub fn begin(&self, value: &[u8]) -> bool {
        let narrow = value.first_chunk().map(|start| Starts::number(*start));
        let wide = value.first_chunk().map(|[a, _, b, _, c, _]| Starts::number([*a, *b, *c]));
        narrow.is_some_and(|start| self.starts.have(start) && self.begin_like(start, value, false))
            || wide.is_some_and(|start| self.starts.have(start) && self.begin_like(start, value, true))
    }

    /// Whether the value begins with one of the words whose first characters have this number.
    #[inline(never)]
    fn begin_like(&self, start: u32, value: &[u8], is_wide: bool) -> bool {
        let alike = self.list.iter().zip(&self.starts.of).filter(|(_, known)| **known == start);
        alike.into_iter().any(|(word, _)| begins(value, word, is_wide))
    }

    /// Whether the bytes hold one of the words, as UTF-16 or as ASCII.
    pub fn are_in(&self, bytes: &[u8]) -> bool {
        self.hold(bytes, true) || self.hold(bytes, false)
    }

    /// Whether the text holds one of the words.
    pub fn are_in_text(&self, text: &str) -> bool {
        self.hold(text.as_bytes(), false)
    }

    /// Vectors of bytes are searched for the first two letters of the words; what follows is compared.
    fn hold(&self, bytes: &[u8], is_wide: bool) -> bool {
        let cell = if is_wide { &self.wide } else { &self.narrow };
        let searcher = cell.get_or_init(|| searcher(self.list, is_wide));
        // Without a searcher nothing is certain.
        let Some(searcher) = searcher else { return true };
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(|rest| searcher.find(rest)) {
            let start = at.saturating_add(found.start());
            let rest = bytes.get(start..).unwrap_or_default();
            if self.list.iter().any(|word| begins(rest, word, is_wide)) {
                return true;
            }
            at = start.saturating_add(1);
        }
        false
    }
}

/// The first three characters of words, without case.
#[derive(Debug)]
struct Starts {
    /// As one number each; the rest is zero, which no start is.
    of: [u32; Self::MOST],
}

impl Starts {
    /// As many as are compared at once.
    const MOST: usize = 16;
    const NONE: Starts = Starts { of: [0; Self::MOST] };
    /// The bit by which upper and lower case differ; other characters may lose what tells them apart, and are compared again.
    const CASES: u32 = 0x20_2020;

    /// Lists are known when the program is compiled: one that is too long, or with a word of fewer than three characters, does
    /// not compile.
    #[expect(
        clippy::panic,
        clippy::indexing_slicing,
        reason = "computed by the compiler, which would not go on"
    )]
    const fn of(list: &[&str]) -> Self {
        let (mut of, mut at, mut rest) = ([0; Self::MOST], 0, list);
        while let [word, others @ ..] = rest {
            let [a, b, c, ..] = word.as_bytes() else { panic!("a word of fewer than three characters") };
            of[at] = Self::number([*a, *b, *c]);
            at = at.saturating_add(1);
            rest = others;
        }
        Starts { of }
    }

    const fn number([a, b, c]: [u8; 3]) -> u32 {
        u32::from_le_bytes([a, b, c, 0]) | Self::CASES
    }

    /// Whether one of them has this number.
    fn have(&self, start: u32) -> bool {
        self.of.iter().fold(false, |any, known| any | (*known == start))
    }
}

/// Finds the first two letters of each word, in both cases. At most 64 patterns are searched for with vectors.
fn searcher(list: &[&str], is_wide: bool) -> Option<Searcher> {
    let mut starts = BTreeSet::new();
    for word in list {
        let [first, second, ..] = *word.as_bytes() else { return None };
        for first in cases(first) {
            for second in cases(second) {
                starts.insert(if is_wide { vec![first, 0, second, 0] } else { vec![first, second] });
            }
        }
    }
    Searcher::new(starts)
}

/// Both cases of a letter.
fn cases(letter: u8) -> impl Iterator<Item = u8> {
    let (upper, lower) = (letter.to_ascii_uppercase(), letter.to_ascii_lowercase());
    std::iter::once(lower).chain((upper != lower).then_some(upper))
}

/// Whether bytes begin with a word in any case.
fn begins(bytes: &[u8], word: &str, is_wide: bool) -> bool {
    if !is_wide {
        return bytes.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    }
    let units = bytes.as_chunks::<2>().0;
    units.get(..word.len()).is_some_and(|units| {
        units
            .iter()
            .zip(word.bytes())
            .all(|(unit, letter)| unit[1] == 0 && unit[0].eq_ignore_ascii_case(&letter))
    })
}

/// Services that [`super::scm`] knows, by key and by display name.
pub(super) static SERVICES: Words = Words::first(&[
    "vss",
    "swprv",
    "vds",
    "wbengine",
    "sdrsvc",
    "sqlwriter",
    "vmms",
    "vmicvss",
    "volume shadow",
    "microsoft software shadow",
    "virtual disk",
    "block level backup",
    "windows backup",
    "sql server vss",
    "hyper-v v",
]);

/// Programs and classes of [`super::commands`].
pub(super) static COMMANDS: Words = Words::new(&[
    "vss",
    "diskshadow",
    "vshadow",
    "wbadmin",
    "wbengine",
    "ntdsutil",
    "esentutl",
    "shadowcopy",
    "swprv",
]);

/// The WMI class of scripts that delete.
pub(super) static SCRIPTS: Words = Words::new(&["win32_shadowcopy"]);

/// The source that the service audits under.
pub(super) static AUDIT_SOURCE: Words = Words::new(&["vssaudit"]);

/// The service's own program.
pub(super) static SERVICE_IMAGE: Words = Words::new(&["vssvc.exe"]);

/// Devices of shadow copies.
pub(super) static SHADOW_DEVICES: Words = Words::new(&["volumeshadowcopy", "volumesnapshot"]);

/// The key of the diagnostic values.
pub(super) static DIAG_KEY: Words = Words::new(&["vss\\diag"]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_both_widths_and_any_case() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for text in ["VssAudit", "\u{1}xVSSAUDIT\u{0}"] {
            assert!(AUDIT_SOURCE.are_in(&wide(text)) && AUDIT_SOURCE.are_in(text.as_bytes()), "{text}");
        }
        assert!(DIAG_KEY.are_in(&wide(r"HKLM\System\CurrentControlSet\Services\VSS\Diag\SwProvider_{x}")));
        assert!(!AUDIT_SOURCE.are_in(&wide("VSS Audit")) && !AUDIT_SOURCE.are_in(b""));
        // One begins inside the start of another.
        assert!(
            COMMANDS.are_in(&wide("xvsvshadow")) && COMMANDS.are_in(b"wewbadmin") && COMMANDS.are_in(b"vvss")
        );
    }

    #[test]
    fn a_value_begins_with_a_word_in_both_widths_and_any_case() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for text in ["VSS", "vssx", "Volume Shadow Copy", "wbEngine", "SQLWriter"] {
            assert!(SERVICES.begin(text.as_bytes()) && SERVICES.begin(&wide(text)), "{text}");
        }
        // The first three characters of a word are not all of it, and it has to come first.
        for text in ["", "v", "vs", "volumes", "windows update", "xvss"] {
            assert!(!SERVICES.begin(text.as_bytes()) && !SERVICES.begin(&wide(text)), "{text}");
        }
    }

    #[test]
    fn all_lists_are_searched_for_with_vectors() {
        for words in [&COMMANDS, &SCRIPTS, &AUDIT_SOURCE, &SERVICE_IMAGE, &SHADOW_DEVICES, &DIAG_KEY] {
            assert!(
                searcher(words.list, true).is_some() && searcher(words.list, false).is_some(),
                "{words:?}"
            );
        }
    }

    #[test]
    fn every_name_that_a_decoder_looks_for_holds_one_of_its_words() {
        let names = |words: &Words, names: Vec<&str>| {
            assert!(!names.is_empty());
            let has =
                |name: &str| if words.first { words.begin(name.as_bytes()) } else { words.are_in_text(name) };
            names.iter().for_each(|name| assert!(has(name), "{name}"));
        };
        names(&SERVICES, super::super::scm::SERVICES.iter().flat_map(|(key, name)| [*key, *name]).collect());
        names(&SHADOW_DEVICES, super::super::fields::DEVICE_STEMS.to_vec());
        names(&COMMANDS, super::super::commands::tools().collect());
    }
}
