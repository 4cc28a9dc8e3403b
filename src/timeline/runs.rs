//! Runs of the VSS service and of the system provider.

use super::{HostView, Kinds};
use chrono::Duration;
use vsscope_model::{Actor, EndReason, Event, ServiceRun, ServiceState, Timestamp, What};

/// The services whose runs are followed.
const SERVICES: &[&str] = &["vss", "swprv"];

/// Two signs of one start (a process start and the SCM's record) come this close together.
fn start_tolerance() -> Duration {
    Duration::seconds(30)
}

/// vssvc says why it stops shortly before the service control manager notes that it did.
fn stop_tolerance() -> Duration {
    Duration::seconds(60)
}

/// After an unexpected shutdown the event log service notes it (6008) this long after Windows started, at most: services
/// may be running by then.
fn boot_lag() -> Duration {
    Duration::minutes(2)
}

/// A sign of a service's life.
enum Sign {
    Started,
    Stopped(EndReason),
    /// The service said why it is about to stop.
    Stopping(EndReason),
}

/// The runs of the host, by service and start.
pub fn find(view: &HostView<'_>) -> Vec<ServiceRun> {
    let mut runs: Vec<ServiceRun> = SERVICES.iter().flat_map(|service| runs_of(view, service)).collect();
    runs.sort_by(|a, b| (a.started.or(a.ended), &a.service).cmp(&(b.started.or(b.ended), &b.service)));
    runs
}

fn runs_of(view: &HostView<'_>, service: &str) -> Vec<ServiceRun> {
    let mut runs: Vec<ServiceRun> = Vec::new();
    let mut current: Option<ServiceRun> = None;
    for (index, event) in view.of(Kinds::RUN | Kinds::PROCESS | Kinds::SERVICE) {
        let before = |run: &mut ServiceRun| run.started.is_some_and(|at| is_restart_after(event, at));
        if let Some(run) = current.take_if(|run| run.ended.is_none() && before(run)) {
            let events = run.events.into_iter().chain([index]).collect();
            runs.push(ServiceRun { end_reason: EndReason::Restart, events, ..run });
            continue;
        }
        let Some(sign) = sign(event, service) else {
            note_pid(&mut current, event, service);
            continue;
        };
        let pid = (service == "vss").then_some(event.process.pid).flatten().filter(|_| !is_scm(event));
        match sign {
            Sign::Started => match current.as_mut() {
                Some(run) if is_same_start(run, event.time) => {
                    run.pid = run.pid.or(pid);
                    run.events.push(index);
                }
                // A start without a stop before it: the end of the earlier run is not in the evidence.
                _ => {
                    runs.extend(current.take().map(lost_end));
                    current = Some(run(service, Some(event.time), pid, index));
                }
            },
            Sign::Stopping(reason) => {
                let run = current.get_or_insert_with(|| run_without_start(service));
                run.pid = run.pid.or(pid);
                run.end_reason = reason;
                run.ended = Some(event.time);
                run.events.push(index);
            }
            // A second sign of the same stop: process end and SCM record, or the crash record after the stop.
            Sign::Stopped(reason) if current.is_none() && just_ended(&runs, event.time) => {
                if let Some(run) = runs.last_mut() {
                    run.events.push(index);
                    if reason == EndReason::Crashed {
                        run.end_reason = reason;
                    }
                }
            }
            Sign::Stopped(reason) => {
                let mut run = current.take().unwrap_or_else(|| run_without_start(service));
                let told = run.ended.is_some_and(|at| event.time - at <= stop_tolerance());
                if !told || reason == EndReason::Crashed {
                    run.end_reason = reason;
                }
                run.ended = Some(event.time);
                run.events.push(index);
                runs.push(run);
            }
        }
        // A run whose service said why it stops is over, even where the stop itself is not in the evidence.
        if let Some(run) = current.take_if(|run| run.ended.is_some() && !stop_follows(view, run, service)) {
            runs.push(run);
        }
    }
    runs.extend(current);
    runs
}

