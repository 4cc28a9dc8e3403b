use super::flush_hold_exceeded::timed_out;
use crate::rules::pattern::code::{self, CodeWatch, Hit};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Confidence, HResult, Method};

rule! {
    /// # What it flags
    /// VSS_E_HOLD_WRITES_TIMEOUT (0x80042314) from DoSnapshotSet or in a record of VSS, or volsnap 8 (the release of the
    /// writes did not come) about a volume of a set while the set was made.
    /// # Why it matters
    /// Writes can be held for ten seconds and no longer. A provider or the flush of another volume took more, and the set
    /// failed.
    /// # Evidence needed
    /// The requester's calls with results, the Application log or the System log.
    /// # When it is silent
    /// The record of volsnap is about another volume or came when no set was being made: later than ten
    /// seconds after DoSnapshotSet had failed no hold of it is left.
    /// # What to do
    /// See flush-hold-exceeded and provider-commit-slow for what took the time. Put fewer volumes into one set; try again
    /// after ten minutes.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet; Shadow Copy Creation for Providers; Volume Snapshot Driver Integrity
    /// (volsnap 8).
    pub struct HoldWritesTimeout {
        id: "hold-writes-timeout",
        title: "Hold of writes timed out",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODE: CodeWatch = CodeWatch::of(HResult::VSS_HOLD_WRITES_TIMEOUT, &[Method::DoSnapshotSet]);
const MEANING: &str = "Writes were not released within the ten seconds for which they can be held";
const REMEDY: &str = "Find the slow part (provider commit, flush of one volume), take volumes out of the set or move the job to \
                      a quieter time, and repeat it after ten minutes.";

impl Rule for HoldWritesTimeout {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let hits = code::hits(case, &CODE);
        for hit in &hits {
            findings.add(code::report(self.info(), case, hit, MEANING).remedy(REMEDY));
        }
        for operation in &case.operations {
            let is_told =
                |hit: &Hit<'_, '_>| hit.operation.is_some_and(|known| std::ptr::eq(known, operation));
            if hits.iter().any(is_told) {
                continue;
            }
            for set in &operation.sets {
                let records = timed_out(case, operation, set);
                if records.is_empty() {
                    continue;
                }
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(Confidence::Strong)
                        .detail(format!("{MEANING}: volsnap reported it {}.", words::times(records.len())))
                        .remedy(REMEDY)
                        .evidence(records),
                );
            }
        }
    }
}
