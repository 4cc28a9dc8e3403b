use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule, set};
use vsscope_model::{Confidence, What};

rule! {
    /// # What it flags
    /// volsnap deleted or aborted the shadow copies of a volume, and the evidence has no backup that was running from a
    /// copy of that volume.
    /// # Why it matters
    /// Restore points and Previous Versions of the volume are gone. A backup that the evidence does not show may have lost
    /// its source.
    /// # Evidence needed
    /// The System log (volsnap).
    /// # When it is silent
    /// The volume belongs to a live set: then shadow-lost-during-backup speaks. The removal of only the oldest copy is
    /// normal house-keeping and no loss.
    /// # What to do
    /// Enlarge the diff area, raise its limit, or move it to another disk; look for the load that filled it. If a backup
    /// ran at that time, check it.
    /// # References
    /// Microsoft: Diff Area Integrity (volsnap 14, 15, 16, 20, 25, 27, 29, 35, 36, 40).
    pub struct ShadowCopiesAborted {
        id: "shadow-copies-aborted",
        title: "Shadow copies of a volume lost",
        severity: Warning,
        scope: Host,
        basis: "documented events",
    }
}

impl Rule for ShadowCopiesAborted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let of_live_sets = set::losses_of_live_sets(case);
        let losses = case
            .events()
            .filter(|(index, event)| matches!(event.what, What::ShadowLoss) && !of_live_sets.contains(index))
            .map(|(index, event)| {
                let volume = event.volume.as_deref().map(str::to_lowercase);
                ((event.host.as_deref().unwrap_or_default(), volume, event.event_id), index)
            });
        for ((host, _, id), events) in group::by(losses) {
            let volume = events.first().and_then(|&index| case.event(index)?.volume.as_deref());
            let volume = volume.unwrap_or("a volume");
            let id = id.map(|id| format!(" {id}")).unwrap_or_default();
            findings.add(
                Draft::new(self.info(), host)
                    .about(volume)
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "volsnap{id} reported the loss of the shadow copies of {volume} {}. No backup from this volume \
                         is known to have been running.",
                        group::count(case, &events)
                    ))
                    .remedy(
                        "Give the diff area more room (vssadmin resize shadowstorage) or another disk, and look for the \
                         writes that filled it. Check any backup that ran at that time.",
                    )
                    .evidence(events),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "shadow-copies-aborted";

    fn loss(lab: &mut Lab, at: f64, volume: &str) {
        let index = lab.record(at, "volsnap", 25, 2, None);
        lab.timeline.events[index].what = What::ShadowLoss;
        lab.timeline.events[index].volume = Some(volume.into());
    }

    #[test]
    fn losses_are_grouped_by_volume() {
        let mut lab = Lab::new();
        loss(&mut lab, 1.0, "E:");
        loss(&mut lab, 2.0, "e:");
        loss(&mut lab, 3.0, "F:");
        let findings = lab.run();
        assert_eq!(findings.iter().filter(|finding| finding.rule == ID).count(), 2);
        assert_eq!(find(&findings, ID).evidence.len(), 2);
    }

    #[test]
    fn other_records_of_volsnap_are_silent() {
        let mut lab = Lab::new();
        lab.record(1.0, "volsnap", 33, 4, None);
        assert_silent(&lab, ID);
    }

    #[test]
    fn the_loss_under_a_live_backup_is_not_told_twice() {
        let mut lab = Lab::backup();
        loss(&mut lab, 100.0, "C:");
        assert_silent(&lab, ID);
    }
}
