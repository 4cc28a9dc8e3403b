//! Cuts a stream into JSON objects: one per line, indented over many lines, in a list, with `Record N` lines between
//! them. What is broken costs the object or the line it is in, because every line that begins like a new object at the
//! same depth ends an unfinished one.

use std::io::{BufRead, BufReader, Read};

/// An object that is larger is refused. The largest record of an event log has 64 KiB; escapes, a rendered message and
/// the original beside it make that two MiB at most, and values take many times the memory of their text.
const MAX_OBJECT: usize = 4 << 20;
/// How much of a line outside of objects is looked at.
const MAX_GARBAGE: usize = 64;

/// What was cut out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cut<'a> {
    /// The bytes of an object.
    Document {
        /// From brace to brace.
        bytes: &'a [u8],
        /// Line it begins on, from 1.
        line: u64,
    },
    /// An object that does not end, or a line that is none.
    Broken {
        /// Line it begins on.
        line: u64,
        /// What is wrong.
        reason: &'static str,
    },
}

const UNFINISHED: &str = "an object that does not end";
const OPEN_STRING: &str = "a string that does not end on its line";
const TOO_LARGE: &str = "an object of more than 4 MiB";
const NO_OBJECT: &str = "a line that is no JSON object";

/// Where the cutter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside of any object.
    Between,
    /// In an object, outside of strings.
    Object,
    /// In a string of an object.
    Text,
    /// After a backslash in a string.
    Escape,
    /// In a line that is no JSON.
    Garbage,
    /// In the rest of an object that is refused; ends where the next one begins.
    Refused,
}

/// Blanks at the start of a line, and whether nothing else came yet, where a line begins.
const LINE_START: (u32, bool) = (0, true);

/// Cuts a stream.
pub(crate) struct Documents<'r> {
    stream: BufReader<&'r mut dyn Read>,
    state: State,
    /// The object or line so far.
    buffer: Vec<u8>,
    /// Emitted buffers are cleared when the next byte comes.
    emitted: bool,
    depth: u32,
    line: u64,
    /// Blanks at the start of this line, and whether nothing else came yet.
    indent: (u32, bool),
    /// Line and indent of the object.
    start: (u64, u32),
    ended: bool,
}

impl<'r> Documents<'r> {
    /// A cutter at the start of a stream.
    pub fn new(stream: &'r mut dyn Read) -> Self {
        Documents {
            stream: BufReader::with_capacity(1 << 18, stream),
            state: State::Between,
            buffer: Vec::new(),
            emitted: false,
            depth: 0,
            line: 1,
            indent: LINE_START,
            start: (1, 0),
            ended: false,
        }
    }

