//! Which names are one machine.
//!
//! One log of one machine can hold several computer names: the image's build name, a random name from setup, the name
//! before and after a rename, short and full form. Collections of exported events, on the other hand, hold many machines.

use std::collections::BTreeMap;
use std::sync::Arc;
use vsscope_model::{Host, InputReport, Timestamp};

/// Name of the host when the evidence names none.
pub const UNKNOWN_HOST: &str = "(unknown host)";

/// Names that Windows setup gives to every machine; they say nothing about identity.
const SETUP_NAMES: &[&str] = &["MINWINPC", "WINDOWS", "LOCALHOST"];

/// Formats that keep one machine's log as one file.
const SINGLE_HOST_FORMATS: &[&str] = &["evtx", "evtx-dump-json"];

/// The logs in which records of other machines are collected.
const FORWARDED: &str = "ForwardedEvents";

/// One machine: the inputs and names that belong to it.
#[derive(Default)]
struct Machine {
    /// (input, lower-case name); the input is empty for formats that mix machines.
    keys: Vec<(Arc<str>, String)>,
    /// Name as logged and the last instant at which it was in use.
    names: BTreeMap<Arc<str>, Timestamp>,
}

impl Machine {
    /// The newest name; of names that end together the longest (the full form of a short one).
    fn newest(&self) -> Option<&Arc<str>> {
        self.names.iter().max_by_key(|(name, last)| (**last, name.len())).map(|(name, _)| name)
    }

    fn is_called(&self, name: &str) -> bool {
        !SETUP_NAMES.iter().any(|setup| setup.eq_ignore_ascii_case(name))
            && self.names.keys().any(|known| same_machine_name(known, name))
    }
}

/// Equal, or one is the short form of the other.
fn same_machine_name(a: &str, b: &str) -> bool {
    let label = |name: &'_ str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    a.eq_ignore_ascii_case(b) || (a.contains('.') != b.contains('.') && label(a) == label(b))
}

/// The machines of a run.
pub struct Names {
    canonical: BTreeMap<(Arc<str>, String), Arc<str>>,
    hosts: Vec<Host>,
}

impl Names {
    /// Finds the machines behind the names of all inputs.
    pub fn of(reports: &[InputReport]) -> Self {
        let mut machines: Vec<Machine> = Vec::new();
        for report in reports {
            for machine in machines_of(report) {
                join(&mut machines, machine);
            }
        }
        // What names no machine is of the only one that is named: a bundle is collected on one machine.
        let is_named = |machine: &Machine| machine.names.keys().any(|name| **name != *UNKNOWN_HOST);
        if machines.iter().filter(|machine| is_named(machine)).count() == 1 {
            machines.retain(is_named);
        }
        let mut canonical = BTreeMap::new();
        let mut hosts = Vec::new();
        for machine in &machines {
            let Some(name) = machine.newest().cloned() else { continue };
            for key in &machine.keys {
                canonical.insert(key.clone(), Arc::clone(&name));
            }
            let aliases = machine.names.keys().filter(|other| **other != name).cloned().collect();
            hosts.push(Host { name, aliases, runs: Vec::new() });
        }
        hosts.sort_by(|a, b| a.name.cmp(&b.name));
        Names { canonical, hosts }
    }

    /// The host's name for a name in an input. Events without a name belong to the only host of a run, if there is one.
    pub fn canonical(&self, input: &Arc<str>, name: Option<&str>) -> Arc<str> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return match self.hosts.as_slice() {
                [only] => Arc::clone(&only.name),
                _ => Arc::from(UNKNOWN_HOST),
            };
        };
        let lower = name.to_ascii_lowercase();
        let in_input = self.canonical.get(&(Arc::clone(input), lower.clone()));
        let anywhere = || self.canonical.get(&(Arc::from(""), lower));
        in_input.or_else(anywhere).cloned().unwrap_or_else(|| Arc::from(name))
    }

    /// The hosts by name, without runs.
    pub fn hosts(&self) -> Vec<Host> {
        self.hosts.clone()
    }
}

