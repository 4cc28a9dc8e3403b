//! A page under construction: headings, wrapped paragraphs, labelled lines.

use super::TextOptions;
use super::clock::{Clocks, Reading, legend};
use super::style::{HARD_BLANK, Style, paint};
use super::table::Grid;
use super::units::millis;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use vsscope_model::{Analysis, SnapshotSet, Timestamp};

/// Collects the lines of an output. Text handed in has been through [`TextOptions::clean`] where it came from a log.
pub(crate) struct Page<'a> {
    pub(crate) options: &'a TextOptions,
    clocks: Clocks,
    text: String,
}

impl<'a> Page<'a> {
    pub(crate) fn new(options: &'a TextOptions) -> Self {
        Page { options, clocks: Clocks::default(), text: String::new() }
    }

    /// A page about an analysis: it knows which times are no instants.
    pub(crate) fn about(analysis: &Analysis, options: &'a TextOptions) -> Self {
        Page { clocks: Clocks::of(analysis), ..Page::new(options) }
    }

    /// What a time of the analysis is worth.
    pub(crate) fn reading(&self, time: Timestamp) -> Reading {
        self.clocks.reading(time)
    }

    /// Day and time to the millisecond.
    pub(crate) fn instant(&self, time: Timestamp) -> String {
        self.options.instant(time, self.reading(time))
    }

    /// Day and time to the second.
    pub(crate) fn second(&self, time: Timestamp) -> String {
        self.options.second(time, self.reading(time))
    }

    /// The set without the durations of steps whose times were not measured: nothing can be said of how long these took.
    pub(crate) fn measured(&self, set: &SnapshotSet) -> SnapshotSet {
        let mut set = set.clone();
        for phase in set.phases.iter_mut().chain(set.writers.iter_mut().flat_map(|writer| &mut writer.phases))
        {
            let edges = phase.started.zip(phase.ended);
            phase.duration_ms =
                phase.duration_ms.filter(|_| edges.is_none_or(|(from, to)| self.millis(from, to).is_some()));
        }
        set
    }

    /// The lines that say what the marks of these times mean.
    pub(crate) fn legend(&mut self, times: impl Iterator<Item = Timestamp>) {
        let lines = legend(times.map(|time| self.reading(time)));
        for line in lines {
            self.paragraph(0, line);
        }
    }

    /// Text of a rule about something of this time, with its times in the form of the page.
    pub(crate) fn told(&self, text: &str, about: Timestamp) -> String {
        self.clocks.told(text, self.reading(about), self.options)
    }

    /// Milliseconds from one time to another, where they are of one kind and were measured.
    pub(crate) fn millis(&self, from: Timestamp, to: Timestamp) -> Option<f64> {
        let reading = self.reading(from);
        (reading.measures() && reading == self.reading(to)).then(|| millis(from, to))
    }

    /// The finished output.
    pub(crate) fn finish(self) -> String {
        paint(&self.text)
    }

    /// The text in a style, if there is colour.
    pub(crate) fn style(&self, style: Style, text: &str) -> String {
        style.on(text, self.options.color)
    }

    /// An empty line, unless there is one or nothing is above.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A line of its own above a part of the page.
    pub(crate) fn heading(&mut self, title: &str) {
        self.gap();
        let rule = self.options.either('─', '-');
        let used = title.width() + 4;
        let rest: String = std::iter::repeat_n(rule, self.options.columns().saturating_sub(used)).collect();
        let title = self.style(Style::Strong, title);
        self.text.push_str(&format!("{rule}{rule} {title} {rest}\n"));
    }

    /// A wrapped paragraph, `indent` columns from the left.
    pub(crate) fn paragraph(&mut self, indent: usize, text: &str) {
        self.hanging("", indent, indent, text);
    }

    /// A wrapped paragraph behind `head`, which begins at `indent`; further lines begin at `hang`.
    pub(crate) fn hanging(&mut self, head: &str, indent: usize, hang: usize, text: &str) {
        let columns = self.options.columns();
        let hang = hang.min(columns / 2);
        let first = format!("{}{head}", " ".repeat(indent));
        let first = format!("{first}{}", " ".repeat(hang.saturating_sub(first.width())));
        let lines = wrap(text, columns.saturating_sub(first.width()).max(1), columns - hang);
        for (at, line) in lines.iter().enumerate() {
            let before = if at == 0 { first.clone() } else { " ".repeat(hang) };
            self.text.push_str(&format!("{before}{line}\n"));
        }
        if lines.is_empty() {
            self.text.push_str(&format!("{first}\n"));
        }
    }