    /// The next object or broken place; `None` at the end.
    pub fn next(&mut self) -> Option<Cut<'_>> {
        if std::mem::take(&mut self.emitted) {
            self.buffer.clear();
        }
        while !self.ended {
            let outcome = self.step();
            match outcome {
                Outcome::More => {}
                Outcome::Document => {
                    self.emitted = true;
                    return Some(Cut::Document { bytes: &self.buffer, line: self.start.0 });
                }
                Outcome::Broken(line, reason) => return Some(Cut::Broken { line, reason }),
            }
        }
        None
    }

    /// The line that begins here, without its end, and its number; if no object is open and all of it is in memory. It stays
    /// where it is until [`Documents::pass_line`].
    pub fn line(&mut self) -> Option<(&[u8], u64)> {
        if self.state != State::Between || self.ended {
            return None;
        }
        if self.indent != LINE_START {
            let behind = self.stream.fill_buf().unwrap_or_default();
            let end = [&b"\n"[..], b"\r\n"].into_iter().find(|end| behind.starts_with(end))?;
            self.stream.consume(end.len());
            self.line = self.line.saturating_add(1);
            self.indent = LINE_START;
        }
        let available = self.stream.fill_buf().unwrap_or_default();
        let end = memchr::memchr(b'\n', available)?;
        Some((available.get(..end)?, self.line))
    }

    /// Goes to the next line, where [`Documents::line`] gave one.
    pub fn pass_line(&mut self) {
        if let Some(end) = memchr::memchr(b'\n', self.stream.buffer()) {
            self.stream.consume(end.saturating_add(1));
            self.line = self.line.saturating_add(1);
        }
    }

    /// Goes over one buffer of the stream, up to the first thing to report.
    fn step(&mut self) -> Outcome {
        // The stream keeps its own errors for the report; here an error is the end.
        let available = self.stream.fill_buf().unwrap_or_default();
        if available.is_empty() {
            self.ended = true;
            return self.end();
        }
        let mut cursor = Cursor {
            state: self.state,
            depth: self.depth,
            line: self.line,
            indent: self.indent,
            start: self.start,
            buffer: &mut self.buffer,
        };
        let mut used = 0_usize;
        let mut outcome = Outcome::More;
        while let Some(rest) = available.get(used..).filter(|rest| !rest.is_empty()) {
            let taken;
            (taken, outcome) = cursor.take(rest);
            used = used.saturating_add(taken);
            if !matches!(outcome, Outcome::More) {
                break;
            }
        }
        (self.state, self.depth, self.line) = (cursor.state, cursor.depth, cursor.line);
        (self.indent, self.start) = (cursor.indent, cursor.start);
        self.stream.consume(used);
        outcome
    }

    fn end(&mut self) -> Outcome {
        match self.state {
            State::Between | State::Refused => Outcome::More,
            State::Garbage => garbage(&self.buffer, self.line),
            State::Object | State::Text | State::Escape => Outcome::Broken(self.start.0, UNFINISHED),
        }
    }
}

/// What a step came to.
enum Outcome {
    More,
    Document,
    Broken(u64, &'static str),
}

struct Cursor<'b> {
    state: State,
    depth: u32,
    line: u64,
    indent: (u32, bool),
    start: (u64, u32),
    buffer: &'b mut Vec<u8>,
}

