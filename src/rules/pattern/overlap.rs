//! Things that are done one at a time on a host, done at the same time by two instances.

use crate::rules::{Case, Operation};
use chrono::TimeDelta;
use vsscope_model::{Clock, Confidence, Timestamp};

/// One such thing.
#[derive(Debug, Clone)]
pub struct Span<'c, 't> {
    /// Whose.
    pub operation: &'c Operation<'t>,
    /// Begin.
    pub from: Timestamp,
    /// End.
    pub to: Timestamp,
    /// The events of begin and end.
    pub events: Vec<usize>,
}

/// Two spans of one host that overlap.
pub struct Overlap<'c, 't> {
    /// The one that began first.
    pub first: Span<'c, 't>,
    /// The other one.
    pub second: Span<'c, 't>,
}

impl Overlap<'_, '_> {
    /// How long both lasted together.
    pub fn lasted(&self) -> TimeDelta {
        self.first.to.min(self.second.to) - self.second.from
    }

    /// Two sessions that were put together by inference may be one.
    pub fn confidence(&self) -> Confidence {
        let of = |span: &Span<'_, '_>| span.operation.session.map_or(Confidence::Weak, |s| s.confidence);
        let pid = |span: &Span<'_, '_>| span.operation.session.and_then(|s| s.requester.pid);
        let firm = of(&self.first).min(of(&self.second));
        let same_process = pid(&self.first).is_some() && pid(&self.first) == pid(&self.second);
        if same_process && firm != Confidence::Exact { Confidence::Weak } else { firm }
    }

    /// The events of both.
    pub fn events(&self) -> impl Iterator<Item = usize> {
        self.first.events.iter().chain(&self.second.events).copied()
    }
}

/// Every pair of spans of one host that lasted together for more than `tolerance`, by clocks that can be compared.
pub fn overlaps<'c, 't>(
    case: &'c Case<'t>,
    mut spans: Vec<Span<'c, 't>>,
    tolerance: TimeDelta,
) -> Vec<Overlap<'c, 't>> {
    spans.sort_by_key(|span| (span.operation.host(), span.from, span.to));
    let mut found = Vec::new();
    for (at, first) in spans.iter().enumerate() {
        let is_near =
            |other: &&Span<'_, '_>| other.operation.host() == first.operation.host() && other.from < first.to;
        for second in spans[at + 1..].iter().take_while(is_near) {
            let pair = Overlap { first: first.clone(), second: second.clone() };
            let (from, to) = (first.from, first.to.max(second.to));
            if pair.lasted() > tolerance
                && comparable(case, first, second)
                && !case.clock_stepped(first.operation.host(), from, to)
                && !case.has_hole(first.operation, from, to)
            {
                found.push(pair);
            }
        }
    }
    found
}

/// Whether the times of two spans are of clocks that can be compared: of one input, or both in UTC.
fn comparable(case: &Case<'_>, a: &Span<'_, '_>, b: &Span<'_, '_>) -> bool {
    let events = || a.events.iter().chain(&b.events).filter_map(|&index| case.event(index));
    let measured = events().all(|event| event.clock.measures());
    let zoned = events().all(|event| event.clock != Clock::Unzoned);
    let mut inputs = events().map(|event| &event.source.input);
    let first = inputs.next();
    measured && (zoned || inputs.all(|input| Some(input) == first))
}
