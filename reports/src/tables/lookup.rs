//! What several tables look up: sessions by id, hosts by any of their names, inputs by path.

use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, Finding, Phase, Session, SnapshotSet, WriterRun};

/// The sessions by id.
pub(super) fn sessions(analysis: &Analysis) -> BTreeMap<&str, &Session> {
    analysis.sessions.iter().map(|session| (session.id.as_str(), session)).collect()
}

/// The paths of the inputs by id.
pub(super) fn paths(analysis: &Analysis) -> BTreeMap<&str, &str> {
    analysis.inputs.iter().map(|input| (input.id.as_str(), &*input.path)).collect()
}

/// The ids of the inputs by path.
pub(super) fn ids(analysis: &Analysis) -> BTreeMap<&str, &str> {
    analysis.inputs.iter().map(|input| (&*input.path, input.id.as_str())).collect()
}

/// The hosts by every name that they have in the evidence.
pub(super) struct Hosts<'a>(BTreeMap<String, Option<&'a str>>);

impl<'a> Hosts<'a> {
    /// Names without regard to case.
    pub(super) fn of_analysis(analysis: &'a Analysis) -> Self {
        let mut names: BTreeMap<String, Option<&str>> = BTreeMap::new();
        for host in &analysis.hosts {
            for name in host.aliases.iter().chain([&host.name]) {
                // A name that two hosts have tells neither.
                let same = |known: &mut Option<&str>| *known = known.filter(|known| *known == &*host.name);
                names.entry(name.to_lowercase()).and_modify(same).or_insert(Some(&host.name));
            }
        }
        Hosts(names)
    }

    /// The host of a name as logged.
    pub(super) fn of(&self, name: &str) -> Option<&'a str> {
        self.0.get(&name.to_lowercase()).copied().flatten()
    }
}

/// To what each event belongs: the id of the one thing that rests on it; nothing where several do.
pub(crate) fn owners<'a>(
    events: usize,
    things: impl Iterator<Item = (&'a str, &'a [usize])>,
) -> Vec<Option<&'a str>> {
    let mut owners = vec![None; events];
    let mut shared = BTreeSet::new();
    for (id, indexes) in things {
        for &index in indexes {
            match owners.get_mut(index) {
                Some(Some(other)) if *other != id => {
                    shared.insert(index);
                }
                Some(owner) => *owner = Some(id),
                None => {}
            }
        }
    }
    for index in shared {
        owners.get_mut(index).map(Option::take);
    }
    owners
}

/// The findings that count, by something that they name.
pub(super) fn findings_by(
    analysis: &Analysis,
    key: impl Fn(&Finding) -> Option<&str>,
) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in analysis.findings.iter().filter(|finding| finding.counts()) {
        if let Some(key) = key(finding) {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

/// Whether the last state or failure code that was seen of a writer says that it failed.
pub(super) fn has_failed(writer: &WriterRun) -> bool {
    writer.state.is_some_and(|state| state.failed_at().is_some())
        || writer.hresult.is_some_and(|code| code.is_failure())
}

/// The longest measured phase of this name. Figures that are only bounds carry a note and are left out; the note of a freeze
/// window says who measured it.
pub(super) fn longest<'a>(phases: impl IntoIterator<Item = &'a Phase>, name: &str) -> Option<f64> {
    let measured = phases
        .into_iter()
        .filter(|phase| phase.name == name && (phase.note.is_none() || name == Phase::FREEZE_WINDOW));
    measured.filter_map(|phase| phase.duration_ms).filter(|ms| *ms >= 0.0).max_by(f64::total_cmp)
}

/// The phases of all writers of a set.
pub(super) fn writer_phases(set: &SnapshotSet) -> impl Iterator<Item = &Phase> {
    set.writers.iter().flat_map(|writer| &writer.phases)
}
