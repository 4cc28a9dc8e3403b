//! An event in a few English words, for lists of events and for pieces of evidence.
//!
//! The words follow from the typed meaning and from (provider, event id), never from the localised text of a record. What
//! a record's parameters say is quoted, made harmless for terminals by [`safe`].

mod failure;
mod records;

use crate::text::safe;
use vsscope_model::{
    CallArgs, DatabaseMark, Edge, Event, Guid, Method, ServiceState, Status, What, Writer, WriterState,
};

/// The event in words: `DoSnapshotSet entered`, `Registry Writer: Freeze returned`, `VSS 8224: service stops after idling`.
///
/// A failure code is part of the words. One line, without control characters.
pub fn describe(event: &Event) -> String {
    if let What::Failure(failure) = &event.what {
        return safe(&failure::words(failure, event.status));
    }
    let words = describe_without_result(event);
    match event.status {
        Some(status) if status.is_failure() && !words.contains(&status.to_string()) => {
            format!("{words}, {}", named_status(status))
        }
        _ => words,
    }
}

/// Like [`describe`], for places that show the result beside it.
pub(crate) fn describe_without_result(event: &Event) -> String {
    safe(&words(event))
}

/// A code with its symbolic name, where it has one here: `0x800423f2 VSS_E_WRITERERROR_TIMEOUT`.
pub(crate) fn named_status(status: Status) -> String {
    match status.hresult().and_then(|code| code.name()) {
        Some(name) => format!("{status} {name}"),
        None => status.to_string(),
    }
}

/// A writer state by number and name: `9 failed at freeze`.
pub(crate) fn state_words(state: WriterState) -> String {
    match state.name() {
        Some(name) => {
            format!("{} {}", state.0, name.trim_start_matches("VSS_WS_").replace('_', " ").to_lowercase())
        }
        None => state.0.to_string(),
    }
}

fn words(event: &Event) -> String {
    match &event.what {
        What::Call { method, edge, args } => join(&[&call(event, method, args), edge_word(*edge)]),
        What::Phase { phase, edge } => join(&[&format!("VSS service: {phase}"), edge_word(*edge)]),
        What::Callback { callback, edge, accepted } => {
            let veto = if *accepted == Some(false) { "(vetoed)" } else { "" };
            join(&[&format!("{}: {callback}", writer_label(event.writer.as_ref())), edge_word(*edge), veto])
        }
        What::WriterState { state } => {
            format!("{}: state set to {}", writer_label(event.writer.as_ref()), state_words(*state))
        }
        What::WriterStatus { state, failure } => {
            let code =
                failure.filter(|code| code.is_failure()).map(|code| named_status(Status::Hresult(code)));
            let writer = writer_label(event.writer.as_ref());
            let code = code.map(|code| format!(", {code}")).unwrap_or_default();
            format!("{writer}: state read as {}{code}", state_words(*state))
        }
        What::ProviderStep { step, edge, duration_ms } => {
            let took = duration_ms.map(|ms| format!("took {ms} ms")).unwrap_or_default();
            join(&[&format!("provider: {step}"), edge_word(*edge), &on_volume(event), &took])
        }
        What::Flush { step, edge } => {
            join(&[&format!("flush-and-hold: {step}"), edge_word(*edge), &on_volume(event)])
        }
        What::VolsnapStep { step, edge } => {
            join(&[&format!("volsnap: {step}"), edge_word(*edge), &on_volume(event)])
        }
        What::DiagKey { key } => format!("trace key {key} created"),
        What::Failure(failure) => failure::words(failure, None),
        _ => match record_label(event) {
            Some(label) => format!("{label}: {}", record_words(event)),
            None => record_words(event),
        },
    }
}

