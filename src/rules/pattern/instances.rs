//! Writers whose one instance gave way to another one: their process was restarted.

use crate::knowledge::writers;
use crate::rules::{Case, Operation};
use vsscope_model::{Callback, Event, Guid, Method, ServiceState, What, Writer};

/// Key name of the service that hosts a writer; nothing for those that live in the VSS service itself.
pub fn own_service(class_id: Option<Guid>, name: &str) -> Option<&'static str> {
    let service = writers::hosting_service(class_id, name)?;
    (!service.eq_ignore_ascii_case("vss") && !service.eq_ignore_ascii_case("swprv")).then_some(service)
}

/// Whether an event says that a service ended.
pub fn is_end_of(event: &Event, service: &str) -> bool {
    matches!(&event.what, What::Service { service: ended, state: ServiceState::Stopped | ServiceState::Crashed }
        if ended.eq_ignore_ascii_case(service))
}

/// An instance that gave way to another one of its class within an operation.
pub struct Change<'t> {
    /// The writer with its first instance.
    pub writer: &'t Writer,
    /// The last event of the first instance.
    pub last: usize,
    /// The first event of the other one.
    pub first: usize,
}

/// Where in a session a writer showed itself: in the callback of a set, or in a list of states.
type Round<'t> = (Option<&'t Callback>, Option<Guid>, usize);

/// An instance of a writer.
struct Instance<'t> {
    id: Guid,
    writer: &'t Writer,
    first: usize,
    last: usize,
    rounds: Vec<Round<'t>>,
}

/// Instances that gave way to another one of their class within the operation. Two instances side by side are two servers,
/// not a restart: they show themselves in the same callbacks and lists.
pub fn changes<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<Change<'t>> {
    let mut changes = Vec::new();
    for instances in &instances(case, operation) {
        let mut gone: Vec<Guid> = Vec::new();
        for new in instances {
            let gave_way = |old: &&Instance<'t>| {
                let meets = |round: Option<&Round<'t>>, other: &Instance<'t>| {
                    round.is_some_and(|round| other.rounds.contains(round))
                };
                old.last < new.first
                    && !gone.contains(&old.id)
                    && !meets(new.rounds.first(), old)
                    && !meets(old.rounds.last(), new)
            };
            let Some(old) = instances.iter().find(gave_way) else { continue };
            gone.push(old.id);
            changes.push(Change { writer: old.writer, last: old.last, first: new.first });
        }
    }
    changes
}

/// The instances of each class in order of their first event.
fn instances<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<Vec<Instance<'t>>> {
    let mut seen: Vec<(Guid, Vec<Instance<'t>>)> = Vec::new();
    let mut lists = 0;
    for (index, event) in operation.iter(case.timeline) {
        let round: Round<'t> = match &event.what {
            What::Callback { callback, .. } => (Some(callback), event.set, 0),
            What::WriterStatus { .. } => (None, None, lists),
            What::WriterState { .. } => (None, None, index),
            What::Call { method: Method::GatherWriterStatus, .. } => {
                lists = index;
                continue;
            }
            _ => continue,
        };
        let Some(writer) = &event.writer else { continue };
        let (Some(class), Some(id)) = (writer.class_id, writer.instance_id) else { continue };
        if !seen.iter().any(|(known, _)| *known == class) {
            seen.push((class, Vec::new()));
        }
        let Some((_, own)) = seen.iter_mut().find(|(known, _)| *known == class) else { continue };
        match own.iter_mut().find(|known| known.id == id) {
            Some(known) => {
                known.last = index;
                known.rounds.push(round);
            }
            None => own.push(Instance { id, writer, first: index, last: index, rounds: vec![round] }),
        }
    }
    seen.into_iter().map(|(_, instances)| instances).collect()
}
