//! What else happens in a set's time and belongs to it.

use super::{Draft, Times};
use crate::timeline::indexes::IndexSet;
use crate::timeline::{HostView, Kinds, settle};
use chrono::Duration;
use std::collections::{BTreeSet, HashMap};
use vsscope_model::{Event, Guid, ServiceRun, Session, Timestamp, What};

/// The service is started by the requester's first call, shortly before the set.
fn service_lead() -> Duration {
    Duration::seconds(60)
}

/// Attaches what happens in a set's time: devices, the service's start, VSS and volsnap records, the requester's process.
pub(super) fn attach_neighbours(
    view: &HostView<'_>,
    sessions: &[Session],
    runs: &[ServiceRun],
    drafts: &mut [Draft],
) {
    let taken: IndexSet = drafts.iter().flat_map(|d| d.events.iter().copied()).collect();
    let starts: Vec<(Timestamp, &ServiceRun)> =
        runs.iter().filter(|run| run.service == "vss").filter_map(|run| Some((run.started?, run))).collect();
    for draft in drafts.iter_mut() {
        let run = starts[..starts.partition_point(|(at, _)| *at <= draft.started)]
            .last()
            .filter(|(at, _)| draft.started - *at <= service_lead());
        let events = run.into_iter().flat_map(|(_, run)| run.events.iter().copied());
        let before = |i: &usize| view.events[*i].time <= draft.started && !taken.contains(i);
        draft.events.extend(events.filter(before));
        if let Some(session) = draft.session.map(|at| &sessions[at]) {
            let process = |i: &&usize| {
                matches!(view.events[**i].what, What::ProcessStarted { .. } | What::ProcessEnded { .. })
            };
            draft.events.extend(session.events.iter().filter(process));
        }
    }
    let times = Times::of(drafts);
    // Drafts are in order of time: of several that have a device the last one is the newest.
    let mut devices: HashMap<&str, BTreeSet<usize>> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for device in draft.events.iter().filter_map(|&i| view.events[i].device.as_deref()) {
            devices.entry(device).or_default().insert(at);
        }
    }
    let mut by_guid: HashMap<Guid, usize> = HashMap::new();
    for (at, guid) in drafts.iter().enumerate().filter_map(|(at, draft)| Some((at, draft.guid?))) {
        by_guid.entry(guid).or_insert(at);
    }
    let threads = Threads::of(view, drafts);
    for (index, event) in view.of(Kinds::NEIGHBOUR).filter(|(i, _)| !taken.contains(i)) {
        if let What::Failure(_) = event.what {
            let at = event.set.and_then(|set| by_guid.get(&set).copied());
            if let Some(at) = at.or_else(|| threads.step_before(event)) {
                drafts[at].events.push(index);
            }
            continue;
        }
        let lead = match event.what {
            What::ShadowDevice | What::VolsnapStep { .. } => Duration::zero(),
            What::Log | What::ShadowFailure => settle(),
            _ => continue,
        };
        let in_time = times.nearest(drafts, event.time, lead, |_| true);
        // Later mentions of a device that a set has. Device numbers are reused: the newest set with it, same boot.
        let is_newest = |at: &&usize| drafts[**at].started <= event.time;
        let by_device = || {
            let device = event.device.as_deref().filter(|_| event.what == What::ShadowDevice)?;
            let newest = *devices.get(device)?.iter().rev().find(is_newest)?;
            (!view.restarted(drafts[newest].created, event.time)).then_some(newest)
        };
        let Some(at) = in_time.or_else(by_device) else { continue };
        drafts[at].events.push(index);
        if let Some(device) = event.device.as_deref() {
            devices.entry(device).or_default().insert(at);
        }
    }
}

/// Which set the steps of each thread belong to.
struct Threads {
    /// (time, draft) by process and thread, in order of time.
    steps: HashMap<(u32, u32), Vec<(Timestamp, usize)>>,
}

impl Threads {
    fn of(view: &HostView<'_>, drafts: &[Draft]) -> Self {
        let mut steps: HashMap<(u32, u32), Vec<(Timestamp, usize)>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            for event in draft.events.iter().map(|&i| &view.events[i]) {
                let is_step = matches!(
                    event.what,
                    What::Callback { .. } | What::ProviderStep { .. } | What::Call { .. }
                );
                if let (true, Some(thread)) = (is_step, thread(event)) {
                    steps.entry(thread).or_default().push((event.time, at));
                }
            }
        }
        for steps in steps.values_mut() {
            steps.sort_unstable();
        }
        Threads { steps }
    }

    /// The set of the last step that the thread of a failure had begun before it.
    fn step_before(&self, event: &Event) -> Option<usize> {
        let steps = self.steps.get(&thread(event)?)?;
        let before = steps.partition_point(|(time, _)| *time <= event.time);
        let (time, at) = steps.get(before.checked_sub(1)?)?;
        (event.time - *time <= step_length()).then_some(*at)
    }
}

fn thread(event: &Event) -> Option<(u32, u32)> {
    Some((event.process.pid?, event.process.tid?))
}

/// No step of a creation lasts longer than this.
fn step_length() -> Duration {
    Duration::hours(1)
}