/// Whether the record of the stop itself follows soon.
fn stop_follows(view: &HostView<'_>, run: &ServiceRun, service: &str) -> bool {
    let Some(ended) = run.ended else { return false };
    let later = view.indexes.partition_point(|&i| view.events[i].time < ended);
    let soon = |event: &&Event| event.time <= ended + stop_tolerance();
    let rest = view.indexes[later..].iter().map(|&i| &view.events[i]).take_while(soon);
    rest.filter_map(|event| sign(event, service)).any(|sign| matches!(sign, Sign::Stopped(_)))
}

fn run(service: &str, started: Option<Timestamp>, pid: Option<u32>, index: usize) -> ServiceRun {
    let service = service.to_owned();
    ServiceRun { service, started, ended: None, pid, end_reason: EndReason::Open, events: vec![index] }
}

fn run_without_start(service: &str) -> ServiceRun {
    ServiceRun { events: Vec::new(), ..run(service, None, None, 0) }
}

fn lost_end(run: ServiceRun) -> ServiceRun {
    match run.ended {
        Some(_) => run,
        None => ServiceRun { end_reason: EndReason::Unknown, ..run },
    }
}

fn just_ended(runs: &[ServiceRun], time: Timestamp) -> bool {
    runs.last().and_then(|run| run.ended).is_some_and(|ended| time - ended <= stop_tolerance())
}

fn is_same_start(run: &ServiceRun, time: Timestamp) -> bool {
    run.ended.is_none() && run.started.is_some_and(|started| time - started <= start_tolerance())
}

fn is_scm(event: &Event) -> bool {
    event.provider.eq_ignore_ascii_case("Service Control Manager")
}

/// The kernel's own record of its start (Kernel-General 12, or Kernel-Power 41 after an unexpected shutdown). The event log
/// service's records of a start (6005, 6009) have whole seconds and come late, when services are already running; nor do they
/// say that Windows went down, for which 6006 and 6008 are there.
pub fn is_restart(event: &Event) -> bool {
    let by = |provider: &str| event.provider.eq_ignore_ascii_case(provider);
    matches!(event.what, What::Startup)
        && (by("Microsoft-Windows-Kernel-General") || by("Microsoft-Windows-Kernel-Power"))
}

/// The event log service's record of an unexpected shutdown before its start.
pub fn is_late_restart(event: &Event) -> bool {
    matches!(event.what, What::Startup) && event.is_record("EventLog", 6008)
}

/// Whether a record says that Windows started anew after an instant at which something was running.
pub fn is_restart_after(event: &Event, running: Timestamp) -> bool {
    (is_restart(event) && running < event.time)
        || (is_late_restart(event) && running < event.time - boot_lag())
}

fn is_vssvc(event: &Event) -> bool {
    event.process.image_name().is_some_and(|name| name.eq_ignore_ascii_case("vssvc.exe"))
}

fn sign(event: &Event, service: &str) -> Option<Sign> {
    match &event.what {
        What::Service { service: name, state } if name.eq_ignore_ascii_case(service) => match state {
            ServiceState::Running => Some(Sign::Started),
            ServiceState::Stopped => Some(Sign::Stopped(EndReason::Stopped)),
            ServiceState::Crashed | ServiceState::Failed => Some(Sign::Stopped(EndReason::Crashed)),
            ServiceState::Unnamed => None,
        },
        _ if service != "vss" => None,
        What::VssStopping { idle: true } => Some(Sign::Stopping(EndReason::Idle)),
        What::VssStopping { idle: false } => Some(Sign::Stopping(EndReason::StopRequested)),
        What::ProcessStarted { .. } if is_vssvc(event) => Some(Sign::Started),
        What::ProcessEnded { .. } if is_vssvc(event) => Some(Sign::Stopped(EndReason::Stopped)),
        _ => None,
    }
}

/// Any record of vssvc.exe tells the pid of the run.
fn note_pid(current: &mut Option<ServiceRun>, event: &Event, service: &str) {
    let Some(run) = current.as_mut() else { return };
    if service == "vss" && run.pid.is_none() && event.actor == Actor::Service && is_vssvc(event) {
        run.pid = event.process.pid;
    }
}
