use crate::knowledge::limits::FLUSH_AND_HOLD_MS;
use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{Confidence, Phase, SnapshotSet, Timestamp};

rule! {
    /// # What it flags
    /// Writes on the volumes of a set were held for 10 s or longer, or volsnap reports (id 8) that nobody released the
    /// writes in time.
    /// # Why it matters
    /// The kernel gives up the hold after 10 s, and the creation of the whole set fails with it. Until then every write on
    /// those volumes stood still.
    /// # Evidence needed
    /// A trace with the flush-and-hold requests, or the System log.
    /// # When it is silent
    /// The clock was set in between; a trace that gives only an upper bound of the hold (registry trace). A record of
    /// volsnap about a volume that is not in the set, or later than ten seconds after the creation had failed.
    /// # What to do
    /// Look for a slow provider commit or a slow flush of one volume, put fewer volumes into one set, and repeat the backup
    /// at a quieter time.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers; Volume Snapshot Driver Integrity (volsnap 8). KB 975688.
    pub struct FlushHoldExceeded {
        id: "flush-hold-exceeded",
        title: "Writes held for 10 s or longer",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

/// volsnap 8: no RELEASE WRITES came in time.
const NOT_RELEASED: u32 = 8;

/// The driver holds writes no longer than this (learn.microsoft.com, Shadow Copy Creation for Providers).
const HOLD: TimeDelta = TimeDelta::seconds(10);

impl Rule for FlushHoldExceeded {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in &operation.sets {
                let long = long_hold(case, set);
                let timed_out = timed_out(case, operation, set);
                if long.is_none() && timed_out.is_empty() {
                    continue;
                }
                let confidence = match timed_out.is_empty() {
                    true => set.confidence.max(Confidence::Strong),
                    false => Confidence::Strong,
                };
                let mut draft = Draft::of(self.info(), operation)
                    .set(Some(set))
                    .confidence(confidence)
                    .detail(detail(set, long, &timed_out))
                    .remedy(
                        "Find the slow part (provider commit, flush of one volume), take volumes out of the set or move \
                         the job to a quieter time, and repeat it after ten minutes.",
                    )
                    .evidence(timed_out.iter().copied());
                if let Some(phase) = long {
                    draft = draft.evidence(phase.events.iter().copied());
                }
                findings.add(draft);
            }
        }
    }
}

fn long_hold<'t>(case: &Case<'_>, set: &'t SnapshotSet) -> Option<&'t Phase> {
    set.phases.iter().filter(|phase| phase.name == "FlushAndHold").find(|phase| {
        let stepped = match (phase.started, phase.ended) {
            (Some(from), Some(to)) => case.clock_stepped(&set.host, from, to),
            _ => false,
        };
        let limit = phase.limit_ms.unwrap_or(FLUSH_AND_HOLD_MS);
        !stepped && phase.duration_ms.is_some_and(|duration| duration >= limit)
    })
}

/// Records of volsnap about the set's volumes while it was made. One that names no volume counts where it was put to the
/// set.
pub(super) fn timed_out(case: &Case<'_>, operation: &Operation<'_>, set: &SnapshotSet) -> Vec<usize> {
    let of_set = |index: usize, volume: Option<&str>| match volume {
        Some(volume) => set.volumes.iter().any(|known| same_volume(known, volume)),
        None => set.events.binary_search(&index).is_ok(),
    };
    case.telling_between(&set.host, set.started, made_until(operation, set))
        .filter(|(index, event)| {
            event.is_record("volsnap", NOT_RELEASED) && of_set(*index, event.volume.as_deref())
        })
        .map(|(index, _)| index)
        .collect()
}

/// How long a record can speak of a set's creation: to the end of the DoSnapshotSet that made it. A hold that a failed call
/// leaves behind is given up ten seconds later; a call that never ended lasts as long as its session.
fn made_until(operation: &Operation<'_>, set: &SnapshotSet) -> Timestamp {
    if let Some(made) = operation.creation(set).and_then(|call| call.ended) {
        return made;
    }
    let attempt = operation.attempts(set).last();
    let failed = attempt.and_then(|call| call.ended).map(|ended| ended + HOLD);
    let ended = if attempt.is_some() { failed } else { set.ended };
    ended.unwrap_or(operation.ended)
}

fn detail(set: &SnapshotSet, long: Option<&Phase>, timed_out: &[usize]) -> String {
    let volumes = words::list(&set.volumes);
    let volumes = if volumes.is_empty() { String::new() } else { format!(" ({volumes})") };
    let mut parts = Vec::new();
    if let Some(phase) = long {
        let from = phase.started.map(|time| format!(" from {}", words::iso(time))).unwrap_or_default();
        let lasted = words::seconds(phase.duration_ms.unwrap_or_default());
        parts.push(format!(
            "Writes on the set's volumes{volumes} were held for {lasted}{from}; the limit is 10.0 s."
        ));
    }
    if !timed_out.is_empty() {
        parts.push(format!(
            "volsnap reported {} that the release of writes did not come in time.",
            words::times(timed_out.len())
        ));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::{PhaseActor, Severity, What};

    const ID: &str = "flush-hold-exceeded";

    fn hold(from: f64, to: f64) -> Lab {
        let mut lab = Lab::backup();
        let event = lab.event(to, What::Log);
        lab.phase("FlushAndHold", PhaseActor::Volsnap, from, to, vec![event]);
        lab
    }

    #[test]
    fn a_hold_of_ten_seconds_is_an_error() {
        let findings = hold(4.0, 14.0).run();
        assert!(find(&findings, ID).detail.contains("held for 10.0 s"), "{}", find(&findings, ID).detail);
        assert_eq!(find(&findings, ID).severity, Severity::Error);
    }

    #[test]
    fn a_short_hold_is_silent() {
        assert_silent(&hold(4.0, 13.9), ID);
    }

    #[test]
    fn a_clock_step_switches_the_rule_off() {
        let mut lab = Lab::backup();
        lab.clock_step(10.0, 30.0);
        let event = lab.event(30.0, What::Log);
        lab.phase("FlushAndHold", PhaseActor::Volsnap, 8.0, 30.0, vec![event]);
        assert_silent(&lab, ID);
    }

    #[test]
    fn volsnap_8_counts_for_a_volume_of_the_set_only() {
        for (volume, fires) in [("c:\\", true), ("E:", false)] {
            let mut lab = Lab::creating();
            let index = lab.record(5.0, "volsnap", 8, 2, None);
            lab.timeline.events[index].what = What::ShadowFailure;
            lab.timeline.events[index].volume = Some(volume.into());
            lab.finish_creation(6.0);
            assert_eq!(lab.run().iter().any(|finding| finding.rule == ID), fires, "{volume}");
        }
    }
}
