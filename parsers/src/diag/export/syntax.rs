//! The syntax of one line of an export: `name = data`, with data as bytes, text or a mark of deletion.

use crate::diag::values::MAX_NAME;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_while1};
use nom::character::complete::{anychar, char, hex_digit1, none_of, space0};
use nom::combinator::{eof, map, map_opt, not, opt, rest, value as always};
use nom::multi::fold_many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// The type `REG_SZ`.
pub(super) const SZ: u32 = 1;
/// The type `REG_EXPAND_SZ`.
pub(super) const EXPAND_SZ: u32 = 2;
/// The type `REG_BINARY`.
pub(super) const BINARY: u32 = 3;

/// The forms of data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form<'a> {
    /// `hex:` and `hex(n):`, with the type and what follows.
    Hex { kind: u32, digits: &'a str },
    /// `"…"`, or any other form as it is written.
    Text(String),
    /// `-`.
    Deleted,
}

/// Splits `"name"=data`; the default value has no name.
pub(super) fn name_and_data(line: &str) -> Option<(Option<String>, Form<'_>)> {
    let name = alt((always(None, char('@')), map(quoted, Some)));
    let equals = delimited(space0, char('='), space0);
    let parsed: IResult<&str, (Option<String>, Form<'_>)> = (terminated(name, equals), data).parse(line);
    let (_, (name, data)) = parsed.ok()?;
    (name.as_ref().is_none_or(|name| !name.is_empty() && name.len() <= MAX_NAME)).then_some((name, data))
}

fn data(input: &str) -> IResult<&str, Form<'_>> {
    let kind = delimited(char('('), hex_digit1, char(')'));
    let kind = map(opt(kind), |kind| kind.map_or(Some(BINARY), |kind| u32::from_str_radix(kind, 16).ok()));
    let hex = (preceded(tag_no_case("hex"), terminated(kind, char(':'))), rest);
    alt((
        map(hex, |(kind, digits)| Form::Hex { kind: kind.unwrap_or(u32::MAX), digits }),
        map(quoted, Form::Text),
        always(Form::Deleted, (char('-'), eof)),
        map(preceded(not(char('"')), take_while1(|c: char| c != ';')), |text: &str| {
            Form::Text(text.trim().to_owned())
        }),
    ))
    .parse(input)
}

/// A quoted text; a backslash keeps what follows it.
fn quoted(input: &str) -> IResult<&str, String> {
    let piece = alt((preceded(char('\\'), anychar), none_of("\"\\")));
    let text = fold_many0(piece, String::new, |mut text, c| {
        text.push(c);
        text
    });
    delimited(char('"'), text, char('"')).parse(input)
}

/// `48,00,0`: bytes of one or two digits; also whether the last has one.
pub(super) fn bytes(input: &str) -> IResult<&str, (Vec<u8>, bool)> {
    let separator = take_while1(|c: char| c == ',' || c == ' ' || c == '\t');
    let byte = map_opt(terminated(hex_digit1, opt(separator)), |digits: &str| {
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| digits.len() <= 2)?;
        Some((byte, digits.len() == 1))
    });
    let bytes = fold_many0(
        byte,
        || (Vec::new(), false),
        |(mut bytes, _), (byte, is_half)| {
            bytes.push(byte);
            (bytes, is_half)
        },
    );
    preceded(opt(take_while1(|c: char| c == ',' || c.is_whitespace())), bytes).parse(input)
}
