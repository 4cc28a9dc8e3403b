use crate::rules::pattern::absence::is_whole;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
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
        for operation in &case.operations {
            let done = operation.calls().iter().rfind(|call| WORK_ENDS.contains(&call.method) && call.ok());
            let Some((done, over)) = done.and_then(|call| Some((call, call.ended?))) else { continue };
            let Some(kept) = kept(case, operation, over + case.thresholds.release_after_work) else {
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

/// The sign that an instance was kept until after an instant.
fn kept(case: &Case<'_>, operation: &Operation<'_>, after: Timestamp) -> Option<Kept> {
    let session = operation.session?;
    if let Some(until) = session.ended {
        let late = operation.calls_of(&Method::Release).flat_map(|call| call.events.iter().copied());
        return (until > after).then(|| Kept { until, ended: true, events: late.collect() });
    }
    let of_process = |other: &&Operation<'_>| {
        other.host() == operation.host()
            && other.session.is_some_and(|other| other.requester.pid == session.requester.pid)
    };
    session.requester.pid?;
    let others = case.operations.iter().filter(of_process).flat_map(Operation::calls);
    let sign: &CallRecord = others.filter(|call| call.started > after).min_by_key(|call| call.started)?;
    // A number that was given to another process says nothing about this one.
    let gone = case.between(operation.host(), operation.ended, sign.started).any(|(_, event)| {
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
