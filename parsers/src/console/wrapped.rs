//! [`Unwrap`]: lines as the tool printed them, out of lines that a console of 80 columns broke inside words and GUIDs.

use super::pieces::{indent, is_part_of_guid, open_guid, own_guid, prompt, quoted};
use crate::text::Line;
use std::ops::RangeInclusive;

/// Lengths of a line that may have been broken at the edge of an 80-column console. A longer one shows that none was there.
const EDGE: RangeInclusive<usize> = 79..=80;
/// From this length on a line that is followed by a short scrap without label may have been broken.
const NEAR_EDGE: usize = 66;
/// Longest such scrap.
const SCRAP: usize = 30;
/// Characters of a GUID that tell it from a brace that happens to end a line.
const TELLING: usize = 4;
/// Longest line that is put together, in bytes.
const LONGEST: usize = 4096;

/// What is put together again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    /// Words, paths and GUIDs: for output in which all lines but the first of a record are indented.
    Columns,
    /// GUIDs only: where lines stand at the margin, nothing else tells a scrap from a line.
    Guids,
}

/// A line as the tool printed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Printed {
    /// Number of its first line in the input.
    pub number: u64,
    /// The text.
    pub text: String,
    /// How many lines of the input it is.
    pub lines: u64,
    /// It ends inside a GUID that does not go on.
    pub cut: bool,
}

/// Puts lines together. Each line comes out when the next one shows that it is complete.
#[derive(Debug)]
pub(super) struct Unwrap {
    wrap: Wrap,
    held: Option<Printed>,
    /// Length in characters of the last line of the input that is held.
    length: usize,
}

impl Unwrap {
    pub fn new(wrap: Wrap) -> Self {
        Unwrap { wrap, held: None, length: 0 }
    }

    /// Takes a line of the input and gives the line before it, unless the two are one.
    pub fn push(&mut self, line: &Line<'_>) -> Option<Printed> {
        let text = line.text.trim_end();
        let goes_on = self.held.as_ref().is_some_and(|held| self.goes_on(held, text));
        // Blanks at the end count: a console fills nothing, so they are what was printed.
        self.length = line.text.chars().count();
        if let Some(held) = self.held.as_mut().filter(|_| goes_on) {
            if held.text.ends_with(',') && !text.starts_with(' ') {
                held.text.push(' ');
            }
            held.text.push_str(text);
            held.lines = held.lines.saturating_add(1);
            return None;
        }
        let next = Printed { number: line.number, text: text.to_owned(), lines: 1, cut: false };
        let is_cut = |text: &str| open_guid(text).is_some_and(|begun| begun.len() >= TELLING);
        self.held.replace(next).map(|held| Printed { cut: is_cut(&held.text), ..held })
    }

    /// The last line. It is cut if it ends inside a GUID, be it at its first character.
    pub fn finish(&mut self) -> Option<Printed> {
        self.held.take().map(|held| Printed { cut: open_guid(&held.text).is_some(), ..held })
    }

    /// Whether a line is the rest of the one that is held.
    fn goes_on(&self, held: &Printed, next: &str) -> bool {
        if next.is_empty() || held.text.is_empty() || held.text.len() > LONGEST || indent(next) > 1 {
            return false;
        }
        if let Some(begun) = open_guid(&held.text) {
            return completes(begun, next);
        }
        if self.wrap == Wrap::Guids || prompt(next).is_some() {
            return false;
        }
        let begins_record = quoted(next).is_some() || own_guid(next).is_some() || next.ends_with(":\\");
        let is_scrap = next.chars().count() <= SCRAP && !next.contains(':') && indent(&held.text) > 0;
        (EDGE.contains(&self.length) && !begins_record) || (self.length >= NEAR_EDGE && is_scrap)
    }
}

/// Whether a line begins with the rest of a GUID.
fn completes(begun: &str, next: &str) -> bool {
    let Some((rest, _)) = next.split_once('}') else { return false };
    let whole = format!("{begun}{rest}");
    whole.len() == 36 && is_part_of_guid(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unwrap(wrap: Wrap, text: &str) -> Vec<(u64, String, bool)> {
        let mut unwrap = Unwrap::new(wrap);
        let mut all = Vec::new();
        for (number, text) in (1..).zip(text.lines()) {
            let line = Line { number, offset: 0, text, damaged: false, complete: true };
            all.extend(unwrap.push(&line));
        }
        all.extend(unwrap.finish());
        all.into_iter().map(|line| (line.number, line.text, line.cut)).collect()
    }

    fn broken_at(text: &str, width: usize) -> String {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(width).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_last_digits_of_a_guid_stood_on_the_next_line() {
        let line = r"         Original Volume: (D:)\\?\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\";
        for width in [60, 76, 80] {
            for wrap in [Wrap::Columns, Wrap::Guids] {
                let lines = unwrap(wrap, &broken_at(line, width));
                assert_eq!(lines, [(1, line.to_owned(), false)], "{width} {wrap:?}");
            }
        }
    }

    #[test]
    fn a_word_was_cut_at_the_edge() {
        let line =
            "         Attributes: Persistent, Client-accessible, No auto release, No writers, Differential";
        assert_eq!(unwrap(Wrap::Columns, &broken_at(line, 80)), [(1, line.to_owned(), false)]);
        let shorter = "      Attributes: Persistent, No auto release, No writers, Autorec., Differentia\nl\n";
        assert!(unwrap(Wrap::Columns, shorter)[0].1.ends_with("Differential"));
    }

    #[test]
    fn lines_that_belong_to_nothing_before_them_stay_alone() {
        let text = r"Volume path: C:\
    Volume name: \\?\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\
Volume path: D:\
    Volume name: \\?\Volume{1f0e2d3c-4b5a-4678-9abc-def012345679}\
C:\>exit";
        assert_eq!(unwrap(Wrap::Columns, text).len(), 5);
    }

    #[test]
    fn a_guid_that_does_not_go_on_is_cut() {
        let lines = unwrap(Wrap::Columns, "   Writer Id: {1f0e2d3c-4b5a\n   State: [1] Stable");
        assert_eq!(lines.iter().map(|line| line.2).collect::<Vec<_>>(), [true, false]);
    }
}
