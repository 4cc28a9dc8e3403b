//! Frames and threads: which functions a thread is in, rebuilt from ENTER and EXIT.
//!
//! A trace holds the records of many processes, one line after the other, so every (process, thread) has a stack of its
//! own. Memory is bounded: by the depth of a stack, and by the threads and frames of all together.

use super::arguments::Gathered;
use super::failures::Open;
use super::names::Role;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Frames of one thread that are kept; beyond that the outermost are forgotten.
pub(super) const MAX_DEPTH: usize = 1000;
/// Threads that are followed; beyond that the half that was silent longest is forgotten.
pub(super) const MAX_THREADS: usize = 4096;
/// Frames of all threads together; beyond that threads are forgotten in the same way.
pub(super) const MAX_FRAMES: usize = 200_000;
/// Longest function name that is kept, in bytes.
pub(super) const MAX_FUNCTION: usize = 500;

/// A process and a thread, as far as the trace names them.
pub(super) type Key = (Option<u32>, Option<u32>);

/// A function that was entered and has not returned.
#[derive(Debug)]
pub(super) struct Frame {
    /// Function with its class.
    pub function: Arc<str>,
    /// Call depth as the trace has it.
    pub indent: Option<u32>,
    /// What the function is.
    pub role: Role,
    /// Index of the event that stands for it.
    pub event: Option<usize>,
    /// The event is that of an outer frame: both are one call, seen in a class and in the one that it hands over to.
    pub is_inner: bool,
    /// Number of the instance that a call is made on.
    pub instance: Option<u64>,
    /// Arguments that do not fit an event before all of them are known.
    pub gathered: Option<Box<Gathered>>,
}

/// The stack of one thread.
#[derive(Debug, Default)]
pub(super) struct Stack {
    frames: VecDeque<Frame>,
    /// Frames that were forgotten at the outer end.
    forgotten: usize,
}

impl Stack {
    /// How many functions the thread is in.
    pub fn depth(&self) -> usize {
        self.forgotten.saturating_add(self.frames.len())
    }

    /// Frames that are kept.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether the thread is in no known function.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Enters a function.
    pub fn push(&mut self, frame: Frame) {
        if self.frames.len() >= MAX_DEPTH {
            self.frames.pop_front();
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.frames.push_back(frame);
    }

    /// Leaves a function and those inside it that never returned. `None` if its ENTER is not in the trace. Of a function that
    /// called itself it is the innermost; the trace's own depth has a say where it fits one of them.
    pub fn pop(&mut self, function: &str, indent: Option<u32>) -> Option<Frame> {
        let mut known =
            self.frames.iter().enumerate().rev().filter(|(_, frame)| &*frame.function == function);
        let (innermost, _) = known.clone().next()?;
        let fits = |(_, frame): &(usize, &Frame)| indent.is_some() && frame.indent == indent;
        let at = known.find(fits).map_or(innermost, |(at, _)| at);
        self.frames.truncate(at.saturating_add(1));
        self.frames.pop_back()
    }

    /// The frame of a function, innermost first, as a depth (1 is the outermost).
    pub fn depth_of(&self, function: &str) -> Option<usize> {
        let at = self.frames.iter().rposition(|frame| &*frame.function == function)?;
        Some(self.forgotten.saturating_add(at).saturating_add(1))
    }

    /// The frames, innermost first.
    pub fn inside_out(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter().rev()
    }

    /// The innermost frame.
    pub fn top(&self) -> Option<&Frame> {
        self.frames.back()
    }

    /// The innermost frame that has an event of its own.
    pub fn owner(&mut self) -> Option<&mut Frame> {
        self.frames.iter_mut().rev().find(|frame| frame.role.is_mapped() && !frame.is_inner)
    }

    /// The innermost frame that is `IVssAsync::Wait` and its kin or the service's copy of a call, unless a mapped frame lies
    /// inside it.
    pub fn helper(&mut self) -> Option<&mut Frame> {
        let mut frames = self.frames.iter_mut().rev();
        frames
            .find(|frame| frame.role != Role::Other)
            .filter(|frame| matches!(frame.role, Role::Wait | Role::ServiceStart))
    }
}

/// What is known of one thread.
#[derive(Debug, Default)]
pub(super) struct Thread {
    /// The functions it is in.
    pub stack: Stack,
    /// Failures that are under way, the newest last.
    pub failures: Vec<Open>,
    /// Number of the instance that it used last.
    pub instance: Option<u64>,
    /// Number of its newest record, for telling which thread was silent longest.
    used: u64,
}

/// All threads of a trace.
#[derive(Debug, Default)]
pub(super) struct Threads {
    all: HashMap<Key, Thread>,
    /// Frames of all stacks.
    frames: usize,
    records: u64,
}

impl Threads {
    /// The thread of a record.
    pub fn of(&mut self, key: Key) -> &mut Thread {
        self.records = self.records.saturating_add(1);
        let thread = self.all.entry(key).or_default();
        thread.used = self.records;
        thread
    }

    /// Notes that a stack had so many frames and now has so many.
    pub fn resized(&mut self, before: usize, after: usize) {
        self.frames = self.frames.saturating_sub(before).saturating_add(after);
    }

    /// Whether some have to be forgotten.
    pub fn are_too_many(&self) -> bool {
        self.all.len() > MAX_THREADS || self.frames > MAX_FRAMES
    }

    /// Forgets the half that was silent longest, at least one, and gives it out.
    pub fn forget(&mut self) -> Vec<Thread> {
        let mut ages: Vec<(u64, Key)> = self.all.iter().map(|(key, thread)| (thread.used, *key)).collect();
        ages.sort_unstable();
        let half = ages.len().div_ceil(2);
        let gone: Vec<Thread> = ages.iter().take(half).filter_map(|(_, key)| self.all.remove(key)).collect();
        let frames = gone.iter().map(|thread| thread.stack.len()).fold(0, usize::saturating_add);
        self.resized(frames, 0);
        gone
    }

    /// All threads, at the end of the trace.
    pub fn into_all(self) -> impl Iterator<Item = Thread> {
        self.all.into_values()
    }

    /// Threads and frames that are kept.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        let frames = self.all.values().map(|thread| thread.stack.len()).sum();
        assert_eq!(frames, self.frames, "the count of frames is off");
        (self.all.len(), frames)
    }
}

/// A function's name, cut where it is longer than any real one.
pub(super) fn bounded(function: &str) -> &str {
    if function.len() <= MAX_FUNCTION {
        return function;
    }
    let end = (0..=MAX_FUNCTION).rev().find(|&at| function.is_char_boundary(at)).unwrap_or(0);
    function.get(..end).unwrap_or_default()
}
