//! What an analysis says of one host.

use crate::run::counts;
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, Coverage, Event, Inventory, Phase, RecordRef, Summary};

/// The names of the hosts of an analysis, in its order. What belongs to no host belongs to the only one, if there is one.
pub fn hosts(analysis: &Analysis) -> Vec<String> {
    let mut names: Vec<String> = analysis.hosts.iter().map(|host| host.name.to_string()).collect();
    let others = analysis.sets.iter().map(|set| &*set.host).chain(analysis.sessions.iter().map(|s| &*s.host));
    let others = others.chain(analysis.findings.iter().filter_map(|finding| finding.host.as_deref()));
    for other in others.collect::<BTreeSet<_>>() {
        if !names.iter().any(|name| name == other) {
            names.push(other.to_owned());
        }
    }
    names
}

/// The part of one host: its sets, sessions, findings, events and coverage, and the inputs that told of it. Figures over all
/// sets are left out: they are about the whole.
pub fn of_host(analysis: &Analysis, host: &str) -> Analysis {
    let part = Part::of(analysis, host);
    let of = |name: &str| name == host;
    // Only what is kept is copied: there may be many hosts.
    let mut one = Analysis {
        schema: analysis.schema.clone(),
        tool: analysis.tool.clone(),
        generated: analysis.generated,
        inputs: analysis.inputs.clone(),
        coverage: Coverage {
            spans: analysis.coverage.spans.iter().filter(|span| of(&span.host)).cloned().collect(),
            gaps: analysis.coverage.gaps.iter().filter(|gap| of(&gap.host)).cloned().collect(),
            missing: analysis.coverage.missing.clone(),
        },
        hosts: analysis.hosts.iter().filter(|known| of(&known.name)).cloned().collect(),
        sessions: analysis.sessions.iter().filter(|session| of(&session.host)).cloned().collect(),
        sets: analysis.sets.iter().filter(|set| of(&set.host)).cloned().collect(),
        inventory: analysis.inventory.clone(),
        findings: analysis
            .findings
            .iter()
            .filter(|finding| finding.host.as_deref().map_or(part.is_only, of))
            .cloned()
            .collect(),
        summary: Summary::default(),
        statistics: None,
        events: Vec::new(),
    };
    keep_links(&mut one);
    keep_events(&mut one, &part);
    let told: BTreeSet<&str> =
        one.findings.iter().flat_map(|finding| &finding.evidence).map(|proof| proof.input.as_str()).collect();
    let read = places(&one.events);
    one.inputs
        .retain(|input| part.is_only || told.contains(input.id.as_str()) || read.contains(&*input.path));
    let inputs: BTreeSet<&str> = one.inputs.iter().map(|input| &*input.path).collect();
    keep_inventory(&mut one.inventory, &part, &inputs);
    one.summary.sets = one.sets.len();
    one.summary.sessions = one.sessions.len();
    one.summary.findings = counts(&one.findings);
    one.summary.records_read = one.inputs.iter().map(|input| input.records).sum();
    one.summary.records_lost = one.inputs.iter().map(|input| input.lost).sum();
    one
}

/// Which names and which events are a host's.
struct Part<'a> {
    /// Its names as logs have them, in lower case.
    names: BTreeSet<String>,
    /// Indexes of the events of its sets and sessions.
    events: BTreeSet<usize>,
    /// Names of any host, in lower case.
    known: BTreeSet<String>,
    /// Whether there is no other host.
    is_only: bool,
    analysis: &'a Analysis,
}

impl<'a> Part<'a> {
    fn of(analysis: &'a Analysis, host: &str) -> Self {
        let known = analysis.hosts.iter().filter(|known| &*known.name == host);
        let aliases = known.flat_map(|known| known.aliases.iter().map(|alias| alias.to_lowercase()));
        let of_sets = analysis.sets.iter().filter(|set| &*set.host == host).flat_map(|set| &set.events);
        let sessions = analysis.sessions.iter().filter(|session| &*session.host == host);
        let of_sessions = sessions.flat_map(|session| &session.events);
        Part {
            names: aliases.chain([host.to_lowercase()]).collect(),
            events: of_sets.chain(of_sessions).copied().collect(),
            known: analysis
                .hosts
                .iter()
                .flat_map(|known| known.aliases.iter().chain([&known.name]))
                .map(|name| name.to_lowercase())
                .collect(),
            is_only: hosts(analysis).len() == 1,
            analysis,
        }
    }

    fn is_named(&self, host: Option<&str>) -> bool {
        host.is_some_and(|host| self.names.contains(&host.to_lowercase()))
    }

    fn event(&self, index: usize, event: &Event) -> bool {
        match event.host.as_deref().map(str::to_lowercase) {
            Some(host) if self.known.contains(&host) => self.names.contains(&host),
            _ => {
                self.is_only
                    || self.events.contains(&index)
                    || self.is_named(Some(crate::timeline::UNKNOWN_HOST))
            }
        }
    }
}

