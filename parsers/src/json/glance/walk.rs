//! Walks over the text of a JSON object without building anything, and checks all of it on the way.
//!
//! What this takes, every parser takes. It does not take everything that a parser does: what is rare (an escape in a key,
//! a value of twenty levels) is given up, so that a slower and more patient reader decides.

/// Objects and lists in each other beyond which the walk is given up.
const MAX_DEPTH: u32 = 20;

/// The rest of a text; `None` where the walk is given up.
pub(super) type Rest<'t> = Option<&'t [u8]>;

/// Goes over an object, which begins here. Each member is given to `member` with the text from its value on; it returns the
/// text behind the value, as [`pass`] does.
pub(super) fn object<'t>(text: &'t [u8], mut member: impl FnMut(&'t [u8], &'t [u8]) -> Rest<'t>) -> Rest<'t> {
    let mut rest = blank(text.strip_prefix(b"{")?);
    if let Some(rest) = rest.strip_prefix(b"}") {
        return Some(rest);
    }
    loop {
        let (key, behind) = plain(rest)?;
        rest = blank(blank(behind).strip_prefix(b":")?);
        rest = blank(member(key, rest)?);
        match rest.split_first()? {
            (b',', behind) => rest = blank(behind),
            (b'}', behind) => return Some(behind),
            _ => return None,
        }
    }
}

/// The text behind a value of any kind.
pub(super) fn pass(text: &[u8]) -> Rest<'_> {
    pass_at(text, 0)
}

fn pass_at(text: &[u8], depth: u32) -> Rest<'_> {
    match text.first()? {
        b'"' => string(text).map(|(_, _, rest)| rest),
        b'{' if depth < MAX_DEPTH => object(text, |_, value| pass_at(value, depth.saturating_add(1))),
        b'[' if depth < MAX_DEPTH => list(text, depth),
        b't' => text.strip_prefix(b"true"),
        b'f' => text.strip_prefix(b"false"),
        b'n' => text.strip_prefix(b"null"),
        _ => number(text).map(|(_, rest)| rest),
    }
}

fn list(text: &[u8], depth: u32) -> Rest<'_> {
    let mut rest = blank(text.strip_prefix(b"[")?);
    if let Some(rest) = rest.strip_prefix(b"]") {
        return Some(rest);
    }
    loop {
        rest = blank(pass_at(rest, depth.saturating_add(1))?);
        match rest.split_first()? {
            (b',', behind) => rest = blank(behind),
            (b']', behind) => return Some(behind),
            _ => return None,
        }
    }
}

/// A scalar as text and the rest: a string without escapes, or a number as it is written. Empty for null; everything else is
/// given up.
pub(super) fn scalar(text: &[u8]) -> Option<(Option<&str>, &[u8])> {
    match text.first()? {
        b'"' => {
            let (content, rest) = plain(text)?;
            Some((Some(str::from_utf8(content).ok()?), rest))
        }
        b'n' => Some((None, text.strip_prefix(b"null")?)),
        _ => {
            let (digits, rest) = number(text)?;
            Some((Some(str::from_utf8(digits).ok()?), rest))
        }
    }
}

/// The text without the blanks that it begins with.
fn blank(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    end.map_or(&[], |end| text.get(end..).unwrap_or_default())
}

/// A string without escapes, and the rest.
fn plain(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, has_escapes, rest) = string(text)?;
    (!has_escapes).then_some((content, rest))
}

/// What is between the quotes, whether it has escapes, and the rest.
fn string(text: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let text = text.strip_prefix(b"\"")?;
    let mut at = 0_usize;
    let mut has_escapes = false;
    loop {
        let behind = text.get(at..)?;
        at = at.checked_add(ordinary(behind))?;
        match text.get(at)? {
            b'"' => return Some((text.get(..at)?, has_escapes, text.get(at.checked_add(1)?..)?)),
            b'\\' => {
                has_escapes = true;
                at = at.checked_add(escape(text.get(at..)?)?)?;
            }
            // A control character.
            _ => return None,
        }
    }
}

