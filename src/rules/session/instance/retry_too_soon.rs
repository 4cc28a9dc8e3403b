use crate::rules::pattern::tries;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};

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
    /// The retry succeeded, or its result is not in the evidence; other volumes or another program.
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
                let pause = again.operation.started - before.operation.ended;
                let host = again.operation.host();
                let measured = !case.clock_stepped(host, before.operation.started, again.operation.started);
                if !again.failed || pause >= case.thresholds.retry_pause || !measured {
                    continue;
                }
                let waited = words::millis(before.operation.ended, again.operation.started).max(0.0);
                findings.add(
                    Draft::of(self.info(), again.operation)
                        .at(again.operation.started)
                        .detail(format!(
                            "{} failed with {} and began again {} after the end of that session; it failed again.",
                            words::capital(&again.operation.requester()),
                            words::code(*code),
                            words::seconds(waited)
                        ))
                        .remedy("Let the job wait ten minutes before it tries again, and stop after the third try.")
                        .evidence(events.iter().copied())
                        .evidence(again.operation.events.first().copied()),
                );
            }
        }
    }
}
