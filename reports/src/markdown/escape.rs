//! Text of a log as text of Markdown.
//!
//! Escaping with `\` or entities is not enough: GitHub and GitLab look for `@names`, `#numbers` and addresses in the finished
//! text. What could mean anything is put between backquotes, where nothing means anything; that also suits paths and codes.
//! What cannot mean anything stays as it is, so that the source can be read in a mail.
//!
//! See the CommonMark specification, 2.4 and 6.1, and the GFM specification, 4.10 (cells) and 6.9 (autolinks).

use crate::text::style::HARD_BLANK;
use crate::text::{is_shapeless, safe};

/// A word of a text: what stands around it, and whether it has to be code.
struct Piece<'a> {
    before: &'a str,
    core: &'a str,
    after: &'a str,
    is_code: bool,
}

/// A text that is partly ours, partly from a log, on one line: harmless words as they are, others as code. Fit for a cell of
/// a table. Hard blanks become plain ones.
pub(crate) fn prose(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    // Neighbours become one piece of code.
    let mut open: Option<String> = None;
    for (at, word) in text.split([' ', '\n']).filter(|word| !word.is_empty()).enumerate() {
        let piece = piece(word, at == 0);
        match (open.as_mut(), piece.is_code && piece.before.is_empty()) {
            (Some(code), true) => {
                code.push(' ');
                code.push_str(piece.core);
            }
            (pending, _) => {
                let pending = pending.map(|code| self::code(code));
                shown.push_str(&pending.unwrap_or_default());
                open = None;
                if at > 0 {
                    shown.push(' ');
                }
                shown.push_str(piece.before);
                if piece.is_code {
                    open = Some(piece.core.to_owned());
                } else {
                    shown.push_str(piece.core);
                }
            }
        }
        if !piece.after.is_empty() {
            shown.push_str(&open.take().map(|code| self::code(&code)).unwrap_or_default());
            shown.push_str(piece.after);
        }
    }
    shown.push_str(&open.map(|code| self::code(&code)).unwrap_or_default());
    shown.replace(HARD_BLANK, " ")
}

/// A text of a log as code, on one line. Fit for a cell of a table: a bar in it stands outside of the code, as an entity.
pub(crate) fn code(text: &str) -> String {
    let text = safe(text);
    text.split('|')
        .map(|part| if part.is_empty() { String::new() } else { span(part) })
        .collect::<Vec<_>>()
        .join("&#124;")
}

/// Between more backquotes than there are in a row within it.
fn span(text: &str) -> String {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // One blank is taken away at each end if there is one at both.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    match text.trim().is_empty() {
        true => text.to_owned(),
        false => format!("{fence}{pad}{text}{pad}{fence}"),
    }
}

/// Tells a word apart.
fn piece(word: &str, first: bool) -> Piece<'_> {
    let whole = |is_code| Piece { before: "", core: word, after: "", is_code };
    // What cannot be seen, or hides or reorders what can: shown by its code.
    if word.chars().any(|c| is_shapeless(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
        return whole(true);
    }
    let has_letters = word.chars().any(char::is_alphanumeric);
    // `1.` at the beginning is a list, `---` a line.
    let starts_a_block = || {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(['.', ')']);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(HARD_BLANK))
    };
    if !has_letters {
        let is_sign =
            !first && word.len() == 1 && word.starts_with(['-', '/', '.', ',', ';', ':', '?', '!', '(', ')']);
        return whole(!is_sign && word.contains(|c: char| c.is_ascii()));
    }
    if first && starts_a_block() {
        return whole(true);
    }
    let core = word.trim_start_matches('(');
    let before = word.get(..word.len() - core.len()).unwrap_or_default();
    let (mut end, mut extra) = (core.len(), 0_usize);
    for c in core.chars().rev() {
        let closes = c == ')' && core.matches(')').count() > core.matches('(').count() + extra;
        match c {
            ')' if closes => extra += 1,
            ',' | '.' | ';' | ':' | '!' | '?' => {}
            _ => break,
        }
        end -= c.len_utf8();
    }
    match core.split_at_checked(end) {
        Some((core, after)) if !core.is_empty() => Piece { before, core, after, is_code: !is_harmless(core) },
        _ => whole(true),
    }
}

