use crate::knowledge::volumes::same_volume;
use crate::rules::pattern::removal;
use crate::rules::{Case, Described, Draft, Findings, Life, Operation, Rule, words};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{CallRecord, Confidence, HResult, Method, SnapshotSet, What};

rule! {
    /// # What it flags
    /// volsnap deleted or aborted the shadow copies of a volume while a backup was running from a copy of that volume; or
    /// GetSnapshotProperties of the requester did not find a copy of its own set any more (VSS_E_OBJECT_NOT_FOUND).
    /// # Why it matters
    /// The source of the backup vanished in the middle. VSS does not tell the requester, so a job can report success over
    /// data that it could not read.
    /// # Evidence needed
    /// The System log (volsnap) together with the calls of the requester; for a copy that is not found, a trace with the
    /// requester's calls and their parameters.
    /// # When it is silent
    /// The loss was on a volume outside of every live set, or came after BackupComplete, AbortBackup or the end of the
    /// session; then shadow-copies-aborted speaks. Where the trace shows only the long calls and not the end of the
    /// requester, a loss after its last call is only possibly one under a running backup. A copy that the requester itself
    /// had deleted, broken off or reverted to, or may have while events were lost, is not missed.
    /// # What to do
    /// Give the diff area more room or a disk of its own, reduce the load during backups, repeat the backup.
    /// # References
    /// Microsoft: Diff Area Integrity (volsnap 14, 15, 25, 29, 35, 36, 40); VSS_PROTECTION_FAULT.
    pub struct ShadowLostDuringBackup {
        id: "shadow-lost-during-backup",
        title: "Shadow copy vanished before its backup was done",
        severity: Error,
        scope: Set,
        basis: "documented events, inferred rule",
    }
}

impl Rule for ShadowLostDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for loss in losses(case) {
            let told = |text: String, confidence: Confidence| {
                Draft::of(self.info(), loss.operation)
                    .set(Some(loss.set))
                    .confidence(confidence)
                    .detail(text)
                    .evidence(loss.records.iter().map(|(index, _)| *index))
                    .evidence(loss.missed.iter().flat_map(|call| call.events.iter().copied()))
            };
            let firmest = loss.records.iter().map(|(_, confidence)| *confidence).max();
            match (firmest, lost(case, &loss), missed_in_words(&loss)) {
                (Some(firmest), Some(text), _) => {
                    findings.add(told(text, firmest.min(Confidence::Strong)).remedy(
                        "Do not trust this backup, whatever the job reported. Enlarge the diff area or move it to \
                         another disk, lower the write load during backups, and repeat the job.",
                    ));
                }
                (_, _, Some(text)) => {
                    findings.add(told(text, Confidence::Exact).remedy(
                        "Do not trust this backup, whatever the job reported. Look for what took the copy away (the \
                         System log of volsnap, other programs), and repeat the job.",
                    ));
                }
                _ => {}
            }
        }
    }
}

/// The loss of which volsnap tells.
fn lost(case: &Case<'_>, loss: &Loss<'_, '_>) -> Option<String> {
    let first = case.event(loss.records.first()?.0)?;
    let record = first.event_id.map(|id| format!(" (volsnap {id})")).unwrap_or_default();
    Some(format!(
        "The shadow copies of {} were lost at {}{record}, while {} was backing up from the set that was ready since {}.",
        first.volume.as_deref().or(first.device.as_deref()).unwrap_or("a volume of the set"),
        words::iso(first.time),
        loss.operation.requester(),
        words::iso(loss.life.from)
    ))
}

/// The loss that only the requester's call shows.
fn missed_in_words(loss: &Loss<'_, '_>) -> Option<String> {
    let call = loss.missed.first()?;
    let copy = loss.set.snapshots.iter().find(|copy| copy.guid == call.snapshot)?;
    let name = copy.guid.map(|guid| format!(" {guid}")).unwrap_or_default();
    let volume = copy.volume.as_deref().map(|volume| format!(" of {volume}")).unwrap_or_default();
    Some(format!(
        "Shadow copy{name}{volume} was not there any more while {} was backing up from the set that was ready since {}: {}.",
        loss.operation.requester(),
        words::iso(loss.life.from),
        words::call(call)
    ))
}

/// A live set that lost shadow copies.
pub(in crate::rules) struct Loss<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The set.
    pub set: &'t SnapshotSet,
    life: Life,
    /// The records, in order of time, and how firmly the evidence says that the set was live then.
    pub records: Vec<(usize, Confidence)>,
    /// The calls of the requester that did not find a copy of the set any more, although it had not taken it away itself.
    pub missed: Vec<&'t CallRecord>,
}

/// What a record of a loss names: host, volume, device.
type Place<'t> = (Option<&'t str>, Option<&'t str>, Option<&'t str>);

