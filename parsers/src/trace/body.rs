//! The part of a record behind its columns: `ENTER {f}:`, `EXIT  {f}: hr: 0x…`, `file(line): f: text`.
//!
//! The forms are those of the registry trace (KB 887013 and the excerpt of KB 4504103), read with tolerance for blanks,
//! case, braces and a missing result. Anything is at least a message; [`Shape`] says how much of a trace it looks like.

use super::record::Kind;
use super::words;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of, space0, space1};
use nom::combinator::{not, opt, peek, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use vsscope_model::HResult;

/// Longest name of a function or file.
const MAX_NAME: usize = 512;

/// The words that mark entries and exits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Labels {
    /// Words before a function that is entered.
    pub enter: Vec<String>,
    /// Words before a function that is left.
    pub exit: Vec<String>,
}

impl Default for Labels {
    fn default() -> Self {
        Labels { enter: vec!["ENTER".to_owned()], exit: vec!["EXIT".to_owned()] }
    }
}

impl Labels {
    /// Whether a word marks an entry (`true`) or an exit (`false`).
    pub fn edge(&self, word: &str) -> Option<bool> {
        let is = |words: &[String]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is(&self.enter) { Some(true) } else { is(&self.exit).then_some(false) }
    }

    /// Whether a word is the beginning of such a mark.
    fn begins(&self, word: &str) -> bool {
        let begins =
            |known: &String| known.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        !word.is_empty() && self.enter.iter().chain(&self.exit).any(begins)
    }
}

/// How much a body looks like one of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Any text.
    Free,
    /// A message with a function.
    Named,
    /// A message with a function of a class.
    Qualified,
    /// An entry or exit.
    Edge,
    /// An entry or exit with its function in braces.
    Braced,
}

/// What a body says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Body<'a> {
    /// How much it looks like one.
    pub shape: Shape,
    /// Kind of the record.
    pub kind: Kind,
    /// The function without convention.
    pub function: &'a str,
    /// What is left; always the end of the body.
    pub text: &'a str,
    /// Source file.
    pub file: Option<&'a str>,
    /// Line in it.
    pub source_line: Option<u32>,
}

/// Reads a body.
pub(super) fn parse<'a>(body: &'a str, labels: &Labels) -> Body<'a> {
    let body = body.trim_start();
    let (rest, place) = match place(body) {
        Ok((rest, place)) => (rest, Some(place)),
        Err(_) => (body, None),
    };
    let read = edge(rest, labels).or_else(|_| message(rest, place.is_some()));
    let (text, (shape, kind, function)) = read.unwrap_or((rest, (Shape::Free, Kind::Message, "")));
    let (file, source_line) = place.unwrap_or((None, None));
    Body { shape, kind, function, text: text.trim_start(), file, source_line }
}

/// Reads a body whose kind or function stood in columns of their own.
pub(super) fn parse_labelled<'a>(
    body: &'a str,
    entered: Option<bool>,
    function: Option<&'a str>,
) -> Body<'a> {
    let (rest, function) = match function {
        Some(function) => (body, function),
        None => braced(body.trim_start()).or_else(|_| bare_function(body.trim_start())).unwrap_or((body, "")),
    };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let function = function.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(function);
    let (rest, kind) = match entered {
        None => (rest, Kind::Message),
        Some(true) => (rest, Kind::Enter),
        Some(false) => {
            let (rest, code) = opt(result).parse(rest).unwrap_or((rest, None));
            (rest, Kind::Exit(code))
        }
    };
    let shape = match entered {
        Some(_) => Shape::Edge,
        None if function.contains("::") => Shape::Qualified,
        None => Shape::Named,
    };
    Body { shape, kind, function, text: rest.trim_start(), file: None, source_line: None }
}

/// Whether a body that the input ends in is clearly cut: a brace that is not closed, a result without its eight digits, a
/// class without its function, nothing at all.
pub(super) fn is_cut(body: &str, labels: &Labels) -> bool {
    let body = body.trim();
    let read = parse(body, labels);
    match (read.shape, read.kind) {
        (_, Kind::Enter) => false,
        (_, Kind::Exit(Some(_))) => is_result_cut(body),
        (_, Kind::Exit(None)) => {
            !read.text.is_empty() && "hr: 0x".starts_with(&read.text.to_ascii_lowercase())
        }
        (Shape::Free, Kind::Message) => {
            let word = body.split([' ', '\t', '{', ':']).next().unwrap_or_default();
            let open_brace = body.rfind('{') > body.rfind('}');
            body.is_empty()
                || labels.edge(word).is_some() && open_brace
                || labels.edge(body).is_some()
                || labels.begins(body)
                || (body.contains("::") && !body.contains(' '))
        }
        (_, Kind::Message) => ends_inside(body),
    }
}

