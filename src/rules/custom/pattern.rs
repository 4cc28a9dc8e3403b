//! What an event has to look like.

use crate::rules::Case;
use crate::rules::case::writer_name;
use vsscope_model::{Callback, Edge, Event, Guid, HResult, Method, What};

/// What an event has to look like; what is absent is not asked for. What an event does not say is not as asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pattern {
    /// Provider (source) of the record, compared without case.
    pub provider: Option<String>,
    /// Event ids, any of them; none where empty.
    pub event_ids: Vec<u32>,
    /// Highest level: 1 critical, 2 error, 3 warning, 4 information.
    pub level: Option<u8>,
    /// Host, short or full name.
    pub host: Option<String>,
    /// Writer: name or class id.
    pub writer: Option<String>,
    /// Whether it is known to which snapshot set the event belongs.
    pub set_known: Option<bool>,
    /// Method of the requester.
    pub method: Option<Method>,
    /// Callback of a writer.
    pub callback: Option<Callback>,
    /// Part of the call or callback. Without it, its beginning, so that a call counts once; with a code, any part.
    pub edge: Option<Edge>,
    /// Result.
    pub code: Option<HResult>,
    /// What a parameter contains, compared without case.
    pub text: Option<String>,
    /// File name of the executable.
    pub image: Option<String>,
}

impl Pattern {
    /// Whether an event is like this.
    pub fn matches(&self, case: &Case<'_>, index: usize, event: &Event) -> bool {
        let is = |wanted: &Option<String>, said: Option<&str>| match wanted {
            Some(wanted) => said.is_some_and(|said| said.eq_ignore_ascii_case(wanted)),
            None => true,
        };
        let id_fits =
            self.event_ids.is_empty() || event.event_id.is_some_and(|id| self.event_ids.contains(&id));
        // Level 0 is "log always", which says nothing of its gravity.
        let level_fits =
            self.level.is_none_or(|most| event.level.is_some_and(|level| (1..=most).contains(&level)));
        let host_fits = self
            .host
            .as_deref()
            .is_none_or(|host| event.host.as_deref().is_some_and(|name| is_host(host, name)));
        let code_fits =
            self.code.is_none_or(|code| event.hresult() == Some(code) || read_code(event) == Some(code));
        is(&self.provider, Some(&event.provider))
            && id_fits
            && level_fits
            && host_fits
            && code_fits
            && self.step_fits(case, index, event)
            && self.writer_fits(event)
            && self.set_known.is_none_or(|known| known == is_of_set(case, index, event))
            && self.text.as_deref().is_none_or(|text| says(event, text))
            && (self.image.is_none() || is(&self.image, image(case, index, event)))
    }

    /// Whether the pattern asks for a step that only a trace of the functions of VSS shows without gaps.
    pub fn asks_for_a_step(&self) -> bool {
        self.method.is_some() || self.callback.is_some()
    }

    fn step_fits(&self, case: &Case<'_>, index: usize, event: &Event) -> bool {
        let (method, callback, edge) = match &event.what {
            What::Call { method, edge, .. } => (Some(method), None, Some(*edge)),
            What::Callback { callback, edge, .. } => (None, Some(callback), Some(*edge)),
            _ => (None, None, None),
        };
        let is_step = self.asks_for_a_step();
        let edge_fits = match self.edge {
            Some(wanted) => edge == Some(wanted),
            None => !is_step || self.code.is_some() || begins(case, index, edge),
        };
        self.method.as_ref().is_none_or(|wanted| method == Some(wanted))
            && self.callback.as_ref().is_none_or(|wanted| callback == Some(wanted))
            && edge_fits
    }

    fn writer_fits(&self, event: &Event) -> bool {
        let Some(wanted) = self.writer.as_deref() else { return true };
        let Some(writer) = &event.writer else { return false };
        let by_class = wanted.parse::<Guid>().is_ok_and(|class| writer.class_id == Some(class));
        by_class || writer_name(writer).is_some_and(|name| name.eq_ignore_ascii_case(wanted))
    }
}

/// Whether a name of a host, short or full, means this one.
pub fn is_host(wanted: &str, name: &str) -> bool {
    let short = |name: &'_ str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    wanted.eq_ignore_ascii_case(name) || (!wanted.contains('.') && short(wanted) == short(name))
}

/// The failure that a requester read from a writer.
fn read_code(event: &Event) -> Option<HResult> {
    match event.what {
        What::WriterStatus { failure, .. } => failure,
        _ => None,
    }
}

fn is_of_set(case: &Case<'_>, index: usize, event: &Event) -> bool {
    event.set.is_some_and(|set| !set.is_null())
        || case.operation_of(index).is_some_and(|operation| operation.set_of(index).is_some())
}

/// Whether a parameter or a line of the record's context contains a text.
fn says(event: &Event, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let contains = |value: &str| value.to_lowercase().contains(&wanted);
    event.record.as_ref().is_some_and(|record| {
        let block = record.block.iter();
        record.params.iter().any(|param| contains(param.value))
            || block.clone().flat_map(|block| &block.operation).any(|line| contains(line))
            || block
                .flat_map(|block| block.context.iter().chain(&block.details))
                .any(|(_, value)| contains(value))
    })
}

/// The executable behind an event; of a call, that of its session.
fn image<'t>(case: &Case<'t>, index: usize, event: &'t Event) -> Option<&'t str> {
    let of_session = || {
        let session =
            case.operation_of(index)?.session.filter(|_| matches!(event.what, What::Call { .. }))?;
        session.requester.image_name()
    };
    event.process.image_name().or_else(of_session)
}

/// Whether an event is the first that the evidence has of its call; what is known of no call has its edge alone.
fn begins(case: &Case<'_>, index: usize, edge: Option<Edge>) -> bool {
    let calls = case.operation_of(index).map_or(&[][..], |operation| operation.calls());
    match calls.iter().find(|call| call.events.contains(&index)) {
        Some(call) => call.events.first() == Some(&index),
        None => matches!(edge, Some(Edge::Entered | Edge::Whole)),
    }
}