/// Every live set that lost shadow copies. A log can hold thousands of both, so records of one place are compared once.
pub(in crate::rules) fn losses<'c, 't>(case: &'c Case<'t>) -> Vec<Loss<'c, 't>> {
    let mut places: BTreeMap<Place<'t>, Vec<usize>> = BTreeMap::new();
    for (index, event) in case.telling().filter(|(_, event)| matches!(event.what, What::ShadowLoss)) {
        let place = (event.host.as_deref(), event.volume.as_deref(), event.device.as_deref());
        places.entry(place).or_default().push(index);
    }
    let mut found = Vec::new();
    for operation in &case.operations {
        for &set in &operation.sets {
            let hit = places.iter().filter(|(place, _)| is_place(operation, set, **place));
            let mut at: Vec<usize> = hit.flat_map(|(_, events)| events.iter().copied()).collect();
            let mut unfound = unfound(operation, set).peekable();
            let is_hit = !at.is_empty() || unfound.peek().is_some();
            let Some(life) = operation.life(set).filter(|_| is_hit) else { continue };
            at.sort_unstable();
            let time = |index: &usize| case.event(*index).map(|event| event.time);
            let first = at.partition_point(|index| time(index) < Some(life.from));
            let live = |index: &usize| Some((*index, case.liveness(operation, set, time(index)?)?));
            let records: Vec<(usize, Confidence)> = at[first..].iter().map_while(live).collect();
            let missed: Vec<&CallRecord> = unfound
                .filter(|call| {
                    case.liveness(operation, set, call.started).is_some()
                        && !case.has_hole(operation, life.from, call.started)
                })
                .collect();
            if !records.is_empty() || !missed.is_empty() {
                found.push(Loss { operation, set, life, records, missed });
            }
        }
    }
    found
}

/// The calls of a requester that did not find a copy of its set, which it had not taken away itself.
fn unfound<'t>(operation: &Operation<'t>, set: &'t SnapshotSet) -> impl Iterator<Item = &'t CallRecord> {
    let calls = operation.calls();
    let is_copy = move |call: &&CallRecord| {
        call.hresult == Some(HResult::VSS_OBJECT_NOT_FOUND)
            && call.snapshot.is_some()
            && set.snapshots.iter().any(|copy| copy.guid == call.snapshot)
    };
    let took_away = move |call: &CallRecord| {
        calls.iter().any(|earlier| {
            // A delete of a set that fails part way names the first copy that it left.
            let did = earlier.ok() || earlier.args.deleted.is_some_and(|count| count > 0);
            let of_set = earlier.set.is_some() && earlier.set == set.guid;
            removal::takes_away(&earlier.method)
                && did
                && (of_set || earlier.snapshot == call.snapshot)
                && earlier.events.first() < call.events.first()
        })
    };
    operation.calls_of(&Method::GetSnapshotProperties).filter(is_copy).filter(move |call| !took_away(call))
}

/// Whether the place of a loss is one of a set.
fn is_place(operation: &Operation<'_>, set: &SnapshotSet, (host, volume, device): Place<'_>) -> bool {
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
    host.is_none_or(|host| host.eq_ignore_ascii_case(operation.host()))
        && (volume.is_some_and(of_volume) || device.is_some_and(of_device))
}

/// The records of losses that hit live sets.
pub(in crate::rules) fn losses_of_live_sets(case: &Case<'_>) -> BTreeSet<usize> {
    losses(case).into_iter().flat_map(|loss| loss.records).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::Severity;

    const ID: &str = "shadow-lost-during-backup";

    fn loss(lab: &mut Lab, at: f64, volume: &str) {
        let index = lab.record(at, "Volsnap", 25, 2, None);
        lab.timeline.events[index].what = What::ShadowLoss;
        lab.timeline.events[index].volume = Some(volume.into());
    }

    #[test]
    fn a_loss_under_a_running_backup_is_an_error() {
        let mut lab = Lab::creating();
        lab.call(1.0, Method::GatherWriterStatus);
        lab.finish_creation(6.0);
        lab.call(6.1, Method::GatherWriterStatus);
        lab.call(6.2, Method::GetWriterStatus);
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

    // Nobody saw the end of the session, and the System log has a loss of days later.
    #[test]
    fn a_loss_after_the_end_of_the_trace_is_not_one_under_the_backup() {
        let mut lab = Lab::backup();
        loss(&mut lab, 259_200.0, "C:");
        let last = lab.timeline.events.len() - 1;
        lab.timeline.events[last].source.channel = Some("System".into());
        lab.session().ends_mid = true;
        assert_silent(&lab, ID);
        assert_fires(&lab, "shadow-copies-aborted");
    }

    // The registry trace can have missed the end of the requester: an error only until the last that it shows.
    #[test]
    fn a_loss_after_the_last_call_of_a_registry_trace_is_possible_until_the_service_stops() {
        for (stops, fires) in [(false, true), (true, false)] {
            let mut lab = Lab::backup();
            lab.session().detail = vsscope_model::SessionDetail::Phases;
            if stops {
                lab.service_run("vss", 0.0, 200.0, vsscope_model::EndReason::Idle);
            }
            loss(&mut lab, 300.0, "C:");
            lab.event(400.0, What::RecordingEnds);
            let findings = lab.run();
            let found = findings.iter().find(|finding| finding.rule == ID);
            assert_eq!(found.map(|f| f.severity), fires.then_some(Severity::Warning), "{stops}");
        }
    }
}