    /// A line that has its layout already.
    pub(crate) fn raw(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A table, `indent` columns from the left.
    pub(super) fn table(&mut self, indent: usize, grid: &Grid) {
        for line in grid.render(self.options, self.options.columns().saturating_sub(indent)) {
            self.raw(&format!("{}{line}", " ".repeat(indent)));
        }
    }
}

/// Breaks text into lines at blanks, and words that are wider than a line wherever the line ends.
pub(crate) fn wrap(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut room = first;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word.to_owned();
        if !line.is_empty() {
            if line.width() + 1 + word.width() <= room {
                line.push(' ');
                line.push_str(&word);
                continue;
            }
            lines.push(std::mem::take(&mut line));
            room = rest;
        }
        while word.width() > room {
            let at = break_at(&word, room);
            if lines.is_empty() && room < rest && word.width() <= rest {
                lines.push(String::new());
                room = rest;
                continue;
            }
            let tail = word.split_off(at);
            lines.push(std::mem::replace(&mut word, tail));
            room = rest;
        }
        line = word;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Where to break a word that is too wide: behind a separator in the last third of the line, else at the very end.
fn break_at(word: &str, room: usize) -> usize {
    const SEPARATORS: [char; 9] = ['\\', '/', ',', ';', '=', '-', '!', '}', HARD_BLANK];
    let end = fitting(word, room).max(word.chars().next().map_or(0, char::len_utf8));
    let last = word[..end].char_indices().rev().find(|(_, c)| SEPARATORS.contains(c));
    let separator = last.map(|(at, c)| at + c.len_utf8());
    separator.filter(|&at| word[..at].width() * 3 >= room * 2).unwrap_or(end)
}

/// How many bytes of the text fit into so many columns.
fn fitting(text: &str, columns: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > columns {
            return at;
        }
    }
    text.len()
}

/// The text cut to a width, with a sign that it was cut.
pub(crate) fn cut(text: &str, columns: usize, sign: &str) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let at = fitting(text, columns.saturating_sub(sign.width()));
    format!("{}{sign}", text[..at].trim_end())
}

/// The text cut or filled up to exactly this width.
pub(crate) fn fit(text: &str, columns: usize, sign: &str) -> String {
    let text = cut(text, columns, sign);
    let fill = columns.saturating_sub(text.width());
    text + &" ".repeat(fill)
}

/// Text that wrapping keeps on one line, as long as it is short.
pub(crate) fn together(text: &str) -> String {
    const SHORT: usize = 34;
    if text.width() > SHORT { text.to_owned() } else { text.replace(' ', &HARD_BLANK.to_string()) }
}

/// Leading blanks that survive wrapping.
pub(crate) fn indented(depth: usize, text: &str) -> String {
    std::iter::repeat_n(HARD_BLANK, depth * 2).chain(text.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(wrap("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap(r"C:\Windows\System32", 12, 12), [r"C:\Windows\", "System32"]);
        assert_eq!(wrap("日本語版", 5, 5), ["日本", "語版"]);
        assert_eq!(wrap("x longer", 3, 8), ["x", "longer"]);
    }

    #[test]
    fn cut_text_says_that_it_was_cut() {
        assert_eq!(cut("Registry Writer", 10, "…"), "Registry…");
        assert_eq!(cut("日本語版", 6, "…"), "日本…");
        assert_eq!(fit("日本", 6, "…"), "日本  ");
    }

    #[test]
    fn hanging_lines_stay_within_the_width() {
        let options = TextOptions { width: 40, ..TextOptions::default() };
        let mut page = Page::new(&options);
        page.hanging("Proof:", 4, 12, &"0123456789".repeat(9));
        let text = page.finish();
        assert!(text.lines().all(|line| line.width() <= 40), "{text}");
        let rejoined: String = text.replace("Proof:", "").split_whitespace().collect();
        assert_eq!(rejoined, "0123456789".repeat(9));
    }
}
