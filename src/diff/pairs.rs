//! Which set of one run is compared with which of the other.
//!
//! Sets are grouped by requester and host; of a group the last one stands for it, since the last is the one that somebody
//! asks about. Groups meet by requester and host, then by requester alone, then as the only ones that are there. Every set
//! that is left over is named with the reason.

use super::{Side, requester};
use std::collections::BTreeMap;
use vsscope_model::{LoneReason, PairedBy};

/// Two sets by their places.
pub(super) struct Pair {
    pub(super) good: usize,
    pub(super) bad: usize,
    pub(super) by: PairedBy,
}

/// What was paired and what was not.
pub(super) struct Pairing {
    pub(super) pairs: Vec<Pair>,
    pub(super) only_good: Vec<(usize, LoneReason)>,
    pub(super) only_bad: Vec<(usize, LoneReason)>,
}

/// Requester (where known) and host, in lower case.
type Key = (Option<String>, String);

/// Sets of one requester on one host, by start.
type Groups = BTreeMap<Key, Vec<usize>>;

pub(super) fn pair(good: &Side<'_>, bad: &Side<'_>) -> Pairing {
    let (mut left, mut right) = (groups(good), groups(bad));
    let mut pairing = Pairing { pairs: Vec::new(), only_good: Vec::new(), only_bad: Vec::new() };
    let only = |groups: &Groups| {
        let mut sets = groups.values().flatten();
        sets.next().filter(|_| sets.next().is_none()).copied()
    };
    let is_named = good.set.is_some() && bad.set.is_some();
    if let Some((good, bad)) = only(&left).zip(only(&right)) {
        pairing.pairs.push(Pair { good, bad, by: if is_named { PairedBy::Named } else { PairedBy::Only } });
        return pairing;
    }
    let same: Vec<(Key, Key)> =
        left.keys().filter(|key| right.contains_key(*key)).map(|key| (key.clone(), key.clone())).collect();
    pairing.meet(&mut left, &mut right, same, PairedBy::RequesterAndHost);
    let same = by_requester(&left, &right);
    pairing.meet(&mut left, &mut right, same, PairedBy::Requester);
    if pairing.pairs.is_empty() && left.len() == 1 && right.len() == 1 {
        let last = left.keys().cloned().zip(right.keys().cloned()).collect();
        pairing.meet(&mut left, &mut right, last, PairedBy::OnlyRequester);
    }
    let alone = |groups: Groups| groups.into_values().flatten().map(|at| (at, LoneReason::NoCounterpart));
    pairing.only_good.extend(alone(left));
    pairing.only_bad.extend(alone(right));
    pairing.only_good.sort_unstable();
    pairing.only_bad.sort_unstable();
    pairing.pairs.sort_by_key(|pair| pair.good);
    pairing
}

impl Pairing {
    /// Takes groups out of both sides and pairs their last sets.
    fn meet(&mut self, left: &mut Groups, right: &mut Groups, keys: Vec<(Key, Key)>, by: PairedBy) {
        for (of_left, of_right) in keys {
            let Some((good, bad)) = left.remove(&of_left).zip(right.remove(&of_right)) else { continue };
            if let Some((good, bad)) = good.last().zip(bad.last()) {
                self.pairs.push(Pair { good: *good, bad: *bad, by });
            }
            let earlier = |sets: Vec<usize>| {
                let before = sets.len().saturating_sub(1);
                sets.into_iter().take(before).map(|at| (at, LoneReason::Earlier))
            };
            self.only_good.extend(earlier(good));
            self.only_bad.extend(earlier(bad));
        }
    }
}

/// Requesters that made sets on one host of each side.
fn by_requester(left: &Groups, right: &Groups) -> Vec<(Key, Key)> {
    let alone = |groups: &Groups, requester: &Option<String>| {
        let mut keys = groups.keys().filter(|(of, _)| of == requester);
        keys.next().filter(|_| keys.next().is_none()).cloned()
    };
    let known = left.keys().filter(|(requester, _)| requester.is_some());
    known.filter_map(|key| alone(left, &key.0).zip(alone(right, &key.0))).collect()
}

fn groups(side: &Side<'_>) -> Groups {
    let mut groups = Groups::new();
    for (at, set) in side.analysis.sets.iter().enumerate() {
        if side.set.is_none_or(|named| named == at) {
            let key = (requester(side.analysis, set), short(&set.host));
            groups.entry(key).or_default().push(at);
        }
    }
    groups
}

/// The short name of a host: logs and traces name one machine in both ways.
fn short(host: &str) -> String {
    host.split('.').next().unwrap_or(host).to_ascii_lowercase()
}
