//! What the end of a function means: returns, ends of instances, ends of asynchronous calls.

use super::events::event_at;
use super::failures::Site;
use super::instances::Instances;
use super::names::{Role, Side};
use super::stack::{self, Frame, Meaning};
use super::{MAX_SETS, Scene};
use std::sync::Arc;
use vsscope_model::{Actor, Edge, Event, Guid, HResult, Method, Status, What, Writer};

/// Largest number of references that is believed; the EXIT of a Release has the returned count where others have a result.
const MAX_REFERENCES: u32 = 0xFFFF;

/// Whether a code says that an asynchronous operation is over, and is of no other use.
pub(super) fn is_async_code(code: HResult) -> bool {
    code == HResult::VSS_ASYNC_FINISHED || code == HResult::VSS_ASYNC_CANCELLED
}

/// Whether a code is the result of an asynchronous operation that is over.
pub(super) fn is_end(code: HResult) -> bool {
    is_async_code(code) || code.is_failure()
}

/// A Release ends the instance, unless references are known to be left.
pub(super) fn release(
    instances: &mut Instances,
    pid: Option<u32>,
    number: u64,
    method: &Method,
    event: &Event,
) {
    if *method != Method::Release {
        return;
    }
    let What::Call { args, .. } = &event.what else { return };
    instances.set_live(pid, number, args.references.is_some_and(|left| left > 0));
}

/// Creation and release of an instance are one event and not two: the timeline begins or ends the session with it.
fn is_one_event(method: &Method) -> bool {
    matches!(method, Method::CreateVssBackupComponents | Method::Release)
}

