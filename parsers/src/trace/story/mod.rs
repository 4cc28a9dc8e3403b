//! [`Story`]: what the records of a VSS trace mean: calls, callbacks, provider steps, failures.
//!
//! The functions of a thread are followed by ENTER and EXIT; those with a documented name become events, the messages
//! inside them give their arguments, and codes that travel outward through the frames become failures. The trace knows
//! functions, not the protocol: which instance a call is made on, and when an asynchronous operation ended, is inferred
//! here and nowhere else. Containers, layouts and clocks are the readers' matter.

mod arguments;
mod codes;
mod events;
mod failures;
mod idle;
mod instances;
mod names;
mod parameters;
mod returns;
mod stack;
#[cfg(test)]
mod tests;
mod values;

use super::mix::Seed;
use super::record::{Kind, TraceRecord};
use crate::collect::Collector;
use events::{event_at, position};
use failures::{Failures, Site};
use idle::Idle;
pub(super) use idle::{Passing, shows_failure};
use instances::Instances;
use names::{Role, Side};
use stack::{Frame, Function, Meaning, Thread, Threads};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use vsscope_model::{Actor, Edge, Event, Guid, HResult, Method, Status, What, Writer};

/// Sets that are recognised where they are mentioned.
const MAX_SETS: usize = 10_000;
/// Highest level of an error (20 fatal, 30 unhandled exception, 40 error: Microsoft, "Using Tracing Tools with VSS").
const ERROR: u32 = 40;
/// Names of functions that are kept once.
const MAX_NAMES: usize = 10_000;

/// Reads the records of one trace in the order of their time and gives their events to the collector.
#[derive(Default)]
pub(crate) struct Story {
    threads: Threads,
    instances: Instances,
    failures: Failures,
    names: Names,
    idle: Idle,
    /// Sets that StartSnapshotSet gave.
    sets: HashSet<Guid>,
}

impl Story {
    /// Takes the next record. The reader counts records; this only keeps events.
    pub fn record(&mut self, record: &TraceRecord<'_>, out: &mut Collector) {
        let Some(thread) = self.threads.of((record.pid, record.tid)) else { return };
        let before = thread.stack.len();
        let mut scene = Scene {
            instances: &mut self.instances,
            failures: &mut self.failures,
            names: &mut self.names,
            sets: &mut self.sets,
            thread,
            record,
            out,
        };
        match record.kind {
            Kind::Enter => scene.enter(),
            Kind::Exit(result) => scene.exit(result),
            Kind::Message => scene.message(),
        }
        let after = scene.thread.stack.len();
        self.threads.resized(before, after);
        if self.threads.are_too_many() {
            let gone = self.threads.forget();
            self.failures.close_all(gone.into_iter());
        }
    }

    /// The trace is over: what is open stays open, and failures that are not finished are given out.
    pub fn finish(mut self, out: &mut Collector) {
        self.failures.close_all(self.threads.into_all());
        self.failures.finish(out);
    }
}

/// Names that come back, each kept once; beyond a limit they are kept one by one.
#[derive(Debug, Default)]
struct Names(HashMap<Arc<str>, Function, Seed>);

impl Names {
    fn of(&mut self, text: &str) -> Arc<str> {
        self.function(text).name()
    }

    fn function(&mut self, text: &str) -> Function {
        let text = stack::bounded(text);
        if let Some(function) = self.0.get(text) {
            return function.clone();
        }
        let name: Arc<str> = Arc::from(text);
        let function = Function::from(Arc::clone(&name));
        if self.0.len() < MAX_NAMES {
            self.0.insert(name, function.clone());
        }
        function
    }
}

/// One record and everything that it may change.
struct Scene<'a> {
    instances: &'a mut Instances,
    failures: &'a mut Failures,
    names: &'a mut Names,
    sets: &'a mut HashSet<Guid>,
    thread: &'a mut Thread,
    record: &'a TraceRecord<'a>,
    out: &'a mut Collector,
}