impl Cursor<'_> {
    /// Takes some of these bytes, at least one.
    fn take(&mut self, bytes: &[u8]) -> (usize, Outcome) {
        // Runs inside strings are most of the input; outside of them there are numbers, colons and commas.
        let run = match self.state {
            State::Text => memchr::memchr3(b'"', b'\\', b'\n', bytes).unwrap_or(bytes.len()),
            State::Object if !self.indent.1 => {
                let is_mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']' | b'\n');
                bytes.iter().position(is_mark).unwrap_or(bytes.len())
            }
            _ => 0,
        };
        if run > 0 {
            self.buffer.extend_from_slice(bytes.get(..run).unwrap_or_default());
            return (run, self.limit());
        }
        if let Some(run) = self.rest_of_line(bytes) {
            return (run, Outcome::More);
        }
        let Some(byte) = bytes.first() else { return (1, Outcome::More) };
        let before = self.line;
        // A line that begins like a new object is one byte that has to be seen twice: by the old object and by its own.
        if *byte == b'{' && self.begins_anew() {
            let line = self.start.0;
            let was_refused = self.state == State::Refused;
            self.state = State::Between;
            self.buffer.clear();
            return if was_refused { (0, Outcome::More) } else { (0, Outcome::Broken(line, UNFINISHED)) };
        }
        let outcome = self.byte(*byte);
        if self.line == before {
            self.indent = match (self.indent, byte) {
                ((blanks, true), b' ' | b'\t') => (blanks.saturating_add(1), true),
                // The mark of UTF-8 and the separators of a list do not indent.
                ((blanks, true), 0xEF | 0xBB | 0xBF | b',' | b'[') => (blanks, true),
                ((blanks, _), _) => (blanks, false),
            };
        }
        (1, outcome)
    }

    /// Goes to the end of a line that is given up; what such a line begins with was looked at before.
    fn rest_of_line(&mut self, bytes: &[u8]) -> Option<usize> {
        if !matches!(self.state, State::Garbage | State::Refused) || self.indent.1 {
            return None;
        }
        let run = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        if self.state == State::Garbage {
            let room = MAX_GARBAGE.saturating_sub(self.buffer.len()).min(run);
            self.buffer.extend_from_slice(bytes.get(..room).unwrap_or_default());
        }
        (run > 0).then_some(run)
    }

    /// Whether a brace here stands where the object that is open began: at the start of a line, not deeper than it.
    fn begins_anew(&self) -> bool {
        let (line, indent) = self.start;
        matches!(self.state, State::Object | State::Refused)
            && self.line > line
            && self.indent.1
            && self.indent.0 <= indent
    }

    fn byte(&mut self, byte: u8) -> Outcome {
        if byte == b'\n' {
            return self.newline();
        }
        match self.state {
            State::Between => self.between(byte),
            State::Garbage | State::Refused => Outcome::More,
            State::Escape => self.inside(byte, State::Text),
            State::Text => self.inside(
                byte,
                match byte {
                    b'"' => State::Object,
                    b'\\' => State::Escape,
                    _ => State::Text,
                },
            ),
            State::Object => self.object(byte),
        }
    }

    fn newline(&mut self) -> Outcome {
        let line = self.line;
        self.line = line.saturating_add(1);
        self.indent = LINE_START;
        match self.state {
            State::Between | State::Refused => Outcome::More,
            State::Object => self.inside(b'\n', State::Object),
            State::Text | State::Escape => {
                self.state = State::Refused;
                self.buffer.clear();
                Outcome::Broken(self.start.0, OPEN_STRING)
            }
            State::Garbage => {
                let outcome = garbage(self.buffer, line);
                self.state = State::Between;
                self.buffer.clear();
                outcome
            }
        }
    }

    fn between(&mut self, byte: u8) -> Outcome {
        match byte {
            b' ' | b'\t' | b'\r' | b',' | b'[' | b']' => {}
            // The byte order mark of UTF-8, which only stands at the very start.
            0xEF | 0xBB | 0xBF if self.line == 1 && self.indent.1 => {}
            b'{' => {
                self.start = (self.line, self.indent.0);
                self.depth = 1;
                self.buffer.push(byte);
                self.state = State::Object;
            }
            _ => {
                self.buffer.push(byte);
                self.state = State::Garbage;
            }
        }
        Outcome::More
    }

    fn object(&mut self, byte: u8) -> Outcome {
        match byte {
            b'"' => return self.inside(byte, State::Text),
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth == 0 {
            self.buffer.push(byte);
            self.state = State::Between;
            return Outcome::Document;
        }
        self.inside(byte, State::Object)
    }

    fn inside(&mut self, byte: u8, next: State) -> Outcome {
        self.buffer.push(byte);
        self.state = next;
        self.limit()
    }

    fn limit(&mut self) -> Outcome {
        if self.buffer.len() <= MAX_OBJECT {
            return Outcome::More;
        }
        self.buffer.clear();
        self.state = State::Refused;
        Outcome::Broken(self.start.0, TOO_LARGE)
    }
}

