//! The time from Freeze to Thaw (or Abort) of each writer, against its limit.

use crate::knowledge::limits;
use crate::rules::{Case, Operation};
use vsscope_model::{Confidence, Phase, SnapshotSet, WriterRun};

/// The measured freeze window of one writer.
pub struct Window<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The set.
    pub set: &'t SnapshotSet,
    /// The writer.
    pub run: &'t WriterRun,
    /// The window.
    pub phase: &'t Phase,
    /// Its length in ms.
    pub lasted: f64,
    /// The writer's limit in ms.
    pub limit: f64,
}

impl Window<'_, '_> {
    /// Both ends are events of the same writer, so a set that is tied by time alone does not weaken the measure.
    pub fn confidence(&self) -> Confidence {
        self.set.confidence.max(Confidence::Strong)
    }
}

/// The limit of a writer.
pub fn limit(run: &WriterRun, phase: Option<&Phase>) -> f64 {
    let traced = phase.and_then(|phase| phase.limit_ms);
    traced.unwrap_or_else(|| limits::freeze_window_ms(run.class_id, &run.name))
}

/// Every window whose length means something: both ends seen, and in between the clock was not set and nothing was lost (the
/// Thaw before an Abort may be among it).
pub fn windows<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = Window<'c, 't>> {
    let sets =
        case.operations.iter().flat_map(|operation| operation.sets.iter().map(move |set| (operation, *set)));
    let runs = sets.flat_map(|(operation, set)| set.writers.iter().map(move |run| (operation, set, run)));
    runs.flat_map(move |(operation, set, run)| {
        run.phases.iter().filter(|phase| phase.name == Phase::FREEZE_WINDOW).filter_map(move |phase| {
            let (from, to) = (phase.started?, phase.ended?);
            let lasted = phase.duration_ms?;
            let measured = !case.clock_stepped(&set.host, from, to) && !case.has_hole(operation, from, to);
            measured.then(|| Window { operation, set, run, phase, lasted, limit: limit(run, Some(phase)) })
        })
    })
}
