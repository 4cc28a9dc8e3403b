//! A line of text with those around it, numbered as the readers number them.

use crate::text::{CodePage, Line, Lines};
use std::collections::VecDeque;
use std::io::Read;
use vsscope_model::{Raw, RawLine, Spot};

/// Bytes that are given of a line.
const LONGEST: usize = 64 << 10;
/// Lines that are given of a value which a registry export breaks over several.
const CONTINUED: usize = 200;

/// The line that the spot names by its number, else by an offset inside of it.
pub(super) fn find(
    stream: &mut dyn Read,
    code_page: CodePage,
    spot: &Spot,
    context: usize,
) -> Vec<(Spot, Raw)> {
    let mut lines = Lines::new(stream, code_page);
    let mut window = Window { context, before: VecDeque::new(), found: Vec::new(), meant: None, behind: 0 };
    let mut held: Option<Held> = None;
    loop {
        let next = lines.next().map(|line| Held::of(&line));
        if let Some(line) = held.take() {
            let is_meant = line.is_at(spot, next.as_ref());
            if window.is_full_with(line, is_meant) {
                break;
            }
        }
        if next.is_none() {
            break;
        }
        held = next;
    }
    window.meant.map(|spot| (spot, Raw::Text { lines: window.found })).into_iter().collect()
}

/// A line that waits until it is known where the next one begins.
struct Held {
    offset: u64,
    line: RawLine,
}

impl Held {
    fn of(line: &Line<'_>) -> Self {
        let end = LONGEST.min(line.text.len());
        let end = (0..=end).rev().find(|&at| line.text.is_char_boundary(at)).unwrap_or(0);
        let text = line.text.get(..end).unwrap_or_default().to_owned();
        Held { offset: line.offset, line: RawLine { number: line.number, text, meant: false } }
    }

    fn is_at(&self, spot: &Spot, next: Option<&Held>) -> bool {
        match (spot.line, spot.offset) {
            (Some(number), _) => number == self.line.number,
            (None, Some(offset)) => {
                // Behind the last line there is nothing; no character has more than four bytes.
                let most =
                    u64::try_from(self.line.text.len()).unwrap_or(0).saturating_mul(4).saturating_add(4);
                let end = next.map_or(self.offset.saturating_add(most), |next| next.offset);
                (self.offset..end).contains(&offset)
            }
            (None, None) => false,
        }
    }
}

/// The lines around the one that is meant.
struct Window {
    context: usize,
    before: VecDeque<RawLine>,
    found: Vec<RawLine>,
    meant: Option<Spot>,
    /// Lines behind it that were taken.
    behind: usize,
}

impl Window {
    /// Takes the next line; whether no further one is wanted.
    fn is_full_with(&mut self, held: Held, is_meant: bool) -> bool {
        let Held { offset, line } = held;
        if is_meant {
            self.meant = Some(Spot { line: Some(line.number), offset: Some(offset), ..Spot::default() });
            self.found.extend(self.before.drain(..));
            self.found.push(RawLine { meant: true, ..line });
        } else if self.meant.is_some() {
            // A backslash at the end of a line of a registry export goes on with the value.
            let goes_on = self.behind == 0 && self.found.len() < CONTINUED;
            let goes_on =
                goes_on && self.found.last().is_some_and(|last| last.meant && last.text.ends_with('\\'));
            self.behind = self.behind.saturating_add(usize::from(!goes_on));
            if self.behind <= self.context {
                self.found.push(RawLine { meant: goes_on, ..line });
            }
        } else {
            self.before.push_back(line);
            if self.before.len() > self.context {
                self.before.pop_front();
            }
        }
        self.meant.is_some() && self.behind > self.context
    }
}
