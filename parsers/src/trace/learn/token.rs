//! What stands before a body, as tokens.

use crate::trace::{body, stamp, words};
use std::fmt::Write as _;

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Blanks or tabs.
    Blank,
    /// One character that is no letter or digit.
    Punct(u8),
    /// A time of day, with or without date.
    Clock,
    /// A number with a fraction.
    Seconds,
    /// A number with `0x`.
    Marked,
    /// Hexadecimal digits, perhaps all of them decimal.
    Bare,
    /// Any other word.
    Word,
    /// A module, perhaps in brackets.
    Module(Option<u8>),
    /// A source file with its line, perhaps in brackets.
    FileLine(Option<u8>),
    /// An alias of eight characters and a line of eight digits, and what stands between them.
    AliasLine(Option<u8>),
}

impl Class {
    /// Whether records may lack it.
    fn is_loose(self) -> bool {
        matches!(self, Class::Module(_) | Class::FileLine(_) | Class::AliasLine(_))
    }

    /// Whether blanks behind it only pad the next column.
    pub fn takes_blanks(self) -> bool {
        matches!(self, Class::Punct(b'[' | b'(' | b'<' | b'{' | b':' | b',' | b'=' | b'|' | b';' | b'#'))
    }

    /// The brackets around it.
    pub fn brackets(self) -> (Option<u8>, Option<u8>) {
        match self {
            Class::Module(Some(open)) | Class::FileLine(Some(open)) => (Some(open), Some(close(open))),
            _ => (None, None),
        }
    }
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Its kind.
    pub class: Class,
    /// What stands there.
    pub text: &'a str,
}

/// The tokens before a body.
#[derive(Debug, Default)]
pub(super) struct Tokens<'a> {
    /// Those that every record should have.
    pub fixed: Vec<Token<'a>>,
    /// Those that may be missing, with the number of fixed ones before them.
    pub loose: Vec<(usize, Token<'a>)>,
    /// Blanks stand at the start of the line.
    pub indented: bool,
}

impl Tokens<'_> {
    /// The classes of the fixed tokens, to compare lines by.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        for token in &self.fixed {
            let written = match token.class {
                Class::Punct(byte) => write!(shape, "'{}", char::from(byte)),
                Class::Blank => write!(shape, " "),
                Class::Clock => write!(shape, "C"),
                Class::Seconds => write!(shape, "S"),
                Class::Marked => write!(shape, "X"),
                Class::Bare => write!(shape, "B"),
                _ => write!(shape, "W"),
            };
            // Writing to a string cannot fail.
            let _ = written;
        }
        shape
    }
}

/// Splits what stands before a body.
pub(super) fn split(prefix: &str) -> Tokens<'_> {
    let mut tokens = Tokens::default();
    let mut rest = prefix;
    let mut padding = true;
    while let Some(token) = next(rest) {
        rest = rest.get(token.text.len()..).unwrap_or_default();
        if token.class == Class::Blank && padding {
            tokens.indented |= tokens.fixed.is_empty() && tokens.loose.is_empty();
            continue;
        }
        padding = token.class.takes_blanks();
        if token.class.is_loose() {
            tokens.loose.push((tokens.fixed.len(), token));
            rest = rest.strip_prefix(':').unwrap_or(rest).trim_start_matches([' ', '\t']);
        } else {
            tokens.fixed.push(token);
        }
    }
    tokens
}

fn next(rest: &str) -> Option<Token<'_>> {
    let first = rest.bytes().next()?;
    let of = |class, length| rest.get(..length).map(|text| Token { class, text });
    let run = |is: fn(&u8) -> bool| rest.bytes().take_while(is).count();
    if matches!(first, b' ' | b'\t') {
        return of(Class::Blank, run(|byte| matches!(byte, b' ' | b'\t')));
    }
    if let Some((_, length)) = stamp::scan(rest) {
        return of(Class::Clock, length);
    }
    if let Some((class, length)) = loose(rest) {
        return of(class, length);
    }
    if let Some((_, length)) = stamp::seconds(rest) {
        return of(Class::Seconds, length);
    }
    let word = run(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80);
    if word == 0 {
        return of(Class::Punct(first), 1);
    }
    let text = rest.get(..word)?;
    let is_hex = |digits: &str| {
        !digits.is_empty() && digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let class = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if is_hex(digits) => Class::Marked,
        _ if is_hex(text) => Class::Bare,
        _ => Class::Word,
    };
    of(class, word)
}

/// A module, a source file with line or an alias with line, with brackets around the first two, and its length.
fn loose(rest: &str) -> Option<(Class, usize)> {
    let bracket = rest.bytes().next().filter(|byte| matches!(byte, b'[' | b'(' | b'<' | b'{'));
    let inner = rest.get(usize::from(bracket.is_some())..)?;
    let (length, class) = match (file_line(inner), module(inner)) {
        (_, Some(length)) => (length, Class::Module(bracket)),
        (Some(length), _) => (length, Class::FileLine(bracket)),
        (None, None) => return alias_line(rest),
    };
    let Some(bracket) = bracket else { return Some((class, length)) };
    let is_closed = inner.as_bytes().get(length) == Some(&close(bracket));
    is_closed.then_some((class, length.saturating_add(2)))
}

fn module(text: &str) -> Option<usize> {
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let word = text.get(..length)?;
    words::module(word).filter(|name| *name == word).map(str::len)
}

fn file_line(text: &str) -> Option<usize> {
    let (rest, _) = body::file_line(text).ok()?;
    Some(text.len().saturating_sub(rest.len()))
}

/// `DEMOCRD100000101`, also with one character between: the form of the data behind VSS events.
fn alias_line(text: &str) -> Option<(Class, usize)> {
    let bytes = text.as_bytes();
    let alias = bytes.get(..8)?;
    let is_alias = alias.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && alias.iter().any(u8::is_ascii_uppercase);
    let between = bytes.get(8).copied().filter(|byte| !byte.is_ascii_alphanumeric());
    let from = 8_usize.saturating_add(usize::from(between.is_some()));
    let to = from.saturating_add(8);
    let is_line = bytes.get(from..to)?.iter().all(u8::is_ascii_digit)
        && bytes.get(to).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (is_alias && is_line).then_some((Class::AliasLine(between), to))
}

/// The bracket that closes one.
fn close(open: u8) -> u8 {
    match open {
        b'[' => b']',
        b'(' => b')',
        b'<' => b'>',
        _ => b'}',
    }
}
