//! `name = value` in the text of a message, and the spellings of values.
//!
//! How a VSS trace writes its parameters is not documented and no public trace shows it, so that this reads what programs
//! commonly write: a name, `=` or `:`, and a value that is quoted or ends at a separator. What a name means stays out.

use vsscope_model::{BackupType, Context, Guid, HResult, WriterState};

/// Longest text value that is kept, in bytes. Paths of Windows have at most 32767 characters and mostly a few dozen.
const MAX_VALUE: usize = 2000;

/// A value and the text behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value<'a> {
    /// The value, without quotes.
    pub text: &'a str,
    /// Whether it stood in quotes: then it may be empty.
    pub quoted: bool,
}

/// Calls `wanted` with every name that is followed by `=` or a colon; where that gives something, `take` gets it and the
/// value, and reading goes on behind the value.
pub(super) fn each<'a, F>(
    text: &'a str,
    wanted: impl Fn(&'a str) -> Option<F>,
    mut take: impl FnMut(F, Value<'a>),
) {
    let mut rest = text;
    while let Some((name, separator, behind)) = next_name(rest) {
        rest = behind;
        if let Some(field) = wanted(name) {
            let (value, behind) = value(behind, separator);
            take(field, value);
            rest = behind;
        }
    }
}

/// The next name with its separator and what follows it.
fn next_name(text: &str) -> Option<(&str, char, &str)> {
    let mut from = 0_usize;
    loop {
        let (at, separator) = text
            .get(from..)?
            .char_indices()
            .find(|(_, c)| matches!(c, '=' | ':'))
            .map(|(at, c)| (from.saturating_add(at), c))?;
        from = at.saturating_add(1);
        let behind = text.get(from..)?;
        if separator == ':' && behind.starts_with(':') {
            from = from.saturating_add(1);
            continue;
        }
        let name = trailing_word(text.get(..at)?.trim_end());
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return Some((name, separator, behind));
        }
    }
}

