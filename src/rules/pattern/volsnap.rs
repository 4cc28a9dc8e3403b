//! A record of volsnap about the shadow copies of a volume: one finding per host and volume.

use super::group;
use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use vsscope_model::{Confidence, Event, Severity, SnapshotSet};

/// A rule about one record.
pub struct VolsnapRecord {
    /// Its id.
    pub id: u32,
    /// What it says of the volume, after its name: "is …".
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
    /// Severity where the volume was the source of a running backup.
    pub in_backup: Severity,
    /// Whether the record is about one copy, so that only a copy of the running backup's own counts, else about all copies
    /// of the volume.
    pub names_the_copy: bool,
}

/// One finding per host and volume.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, rule: &VolsnapRecord) {
    let records =
        case.telling().filter(|(_, event)| event.is_record("volsnap", rule.id)).map(|(index, event)| {
            ((event.host.as_deref().unwrap_or_default(), event.volume.as_deref().unwrap_or_default()), index)
        });
    for ((host, volume), events) in group::by(records) {
        let live = events.iter().find_map(|&index| live(case, case.event(index)?, rule));
        let draft = match live {
            Some((operation, set, _)) => Draft::of(info, operation).set(Some(set)).severity(rule.in_backup),
            None => Draft::new(info, host),
        };
        // The record holds at any time; only a severity that rests on the running backup is as firm as that backup.
        let rests_on_backup = rule.in_backup != info.severity;
        let tie = live.map_or(Confidence::Strong, |(.., confidence)| match rests_on_backup {
            true => confidence.min(Confidence::Strong),
            false => Confidence::Strong,
        });
        let running = live.map(|(operation, _, confidence)| {
            let was = if confidence == Confidence::Weak { "was probably" } else { "was" };
            format!(" {} {was} backing up from a copy of it then.", words::capital(&operation.requester()))
        });
        let name = if volume.is_empty() { "a volume that the record does not name" } else { volume };
        let about = if volume.is_empty() { "volsnap" } else { volume };
        findings.add(
            draft
                .about(&format!("{about} (volsnap {})", rule.id))
                .confidence(tie)
                .detail(format!(
                    "Of {name} volsnap says that {}: {}.{}",
                    rule.meaning,
                    group::count(case, &events),
                    running.unwrap_or_default()
                ))
                .remedy(rule.remedy)
                .evidence(events),
        );
    }
}

/// The set of which a copy of the record's volume was the source of a running backup.
fn live<'c, 't>(
    case: &'c Case<'t>,
    event: &Event,
    rule: &VolsnapRecord,
) -> Option<(&'c Operation<'t>, &'t SnapshotSet, Confidence)> {
    let volume = event.volume.as_deref()?;
    let host = event.host.as_deref().unwrap_or_default();
    case.operations.iter().filter(|operation| operation.host() == host).find_map(|operation| {
        operation.sets.iter().find_map(|set| {
            let holds = set.volumes.iter().any(|known| same_volume(known, volume));
            let is_named = |device: &String| {
                set.snapshots
                    .iter()
                    .any(|copy| copy.device.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(device)))
            };
            let meant = !rule.names_the_copy || event.device.as_ref().is_some_and(is_named);
            // What is dear to find out comes last.
            let confidence = (holds && meant).then(|| case.liveness(operation, set, event.time))??;
            Some((operation, *set, confidence))
        })
    })
}