/// Words for meanings that stand for one record of a log.
fn record_words(event: &Event) -> String {
    match &event.what {
        What::SnapshotCreated => join(&["shadow copy", &of_volume(event), "created", &as_device(event)]),
        What::SnapshotImported => {
            join(&["hardware shadow copy", &of_volume(event), "imported", &as_device(event)])
        }
        What::SnapshotResynced => join(&["volume resynchronised from a shadow copy", &of_volume(event)]),
        What::CreationMark { registered: true } => {
            "audit source VSSAudit registered (a shadow copy was created)".into()
        }
        What::CreationMark { registered: false } => "audit source VSSAudit removed again".into(),
        What::Database(database) => match &database.database {
            Some(name) => format!("{} ({name})", database_words(database.mark)),
            None => database_words(database.mark).into(),
        },
        What::ShadowDevice => match &event.device {
            Some(device) => format!("shadow copy device {device} in use"),
            None => "shadow copy device in use".into(),
        },
        What::ShadowLoss => match known_record(event) {
            Some(reason) => join(&["shadow copies", &of_volume(event), "lost:", reason]),
            None => join(&["shadow copies", &of_volume(event), "lost"]),
        },
        What::ShadowFailure => match known_record(event) {
            Some(reason) => join(&["shadow copy", &of_volume(event), "failed:", reason]),
            None => join(&["shadow copy", &of_volume(event), "failed"]),
        },
        What::Service { service, state } => format!("service {service} {}", service_words(*state)),
        What::VssStopping { idle: true } => "service stops after idling".into(),
        What::VssStopping { idle: false } => "service stops because it was asked to".into(),
        What::ProcessStarted { command_line } => {
            join(&[&process_label(event), "started", &quoted(command_line.as_deref())])
        }
        What::ProcessEnded { exit_code } => {
            let code = exit_code.map(|code| format!("with exit code {code}")).unwrap_or_default();
            join(&[&process_label(event), "ended", &code])
        }
        What::DeleteCommand { text } => join(&["deletion of shadow copies asked for:", &shorten(text)]),
        What::DiffAreaCommand { text } => {
            join(&["change of the shadow copy storage asked for:", &shorten(text)])
        }
        What::ClockChanged { old, new } => {
            let seconds = (*new - *old).num_milliseconds() as f64 / 1000.0;
            format!("system clock set by {seconds:+} s")
        }
        What::LogCleared { channel } => format!("log {channel} cleared"),
        What::Startup if tells_unexpected_shutdown(event) => "the previous shutdown was unexpected".into(),
        What::Startup => "Windows or its event log started".into(),
        What::Shutdown => "Windows or its event log shuts down".into(),
        What::Job(job) if job.ended => "backup job ended".into(),
        What::Job(_) => "backup job started".into(),
        What::RecordingStarts => "recording starts".into(),
        What::RecordingEnds => "recording ends".into(),
        What::EventsLost { count: Some(count) } => format!("{count} events lost"),
        What::EventsLost { count: None } => "events lost".into(),
        _ => log_words(event),
    }
}

/// Words for a record that has no typed meaning: from the table, else its first parameter or the first line of its message.
fn log_words(event: &Event) -> String {
    let detail = event.record.as_deref();
    let text = || {
        let first = detail
            .and_then(|detail| detail.params.iter().map(|param| param.value.trim()).find(|v| !v.is_empty()));
        first.or_else(|| detail?.message.as_deref()?.lines().next()).map(shorten)
    };
    if let Some(words) = evidence_words(event) {
        return words;
    }
    match known_record(event) {
        Some(words) => match event.writer.as_ref() {
            Some(writer) => format!("{words} ({})", writer_label(Some(writer))),
            None => join(&[words, &on_volume(event)]),
        },
        None => text().unwrap_or_else(|| "record".into()),
    }
}

/// A change below `Services\VSS\Diag` whose meaning is not known, as Sysmon logs it: 13 writes a value, 12 makes or
/// deletes a key or value, which its event type tells.
fn evidence_words(event: &Event) -> Option<String> {
    const DIAG: &str = r"\services\vss\diag\";
    let params = &event.record.as_deref()?.params;
    let field = |name| params.iter().find(|param| param.name == Some(name));
    let target = field("TargetObject")?.value;
    // ASCII lower case keeps every byte offset.
    let at = target.to_ascii_lowercase().find(DIAG)?;
    let below = shorten(target.get(at + DIAG.len()..)?);
    match (event.event_id, field("EventType")) {
        (Some(12), Some(change)) => Some(format!("trace entry {below}: {}", change.value)),
        _ => Some(format!("trace value {below} written")),
    }
}

