//! [`Story`]: what the records of a VSS trace mean: calls, callbacks, provider steps, failures.

use super::record::TraceRecord;
use crate::collect::Collector;

/// Reads the records of one trace in the order of their time and gives their events to the collector.
#[derive(Default)]
pub(crate) struct Story {}

impl Story {
    /// Takes the next record. The reader counts records; this only keeps events.
    pub fn record(&mut self, _record: &TraceRecord<'_>, _out: &mut Collector) {}

    /// The trace is over: what is open stays open, and failures that are not finished are given out.
    pub fn finish(self, _out: &mut Collector) {}
}
