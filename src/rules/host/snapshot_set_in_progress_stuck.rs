use crate::rules::pattern::refused;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{CallRecord, Event, HResult, Method, Timestamp, What};

rule! {
    /// # What it flags
    /// VSS_E_SNAPSHOT_SET_IN_PROGRESS (0x80042316) again and again: for more than ten minutes to one program, or to three
    /// programs within ten minutes, while no session on the host was creating anything.
    /// # Why it matters
    /// The lock of the host is held by a session that does not go on. No backup on this host can begin until that session
    /// ends.
    /// # Evidence needed
    /// A trace with the calls of the requesters and their results.
    /// # When it is silent
    /// Some session makes progress between its StartSnapshotSet and the end of DoSnapshotSet meanwhile, for instance a
    /// long DoSnapshotSet of a large hardware set; a call that never came back counts until its session ends. Refusals with
    /// long pauses between them, as of a nightly job.
    /// # What to do
    /// Find the program that left its set open, possibly from before the trace began, and end it. If none is found, restart
    /// the service VSS.
    /// # References
    /// Microsoft: IVssBackupComponents::StartSnapshotSet. Practice: Duplicati issue 7005.
    pub struct SnapshotSetInProgressStuck {
        id: "snapshot-set-in-progress-stuck",
        title: "Shadow copy creation blocked for long",
        severity: Error,
        scope: Host,
        basis: "inferred threshold",
    }
}

/// One refusal.
#[derive(Clone, Copy)]
struct Refusal<'c, 't> {
    operation: &'c Operation<'t>,
    call: &'t CallRecord,
}

/// A time in which nothing went on on a host but refusals.
pub(in crate::rules) struct Blockade<'c, 't> {
    refusals: Vec<Refusal<'c, 't>>,
}

impl Rule for SnapshotSetInProgressStuck {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for Blockade { refusals } in blockades(case) {
            let (Some(first), Some(last)) = (refusals.first(), refusals.last()) else { continue };
            let who: BTreeSet<String> =
                refusals.iter().map(|refusal| refusal.operation.requester()).collect();
            let who: Vec<String> = who.into_iter().collect();
            let from = first.call.started;
            let idle = case.operations.iter().find(|other| {
                let asked = refusals.iter().any(|refusal| std::ptr::eq(refusal.operation, *other));
                !asked && other.host() == first.operation.host() && left_open(other, from)
            });
            let holder = match idle {
                Some(idle) => {
                    format!("{} has had a set open since before that.", words::capital(&idle.requester()))
                }
                None => "The session that holds the lock is not in the evidence.".to_owned(),
            };
            findings.add(
                Draft::new(self.info(), first.operation.host())
                    .at(from)
                    .detail(format!(
                        "{} was refused {} between {from} and {}, and no session was creating a set meanwhile. {holder}",
                        words::capital(&words::list(&who)),
                        words::times(refusals.len()),
                        words::iso(last.call.started),
                        from = words::iso(from),
                    ))
                    .remedy(
                        "End the process that left its set open (also one from before the evidence began); if none can \
                         be found, restart the service VSS. Then repeat the jobs.",
                    )
                    .evidence(refusals.iter().flat_map(|refusal| refusal.call.events.iter().copied()))
                    .evidence(idle.and_then(|idle| idle.events.last().copied())),
            );
        }
    }
}

/// VSS notes a refusal in the Application log this long after the call at most.
const NOTED_LATER: TimeDelta = TimeDelta::seconds(5);

/// What belongs to the blockades of the hosts.
pub(in crate::rules) struct Blocked<'t> {
    /// The refused calls.
    calls: BTreeSet<usize>,
    /// Host, first and last refusal.
    times: Vec<(&'t str, Timestamp, Timestamp)>,
}

impl<'t> Blocked<'t> {
    /// Looks for blockades.
    pub(in crate::rules) fn of(case: &Case<'t>) -> Self {
        let mut blocked = Blocked { calls: BTreeSet::new(), times: Vec::new() };
        for Blockade { refusals } in blockades(case) {
            if let (Some(first), Some(last)) = (refusals.first(), refusals.last()) {
                let end = last.call.ended.unwrap_or(last.call.started) + NOTED_LATER;
                blocked.times.push((first.operation.host(), first.call.started, end));
            }
            blocked.calls.extend(refusals.iter().flat_map(|refusal| refusal.call.events.iter().copied()));
        }
        blocked
    }

