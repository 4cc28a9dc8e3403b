//! VSS traces: text of the registry trace and of vsstrace, and the meaning of trace records from any container.
//!
//! Of neither text is there a full description in public, so that a layout is found for every input (`decide`): that of a
//! [`Profile`] if one fits, else one that is learned from the lines (`learn`). `reader` then reads line by line and
//! accounts for each; `body` is the part of a line that all layouts share, `stamp` and `clock` are its time. What the
//! records mean is `story`'s business.

mod body;
mod clock;
mod columns;
mod decide;
mod describe;
mod gist;
mod layout;
mod learn;
mod mix;
mod notation;
mod pending;
pub(crate) mod profile;
mod reader;
mod recall;
pub(crate) mod record;
mod shape;
mod stamp;
pub(crate) mod story;
#[cfg(test)]
mod tests;
mod time_format;
mod words;

use crate::collect::Collector;
use crate::text::Pace;
use crate::time::LocalClock;
pub use profile::{Profile, ProfileError};
use record::TraceRecord;
use std::io::Read;
use story::{Passing, Story};

/// The channel under which events and coverage know VSS traces, as text or in an event trace.
pub(crate) const CHANNEL: &str = "VSS trace";

/// Whether text that begins like this is a trace: its lines have one layout, and enough of them are entries and exits of
/// functions, or messages of functions that are VSS's by their names.
pub(crate) fn looks_like(head: &str, profiles: &[Profile]) -> bool {
    let mut lines: Vec<&str> =
        head.lines().filter(|line| !line.trim().is_empty()).take(decide::SAMPLE_LINES).collect();
    if lines.len() > 1 && lines.len() < decide::SAMPLE_LINES && !head.ends_with('\n') {
        lines.pop();
    }
    decide::decide(&lines, profiles).is_some_and(|decision| decision.convinces())
}

/// Reads trace text; with `skip` not more of a line than it may matter.
pub(crate) fn read(
    stream: &mut dyn Read,
    profiles: &[Profile],
    local: LocalClock,
    skip: bool,
    out: &mut Collector,
) {
    let mut story = Story::default();
    let pace = Pace { quick: skip, ..Pace::default() };
    reader::read(stream, profiles, local, pace, out, &mut story);
    story.finish(out);
}

impl reader::Sink for &mut Story {
    fn record(&mut self, record: &TraceRecord<'_>, out: &mut Collector) {
        Story::record(self, record, out);
    }

    fn pass(&mut self, passing: &Passing<'_>) -> bool {
        Story::pass(self, passing)
    }
}