/// The identifier at the end of a text; empty if there is none.
pub(super) fn trailing_word(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let start =
        text.char_indices().rev().take_while(|(_, c)| is_part(*c)).last().map_or(text.len(), |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// The value at the start of a text, and what is behind it.
fn value(text: &str, separator: char) -> (Value<'_>, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let wide = text.strip_prefix('L').unwrap_or(text);
    for quote in ['"', '\''] {
        let inside = wide.strip_prefix(quote);
        if let Some((inside, behind)) = inside.and_then(|inside| inside.split_once(quote)) {
            return (Value { text: inside, quoted: true }, behind);
        }
    }
    let end = text.find([',', ';', '\n', '\r']).unwrap_or(text.len());
    let bare = text.get(..end).unwrap_or_default();
    let bare = before_next(bare, separator);
    let behind = text.get(bare.len()..).unwrap_or_default();
    (Value { text: without_bracket(bare.trim()), quoted: false }, behind)
}

/// Cuts a bare value before a blank and the next name with the same separator: values may hold blanks, and some lists have
/// nothing but blanks between their pairs. A colon needs a blank behind it to count, since paths hold colons.
fn before_next(bare: &str, separator: char) -> &str {
    for (at, _) in bare.match_indices(separator) {
        let behind = bare.get(at.saturating_add(1)..).unwrap_or_default();
        if separator == ':' && !behind.starts_with([' ', '\t']) {
            continue;
        }
        let before = bare.get(..at).unwrap_or_default().trim_end();
        let name = trailing_word(before);
        let lead = before.strip_suffix(name).unwrap_or(before);
        if name.len() > 1 && lead.ends_with([' ', '\t']) {
            return lead;
        }
    }
    bare
}

/// Without a closing bracket that nothing inside opens: `f(a = 1, b = 2)`.
fn without_bracket(text: &str) -> &str {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some(shorter) = text.strip_suffix(close).filter(|shorter| !shorter.contains(open)) {
            return shorter.trim_end();
        }
    }
    text
}

impl<'a> Value<'a> {
    /// The first word: what is left of a number or a name if text follows it.
    fn word(self) -> &'a str {
        let word = self.text.trim_start_matches('(').split_whitespace().next().unwrap_or_default();
        word.trim_end_matches(['.', ')', ']'])
    }

    /// A GUID with or without braces; the null GUID is one.
    pub fn guid(self) -> Option<Guid> {
        self.text.trim_start_matches('{').get(..36)?.parse().ok()
    }

    /// A GUID that names something.
    pub fn id(self) -> Option<Guid> {
        self.guid().filter(|guid| !guid.is_null())
    }

    /// Hex behind `0x`, or decimal without leading zeros: bare digits with them may be hex. More than eight digits are an
    /// address, unless it is null.
    pub fn number(self) -> Option<u32> {
        let word = self.word();
        if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
            let number = u64::from_str_radix(digits, 16).ok().filter(|&n| n == 0 || digits.len() <= 8)?;
            return u32::try_from(number).ok();
        }
        if word.len() > 1 && word.starts_with('0') {
            return None;
        }
        word.parse().ok().or_else(|| word.parse::<i32>().ok().map(i32::cast_unsigned))
    }

    /// A count. What is larger than any real one is the address of a variable that is not filled yet.
    pub fn count(self) -> Option<u32> {
        self.number().filter(|&number| number <= 0xFFFF)
    }

    /// TRUE or FALSE, as a word or as 1 or 0.
    pub fn flag(self) -> Option<bool> {
        let word = self.word();
        match self.number() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            Some(_) => None,
            None if word.eq_ignore_ascii_case("true") => Some(true),
            None if word.eq_ignore_ascii_case("false") => Some(false),
            None => None,
        }
    }

    /// Whether this is how programs show a null pointer.
    pub fn is_null(self) -> bool {
        let word = self.text.trim_matches(['(', ')', '<', '>']);
        !self.quoted && (word.eq_ignore_ascii_case("null") || self.number() == Some(0))
    }

    /// Whether this is an address, which says nothing of what stands there.
    fn is_address(self) -> bool {
        let digits = self.text.strip_prefix("0x").or_else(|| self.text.strip_prefix("0X"));
        let digits = digits.unwrap_or(self.text);
        !self.quoted && digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// A text. NULL is the empty text, which the documentation treats alike wherever it allows NULL.
    pub fn string(self) -> Option<&'a str> {
        if self.is_null() {
            return Some("");
        }
        let is_text =
            (self.quoted || !self.text.is_empty()) && !self.is_address() && self.text.len() <= MAX_VALUE;
        is_text.then_some(self.text)
    }

    /// A context: a number or a documented name. Names: `_VSS_SNAPSHOT_CONTEXT` (vss.h).
    pub fn context(self) -> Option<Context> {
        const NAMED: [u32; 7] = [0, 0x10, 0x19, 0x09, 0x1D, 0x0D, 0xFFFF_FFFF];
        let named = || NAMED.map(Context).into_iter().find(|context| context.name() == Some(self.word()));
        self.number().map(Context).or_else(named)
    }

    /// Whether attributes of `ExposeSnapshot` (`_VSS_VOLUME_SNAPSHOT_ATTRIBUTES`) mean this host, else a share.
    pub fn exposure(self) -> Option<bool> {
        match self.number()? {
            0x0010_0000 => Some(true),
            0x0020_0000 => Some(false),
            _ => None,
        }
    }

    /// A type of backup: a number or an enumerator of `VSS_BACKUP_TYPE` (vss.h).
    pub fn backup_type(self) -> Option<BackupType> {
        const BY_NUMBER: [&str; 7] =
            ["UNDEFINED", "FULL", "INCREMENTAL", "DIFFERENTIAL", "LOG", "COPY", "OTHER"];
        let word = match self.number() {
            Some(number) => BY_NUMBER.get(usize::try_from(number).ok()?)?,
            None => self.word().strip_prefix("VSS_BT_")?,
        };
        BY_NUMBER.contains(&word).then(|| BackupType::from(word))
    }

    /// Whether an object is a snapshot set: 2 or 3, or an enumerator of `VSS_OBJECT_TYPE` (vss.h).
    pub fn is_set(self) -> Option<bool> {
        match (self.number(), self.word()) {
            (Some(2), _) | (None, "VSS_OBJECT_SNAPSHOT_SET") => Some(true),
            (Some(3), _) | (None, "VSS_OBJECT_SNAPSHOT") => Some(false),
            _ => None,
        }
    }

    /// A writer's state: a number that the enumeration has, or an enumerator of `VSS_WRITER_STATE` (vss.h).
    pub fn state(self) -> Option<WriterState> {
        match self.number() {
            Some(number) => Some(WriterState(number)).filter(|state| state.name().is_some()),
            None => WriterState::from_name(self.word()),
        }
    }

    /// A result: `S_OK` or a failure code. Other numbers are addresses of variables that are not filled yet.
    pub fn result(self) -> Option<HResult> {
        let named = || HResult::from_name(self.word());
        self.number().map(HResult).filter(|code| *code == HResult::OK || code.is_failure()).or_else(named)
    }
}