/// The length of an escape, which begins here. Half of a character that is written as two halves may lack the other.
fn escape(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => {
            let digits = text.get(2..6)?;
            let is_half = matches!(digits, [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..]);
            (digits.iter().all(u8::is_ascii_hexdigit) && !is_half).then_some(6)
        }
        _ => None,
    }
}

/// How many bytes come before the first quote, backslash or control character.
fn ordinary(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let has_less = |word: u64, than: u64| word.wrapping_sub(ONES.wrapping_mul(than)) & !word & HIGH;
    let has = |word: u64, byte: u8| has_less(word ^ ONES.wrapping_mul(u64::from(byte)), 1);
    let (words, rest) = text.as_chunks::<8>();
    let mut at = 0_usize;
    for bytes in words {
        // Of the marked bytes the first one is marked rightly; behind it a borrow may mark wrong ones.
        let word = u64::from_le_bytes(*bytes);
        let marks = has(word, b'"') | has(word, b'\\') | has_less(word, 0x20);
        if marks != 0 {
            return at.saturating_add(usize::try_from(marks.trailing_zeros() / 8).unwrap_or_default());
        }
        at = at.saturating_add(8);
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at.saturating_add(rest.iter().position(is_special).unwrap_or(rest.len()))
}

/// A number as it is written, and the rest. Those with an exponent, which may be out of range, are given up.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const MOST: usize = 30;
    let after_sign = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, mut rest) = digits(after_sign)?;
    if whole.len() > 1 && whole.starts_with(b"0") {
        return None;
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        (_, rest) = digits(fraction)?;
    }
    let length = text.len().checked_sub(rest.len()).filter(|length| *length <= MOST)?;
    if matches!(rest.first(), Some(b'e' | b'E')) {
        return None;
    }
    Some((text.get(..length)?, rest))
}

/// At least one digit, and the rest.
fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_passed(text: &str) -> bool {
        pass(text.as_bytes()) == Some(b"")
    }

    #[test]
    fn ordinary_bytes_end_at_the_first_that_is_not() {
        for stop in ["\"", "\\", "\n", "\u{1f}", "\0"] {
            for length in 0..40 {
                let text =
                    format!("{}{stop}\"\\\u{80}", "x\u{ff}y".repeat(20).get(..length).unwrap_or("xxxx"));
                let expected = text.bytes().position(|byte| byte < 0x20 || b"\"\\".contains(&byte));
                assert_eq!(Some(ordinary(text.as_bytes())), expected, "{text:?}");
            }
        }
        assert_eq!(ordinary(b"plain text, \x7f\x80\xff"), 15);
    }

    #[test]
    fn usual_values_are_passed() {
        for text in [
            "{}",
            "[]",
            "0",
            "-12.50",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\\b\"\u00e9\/""#,
            r#"{"a": [1, {"b" : null}, "x"] , "c":{}}"#,
        ] {
            assert!(is_passed(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_given_up() {
        for text in [
            "",
            "{",
            "{]",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{a:1}",
            "[1,]",
            "[1 2]",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "tru",
            "nul",
            "'x'",
            r#""a"#,
            "\"a\tb\"",
            r#""\x""#,
            r#""\u12g4""#,
            r#"{"a":1}}"#,
        ] {
            assert!(!is_passed(text), "{text}");
        }
    }

    #[test]
    fn what_is_rare_is_given_up() {
        let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
        for text in [r#"{"\u0061":1}"#, "1e5", &"1".repeat(31), r#""\ud83d\ude00""#, &deep] {
            assert!(!is_passed(text), "{text}");
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?[0-9]{1,3}(\\.[0-9]{0,2})?(e[0-9])?",
            "\"[ -~\\\\\"é]{0,12}\"",
            "[\\[\\]{}\",:x ]{0,3}",
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let pair =
                ("\"[a-c\\\\u0]{0,4}\"", inner.clone()).prop_map(|(key, value)| format!("{key}: {value}"));
            prop_oneof![
                prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(" ,"))),
                prop::collection::vec(pair, 0..4).prop_map(|pairs| format!("{{{}}}", pairs.join(","))),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_passed_is_json(text in json()) {
            if is_passed(&text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
