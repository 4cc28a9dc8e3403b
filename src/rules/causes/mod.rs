//! Which finding follows from which, and the order in which they are shown.
//!
//! The findings of an analysis form a graph: [`links`] says which rule's finding can be behind which, and a link is drawn
//! where two findings belong together (one set, session, writer, record; or one host and a time) and the cause does not
//! come after its consequence. Of several causes the nearest counts; others that are no part of its chain compete with it.

mod links;

use super::findings::Draft;
use chrono::TimeDelta;
use links::{LINKS, Tie};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;
use vsscope_model::{Clock, Confidence, Severity, Timeline, Timestamp};

/// A cause may bear a time this much later than its consequence: sources write when they are done.
const WRITTEN_LATER: TimeDelta = TimeDelta::seconds(5);

/// Why a finding is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Because {
    /// The nearest cause, as an index, and how sure the link is.
    pub cause: Option<(usize, Confidence)>,
    /// Other findings that would explain it, as indexes.
    pub competing: Vec<usize>,
}

/// For each consequence the rules that can be behind it.
static BEHIND: LazyLock<HashMap<&'static str, Vec<(&'static str, Tie)>>> = LazyLock::new(|| {
    let mut behind: HashMap<&str, Vec<(&str, Tie)>> = HashMap::new();
    for link in LINKS {
        for &consequence in link.consequences {
            let causes = link.causes.iter().filter(|cause| **cause != consequence);
            behind.entry(consequence).or_default().extend(causes.map(|&cause| (cause, link.tie)));
        }
    }
    behind
});

/// Whether a finding of one rule can be behind a finding of another.
pub fn can_explain(cause: &str, consequence: &str) -> bool {
    BEHIND.get(consequence).is_some_and(|causes| causes.iter().any(|(known, _)| *known == cause))
}

/// Rules whose findings can be behind a finding of this rule, in order.
pub fn causes_of(rule: &str) -> BTreeSet<&'static str> {
    BEHIND.get(rule).into_iter().flatten().map(|(cause, _)| *cause).collect()
}

/// Rules whose findings can follow from a finding of this rule, in order.
pub fn consequences_of(rule: &str) -> BTreeSet<&'static str> {
    BEHIND
        .iter()
        .filter(|(_, causes)| causes.iter().any(|(cause, _)| *cause == rule))
        .map(|(id, _)| *id)
        .collect()
}

/// For each draft why it is there.
pub fn link(drafts: &[Draft], timeline: &Timeline) -> Vec<Because> {
    let graph = Graph::new(drafts, timeline);
    let parents: Vec<Vec<(usize, Confidence)>> = (0..drafts.len()).map(|at| graph.causes_of(at)).collect();
    let ancestors: Vec<BTreeSet<usize>> = (0..drafts.len()).map(|at| ancestors(at, &parents)).collect();
    (0..drafts.len()).map(|at| because(at, &graph, &parents, &ancestors)).collect()
}

/// Drafts by what they belong to.
struct Graph<'d> {
    drafts: &'d [Draft],
    /// First and last instant of the evidence; absent where no clock measured it.
    spans: Vec<Option<(Timestamp, Timestamp)>>,
    /// Drafts of each set, session and record.
    near: HashMap<Key<'d>, Vec<usize>>,
    /// Drafts of each host and rule.
    hosts: BTreeMap<(&'d str, &'d str), Vec<usize>>,
}

/// What drafts can have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key<'d> {
    Set(&'d str),
    Session(&'d str, &'d str),
    Record(usize),
}

