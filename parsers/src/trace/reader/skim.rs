//! The quick way: records of which nothing can become are counted, and no more is made of them.

use super::known::Ids;
use super::{Reader, Sink};
use crate::collect::Collector;
use crate::trace::gist::Gist;
use crate::trace::layout::Fields;
use crate::trace::stamp::Stamp;
use crate::trace::story::Passing;

/// Longest line that is looked at.
const MAX_LINE: usize = 4 << 10;

/// When a record was written.
#[derive(Debug, Clone, Copy)]
enum When {
    /// In the second of all lines whose shape is known, this many nanoseconds after its beginning.
    Same(u64),
    /// As is kept in this place of [`Times::kept`].
    Kept(usize),
}

/// Times of records that are looked at.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// Those of the last two that need more room; without a stamp for one that has no time.
    kept: [(Option<Stamp>, bool); 2],
    newest: usize,
    /// How many records are in the second of all lines whose shape is known, and the first and last of their times in it.
    same: u64,
    first: u64,
    last: u64,
}

impl Times {
    /// Keeps a time; `odd` if it has no known form.
    fn keep(&mut self, stamp: Option<Stamp>, odd: bool) -> When {
        self.newest ^= 1;
        if let Some(kept) = self.kept.get_mut(self.newest) {
            *kept = (stamp, odd);
        }
        When::Kept(self.newest)
    }

    #[inline]
    fn add(&mut self, part: u64) {
        self.first = if self.same == 0 { part } else { self.first.min(part) };
        self.last = self.last.max(part);
        self.same = self.same.saturating_add(1);
    }
}

/// A line that surely is a record, up to its body.
struct Begun {
    when: When,
    ids: Ids,
    module: Option<&'static str>,
    indent: Option<u32>,
    is_sure: bool,
    /// Where its body begins.
    body: usize,
}

