//! Frames and threads: which functions a thread is in, rebuilt from ENTER and EXIT.
//!
//! A trace holds the records of many processes, one line after the other, so every (process, thread) has a stack of its
//! own. Memory is bounded: by the depth of a stack, and by the threads and frames of all together.

use super::arguments::Gathered;
use super::failures::Open;
use super::names::Role;
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};
use std::ops::Deref;
use std::rc::Rc;
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

/// Name of a function in the stacks of one trace, which changes hands at every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function(Rc<Arc<str>>);

impl Function {
    /// The name as events share it.
    pub fn name(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<Arc<str>> for Function {
    fn from(name: Arc<str>) -> Self {
        Function(Rc::new(name))
    }
}

impl Deref for Function {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A function that was entered and has not returned.
#[derive(Debug)]
pub(super) struct Frame {
    /// Function with its class.
    pub function: Function,
    /// Call depth as the trace has it.
    pub indent: Option<u32>,
    /// What it means; absent for the many functions of which nothing can become.
    pub meaning: Option<Box<Meaning>>,
}

/// What a function that was entered means.
#[derive(Debug)]
pub(super) struct Meaning {
    /// What the function is; never [`Role::Other`].
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

impl Frame {
    /// A function that is this.
    pub fn new(function: Function, indent: Option<u32>, role: Role) -> Self {
        let meaning = Meaning { role, event: None, is_inner: false, instance: None, gathered: None };
        let meaning = (meaning.role != Role::Other).then(|| Box::new(meaning));
        Frame { function, indent, meaning }
    }
}

/// The stack of one thread.
#[derive(Debug, Default)]
pub(super) struct Stack {
    frames: VecDeque<Frame>,
    /// Frames that were forgotten at the outer end.
    forgotten: usize,
    /// How many of the frames mean something.
    meaning: usize,
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

    /// Whether none of the frames means anything.
    pub fn is_idle(&self) -> bool {
        self.meaning == 0
    }

    /// Enters a function.
    pub fn push(&mut self, frame: Frame) {
        if self.frames.len() >= MAX_DEPTH {
            let outermost = self.frames.pop_front();
            self.left(outermost.as_ref());
            self.forgotten = self.forgotten.saturating_add(1);
        }
        self.meaning = self.meaning.saturating_add(usize::from(frame.meaning.is_some()));
        self.frames.push_back(frame);
    }

    /// Leaves a function and those inside it that never returned. `None` if its ENTER is not in the trace.
    pub fn pop(&mut self, function: &str, indent: Option<u32>) -> Option<Frame> {
        let at = self.place_of(function, indent)?;
        self.leave(at)
    }

    /// Leaves a function that means nothing, as [`Stack::pop`]; `false`, and nothing is done, if it means something.
    pub fn pop_idle(&mut self, function: &Function, indent: Option<u32>) -> bool {
        let is_it = |top: &Frame| {
            Rc::ptr_eq(&top.function.0, &function.0)
                && (indent.is_none() || top.indent == indent)
                && top.meaning.is_none()
        };
        if self.frames.back().is_some_and(is_it) {
            self.frames.pop_back();
            return true;
        }
        let Some(at) = self.place_of(function, indent) else { return true };
        if self.frames.get(at).is_some_and(|frame| frame.meaning.is_some()) {
            return false;
        }
        self.leave(at);
        true
    }

    /// Leaves the frame at this place and those inside it.
    fn leave(&mut self, at: usize) -> Option<Frame> {
        while self.frames.len() > at.saturating_add(1) {
            let inner = self.frames.pop_back();
            self.left(inner.as_ref());
        }
        let frame = self.frames.pop_back();
        self.left(frame.as_ref());
        frame
    }

    fn left(&mut self, frame: Option<&Frame>) {
        let meant = frame.is_some_and(|frame| frame.meaning.is_some());
        self.meaning = self.meaning.saturating_sub(usize::from(meant));
    }

    /// Which frame a return leaves. Of a function that called itself it is the innermost; the trace's own depth has a say
    /// where it fits one of them.
    fn place_of(&self, function: &str, indent: Option<u32>) -> Option<usize> {
        let mut innermost = None;
        for (at, frame) in self.frames.iter().enumerate().rev() {
            if *frame.function != *function {
                continue;
            }
            if indent.is_none() || frame.indent == indent {
                return Some(at);
            }
            innermost = innermost.or(Some(at));
        }
        innermost
    }

    /// The frame of a function, innermost first, as a depth (1 is the outermost).
    pub fn depth_of(&self, function: &str) -> Option<usize> {
        let at = self.frames.iter().rposition(|frame| &*frame.function == function)?;
        Some(self.forgotten.saturating_add(at).saturating_add(1))
    }

    /// The frames that mean something, innermost first.
    pub fn meanings(&self) -> impl Iterator<Item = (&Function, &Meaning)> {
        self.frames.iter().rev().filter_map(|frame| Some((&frame.function, frame.meaning.as_deref()?)))
    }

    /// The innermost frame.
    pub fn top(&self) -> Option<&Frame> {
        self.frames.back()
    }

    /// The innermost frame that has an event of its own.
    pub fn owner(&mut self) -> Option<&mut Meaning> {
        let mut meanings = self.frames.iter_mut().rev().filter_map(|frame| frame.meaning.as_deref_mut());
        meanings.find(|meaning| meaning.role.is_mapped() && !meaning.is_inner)
    }

    /// The innermost frame that is `IVssAsync::Wait` and its kin or the service's copy of a call, unless a mapped frame lies
    /// inside it.
    pub fn helper(&mut self) -> Option<&mut Meaning> {
        let mut meanings = self.frames.iter_mut().rev().filter_map(|frame| frame.meaning.as_deref_mut());
        meanings.next().filter(|meaning| matches!(meaning.role, Role::Wait | Role::ServiceStart))
    }
}

/// What is known of one thread.
#[derive(Debug, Default)]
pub(super) struct Thread {
    key: Key,
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
    all: Vec<Thread>,
    /// Where among them the thread of a key is.
    places: HashMap<Key, usize, RandomState>,
    /// The same for hints, as it was last.
    hinted: Vec<usize>,
    /// Frames of all stacks.
    frames: usize,
    records: u64,
}

impl Threads {
    /// The thread of a record; never `None`.
    pub fn of(&mut self, key: Key) -> Option<&mut Thread> {
        self.records = self.records.saturating_add(1);
        let at = *self.places.entry(key).or_insert(self.all.len());
        if at == self.all.len() {
            self.all.push(Thread { key, ..Thread::default() });
        }
        let thread = self.all.get_mut(at)?;
        thread.used = self.records;
        Some(thread)
    }

    /// Takes a record that changes nothing but a stack; `false` if `change` says that it is none. A thread that is new, or
    /// frames that may become too many, are not for this.
    pub fn pass(&mut self, key: Key, hint: u16, change: impl FnOnce(&mut Thread) -> bool) -> bool {
        if self.frames >= MAX_FRAMES {
            return false;
        }
        let hint = usize::from(hint);
        let is_hinted = |at: &usize| self.all.get(*at).is_some_and(|thread| thread.key == key);
        let at = match self.hinted.get(hint).copied().filter(is_hinted) {
            Some(at) => at,
            None => {
                let Some(at) = self.places.get(&key).copied() else { return false };
                if self.hinted.len() <= hint {
                    self.hinted.resize(hint.saturating_add(1), 0);
                }
                if let Some(hinted) = self.hinted.get_mut(hint) {
                    *hinted = at;
                }
                at
            }
        };
        let Some(thread) = self.all.get_mut(at) else { return false };
        let before = thread.stack.len();
        if !change(thread) {
            return false;
        }
        self.records = self.records.saturating_add(1);
        thread.used = self.records;
        let after = thread.stack.len();
        self.resized(before, after);
        true
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
        let mut gone = std::mem::take(&mut self.all);
        gone.sort_unstable_by_key(|thread| thread.used);
        self.all = gone.split_off(gone.len().div_ceil(2));
        self.places = self.all.iter().enumerate().map(|(at, thread)| (thread.key, at)).collect();
        let frames = gone.iter().map(|thread| thread.stack.len()).fold(0, usize::saturating_add);
        self.resized(frames, 0);
        gone
    }

    /// All threads, at the end of the trace.
    pub fn into_all(self) -> impl Iterator<Item = Thread> {
        self.all.into_iter()
    }

    /// Threads and frames that are kept.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        let frames = self.all.iter().map(|thread| thread.stack.len()).sum();
        assert_eq!(frames, self.frames, "the count of frames is off");
        assert_eq!(self.places.len(), self.all.len());
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
