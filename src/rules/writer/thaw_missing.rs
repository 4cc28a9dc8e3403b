use crate::knowledge::writers;
use crate::rules::case::{first_sign, same_writer};
use crate::rules::pattern::freeze_window::limit;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{
    Callback, Confidence, Event, Phase, ServiceState, SnapshotSet, Timestamp, What, WriterRun,
};

rule! {
    /// # What it flags
    /// A writer was frozen, and neither Thaw nor Abort came within its limit and ten more seconds, while the log or trace
    /// that showed the freeze went on.
    /// # Why it matters
    /// After Freeze one of the two has to come. The application may still hold back its work.
    /// # Evidence needed
    /// A trace with the writers' callbacks that covers the whole interval without a hole. The registry trace is not known
    /// to show Abort, so from it the finding is only possible.
    /// # When it is silent
    /// The process of the writer ended; the service that hosts it, VSS or the system provider crashed (any service, where
    /// the host of the writer is not known); Windows was shut down or started; the evidence ends or has a hole; the clock
    /// was set; the writer refused the freeze; a record of a log, such as VSS 8229, says between the freeze and the end of
    /// the ten seconds that the writer failed; or it thawed late (freeze-window-exceeded speaks then).
    /// # What to do
    /// Look at the application now. If its writes hang, take a dump of its process for its vendor and restart it.
    /// # References
    /// Microsoft: CVssWriter::OnFreeze; CVssWriter::OnThaw; CVssWriter::OnAbort.
    pub struct ThawMissing {
        id: "thaw-missing",
        title: "Freeze without Thaw or Abort",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// What a writer gets beyond its limit before its silence counts.
const GRACE_MS: i64 = 10_000;

impl Rule for ThawMissing {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            if operation.session.is_some_and(|session| session.ends_mid) {
                continue;
            }
            for set in &operation.sets {
                for run in &set.writers {
                    let Some((freeze, from, first)) = unanswered(run) else { continue };
                    let limit = limit(run, Some(freeze));
                    let Some(deadline) = deadline(from, limit) else { continue };
                    if !is_proven(case, operation, (set, run), first, from, deadline) {
                        continue;
                    }
                    let every_function = case.event(first).is_some_and(Event::is_of_function_trace);
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .writer(Some(&run.name))
                            .confidence(if every_function { Confidence::Exact } else { Confidence::Weak })
                            .at(from)
                            .detail(format!(
                                "{} was frozen at {}. Its limit is {}; until {} {}, though the evidence goes on.",
                                run.name,
                                words::iso(from),
                                words::seconds(limit),
                                words::iso(deadline),
                                if every_function {
                                    "neither Thaw nor Abort was seen"
                                } else {
                                    "no Thaw was seen, and an Abort may not show in this kind of trace"
                                }
                            ))
                            .remedy(
                                "Check whether the application still works. If its writes hang, take a dump of the \
                                 writer's process and restart its service.",
                            )
                            .evidence(freeze.events.iter().copied()),
                    );
                }
            }
        }
    }
}

/// A Freeze without any sign of its end, with its start and its first event.
fn unanswered(run: &WriterRun) -> Option<(&Phase, Timestamp, usize)> {
    let freeze = run.phases.iter().find(|phase| phase.name == Callback::Freeze.as_str())?;
    let (from, first) = (first_sign(freeze)?, *freeze.events.first()?);
    let ends = |phase: &Phase| match phase.name.as_str() {
        "Thaw" | "Abort" => first_sign(phase).is_some_and(|at| at >= from),
        Phase::FREEZE_WINDOW => phase.ended.is_some(),
        _ => false,
    };
    (!run.phases.iter().any(ends)).then_some((freeze, from, first))
}

fn deadline(from: Timestamp, limit_ms: f64) -> Option<Timestamp> {
    // Limits are minutes; the cast cannot overflow and a fraction of a ms does not matter.
    let limit = TimeDelta::try_milliseconds(limit_ms.round() as i64 + GRACE_MS)?;
    from.checked_add_signed(limit)
}