/// Whether a message ends inside something that has an end: an identifier, a failure code, a parenthesis, an assignment.
fn ends_inside(body: &str) -> bool {
    let last = body.rsplit([' ', '\t']).next().unwrap_or_default();
    let open = |begin, end| last.rfind(begin).is_some() && last.rfind(begin) > last.rfind(end);
    let code = last.rsplit_once("0x").map(|(_, digits)| digits);
    let is_half = |digits: &str| {
        digits.len() < 8 && digits.starts_with('8') && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    open('{', '}')
        || open('(', ')')
        || code.is_some_and(|digits| digits.is_empty() || is_half(digits))
        || last == "="
}

/// Whether the result at the end of a body has fewer digits than were written: a failure has eight, and so has a code with
/// zeros before it.
fn is_result_cut(body: &str) -> bool {
    let digits = body.rsplit(['x', 'X']).next().unwrap_or_default();
    let begins_padded = digits.len() > 1 && digits.starts_with('0');
    digits.len() < 8 && (begins_padded || digits.starts_with(['8', 'c', 'C']))
}

type Read<'a> = (Shape, Kind, &'a str);

/// `ENTER {f}:` or `EXIT  {f}: hr: 0x…`, with or without braces.
fn edge<'a>(input: &'a str, labels: &Labels) -> IResult<&'a str, Read<'a>> {
    let (rest, word) =
        take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').parse(input)?;
    let Some(entered) = labels.edge(word) else { return Err(none(input)) };
    let (rest, _) = take_while(|c| matches!(c, ' ' | '\t' | ':')).parse(rest)?;
    let (rest, (shape, function)) = match braced(rest) {
        Ok((rest, function)) => (rest, (Shape::Braced, function)),
        Err(_) => {
            let (rest, function) = bare_function(rest)?;
            (rest, (Shape::Edge, function))
        }
    };
    let (rest, _) = opt(char(':')).parse(rest)?;
    if entered {
        return Ok((rest, (shape, Kind::Enter, function)));
    }
    let (rest, code) = opt(result).parse(rest)?;
    Ok((rest, (shape, Kind::Exit(code), function)))
}

/// `f: text`, `{f}: text`, or the same behind one word in capitals; `f` of a class unless a source line stands before it.
fn message(input: &str, placed: bool) -> IResult<&str, Read<'_>> {
    let (input, _) = space0(input)?;
    let (rest, _) = opt(terminated(kind_word, space1)).parse(input)?;
    if let Ok((rest, function)) = terminated(braced, opt(char(':'))).parse(rest) {
        let shape = if function.contains("::") { Shape::Qualified } else { Shape::Named };
        return Ok((rest, (shape, Kind::Message, function)));
    }
    let (rest, name) = function_name(rest)?;
    let (rest, _) = preceded(opt(arguments), end_of_name).parse(rest)?;
    let is_qualified = name.contains("::");
    if !is_qualified && !placed {
        return Err(none(input));
    }
    let shape = if is_qualified { Shape::Qualified } else { Shape::Named };
    Ok((rest, (shape, Kind::Message, name)))
}

/// A word in capitals that says what kind of message follows; it decides nothing.
fn kind_word(input: &str) -> IResult<&str, &str> {
    verify(
        terminated(take_while_m_n(3, 16, |c: char| c.is_ascii_uppercase()), peek(one_of(" \t"))),
        |word: &str| !words::is_convention(word),
    )
    .parse(input)
}

/// A function in braces; trailing blanks in them are no part of it.
fn braced(input: &str) -> IResult<&str, &str> {
    let inner = take_while1(|c| !matches!(c, '}' | '{' | '"'));
    let (rest, inner) = delimited(char('{'), inner, char('}')).parse(input)?;
    name_in_braces(inner).map_or_else(|| Err(none(input)), |name| Ok((rest, name)))
}

/// The function without convention that stands between braces; `None` if none can.
pub(super) fn name_in_braces(inner: &str) -> Option<&str> {
    let name = words::without_convention(inner.trim());
    let is_name = inner.len() <= MAX_NAME && !inner.contains(['{', '}', '"']) && is_name_start(name);
    is_name.then_some(name)
}

