//! The notation in which profiles write what stands before the body of a line: `[{time},{pid:hex}:{tid:hex}] `.
//!
//! Text stands for itself, a blank for any number of blanks or tabs, `{name}` or `{name:form}` for a column, `{?…}` for a
//! part that may be missing; `{{` and `}}` are braces.

use super::layout::{Column, Meaning, Piece, Radix, Stop};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::{opt, value};
use nom::multi::many0;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// The columns that there are, for messages.
pub(super) const COLUMNS: &str = "time, seconds, ticks:ms, ticks:us, ticks:100ns, pid, tid, context, sequence, number (each with \
     :hex or :dec), module, level, file, line, alias, indent, function, label, skip";

/// Deepest nesting of parts that may be missing.
const MAX_DEPTH: usize = 8;

/// Reads the notation; the error says what is wrong and at which character (from 1).
pub(super) fn parse(text: &str) -> Result<Vec<Piece>, (String, usize)> {
    let place = |rest: &str| text.chars().count().saturating_sub(rest.chars().count()).saturating_add(1);
    let (rest, raw) = pieces(text, MAX_DEPTH).map_err(|_| ("it cannot be read".to_owned(), 1))?;
    if !rest.is_empty() {
        return Err((wrong(rest), place(rest)));
    }
    resolve(&raw, None).map_err(|problem| (problem, 1))
}

/// What is wrong where reading stopped.
fn wrong(rest: &str) -> String {
    let name: String = rest.chars().skip(1).take_while(|c| !matches!(c, '}' | '{')).take(40).collect();
    match (rest.starts_with('{'), rest.contains('}')) {
        (true, true) => format!("'{name}' is no column (known: {COLUMNS})"),
        (true, false) => "a brace is not closed".to_owned(),
        (false, _) => "a brace is not opened (a brace itself is written '}}')".to_owned(),
    }
}

/// A piece before it is known where columns of free text end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Raw {
    Text(String),
    Blanks,
    Column(Column),
    Optional(Vec<Raw>),
}

fn pieces(input: &str, depth: usize) -> IResult<&str, Vec<Raw>> {
    many0(|input| piece(input, depth)).parse(input)
}

fn piece(input: &str, depth: usize) -> IResult<&str, Raw> {
    let optional = |input| match depth.checked_sub(1) {
        Some(depth) => delimited(tag("{?"), |input| pieces(input, depth), char('}')).parse(input),
        None => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::TooLarge))),
    };
    alt((
        text.map(Raw::Text),
        value(Raw::Blanks, space1),
        optional.map(Raw::Optional),
        column.map(Raw::Column),
    ))
    .parse(input)
}

/// Text that stands for itself.
fn text(input: &str) -> IResult<&str, String> {
    let plain = take_while1(|c| !matches!(c, '{' | '}' | ' ' | '\t'));
    let (rest, parts) = many0(alt((value("{", tag("{{")), value("}", tag("}}")), plain))).parse(input)?;
    if parts.is_empty() {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Many1)));
    }
    Ok((rest, parts.concat()))
}

fn column(input: &str) -> IResult<&str, Column> {
    let word = || take_while1(|c: char| c.is_ascii_alphanumeric());
    let (rest, (name, form)) =
        delimited(char('{'), (word(), opt(preceded(char(':'), word()))), char('}')).parse(input)?;
    match named(name, form) {
        Some(column) => Ok((rest, column)),
        None => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag))),
    }
}

