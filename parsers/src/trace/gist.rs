//! [`Gist`]: as much of a body as shows that nothing can become of its record, found without reading all of it.
//!
//! Everything here agrees with [`super::body`]; what it is not sure of is left to that.

use super::body::{self, Shape};
use super::layout::{Column, Fields, Layout};
use super::mix::{self, Seed};
use super::record::Kind;
use super::story;
use vsscope_model::HResult;

/// What matters of a record that may not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gist<'a> {
    /// A function is entered.
    Enter(Named<'a>),
    /// A function is left, with its result.
    Exit(Named<'a>, Option<HResult>),
    /// A message without a failure code.
    Message,
}

/// What stands in the braces of an entry or exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Their hash.
    pub hash: u64,
}

impl<'a> Named<'a> {
    fn of(name: &'a str, seed: Seed) -> Self {
        Named { bytes: name.as_bytes(), hash: mix::hash(seed, name.as_bytes()) }
    }

    /// The function; `None` if this can be no name of one, or is not plain ASCII.
    pub fn function(self) -> Option<&'a str> {
        let is_plain = self.bytes.iter().all(|byte| (b' '..0x7F).contains(byte));
        body::name_in_braces(std::str::from_utf8(self.bytes).ok().filter(|_| is_plain)?)
    }
}

/// A label and the brace behind it, as they are mostly written.
#[derive(Debug, Clone, Copy)]
struct Opening {
    /// Eight bytes, and which bits of them count.
    begins: u64,
    bits: u64,
    length: usize,
    /// It opens an entry, not an exit.
    entered: bool,
}

impl Opening {
    /// With no, one or two blanks between label and brace, as far as they have no more than eight bytes together.
    fn all_of<'a>(label: &'a str, entered: bool) -> impl Iterator<Item = Self> + use<'a> {
        [" ", "  ", ""].into_iter().filter_map(move |blanks| {
            let text = format!("{label}{blanks}{{");
            if text.len() > 8 {
                return None;
            }
            let mut begins = text.clone().into_bytes();
            let mut bits = vec![u8::MAX; text.len()];
            begins.resize(8, 0);
            bits.resize(8, 0);
            let [begins, bits] = [begins, bits].map(|bytes| bytes.try_into().ok().map(u64::from_le_bytes));
            Some(Opening { begins: begins?, bits: bits?, length: text.len(), entered })
        })
    }
}

/// Finds the gist of bodies with the labels of a layout.
#[derive(Debug)]
pub(super) struct Gists {
    /// Labels that are one word each, those of entries (`true`) first.
    labels: Vec<(String, bool)>,
    openings: Vec<Opening>,
    /// Whether a label begins with a byte, whatever its case.
    initials: Box<[bool; 256]>,
    seed: Seed,
}