/// The inputs that events came from.
fn places(events: &[Event]) -> BTreeSet<&str> {
    let via = events.iter().filter_map(|event| event.source.via.as_ref()).map(|via| &*via.input);
    events.iter().map(|event| &*event.source.input).chain(via).collect()
}

/// A finding that is not shown is nobody's cause.
fn keep_links(one: &mut Analysis) {
    let ids: BTreeSet<String> = one.findings.iter().map(|finding| finding.id.clone()).collect();
    for finding in &mut one.findings {
        finding.cause = finding.cause.take().filter(|cause| ids.contains(cause));
        finding.cause_confidence = finding.cause_confidence.filter(|_| finding.cause.is_some());
        finding.competing.retain(|other| ids.contains(other));
    }
}

/// Keeps the events of the host, and the references to them.
fn keep_events(one: &mut Analysis, part: &Part<'_>) {
    let mut kept = BTreeMap::new();
    for (index, event) in
        part.analysis.events.iter().enumerate().filter(|(index, event)| part.event(*index, event))
    {
        kept.insert(index, one.events.len());
        one.events.push(event.clone());
    }
    let renumber =
        |indexes: &mut Vec<usize>| *indexes = indexes.iter().filter_map(|at| kept.get(at).copied()).collect();
    let phases = |phases: &mut [Phase]| phases.iter_mut().for_each(|phase| renumber(&mut phase.events));
    for set in &mut one.sets {
        renumber(&mut set.events);
        phases(&mut set.phases);
        set.writers.iter_mut().for_each(|writer| phases(&mut writer.phases));
    }
    for session in &mut one.sessions {
        renumber(&mut session.events);
        session.calls.iter_mut().for_each(|call| renumber(&mut call.events));
    }
    one.hosts.iter_mut().flat_map(|host| &mut host.runs).for_each(|run| renumber(&mut run.events));
}

/// Lists of tools that name no machine belong to the inputs that are kept.
fn keep_inventory(inventory: &mut Inventory, part: &Part<'_>, inputs: &BTreeSet<&str>) {
    let kept = |host: Option<&str>, source: &RecordRef| match host {
        Some(host) => part.is_named(Some(host)),
        None => part.is_only || inputs.contains(&*source.input),
    };
    inventory.writers.retain(|writer| kept(writer.host.as_deref(), &writer.source));
    inventory.providers.retain(|provider| kept(provider.host.as_deref(), &provider.source));
    inventory.snapshots.retain(|snapshot| kept(snapshot.host.as_deref(), &snapshot.source));
    inventory.storage.retain(|storage| kept(storage.host.as_deref(), &storage.source));
    inventory.volumes.retain(|volume| kept(None, &volume.source));
    inventory.registry.retain(|key| kept(None, &key.source));
}

/// The names of hosts as parts of file names: distinct whatever the case, and the same in every run.
pub fn file_names(hosts: &[String]) -> Vec<String> {
    const LONGEST: usize = 80;
    let mut taken = BTreeSet::new();
    let name = |host: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let safe: String = host.chars().take(LONGEST).map(|c| if is_plain(c) { c } else { '_' }).collect();
        let safe = safe.trim_matches(['.', '_']).to_owned();
        if host == crate::timeline::UNKNOWN_HOST {
            return "unknown-host".to_owned();
        }
        // What was changed may be equal to another name.
        let digest = blake3::hash(host.as_bytes()).to_hex();
        if safe == *host && !safe.is_empty() {
            safe
        } else {
            format!("{safe}-{}", &digest[..8]).trim_start_matches('-').to_owned()
        }
    };
    let unique = |name: String| {
        let numbered = (2_u32..).map(|n| format!("{name}-{n}"));
        let free =
            std::iter::once(name.clone()).chain(numbered).find(|name| taken.insert(name.to_lowercase()));
        free.unwrap_or(name)
    };
    hosts.iter().map(name).map(unique).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(hosts: &[&str]) -> Vec<String> {
        file_names(&hosts.iter().map(|host| (*host).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn file_names_are_safe_and_distinct() {
        assert_eq!(
            names(&["SRV1", "srv2.corp.local", "(unknown host)"]),
            ["SRV1", "srv2.corp.local", "unknown-host"]
        );
        let odd = names(&["../../etc", "..\\..\\etc", "con:1", "", "MÜLLER", "Srv", "SRV"]);
        let distinct: BTreeSet<String> = odd.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(distinct.len(), 7, "{odd:?}");
        for name in &odd {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{name}");
            assert!(!name.starts_with('.') && !name.is_empty(), "{name}");
        }
        assert_eq!(odd, names(&["../../etc", "..\\..\\etc", "con:1", "", "MÜLLER", "Srv", "SRV"]));
    }
}
