//! When the services that a creation needs ended.

use vsscope_model::{EndReason, ServiceState, Timeline, Timestamp, What};

/// The services that a creation needs.
const SERVICES: [&str; 2] = ["vss", "swprv"];

/// The end of a service's run.
#[derive(Debug)]
pub struct Stop<'t> {
    /// Key name of the service.
    pub service: &'t str,
    /// How it ended.
    pub reason: EndReason,
    /// When.
    pub at: Timestamp,
    /// Host.
    pub host: &'t str,
    /// Index of the record.
    pub event: usize,
}

/// The ends of the services' runs.
pub fn of(timeline: &Timeline) -> Vec<Stop<'_>> {
    use EndReason::{Crashed, Idle, StopRequested, Stopped};
    let mut stops: Vec<Stop<'_>> = Vec::new();
    for host in &timeline.hosts {
        for run in host.runs.iter().filter(|run| SERVICES.contains(&run.service.as_str())) {
            let (Some(at), Some(&event)) = (run.ended, run.events.last()) else { continue };
            if matches!(run.end_reason, Idle | Stopped | StopRequested | Crashed) {
                stops.push(Stop {
                    service: &run.service,
                    reason: run.end_reason,
                    at,
                    host: &host.name,
                    event,
                });
            }
        }
    }
    let events = timeline.events.iter().enumerate();
    for (index, event) in events.filter(|(index, _)| !timeline.echoes.contains_key(index)) {
        let What::Service { service, state: ServiceState::Crashed } = &event.what else { continue };
        let host = event.host.as_deref().unwrap_or_default();
        let known = stops.iter().any(|stop| {
            stop.service == &**service && stop.host == host && stop.reason == Crashed && stop.at == event.time
        });
        if SERVICES.contains(&&**service) && !known {
            stops.push(Stop { service, reason: Crashed, at: event.time, host, event: index });
        }
    }
    stops.sort_by_key(|stop| (stop.at, stop.event));
    stops
}
