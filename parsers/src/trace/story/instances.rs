//! Instances of `IVssBackupComponents`, worked out from processes, threads and creating calls.
//!
//! No public trace shows the pointer of an instance, so that every key from here is inferred and says so in its event. A
//! process has a new instance where it creates one; a trace that shows no creation at all in the process gives one where
//! an instance that has calls already is initialised again.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use vsscope_model::Method;

/// Processes that are followed; beyond that the half that was silent longest is forgotten.
const MAX_PROCESSES: usize = 4096;
/// Instances of one process that are followed; beyond that the oldest is forgotten.
const MAX_INSTANCES: usize = 64;

/// One instance.
#[derive(Debug)]
struct Instance {
    number: u64,
    key: Arc<str>,
    /// Whether it was not released.
    is_live: bool,
    has_calls: bool,
    /// Index of the event of the asynchronous call that returned last and is not finished. VSS does one at a time.
    open: Option<usize>,
}

#[derive(Debug, Default)]
struct Process {
    all: VecDeque<Instance>,
    /// Instances so far, also those that were forgotten.
    made: u64,
    /// Whether the trace shows creating calls in this process.
    shows_creation: bool,
    used: u64,
}

/// The instances of all processes.
#[derive(Debug, Default)]
pub(super) struct Instances {
    processes: HashMap<Option<u32>, Process>,
    calls: u64,
}

impl Instances {
    /// The instance that a call belongs to, as its number in the process and its key. `used` is the one that the thread used
    /// last: that one if it is live, else the newest live one of the process, else one that was released (which is then used
    /// after its end), else a first one.
    pub fn of_call(&mut self, pid: Option<u32>, used: Option<u64>, method: &Method) -> (u64, Arc<str>) {
        self.calls = self.calls.saturating_add(1);
        let process = self.processes.entry(pid).or_default();
        process.used = self.calls;
        let is_creation = *method == Method::CreateVssBackupComponents;
        process.shows_creation |= is_creation;
        let is_initialisation = matches!(method, Method::InitializeForBackup | Method::InitializeForRestore);
        let found = process.choose(used).filter(|&at| {
            let has_calls = process.all.get(at).is_some_and(|instance| instance.has_calls);
            !(is_creation || (is_initialisation && !process.shows_creation && has_calls))
        });
        let at = found.unwrap_or_else(|| process.make(pid));
        let call = process.all.get_mut(at).map(|instance| {
            instance.has_calls |= !is_creation;
            (instance.number, Arc::clone(&instance.key))
        });
        if self.processes.len() > MAX_PROCESSES {
            self.forget();
        }
        call.unwrap_or_else(|| (0, Arc::from("trace")))
    }

    /// Whether a process has instances.
    pub fn has(&self, pid: Option<u32>) -> bool {
        self.processes.contains_key(&pid)
    }

    /// Notes whether an instance is live.
    pub fn set_live(&mut self, pid: Option<u32>, number: u64, is_live: bool) {
        if let Some(instance) = self.instance(pid, number) {
            instance.is_live = is_live;
        }
    }

    /// A call returned; its event has this index. Only asynchronous ones that did not fail wait for their end.
    pub fn returned(&mut self, pid: Option<u32>, number: u64, method: &Method, failed: bool, event: usize) {
        if !method.is_asynchronous() {
            return;
        }
        if let Some(instance) = self.instance(pid, number) {
            instance.open = (!failed).then_some(event);
        }
    }

    /// Takes the asynchronous call whose end a thread of the process sees: that of the instance which the thread used last,
    /// else the newest of the process. Gives the index of its event.
    pub fn finished(&mut self, pid: Option<u32>, used: Option<u64>) -> Option<usize> {
        let of_thread = used.and_then(|number| self.instance(pid, number)?.open.take());
        of_thread.or_else(|| {
            let all = &mut self.processes.get_mut(&pid)?.all;
            all.iter_mut().filter(|instance| instance.open.is_some()).max_by_key(|i| i.open)?.open.take()
        })
    }

    fn instance(&mut self, pid: Option<u32>, number: u64) -> Option<&mut Instance> {
        let all = &mut self.processes.get_mut(&pid)?.all;
        all.iter_mut().rev().find(|instance| instance.number == number)
    }

    fn forget(&mut self) {
        let mut ages: Vec<u64> = self.processes.values().map(|process| process.used).collect();
        ages.sort_unstable();
        let middle = ages.get(ages.len() / 2).copied().unwrap_or_default();
        self.processes.retain(|_, process| process.used >= middle);
    }

    /// Processes that are followed, and instances of all of them.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        (self.processes.len(), self.processes.values().map(|process| process.all.len()).sum())
    }
}

impl Process {
    fn choose(&self, used: Option<u64>) -> Option<usize> {
        let newest = |wanted: &dyn Fn(&Instance) -> bool| self.all.iter().rposition(wanted);
        let is_used = |instance: &Instance| Some(instance.number) == used;
        newest(&|instance| is_used(instance) && instance.is_live)
            .or_else(|| newest(&|instance| instance.is_live))
            .or_else(|| newest(&is_used))
            .or_else(|| newest(&|_| true))
    }

    fn make(&mut self, pid: Option<u32>) -> usize {
        self.made = self.made.saturating_add(1);
        let key = match pid {
            Some(pid) => format!("trace:0x{pid:x}#{}", self.made),
            None => format!("trace#{}", self.made),
        };
        if self.all.len() >= MAX_INSTANCES {
            self.all.pop_front();
        }
        let key = Arc::from(key);
        self.all.push_back(Instance { number: self.made, key, is_live: true, has_calls: false, open: None });
        self.all.len().saturating_sub(1)
    }
}
