//! The shadow copies of a set: ids, volumes, devices, and whether they are still there.

use super::Parts;
use crate::knowledge::volumes::same_volume;
use std::collections::BTreeSet;
use vsscope_model::{CallRecord, Edge, Event, Guid, Method, SessionDetail, Snapshot, Timestamp, What};

/// Of two names of one volume the letter, which people know.
fn better_name(known: Option<String>, new: Option<String>) -> Option<String> {
    let is_path = |volume: &String| Guid::find_in(volume).is_some();
    match (known, new) {
        (Some(known), Some(new)) if is_path(&known) && !is_path(&new) => Some(new),
        (known, new) => known.or(new),
    }
}

impl<'a> Parts<'a> {
    pub(super) fn snapshots(&self) -> Vec<Snapshot> {
        let mut snapshots: Vec<Snapshot> = Vec::new();
        for (_, event) in self.events() {
            let names_one = match &event.what {
                What::SnapshotCreated | What::SnapshotImported => true,
                // Entering and returning are one call; what returned has more to say.
                What::Call { method: Method::AddToSnapshotSet, edge, .. } => {
                    !event.status.is_some_and(|s| s.is_failure())
                        && (*edge != Edge::Entered || !self.returns(event))
                }
                _ => false,
            };
            if !names_one {
                continue;
            }
            let known = snapshots.iter_mut().find(|s| s.guid.is_some() && s.guid == event.snapshot);
            match known {
                Some(snapshot) => {
                    snapshot.volume = better_name(snapshot.volume.take(), event.volume.clone());
                    snapshot.device = snapshot.device.take().or_else(|| event.device.clone());
                }
                None => snapshots.push(Snapshot {
                    guid: event.snapshot,
                    volume: event.volume.clone(),
                    device: event.device.clone(),
                    state: String::new(),
                }),
            }
        }
        self.add_devices(&mut snapshots);
        let created = self.is_created();
        let alone = snapshots.len() == 1;
        for snapshot in &mut snapshots {
            snapshot.state = if self.is_lost(snapshot, alone) {
                "lost"
            } else if self.is_deleted(snapshot) {
                "deleted"
            } else if created {
                "created"
            } else {
                "unknown"
            }
            .to_owned();
        }
        snapshots
    }

    /// Whether a call that was entered returns in the evidence.
    fn returns(&self, entered: &Event) -> bool {
        let method = |event: &Event| match &event.what {
            What::Call { method, .. } => Some(method.clone()),
            _ => None,
        };
        let returned =
            |event: &Event| matches!(event.what, What::Call { edge: Edge::Returned | Edge::Finished, .. });
        let later = self.events().map(|(_, event)| event).filter(|event| event.time >= entered.time);
        let mut same =
            later.filter(|event| method(event) == method(entered) && event.session == entered.session);
        same.any(|event| returned(event) && event.volume == entered.volume)
    }

    /// Devices that were mounted while the set was made. With one shadow copy and one device they belong together;
    /// otherwise a device without a known shadow copy stands by itself.
    fn add_devices(&self, snapshots: &mut Vec<Snapshot>) {
        let in_creation = |e: &&Event| e.time <= self.draft.created + super::super::settle();
        let devices: BTreeSet<&str> = self
            .events()
            .map(|(_, e)| e)
            .filter(|e| matches!(e.what, What::ShadowDevice))
            .filter(in_creation)
            .filter_map(|e| e.device.as_deref())
            .filter(|device| !snapshots.iter().any(|s| s.device.as_deref() == Some(device)))
            .collect();
        let mut without: Vec<&mut Snapshot> = snapshots.iter_mut().filter(|s| s.device.is_none()).collect();
        if let ([snapshot], 1) = (without.as_mut_slice(), devices.len()) {
            snapshot.device = devices.first().map(|device| (*device).to_owned());
            return;
        }
        snapshots.extend(
            devices
                .iter()
                .map(|device| Snapshot { device: Some((*device).to_owned()), ..Snapshot::default() }),
        );
    }

    /// The original volumes. The audit record names a volume by its GUID and flush-and-hold by its letter: with one shadow
    /// copy and one held volume these are two names of one volume, and the letter is the one that people know. With
    /// several nobody can say which is which.
    pub(super) fn volumes(&self, snapshots: &[Snapshot]) -> Vec<String> {
        let named: BTreeSet<String> = snapshots.iter().filter_map(|s| s.volume.clone()).collect();
        let held = self.held_volumes();
        let is_path = |volume: &String| Guid::find_in(volume).is_some();
        let by_letter = held.len() == 1 && snapshots.len() == 1 && named.iter().all(is_path);
        let volumes = if named.is_empty() || by_letter { held } else { named };
        volumes.into_iter().collect()
    }

    /// The volumes on which writes were held: those of the set.
    pub(super) fn held_volumes(&self) -> BTreeSet<String> {
        let flushes = self.events().filter(|(_, e)| matches!(e.what, What::Flush { .. }));
        flushes.filter_map(|(_, e)| e.volume.clone()).collect()
    }

    /// volsnap lost the volume's shadow copies while the set lived.
    fn is_lost(&self, snapshot: &Snapshot, alone: bool) -> bool {
        let view = self.view;
        let first = view.losses.partition_point(|&i| view.events[i].time < self.draft.created);
        let held = if alone { self.held_volumes() } else { BTreeSet::new() };
        let losses = view.losses[first..].iter().map(|&i| &view.events[i]);
        let Some(until) = self.end_of_life() else { return false };
        losses.take_while(|e| e.time <= until).any(|e| match (&e.device, &snapshot.device) {
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => true,
            _ => {
                let is_it = |volume: &str| e.volume.as_deref().is_some_and(|lost| same_volume(lost, volume));
                snapshot.volume.as_deref().is_some_and(is_it)
                    || (held.len() == 1 && held.iter().any(|volume| is_it(volume)))
            }
        })
    }

    /// Until when the backup needs the set: BackupComplete, abort, or the end of the session. Where the evidence has none of
    /// them: until the trace ends if it shows every call, else until the last one.
    fn end_of_life(&self) -> Option<Timestamp> {
        let call = self.call(&Method::BackupComplete).or_else(|| self.call(&Method::AbortBackup));
        let session = self.session?;
        let last = session.events.last().map(|&i| &self.view.events[i])?;
        let last = match session.detail {
            SessionDetail::Calls => self.view.end_of_source(last),
            _ => last.time,
        };
        // A call that has only a place in an order may have come much later.
        let is_timed = |call: &&CallRecord| call.events.iter().all(|&i| self.view.events[i].clock.measures());
        call.filter(is_timed).map(|call| call.started).or(session.ended).or(Some(last))
    }

    fn is_deleted(&self, snapshot: &Snapshot) -> bool {
        self.view.deleted.has(self.draft.guid, snapshot.guid, self.draft.started)
    }
}
