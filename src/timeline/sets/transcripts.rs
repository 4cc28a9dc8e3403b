//! Sets of which a tool printed its part of the story: diskshadow, vshadow. The output has an order, the set's id, and no clock.

use super::named::draft;
use super::{Draft, Family};
use crate::timeline::HostView;
use crate::timeline::sessions::{is_transcript, set_made};
use std::collections::HashSet;
use vsscope_model::Session;

/// Gives the output of tools to the sets that other evidence shows, and makes sets of the rest. Gives the sessions that are
/// the same as one that other evidence shows: they have nothing of their own to add.
pub(super) fn transcripts(
    view: &HostView<'_>,
    sessions: &[Session],
    drafts: &mut Vec<Draft>,
) -> HashSet<usize> {
    let mut folded = HashSet::new();
    for (at, session) in sessions.iter().enumerate().filter(|(_, session)| is_transcript(view, session)) {
        let starts: Vec<_> = session.calls.iter().filter(|call| set_made(call).is_some()).collect();
        for (n, start) in starts.iter().enumerate() {
            let first = if n == 0 { None } else { start.events.first() };
            let next = starts.get(n + 1).and_then(|next| next.events.first());
            let is_mine = |index: &&usize| {
                first.is_none_or(|first| *index >= first) && next.is_none_or(|next| *index < next)
            };
            let events: Vec<usize> = session.events.iter().filter(is_mine).copied().collect();
            let Some(known) = drafts.iter_mut().find(|draft| draft.guid == set_made(start)) else {
                drafts.push(draft(view, Family::Named, set_made(start), Some(at), events));
                continue;
            };
            known.events.extend(events);
            match known.session {
                None => known.session = Some(at),
                Some(_) => _ = folded.insert(at),
            }
        }
    }
    folded
}