/// Whether a word without punctuation around it is shown by every renderer as it is.
fn is_harmless(word: &str) -> bool {
    let all: Vec<char> = word.chars().collect();
    let near = |at: Option<usize>, test: fn(&char) -> bool| at.and_then(|at| all.get(at)).is_some_and(test);
    all.iter().enumerate().all(|(at, c)| {
        let both = |test: fn(&char) -> bool| near(at.checked_sub(1), test) && near(Some(at + 1), test);
        match c {
            '\'' | '"' | '(' | ')' | ',' | ';' | '?' => true,
            // Host names, addresses and `:emoji:` have letters there.
            '.' | ':' => both(char::is_ascii_digit),
            // `+0.3 s`, and the offset of a time, which is one word with it.
            '+' | '-' if at == 0 || near(at.checked_sub(1), |c| *c == HARD_BLANK) => {
                near(Some(at + 1), char::is_ascii_digit)
            }
            '-' | '/' => both(|c| c.is_alphanumeric()),
            '%' => at + 1 == all.len() && near(at.checked_sub(1), char::is_ascii_digit),
            c => c.is_ascii_alphanumeric() || !c.is_ascii(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_english_stays_plain() {
        for text in [
            "Freeze to Abort took 62.2 s, the documented limit is 60 s.",
            "Look for slow i/o around 01:15 UTC; back up fewer databases (in one set).",
            "0x800423f2, 50% of it - 9b3e77c0-1d2f at 2026-03-03",
            "9.515 s of +0.3 s",
            "タスク スケジューラ ライター",
            "+0.300\u{a0}s",
            "2.5\u{a0}s",
            "2026-03-03\u{a0}06:46:00.250\u{a0}+05:30",
        ] {
            assert_eq!(prose(text), text.replace(HARD_BLANK, " "));
        }
    }

    #[test]
    fn whatever_could_mean_something_is_code() {
        let cases = [
            (r"run C:\Windows\x.exe, then", r"run `C:\Windows\x.exe`, then"),
            ("see www.evil.example.", "see `www.evil.example`."),
            ("(see http://evil.example/a)", "(see `http://evil.example/a`)"),
            ("ask @user about #12 now", "ask `@user` about `#12` now"),
            ("<img src=x> [a](b)", "`<img src=x> [a](b)`"),
            ("1. first", "`1.` first"),
            ("+ item", "`+` item"),
            ("-2+3", "`-2+3`"),
            ("--- x", "`---` x"),
            ("/close", "`/close`"),
            ("VSS_E_BAD_STATE", "`VSS_E_BAD_STATE`"),
            ("a `` b", "a ``` `` ``` b"),
        ];
        for (text, want) in cases {
            assert_eq!(prose(text), want);
        }
    }

    #[test]
    fn marks_without_a_shape_are_shown_by_their_codes() {
        assert_eq!(prose("Sql\u{202e}retirW failed"), "`Sql\\u{202e}retirW` failed");
        assert_eq!(prose("a \u{200b}\u{2066} b"), "a `\\u{200b}\\u{2066}` b");
        assert!(!prose("x\u{85}y\u{feff} z\u{ad}").contains(['\u{85}', '\u{feff}', '\u{ad}']));
    }

    #[test]
    fn a_bar_is_no_end_of_a_cell() {
        assert_eq!(code("a|b"), "`a`&#124;`b`");
        assert_eq!(prose("x a||b y"), "x `a`&#124;&#124;`b` y");
        assert_eq!(code(r"a\|"), r"`a\`&#124;");
    }

    #[test]
    fn backquotes_cannot_close_the_code() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`tick`"), "`` `tick` ``");
    }
}
