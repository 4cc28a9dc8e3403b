//! An event in a few English words, for lists of events and for pieces of evidence.
//!
//! The words follow from the typed meaning and from (provider, event id), never from the localised text of a record. What
//! a record's parameters say is quoted, made harmless for terminals by [`safe`].

use crate::text::safe;
use vsscope_model::{
    CallArgs, DatabaseMark, Edge, Event, Guid, Method, ServiceState, Status, What, Writer, WriterState,
};

/// The event in words: `DoSnapshotSet entered`, `Registry Writer: Freeze returned`, `VSS 8224: service stops after idling`.
///
/// A failure code is part of the words. One line, without control characters.
pub fn describe(event: &Event) -> String {
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
        What::ClockChanged { old, new } => {
            let seconds = (*new - *old).num_milliseconds() as f64 / 1000.0;
            format!("system clock set by {seconds:+} s")
        }
        What::LogCleared { channel } => format!("log {channel} cleared"),
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
    match known_record(event) {
        Some(words) => match event.writer.as_ref() {
            Some(writer) => format!("{words} ({})", writer_label(Some(writer))),
            None => join(&[words, &on_volume(event)]),
        },
        None => text().unwrap_or_else(|| "record".into()),
    }
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

/// Name of a writer, else its class id, else `a writer`.
pub(crate) fn writer_label(writer: Option<&Writer>) -> String {
    let id = |writer: &Writer| {
        writer.class_id.or(writer.instance_id).map(|id| format!("writer {}", short_guid(id)))
    };
    writer
        .and_then(|w| w.name.as_deref().map(str::to_owned).or_else(|| id(w)))
        .unwrap_or_else(|| "a writer".into())
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
    let id = event.event_id?;
    let same = |provider: &str| provider.eq_ignore_ascii_case(&event.provider);
    RECORDS.iter().find(|(provider, known, _)| *known == id && same(provider)).map(|(_, _, words)| *words)
}

/// Provider, id, words. Meanings after the message tables of VSSVC.EXE and volsnap.sys (libyal winevt-kb, plaso winevt-rc).
const RECORDS: &[(&str, u32, &str)] = &[
    ("VSS", 9, "service starts at the request of a process"),
    ("VSS", 10, "a volume seems disconnected and is left out"),
    ("VSS", 11, "a COM server of VSS did not start; the machine may be overloaded"),
    ("VSS", 12, "a COM server of VSS did not start; it shuts down or lacks memory"),
    ("VSS", 13, "a COM server of VSS cannot be started"),
    ("VSS", 18, "a COM server of VSS cannot start in safe mode"),
    ("VSS", 19, "the event system is disabled or in safe mode"),
    ("VSS", 20, "VSS cannot be used in safe mode"),
    ("VSS", 21, "writers get no events, the COM+ database is damaged"),
    ("VSS", 22, "a component of VSS is not registered"),
    ("VSS", 24, "service shuts down late, calls are still running"),
    ("VSS", 25, "software provider shuts down late, calls are still running"),
    ("VSS", 30, "privilege to write audit records is missing"),
    ("VSS", 31, "a writer waits for running calls before it ends"),
    ("VSS", 32, "coordinator class is not registered"),
    ("VSS", 34, "event class is not registered, writers get no events"),
    ("VSS", 38, "a COM+ service that VSS needs is disabled"),
    ("VSS", 39, "the VSS service is disabled"),
    ("VSS", 40, "the software provider's service is disabled"),
    ("VSS", 45, "a volume seems disconnected and is left out"),
    ("VSS", 4001, "no volume offers enough room for shadow storage"),
    ("VSS", 4002, "a volume cannot be twice in one set"),
    ("VSS", 4003, "a writer has been frozen for more than two minutes"),
    ("VSS", 6015, "a call into the Jet database engine failed"),
    ("VSS", 7001, "vssadmin reports a failure"),
    ("VSS", 8193, "a system call failed unexpectedly"),
    ("VSS", 8194, "a writer may not call back into the requester"),
    ("VSS", 8196, "the set has no volumes"),
    ("VSS", 8206, "two writers have one instance id"),
    ("VSS", 8213, "a writer's account lacks rights"),
    ("VSS", 8214, "a writer lost contact with VSS; the requester may be gone"),
    ("VSS", 8215, "a chosen component belongs to no writer"),
    ("VSS", 8217, "a writer class has several instances"),
    ("VSS", 8218, "two writers of a class share an instance name"),
    ("VSS", 8219, "optimisation writer ran out of time over a file pattern"),
    ("VSS", 8220, "optimisation writer ran out of time deleting files"),
    ("VSS", 8226, "optimisation of the shadow copy is only partial"),
    ("VSS", 8229, "a writer rejected an event"),
    ("VSS", 12289, "an operation of VSS failed unexpectedly"),
    ("VSS", 12290, "a writer or VSS warns"),
    ("VSS", 12291, "the publisher of writer events cannot be created or used"),
    ("VSS", 12292, "a provider cannot be created"),
    ("VSS", 12293, "a call into a provider failed"),
    ("VSS", 12294, "a provider refused an argument"),
    ("VSS", 12296, "a thread could not be started, resources may be short"),
    ("VSS", 12297, "writes could not be flushed"),
    ("VSS", 12298, "writes could not be held"),
    ("VSS", 12299, "a provider committed a wrong number of shadow copies"),
    ("VSS", 12301, "a writer did not answer the question for its status"),
    ("VSS", 12302, "writers could not be reached because of an inner contradiction"),
    ("VSS", 12305, "a volume or disk is gone"),
    ("VSS", 12308, "a volume vanished while the shadow copy was made"),
    ("VSS", 12310, "commit of the shadow copy timed out"),
    ("VSS", 12311, "an operation failed unexpectedly"),
    ("VSS", 12322, "revert to a shadow copy begins"),
    ("VSS", 12323, "the Kernel Transaction Manager did not freeze in time"),
    ("VSS", 12324, "the Kernel Transaction Manager was held too long"),
    ("VSS", 12338, "opening or flushing the volumes took too long"),
    ("VSS", 12339, "flushing of one volume was slow"),
    ("VSS", 12340, "waiting for the flush of all volumes took too long"),
    ("VSS", 12341, "flush and hold of one volume was slow"),
    ("VSS", 12344, "registry writer failed to prepare the registry"),
    ("VSS", 12345, "registry writer has no room to prepare the registry"),
    ("VSS", 12348, "access to the root of a volume was denied"),
    ("VSS", 12349, "a writer took too long to freeze"),
    ("VSS", 12361, "a provider failed to break a set"),
    ("VSS", 12366, "a writer's handler crashed"),
    ("VSS", 12373, "a provider could not be loaded"),
    ("volsnap", 1, "shadow storage could not be created"),
    ("volsnap", 2, "the storage volume is not NTFS"),
    ("volsnap", 3, "the storage location could not be locked"),
    ("volsnap", 4, "no resources for worker threads"),
    ("volsnap", 5, "no memory for a bitmap"),
    ("volsnap", 6, "no virtual memory for a heap"),
    ("volsnap", 7, "the storage mapping could not be read"),
    ("volsnap", 8, "held writes were not released in time"),
    ("volsnap", 9, "the file system did not clean up in time"),
    ("volsnap", 10, "the new device took too long to install"),
    ("volsnap", 13, "shadow storage could not grow"),
    ("volsnap", 14, "i/o failed on the shadow storage"),
    ("volsnap", 15, "no paged memory"),
    ("volsnap", 16, "the storage volume was dismounted by force"),
    ("volsnap", 17, "another flush and hold was under way"),
    ("volsnap", 20, "free space could not be computed"),
    ("volsnap", 21, "too little memory to hold writes"),
    ("volsnap", 23, "no space for new shadow storage"),
    ("volsnap", 24, "no space for the shadow storage to grow, all copies are at risk"),
    ("volsnap", 25, "shadow storage did not grow in time"),
    ("volsnap", 27, "a control file could not be opened"),
    ("volsnap", 28, "structures on disk could not be written"),
    ("volsnap", 29, "they could not be brought back at start"),
    ("volsnap", 32, "the storage volume was not there"),
    ("volsnap", 33, "oldest shadow copy deleted to keep within the size limit"),
    ("volsnap", 35, "shadow storage failed to grow"),
    ("volsnap", 36, "shadow storage reached its limit"),
    ("volsnap", 38, "the size limit stops the growth of shadow storage, all copies are at risk"),
    ("volsnap", 40, "the storage volume was dismounted"),
    ("volsnap", 41, "the storage volume has no large free area left"),
    ("volsnap", 48, "the storage volume has no large free area left"),
    ("volsnap", 58, "oldest shadow copy deleted to keep within the number limit"),
    ("volsnap", 59, "the storage volume was late at an earlier start"),
    ("volsnap", 60, "the storage volume was taken offline"),
    ("volsnap", 64, "revert to a shadow copy begins"),
    ("volsnap", 66, "revert to a shadow copy is complete"),
    ("volsnap", 67, "the new device did not install"),
    ("Microsoft-Windows-VolumeSnapshot-Driver", 106, "a shadow copy came back online"),
    ("Microsoft-Windows-VolumeSnapshot-Driver", 105, "shadow copies could not be brought back online"),
    ("Microsoft-Windows-VolumeSnapshot-Driver", 120, "bringing shadow copies back online took too long"),
    ("Microsoft-Windows-Backup", 5, "backup failed"),
    ("Microsoft-Windows-Backup", 9, "backup failed, no shadow copy could be made"),
    ("Microsoft-Windows-Backup", 517, "backup failed"),
    ("Microsoft-Windows-Backup", 521, "backup failed, no shadow copy could be made"),
    ("Microsoft-Windows-Backup", 546, "backup could not start"),
    ("Microsoft-Windows-Backup", 561, "backup failed, no place to store it"),
    ("System Restore", 8193, "restore point could not be created"),
    ("System Restore", 8194, "restore point created"),
    ("System Restore", 8195, "System Restore switched off"),
    ("System Restore", 8196, "System Restore switched on"),
    ("System Restore", 8198, "restore point removed"),
    ("SQLWRITER", 24583, "call into SQL Server failed"),
    ("SQLWRITER", 24581, "list of databases came back empty"),
    ("SQLVDI", 1, "virtual device reports an error"),
    ("Microsoft-Windows-CAPI2", 513, "cryptographic services met an error in their writer"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vsscope_model::{Callback, HResult, RecordRef, Timestamp};

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
    fn the_table_names_each_record_once() {
        let mut keys: Vec<_> =
            RECORDS.iter().map(|(provider, id, _)| (provider.to_lowercase(), id)).collect();
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
