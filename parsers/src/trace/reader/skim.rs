//! The quick way: records of which nothing can become are counted, and no more is made of them.

use super::known::Known;
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
    /// In the second of the stamp that is remembered, this many nanoseconds after its beginning.
    Same(u64),
    /// As the stamp says.
    At(Option<Stamp>),
    /// The time has no known form.
    Odd,
}

/// Records in the second of the stamp that is remembered.
#[derive(Debug, Default)]
pub(super) struct Same {
    records: u64,
    first: u64,
    last: u64,
}

/// A line that surely is a record.
struct Seen<'a> {
    when: When,
    /// What is known of it beside its gist.
    passing: Passing<'a>,
    /// Its gist and where the next line begins; `None` if it may matter.
    gist: Option<(Gist<'a>, usize)>,
}

impl<S: Sink> Reader<'_, S> {
    /// Passes over records at the start of whole lines; gives the lines and bytes that they are. A record is passed over only
    /// once the next line is seen to be another one: else it may go on there. All text that is passed over is ASCII.
    pub(super) fn skim(&mut self, text: &[u8], out: &mut Collector) -> (u64, usize) {
        if self.gists.is_none() || self.inside || self.held.is_some() {
            return (0, 0);
        }
        let (mut lines, mut done) = (0_u64, 0_usize);
        let mut waiting: Option<(When, Passing<'_>)> = None;
        let mut at = 0_usize;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let seen = self.glance(rest).or_else(|| {
                // A closer look may put another stamp in the place of the one that is remembered.
                if let Some((when, _)) = &mut waiting {
                    *when = self.lasting(*when);
                }
                self.settle();
                self.look(rest)
            });
            let Some(Seen { when, passing, gist }) = seen else { break };
            match waiting.take() {
                None => self.flush(out),
                Some((when, passing)) if self.pass(when, &passing) => {
                    (lines, done) = (lines.saturating_add(1), at);
                }
                Some(_) => break,
            }
            let Some((gist, length)) = gist else { break };
            waiting = Some((when, Passing { gist, ..passing }));
            at = at.saturating_add(length);
        }
        self.settle();
        self.account.lines = self.account.lines.saturating_add(lines);
        self.account.parsed = self.account.parsed.saturating_add(lines);
        (lines, done)
    }

    /// What the first of some lines says, if it begins as others did.
    fn glance<'a>(&mut self, text: &'a [u8]) -> Option<Seen<'a>> {
        let gists = self.gists.as_ref()?;
        let (shape, ids) = self.known.find(text)?;
        let when = match &shape.time {
            None => When::At(None),
            Some(time) => {
                let stamp = text.get(time.start..)?;
                let (part, _) = self.recall.part(stamp).filter(|(_, length)| *length == time.len())?;
                if self.recall.is_dated() { When::Same(part) } else { When::At(self.recall.stamp(part)) }
            }
        };
        let behind = text.get(shape.length..)?;
        let blanks = if shape.is_indented { blanks(behind) } else { 0 };
        let body = behind.get(blanks..)?;
        let found = gists.glance(body, shape.is_sure).or_else(|| {
            let line = plain_line(body)?;
            let gist = gists.find(self.layout, &Fields::default(), line.0, shape.is_sure)?;
            Some((gist, line.1))
        });
        if !shape.is_sure && !found.is_some_and(|(gist, _)| gist == Gist::Message || gist.names_function()) {
            return None;
        }
        let before = text.len().saturating_sub(body.len());
        let gist = found.map(|(gist, length)| (gist, before.saturating_add(length)));
        let indent = if shape.is_indented { self.layout.depth(u32::try_from(blanks).ok()) } else { None };
        let passing = Passing {
            pid: ids.pid,
            tid: ids.tid,
            hint: ids.hint,
            module: shape.module,
            indent,
            gist: Gist::Message,
        };
        Some(Seen { when, passing, gist })
    }

    /// What the first of some lines says, if it surely is a record. The next ones may begin as it does.
    fn look<'a>(&mut self, text: &'a [u8]) -> Option<Seen<'a>> {
        let (line, length) = plain_line(text)?;
        let mut fields = Fields::default();
        let rest = self.layout.prefix(line, &mut self.recall, &mut fields).ok()?;
        let gist = self.gists.as_ref()?.find(self.layout, &fields, rest, fields.are_sure());
        if gist.is_none() && !fields.are_sure() {
            return None;
        }
        self.known.learn(self.layout, &mut self.recall, line);
        let Fields { stamp, odd_time, pid, tid, module, blanks, .. } = fields;
        let when = if odd_time { When::Odd } else { When::At(stamp) };
        let indent = self.layout.depth(blanks);
        let passing = Passing { pid, tid, hint: 0, module, indent, gist: Gist::Message };
        Some(Seen { when, passing, gist: gist.map(|gist| (gist, length)) })
    }

    /// The same time, whatever stamp is remembered.
    fn lasting(&self, when: When) -> When {
        match when {
            When::Same(part) => When::At(self.recall.stamp(part)),
            When::At(_) | When::Odd => when,
        }
    }

    /// Counts a record of which nothing becomes; `false` if it matters.
    fn pass(&mut self, when: When, passing: &Passing<'_>) -> bool {
        if !self.sink.pass(passing) {
            return false;
        }
        match when {
            When::Same(part) => self.same.add(part),
            When::At(stamp) => {
                let instant = self.instant(stamp, false);
                self.coverage.count(instant.map(|instant| instant.time));
            }
            When::Odd => {
                self.instant(None, true);
                self.coverage.count(None);
            }
        }
        true
    }

    /// Enters the times of the records in the second of the stamp that is remembered.
    fn settle(&mut self) {
        let Same { records, first, last } = std::mem::take(&mut self.same);
        let Some((first, last)) = self.recall.stamp(first).zip(self.recall.stamp(last)).filter(|_| records > 0)
        else {
            return;
        };
        let before = self.clock.contradictions;
        let first = self.clock.instant(first);
        // What is wrong with a date is so for each of them.
        let each = self.clock.contradictions.saturating_sub(before);
        let last = self.clock.instant(last).or(first);
        self.clock.contradictions = before.saturating_add(each.saturating_mul(records));
        if first.is_none() {
            self.odd_times = self.odd_times.saturating_add(records);
        }
        let range = first.zip(last).map(|(first, last)| (first.time, last.time));
        self.coverage.count_all(range, records);
    }
}

impl Same {
    fn add(&mut self, part: u64) {
        self.first = if self.records == 0 { part } else { self.first.min(part) };
        self.last = self.last.max(part);
        self.records = self.records.saturating_add(1);
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