impl<'d> Graph<'d> {
    fn new(drafts: &'d [Draft], timeline: &Timeline) -> Self {
        let mut near: HashMap<Key<'d>, Vec<usize>> = HashMap::new();
        let mut hosts: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.is_noise()) {
            hosts.entry((&draft.host, &*draft.info.id)).or_default().push(at);
            for key in keys(draft) {
                near.entry(key).or_default().push(at);
            }
        }
        Graph { drafts, spans: drafts.iter().map(|draft| span(draft, timeline)).collect(), near, hosts }
    }

    /// Every finding that can be behind one, in order, with the confidence of the link.
    fn causes_of(&self, at: usize) -> Vec<(usize, Confidence)> {
        let draft = &self.drafts[at];
        let Some(behind) = BEHIND.get(&*draft.info.id).filter(|_| !draft.is_noise()) else {
            return Vec::new();
        };
        let mut found: BTreeMap<usize, Confidence> = BTreeMap::new();
        let neighbours: BTreeSet<usize> =
            keys(draft).filter_map(|key| self.near.get(&key)).flatten().copied().collect();
        let can_be_a_cause = |other: &usize| *other != at && !self.drafts[*other].aftermath;
        for other in neighbours.into_iter().filter(can_be_a_cause) {
            let ties = behind.iter().filter(|(rule, _)| *rule == self.drafts[other].info.id);
            for (_, tie) in ties.filter(|(_, tie)| !matches!(tie, Tie::Host(_))) {
                if self.belong(other, at, *tie) && self.in_order(other, at) {
                    found.insert(other, self.confidence(other, at));
                }
            }
        }
        for (rule, tie) in behind {
            let Tie::Host(within) = tie else { continue };
            let of_host = self.hosts.get(&(draft.host.as_str(), *rule)).map_or(&[][..], Vec::as_slice);
            for &other in
                of_host.iter().filter(|&&other| self.is_before(other, at, *within) && can_be_a_cause(&other))
            {
                found.entry(other).or_insert(Confidence::Weak);
            }
        }
        found.into_iter().collect()
    }

    /// One set, one session or one record; and for [`Tie::Writer`] never two different writers.
    fn belong(&self, cause: usize, consequence: usize, tie: Tie) -> bool {
        let (a, b) = (&self.drafts[cause], &self.drafts[consequence]);
        let known = |x: &Option<String>, y: &Option<String>| match (x, y) {
            (Some(x), Some(y)) => Some(x == y),
            _ => None,
        };
        let apart = tie == Tie::Writer && known(&a.writer, &b.writer) == Some(false);
        a.host == b.host
            && !apart
            && (tie != Tie::Aftermath || b.aftermath)
            && known(&a.set, &b.set)
                .or_else(|| known(&a.session, &b.session))
                .unwrap_or_else(|| !a.evidence.is_disjoint(&b.evidence))
    }

    /// Whether the cause begins no later than its consequence ends, as far as clocks tell.
    fn in_order(&self, cause: usize, consequence: usize) -> bool {
        match (self.spans[cause], self.spans[consequence]) {
            (Some((first, _)), Some((_, last))) => first <= last + WRITTEN_LATER,
            _ => true,
        }
    }

    /// Whether the cause is known to come before its consequence, and not long before.
    fn is_before(&self, cause: usize, consequence: usize, within: TimeDelta) -> bool {
        let (Some((first, last)), Some((begins, _))) = (self.spans[cause], self.spans[consequence]) else {
            return false;
        };
        cause != consequence && first <= begins + WRITTEN_LATER && begins - last <= within
    }

    /// A shared record or writer makes the link as sure as the cause itself; a shared set alone makes it strong.
    fn confidence(&self, cause: usize, consequence: usize) -> Confidence {
        let (a, b) = (&self.drafts[cause], &self.drafts[consequence]);
        let one_record = !a.evidence.is_disjoint(&b.evidence);
        let one_writer = a.writer.is_some() && a.writer == b.writer;
        let tie = if one_record || one_writer { Confidence::Exact } else { Confidence::Strong };
        tie.min(a.confidence)
    }
}

fn keys(draft: &Draft) -> impl Iterator<Item = Key<'_>> {
    let set = draft.set.as_deref().map(Key::Set);
    let session = draft.session.as_deref().map(|session| Key::Session(&draft.host, session));
    set.into_iter().chain(session).chain(draft.evidence.iter().map(|&record| Key::Record(record)))
}

