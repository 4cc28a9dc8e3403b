//! Failures: the error idiom across frames becomes one event per failure.
//!
//! A failure arises in a frame, and leaves it by throwing, by being caught or by a failing EXIT; a code that is only
//! mentioned and does not leave its frame was handled and gives nothing. What belongs together is inferred: the same
//! code, a message that names the code before as "previous", or a frame that got one code and goes on with another. The
//! failures are put among the events at the place of their first line when the trace is over.

use super::codes::{Mention, MentionKind};
use super::stack::{Stack, Thread};
use crate::collect::Collector;
use std::collections::HashMap;
use std::sync::Arc;
use vsscope_model::{Event, Failure, Frame, HResult, IssueKind, Status, What};

/// Failures of one trace that are kept.
pub(super) const MAX_FAILURES: usize = 10_000;
/// Failures of one function, code and process that are kept.
pub(super) const MAX_REPEATS: u32 = 1000;
/// Failures that may be under way in one thread.
pub(super) const MAX_OPEN: usize = 8;
/// Frames of one failure that are kept, from its origin on.
const MAX_STEPS: usize = 50;

/// A frame that a failure went through, with its depth (1 is the outermost frame of the thread).
#[derive(Debug)]
struct Step {
    depth: usize,
    frame: Frame,
}

/// A failure that is under way.
#[derive(Debug)]
pub(super) struct Open {
    /// Number of the failure, in the order of their first lines.
    number: u64,
    /// Events that were there before it.
    position: usize,
    /// Depth of the frame in which it is now.
    depth: usize,
    /// Whether it left its frame.
    left: bool,
    /// It did not leave its frame, and the frame went on with other calls: it was probably handled.
    passed: bool,
    /// The newest code.
    code: HResult,
    reason: Option<String>,
    steps: Vec<Step>,
    /// Everything of its event but the meaning.
    event: Event,
    /// Index of the event of the call, callback or step in which it arose.
    inside: Option<usize>,
}

/// Where a failure shows in the trace.
pub(super) struct Site {
    /// Function, and its place in the source, the line and the offset of the record.
    pub frame: Frame,
    /// Depth of the function's frame; 0 outside of all known frames.
    pub depth: usize,
    /// Whether the record has the level of an error or a graver one.
    pub is_error: bool,
    /// Events that were there before.
    pub position: usize,
    /// Index of the event of the innermost call, callback or step around it.
    pub inside: Option<usize>,
}

/// A failure that is over.
#[derive(Debug)]
struct Done {
    number: u64,
    position: usize,
    event: Event,
    inside: Option<usize>,
}

/// What is one place in the program: function, code, process.
type Origin = (Arc<str>, HResult, Option<u32>);

/// The failures of a trace.
#[derive(Debug, Default)]
pub(super) struct Failures {
    done: Vec<Done>,
    repeats: HashMap<Origin, u32>,
    numbered: u64,
    too_many: u64,
    too_often: u64,
}

impl Open {
    /// Takes the next sign of the failure.
    fn go_on(&mut self, frame: Frame, depth: usize, code: HResult) {
        self.code = code;
        self.depth = depth;
        self.passed = false;
        let steps = self.steps.len();
        match self.steps.last_mut() {
            Some(step) if step.depth == depth && step.frame.function == frame.function => {
                step.frame.position = step.frame.position.take().or(frame.position);
                // The origin keeps the code that it began with.
                if steps > 1 {
                    step.frame.hresult = Some(code);
                }
            }
            _ if steps < MAX_STEPS => {
                self.steps.push(Step { depth, frame: Frame { hresult: Some(code), ..frame } });
            }
            _ => {}
        }
    }

    /// Whether a line can only be that of another failure from the same place: the reason stands before everything else.
    fn begins_again(&self, mention: &Mention, site: &Site) -> bool {
        let origin = self.steps.first();
        let is_origin =
            origin.is_some_and(|step| step.depth == site.depth && step.frame.function == site.frame.function);
        mention.kind == MentionKind::Plain && self.left && is_origin
    }

