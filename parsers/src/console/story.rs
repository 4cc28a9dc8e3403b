//! [`Story`]: the sessions of a requester's output and the calls in them.
//!
//! A session begins with the tool's banner. Its events have an order and no clock: all of them get the time of the one
//! thing in the session that has one (the banner of diskshadow, else the creation of a listed shadow copy), so that no
//! difference between two of them looks like a duration. What that time is as an instant shows only when all dates of the
//! file are known, so it is entered at the end.

use super::Tool;
use super::dates::Dates;
use super::wrapped::Printed;
use crate::collect::Collector;
use crate::time::LocalClock;
use std::ops::Range;
use std::sync::Arc;
use vsscope_model::{
    Actor, CallArgs, Clock, Component, Edge, Event, Guid, HResult, IssueKind, ListedSnapshot, Method,
    Process, RecordRef, Status, What,
};

/// Dates of a session that are kept to choose its time from.
const MOST_DATES: usize = 8;

/// The sessions of one input.
#[derive(Debug)]
pub(super) struct Story {
    tool: &'static str,
    image: Arc<str>,
    sessions: Vec<Session>,
    /// Whether the last session goes on.
    is_open: bool,
    pending: Option<Pending>,
    /// The set that the session made.
    pub set: Option<Guid>,
}

/// One session, as far as its events need it at the end.
#[derive(Debug, Default)]
struct Session {
    key: Arc<str>,
    /// Index of its first event.
    first: usize,
    host: Option<Arc<str>>,
    /// Dates in it, best first, as printed.
    dates: Vec<String>,
    /// The tool went on with it after the session before: with no date of its own it has that one's time.
    goes_on: bool,
}

/// The call that was announced last and has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pending {
    /// The method.
    pub method: Method,
    /// Set, snapshot and the like of its event.
    set: Option<Guid>,
    snapshot: Option<Guid>,
    /// A trace of the call itself was seen.
    pub traced: bool,
    /// How often its asynchronous work was waited for.
    pub waits: u32,
}

impl Story {
    pub fn new(tool: Tool, out: &mut Collector) -> Self {
        let tool = if tool == Tool::Diskshadow { "diskshadow" } else { "vshadow" };
        let image = out.name(&format!("{tool}.exe"));
        Story { tool, image, sessions: Vec::new(), is_open: false, pending: None, set: None }
    }

    /// A new session begins. Keys are unique within a run of vsscope: they name the input.
    pub fn begin(&mut self, out: &mut Collector) {
        let path = out.place("").input;
        let number = self.sessions.len().saturating_add(1);
        let key = match number {
            1 => format!("{}@{path}", self.tool),
            _ => format!("{}@{path}#{number}", self.tool),
        };
        let first = out.events_mut().len();
        self.sessions.push(Session { key: Arc::from(key), first, ..Session::default() });
        self.is_open = true;
        self.pending = None;
        self.set = None;
    }

    /// Whether a session has begun and not ended.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The call that has not ended.
    pub fn pending(&mut self) -> Option<&mut Pending> {
        self.pending.as_mut()
    }

