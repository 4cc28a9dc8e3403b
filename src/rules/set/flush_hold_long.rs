use super::flush_hold_exceeded::timed_out;
use crate::knowledge::limits::FLUSH_AND_HOLD_MS;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Confidence, Phase};

rule! {
    /// # What it flags
    /// Writes on the volumes of a set were held for five seconds or longer, but not for the ten after which the kernel
    /// gives up.
    /// # Why it matters
    /// Every write on those volumes stood still for that time, which users notice; under a little more load the set fails.
    /// # Evidence needed
    /// A trace with the flush-and-hold requests.
    /// # When it is silent
    /// The clock was set in between; ten seconds and more, of which flush-hold-exceeded speaks; a trace that gives only an
    /// upper bound of the hold. The threshold is `flush_hold` of vsscope.toml.
    /// # What to do
    /// Look for a slow provider commit or a slow flush of one volume, or put fewer volumes into one set.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers. The threshold is inferred.
    pub struct FlushHoldLong {
        id: "flush-hold-long",
        title: "Writes held for a long time",
        severity: Warning,
        scope: Set,
        basis: "inferred threshold",
    }
}

impl Rule for FlushHoldLong {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let floor = words::length(case.thresholds.flush_hold);
        for operation in &case.operations {
            for set in &operation.sets {
                let long = |phase: &&Phase| {
                    let limit = phase.limit_ms.unwrap_or(FLUSH_AND_HOLD_MS);
                    let measured =
                        phase.note.is_none() && phase.duration_ms.is_some_and(|ms| floor <= ms && ms < limit);
                    let stepped = phase
                        .started
                        .zip(phase.ended)
                        .is_some_and(|(a, b)| case.clock_stepped(&set.host, a, b));
                    phase.name == "FlushAndHold" && measured && !stepped
                };
                let Some(phase) = set.phases.iter().find(long) else { continue };
                if !timed_out(case, operation, set).is_empty() {
                    continue;
                }
                let (Some(from), Some(held)) = (phase.started, phase.duration_ms) else { continue };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(set.confidence.max(Confidence::Strong))
                        .at(from)
                        .detail(format!(
                            "Writes on {} were held for {} from {}; after {} they would have been released and the set lost.",
                            words::list(&set.volumes),
                            words::seconds(held),
                            words::iso(from),
                            words::seconds(phase.limit_ms.unwrap_or(FLUSH_AND_HOLD_MS))
                        ))
                        .remedy("Find the slow part (provider commit, flush of one volume), or put fewer volumes into one set.")
                        .evidence(phase.events.iter().copied()),
                );
            }
        }
    }
}