impl Gists {
    /// For the bodies of a layout; `None` if it says in columns what they say in others.
    pub fn of(layout: &Layout) -> Option<Self> {
        if layout.has(|column| matches!(column, Column::Function | Column::Label)) {
            return None;
        }
        let is_word = |word: &&String| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        };
        let words = |words: &[String], entered| -> Vec<(String, bool)> {
            words.iter().filter(is_word).map(|word| (word.clone(), entered)).collect()
        };
        let labels = [words(&layout.labels.enter, true), words(&layout.labels.exit, false)].concat();
        let openings = labels.iter().flat_map(|(label, entered)| Opening::all_of(label, *entered)).collect();
        let mut initials = Box::new([false; 256]);
        for byte in labels.iter().filter_map(|(label, _)| label.bytes().next()) {
            for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                if let Some(initial) = initials.get_mut(usize::from(byte)) {
                    *initial = true;
                }
            }
        }
        Some(Gists { labels, openings, initials, seed: Seed::default() })
    }

    /// The gist of what stands behind the columns of a line; `None` if it may be no record, or matter. The line is ASCII.
    /// `is_sure` says whether its columns make it a record.
    pub fn find<'a>(
        &self,
        layout: &Layout,
        fields: &Fields<'a>,
        rest: &'a str,
        is_sure: bool,
    ) -> Option<Gist<'a>> {
        let body = rest.trim_ascii_start();
        if let Some(edge) = self.edge(body).filter(|edge| is_sure || edge.names_function()) {
            return Some(edge);
        }
        if is_sure && !self.may_be_edge(body.as_bytes()) && !may_show_failure(body.as_bytes()) {
            return Some(Gist::Message);
        }
        let read = layout.body(rest, fields);
        let is_record = is_sure || read.shape >= Shape::Qualified;
        let is_plain = || body::name_in_braces(read.function) == Some(read.function);
        let named = || is_plain().then(|| Named::of(read.function, self.seed));
        match read.kind {
            _ if !is_record => None,
            Kind::Enter => Some(Gist::Enter(named()?)),
            Kind::Exit(result) => Some(Gist::Exit(named()?, result)),
            Kind::Message => (!story::shows_failure(read.text)).then_some(Gist::Message),
        }
    }

    /// The same of text that goes on behind the line, where the form of the body is one of the usual ones; also where the
    /// next line begins. What stands in braces is not looked at: it may be no name, and not even end on this line.
    #[inline]
    pub fn glance<'a>(&self, text: &'a [u8], is_sure: bool) -> Option<(Gist<'a>, usize)> {
        if !self.is_initial(text.first()) {
            return if is_sure { self.message(text) } else { None };
        }
        let begins = u64::from_le_bytes(*text.first_chunk::<8>()?);
        let opening = self.openings.iter().find(|opening| begins & opening.bits == opening.begins)?;
        let inside = text.get(opening.length..)?;
        let (length, hash) = mix::hash_to(self.seed, inside, b'}')?;
        let (bytes, behind) = inside.split_at_checked(length)?;
        let named = Named { bytes, hash };
        let (gist, behind) = if opening.entered {
            let behind = behind.strip_prefix(b"}:").or_else(|| behind.strip_prefix(b"}"))?;
            (Gist::Enter(named), behind.strip_prefix(b" ").unwrap_or(behind))
        } else {
            let (digits, behind) = behind.strip_prefix(b"}: hr: 0x")?.split_first_chunk::<8>()?;
            (Gist::Exit(named, Some(HResult(code(digits)?))), behind)
        };
        let behind = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n"))?;
        Some((gist, text.len().saturating_sub(behind.len())))
    }

    /// A message that surely is one, of text that goes on behind the line, and where the next line begins.
    fn message<'a>(&self, text: &'a [u8]) -> Option<(Gist<'a>, usize)> {
        if text.first().is_none_or(|first| *first <= b' ') {
            return None;
        }
        let next = end_of_message(text)?;
        (!self.may_be_edge(text)).then_some((Gist::Message, next))
    }

    /// An entry or exit with its function in braces.
    fn edge<'a>(&self, body: &'a str) -> Option<Gist<'a>> {
        let labels = self.labels.iter();
        let (behind, entered) = labels
            .filter_map(|(label, entered)| Some((body.strip_prefix(label.as_str())?, entered)))
            .next()?;
        let inside = behind.trim_start_matches([' ', '\t', ':']).strip_prefix('{')?;
        let (name, behind) = inside.split_once('}')?;
        let named = Named::of(name, self.seed);
        let result = || body::result_at(behind.strip_prefix(':').unwrap_or(behind));
        Some(if *entered { Gist::Enter(named) } else { Gist::Exit(named, result()) })
    }

    /// Whether a body may be an entry or exit, perhaps behind a source place.
    fn may_be_edge(&self, body: &[u8]) -> bool {
        self.is_initial(body.first())
            || behind_place(body).is_some_and(|behind| self.is_initial(behind.first()))
    }

    fn is_initial(&self, byte: Option<&u8>) -> bool {
        byte.and_then(|byte| self.initials.get(usize::from(*byte))).copied().unwrap_or(false)
    }
}

