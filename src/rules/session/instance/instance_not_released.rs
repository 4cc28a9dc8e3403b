use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::HashMap;
use vsscope_model::{CallRecord, Confidence, Method, Timestamp};

rule! {
    /// # What it flags
    /// The work on an instance was over (BackupComplete, AbortBackup or PostRestore), and the instance was kept for more
    /// than an hour while its process lived on.
    /// # Why it matters
    /// Until the release nothing is cleaned up: auto-release copies stay and fill the diff area, the writers keep the
    /// session and get no BackupShutdown.
    /// # Evidence needed
    /// A trace with the requester's calls, and a sign of the process from after that time: the late end of the session,
    /// or another session of the same process.
    /// # When it is silent
    /// Transportable sets on the host that made them, which have to wait for the other host; evidence that ends within the
    /// time (threshold `release_after_work`) or has holes; when nothing shows that the process lived that long; when the
    /// clock was set in between; the output of tools.
    /// # What to do
    /// Release every reference as soon as the work is over.
    /// # References
    /// Microsoft: IVssBackupComponents; Overview of Backup Termination; Backup Components Document Life Cycle.
    pub struct InstanceNotReleased {
        id: "instance-not-released",
        title: "Instance kept long after its work was done",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

/// Calls that end the work of an instance.
const WORK_ENDS: &[Method] = &[Method::BackupComplete, Method::AbortBackup, Method::PostRestore];

impl Rule for InstanceNotReleased {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let calls = Calls::of(case);
        for operation in &case.operations {
            let done = operation.calls().iter().rfind(|call| WORK_ENDS.contains(&call.method) && call.ok());
            let Some((done, over)) = done.and_then(|call| Some((call, call.ended?))) else { continue };
            let Some(kept) = kept(case, &calls, operation, over + case.thresholds.release_after_work) else {
                continue;
            };
            let is_transportable = operation.context().is_none_or(|context| context.is_transportable());
            if is_transportable
                || !is_whole(case, operation, done.started, kept.until)
                || case.clock_stepped(operation.host(), over, kept.until)
            {
                continue;
            }
            findings.add(
                Draft::of(self.info(), operation)
                    .confidence(if kept.ended { Confidence::Exact } else { Confidence::Strong })
                    .at(over)
                    .detail(format!(
                        "{} was done with {}, and {} at {}, {} later.",
                        words::capital(&operation.requester()),
                        words::call(done),
                        if kept.ended { "let the instance go only" } else { "still ran without a release" },
                        words::iso(kept.until),
                        words::seconds(words::millis(over, kept.until))
                    ))
                    .remedy(
                        "Let the requester release the instance, with every reference to it, directly after the last call \
                         of the job. As a stop-gap end the process once no backup runs.",
                    )
                    .evidence(done.events.iter().copied())
                    .evidence(kept.events),
            );
        }
    }
}

/// How long an instance was kept.
struct Kept {
    until: Timestamp,
    /// Whether that is its end; else it lived on.
    ended: bool,
    events: Vec<usize>,
}

/// The calls of each process, in order of time.
struct Calls<'t>(HashMap<(&'t str, u32), Vec<&'t CallRecord>>);

impl<'t> Calls<'t> {
    fn of(case: &Case<'t>) -> Self {
        let mut calls: HashMap<(&str, u32), Vec<&CallRecord>> = HashMap::new();
        for operation in &case.operations {
            if let Some(pid) = operation.session.and_then(|session| session.requester.pid) {
                calls.entry((operation.host(), pid)).or_default().extend(operation.calls());
            }
        }
        calls.values_mut().for_each(|calls| calls.sort_by_key(|call| call.started));
        Calls(calls)
    }

    fn first_after(&self, host: &str, pid: u32, after: Timestamp) -> Option<&'t CallRecord> {
        let calls = self.0.get(&(host, pid))?;
        calls.get(calls.partition_point(|call| call.started <= after)).copied()
    }
}

/// The sign that an instance was kept until after an instant.
fn kept(case: &Case<'_>, calls: &Calls<'_>, operation: &Operation<'_>, after: Timestamp) -> Option<Kept> {
    let session = operation.session?;
    if let Some(until) = session.ended {
        let late = operation.calls_of(&Method::Release).flat_map(|call| call.events.iter().copied());
        return (until > after).then(|| Kept { until, ended: true, events: late.collect() });
    }
    let sign = calls.first_after(operation.host(), session.requester.pid?, after)?;
    // A number that was given to another process says nothing about this one.
    let gone = case.telling_between(operation.host(), operation.ended, sign.started).any(|(_, event)| {
        use vsscope_model::What::{ProcessEnded, ProcessStarted, Shutdown, Startup};
        let of_process = event.process.pid == session.requester.pid;
        match event.what {
            Startup | Shutdown => true,
            ProcessStarted { .. } | ProcessEnded { .. } => of_process,
            _ => false,
        }
    });
    (!gone).then(|| Kept { until: sign.started, ended: false, events: sign.events.clone() })
}