/// The evidence covers the interval, and nothing else explains the silence.
fn is_proven(
    case: &Case<'_>,
    operation: &Operation<'_>,
    (set, run): (&SnapshotSet, &WriterRun),
    first: usize,
    from: Timestamp,
    to: Timestamp,
) -> bool {
    let Some(freeze) = case.event(first) else { return false };
    let refused = operation.iter(case.timeline).any(|(_, event)| {
        let vetoed =
            matches!(&event.what, What::Callback { callback: Callback::Freeze, accepted: Some(false), .. });
        vetoed && event.writer == freeze.writer
    });
    let failed = case
        .between(&set.host, from, to)
        .any(|(index, event)| case.noise(index).is_none() && is_failure_record(event, freeze));
    let explained = case.between(&set.host, from, to).any(|(_, event)| match &event.what {
        What::ProcessEnded { .. } => event.process.pid.is_some() && event.process.pid == freeze.process.pid,
        What::Service { service, state } => *state == ServiceState::Crashed && is_needed(service, run),
        What::Shutdown | What::Startup | What::RecordingEnds => true,
        _ => false,
    });
    !refused
        && !failed
        && !explained
        && case.goes_on(first, to)
        && !case.has_hole(operation, from, to)
        && !case.clock_stepped(&set.host, from, to)
}

/// Whether a writer cannot go on, or is not called any more, without a service.
fn is_needed(service: &str, run: &WriterRun) -> bool {
    let host = writers::hosting_service(run.class_id, &run.name);
    let is = |known: &str| known.eq_ignore_ascii_case(service);
    is("vss") || is("swprv") || host.is_none_or(is)
}

/// A log record in which the same writer fails: the answer to the freeze, in another log.
fn is_failure_record(event: &Event, freeze: &Event) -> bool {
    let writers = event.writer.as_ref().zip(freeze.writer.as_ref());
    matches!(event.what, What::Log)
        && event.hresult().is_some_and(|code| code.is_failure())
        && writers.is_some_and(|(a, b)| same_writer(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};

    const ID: &str = "thaw-missing";

    fn frozen_at_nine() -> Lab {
        let mut lab = Lab::creating();
        lab.callback(9.0, "SqlServerWriter", Callback::Freeze, true);
        lab
    }

    #[test]
    fn silence_beyond_the_limit_is_an_error() {
        let mut lab = frozen_at_nine();
        lab.event(79.5, What::Log);
        assert_fires(&lab, ID);
    }

    #[test]
    fn evidence_that_ends_before_proves_nothing() {
        let mut lab = frozen_at_nine();
        lab.event(78.5, What::Log);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_thaw_an_abort_or_a_refusal_answers() {
        for (callback, accepted) in
            [(Callback::Thaw, true), (Callback::Abort, true), (Callback::Freeze, false)]
        {
            let mut lab = frozen_at_nine();
            lab.callback(40.0, "SqlServerWriter", callback, accepted);
            lab.event(79.5, What::Log);
            assert_silent(&lab, ID);
        }
    }

    #[test]
    fn what_explains_the_silence_is_silent() {
        for what in [What::Shutdown, What::EventsLost { count: None }] {
            let mut lab = frozen_at_nine();
            lab.event(40.0, what);
            lab.event(79.5, What::Log);
            assert_silent(&lab, ID);
        }
        let mut lab = frozen_at_nine();
        let ended = lab.event(40.0, What::ProcessEnded { exit_code: None });
        lab.timeline.events[ended].process.pid = Some(Lab::WRITER_PID);
        lab.event(79.5, What::Log);
        assert_silent(&lab, ID);
    }

    // The clock was set back by ten minutes after the freeze, so the thaw bears a time before it.
    #[test]
    fn a_clock_that_was_set_back_proves_nothing() {
        let mut lab = Lab::creating();
        let new = lab.event(300.0, What::RecordingStarts);
        lab.callback(800.0, "SqlServerWriter", Callback::Freeze, true);
        lab.event(900.0, What::Log);
        assert_fires(&lab, ID);
        let time = |index: usize, lab: &Lab| lab.timeline.events[index].time;
        let old = time(lab.timeline.events.len() - 2, &lab) + TimeDelta::seconds(5);
        lab.timeline.events[new].what = What::ClockChanged { old, new: time(new, &lab) };
        assert_silent(&lab, ID);
    }
}