    /// Whether an event is a refused call of a blockade, or a record of VSS that was written meanwhile.
    pub(in crate::rules) fn has(&self, host: &str, index: usize, event: &Event) -> bool {
        let meanwhile = |(blocked, from, to): &(&str, Timestamp, Timestamp)| {
            blocked.eq_ignore_ascii_case(host) && *from <= event.time && event.time <= *to
        };
        let is_record = !matches!(event.what, What::Call { .. });
        self.calls.contains(&index) || (is_record && self.times.iter().any(meanwhile))
    }
}

/// The blockades of every host: refusals that follow one another without a long pause and without any progress between.
fn blockades<'c, 't>(case: &'c Case<'t>) -> Vec<Blockade<'c, 't>> {
    let mut of_host: BTreeMap<&str, Vec<Refusal<'_, '_>>> = BTreeMap::new();
    for operation in case.operations.iter().filter(|o| !o.is_transcript(case.timeline)) {
        let is_refused = |call: &&CallRecord| {
            refused::result(call, |code| code == HResult::VSS_SNAPSHOT_SET_IN_PROGRESS).is_some()
        };
        let refusals = operation.calls().iter().filter(is_refused).map(|call| Refusal { operation, call });
        of_host.entry(operation.host()).or_default().extend(refusals);
    }
    let mut found = Vec::new();
    for (host, mut refusals) in of_host {
        refusals.sort_by_key(|refusal| refusal.call.started);
        let work = work(case, host);
        let joins = |a: &Refusal<'_, '_>, b: &Refusal<'_, '_>| {
            let (from, to) = (a.call.started, b.call.started);
            let is_between = |(start, end): &(Timestamp, Timestamp)| *start <= to && from <= *end;
            to - from <= case.thresholds.blocked_for && !work.iter().any(is_between)
        };
        let groups = refusals.chunk_by(joins).filter(|group| is_blockade(case, host, group));
        found.extend(groups.map(|group| Blockade { refusals: group.to_vec() }));
    }
    found
}

/// Long enough for one program, or many enough programs in a short time; by a clock that was not set.
fn is_blockade(case: &Case<'_>, host: &str, group: &[Refusal<'_, '_>]) -> bool {
    let limit = case.thresholds.blocked_for;
    let program = |refusal: &Refusal<'_, '_>| {
        let requester = refusal.operation.session.map(|session| &session.requester);
        requester.and_then(|r| r.image.as_deref().map(str::to_lowercase).or(r.pid.map(|pid| pid.to_string())))
    };
    let long = |first: &Refusal<'_, '_>| {
        let mut own =
            group.iter().filter(|other| program(other).is_some() && program(other) == program(first));
        own.next_back().is_some_and(|last| last.call.started - first.call.started > limit)
    };
    let many = |first: &Refusal<'_, '_>| {
        let near = |other: &&Refusal<'_, '_>| {
            other.call.started >= first.call.started && other.call.started - first.call.started <= limit
        };
        let programs: BTreeSet<_> = group.iter().filter(near).filter_map(program).collect();
        programs.len() >= case.thresholds.blocked_requesters
    };
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return false };
    let measured = !case.clock_stepped(host, first.call.started, last.call.started);
    measured && group.iter().any(|refusal| long(refusal) || many(refusal))
}

/// When sessions of a host were at work on a creation. A DoSnapshotSet whose end is not in the evidence may go on for as long
/// as its session lives.
fn work(case: &Case<'_>, host: &str) -> Vec<(Timestamp, Timestamp)> {
    let is_work = |call: &&CallRecord| {
        let part = matches!(
            call.method,
            Method::StartSnapshotSet
                | Method::AddToSnapshotSet
                | Method::PrepareForBackup
                | Method::DoSnapshotSet
        );
        part && call.was_taken()
    };
    let operations = case.operations.iter().filter(|operation| operation.host() == host);
    let spans = operations.flat_map(|operation| {
        let open_until = operation.session.and_then(|session| session.ended).unwrap_or(Timestamp::MAX_UTC);
        let calls = operation.calls().iter().filter(is_work);
        calls.map(move |call| (call.started, call.ended.unwrap_or(open_until)))
    });
    spans.collect()
}

/// Whether a session had started a set before an instant and neither finished, aborted nor ended since.
fn left_open(operation: &Operation<'_>, time: Timestamp) -> bool {
    let started = operation.calls_of(&Method::StartSnapshotSet).any(|call| call.ok() && call.started <= time);
    let over = operation.calls().iter().any(|call| {
        let ends = matches!(call.method, Method::DoSnapshotSet | Method::AbortBackup);
        ends && call.started <= time
    });
    let ended = operation.session.and_then(|session| session.ended).is_some_and(|end| end <= time);
    started && !over && !ended
}