impl<S: Sink> Reader<'_, S> {
    /// Passes over records at the start of whole lines; gives the lines and bytes that they are. A record is passed over only
    /// once the next line is seen to be another one: else it may go on there. All text that is passed over is ASCII.
    pub(super) fn skim(&mut self, text: &[u8], out: &mut Collector) -> (u64, usize) {
        if self.gists.is_none() || self.inside || self.held.is_some() {
            return (0, 0);
        }
        let Some(mut begun) = self.glance(text, 0).or_else(|| self.look(text, 0)) else { return (0, 0) };
        self.flush(out);
        let (mut lines, mut at) = (0_u64, 0_usize);
        while let Some((gist, next)) = self.gist(text, begun.body, begun.is_sure) {
            let after = match self.glance(text, next) {
                Some(after) => after,
                None => {
                    // A closer look may find another second.
                    begun.when = self.lasting(begun.when);
                    self.settle();
                    let Some(after) = self.look(text, next) else { break };
                    after
                }
            };
            if !self.pass(&begun, gist) {
                break;
            }
            (lines, at, begun) = (lines.saturating_add(1), next, after);
        }
        self.settle();
        self.account.lines = self.account.lines.saturating_add(lines);
        self.account.parsed = self.account.parsed.saturating_add(lines);
        (lines, at)
    }

    /// The beginning of a line, if it is as that of others.
    #[inline(always)]
    fn glance(&mut self, text: &[u8], at: usize) -> Option<Begun> {
        let is_dated = self.known.is_dated();
        let line = text.get(at..)?;
        let (shape, ids) = self.known.find(line)?;
        let part = if shape.is_timed() { Some(shape.fraction(line)?) } else { None };
        let (mut body, mut indent) = (at.saturating_add(shape.length), None);
        if shape.is_indented {
            let blanks = blanks(text.get(body..)?);
            body = body.saturating_add(blanks);
            indent = self.layout.depth(u32::try_from(blanks).ok());
        }
        let (module, is_sure) = (shape.module, shape.is_sure);
        if !is_sure && !self.gist(text, body, false).is_some_and(|(gist, _)| gist.is_record()) {
            return None;
        }
        let when = match part {
            Some(part) if is_dated => When::Same(part),
            _ => self.times.keep(part.and_then(|part| Some(self.known.base()?.with_fraction(part))), false),
        };
        Some(Begun { when, ids, module, indent, is_sure, body })
    }

    /// The beginning of a line that surely is a record. The next ones may begin as it does.
    #[cold]
    fn look(&mut self, text: &[u8], at: usize) -> Option<Begun> {
        let (line, _) = plain_line(text.get(at..)?)?;
        let mut fields = Fields::default();
        let rest = self.layout.prefix(line, &mut self.recall, &mut fields).ok()?;
        let is_sure = fields.are_sure();
        if !is_sure {
            self.gists.as_ref()?.find(self.layout, &fields, rest, is_sure)?;
        }
        self.known.learn(self.layout, &mut self.recall, line);
        let Fields { stamp, odd_time, pid, tid, module, blanks, .. } = fields;
        Some(Begun {
            when: self.times.keep(stamp, odd_time),
            ids: Ids { pid, tid, hint: 0 },
            module,
            indent: self.layout.depth(blanks),
            is_sure,
            body: at.saturating_add(line.len().saturating_sub(rest.len())),
        })
    }

    /// The gist of a line whose body begins here, and where the next one begins; `None` if it may matter.
    #[inline(always)]
    fn gist<'a>(&self, text: &'a [u8], body: usize, is_sure: bool) -> Option<(Gist<'a>, usize)> {
        let gists = self.gists.as_ref()?;
        let behind = text.get(body..)?;
        let (gist, length) = match gists.glance(behind, is_sure) {
            Some(seen) => seen,
            None => self.long_gist(behind, is_sure)?,
        };
        Some((gist, body.saturating_add(length)))
    }

    /// The same for a body of a form that is not usual.
    #[cold]
    fn long_gist<'a>(&self, text: &'a [u8], is_sure: bool) -> Option<(Gist<'a>, usize)> {
        let (line, length) = plain_line(text)?;
        let gist = self.gists.as_ref()?.find(self.layout, &Fields::default(), line, is_sure)?;
        Some((gist, length))
    }

    /// The same time, whatever second comes next.
    fn lasting(&mut self, when: When) -> When {
        match when {
            When::Same(part) => {
                let stamp = self.known.base().map(|base| base.with_fraction(part));
                self.times.keep(stamp, false)
            }
            When::Kept(_) => when,
        }
    }

    /// Counts a record of which nothing becomes; `false` if it matters.
    #[inline(always)]
    fn pass(&mut self, begun: &Begun, gist: Gist<'_>) -> bool {
        let Begun { when, ids: Ids { pid, tid, hint }, module, indent, .. } = *begun;
        if !self.sink.pass(&Passing { pid, tid, hint, module, indent, gist }) {
            return false;
        }
        match when {
            When::Same(part) => self.times.add(part),
            When::Kept(at) => {
                let (stamp, odd) = self.times.kept.get(at).copied().unwrap_or_default();
                let instant = self.instant(stamp, odd);
                self.coverage.count(instant.map(|instant| instant.time));
            }
        }
        true
    }

    /// Enters the times of the records in the second of all lines whose shape is known.
    fn settle(&mut self) {
        let Times { same, first, last, .. } = self.times;
        (self.times.same, self.times.first, self.times.last) = (0, 0, 0);
        let Some(base) = self.known.base().filter(|_| same > 0) else { return };
        let before = self.clock.contradictions;
        let first = self.clock.instant(base.with_fraction(first));
        // What is wrong with a date is so for each of them.
        let each = self.clock.contradictions.saturating_sub(before);
        let last = self.clock.instant(base.with_fraction(last)).or(first);
        self.clock.contradictions = before.saturating_add(each.saturating_mul(same));
        if first.is_none() {
            self.odd_times = self.odd_times.saturating_add(same);
        }
        let range = first.zip(last).map(|(first, last)| (first.time, last.time));
        self.coverage.count_all(range, same);
    }
}

/// The first of some lines without its break, and its length with it; `None` if it is not plain ASCII, or long.
fn plain_line(text: &[u8]) -> Option<(&str, usize)> {
    let end = memchr::memchr(b'\n', text).filter(|end| *end <= MAX_LINE)?;
    let line = text.get(..end)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let is_plain = |byte: &u8| matches!(byte, b' '..=0x7F | b'\t' | b'\r');
    let line = std::str::from_utf8(line).ok().filter(|_| line.iter().all(is_plain))?;
    Some((line, end.saturating_add(1)))
}

/// Blanks and tabs at the start of a text.
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}