impl Scene<'_> {
    fn enter(&mut self) {
        self.failures.entered(self.thread);
        let function = self.names.function(self.record.function);
        let role = self.role(&function);
        let mut frame = Frame::new(function, self.record.indent, role);
        if let Some(meaning) = frame.meaning.as_deref_mut().filter(|meaning| meaning.role.is_mapped()) {
            match self.outer(&meaning.role, &frame.function) {
                Some(event) => {
                    meaning.is_inner = true;
                    meaning.event = event;
                    self.name_writer(event, &frame.function);
                }
                None => {
                    let event = self.event_of(&meaning.role, &frame.function, Edge::Entered);
                    if let Role::Call(method) = &meaning.role {
                        meaning.instance = self.thread.instance;
                        self.release(method, &event);
                    }
                    meaning.event = Some(self.keep(event));
                }
            }
        }
        self.thread.stack.push(frame);
    }

    /// What a function of this record is.
    fn role(&self, function: &str) -> Role {
        match names::role(function, self.record.module) {
            Role::MaybeCancel if self.instances.has(self.record.pid) => Role::Call(Method::Cancel),
            Role::MaybeCancel => Role::Other,
            role => role,
        }
    }

    /// Whether a mapped function is only another part of the one around it: a base class or a shim that hands the same call
    /// on, or a Release with which a method lets something of its own go. The inner value is the event of that call.
    fn outer(&self, role: &Role, function: &str) -> Option<Option<usize>> {
        let (outside, outer) = self.thread.stack.meanings().find(|(_, meaning)| meaning.role.is_mapped())?;
        if outer.role == *role {
            return (**outside != *function).then_some(outer.event);
        }
        let is_release = *role == Role::Call(Method::Release);
        (is_release && matches!(outer.role, Role::Call(_))).then_some(None)
    }

    /// The base class of writers calls the writer's own class, whose name says more.
    fn name_writer(&mut self, event: Option<usize>, function: &str) {
        let (class, _) = names::split(function);
        let class = self.names.of(class);
        let Some(event) = event.and_then(|at| self.out.events_mut().get_mut(at)) else { return };
        let name = event.writer.as_mut().and_then(|writer| writer.class_name.as_mut());
        if let Some(name) = name.filter(|name| names::is_writer_base(name)) {
            *name = class;
        }
    }

    /// The event of a mapped function at this record.
    fn event_of(&mut self, role: &Role, function: &str, edge: Edge) -> Event {
        let mut event = self.event(role.actor().unwrap_or_default());
        match role {
            Role::Call(method) => {
                let pid = self.record.pid;
                let (number, key) = self.instances.of_call(pid, self.thread.instance, method);
                self.thread.instance = Some(number);
                event.session = Some(key);
                event.session_inferred = true;
                event.what = What::Call { method: method.clone(), edge, args: Box::default() };
            }
            Role::Callback(callback) => {
                let (class, _) = names::split(function);
                let class_name = (!class.is_empty()).then(|| self.names.of(class));
                event.writer = class_name.map(|name| Writer { class_name: Some(name), ..Writer::default() });
                event.what = What::Callback { callback: callback.clone(), edge, accepted: None };
            }
            Role::Step(step) => {
                event.what = What::ProviderStep { step: step.clone(), edge, duration_ms: None };
            }
            _ => {}
        }
        event
    }

    /// An event of this record, without its meaning.
    fn event(&mut self, actor: Actor) -> Event {
        event_at(self.record, self.names, self.out, actor)
    }

    fn keep(&mut self, event: Event) -> usize {
        let index = self.out.events_mut().len();
        self.out.keep(event);
        index
    }

    fn message(&mut self) {
        self.failure_of_message();
        if self.thread.stack.is_empty() || self.record.text.is_empty() {
            return;
        }
        if self.thread.stack.helper().is_some() {
            self.helper_message();
        } else {
            self.arguments();
        }
    }

    fn failure_of_message(&mut self) {
        let Some(mention) = codes::mention(self.record.text) else { return };
        let inner = self.thread.stack.top().map(|frame| frame.function.name());
        let named = (!self.record.function.is_empty()).then(|| self.names.of(self.record.function));
        let function = named.or(inner).unwrap_or_default();
        let site = Site { depth: failures::depth_of(&self.thread.stack, &function), ..self.site(function) };
        let (record, names, out) = (self.record, &mut *self.names, &mut *self.out);
        let event = || event_at(record, names, out, Side::of_record(record).actor());
        self.failures.message(self.thread, &mention, || codes::reason(record.text), site, event);
    }

    /// This record as a frame of a failure.
    fn site(&mut self, function: Arc<str>) -> Site {
        let around = self.thread.stack.meanings().find(|(_, meaning)| meaning.role.is_mapped());
        Site {
            frame: vsscope_model::Frame {
                function,
                position: position(self.record),
                hresult: None,
                line: self.record.line,
                offset: self.record.offset,
            },
            depth: self.thread.stack.depth(),
            is_error: self.record.level.is_some_and(|level| (1..=ERROR).contains(&level)),
            position: self.out.events_mut().len(),
            inside: around.and_then(|(_, meaning)| meaning.event),
        }
    }

    /// A message inside `IVssAsync::Wait`, or inside the service's own StartSnapshotSet.
    fn helper_message(&mut self) {
        let text = self.record.text;
        let Some(meaning) = self.thread.stack.helper() else { return };
        let mut gathered = meaning.gathered.take().unwrap_or_default();
        gathered.read(&meaning.role, text, None);
        let is_wait = meaning.role == Role::Wait;
        let result = gathered.result.filter(|code| returns::is_end(*code));
        meaning.gathered = Some(gathered);
        if is_wait {
            let shown = codes::numbers(text).find(|code| returns::is_async_code(*code));
            let result = shown.or(result).or_else(|| codes::mention(text).map(|mention| mention.code));
            if let Some(result) = result {
                self.finished(result);
            }
        }
    }

    /// Arguments of the innermost mapped function. Its event is among the events already and is completed there.
    fn arguments(&mut self) {
        let text = self.record.text;
        let Some(meaning) = self.thread.stack.owner() else { return };
        let Some(event) = meaning.event.and_then(|at| self.out.events_mut().get_mut(at)) else { return };
        let mut gathered = meaning.gathered.take().unwrap_or_default();
        gathered.read(&meaning.role, text, Some(event));
        meaning.gathered = Some(gathered);
        let is_start = meaning.role == Role::Call(Method::StartSnapshotSet);
        // Another set may well be mentioned where a new one is refused.
        if event.set.is_none() && !is_start && !self.sets.is_empty() {
            event.set = values::guids(text).find(|id| self.sets.contains(id));
        }
        if let (Role::Call(method), Some(number)) = (&meaning.role, meaning.instance) {
            returns::release(self.instances, self.record.pid, number, method, event);
        }
    }

    fn release(&mut self, method: &Method, event: &Event) {
        if let Some(number) = self.thread.instance {
            returns::release(self.instances, self.record.pid, number, method, event);
        }
    }

    /// The asynchronous call whose end a thread of this process sees is finished. Inferred: the newest one of the instance.
    fn finished(&mut self, result: HResult) {
        let in_call = |meaning: &Meaning| matches!(meaning.role, Role::Call(_));
        if self.thread.stack.meanings().any(|(_, meaning)| in_call(meaning)) {
            return;
        }
        let Some(index) = self.instances.finished(self.record.pid, self.thread.instance) else { return };
        let mut event = self.event(Actor::Requester);
        let Some(call) = self.out.events_mut().get(index) else { return };
        let What::Call { method, args, .. } = &call.what else { return };
        event.what = What::Call { method: method.clone(), edge: Edge::Finished, args: args.clone() };
        event.status = Some(Status::Hresult(result));
        event.session.clone_from(&call.session);
        event.session_inferred = true;
        event.set = call.set;
        self.keep(event);
    }
}
