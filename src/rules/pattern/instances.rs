//! Writers whose one instance gave way to another one: their process was restarted.

use crate::knowledge::writers;
use crate::rules::{Case, Operation};
use vsscope_model::{Event, Guid, ServiceState, What, Writer};

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

/// A class of writers whose instance changed within an operation.
pub struct Change<'t> {
    /// The writer with its first instance.
    pub writer: &'t Writer,
    /// The last event of the first instance.
    pub last: usize,
    /// The first event of the other one.
    pub first: usize,
}

/// An instance of a writer with its first and its last event.
struct Seen<'t> {
    instance: Guid,
    writer: &'t Writer,
    first: usize,
    last: usize,
}

/// Classes whose one instance gave way to another one within the operation.
pub fn changes<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<Change<'t>> {
    // Class, the instances in order of their first event.
    let mut classes: Vec<(Guid, Vec<Seen<'t>>)> = Vec::new();
    for (index, event) in operation.iter(case.timeline) {
        let own = matches!(
            event.what,
            What::Callback { .. } | What::WriterStatus { .. } | What::WriterState { .. }
        );
        let Some(writer) = event.writer.as_ref().filter(|_| own) else { continue };
        let (Some(class), Some(instance)) = (writer.class_id, writer.instance_id) else { continue };
        let at = match classes.iter().position(|(known, _)| *known == class) {
            Some(at) => at,
            None => {
                classes.push((class, Vec::new()));
                classes.len() - 1
            }
        };
        let instances = &mut classes[at].1;
        match instances.iter_mut().find(|seen| seen.instance == instance) {
            Some(seen) => seen.last = index,
            None => instances.push(Seen { instance, writer, first: index, last: index }),
        }
    }
    let change = |(_, instances): &(Guid, Vec<Seen<'t>>)| {
        // Two instances side by side are two servers, not a restart.
        let [old, new] = instances.as_slice() else { return None };
        (old.last < new.first).then_some(Change { writer: old.writer, last: old.last, first: new.first })
    };
    classes.iter().filter_map(change).collect()
}
