//! [`Kinds`]: what an event is, in a few bits. Events are large, and most steps ask for one kind of a few: looking at the bits of
//! all spares looking at the others.

use std::ops::BitOr;
use vsscope_model::{Actor, Event, What};

/// A set of kinds; an event can be of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// Calls of a requester.
    pub const CALL: Kinds = Kinds(1);
    /// Starts and ends of processes.
    pub const PROCESS: Kinds = Kinds(1 << 1);
    /// Starts and ends of Windows and of services.
    pub const RUN: Kinds = Kinds(1 << 2);
    /// What the service itself does.
    pub const SERVICE: Kinds = Kinds(1 << 3);
    /// Marks that a creation leaves in audit records and in the logs of database engines.
    pub const MARK: Kinds = Kinds(1 << 4);
    /// Steps of providers.
    pub const PROVIDER: Kinds = Kinds(1 << 5);
    /// What belongs to a set by its time: devices, steps and failures of volsnap, plain records, failures in a trace.
    pub const NEIGHBOUR: Kinds = Kinds(1 << 6);
    /// Losses of shadow copies.
    pub const LOSS: Kinds = Kinds(1 << 7);
    /// Whatever names a set.
    pub const NAMES_SET: Kinds = Kinds(1 << 8);
    /// Whatever names the instance.
    pub const NAMES_INSTANCE: Kinds = Kinds(1 << 9);

    /// Those of an event.
    pub fn of(event: &Event) -> Kinds {
        let what = match event.what {
            What::Call { .. } => Kinds::CALL,
            What::ProcessStarted { .. } | What::ProcessEnded { .. } => Kinds::PROCESS,
            What::Startup | What::Shutdown | What::Service { .. } | What::VssStopping { .. } => Kinds::RUN,
            What::SnapshotCreated
            | What::SnapshotImported
            | What::CreationMark { .. }
            | What::Database(_) => Kinds::MARK,
            What::ProviderStep { .. } => Kinds::PROVIDER,
            What::ShadowDevice
            | What::VolsnapStep { .. }
            | What::ShadowFailure
            | What::Log
            | What::Failure(_) => Kinds::NEIGHBOUR,
            What::ShadowLoss => Kinds::LOSS,
            _ => Kinds(0),
        };
        what | Kinds::SERVICE.when(event.actor == Actor::Service)
            | Kinds::NAMES_SET.when(event.set.is_some())
            | Kinds::NAMES_INSTANCE.when(event.session.is_some())
    }

    fn when(self, holds: bool) -> Kinds {
        if holds { self } else { Kinds(0) }
    }

    /// Whether one of these is among the others.
    pub fn meet(self, others: Kinds) -> bool {
        self.0 & others.0 != 0
    }
}

impl BitOr for Kinds {
    type Output = Kinds;

    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}
