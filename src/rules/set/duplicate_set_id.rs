use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use crate::timeline::UNKNOWN_HOST;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use vsscope_model::{CallRecord, Clock, Event, Guid, Method};

rule! {
    /// # What it flags
    /// StartSnapshotSet gave the same set id two times: in two sessions, or at two times in one.
    /// # Why it matters
    /// VSS makes a new id for every set and never gives it again. Two starts with one id mean that the same log was read
    /// two times under different clocks or host names, or that the records were put together wrongly. Every other finding
    /// about the set rests on that.
    /// # Evidence needed
    /// A trace with the requester's calls, with parameters.
    /// # When it is silent
    /// The same start in two inputs (rotated logs that overlap, one trace in two forms): same process and same
    /// time on one host, or on one that a source does not name; any time where a clock has no zone. An import on a second
    /// host starts no set.
    /// # What to do
    /// Take the copy out of the input and look at the host names in the logs.
    /// # References
    /// Microsoft: Shadow Copies and Shadow Copy Sets; Shadow Copy Creation for Providers.
    pub struct DuplicateSetId {
        id: "duplicate-set-id",
        title: "One set id started twice",
        severity: Error,
        scope: Set,
        basis: "documented identity, inferred rule",
    }
}

/// Two sources note one call at times that differ by no more than this.
const SAME_TIME: TimeDelta = TimeDelta::seconds(1);

/// A StartSnapshotSet that gave an id.
#[derive(Clone, Copy)]
struct Start<'c, 't> {
    operation: &'c Operation<'t>,
    call: &'t CallRecord,
    event: &'t Event,
}

impl Rule for DuplicateSetId {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut starts: BTreeMap<Guid, Vec<Start<'_, '_>>> = BTreeMap::new();
        for operation in case.operations.iter().filter(|o| !o.is_transcript(case.timeline)) {
            for call in operation.calls_of(&Method::StartSnapshotSet).filter(|call| call.ok()) {
                let event = call.events.first().and_then(|&index| case.event(index));
                if let (Some(guid), Some(event)) = (call.set.filter(|guid| !guid.is_null()), event) {
                    starts.entry(guid).or_default().push(Start { operation, call, event });
                }
            }
        }
        for (guid, starts) in starts {
            let Some((first, again)) = starts.split_first() else { continue };
            let Some(second) = again.iter().find(|other| !is_same_record(first, other)) else { continue };
            let set = case.set_of_guid(guid);
            findings.add(
                Draft::of(self.info(), second.operation)
                    .set(set)
                    .at(second.call.started)
                    .detail(format!(
                        "{} started set {guid} on {} at {}, and {} started a set with the same id on {} at {}.",
                        words::capital(&first.operation.requester()),
                        first.operation.host(),
                        words::iso(first.call.started),
                        second.operation.requester(),
                        second.operation.host(),
                        words::iso(second.call.started)
                    ))
                    .remedy(
                        "Find out whether one of the inputs is a copy of another one and leave it out; compare the host \
                         names and clocks of the inputs.",
                    )
                    .evidence(first.call.events.iter().chain(&second.call.events).copied()),
            );
        }
    }
}

/// Whether two starts are one record that was read two times.
fn is_same_record(a: &Start<'_, '_>, b: &Start<'_, '_>) -> bool {
    // A source that does not name its host may be of any.
    let (host_a, host_b) = (a.operation.host(), b.operation.host());
    let unnamed = host_a == UNKNOWN_HOST || host_b == UNKNOWN_HOST;
    let same_host = unnamed || host_a.eq_ignore_ascii_case(host_b);
    let same_pid = a.event.process.pid.is_some() && a.event.process.pid == b.event.process.pid;
    let same_time = (a.call.started - b.call.started).abs() <= SAME_TIME;
    let unzoned = a.event.clock == Clock::Unzoned || b.event.clock == Clock::Unzoned;
    let other_input = a.event.source.input != b.event.source.input;
    same_host && same_pid && (same_time || (other_input && unzoned))
}
