use crate::rules::case::same_volume;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Confidence, Event, SnapshotSet, What};

rule! {
    /// # What it flags
    /// volsnap deleted or aborted the shadow copies of a volume while a backup was running from a copy of that volume.
    /// # Why it matters
    /// The source of the backup vanished in the middle. VSS does not tell the requester, so a job can report success over
    /// data that it could not read.
    /// # Evidence needed
    /// The System log (volsnap) together with the calls of the requester.
    /// # When it is silent
    /// The loss was on a volume outside of every live set, or came after BackupComplete, AbortBackup or the end of the
    /// session; then shadow-copies-aborted speaks.
    /// # What to do
    /// Give the diff area more room or a disk of its own, reduce the load during backups, repeat the backup.
    /// # References
    /// Microsoft: Diff Area Integrity (volsnap 14, 15, 25, 29, 35, 36, 40); VSS_PROTECTION_FAULT.
    pub struct ShadowLostDuringBackup {
        id: "shadow-lost-during-backup",
        title: "Shadow copy lost while the backup was running",
        severity: Error,
        scope: Set,
        basis: "documented events, inferred rule",
    }
}

impl Rule for ShadowLostDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let losses: Vec<(usize, &Event)> =
            case.events().filter(|(_, event)| matches!(event.what, What::ShadowLoss)).collect();
        for operation in &case.operations {
            for set in &operation.sets {
                let hit: Vec<(usize, &Event)> =
                    losses.iter().copied().filter(|(_, event)| is_hit(operation, set, event)).collect();
                let Some((_, first)) = hit.first() else { continue };
                let ready = operation.life(set).map(|life| words::iso(life.from)).unwrap_or_default();
                let record = first.event_id.map(|id| format!(" (volsnap {id})")).unwrap_or_default();
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(Confidence::Strong)
                        .detail(format!(
                            "The shadow copies of {} were lost at {}{record}, while {} was backing up from the set that \
                             was ready since {ready}.",
                            first.volume.as_deref().or(first.device.as_deref()).unwrap_or("a volume of the set"),
                            words::iso(first.time),
                            operation.requester()
                        ))
                        .remedy(
                            "Do not trust this backup, whatever the job reported. Enlarge the diff area or move it to \
                             another disk, lower the write load during backups, and repeat the job.",
                        )
                        .evidence(hit.iter().map(|(index, _)| *index)),
                );
            }
        }
    }
}

/// Whether a loss hits a live set.
fn is_hit(operation: &Operation<'_>, set: &SnapshotSet, loss: &Event) -> bool {
    let of_volume = |volume: &str| {
        let copies = set.snapshots.iter().filter_map(|snapshot| snapshot.volume.as_ref());
        set.volumes.iter().chain(copies).any(|known| same_volume(known, volume))
    };
    let of_device = |device: &str| {
        set.snapshots
            .iter()
            .filter_map(|s| s.device.as_deref())
            .any(|known| known.eq_ignore_ascii_case(device))
    };
    crate::rules::case::is_on(loss, operation.host())
        && (loss.volume.as_deref().is_some_and(of_volume) || loss.device.as_deref().is_some_and(of_device))
        && operation.life(set).is_some_and(|life| life.contains(loss.time))
}

/// Whether any live set is hit by a loss.
pub(in crate::rules) fn live_sets_hit(case: &Case<'_>, loss: &Event) -> bool {
    case.operations.iter().any(|operation| operation.sets.iter().any(|set| is_hit(operation, set, loss)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::{Method, Severity};

    const ID: &str = "shadow-lost-during-backup";

    fn loss(lab: &mut Lab, at: f64, volume: &str) {
        let index = lab.record(at, "Volsnap", 25, 2, None);
        lab.timeline.events[index].what = What::ShadowLoss;
        lab.timeline.events[index].volume = Some(volume.into());
    }

    #[test]
    fn a_loss_under_a_running_backup_is_an_error() {
        let mut lab = Lab::backup();
        loss(&mut lab, 200.0, "c:\\");
        lab.call(400.0, Method::BackupComplete);
        let findings = lab.run();
        assert_eq!(find(&findings, ID).severity, Severity::Error);
        assert_eq!(findings.len(), 1, "one loss, one finding: {findings:?}");
    }

    #[test]
    fn other_volumes_and_other_times_belong_to_another_rule() {
        for (at, volume) in [(200.0, "E:"), (500.0, "C:")] {
            let mut lab = Lab::backup();
            if at < 400.0 {
                loss(&mut lab, at, volume);
            }
            lab.call(400.0, Method::BackupComplete);
            if at > 400.0 {
                loss(&mut lab, at, volume);
            }
            assert_silent(&lab, ID);
            assert_fires(&lab, "shadow-copies-aborted");
        }
    }
}
