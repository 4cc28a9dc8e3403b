//! Which events belong together.

use crate::rules::Case;
use std::sync::Arc;
use vsscope_model::{Clock, Event};

/// What events have to have in common. The host always is: times of two machines make no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Same {
    /// The host.
    Host,
    /// The snapshot set.
    Set,
    /// The requester's session.
    Session,
    /// The process.
    Pid,
}

impl Same {
    /// The word for it in a file.
    pub const KNOWN: &'static [&'static str] = &["host", "set", "session", "pid"];

    /// The meaning of such a word.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "host" => Same::Host,
            "set" => Same::Set,
            "session" => Same::Session,
            "pid" => Same::Pid,
            _ => return None,
        })
    }
}

/// What an event has of that which events have to have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Link {
    host: String,
    /// The input, where its clock cannot be compared with others.
    clock: Option<Arc<str>>,
    shared: Vec<Option<String>>,
}

impl Link {
    /// Nothing where the event has no time that can be compared.
    pub fn of(case: &Case<'_>, index: usize, event: &Event, same: &[Same]) -> Option<Self> {
        if !event.clock.measures() || event.time == Event::NO_TIME {
            return None;
        }
        let operation = case.operation_of(index);
        let shared = same.iter().map(|same| match same {
            Same::Host => event.host.as_deref().map(str::to_owned),
            Same::Set => {
                let id = event.set.filter(|set| !set.is_null()).map(|set| set.to_string());
                operation.and_then(|o| o.set_of(index)).map(|set| set.id.clone()).or(id)
            }
            Same::Session => operation.and_then(|o| o.session).map(|session| session.id.clone()),
            Same::Pid => event.pid_behind().map(|pid| pid.to_string()),
        });
        Some(Link {
            host: event.host.as_deref().unwrap_or_default().to_owned(),
            clock: (event.clock == Clock::Unzoned).then(|| Arc::clone(&event.source.input)),
            shared: shared.collect(),
        })
    }

    /// Whether everything that is asked for is known.
    pub fn is_whole(&self) -> bool {
        self.shared.iter().all(Option::is_some)
    }

    /// Whether nothing tells the two apart.
    pub fn may_be(&self, other: &Link) -> bool {
        let fits = |(a, b): (&Option<String>, &Option<String>)| a.is_none() || b.is_none() || a == b;
        self.host == other.host && self.shared.iter().zip(&other.shared).all(fits)
    }
}
