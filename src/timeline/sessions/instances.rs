//! Sessions of traces that name the instance, or of which it was worked out: each life of an instance is an epoch of its key.

use super::calls::calls;
use super::{is_call_without_key, is_other_image, is_transcript, process_lead, session, shutdown_lag};
use crate::timeline::{HostView, Kinds};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, CallRecord, Confidence, Edge, Event, Guid, Method, Session, SessionDetail, Timestamp,
    What,
};

/// One epoch of an instance's key: keys (pointers) come back, an epoch never does.
struct Epoch {
    session: Session,
    /// When it was over: the last `Release`, the process's end, or a sign that the process cannot live any more.
    over: Option<Timestamp>,
    /// What ended it is a `Release` whose count does not show: if calls go on, it was not the last one.
    may_go_on: bool,
    /// The sets that were started in it.
    sets: Vec<Guid>,
}

impl Epoch {
    /// Whether a requester's event with this process id may belong to this epoch.
    fn is_of(&self, pid: Option<u32>) -> bool {
        !matches!((pid, self.session.requester.pid), (Some(a), Some(b)) if a != b)
    }

    fn note_call(&mut self, event: &Event, method: &Method, args: &CallArgs) {
        let requester = &mut self.session.requester;
        requester.pid = requester.pid.or(event.process.pid);
        requester.image = requester.image.take().or_else(|| event.process.image.clone());
        requester.user = requester.user.take().or_else(|| event.process.user.clone());
        if *method == Method::StartSnapshotSet {
            self.sets.extend(event.set);
        }
        if self.may_go_on {
            (self.over, self.may_go_on) = (None, false);
        }
        if *method == Method::Release && args.references.is_none_or(|left| left == 0) {
            self.may_go_on = self.over.is_none() && args.references.is_none();
            self.over = self.over.or(Some(event.time));
        }
    }

    /// Whether a call belongs to it: until it is over, and behind a `Release` without a count if it begins no new instance.
    fn takes(&self, method: &Method) -> bool {
        let begins = matches!(method, Method::InitializeForBackup | Method::InitializeForRestore);
        self.over.is_none() || (self.may_go_on && !begins)
    }
}

/// The epochs of a host, by key.
#[derive(Default)]
struct Epochs {
    all: Vec<Epoch>,
    /// By key, the newest last. Keys are unique within a process only.
    by_key: HashMap<Arc<str>, Vec<usize>>,
    /// Those that are not over, or may go on.
    open: Vec<usize>,
    /// Processes that have or had one.
    pids: HashSet<u32>,
}

impl Epochs {
    /// A call belongs to the newest epoch of its key and process, unless that is over. `CreateVssBackupComponents` always
    /// begins a new one.
    fn of_call(&self, key: &Arc<str>, method: &Method, pid: Option<u32>) -> Option<usize> {
        if *method == Method::CreateVssBackupComponents {
            return None;
        }
        self.newest(key, |epoch| epoch.is_of(pid)).filter(|&at| self.all[at].takes(method))
    }

    /// What is no call: a status that the requester read, or a writer's callback, which has the key but not the
    /// requester's pid. With several epochs at that time the set decides; else it is the newest that is not over.
    fn of_other(&self, key: &Arc<str>, event: &Event) -> Option<usize> {
        if event.actor == Actor::Requester {
            return self.newest(key, |epoch| epoch.is_of(event.process.pid));
        }
        let is_recent = |epoch: &Epoch| epoch.over.is_none_or(|at| event.time - at <= shutdown_lag());
        let by_set = self
            .newest(key, |epoch| is_recent(epoch) && event.set.is_some_and(|set| epoch.sets.contains(&set)));
        by_set
            .or_else(|| self.newest(key, |epoch| epoch.over.is_none()))
            .or_else(|| self.newest(key, |_| true))
    }

    fn newest(&self, key: &Arc<str>, wanted: impl Fn(&Epoch) -> bool) -> Option<usize> {
        self.by_key.get(key)?.iter().rev().copied().find(|&at| wanted(&self.all[at]))
    }

    fn begin(&mut self, key: &Arc<str>, session: Session) -> usize {
        let at = self.all.len();
        self.all.push(Epoch { session, over: None, may_go_on: false, sets: Vec::new() });
        self.by_key.entry(Arc::clone(key)).or_default().push(at);
        self.open.push(at);
        at
    }

    /// A call that another source notes without naming the instance belongs to the only open one of its process.
    fn absorb(&mut self, event: &Event, index: usize) {
        let Some(pid) = event.process.pid else { return };
        // Between what has a time and what has none there is no before and after.
        let is_timed = |epoch: &Epoch| epoch.session.started != Event::NO_TIME;
        let is_own = |epoch: &Epoch| {
            epoch.over.is_none() && epoch.session.requester.pid == Some(pid) && is_timed(epoch)
        };
        let mut own = self.open.iter().filter(|&&at| is_own(&self.all[at]));
        if let Some(at) = own.next().copied().filter(|_| own.next().is_none()) {
            self.all[at].session.events.push(index);
        }
    }