impl Scene<'_> {
    /// A function returns, with its result where the trace has it.
    pub(super) fn exit(&mut self, result: Option<HResult>) {
        let function = self.names.of(self.record.function);
        let popped = self.thread.stack.pop(&function, self.record.indent);
        let mut depth = self.thread.stack.depth();
        // Where no frame is known, a function without ENTER is as far out as its messages are.
        if popped.is_some() || !self.thread.stack.is_empty() {
            depth = depth.saturating_add(1);
        }
        let position = self.out.events_mut().len();
        let frame = popped.unwrap_or_else(|| self.unseen(&function));
        let own = self.mapped_exit(frame, result);
        // References and a handler's yes or no are no results, but neither looks like a failure.
        match result {
            Some(code) if code.is_failure() => {
                let site = self.site(function);
                let site = Site { depth, position, inside: own.or(site.inside), ..site };
                let (record, names, out) = (self.record, &mut *self.names, &mut *self.out);
                let event = || event_at(record, names, out, Side::of_record(record).actor());
                self.failures.failed(self.thread, code, site, event);
            }
            Some(_) => self.failures.succeeded(self.thread, depth),
            None => self.failures.returned(self.thread, depth),
        }
    }

    /// The frame of a function whose ENTER is not in the trace.
    fn unseen(&self, function: &str) -> Frame {
        let role = self.role(function);
        let outer = if role.is_mapped() { self.outer(&role, function) } else { None };
        let name: Arc<str> = stack::bounded(function).into();
        let mut frame = Frame::new(name.into(), None, role);
        if let Some(meaning) = &mut frame.meaning {
            (meaning.event, meaning.is_inner) = (outer.flatten(), outer.is_some());
        }
        frame
    }

    /// The events of the end of a function. Gives the index of the event that stands for it.
    fn mapped_exit(&mut self, frame: Frame, result: Option<HResult>) -> Option<usize> {
        let Frame { function, meaning, .. } = frame;
        let mut meaning = meaning?;
        if meaning.is_inner {
            return meaning.event;
        }
        match meaning.role.clone() {
            Role::Call(method) if is_one_event(&method) => {
                Some(self.whole(&function, &meaning, &method, result))
            }
            Role::Call(method) => Some(self.call_returned(&function, &mut meaning, &method, result)),
            Role::Callback(_) | Role::Step(_) => {
                let event = self.returned(&function, &meaning, result);
                Some(self.keep(event))
            }
            Role::Wait => {
                if let Some(result) = result.filter(|code| is_end(*code)) {
                    self.finished(result);
                }
                None
            }
            Role::ServiceStart => {
                let set = meaning.gathered.and_then(|gathered| gathered.set);
                self.know_set(set, result);
                None
            }
            Role::MaybeCancel | Role::Other => None,
        }
    }

    /// The event of a return, with what was learned inside the function.
    fn returned(&mut self, function: &str, meaning: &Meaning, result: Option<HResult>) -> Event {
        let entered = meaning.event.and_then(|at| self.out.events_mut().get(at).cloned());
        let mut event = match entered {
            None => self.event_of(&meaning.role, function, Edge::Returned),
            Some(entered) => {
                let here = self.event(entered.actor);
                Event {
                    time: here.time,
                    clock: here.clock,
                    resolution_ns: here.resolution_ns,
                    source: here.source,
                    record: here.record,
                    ..entered
                }
            }
        };
        event.status = result.map(Status::Hresult);
        match &mut event.what {
            What::Call { edge, .. } | What::ProviderStep { edge, .. } => *edge = Edge::Returned,
            What::Callback { edge, accepted, .. } => {
                *edge = Edge::Returned;
                *accepted = result.filter(|code| code.is_failure()).map(|_| false);
            }
            _ => {}
        }
        event
    }

    fn call_returned(
        &mut self,
        function: &str,
        meaning: &mut Meaning,
        method: &Method,
        result: Option<HResult>,
    ) -> usize {
        let event = self.returned(function, meaning, result);
        let failed = result.is_some_and(HResult::is_failure);
        let number = meaning.instance.or(self.thread.instance);
        let (session, set) = (event.session.clone(), event.set);
        let index = self.keep(event);
        if let Some(number) = number {
            self.instances.returned(self.record.pid, number, method, failed, index);
        }
        if *method == Method::StartSnapshotSet {
            self.know_set(set, result);
        }
        let status = meaning.gathered.take().filter(|_| !failed && *method == Method::GetWriterStatus);
        if let Some((writer, what)) = status.and_then(|gathered| gathered.writer_status()) {
            let mut event = self.event(Actor::Requester);
            event.writer = Some(writer).filter(|writer| *writer != Writer::default());
            event.what = what;
            event.session = session;
            event.session_inferred = true;
            self.keep(event);
        }
        index
    }

    /// Creation or release: the event of the ENTER becomes that of the whole call.
    fn whole(
        &mut self,
        function: &str,
        meaning: &Meaning,
        method: &Method,
        result: Option<HResult>,
    ) -> usize {
        let index = match meaning.event {
            Some(index) => index,
            None => {
                let event = self.event_of(&meaning.role, function, Edge::Whole);
                self.keep(event)
            }
        };
        let number = meaning.instance.or(self.thread.instance);
        let Some(event) = self.out.events_mut().get_mut(index) else { return index };
        let What::Call { edge, args, .. } = &mut event.what else { return index };
        *edge = Edge::Whole;
        if *method == Method::Release {
            // Zero may be the count of references or S_OK of a function that the trace wraps; either way it is the end.
            let left = result.map(|code| code.0).filter(|left| (1..=MAX_REFERENCES).contains(left));
            args.references = args.references.or(left);
        } else {
            event.status = result.map(Status::Hresult);
        }
        let Some(number) = number else { return index };
        if *method == Method::Release {
            release(self.instances, self.record.pid, number, method, event);
        } else if result.is_some_and(HResult::is_failure) {
            self.instances.set_live(self.record.pid, number, false);
        }
        index
    }

    fn know_set(&mut self, set: Option<Guid>, result: Option<HResult>) {
        let failed = result.is_some_and(HResult::is_failure);
        if let Some(set) = set.filter(|_| !failed && self.sets.len() < MAX_SETS) {
            self.sets.insert(set);
        }
    }
}