    /// Whether this method is the one that has not ended.
    pub fn awaits(&self, method: &Method) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.method == *method)
    }

    /// The machine that the session ran on; the first name stays.
    pub fn on_host(&mut self, host: &str, out: &mut Collector) {
        if let Some(session) = self.sessions.last_mut().filter(|_| self.is_open) {
            session.host = session.host.take().or_else(|| Some(out.name(host)));
        }
    }

    /// A date in the session, as printed.
    pub fn dated(&mut self, text: &str) {
        if let Some(session) = self.sessions.last_mut().filter(|_| self.is_open)
            && session.dates.len() < MOST_DATES
        {
            session.dates.push(text.to_owned());
        }
    }

    /// A shadow copy that the session listed: only one of the set that it made dates it.
    pub fn listed(&mut self, copy: &ListedSnapshot, out: &mut Collector) {
        if let Some(host) = &copy.host {
            self.on_host(host, out);
        }
        if let Some(text) =
            copy.created_text.as_deref().filter(|_| self.set.is_some() && self.set == copy.set)
        {
            self.dated(text);
        }
    }

    /// An event of the session. A text without banner begins one.
    pub fn event(&mut self, line: u64, what: What, out: &mut Collector) -> Event {
        if !self.is_open {
            self.begin(out);
        }
        let source = RecordRef { line: Some(line), ..out.place("") };
        let mut event = Event::new(Event::NO_TIME, source, what);
        event.clock = Clock::Order;
        event.actor = Actor::Requester;
        event.process = Process { image: Some(self.image.clone()), ..Process::default() };
        event.session = self.sessions.last().map(|session| session.key.clone());
        event
    }

    /// An event of a call.
    pub fn call(
        &mut self,
        line: u64,
        method: Method,
        edge: Edge,
        args: CallArgs,
        out: &mut Collector,
    ) -> Event {
        self.event(line, What::Call { method, edge, args: Box::new(args) }, out)
    }

    /// A call begins. The one before it must have been settled.
    pub fn enter(&mut self, event: Event, out: &mut Collector) {
        if let What::Call { method, .. } = &event.what {
            self.pending = Some(Pending {
                method: method.clone(),
                set: event.set,
                snapshot: event.snapshot,
                traced: false,
                waits: 0,
            });
        }
        self.keep(event, out);
    }

    /// The call that was announced last is over: with this code, or with one that was not printed but was no failure.
    pub fn settle(&mut self, line: &Printed, result: Option<HResult>, out: &mut Collector) {
        let Some(pending) = self.pending.take() else { return };
        let mut event = self.call(line.number, pending.method, Edge::Finished, CallArgs::default(), out);
        event.set = pending.set;
        event.snapshot = pending.snapshot;
        event.status = result.map(Status::Hresult);
        self.keep(event, out);
    }

    /// The call that was announced last goes on in the dark: nothing showed its end.
    pub fn forget(&mut self) {
        self.pending = None;
    }

    /// The call that was announced last was never made; nothing was kept since.
    pub fn retract(&mut self, out: &mut Collector) {
        let first = self.sessions.last().map_or(0, |session| session.first);
        if self.pending.take().is_some() && out.events_mut().len() > first {
            out.events_mut().pop();
        }
    }

    /// Keeps an event of the session.
    pub fn keep(&mut self, event: Event, out: &mut Collector) {
        out.keep(event);
        out.count_timeless();
    }

    /// The tool ends.
    pub fn exit(&mut self, line: u64, out: &mut Collector) {
        let event = self.event(line, What::ProcessEnded { exit_code: None }, out);
        self.keep(event, out);
        self.close();
    }

    /// Nothing more of the session follows.
    pub fn close(&mut self) {
        self.is_open = false;
        self.pending = None;
        self.set = None;
    }

    /// The tool lets go of its instance and goes on with a new one, on the same host. What has called nothing yet has no
    /// instance to let go of.
    pub fn release(&mut self, line: u64, out: &mut Collector) {
        let now = out.events_mut().len();
        let Some(host) = self.sessions.last().filter(|s| s.first < now).map(|s| s.host.clone()) else {
            return;
        };
        let args = CallArgs { references: Some(0), ..CallArgs::default() };
        let event = self.call(line, Method::Release, Edge::Whole, args, out);
        self.keep(event, out);
        self.begin(out);
        if let Some(session) = self.sessions.last_mut() {
            session.host = host;
            session.goes_on = true;
        }
    }

    /// Enters times and hosts into the events of all sessions, and the instants of what was listed.
    pub fn finish(self, local: LocalClock, out: &mut Collector) {
        let listed = out.inventory().snapshots.iter().filter_map(|copy| copy.created_text.clone());
        let texts: Vec<String> = listed.collect();
        let of_sessions = self.sessions.iter().flat_map(|session| session.dates.iter());
        let dates = Dates::of(texts.iter().chain(of_sessions).map(String::as_str), local);
        let ends = self.sessions.iter().skip(1).map(|session| session.first);
        let ends: Vec<usize> = ends.chain([out.events_mut().len()]).collect();
        let mut is_dated = false;
        let mut before = None;
        for (session, end) in self.sessions.iter().zip(ends) {
            let own = session.dates.iter().find_map(|text| dates.instant(text));
            let time = own.or(before.filter(|_| session.goes_on));
            before = time;
            is_dated |= time.is_some();
            if time.is_none() && session.dates.iter().any(|text| dates.is_ambiguous(text)) {
                let message =
                    "day and month of a session's date cannot be told apart; its events have no time";
                out.issue(IssueKind::Note, "", message);
            }
            for event in events(out, session.first..end) {
                event.time = time.unwrap_or(event.time);
                event.host = event.host.take().or_else(|| session.host.clone());
            }
        }
        dates.enter(is_dated, out);
    }
}

fn events(out: &mut Collector, range: Range<usize>) -> &mut [Event] {
    out.events_mut().get_mut(range).unwrap_or_default()
}

/// The component of a printed path: logical path, backslash, name. The tools put a backslash before a path that has none.
pub(super) fn component(writer: &str, path: &str) -> Component {
    let (path, name) = path.trim_end().rsplit_once('\\').unwrap_or(("", path));
    Component {
        writer: writer.to_owned(),
        instance: None,
        path: path.strip_prefix('\\').unwrap_or(path).to_owned(),
        name: name.to_owned(),
    }
}
