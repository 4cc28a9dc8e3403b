//! What is wrong with a file, in the words of the report: what its header promises against what was found, and what was lost.

use super::logfile::Logfile;
use super::walk::Place;
use crate::collect::Collector;
use vsscope_model::{IssueKind, TimeBasis};

const START: &str = "offset 0x0";

/// What the file's header says of loss and of clocks.
pub(super) fn header(logfile: Option<&Logfile>, out: &mut Collector) {
    let Some(header) = logfile else {
        out.times(TimeBasis::Order);
        let message =
            "the header of the trace cannot be read; its clock is unknown, only the order of events counts";
        return out.issue(IssueKind::Header, START, message);
    };
    if header.clock() == super::clock::TraceClock::Unknown {
        out.times(TimeBasis::Order);
        let message =
            "the header does not say what the times of the trace are; only the order of events counts";
        out.issue(IssueKind::Clock, START, message);
    }
    if header.events_lost > 0 {
        let count = u64::from(header.events_lost);
        out.issue_of(IssueKind::Record, START, "events were lost while the trace was recorded", count);
        out.lose(count);
    }
    if header.buffers_lost > 0 {
        let count = u64::from(header.buffers_lost);
        out.issue_of(IssueKind::Chunk, START, "buffers were lost while the trace was recorded", count);
    }
    if !header.was_stopped() {
        let message = "the recording was not stopped in order: its header has no end and no counts of loss";
        out.issue(IssueKind::Note, START, message);
    }
}

/// How many buffers were found, at the end. A ring writes more than it keeps; the count is zero in a file that was not closed.
pub(super) fn buffers(logfile: Option<&Logfile>, found: u64, out: &mut Collector) {
    let missing = logfile.is_some_and(|header| {
        header.was_stopped() && !header.is_circular() && u64::from(header.buffers_written) > found
    });
    if missing {
        let message = "the header counts more buffers than the file has";
        out.issue(IssueKind::Truncated, "", message);
    }
}

/// A stretch of the file that is no buffer.
pub(super) fn skipped(offset: u64, unused: bool, cut: bool, out: &mut Collector) {
    let (kind, message) = match (unused, cut) {
        (true, _) => (IssueKind::Note, "a stretch of the file was never filled"),
        (false, true) => (IssueKind::Truncated, "the file ends inside the header of a buffer"),
        (false, false) => (IssueKind::SkippedBytes, "bytes that are no buffer that can be read"),
    };
    out.issue(kind, format!("offset {offset:#x}"), message);
}

/// Bytes of a buffer that are no event; where the buffer ends early, its own issue says so. How many events were there is not
/// known: it counts as one.
pub(super) fn hole(offset: u64, ends_early: bool, out: &mut Collector) {
    if !ends_early {
        let message = "bytes of a buffer that are no event that can be read";
        out.issue(IssueKind::Record, format!("offset {offset:#x}"), message);
        out.lose(1);
    }
}

/// A file that ends inside the unused rest of a buffer.
pub(super) fn ends_early(place: &Place, out: &mut Collector) {
    let message = "the file ends before the end of a buffer";
    out.issue(IssueKind::Truncated, format!("offset {:#x}", place.offset), message);
}

/// A buffer of which the end is missing.
pub(super) fn cut(place: &Place, out: &mut Collector) {
    out.issue(IssueKind::Truncated, format!("offset {:#x}", place.offset), "the end of a buffer is missing");
    out.lose(1);
}

/// A compressed buffer that is damaged.
pub(super) fn not_unpacked(place: &Place, out: &mut Collector) {
    let message = "a compressed buffer cannot be unpacked to its end";
    out.issue(IssueKind::Chunk, format!("offset {:#x}", place.offset), message);
    out.lose(1);
}

/// A buffer whose flags say that something was lost before it was completed.
pub(super) fn marked(place: &Place, out: &mut Collector) {
    let message = "a buffer is marked: events were lost while it was recorded";
    out.issue(IssueKind::Record, format!("offset {:#x}", place.offset), message);
}

/// An event whose stamp cannot be of this session.
pub(super) fn impossible_time(offset: u64, out: &mut Collector) {
    let message =
        "the time of an event lies outside of what the recording can span; it was read without a time";
    out.issue(IssueKind::Clock, format!("offset {offset:#x}"), message);
}
