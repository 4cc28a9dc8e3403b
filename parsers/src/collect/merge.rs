//! Parts of an input that were read apart from each other become one account.

use super::{Collector, Lane, Met, Range};
use crate::time;
use std::sync::Arc;

/// Records of one host and channel that follow each other, by the record's own time in steps of 100 ns since 1601.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    first: i64,
    last: i64,
    begun: i64,
    ended: i64,
    records: u64,
    forward: u64,
    backward: u64,
}

impl Run {
    /// A run of one record.
    pub fn of(time: i64) -> Self {
        Run { first: time, last: time, begun: time, ended: time, records: 1, forward: 0, backward: 0 }
    }

    /// Adds the next record.
    pub fn add(&mut self, time: i64) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.forward = self.forward.saturating_add(u64::from(self.ended < time));
        self.backward = self.backward.saturating_add(u64::from(self.ended > time));
        self.ended = time;
        self.records = self.records.saturating_add(1);
    }
}

impl Collector {
    /// A collector for a part of the same input.
    pub fn part(&self) -> Self {
        let mut part =
            Collector { sift: self.sift, ..Collector::new(&self.report.path, &self.report.format) };
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        part.report.events = spare.unwrap_or_default();
        part
    }

    /// The records that were met so far, by [`Collector::absorb`].
    pub fn met(&self) -> &Met {
        &self.met
    }

    /// Counts an event of a record that was met before.
    pub fn count_copy(&mut self) {
        self.met.count(1);
    }

    /// Counts the records of a run, as [`Collector::count`] would one after the other.
    pub fn count_run(&mut self, host: &str, channel: &str, run: Run) {
        self.report.records = self.report.records.saturating_add(run.records);
        let at = |steps| time::from_filetime(steps).unwrap_or_default();
        let Some(lane) = self.lane(host, channel) else { return };
        lane.join(Lane {
            own: Some(Range { first: at(run.first), last: at(run.last), records: run.records }),
            begun: Some(at(run.begun)),
            previous: Some(at(run.ended)),
            forward: run.forward,
            backward: run.backward,
            ..Lane::new(Arc::clone(&lane.host), Arc::clone(&lane.channel), lane.carved)
        });
    }

    /// Adds what was read of the part of the input that comes next.
    pub fn absorb(&mut self, part: Collector) {
        let Collector { mut report, lanes, met, .. } = part;
        self.report.records = self.report.records.saturating_add(report.records);
        self.report.lost = self.report.lost.saturating_add(report.lost);
        for next in lanes.into_order() {
            if let Some(lane) = self.lane(&next.host, &next.channel) {
                lane.join(next);
            }
        }
        for issue in report.issues {
            self.issue_of(issue.kind, issue.place, issue.message, issue.count);
        }
        self.met.count(met.copies());
        for event in report.events.drain(..) {
            if !self.met.is_new(&event) {
                continue;
            }
            self.report.events.push(event);
            self.processes.clear_if_many(&mut self.report.events);
        }
        if let Ok(spare) = self.spare.get_mut() {
            spare.push(report.events);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::Seen;
    use vsscope_model::{Clock, IssueKind};

    const STEPS: i64 = 10_000_000;

    /// Seconds and channel of records in the order of the log.
    const RECORDS: [(i64, &str); 9] = [
        (50, "System"),
        (51, "System"),
        (40, "System"),
        (10, "Application"),
        (41, "System"),
        (42, "System"),
        (9, "Application"),
        (8, "Application"),
        (42, "System"),
    ];

    fn collector() -> Collector {
        Collector::new(&Arc::from("log"), "evtx")
    }

    fn one_by_one(out: &mut Collector, records: &[(i64, &str)]) {
        for (seconds, channel) in records {
            let time = time::from_filetime(seconds * STEPS).unwrap();
            out.count(Seen { host: "H", channel, time, written: time, clock: Clock::Record });
            out.issue(IssueKind::Note, format!("at {seconds}"), format!("in {channel}"));
        }
    }

    fn in_runs(out: &mut Collector, records: &[(i64, &str)]) {
        for group in records.chunk_by(|a, b| a.1 == b.1) {
            let mut run = Run::of(group[0].0 * STEPS);
            group[1..].iter().for_each(|(seconds, _)| run.add(seconds * STEPS));
            out.count_run("H", group[0].1, run);
        }
        for (seconds, channel) in records {
            out.issue(IssueKind::Note, format!("at {seconds}"), format!("in {channel}"));
        }
    }

    #[test]
    fn parts_and_runs_add_up_to_the_whole() {
        let mut whole = collector();
        one_by_one(&mut whole, &RECORDS);
        let steps = |out: &Collector| {
            let lane = |channel| out.lanes.iter().find(|lane| lane.is_of("H", channel, false)).unwrap();
            let (system, application) = (lane("System"), lane("Application"));
            (system.forward, system.backward, application.backward)
        };
        // 50 51 40 41 42 42: forward thrice, backward once; 10 9 8: backward twice.
        assert_eq!(steps(&whole), (3, 1, 2));
        for at in 0..=RECORDS.len() {
            let mut joined = collector();
            let (mut first, mut second) = (joined.part(), joined.part());
            in_runs(&mut first, &RECORDS[..at]);
            one_by_one(&mut second, &RECORDS[at..]);
            joined.absorb(first);
            joined.absorb(second);
            assert_eq!(steps(&joined), steps(&whole), "{at}");
            let mut expected = collector();
            one_by_one(&mut expected, &RECORDS);
            assert_eq!(joined.finish(7), expected.finish(7), "{at}");
        }
    }
}