/// First and last instant of the evidence, where clocks that can be compared noted it.
fn span(draft: &Draft, timeline: &Timeline) -> Option<(Timestamp, Timestamp)> {
    let times = draft
        .evidence
        .iter()
        .filter_map(|&index| timeline.events.get(index))
        .filter(|event| event.clock.measures() && event.clock != Clock::Unzoned);
    let times: Vec<Timestamp> = times.map(|event| event.time).collect();
    Some((*times.iter().min()?, *times.iter().max()?))
}

/// Everything behind a draft, directly or not. A circle of findings ends where it began.
fn ancestors(of: usize, parents: &[Vec<(usize, Confidence)>]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = vec![of];
    while let Some(at) = open.pop() {
        for &(parent, _) in &parents[at] {
            if parent != of && found.insert(parent) {
                open.push(parent);
            }
        }
    }
    found
}

/// The nearest cause: one behind which all other candidates are, or the surest of the earliest. What is no part of its chain
/// competes.
fn because(
    at: usize,
    graph: &Graph<'_>,
    parents: &[Vec<(usize, Confidence)>],
    ancestors: &[BTreeSet<usize>],
) -> Because {
    let loose = |candidate: usize| !ancestors[candidate].contains(&at);
    let candidates: Vec<(usize, Confidence)> =
        parents[at].iter().copied().filter(|(candidate, _)| loose(*candidate)).collect();
    // Nearest: what no other candidate has behind it.
    let is_nearest = |(own, _): &&(usize, Confidence)| {
        !candidates.iter().any(|(other, _)| other != own && ancestors[*other].contains(own))
    };
    let nearest = candidates.iter().filter(is_nearest).min_by_key(|(candidate, confidence)| {
        let draft = &graph.drafts[*candidate];
        (Reverse(*confidence), Reverse(draft.severity), graph.spans[*candidate], &*draft.info.id, *candidate)
    });
    let Some(&(cause, confidence)) = nearest else { return Because::default() };
    let mut competing: Vec<usize> = candidates
        .iter()
        .map(|(candidate, _)| *candidate)
        .filter(|candidate| {
            *candidate != cause
                && !ancestors[cause].contains(candidate)
                && !ancestors[*candidate].contains(&cause)
                && graph.drafts[*candidate].severity >= Severity::Warning
                && ancestors[*candidate].is_disjoint(&ancestors[cause])
        })
        .collect();
    competing.retain(|candidate| !is_sibling(*candidate, cause, graph));
    Because { cause: Some((cause, confidence)), competing }
}

/// Two findings of one rule, or about one writer's one failure, do not compete: they are parts of one explanation.
fn is_sibling(a: usize, b: usize, graph: &Graph<'_>) -> bool {
    let (a, b) = (&graph.drafts[a], &graph.drafts[b]);
    a.info.id == b.info.id || (a.writer.is_some() && a.writer == b.writer)
}

/// The order of output: explanations (a cause with all that follows from it) one after the other, each consequence below
/// its cause, noise last. `drafts` are in their own order already.
pub fn sequence(drafts: &[Draft], because: &[Because]) -> Vec<usize> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    let mut roots = Vec::new();
    for (index, because) in because.iter().enumerate() {
        match because.cause {
            Some((cause, _)) => children[cause].push(index),
            None => roots.push(index),
        }
    }
    let mut trees: Vec<Vec<usize>> = roots.into_iter().map(|root| tree(root, &children)).collect();
    let worst = |tree: &[usize]| tree.iter().map(|&index| drafts[index].severity).max();
    // Explanations of one set stay together, at the place of the first of them.
    let mut places: HashMap<(Option<Severity>, &str), Option<Timestamp>> = HashMap::new();
    for tree in &trees {
        let Some(place) = drafts[tree[0]].place() else { continue };
        let time = drafts[tree[0]].time;
        let first = places.entry((worst(tree), place)).or_insert(time);
        *first = (*first).min(time);
    }
    trees.sort_by_cached_key(|tree| {
        let root = &drafts[tree[0]];
        let place = root.place();
        let first =
            place.and_then(|place| places.get(&(worst(tree), place)).copied().flatten()).or(root.time);
        let noise = tree.iter().all(|&index| drafts[index].is_noise());
        (
            noise,
            Reverse(worst(tree)),
            first,
            place.map(str::to_owned),
            Reverse(weight(tree, drafts)),
            root.time,
        )
    });
    trees.into_iter().flatten().collect()
}