/// What a line outside of objects means: `Record 12` heads are part of evtx_dump's output.
fn garbage(line: &[u8], number: u64) -> Outcome {
    let is_head =
        line.strip_prefix(b"Record ").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    if is_head { Outcome::More } else { Outcome::Broken(number, NO_OBJECT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    enum Owned {
        Document(String, u64),
        Broken(u64, &'static str),
    }

    /// Hands out few bytes at a time, so that every seam is met.
    struct Drip<'t>(&'t [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let take = self.1.min(self.0.len()).min(buffer.len());
            buffer[..take].copy_from_slice(&self.0[..take]);
            self.0 = &self.0[take..];
            Ok(take)
        }
    }

    fn cut(text: &str) -> Vec<Owned> {
        let whole = cut_by(text, text.len().max(1));
        for step in [1, 2, 7] {
            assert_eq!(cut_by(text, step), whole, "in steps of {step}");
        }
        whole
    }

    fn cut_by(text: &str, step: usize) -> Vec<Owned> {
        let mut stream = Drip(text.as_bytes(), step);
        let mut documents = Documents::new(&mut stream);
        let mut found = Vec::new();
        while let Some(cut) = documents.next() {
            found.push(match cut {
                Cut::Document { bytes, line } => {
                    Owned::Document(String::from_utf8(bytes.to_vec()).unwrap(), line)
                }
                Cut::Broken { line, reason } => Owned::Broken(line, reason),
            });
        }
        found
    }

    fn document(text: &str, line: u64) -> Owned {
        Owned::Document(text.to_owned(), line)
    }

    #[test]
    fn one_object_per_line_whatever_ends_the_lines() {
        let expected = [document(r#"{"a":1}"#, 1), document(r#"{"b":"}{"}"#, 3)];
        assert_eq!(cut("{\"a\":1}\n\n{\"b\":\"}{\"}\n"), expected);
        assert_eq!(cut("\u{feff}{\"a\":1}\r\n \t\r\n{\"b\":\"}{\"}"), expected);
    }

    #[test]
    fn lists_on_one_line_and_on_many() {
        assert_eq!(cut("[{\"a\":1},{\"b\":2}]"), [document("{\"a\":1}", 1), document("{\"b\":2}", 1)]);
        let many = cut("[\n  {\n    \"a\": [\n      {}\n    ]\n  },\n  {\"b\":2}\n]\n");
        assert_eq!(many.len(), 2);
        assert_eq!(many[1], document("{\"b\":2}", 7));
    }

    #[test]
    fn heads_of_evtx_dump_are_passed_over() {
        let text = "Record 1\n{\n  \"a\": 1\n}\nRecord 2 (recovered)\n{\"b\":2}\n";
        assert_eq!(cut(text), [document("{\n  \"a\": 1\n}", 2), document("{\"b\":2}", 6)]);
    }

    #[test]
    fn escapes_do_not_end_a_string() {
        let text = r#"{"a":"\\","b":"\"}{"}"#;
        assert_eq!(cut(text), [document(text, 1)]);
    }

    #[test]
    fn a_cut_line_costs_itself_only() {
        let good = document("{\"c\":3}", 3);
        assert_eq!(
            cut("{\"a\":1}\n{\"b\":{\"x\":\n{\"c\":3}"),
            [document("{\"a\":1}", 1), Owned::Broken(2, UNFINISHED), good,]
        );
        assert_eq!(
            cut("{\"a\":1}\n{\"b\":\"tex\n{\"c\":3}")[1..],
            [Owned::Broken(2, OPEN_STRING), document("{\"c\":3}", 3)]
        );
        assert_eq!(
            cut("{\"a\":1}\nnonsense {}\n{\"c\":3}")[1..],
            [Owned::Broken(2, NO_OBJECT), document("{\"c\":3}", 3)]
        );
        assert_eq!(cut("{\"a\":1}\n{\"b\"")[1..], [Owned::Broken(2, UNFINISHED)]);
        assert_eq!(cut("nonsense"), [Owned::Broken(1, NO_OBJECT)]);
    }

    #[test]
    fn an_indented_object_that_breaks_off_ends_at_the_next() {
        let text = "[\n  {\n    \"a\": {\n  {\n    \"b\": 2\n  }\n]";
        assert_eq!(cut(text), [Owned::Broken(2, UNFINISHED), document("{\n    \"b\": 2\n  }", 4)]);
    }

    #[test]
    fn an_endless_object_is_refused_and_the_next_is_read() {
        let text = format!("{{\"a\":\"{}\"}}\n{{\"b\":2}}\n", "x".repeat(MAX_OBJECT));
        assert_eq!(cut_by(&text, 1 << 16), [Owned::Broken(1, TOO_LARGE), document("{\"b\":2}", 2)]);
    }
}
