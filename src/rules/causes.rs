//! Which finding follows from which, and the order in which they are shown.

use super::findings::Draft;
use std::cmp::Reverse;

/// (cause, consequence) by rule id. For one consequence the first cause that is found counts, so nearer to the root
/// comes first. Sources: "Aborting VSS Operations", "Writer Errors and Vetoes", "Shadow Copy Creation for Providers".
const CAUSES: &[(&str, &str)] = &[
    ("service-stopped-mid-session", "backup-shutdown-without-complete"),
    ("service-stopped-mid-session", "thaw-missing"),
    ("service-stopped-mid-session", "abort-during-freeze"),
    ("flush-hold-exceeded", "abort-during-freeze"),
    ("freeze-window-exceeded", "abort-during-freeze"),
    ("provider-veto", "abort-during-freeze"),
    ("insufficient-storage", "abort-during-freeze"),
    ("writer-failed-at-prepare-snapshot", "abort-during-freeze"),
    ("writer-failed-at-freeze", "abort-during-freeze"),
    ("writer-failed-at-thaw", "abort-during-freeze"),
    ("freeze-window-exceeded", "writer-failed-at-freeze"),
    ("freeze-window-exceeded", "writer-failed-at-thaw"),
    ("freeze-window-exceeded", "writer-rejected-event"),
    ("foreign-delete-of-live-set", "shadow-lost-during-backup"),
    ("instance-reused-after-complete", "second-snapshot-set-on-instance"),
    ("instance-reused-after-abort", "second-snapshot-set-on-instance"),
];

/// For each draft its cause, as an index.
pub fn link(drafts: &[Draft]) -> Vec<Option<usize>> {
    drafts
        .iter()
        .map(|draft| {
            let rules = CAUSES
                .iter()
                .filter(|(_, consequence)| *consequence == draft.info.id)
                .map(|(cause, _)| cause);
            rules.into_iter().find_map(|rule| {
                drafts.iter().position(|other| {
                    other.info.id == *rule
                        && !other.is_noise()
                        && !draft.is_noise()
                        && belong_together(other, draft)
                })
            })
        })
        .collect()
}

/// Same set, or same session, or the same record; and never two different writers.
fn belong_together(a: &Draft, b: &Draft) -> bool {
    let known_and = |x: &Option<String>, y: &Option<String>| match (x, y) {
        (Some(x), Some(y)) => Some(x == y),
        _ => None,
    };
    if a.host != b.host || known_and(&a.writer, &b.writer) == Some(false) {
        return false;
    }
    known_and(&a.set, &b.set)
        .or_else(|| known_and(&a.session, &b.session))
        .unwrap_or_else(|| !a.evidence.is_disjoint(&b.evidence))
}

/// The order of output: a cause stands where its gravest consequence would stand, its consequences follow it. `drafts` are
/// in their own order already.
pub fn sequence(drafts: &[Draft], causes: &[Option<usize>]) -> Vec<usize> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    let mut roots = Vec::new();
    for (index, cause) in causes.iter().enumerate() {
        match cause {
            Some(cause) => children[*cause].push(index),
            None => roots.push(index),
        }
    }
    let mut trees: Vec<Vec<usize>> = roots.into_iter().map(|root| tree(root, &children)).collect();
    trees.sort_by_key(|tree| {
        let noise = tree.iter().all(|&index| drafts[index].is_noise());
        (
            noise,
            Reverse(tree.iter().map(|&index| drafts[index].severity).max()),
            tree.first().map(|&root| drafts[root].time),
        )
    });
    trees.into_iter().flatten().collect()
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
    use std::collections::BTreeSet;

    #[test]
    fn the_table_names_rules_that_exist() {
        let ids: BTreeSet<&str> = catalogue().iter().map(|rule| rule.info().id).collect();
        for (cause, consequence) in CAUSES {
            assert!(ids.contains(cause) && ids.contains(consequence), "{cause} -> {consequence}");
        }
    }

    // A circle of causes would make every finding of it vanish from the output.
    #[test]
    fn no_rule_is_its_own_cause() {
        fn reaches(from: &str, to: &str, depth: usize) -> bool {
            assert!(depth < CAUSES.len(), "circle at {from}");
            CAUSES
                .iter()
                .filter(|(cause, _)| *cause == from)
                .any(|(_, next)| *next == to || reaches(next, to, depth + 1))
        }
        for (cause, _) in CAUSES {
            assert!(!reaches(cause, cause, 0), "{cause}");
        }
    }
}