/// Every GUID in a text.
pub(super) fn guids(text: &str) -> impl Iterator<Item = Guid> {
    let dashes = text.match_indices('-').filter_map(|(at, _)| at.checked_sub(8));
    dashes.filter_map(move |at| text.get(at..at.checked_add(36)?)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(&str, &str)> {
        let mut all = Vec::new();
        each(text, Some, |name, value| all.push((name, value.text)));
        all
    }

    fn bare(text: &str) -> Value<'_> {
        Value { text, quoted: false }
    }

    #[test]
    fn pairs_of_every_spelling_are_found() {
        for (text, expected) in [
            ("a = 1, b=2; c: 3", vec![("a", "1"), ("b", "2"), ("c", "3")]),
            (r"Add(pwszVolumeName = D:\data, n = 2)", vec![("pwszVolumeName", r"D:\data"), ("n", "2")]),
            (r"path = C:\x y id = {1}", vec![("path", r"C:\x y"), ("id", "{1}")]),
            (r"path: C:\x y id: {1}", vec![("path", r"C:\x y"), ("id", "{1}")]),
            (r#"name = L"a, b = c" next = ''"#, vec![("name", "a, b = c"), ("next", "")]),
            ("CDemo::Run and nothing", vec![]),
            ("= 5, : 6", vec![]),
        ] {
            assert_eq!(pairs(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_value_gives_none() {
        assert_eq!(bare("0x0000000000abcdef12").number(), None);
        assert_eq!(bare("00000010").number(), None, "hex or decimal");
        assert_eq!((bare("0x1D").number(), bare("-1").number()), (Some(0x1D), Some(0xFFFF_FFFF)));
        assert_eq!(bare("0x0012F6A0").count(), None, "an address");
        assert_eq!(
            (bare("TRUE.").flag(), bare("0").flag(), bare("7").flag()),
            (Some(true), Some(false), None)
        );
        assert_eq!(bare("0x00000000012f6a08").string(), None, "an address");
        assert_eq!((bare("(null)").string(), bare("NULL").string()), (Some(""), Some("")));
        assert_eq!(Value { text: "", quoted: true }.string(), Some(""));
        assert_eq!(bare("").string(), None);
        assert_eq!(bare("VSS_CTX_APP_ROLLBACK").context(), Some(Context(9)));
        assert_eq!(bare("VSS_BT_COPY").backup_type(), Some(BackupType::Copy));
        assert_eq!(bare("5").backup_type(), Some(BackupType::Copy));
        assert_eq!(bare("12").backup_type(), None);
        assert_eq!((bare("VSS_OBJECT_SNAPSHOT").is_set(), bare("2").is_set()), (Some(false), Some(true)));
        assert_eq!(bare("0x0012f6a0").result(), None, "an address");
        assert_eq!(bare("16").state(), None);
    }

    #[test]
    fn all_guids_of_a_text_are_found() {
        let text = "-a-{0f0e0d0c-0000-4000-8000-000000000001}x-0F0E0D0C-0000-4000-8000-000000000002-";
        let found: Vec<String> = guids(text).map(|guid| guid.to_string()).collect();
        let expected = [1, 2].map(|n| format!("0f0e0d0c-0000-4000-8000-00000000000{n}"));
        assert_eq!(found, expected);
    }
}