/// Starts whose record exists only because the shutdown before was not clean.
fn tells_unexpected_shutdown(event: &Event) -> bool {
    const AFTER_A_CRASH: &[(&str, u32)] =
        &[("EventLog", 6008), ("Microsoft-Windows-Eventlog", 6008), ("Microsoft-Windows-Kernel-Power", 41)];
    AFTER_A_CRASH
        .iter()
        .any(|(provider, id)| event.event_id == Some(*id) && provider.eq_ignore_ascii_case(&event.provider))
}

/// `provider id`, the key of a record, with the provider's short name; absent for events that are not records of a log.
fn record_label(event: &Event) -> Option<String> {
    let id = event.event_id?;
    let short = SHORT_NAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&event.provider))
        .map(|(_, short)| *short);
    let name = short.unwrap_or_else(|| event.provider.trim_start_matches("Microsoft-Windows-"));
    Some(if name.is_empty() { format!("event {id}") } else { format!("{name} {id}") })
}

/// Names of providers that people shorten.
const SHORT_NAMES: &[(&str, &str)] =
    &[("Service Control Manager", "SCM"), ("Microsoft-Windows-Security-Auditing", "Security")];

fn call(event: &Event, method: &Method, args: &CallArgs) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(
        args.context.map(|context| context.name().map_or_else(|| context.to_string(), str::to_owned)),
    );
    said.extend(args.backup_type.as_ref().map(ToString::to_string));
    said.extend(args.component_mode.map(|on| if on { "component mode" } else { "volume mode" }.to_owned()));
    said.extend(args.component.as_ref().map(|c| join_path(&c.path, &c.name)));
    said.extend(args.succeeded.map(|ok| if ok { "succeeded" } else { "not succeeded" }.to_owned()));
    said.extend(args.deleted.map(|count| format!("{count} deleted")));
    said.extend(args.locally.map(|here| if here { "locally" } else { "as a share" }.to_owned()));
    said.extend(args.stored_document.filter(|&stored| stored).map(|_| "stored document".to_owned()));
    said.extend(args.references.map(|count| format!("{count} references left")));
    if *method == Method::AddToSnapshotSet {
        said.extend(event.volume.as_deref().map(short_volume));
    }
    if matches!(method, Method::DeleteSnapshots | Method::BreakSnapshotSet) {
        said.extend(event.set.map(|set| format!("set {}", short_guid(set))));
        said.extend(event.snapshot.map(|snapshot| format!("snapshot {}", short_guid(snapshot))));
    }
    if said.is_empty() { method.to_string() } else { format!("{method} ({})", said.join(", ")) }
}

fn join_path(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}\\{name}") }
}

fn edge_word(edge: Edge) -> &'static str {
    match edge {
        Edge::Entered => "entered",
        Edge::Returned => "returned",
        Edge::Finished => "finished",
        Edge::Whole => "done",
    }
}

fn database_words(mark: DatabaseMark) -> &'static str {
    match mark {
        DatabaseMark::Starting => "database prepares for a shadow copy",
        DatabaseMark::FreezeStarted => "database frozen",
        DatabaseMark::FreezeEnded => "database thawed",
        DatabaseMark::Completed => "database counts its shadow copy as successful",
        DatabaseMark::Aborted => "database aborted its shadow copy",
        DatabaseMark::FreezeTimedOut => "freeze of the database timed out",
        DatabaseMark::FreezeFailed => "freeze of the database failed",
        DatabaseMark::BackedUp => "database backup recorded",
        DatabaseMark::BackupFailed => "database backup failed",
    }
}

fn service_words(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Running => "running",
        ServiceState::Stopped => "stopped",
        ServiceState::Crashed => "ended unexpectedly",
        ServiceState::Failed => "failed",
        ServiceState::Unnamed => "changed its state (which one is told only in localised words)",
    }
}

