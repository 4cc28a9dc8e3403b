//! Requesters of which only audit records speak.

use super::{session, set_made};
use crate::timeline::{HostView, Kinds, settle};
use std::collections::{HashMap, HashSet};
use vsscope_model::{Guid, Requester, Session, SessionDetail, SessionKind, What};

/// Requesters that only audit records name.
pub(super) fn of_audit(view: &HostView<'_>, known: &[Session]) -> Vec<Session> {
    let mut by_pid: HashMap<Option<u32>, Vec<&Session>> = HashMap::new();
    for session in known {
        by_pid.entry(session.requester.pid).or_default().push(session);
    }
    let made: HashSet<Guid> = known.iter().flat_map(|session| &session.calls).filter_map(set_made).collect();
    let mut sessions: Vec<Session> = Vec::new();
    let mut found: HashMap<(Option<u32>, Option<Guid>), usize> = HashMap::new();
    for (index, event) in view.of(Kinds::MARK) {
        if !matches!(event.what, What::SnapshotCreated | What::SnapshotImported) || event.process.is_empty() {
            continue;
        }
        if event.set.is_some_and(|set| made.contains(&set)) {
            continue;
        }
        let covers = |s: &&Session| {
            s.started <= event.time
                && s.calls.last().is_none_or(|c| event.time <= c.ended.unwrap_or(c.started) + settle())
        };
        if by_pid.get(&event.process.pid).is_some_and(|known| known.iter().any(covers)) {
            continue;
        }
        let key = (event.process.pid, event.set);
        if let Some(&at) = found.get(&key) {
            sessions[at].events.push(index);
            continue;
        }
        found.insert(key, sessions.len());
        let mut new = session(view, SessionDetail::Identity, event.time);
        new.requester = Requester {
            image: event.process.image.clone(),
            command_line: None,
            pid: event.process.pid,
            user: event.process.user.clone(),
        };
        new.kind = match event.what {
            What::SnapshotImported => SessionKind::Import,
            _ => SessionKind::Backup,
        };
        new.events.push(index);
        sessions.push(new);
    }
    sessions
}
