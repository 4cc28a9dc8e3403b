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
    /// The id of the record decides. Space (25, 35, 36): enlarge the diff area, raise its limit, or move it to another
    /// disk, and look for the writes that filled it. I/O failures (14): check the disk. Volumes that were dismounted or
    /// absent (16, 32, 40, 59, 60): find out why. Memory (15), file system (20, 27), unclean shutdown (29): see to that.
    /// If a backup ran at that time, check it.
    /// # References
    /// Microsoft: Diff Area Integrity (volsnap 14, 15, 16, 20, 25, 27, 29, 35, 36, 40); volsnap's message table (32, 59,
    /// 60).
    pub struct ShadowCopiesAborted {
        id: "shadow-copies-aborted",
        title: "Shadow copies of a volume lost",
        severity: Warning,
        scope: Host,
        basis: "documented events",
    }
}

/// What to do after a loss, by the ids of volsnap that tell of it.
const REMEDIES: &[(&[u32], &str)] = &[
    (
        &[14],
        "Look for errors of the disk that holds the diff area (disk 7, 51, 153) and replace it if it is failing.",
    ),
    (&[15], "Find out what used up the memory of the kernel."),
    (&[16, 40], "Find out what dismounted the volume that holds the diff area."),
    (&[20, 27], "Check the file system of the volume and of the one that holds the diff area (chkdsk)."),
    (
        &[25, 35],
        "Give the diff area more room (vssadmin resize shadowstorage) or another disk, and look for the writes that \
         filled it.",
    ),
    (&[29], "See whether Windows was not shut down cleanly, or another system wrote to the volume."),
    (
        &[32, 59],
        "Find out why the volume that holds the diff area was not there, or came late, when Windows started.",
    ),
    (&[36], "Raise the limit of the diff area or remove it (vssadmin resize shadowstorage /MaxSize)."),
    (&[60], "Find out what took the disk that holds the diff area offline."),
];

/// The remedy of an id; without a known one, the records around it have to tell.
fn remedy(id: Option<u32>) -> &'static str {
    let known = |id| REMEDIES.iter().find(|(ids, _)| ids.contains(&id)).map(|&(_, remedy)| remedy);
    id.and_then(known)
        .unwrap_or("Look in the System log for records of the volume and of its disks around that time.")
}

impl Rule for ShadowCopiesAborted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let of_live_sets = set::losses_of_live_sets(case);
        let losses = case
            .telling()
            .filter(|(index, event)| matches!(event.what, What::ShadowLoss) && !of_live_sets.contains(index))
            .map(|(index, event)| {
                let volume = event.volume.as_deref().map(str::to_lowercase);
                ((event.host.as_deref().unwrap_or_default(), volume, event.event_id), index)
            });
        for ((host, _, event_id), events) in group::by(losses) {
            let volume = events.first().and_then(|&index| case.event(index)?.volume.as_deref());
            let volume = volume.unwrap_or("a volume");
            let id = event_id.map(|id| format!(" {id}")).unwrap_or_default();
            findings.add(
                Draft::new(self.info(), host)
                    .about(volume)
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "volsnap{id} reported the loss of the shadow copies of {volume} {}. No backup from this volume \
                         is known to have been running.",
                        group::count(case, &events)
                    ))
                    .remedy(format!("{} Check any backup that ran at that time.", remedy(event_id)))
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
    fn the_id_decides_the_remedy() {
        let words = [
            (14, "errors of the disk"),
            (25, "more room"),
            (36, "Raise the limit"),
            (40, "dismounted"),
            (29, "shut down cleanly"),
            (9999, "around that time"),
        ];
        for (id, expected) in words {
            let mut lab = Lab::new();
            loss(&mut lab, 1.0, "E:");
            lab.timeline.events[0].event_id = Some(id);
            let findings = lab.run();
            let remedy = &find(&findings, ID).remedy;
            assert!(remedy.contains(expected), "{id}: {remedy}");
            assert_eq!(remedy.contains("resize shadowstorage"), [25, 36].contains(&id), "{id}: {remedy}");
        }
    }

    #[test]
    fn no_id_has_two_remedies() {
        let mut ids: Vec<u32> = REMEDIES.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
        ids.sort_unstable();
        assert_eq!(ids, [14, 15, 16, 20, 25, 27, 29, 32, 35, 36, 40, 59, 60]);
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