/// Name of a writer, else the class of its program text, else the head of its id, else `a writer`.
pub(crate) fn writer_label(writer: Option<&Writer>) -> String {
    let class = |writer: &Writer| writer.class_name.as_deref().map(class_label);
    let id = |writer: &Writer| {
        writer.class_id.or(writer.instance_id).map(|id| format!("writer {}", short_guid(id)))
    };
    writer
        .and_then(|w| w.name.as_deref().map(str::to_owned).or_else(|| class(w)).or_else(|| id(w)))
        .unwrap_or_else(|| "a writer".into())
}

/// `writer class CDemoWriter`: a class is what a trace names where it does not name the writer.
fn class_label(class: &str) -> String {
    format!("writer class {}", shorten(class))
}

/// The first eight digits, enough to tell the sets of one machine apart.
pub(crate) fn short_guid(guid: Guid) -> String {
    guid.to_string().chars().take(8).collect()
}

/// `C:` as it is; a volume path by the head of its GUID: `Volume{0a1b2c3d…}`.
pub(crate) fn short_volume(volume: &str) -> String {
    match Guid::find_in(volume) {
        Some(guid) => format!("Volume{{{}}}", short_guid(guid)),
        None => volume.trim_end_matches('\\').to_owned(),
    }
}

/// `image (pid)`, as much of it as is known.
pub(crate) fn process_label(event: &Event) -> String {
    match (event.process.image_name(), event.process.pid) {
        (Some(image), Some(pid)) => format!("{image} ({pid})"),
        (Some(image), None) => image.to_owned(),
        (None, Some(pid)) => format!("pid {pid}"),
        (None, None) => String::new(),
    }
}

fn on_volume(event: &Event) -> String {
    event.volume.as_deref().map(|volume| format!("on {}", short_volume(volume))).unwrap_or_default()
}

fn of_volume(event: &Event) -> String {
    event.volume.as_deref().map(|volume| format!("of {}", short_volume(volume))).unwrap_or_default()
}

fn as_device(event: &Event) -> String {
    event.device.as_deref().map(|device| format!("as {device}")).unwrap_or_default()
}

fn quoted(text: Option<&str>) -> String {
    text.map(|text| format!("({})", shorten(text))).unwrap_or_default()
}

/// At most 120 characters of a log's text.
fn shorten(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 3).chain("...".chars()).collect()
}