/// The result at the start of a text.
pub(super) fn result_at(text: &str) -> Option<HResult> {
    result(text).ok().map(|(_, code)| code)
}

/// A function without braces behind ENTER or EXIT: of a class, or with nothing but a colon or a result behind it.
fn bare_function(input: &str) -> IResult<&str, &str> {
    let (rest, name) = function_name(input)?;
    let (rest, _) = opt(arguments).parse(rest)?;
    let ends = rest.trim_start();
    let is_end = ends.is_empty() || ends.starts_with(':') || (name.contains("::") && rest.len() > ends.len());
    if is_end { Ok((rest, name)) } else { Err(none(input)) }
}

/// Conventions and a name of identifiers; parameters of templates may be part of it.
fn function_name(input: &str) -> IResult<&str, &str> {
    let rest = words::without_convention(input.trim_start());
    if !is_name_start(rest) {
        return Err(none(input));
    }
    let (after, name) = recognize((identifier, take_identifiers)).parse(rest)?;
    if name.len() <= MAX_NAME { Ok((after, name)) } else { Err(none(input)) }
}

/// `::` and identifiers behind the first one.
fn take_identifiers(mut input: &str) -> IResult<&str, ()> {
    while let Ok((rest, _)) = preceded(tag("::"), identifier).parse(input) {
        input = rest;
    }
    Ok((input, ()))
}

fn identifier(input: &str) -> IResult<&str, &str> {
    recognize((opt(char('~')), take_while1(is_letter), opt(template))).parse(input)
}

fn template(input: &str) -> IResult<&str, &str> {
    recognize(delimited(char('<'), take_while1(|c| !matches!(c, '<' | '>' | '{' | '"' | '=')), char('>')))
        .parse(input)
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_name_start(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '~')
}

fn arguments(input: &str) -> IResult<&str, &str> {
    recognize(delimited(char('('), take_while(|c| !matches!(c, '(' | ')' | '{' | '"')), char(')')))
        .parse(input)
}

/// A colon with a blank or the end of the line behind it.
fn end_of_name(input: &str) -> IResult<&str, &str> {
    let (rest, colon) = tag(":").parse(input)?;
    if rest.is_empty() || rest.starts_with([' ', '\t']) { Ok((rest, colon)) } else { Err(none(input)) }
}

/// `hr: 0x…`, with any blanks, `=` for the colon, or the bare code.
fn result(input: &str) -> IResult<&str, HResult> {
    let named = (tag_no_case("hr"), space0, opt(one_of(":=")), space0);
    let digits = take_while_m_n(1, 8, |c: char| c.is_ascii_hexdigit());
    let (rest, (_, _, _, digits)) = (space0, opt(named), tag_no_case("0x"), digits).parse(input)?;
    let (rest, _) = not(take_while_m_n(1, 1, is_letter)).parse(rest)?;
    u32::from_str_radix(digits, 16).map_or_else(|_| Err(none(input)), |code| Ok((rest, HResult(code))))
}

/// Source file and line, as far as they are known.
type Place<'a> = (Option<&'a str>, Option<u32>);

/// `path\file.cxx(123): `: the colon and the blank may be missing.
fn place(input: &str) -> IResult<&str, Place<'_>> {
    terminated(file_line, (opt(char(':')), space0)).parse(input)
}

/// `path\file.cxx(123)`; the line may be something else than a number (it was in the public excerpt).
pub(super) fn file_line(input: &str) -> IResult<&str, Place<'_>> {
    let path = take_while1(|c: char| {
        !c.is_control() && !matches!(c, ' ' | '(' | ')' | '{' | '}' | '"' | '[' | ']' | ',')
    });
    let line = delimited(char('('), take_while_m_n(1, 16, is_letter), char(')'));
    let (rest, (path, line)) = (verify(path, is_path), line).parse(input)?;
    Ok((rest, (Some(path), line.parse().ok())))
}

/// Whether a text can be the path or name of a source file.
pub(super) fn is_path(text: &str) -> bool {
    text.len() <= MAX_NAME
        && text.contains(['.', '\\', '/'])
        && !text.contains("::")
        && !text.contains(char::is_whitespace)
}

