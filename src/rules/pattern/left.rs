//! Whether a failure in a trace left the function of the protocol in which it arose.

use crate::rules::Case;
use crate::rules::case::same_writer;
use chrono::TimeDelta;
use vsscope_model::{Actor, Callback, Edge, Event, Failure, Method, ProviderStep, What};

/// How long a callback or a step lasts at most: what ends later is another one.
const LASTS: TimeDelta = TimeDelta::minutes(10);

/// The ends of all callbacks and provider's steps, in order: index, event.
pub struct Ends<'t>(Vec<(usize, &'t Event)>);

impl<'t> Ends<'t> {
    /// Collects the ends; none where there are no failures that they could tell of.
    pub fn of(case: &Case<'t>) -> Self {
        let is_end = |event: &Event| match &event.what {
            What::Callback { edge, .. } | What::ProviderStep { edge, .. } => *edge != Edge::Entered,
            _ => false,
        };
        if !case.telling().any(|(_, event)| matches!(event.what, What::Failure(_))) {
            return Ends(Vec::new());
        }
        Ends(case.events().filter(|(_, event)| is_end(event)).collect())
    }

    /// Whether a failure stayed inside: the call, callback or step that came to its end next on that side is known to have
    /// succeeded. One that left a function of the protocol by its name did not stay, whatever the result.
    pub fn stayed_inside(&self, case: &Case<'t>, index: usize, event: &Event, failure: &Failure) -> bool {
        let outermost = failure.frames.last().map(|frame| &*frame.function);
        if outermost.is_some_and(is_of_protocol) {
            return false;
        }
        if event.writer.is_some() || event.actor == Actor::Provider {
            return self.next(index, event).is_some_and(succeeded);
        }
        next_call_succeeded(case, index, event)
    }

    /// The next end of a callback of the same writer, or of a step of the same provider.
    fn next(&self, index: usize, event: &Event) -> Option<&'t Event> {
        let from = self.0.partition_point(|(at, _)| *at <= index);
        let after = self.0.get(from..).unwrap_or_default().iter().map(|(_, end)| *end);
        let near = after.take_while(|end| end.time - event.time <= LASTS);
        near.filter(|end| end.host == event.host).find(|end| match (&event.writer, &end.what) {
            (Some(writer), What::Callback { .. }) => {
                end.writer.as_ref().is_some_and(|own| same_writer(own, writer))
            }
            (None, What::ProviderStep { .. }) => {
                event.provider_id.is_none() || event.provider_id == end.provider_id
            }
            _ => false,
        })
    }
}

/// Whether the end of a callback or a step is known to be a success.
fn succeeded(end: &Event) -> bool {
    match end.what {
        What::Callback { accepted: Some(accepted), .. } => accepted,
        _ => end.status.is_some_and(|status| !status.is_failure()),
    }
}

/// Whether the session's call that ended next, and each one that was under way, succeeded with a known result.
fn next_call_succeeded(case: &Case<'_>, index: usize, event: &Event) -> bool {
    let Some(operation) = case.operation_of(index) else { return false };
    let open = || operation.calls().iter().filter(|call| call.ended.is_none_or(|end| end >= event.time));
    let next = open().filter(|call| call.ended.is_some()).min_by_key(|call| call.ended);
    let under_way = open().filter(|call| call.started <= event.time);
    let mut decisive = next.into_iter().chain(under_way).peekable();
    decisive.peek().is_some() && decisive.all(|call| call.ok() && call.hresult.is_some())
}

/// Whether a function is one of the protocol by its name: a method of a requester, `On…` of a writer, a provider's step.
fn is_of_protocol(function: &str) -> bool {
    let name = function.rsplit("::").next().unwrap_or(function);
    Method::KNOWN.contains(&name)
        || ProviderStep::KNOWN.contains(&name)
        || name.strip_prefix("On").is_some_and(|event| Callback::KNOWN.contains(&event))
}