fn join(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// What a record of this (provider, id) says, in our own words.
fn known_record(event: &Event) -> Option<&'static str> {
    records::words(&event.provider, event.event_id?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vsscope_model::{Callback, HResult, LogDetail, Param, RecordRef, Timestamp};

    fn event(what: What) -> Event {
        Event::new(Timestamp::UNIX_EPOCH, RecordRef::default(), what)
    }

    fn record(provider: &str, id: u32, what: What) -> Event {
        Event { provider: Arc::from(provider), event_id: Some(id), ..event(what) }
    }

    fn named(name: &str) -> Option<Writer> {
        Some(Writer { name: Some(Arc::from(name)), ..Writer::default() })
    }

    #[test]
    fn steps_are_named_with_their_edge() {
        let call = What::Call { method: Method::DoSnapshotSet, edge: Edge::Entered, args: Box::default() };
        assert_eq!(describe(&event(call)), "DoSnapshotSet entered");
        let freeze =
            What::Callback { callback: Callback::Freeze, edge: Edge::Returned, accepted: Some(false) };
        let freeze = Event { writer: named("Registry Writer"), ..event(freeze) };
        assert_eq!(describe(&freeze), "Registry Writer: Freeze returned (vetoed)");
    }

    #[test]
    fn a_writer_known_by_its_class_only_is_called_a_class() {
        let writer = Writer { class_name: Some(Arc::from("CDemoWriter")), ..Writer::default() };
        let freeze = What::Callback { callback: Callback::Freeze, edge: Edge::Entered, accepted: None };
        let freeze = Event { writer: Some(writer.clone()), ..event(freeze) };
        assert_eq!(describe(&freeze), "writer class CDemoWriter: Freeze entered");
        let named = Writer { name: Some(Arc::from("Demo Writer")), ..writer };
        assert_eq!(writer_label(Some(&named)), "Demo Writer");
    }

    #[test]
    fn records_are_named_by_provider_and_id() {
        assert_eq!(
            describe(&record("VSS", 8224, What::VssStopping { idle: true })),
            "VSS 8224: service stops after idling"
        );
        let lost = Event { volume: Some("C:".into()), ..record("volsnap", 36, What::ShadowLoss) };
        assert_eq!(describe(&lost), "volsnap 36: shadow copies of C: lost: shadow storage reached its limit");
        let other = record("Microsoft-Windows-Security-SPP", 8224, What::Log);
        assert_eq!(describe(&other), "Security-SPP 8224: record");
        let running = What::Service { service: Arc::from("vss"), state: ServiceState::Running };
        assert_eq!(
            describe(&record("Service Control Manager", 7036, running)),
            "SCM 7036: service vss running"
        );
    }

    #[test]
    fn failures_carry_their_code_and_successes_do_not() {
        let mut rejected = record("VSS", 8229, What::Log);
        rejected.status = Some(Status::Hresult(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_eq!(
            describe(&rejected),
            "VSS 8229: a writer rejected an event, 0x800423f2 VSS_E_WRITERERROR_TIMEOUT"
        );
        rejected.status = Some(Status::Hresult(HResult::OK));
        assert_eq!(describe(&rejected), "VSS 8229: a writer rejected an event");
    }

    #[test]
    fn states_are_given_by_number_and_name() {
        let state = Event { writer: named("NTDS"), ..event(What::WriterState { state: WriterState(5) }) };
        assert_eq!(describe(&state), "NTDS: state set to 5 waiting for backup complete");
        assert_eq!(state_words(WriterState(77)), "77");
    }

    #[test]
    fn text_from_a_log_cannot_steer_a_terminal() {
        let text = "vssadmin delete shadows\u{1b}[2J\r\n/all".to_owned();
        let said = describe(&record("Security", 4688, What::DeleteCommand { text }));
        assert_eq!(
            said,
            "Security 4688: deletion of shadow copies asked for: vssadmin delete shadows\\x1b[2J /all"
        );
    }

    #[test]
    fn a_start_after_a_crash_says_so() {
        for (provider, id) in [("EventLog", 6008), ("Microsoft-Windows-Kernel-Power", 41)] {
            let said = describe(&record(provider, id, What::Startup));
            assert!(said.ends_with(&format!("{id}: the previous shutdown was unexpected")), "{said}");
        }
        let clean = describe(&record("EventLog", 6005, What::Startup));
        assert_eq!(clean, "EventLog 6005: Windows or its event log started");
    }

    #[test]
    fn a_trace_value_without_known_meaning_is_named() {
        let param = |name: &str, value: &str| Param { name: Some(name.into()), value: value.into() };
        let root = r"HKLM\System\CurrentControlSet\Services\VSS\Diag";
        let said = |id, change, target: String| {
            let mut event = record("Microsoft-Windows-Sysmon", id, What::Log);
            event.record = Some(Box::new(LogDetail {
                params: vec![param("EventType", change), param("TargetObject", &target)].into(),
                ..LogDetail::default()
            }));
            describe(&event)
        };
        assert_eq!(
            said(13, "SetValue", format!(r"{root}\Lovelace\NEWSTEP (Enter)")),
            r"Sysmon 13: trace value Lovelace\NEWSTEP (Enter) written"
        );
        assert_eq!(
            said(12, "DeleteKey", format!(r"{root}\Lovelace")),
            "Sysmon 12: trace entry Lovelace: DeleteKey"
        );
        assert_eq!(said(13, "SetValue", format!(r"{root}nostics\x")), "Sysmon 13: SetValue");
    }

    #[test]
    fn records_without_typed_meaning_have_words() {
        let offline = Event { volume: Some("D:".into()), ..record("volsnap", 82, What::Log) };
        assert_eq!(describe(&offline), "volsnap 82: volume taken offline: damaged shadow metadata on D:");
        assert_eq!(describe(&record("SPP", 16388, What::Log)), "SPP 16388: shadow copy could not be deleted");
        let unknown = describe(&record("MSExchangeIS", 9609, What::Log));
        assert_eq!(unknown, "MSExchangeIS 9609: known number, meaning unconfirmed");
    }
}
