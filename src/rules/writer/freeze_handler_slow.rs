use crate::rules::case::first_sign;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{Callback, Phase, PhaseActor, Severity, SnapshotSet, Timestamp, WriterRun};

rule! {
    /// # What it flags
    /// One writer's own work at Freeze took longer than ten seconds, or more than half of the freeze window of the set (and
    /// at least five seconds). A PrepareSnapshot of more than a minute is shown as information.
    /// # Why it matters
    /// All writers share one window of sixty seconds. What a slow one uses up is missing for those that were frozen before
    /// it and for the provider. Long work belongs in PrepareSnapshot, before anything is frozen.
    /// # Evidence needed
    /// A trace that has entry and exit of the writer's callback.
    /// # When it is silent
    /// The clock was set within the callback; one record stands for the whole step, so that its start is not known. The
    /// thresholds are `freeze_handler` and `prepare_handler` of vsscope.toml.
    /// # What to do
    /// Lower the load of this application at that time, shorten its open transactions, or ask its vendor.
    /// # References
    /// Microsoft: CVssWriter::OnFreeze; CVssWriter::OnPrepareSnapshot; Overview of Pre-Backup Tasks. The thresholds are
    /// inferred.
    pub struct FreezeHandlerSlow {
        id: "freeze-handler-slow",
        title: "Slow writer at Freeze",
        severity: Warning,
        scope: Writer,
        basis: "inferred threshold",
    }
}

/// A share of a window that is shorter than this says nothing.
const WORTH_A_SHARE: TimeDelta = TimeDelta::seconds(5);

impl Rule for FreezeHandlerSlow {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let sets = case
            .operations
            .iter()
            .flat_map(|operation| operation.sets.iter().map(move |set| (operation, *set)));
        for (operation, set) in sets {
            for run in &set.writers {
                for phase in &run.phases {
                    if let Some(draft) = self.slow(case, operation, set, run, phase) {
                        findings.add(draft);
                    }
                }
            }
        }
    }
}

impl FreezeHandlerSlow {
    fn slow(
        &self,
        case: &Case<'_>,
        operation: &Operation<'_>,
        set: &SnapshotSet,
        run: &WriterRun,
        phase: &Phase,
    ) -> Option<Draft> {
        let (from, to) = (phase.started?, phase.ended?);
        let took = to - from;
        if case.clock_stepped(&set.host, from, to) {
            return None;
        }
        let is_freeze = phase.name == Callback::Freeze.as_str();
        let thresholds = case.thresholds;
        let share = is_freeze.then(|| window(set)).flatten().filter(|_| took >= WORTH_A_SHARE);
        let most = share.is_some_and(|window| took * 2 > window);
        let severity = match phase.name.as_str() {
            _ if is_freeze && (took > thresholds.freeze_handler || most) => Severity::Warning,
            name if name == Callback::PrepareSnapshot.as_str() && took > thresholds.prepare_handler => {
                Severity::Info
            }
            _ => return None,
        };
        let of_window = share
            .filter(|_| most)
            .map(|window| {
                format!(
                    ", of {} in which writers of the set were frozen",
                    words::seconds(words::length(window))
                )
            })
            .unwrap_or_default();
        Some(
            Draft::of(self.info(), operation)
                .set(Some(set))
                .writer(Some(&run.name))
                .severity(severity)
                .confidence(set.confidence)
                .at(from)
                .detail(format!(
                    "{} worked {} at {} (from {}){of_window}.",
                    run.name,
                    words::seconds(words::length(took)),
                    phase.name,
                    words::iso(from)
                ))
                .remedy("Lower the load of this application at that time, shorten its transactions, or ask its vendor.")
                .evidence(phase.events.iter().copied()),
        )
    }
}

/// From the first Freeze of a writer of the set to the last end of a freeze.
fn window(set: &SnapshotSet) -> Option<TimeDelta> {
    let windows = || {
        let phases = set.writers.iter().flat_map(|run| &run.phases);
        phases.filter(|phase| phase.actor == PhaseActor::Writer && phase.name == Phase::FREEZE_WINDOW)
    };
    let from: Option<Timestamp> = windows().filter_map(first_sign).min();
    let to = windows().filter_map(|phase| phase.ended).max();
    Some(to? - from?)
}