impl Gist<'_> {
    /// Whether this is an entry or exit with what can be the name of a function.
    fn names_function(&self) -> bool {
        match self {
            Gist::Enter(named) | Gist::Exit(named, _) => named.function().is_some(),
            Gist::Message => false,
        }
    }

    /// Whether it was seen to the end, so that it makes a record whatever stands before it.
    pub fn is_record(&self) -> bool {
        *self == Gist::Message || self.names_function()
    }
}

/// What stands behind a text that may be a source place: that has no blanks, and ends with a parenthesis.
fn behind_place(body: &[u8]) -> Option<&[u8]> {
    let end = mix::find(body, [b')', b' ', b'\t'])?;
    let behind = body.get(end..)?.strip_prefix(b")")?;
    let behind = behind.strip_prefix(b":").unwrap_or(behind);
    let blanks = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    behind.get(blanks..)
}

/// Whether the digits of a failure may stand in a text: `0x` and a digit with the highest bit set.
fn may_show_failure(body: &[u8]) -> bool {
    memchr::memchr2_iter(b'x', b'X', body).any(|at| {
        let is_high = |byte: &u8| matches!(byte, b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F');
        at.checked_sub(1).and_then(|before| body.get(before)) == Some(&b'0')
            && body.get(at.saturating_add(1)).is_some_and(is_high)
    })
}

/// Where the line behind a message begins; `None` if the message may show a failure, is long, or is not plain ASCII without
/// tabs.
fn end_of_message(text: &[u8]) -> Option<usize> {
    let (length, has_x) = mix::plain_to_break(text)?;
    let (message, behind) = text.split_at_checked(length)?;
    let behind = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n"))?;
    let is_plain = !(has_x && may_show_failure(message));
    is_plain.then(|| text.len().saturating_sub(behind.len()))
}

/// The number that eight hexadecimal digits are.
fn code(digits: &[u8; 8]) -> Option<u32> {
    if digits == b"00000000" {
        return Some(0);
    }
    digits.iter().try_fold(0_u32, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::super::body::Labels;
    use super::super::layout::{Piece, Reading};
    use super::super::recall::Recall;
    use super::*;
    use proptest::prelude::*;

    fn layout(prefix: &str) -> Layout {
        Layout { pieces: vec![Piece::Literal(prefix.to_owned())], ..Layout::default() }
    }

    /// The gist of a line that ends with a break, found in both ways.
    fn gists<'a>(gists: &Gists, layout: &Layout, line: &'a str) -> [Option<Gist<'a>>; 2] {
        let mut fields = Fields::default();
        let whole = line.strip_suffix('\n').unwrap();
        let whole = whole.strip_suffix('\r').unwrap_or(whole);
        let rest = layout.prefix(whole, &mut Recall::off(), &mut fields).unwrap();
        let behind = &line.as_bytes()[whole.len() - rest.len()..];
        // Words of eight bytes are looked at: what follows fills the last one.
        let more = [behind, b"> ENTER {CDemo::Next}:\n"].concat().leak();
        let glance = gists.glance(more, fields.are_sure());
        let glance = glance.filter(|(gist, _)| gist.is_record());
        if let Some((_, next)) = glance {
            assert_eq!(next, behind.len(), "{line}");
        }
        [gists.find(layout, &fields, rest, fields.are_sure()), glance.map(|(gist, _)| gist)]
    }

    #[test]
    fn what_cannot_matter_is_told_by_its_gist() {
        for (prefix, body, found, seen) in [
            ("> ", "ENTER {CDemo::Run}: ", Some((Kind::Enter, "CDemo::Run")), true),
            (
                "> ",
                "EXIT  {STDMETHODCALLTYPE CDemo::Run}: hr: 0x00000000",
                Some((Kind::Exit(Some(HResult::OK)), "CDemo::Run")),
                true,
            ),
            ("> ", "EXIT {CDemo::Run} 0x1", Some((Kind::Exit(Some(HResult(1))), "CDemo::Run")), false),
            ("> ", "EXIT {CDemo::Run}:", Some((Kind::Exit(None), "CDemo::Run")), false),
            ("> ", "exit CDemo::Run", Some((Kind::Exit(None), "CDemo::Run")), false),
            ("> ", "CDemo::Run: text, hr = 0x00000000", Some((Kind::Message, "")), false),
            ("> ", "CDemo::Run: text, hr = 0x80070020", None, false),
            // Here only the body makes a record: the prefix is not enough for one.
            ("> ", "any words", None, false),
            (">>", "any words, 0x8 and x", Some((Kind::Message, "")), false),
            (">>", "any words, 0x7 and x", Some((Kind::Message, "")), true),
            (">>", r"demo\a.cpp(12): CDemo::Run: text", Some((Kind::Message, "")), true),
            (">>", r"demo\a.cpp(12): ENTER {CDemo::Run}:", Some((Kind::Enter, "CDemo::Run")), false),
        ] {
            let mut layout = layout(prefix);
            layout.pieces.extend((prefix == ">>").then(|| Piece::Literal("> ".to_owned())));
            let line = format!("{prefix}{}{body}\r\n", if prefix == ">>" { "> " } else { "" });
            let all = Gists::of(&layout).unwrap();
            let told = |gist: Gist<'_>| match gist {
                Gist::Enter(named) => (Kind::Enter, named.function().unwrap().to_owned()),
                Gist::Exit(named, result) => (Kind::Exit(result), named.function().unwrap().to_owned()),
                Gist::Message => (Kind::Message, String::new()),
            };
            let [by_line, at_glance] = gists(&all, &layout, &line).map(|gist| gist.map(told));
            let found = found.map(|(kind, function)| (kind, function.to_owned()));
            assert_eq!(by_line, found, "{body}");
            assert_eq!(at_glance, found.filter(|_| seen), "{body}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(5000), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_gist_is_that_of_the_whole_body(
            parts in prop::collection::vec(prop::sample::select(vec![
                "ENTER", "EXIT", "Enter", "in", "out", "-", " ", "  ", "\t", ":", "{", "}", "CDemo::Run", "CDemo", "STDMETHODCALLTYPE ", "~", "(", ")",
                "(12)", "a.cpp", r"demo\a.cpp", "hr: ", "hr = ", "0x", "0x00000000", "0x80070020", "0x8007002", "0X1", "9", "x", "\"", "_", "<int>", "::", ",", "[", ".", "error ",
                "}: hr: 0x00000000", "}: ",
            ]), 0..9),
            end in prop::sample::select(vec!["\n", "\r\n", "\r\r\n", " \n"]),
            sure in any::<bool>(),
            own in any::<bool>(),
        ) {
            let mut layout = layout(if sure { ">>" } else { "> " });
            if sure {
                layout.pieces.push(Piece::Literal("> ".to_owned()));
            }
            if own {
                layout.labels = Labels { enter: vec!["in".to_owned(), "->".to_owned(), "EXIT".to_owned()], exit: vec!["out".to_owned(), "in".to_owned()] };
            }
            let line = format!("{}{}{end}", if sure { ">>> " } else { "> " }, parts.concat());
            let whole = line.strip_suffix('\n').unwrap();
            let whole = whole.strip_suffix('\r').unwrap_or(whole);
            let all = Gists::of(&layout).unwrap();
            for gist in gists(&all, &layout, &line).into_iter().flatten() {
                let (named, kind) = match gist {
                    Gist::Message => (None, Kind::Message),
                    Gist::Enter(named) => (Some(named), Kind::Enter),
                    Gist::Exit(named, result) => (Some(named), Kind::Exit(result)),
                };
                if let Some(named) = named {
                    prop_assert_eq!(named.hash, mix::hash(all.seed, named.bytes));
                    if named.function().is_none() {
                        // What can be no name is left to the long way.
                        continue;
                    }
                }
                let Reading::Record { body, .. } = layout.read(whole, &mut Recall::off()) else { panic!("{whole} is no record") };
                prop_assert_eq!(body.kind, kind, "{}", whole);
                match named {
                    Some(named) => prop_assert_eq!(Some(body.function), named.function(), "{}", whole),
                    None => prop_assert!(!story::shows_failure(body.text), "{}", whole),
                }
            }
        }
    }
}
