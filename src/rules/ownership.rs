//! Which operations speak of a set: a log can hold thousands of both, and every rule about deletes asks for them.

use super::Operation;
use std::collections::HashMap;
use vsscope_model::{Guid, Timeline};

/// Sets and calls by ids.
#[derive(Debug, Default)]
pub struct Ownership<'t> {
    /// Sets by their ids.
    pub by_guid: HashMap<Guid, Vec<usize>>,
    /// Sets by the ids of their copies.
    pub by_copy: HashMap<Guid, Vec<usize>>,
    /// Calls that name a set or a copy, as number of the operation and place of the call.
    pub named: HashMap<Guid, Vec<(usize, usize)>>,
    /// Operations that made a set, by the set's id in the timeline.
    pub makers: HashMap<&'t str, Vec<usize>>,
    /// Operations whose session has the set of this id in its list.
    pub claims: HashMap<&'t str, Vec<usize>>,
}

impl<'t> Ownership<'t> {
    /// Everything in the order of the timeline.
    pub fn of(timeline: &'t Timeline, operations: &[Operation<'t>]) -> Self {
        let mut own = Ownership::default();
        for (at, set) in timeline.sets.iter().enumerate() {
            if let Some(guid) = set.guid {
                own.by_guid.entry(guid).or_default().push(at);
            }
            for copy in set.snapshots.iter().filter_map(|copy| copy.guid) {
                own.by_copy.entry(copy).or_default().push(at);
            }
        }
        for operation in operations {
            for (at, call) in operation.calls().iter().enumerate() {
                for id in call.set.into_iter().chain(call.snapshot) {
                    own.named.entry(id).or_default().push((operation.number, at));
                }
            }
            for set in &operation.sets {
                own.makers.entry(&set.id).or_default().push(operation.number);
            }
            for id in operation.session.iter().flat_map(|session| &session.sets) {
                own.claims.entry(id).or_default().push(operation.number);
            }
        }
        own
    }
}