/// How much an explanation explains: errors and warnings that follow from the root, and how sure and grave the root is.
fn weight(tree: &[usize], drafts: &[Draft]) -> (usize, Severity, Confidence) {
    let grave = tree.iter().filter(|&&index| drafts[index].severity == Severity::Error).count();
    (grave, drafts[tree[0]].severity, drafts[tree[0]].confidence)
}

/// A cause, then each consequence with its own consequences.
fn tree(root: usize, children: &[Vec<usize>]) -> Vec<usize> {
    let mut found = vec![root];
    for &child in &children[root] {
        found.extend(tree(child, children));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::catalogue;

    #[test]
    fn the_table_names_rules_that_exist() {
        let ids: BTreeSet<&str> = catalogue().iter().map(|rule| rule.info().id).collect();
        let named = LINKS.iter().flat_map(|link| link.causes.iter().chain(link.consequences));
        let unknown: BTreeSet<&str> = named.copied().filter(|id| !ids.contains(id)).collect();
        assert!(unknown.is_empty(), "no such rules: {unknown:?}");
    }

    fn draft(rule: &str, set: &str) -> Draft {
        let rule = catalogue().iter().find(|known| known.info().id == rule).expect("a rule of this id");
        let mut draft = Draft::new(rule.info(), "H1");
        draft.set = Some(set.to_owned());
        draft
    }

    #[test]
    fn the_nearest_cause_is_named_and_the_root_leads() {
        let drafts = vec![
            draft("abort-during-freeze", "s"),
            draft("writer-failed-at-freeze", "s"),
            draft("freeze-window-exceeded", "s"),
            draft("freeze-window-exceeded", "other"),
        ];
        let because = link(&drafts, &Timeline::default());
        let cause = |at: usize| because[at].cause.map(|(cause, _)| cause);
        assert_eq!((cause(0), cause(1), cause(2), cause(3)), (Some(1), Some(2), None, None));
        let order = sequence(&drafts, &because);
        let place = |wanted: usize| order.iter().position(|&at| at == wanted);
        assert!(place(2) < place(1) && place(1) < place(0), "{order:?}");
    }

    #[test]
    fn two_causes_that_have_nothing_to_do_with_each_other_compete() {
        let drafts = vec![
            draft("abort-during-freeze", "s"),
            draft("provider-veto", "s"),
            draft("writer-failed-at-prepare-snapshot", "s"),
        ];
        let because = link(&drafts, &Timeline::default());
        let named = because[0].cause.map(|(cause, _)| cause).expect("a cause");
        assert_eq!(because[0].competing, [3 - named], "the other one");
    }

    #[test]
    fn a_link_by_host_and_time_alone_is_weak() {
        use vsscope_model::{Event, RecordRef, What};
        let at = |seconds: i64| {
            let time =
                "2031-05-06T10:00:00Z".parse::<Timestamp>().expect("a time") + TimeDelta::seconds(seconds);
            Event::new(time, RecordRef::default(), What::Log)
        };
        for (lag, linked) in [(60, true), (3600, false)] {
            let timeline = Timeline { events: vec![at(0), at(lag)], ..Timeline::default() };
            let mut command = draft("shadow-copies-deleted-by-command", "s");
            command.set = None;
            let mut lost = draft("shadow-lost-during-backup", "s");
            command.evidence.insert(0);
            lost.evidence.insert(1);
            let because = link(&[command, lost], &timeline);
            assert_eq!(because[1].cause, linked.then_some((0, Confidence::Weak)), "{lag} s");
        }
    }
}
