//! Failure codes in the text of a message, and which line of the error idiom a message is.
//!
//! The idiom was seen in the one public excerpt of a registry trace (KB 4504103): a line that says why, "Throwing HRESULT
//! code", "HRESULT EXCEPTION CAUGHT". A failure is a code with the severity bit; everything else is a result.

use super::values::trailing_word;
use vsscope_model::HResult;

/// Longest reason that is kept, in bytes.
const MAX_REASON: usize = 1000;

/// What a message says of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// Which line of the idiom.
    pub kind: MentionKind,
    /// The failure code.
    pub code: HResult,
    /// The code before it, where the message names one.
    pub previous: Option<HResult>,
}

/// Lines of the error idiom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MentionKind {
    /// A message with a code: the reason, if the failure arises here.
    Plain,
    /// The function throws.
    Thrown,
    /// The function caught what another one, or itself, threw.
    Caught,
}

/// A code in a text.
struct Code {
    value: HResult,
    /// Where its words begin (`hr = `), and where it ends.
    from: usize,
    to: usize,
    is_previous: bool,
}

/// What a message says of a failure; `None` if it has no failure code in one of the known spellings.
pub(super) fn mention(text: &str) -> Option<Mention> {
    let mut codes = codes(text).filter(|code| code.value.is_failure()).peekable();
    codes.peek()?;
    let mut own = None;
    let mut previous = None;
    for code in codes {
        let place = if code.is_previous { &mut previous } else { &mut own };
        place.get_or_insert(code.value);
    }
    let kind = match () {
        () if starts(text, "Throwing HRESULT code") => MentionKind::Thrown,
        () if starts(text, "HRESULT EXCEPTION CAUGHT") => MentionKind::Caught,
        () => MentionKind::Plain,
    };
    Some(Mention { kind, code: own?, previous })
}

/// The text of a message without its code, if that stands at the end; else the whole text. `None` if nothing is left.
pub(super) fn reason(text: &str) -> Option<String> {
    let decoration = codes(text).find(|code| {
        let behind = text.get(code.to..).unwrap_or_default();
        code.value.is_failure() && !behind.contains(char::is_alphanumeric)
    });
    let kept = match decoration.and_then(|code| text.get(..code.from)) {
        Some(kept) => kept.trim_end().trim_end_matches(['(', '[', ',', ':', ';']),
        None => text,
    };
    let kept = kept.trim();
    let end = (0..=kept.len().min(MAX_REASON)).rev().find(|&at| kept.is_char_boundary(at)).unwrap_or(0);
    kept.get(..end).filter(|kept| kept.contains(char::is_alphanumeric)).map(str::to_owned)
}

/// Every number of eight hex digits in a text, whatever stands before it.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = HResult> {
    hex(text).map(|(_, _, value)| value)
}

/// The codes that the words of the idiom announce: `hr = 0x…`, `hr: 0x…`, `error 0x…`, `HRESULT code 0x…`.
fn codes(text: &str) -> impl Iterator<Item = Code> {
    hex(text).filter_map(|(at, to, value)| {
        let before = text.get(..at)?;
        let words = before.trim_end_matches([' ', '\t', '=', ':', '[', '(']);
        let (words, last) = last_word(words);
        if !(is(last, "code") || is(last, "hr") || is(last, "hresult") || is(last, "error")) {
            return None;
        }
        let mut start = words.len();
        let mut is_previous = is(last_word(words.trim_end()).1, "previous");
        if is(last, "code") {
            let (words, kind) = last_word(words.trim_end());
            if !(is(kind, "hresult") || is(kind, "error")) {
                return None;
            }
            start = words.len();
            is_previous = is(last_word(words.trim_end()).1, "previous");
        }
        Some(Code { value, from: start, to, is_previous })
    })
}

/// Splits off the last word.
fn last_word(text: &str) -> (&str, &str) {
    let word = trailing_word(text);
    (text.strip_suffix(word).unwrap_or(text), word)
}

fn is(word: &str, wanted: &str) -> bool {
    word.eq_ignore_ascii_case(wanted)
}

fn starts(text: &str, wanted: &str) -> bool {
    text.trim_start().get(..wanted.len()).is_some_and(|start| is(start, wanted))
}

/// `0x` and exactly eight hex digits: start, end, value.
fn hex(text: &str) -> impl Iterator<Item = (usize, usize, HResult)> {
    let bytes = text.as_bytes();
    text.match_indices("0x").chain(text.match_indices("0X")).filter_map(move |(at, _)| {
        let digits = at.checked_add(2)?;
        let to = digits.checked_add(8)?;
        let is_part = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if is_part(to) || at.checked_sub(1).is_some_and(is_part) {
            return None;
        }
        let value = u32::from_str_radix(text.get(digits..to)?, 16).ok()?;
        Some((at, to, HResult(value)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENIED: HResult = HResult::ACCESS_DENIED;

    fn found(text: &str) -> Option<(MentionKind, HResult, Option<HResult>)> {
        mention(text).map(|mention| (mention.kind, mention.code, mention.previous))
    }

    #[test]
    fn every_spelling_of_the_idiom_is_a_failure() {
        use MentionKind::{Caught, Plain, Thrown};
        for (text, kind) in [
            ("The file is gone.  hr = 0x80070005", Plain),
            ("hr: 0x80070005", Plain),
            ("open failed with error 0x80070005 on C:", Plain),
            ("HRESULT code 0X80070005.", Plain),
            ("Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x00000000", Thrown),
            ("HRESULT EXCEPTION CAUGHT: hr: 0x80070005", Caught),
        ] {
            assert_eq!(found(text), Some((kind, DENIED, None)), "{text}");
        }
        let turned = "Throwing HRESULT code 0x800423f4. Previous HRESULT code = 0x80070005";
        let expected = Some((Thrown, HResult::VSS_WRITERERROR_NONRETRYABLE, Some(DENIED)));
        assert_eq!(found(turned), expected);
    }

    #[test]
    fn other_numbers_are_no_failures() {
        for text in [
            "hr = 0x00000000",
            "hr = 0x0004230a",
            "control code 0x8053c008",
            "at 0x80070005",
            "hr = 0x8007000512345678",
            "phrase = 0x80070005",
            "phResultFailure = 0x800423f4",
            "",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_reason_loses_its_code_only_at_the_end() {
        assert_eq!(reason("The file is gone.  hr = 0x80070005").as_deref(), Some("The file is gone."));
        assert_eq!(reason("Cannot open (error 0x80070005).").as_deref(), Some("Cannot open"));
        let inside = "error 0x80070005 on volume C:";
        assert_eq!(reason(inside).as_deref(), Some(inside));
        assert_eq!(reason("hr = 0x80070005"), None);
        assert_eq!(reason(&"ä".repeat(2000)).map(|reason| reason.len()), Some(MAX_REASON));
    }
}
