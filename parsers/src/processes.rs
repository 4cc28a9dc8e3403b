//! Starts and ends of processes: which of them are kept.
//!
//! Any process may turn out to be a requester, so its start is kept until it is known whether another event of the input
//! speaks of its process id. A log of Sysmon has millions of such records, so those that wait are limited.

use std::collections::{HashMap, HashSet};
use vsscope_model::{Event, What};

/// Programs whose start and end are kept whatever else the input holds: requesters that come with Windows, the service
/// itself and the usual writer of SQL Server.
const VSS_PROGRAMS: [&str; 10] = [
    "vssvc.exe",
    "vssadmin.exe",
    "diskshadow.exe",
    "vshadow.exe",
    "wbadmin.exe",
    "wbengine.exe",
    "ntdsutil.exe",
    "esentutl.exe",
    "wmic.exe",
    "sqlwriter.exe",
];

/// Words of a command line that make its process worth keeping, in lower case; `Win32_ShadowCopy` holds the second.
const VSS_WORDS: [&str; 2] = ["swprv", "shadowcopy"];

/// Process events that may wait for another event to speak of their process.
const MOST: usize = 60_000;
/// Of those, how many a clearing leaves.
const KEPT: usize = 40_000;

/// Counts the process events of an input and clears them when there are many.
#[derive(Debug)]
pub(crate) struct Processes {
    waiting: usize,
    most: usize,
    kept: usize,
}

impl Default for Processes {
    fn default() -> Self {
        Processes { waiting: 0, most: MOST, kept: KEPT }
    }
}

impl Processes {
    /// To be called when an event was added at the end.
    pub fn clear_if_many(&mut self, events: &mut Vec<Event>) {
        self.waiting = self.waiting.saturating_add(usize::from(events.last().is_some_and(is_process_event)));
        if self.waiting >= self.most {
            self.waiting = thin(events, self.kept);
        }
    }
}

/// Drops the starts and ends of processes that no other event speaks of and that are no tool of VSS: a Sysmon log has
/// thousands of them.
pub(crate) fn sift(events: &mut Vec<Event>) {
    if !events.iter().any(is_process_event) {
        return;
    }
    let spoken_of = pids_spoken_of(events);
    events.retain(|event| !is_idle(event, &spoken_of));
}

/// Clears process events while there is more to come: of each process id that no other event has spoken of so far, the
/// last start and end stay, of all together the last ones up to a limit. Returns how many process events are left that
/// still wait.
fn thin(events: &mut Vec<Event>, kept: usize) -> usize {
    let spoken_of = pids_spoken_of(events);
    let mut seen: HashMap<u32, usize> = HashMap::new();
    let mut left = 0_usize;
    let mut keep: Vec<bool> = Vec::with_capacity(events.len());
    for event in events.iter().rev() {
        if !is_idle(event, &spoken_of) {
            keep.push(true);
            continue;
        }
        let times = seen.entry(event.process.pid.unwrap_or_default()).or_default();
        *times = times.saturating_add(1);
        let stays = *times <= 2 && left < kept;
        left = left.saturating_add(usize::from(stays));
        keep.push(stays);
    }
    events.retain(|_| keep.pop().unwrap_or(true));
    left
}

fn pids_spoken_of(events: &[Event]) -> HashSet<u32> {
    let others = events.iter().filter(|event| !is_process_event(event));
    others.filter_map(|event| event.process.pid).collect()
}

/// Whether an event is the start or end of a process that matters to nobody so far.
fn is_idle(event: &Event, spoken_of: &HashSet<u32>) -> bool {
    is_process_event(event)
        && !event.process.pid.is_some_and(|pid| spoken_of.contains(&pid))
        && !is_vss_program(event)
}

fn is_process_event(event: &Event) -> bool {
    matches!(event.what, What::ProcessStarted { .. } | What::ProcessEnded { .. })
}

fn is_vss_program(event: &Event) -> bool {
    let named = |image: &str| VSS_PROGRAMS.iter().any(|program| program.eq_ignore_ascii_case(image));
    let command_line = match &event.what {
        What::ProcessStarted { command_line } => {
            command_line.as_deref().unwrap_or_default().to_ascii_lowercase()
        }
        _ => String::new(),
    };
    event.process.image_name().is_some_and(named) || VSS_WORDS.iter().any(|word| command_line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::{Process, RecordRef};

    fn event(pid: u32, what: What) -> Event {
        let process = Process { pid: Some(pid), ..Process::default() };
        Event { process, ..Event::new("2031-03-07T04:05:06Z".parse().unwrap(), RecordRef::default(), what) }
    }

    fn start(pid: u32) -> Event {
        event(pid, What::ProcessStarted { command_line: None })
    }

    #[test]
    fn starts_of_processes_filled_the_memory() {
        let mut processes = Processes { most: 100, kept: 60, ..Processes::default() };
        let mut events: Vec<Event> = Vec::new();
        let requester = 77_777;
        for pid in (0..50).cycle().take(5000).chain([requester]).chain(1000..1050) {
            events.push(start(pid));
            processes.clear_if_many(&mut events);
            assert!(events.len() <= 100, "{}", events.len());
        }
        events.push(event(requester, What::Log));
        sift(&mut events);
        assert_eq!(events.iter().map(|event| event.process.pid).collect::<Vec<_>>(), [Some(requester); 2]);
    }

    #[test]
    fn a_clearing_keeps_what_was_spoken_of_and_the_order() {
        let mut events = vec![start(7), event(7, What::Log), start(8), start(9), start(8), start(8)];
        assert_eq!(thin(&mut events, 3), 3);
        let pids: Vec<u32> = events.iter().filter_map(|event| event.process.pid).collect();
        assert_eq!(pids, [7, 7, 9, 8, 8]);
    }
}