fn none(input: &str) -> nom::Err<nom::error::Error<&str>> {
    nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Verify))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> (Shape, Kind, &str, &str) {
        let body = parse(body, &Labels::default());
        (body.shape, body.kind, body.function, body.text)
    }

    #[test]
    fn entries_and_exits_are_read_with_and_without_braces() {
        let veto = Kind::Exit(Some(HResult(0x8004_23F4)));
        for (body, expected) in [
            ("ENTER {CDemoWriter::OnFreeze}:", (Shape::Braced, Kind::Enter, "CDemoWriter::OnFreeze", "")),
            ("ENTER {CDemoWriter::OnFreeze}: ", (Shape::Braced, Kind::Enter, "CDemoWriter::OnFreeze", "")),
            (
                "EXIT  {CDemoWriter::OnFreeze}: hr: 0x800423f4",
                (Shape::Braced, veto, "CDemoWriter::OnFreeze", ""),
            ),
            (
                "exit {CDemoWriter::OnFreeze} HR = 0X800423F4",
                (Shape::Braced, veto, "CDemoWriter::OnFreeze", ""),
            ),
            (
                "EXIT {STDMETHODCALLTYPE CDemo::~CDemo}:",
                (Shape::Braced, Kind::Exit(None), "CDemo::~CDemo", ""),
            ),
            ("EXIT {wmain}: hr:", (Shape::Braced, Kind::Exit(None), "wmain", "hr:")),
            ("ENTER CDemo::Run", (Shape::Edge, Kind::Enter, "CDemo::Run", "")),
            ("ENTER: __stdcall CDemo::Run(int, bool):", (Shape::Edge, Kind::Enter, "CDemo::Run", "")),
            ("EXIT CDemo::Run: hr: 0x800423f4", (Shape::Edge, veto, "CDemo::Run", "")),
            ("EXIT CDemo::Run 0x800423f4", (Shape::Edge, veto, "CDemo::Run", "")),
            ("ENTER {CDemo::Run}: volume = C:", (Shape::Braced, Kind::Enter, "CDemo::Run", "volume = C:")),
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn messages_are_split_at_the_end_of_their_function() {
        let body = parse(
            r"base\vss\demo.cxx(123): WINAPI CDemo<int>::Run: failed.  hr = 0x80042301",
            &Labels::default(),
        );
        assert_eq!((body.file, body.source_line), (Some(r"base\vss\demo.cxx"), Some(123)));
        assert_eq!((body.function, body.text), ("CDemo<int>::Run", "failed.  hr = 0x80042301"));
        for (body, expected) in [
            ("CDemo::Run: a: b", (Shape::Qualified, "CDemo::Run", "a: b")),
            ("TRACE CDemo::Run: text", (Shape::Qualified, "CDemo::Run", "text")),
            ("TRACE {CDemo::Run}: text", (Shape::Qualified, "CDemo::Run", "text")),
            ("demo.cpp(7): wmain: text", (Shape::Named, "wmain", "text")),
            ("demo.cpp(xxx): wmain: text", (Shape::Named, "wmain", "text")),
            ("CDemo::Run text", (Shape::Free, "", "CDemo::Run text")),
            ("Error: something", (Shape::Free, "", "Error: something")),
            ("EXIT code 0", (Shape::Free, "", "EXIT code 0")),
            ("", (Shape::Free, "", "")),
            ("std::vector<int> numbers", (Shape::Free, "", "std::vector<int> numbers")),
        ] {
            let (shape, kind, function, text) = read(body);
            assert_eq!(((shape, function, text), kind), (expected, Kind::Message), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_cut_shows_it() {
        let cut = |body: &str| is_cut(body, &Labels::default());
        for body in [
            "",
            "ENTER",
            "ENTER {CDe",
            "EXIT  {CDemo::Run}: h",
            "EXIT  {CDemo::Run}: hr: 0x",
            "EXIT  {CDemo::Run}: hr: 0x8004",
            "EXIT  {CDemo::Run}: hr: 0x00",
            "CDemo::Ru",
        ] {
            assert!(cut(body), "{body}");
        }
        for body in [
            "ENTER {CDemo::Run}:",
            "EXIT  {CDemo::Run}:",
            "EXIT  {CDemo::Run}: hr: 0x0",
            "EXIT {CDemo::Run}: hr: 0x80042304",
            "CDemo::Run: done",
            "any text",
        ] {
            assert!(!cut(body), "{body}");
        }
    }
}