/// The machines that one input shows.
fn machines_of(report: &InputReport) -> Vec<Machine> {
    let named = |host: &Arc<str>| !host.is_empty();
    // Names come from the spans and, for safety, from the events themselves.
    let mut names: BTreeMap<Arc<str>, Timestamp> = BTreeMap::new();
    let spans = report.spans.iter().map(|s| (&s.host, s.last));
    let rows = report.events.chunk_by(|a, b| a.host == b.host);
    let events = rows.filter_map(|rows| {
        let last = rows.iter().map(|event| event.time).max()?;
        Some((rows.first()?.host.as_ref()?, last))
    });
    for (host, last) in spans.chain(events).filter(|(host, _)| named(host)) {
        let entry = names.entry(Arc::clone(host)).or_insert(last);
        *entry = (*entry).max(last);
    }
    if names.is_empty() {
        let Some(last) = report.events.last().map(|e| e.time) else { return Vec::new() };
        names.insert(Arc::from(UNKNOWN_HOST), last);
    }
    let forwarded = report.spans.iter().any(|span| span.source.eq_ignore_ascii_case(FORWARDED));
    if SINGLE_HOST_FORMATS.contains(&report.format.as_str()) && !forwarded {
        let keys = names.keys().map(|name| (Arc::clone(&report.path), name.to_ascii_lowercase())).collect();
        return vec![Machine { keys, names }];
    }
    let mut machines: Vec<Machine> = Vec::new();
    for (name, last) in names {
        let keys = vec![
            (Arc::clone(&report.path), name.to_ascii_lowercase()),
            (Arc::from(""), name.to_ascii_lowercase()),
        ];
        join(&mut machines, Machine { keys, names: BTreeMap::from([(name, last)]) });
    }
    machines
}

/// Adds a machine, as part of every known one whose newest name it bears or that bears its newest name.
fn join(machines: &mut Vec<Machine>, mut new: Machine) {
    let is_same = |known: &Machine| {
        known.newest().is_some_and(|name| new.is_called(name))
            || new.newest().is_some_and(|name| known.is_called(name))
    };
    let (same, other): (Vec<Machine>, Vec<Machine>) = std::mem::take(machines).into_iter().partition(is_same);
    for mut machine in same {
        new.keys.append(&mut machine.keys);
        for (name, last) in machine.names {
            let entry = new.names.entry(name).or_insert(last);
            *entry = (*entry).max(last);
        }
    }
    *machines = other;
    machines.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::{Event, RecordRef, Span, What};

    fn report(path: &str, format: &str, hosts: &[(&str, &str)]) -> InputReport {
        let time = |hour: &str| format!("2031-05-06T{hour}:00:00Z").parse().expect("a time");
        let span = |&(host, hour): &(&str, &str)| Span {
            host: Arc::from(host),
            source: Arc::from("System"),
            first: time("00"),
            last: time(hour),
            records: 1,
            carved: false,
        };
        InputReport {
            path: Arc::from(path),
            format: format.into(),
            spans: hosts.iter().map(span).collect(),
            ..InputReport::default()
        }
    }

    fn names(reports: &[InputReport]) -> Vec<String> {
        Names::of(reports).hosts().iter().map(|h| h.name.to_string()).collect()
    }

    #[test]
    fn a_renamed_host_is_one_host_in_all_its_logs() {
        let system = report("System.evtx", "evtx", &[("WIN-ABCDEFGHIJK", "02"), ("dc1.corp.example", "09")]);
        let application = report("Application.evtx", "evtx", &[("WIN-ABCDEFGHIJK", "03"), ("DC1", "04")]);
        let names = Names::of(&[application, system]);
        assert_eq!(names.hosts().len(), 1);
        let of = |input: &str, name| names.canonical(&Arc::from(input), Some(name)).to_string();
        assert_eq!(of("System.evtx", "WIN-ABCDEFGHIJK"), "dc1.corp.example");
        assert_eq!(of("Application.evtx", "DC1"), "dc1.corp.example");
    }

    #[test]
    fn what_names_no_machine_belongs_to_the_only_one() {
        let log = || report("System.evtx", "evtx", &[("FS1", "03")]);
        let nameless = || {
            let event =
                Event::new("2031-05-06T02:00:00Z".parse().expect("a time"), RecordRef::default(), What::Log);
            InputReport { events: vec![event], ..report("trace.log", "vss-trace", &[]) }
        };
        assert_eq!(names(&[log(), nameless()]), ["FS1"]);
        assert_eq!(names(&[nameless()]), [UNKNOWN_HOST]);
        let two = [log(), report("other.evtx", "evtx", &[("FS2", "03")]), nameless()];
        assert_eq!(names(&two), [UNKNOWN_HOST, "FS1", "FS2"]);
    }

    #[test]
    fn machines_of_one_image_stay_apart() {
        let a = report("a.evtx", "evtx", &[("MINWINPC", "01"), ("HOSTA", "05")]);
        let b = report("b.evtx", "evtx", &[("MINWINPC", "01"), ("HOSTB", "05")]);
        let names = Names::of(&[a, b]);
        assert_eq!(names.hosts().len(), 2);
        assert_eq!(&*names.canonical(&Arc::from("b.evtx"), Some("MINWINPC")), "HOSTB");
    }

    #[test]
    fn a_collection_of_events_holds_many_hosts_but_short_and_full_names_are_one() {
        let all = report(
            "all.json",
            "nxlog-json",
            &[("DC1.corp.example", "05"), ("DC1", "04"), ("FS1.corp.example", "05")],
        );
        assert_eq!(names(&[all]), ["DC1.corp.example", "FS1.corp.example"]);
    }
}
