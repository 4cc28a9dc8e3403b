use crate::rules::pattern::tries;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::Timestamp;

rule! {
    /// # What it flags
    /// A program repeated a backup of the same volumes less than ten minutes after it had failed with a code for which
    /// Microsoft advises to wait that long, and failed again, with whatever code.
    /// # Why it matters
    /// What made the first try fail (load, a busy provider, a writer that recovers) is likely still there; repeating at
    /// once uses up the tries and adds load.
    /// # Evidence needed
    /// A trace with the requester's calls and results, its image and the volumes.
    /// # When it is silent
    /// The retry succeeded, or its result is not in the evidence; other volumes or another program; it began before the
    /// failed one was over.
    /// # What to do
    /// Let the job wait ten minutes before it repeats, and stop after three tries.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet; IVssBackupComponents::GetWriterStatus.
    pub struct RetryTooSoon {
        id: "retry-too-soon",
        title: "Repeated faster than advised",
        severity: Info,
        scope: Session,
        basis: "documented",
    }
}

impl Rule for RetryTooSoon {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for series in tries::series(case) {
            for pair in series.windows(2) {
                let [before, again] = pair else { continue };
                let Some((code, events)) = &before.failure else { continue };
                let Some(over) = Over::of(before.operation, again.operation.started) else { continue };
                let pause = again.operation.started - over.at;
                let host = again.operation.host();
                let measured = !case.clock_stepped(host, before.operation.started, again.operation.started);
                if !again.failed || pause >= case.thresholds.retry_pause || !measured {
                    continue;
                }
                let waited = words::millis(over.at, again.operation.started);
                findings.add(
                    Draft::of(self.info(), again.operation)
                        .at(again.operation.started)
                        .detail(format!(
                            "{} failed with {} and began again {} after {}; it failed again.",
                            words::capital(&again.operation.requester()),
                            words::code(*code),
                            words::seconds(waited),
                            over.with
                        ))
                        .remedy("Let the job wait ten minutes before it tries again, and stop after the third try.")
                        .evidence(events.iter().copied())
                        .evidence(again.operation.events.first().copied()),
                );
            }
        }
    }
}

/// When a failed try was over.
struct Over {
    at: Timestamp,
    /// With what, in words.
    with: &'static str,
}

impl Over {
    /// The end of its session. A process that tries again may keep the instance of the failed try until its own end: then the
    /// last call on it counts. Absent where the next try began before.
    fn of(operation: &Operation<'_>, next: Timestamp) -> Option<Self> {
        let ended = operation.session?.ended.map(|at| Over { at, with: "the end of that session" });
        let last = operation.calls().iter().map(|call| call.ended.unwrap_or(call.started)).max();
        let last = last.map(|at| Over { at, with: "the last call of that session" });
        ended.into_iter().chain(last).find(|over| over.at <= next)
    }
}