    /// Whether a code is this failure's.
    fn has_code(&self, code: HResult, previous: Option<HResult>) -> bool {
        code == self.code || previous == Some(self.code)
    }

    /// Whether another code may be what a frame made of this failure's. Outside of all known frames that is only certain
    /// of the function that had it last.
    fn may_turn(&self, site: &Site) -> bool {
        let last = self.steps.last();
        let is_known = self.depth > 0 || last.is_some_and(|step| step.frame.function == site.frame.function);
        is_known && (self.left || !self.passed)
    }
}

impl Failures {
    /// A thread is about to enter a function.
    pub fn entered(&mut self, thread: &mut Thread) {
        if thread.stack.is_empty() {
            self.close(thread.failures.drain(..));
        }
        let depth = thread.stack.depth();
        for open in thread.failures.iter_mut().filter(|open| open.depth == depth) {
            open.passed |= !open.left;
        }
    }

    /// A message with a failure code.
    pub fn message(
        &mut self,
        thread: &mut Thread,
        mention: &Mention,
        reason: impl FnOnce() -> Option<String>,
        site: Site,
        event: impl FnOnce() -> Event,
    ) {
        let all = &thread.failures;
        let may_be = |open: &&Open| open.depth >= site.depth && !open.begins_again(mention, &site);
        let newest = |wanted: &dyn Fn(&&Open) -> bool| all.iter().rev().filter(may_be).find(wanted);
        let found = newest(&|open| open.has_code(mention.code, mention.previous))
            .or_else(|| newest(&|open| open.may_turn(&site)))
            .map(|open| open.number);
        let has_left = mention.kind != MentionKind::Plain;
        // What is written as an error is told even if it goes no further.
        let counts = has_left || site.is_error;
        match thread.failures.iter_mut().find(|open| Some(open.number) == found) {
            Some(open) => {
                open.left |= counts;
                open.go_on(site.frame, site.depth, mention.code);
            }
            None => {
                self.close_from(thread, site.depth);
                let reason = if has_left { None } else { reason() };
                let open = self.begin(site, mention.code, counts, reason, event());
                self.add(thread, open);
            }
        }
    }

    /// A function returned without failing; the frame at this depth is off the stack already.
    pub fn succeeded(&mut self, thread: &mut Thread, depth: usize) {
        self.close_from(thread, depth);
    }

    /// A function returned and the trace has no result of it: what is under way may be its caller's matter now.
    pub fn returned(&mut self, thread: &mut Thread, depth: usize) {
        let outside = thread.stack.depth();
        for open in thread.failures.iter_mut().filter(|open| open.depth >= depth) {
            open.depth = outside;
            open.passed |= !open.left;
        }
    }

    /// A function returned a failure. `site` is where, its depth that of the function's frame; the frame is off the stack
    /// already.
    pub fn failed(&mut self, thread: &mut Thread, code: HResult, site: Site, event: impl FnOnce() -> Event) {
        let (outside, depth) = (thread.stack.depth(), site.depth);
        let inside = || thread.failures.iter().enumerate().rev().filter(|(_, open)| open.depth >= depth);
        let found = inside()
            .find(|(_, open)| open.has_code(code, None))
            .or_else(|| inside().find(|(_, open)| open.may_turn(&site)))
            .map(|(at, _)| at);
        let open = match found {
            Some(at) => {
                let mut open = thread.failures.remove(at);
                open.go_on(site.frame, depth, code);
                open
            }
            None => self.begin(site, code, true, None, event()),
        };
        self.close_from(thread, depth);
        self.add(thread, Open { left: true, depth: outside, ..open });
    }