fn named(name: &str, form: Option<&str>) -> Option<Column> {
    let radix = match form {
        None | Some("hex") => Some(Radix::Hex),
        Some("dec") => Some(Radix::Decimal),
        Some(_) => None,
    };
    let plain = |column| form.is_none().then_some(column);
    match name {
        "pid" => radix.map(Column::Pid),
        "tid" => radix.map(Column::Tid),
        "context" => radix.map(|radix| Column::Number(radix, Meaning::Context)),
        "sequence" => radix.map(|radix| Column::Number(radix, Meaning::Sequence)),
        "number" => radix.map(|radix| Column::Number(radix, Meaning::Unknown)),
        "ticks" => Some(Column::Ticks(match form? {
            "ms" => 1_000_000,
            "us" => 1000,
            "100ns" => 100,
            _ => return None,
        })),
        "time" => plain(Column::Time),
        "seconds" => plain(Column::Seconds),
        "module" => plain(Column::Module),
        "level" => plain(Column::Level),
        "file" => plain(Column::File),
        "line" => plain(Column::Line),
        "alias" => plain(Column::Alias),
        "indent" => plain(Column::Indent),
        "function" => plain(Column::Function),
        "label" => plain(Column::Label),
        "skip" => plain(Column::Skip),
        _ => None,
    }
}

/// Columns of free text end where the next piece begins.
fn resolve(raw: &[Raw], after: Option<&Raw>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    for (at, piece) in raw.iter().enumerate() {
        let next = raw.get(at.saturating_add(1)).or(after);
        match piece {
            Raw::Blanks if matches!(next, Some(Raw::Column(Column::Indent))) => {
                pieces.push(Piece::Literal(" ".to_owned()));
            }
            Raw::Blanks => pieces.push(Piece::Blanks),
            Raw::Text(text) => pieces.push(Piece::Literal(text.clone())),
            Raw::Optional(inner) => pieces.push(Piece::Optional(resolve(inner, next)?)),
            Raw::Column(column) => pieces.push(Piece::Column(*column, stop(*column, next)?)),
        }
    }
    Ok(pieces)
}

fn stop(column: Column, next: Option<&Raw>) -> Result<Stop, String> {
    let is_open = matches!(column, Column::File | Column::Function | Column::Label | Column::Skip);
    match next {
        None => Ok(Stop::End),
        Some(Raw::Blanks) => Ok(Stop::Blank),
        Some(Raw::Text(text)) => Ok(text.bytes().next().map_or(Stop::End, Stop::Byte)),
        Some(Raw::Optional(inner)) if is_open => stop(column, inner.first()),
        Some(Raw::Column(_)) if is_open => {
            Err("a column of free text needs a blank or another character behind it".to_owned())
        }
        Some(Raw::Column(_) | Raw::Optional(_)) => Ok(Stop::End),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_columns_and_parts_that_may_be_missing_are_read() {
        let literal = |text: &str| Piece::Literal(text.to_owned());
        assert_eq!(
            parse("{{[{time},{pid}:{tid:dec}]{?<{module}>} {skip}| {indent}"),
            Ok(vec![
                literal("{["),
                Piece::Column(Column::Time, Stop::Byte(b',')),
                literal(","),
                Piece::Column(Column::Pid(Radix::Hex), Stop::Byte(b':')),
                literal(":"),
                Piece::Column(Column::Tid(Radix::Decimal), Stop::Byte(b']')),
                literal("]"),
                Piece::Optional(vec![
                    literal("<"),
                    Piece::Column(Column::Module, Stop::Byte(b'>')),
                    literal(">"),
                ]),
                Piece::Blanks,
                Piece::Column(Column::Skip, Stop::Byte(b'|')),
                literal("|"),
                literal(" "),
                Piece::Column(Column::Indent, Stop::End),
            ])
        );
        assert_eq!(parse(""), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, message, place) in [
            ("{time} {user}", "'user' is no column", 8),
            ("{time} {pid:oct}", "'pid:oct' is no column", 8),
            ("{time} {pid", "a brace is not closed", 8),
            ("ä{time}}x} ", "a brace is not opened", 8),
            ("{skip}{pid}", "a column of free text", 1),
        ] {
            let (problem, at) = parse(text).unwrap_err();
            assert!(problem.starts_with(message) && at == place, "{text}: {problem} at {at}");
        }
    }
}