    /// Ends those of the open epochs that this event ends.
    fn end(&mut self, event: &Event, index: usize) {
        let same_pid =
            |epoch: &Epoch| event.process.pid.is_some() && epoch.session.requester.pid == event.process.pid;
        let is_start = matches!(event.what, What::Startup);
        let is_seen = event.process.pid.is_none_or(|pid| self.pids.contains(&pid));
        if !is_start && !is_seen && event.session.is_none() {
            return;
        }
        // An end that names the instance is its end, also where no call of it shows the pid.
        let named = event.session.as_ref().and_then(|key| self.of_other(key, event));
        let ours = |epoch: &Epoch| !is_other_image(&epoch.session.requester.image, &event.process.image);
        let all = &mut self.all;
        self.open.retain(|&at| {
            let epoch = &mut all[at];
            let ends = match event.what {
                What::ProcessEnded { .. } if ours(epoch) => same_pid(epoch) || named == Some(at),
                // Another process has the pid: the one before it is gone, and when it went is not known.
                What::ProcessStarted { .. } => {
                    same_pid(epoch) && event.time - epoch.session.started > process_lead()
                }
                What::Startup => true,
                _ => same_pid(epoch) && !ours(epoch),
            };
            if ends && epoch.over.is_none() {
                epoch.over = Some(event.time);
                if matches!(event.what, What::ProcessEnded { .. }) && ours(epoch) {
                    epoch.session.events.push(index);
                }
            }
            epoch.may_go_on &= !ends;
            epoch.over.is_none() || epoch.may_go_on
        });
    }
}

/// Sessions of traces that name the instance. An epoch ends with its last `Release`, with its process, or with Windows.
pub(super) fn of_instances(view: &HostView<'_>) -> Vec<Session> {
    let mut epochs = Epochs::default();
    for (index, event) in view.of(Kinds::CALL | Kinds::PROCESS | Kinds::RUN | Kinds::NAMES_INSTANCE) {
        let is_end =
            matches!(event.what, What::ProcessEnded { .. } | What::ProcessStarted { .. } | What::Startup);
        if is_end || is_creation(event) {
            epochs.end(event, index);
        }
        if is_call_without_key(event) {
            epochs.absorb(event, index);
        }
        let Some(key) = event.session.as_ref().filter(|_| !is_end) else { continue };
        let call = match &event.what {
            What::Call { method, args, .. } => Some((method, args)),
            _ => None,
        };
        let known = match call {
            Some((method, _)) => epochs.of_call(key, method, event.process.pid),
            None => epochs.of_other(key, event),
        };
        let at = known.unwrap_or_else(|| epochs.begin(key, session(view, SessionDetail::Calls, event.time)));
        let epoch = &mut epochs.all[at];
        epoch.session.events.push(index);
        if event.session_inferred {
            epoch.session.confidence = Confidence::Strong;
        }
        if let Some((method, args)) = call {
            epoch.note_call(event, method, args);
            epochs.pids.extend(event.process.pid);
        }
    }
    let finish = |epoch: Epoch| {
        let mut session = epoch.session;
        session.events.sort_unstable();
        session.calls = calls(view, &session.events);
        if !session.events.iter().any(|&i| is_end_of_work(&view.events[i])) {
            take_return_for_end(view, &mut session.calls);
        }
        let makes_instance = |call: &CallRecord| {
            matches!(
                call.method,
                Method::CreateVssBackupComponents
                    | Method::InitializeForBackup
                    | Method::InitializeForRestore
            )
        };
        // What a tool prints of its work begins with its work; creating the instance is not worth a line to it.
        session.starts_mid =
            !session.calls.first().is_some_and(makes_instance) && !is_transcript(view, &session);
        if is_transcript(view, &session) {
            // The lines of a tool stand for calls.
            session.confidence = Confidence::Strong;
        }
        if session.calls.is_empty() {
            session.detail = SessionDetail::Identity;
        }
        session
    };
    epochs.all.into_iter().map(finish).collect()
}

fn is_creation(event: &Event) -> bool {
    matches!(event.what, What::Call { method: Method::CreateVssBackupComponents, .. })
}

fn is_end_of_work(event: &Event) -> bool {
    matches!(event.what, What::Call { edge: Edge::Finished, .. })
}

/// A trace may show functions only and never the end of asynchronous work. Then an accepted call counts as over when it
/// returned: its later failure would show in the calls behind it.
fn take_return_for_end(view: &HostView<'_>, calls: &mut [CallRecord]) {
    for call in calls.iter_mut().filter(|call| call.ended.is_none() && call.accepted.is_some()) {
        call.ended = call.events.last().map(|&i| view.events[i].time);
        call.hresult = call.accepted;
    }
}