    fn begin(&mut self, site: Site, code: HResult, left: bool, reason: Option<String>, event: Event) -> Open {
        self.numbered = self.numbered.saturating_add(1);
        let Site { frame, depth, position, inside, .. } = site;
        let frame = Frame { hresult: Some(code), ..frame };
        let steps = vec![Step { depth, frame }];
        let number = self.numbered;
        Open { number, position, depth, left, passed: false, code, reason, steps, event, inside }
    }

    fn add(&mut self, thread: &mut Thread, open: Open) {
        if thread.failures.len() >= MAX_OPEN {
            self.close(thread.failures.drain(..1));
        }
        thread.failures.push(open);
    }

    /// Ends what is under way in a frame and inside it.
    fn close_from(&mut self, thread: &mut Thread, depth: usize) {
        self.close(thread.failures.extract_if(.., |open| open.depth >= depth));
    }

    fn close(&mut self, failures: impl Iterator<Item = Open>) {
        for open in failures.filter(|open| open.left) {
            self.keep(open);
        }
    }

    /// Ends all that is under way in these threads.
    pub fn close_all(&mut self, threads: impl Iterator<Item = Thread>) {
        let mut all: Vec<Open> = threads.flat_map(|thread| thread.failures).collect();
        all.sort_by_key(|open| open.number);
        self.close(all.into_iter());
    }

    fn keep(&mut self, open: Open) {
        let Open { number, position, reason, steps, mut event, inside, .. } = open;
        let Some((function, code)) =
            steps.first().and_then(|step| Some((Arc::clone(&step.frame.function), step.frame.hresult?)))
        else {
            return;
        };
        if self.done.len() >= MAX_FAILURES {
            self.too_many = self.too_many.saturating_add(1);
            return;
        }
        let times = self.repeats.entry((function, code, event.process.pid)).or_default();
        if *times >= MAX_REPEATS {
            self.too_often = self.too_often.saturating_add(1);
            return;
        }
        *times = times.saturating_add(1);
        event.status = Some(Status::Hresult(code));
        let frames = steps.into_iter().map(|step| step.frame).collect();
        event.what = What::Failure(Box::new(Failure { reason, frames }));
        self.done.push(Done { number, position, event, inside });
    }

    /// Puts the failures among the events. What the call, callback or step around a failure says of the session, the set and
    /// the writer holds for the failure, too.
    pub fn finish(mut self, out: &mut Collector) {
        let notes = [
            (self.too_many, "more failures than are kept of one trace; these were only counted"),
            (self.too_often, "more failures of one function and code than are kept; these were only counted"),
        ];
        for (count, message) in notes.into_iter().filter(|(count, _)| *count > 0) {
            out.issue_of(IssueKind::Note, "", message, count);
        }
        if self.done.is_empty() {
            return;
        }
        self.done.sort_by_key(|done| done.number);
        for done in &mut self.done {
            let around = done.inside.and_then(|at| out.events_mut().get(at));
            if let Some(around) = around {
                place_in(&mut done.event, around);
            }
        }
        let events = std::mem::take(out.events_mut());
        let mut all = Vec::with_capacity(events.len().saturating_add(self.done.len()));
        let mut failures = self.done.into_iter().peekable();
        for (index, event) in events.into_iter().enumerate() {
            while let Some(done) = failures.next_if(|done| done.position <= index) {
                all.push(done.event);
            }
            all.push(event);
        }
        all.extend(failures.map(|done| done.event));
        *out.events_mut() = all;
    }
}

fn place_in(event: &mut Event, around: &Event) {
    event.actor = around.actor;
    event.session.clone_from(&around.session);
    event.session_inferred = around.session_inferred;
    event.set = around.set;
    event.writer.clone_from(&around.writer);
}

/// The depth of a message's function: that of its frame if it has one, else that of the innermost frame.
pub(super) fn depth_of(stack: &Stack, function: &str) -> usize {
    let named = if function.is_empty() { None } else { stack.depth_of(function) };
    named.unwrap_or_else(|| stack.depth())
}
