use super::writer_disappeared::same_class;
use crate::rules::components;
use crate::rules::pattern::instances::{changes, is_end_of, own_service};
use crate::rules::pattern::selection::selected;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{
    CallRecord, Callback, Clock, Component, Confidence, Guid, Method, Timestamp, What, Writer,
};

rule! {
    /// # What it flags
    /// Between PreRestore and PostRestore a writer that takes part in the restore was restarted: its class shows another
    /// instance id, or the service that hosts it stopped or crashed. A writer takes part if a component of it was selected
    /// or it received PreRestore.
    /// # Why it matters
    /// The events of a restore belong to the instance that received PreRestore. The new one does not get PostRestore, so
    /// nobody brings the restored data into use, and PostRestore itself may fail.
    /// # Evidence needed
    /// A trace with the writers' events or states and their instance ids, or the records of the service control manager in
    /// the System log beside a trace of the restore.
    /// # When it is silent
    /// The writer received PostRestore: then it lives in another process than the service that was stopped. The service of
    /// the application, which a requester has to stop where the restore method is STOP_RESTORE_START, is not the one that
    /// hosts the writer. Writers that take no part; a restart before PreRestore or after PostRestore; two instances side by
    /// side; the end of the VSS service, which has a rule of its own; a clock that was set or cannot be compared.
    /// # What to do
    /// Do not stop the process of the writer itself during a restore. Check the application's data and repeat the restore.
    /// # References
    /// Microsoft: Stopping Services for Restore by Requesters.
    pub struct WriterRestartedDuringRestore {
        id: "writer-restarted-during-restore",
        title: "Writer restarted between PreRestore and PostRestore",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// From PreRestore to PostRestore, or to the end.
struct Window<'t> {
    pre: &'t CallRecord,
    post: Option<&'t CallRecord>,
    until: Timestamp,
}

/// What tells of a restart.
struct Restart {
    text: String,
    at: Timestamp,
    confidence: Confidence,
    events: Vec<usize>,
}

impl Rule for WriterRestartedDuringRestore {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(window) = window(case, operation) else { continue };
            for writer in writers(case, operation, &window) {
                let restart = new_instance(case, operation, &window, &writer)
                    .or_else(|| stopped_service(case, operation, &window, &writer));
                let Some(restart) = restart else { continue };
                let name = operation.writer_name(&writer);
                findings.add(
                    Draft::of(self.info(), operation)
                        .writer(name.as_deref())
                        .confidence(restart.confidence)
                        .at(restart.at)
                        .detail(format!(
                            "{} {}. {} {}.",
                            name.as_deref().unwrap_or("A writer"),
                            restart.text,
                            words::capital(&operation.requester()),
                            window.text()
                        ))
                        .remedy(
                            "Find out who stopped or restarted the process of the writer, see whether the restored data \
                             is in use, and repeat the restore.",
                        )
                        .evidence(window.pre.events.iter().copied())
                        .evidence(restart.events),
                );
            }
        }
    }
}

impl Window<'_> {
    fn text(&self) -> String {
        let end = match self.post {
            Some(post) => words::call(post),
            None => "no PostRestore".to_owned(),
        };
        format!("had called {}, and then {end}", words::call(self.pre))
    }

    /// Whether an event came after PreRestore was called, and before PostRestore was.
    fn has(&self, index: usize) -> bool {
        let post = self.post.and_then(|call| call.events.first());
        self.pre.events.first().is_some_and(|first| *first < index) && post.is_none_or(|post| index < *post)
    }
}

fn window<'t>(case: &Case<'_>, operation: &Operation<'t>) -> Option<Window<'t>> {
    let session = operation.session.filter(|_| !operation.is_transcript(case.timeline))?;
    let calls = operation.calls();
    let at = calls.iter().position(|call| call.method == Method::PreRestore && call.was_taken())?;
    let is_end = |call: &&CallRecord| call.method == Method::PostRestore && call.was_taken();
    let post = calls[at + 1..].iter().find(is_end);
    let over = || session.ended.unwrap_or(operation.ended);
    Some(Window { pre: &calls[at], post, until: post.map_or_else(over, |call| call.started) })
}

/// The writers that take part, each class once: those that received PreRestore, and those of selected components.
fn writers(case: &Case<'_>, operation: &Operation<'_>, window: &Window<'_>) -> Vec<Writer> {
    let told = operation.iter(case.timeline).filter(|(index, event)| {
        window.has(*index) && matches!(&event.what, What::Callback { callback: Callback::PreRestore, .. })
    });
    let told = told.filter_map(|(_, event)| event.writer.clone());
    let chosen = selected(operation.calls()).into_iter().filter_map(components::of).map(of_component);
    let mut writers: Vec<Writer> = Vec::new();
    for writer in told.chain(chosen) {
        if !writers.iter().any(|known| same_class(known, &writer)) {
            writers.push(writer);
        }
    }
    writers
}

fn of_component(component: &Component) -> Writer {
    Writer {
        name: Some(components::writer(component).into()),
        class_id: component.writer.parse::<Guid>().ok(),
        class_name: None,
        instance_id: None,
    }
}

/// Whether a writer of this class received PostRestore.
fn was_told_of_end(case: &Case<'_>, operation: &Operation<'_>, writer: &Writer) -> bool {
    operation.iter(case.timeline).any(|(_, event)| {
        matches!(&event.what, What::Callback { callback: Callback::PostRestore, .. })
            && event.writer.as_ref().is_some_and(|other| same_class(other, writer))
    })
}

/// Another instance of the class, where the old one was last seen after PreRestore and before PostRestore.
fn new_instance(
    case: &Case<'_>,
    operation: &Operation<'_>,
    window: &Window<'_>,
    writer: &Writer,
) -> Option<Restart> {
    let of_writer = changes(case, operation).into_iter().find(|change| same_class(change.writer, writer))?;
    let in_time = window.has(of_writer.first);
    // Seen only afterwards, it may have come after PostRestore was handled.
    if !window.has(of_writer.last) || (!in_time && was_told_of_end(case, operation, writer)) {
        return None;
    }
    let at = case.event(of_writer.first)?.time;
    Some(Restart {
        text: format!("has another instance id from {} on", words::iso(at)),
        at,
        confidence: if in_time { Confidence::Exact } else { Confidence::Strong },
        events: vec![of_writer.last, of_writer.first],
    })
}

/// The end of the service that hosts the writer.
fn stopped_service(
    case: &Case<'_>,
    operation: &Operation<'_>,
    window: &Window<'_>,
    writer: &Writer,
) -> Option<Restart> {
    let service = own_service(writer.class_id, writer.name.as_deref().unwrap_or_default())?;
    let (host, from) = (operation.host(), window.pre.started);
    let clock = case.event(*window.pre.events.first()?)?.clock;
    let is_unknown = matches!(clock, Clock::Unzoned | Clock::Order);
    if is_unknown || was_told_of_end(case, operation, writer) || case.clock_stepped(host, from, window.until)
    {
        return None;
    }
    let (index, event) =
        case.telling_between(host, from, window.until).find(|(_, event)| is_end_of(event, service))?;
    Some(Restart {
        text: format!("lives in the service {service}, which ended at {}", words::iso(event.time)),
        at: event.time,
        confidence: Confidence::Strong,
        events: vec![index],
    })
}
