use crate::rules::case::is_over;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{
    BackupType, CallRecord, Callback, Confidence, EndReason, Method, Participation, Phase, ServiceState,
    Session, SessionDetail, SessionKind, Severity, SnapshotSet, What,
};

rule! {
    /// # What it flags
    /// A backup session made a shadow copy in which writers took part, and ended without BackupComplete and without
    /// AbortBackup. Three kinds are told apart: the process of the requester ended (crash), the instance was released
    /// (released), or only the writers' BackupShutdown shows the end (unknown).
    /// # Why it matters
    /// For the writers this backup never took place: they keep their logs, note no backup in their history and hold on to
    /// the state of the session. Auto-release shadow copies went away with the instance, so a copy that was still running
    /// lost its source.
    /// # Evidence needed
    /// The requester's calls and the end of the instance or of its process. The registry trace (`Services\VSS\Diag`) does
    /// not show AbortBackup, so from it the finding is only possible.
    /// # When it is silent
    /// Contexts without writers (also where a trace without parameters shows only that a context was set, and no writer was
    /// made to prepare); no successful DoSnapshotSet; AbortBackup or any BackupComplete was called, or a Cancel of
    /// DoSnapshotSet or BackupComplete, or a writer received BackupComplete; restore, import, query and delete sessions; evidence that begins or ends inside
    /// the session or has holes in it; in the registry trace also a failed writer, a lost shadow copy or a crash of the
    /// service, after which an abort that this trace does not show is to be expected. Lower severity for COPY and DIFFERENTIAL backups and transportable sets (warning)
    /// and for component mode without any component (info); a warning too where the backup type is not visible (trace level
    /// below 180).
    /// # What to do
    /// Find out why the requester ended: its job log, a crash dump, a time limit that killed it. Every way out of the
    /// requester has to pass BackupComplete or AbortBackup before Release. Do not rely on this backup until it was verified.
    /// # References
    /// Microsoft: Handling BackupShutdown Events; Overview of Backup Termination; Aborting VSS Operations;
    /// IVssBackupComponents::BackupComplete; CVssWriter::OnBackupShutdown. KB 978773.
    pub struct BackupShutdownWithoutComplete {
        id: "backup-shutdown-without-complete",
        title: "Backup ended without BackupComplete",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// Whether a call was made after which BackupComplete is not due any more. A Cancel ends the asynchronous call before it.
fn is_not_due(operation: &Operation<'_>) -> bool {
    let calls = operation.calls();
    calls.iter().enumerate().any(|(at, call)| match call.method {
        Method::BackupComplete | Method::AbortBackup => true,
        Method::Cancel => {
            let cancelled = calls[..at].iter().rfind(|earlier| earlier.method.is_asynchronous());
            cancelled.is_none_or(|call| matches!(call.method, Method::DoSnapshotSet | Method::BackupComplete))
        }
        _ => false,
    })
}

impl Rule for BackupShutdownWithoutComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(session) = operation.session.filter(|session| is_finished_backup(session)) else {
                continue;
            };
            if is_not_due(operation)
                || operation.context().is_some_and(|context| context.is_writerless())
                || was_told_of_completion(case, operation)
                || case.has_hole(operation, session.started, session.ended.unwrap_or(operation.ended))
            {
                continue;
            }
            let created = operation.sets.iter().copied().find_map(|set| {
                let creation = operation.creation(set)?;
                let is_due = set.writerless != Some(true) && had_writers(operation, session, set);
                (is_due && !abort_is_expected(case, session, set)).then_some((set, creation))
            });
            let Some((set, creation)) = created else { continue };
            let (severity, why) = grade(operation, session);
            findings.add(
                Draft::of(self.info(), operation)
                    .set(Some(set))
                    .severity(severity)
                    .confidence(confidence(session))
                    .at(session.ended.unwrap_or(operation.ended))
                    .detail(detail(case, operation, creation, why))
                    .remedy(
                        "Look for the reason of the requester's end (its job log, a crash dump, a kill by time limit). \
                         Treat this backup as unusable until it was verified, and make every way out of the requester \
                         call BackupComplete or AbortBackup before Release.",
                    )
                    .evidence(creation.events.iter().copied())
                    .evidence(end_events(case, operation)),
            );
        }
    }
}

fn is_finished_backup(session: &Session) -> bool {
    session.kind == SessionKind::Backup
        && session.detail >= SessionDetail::Phases
        && is_over(session.end_reason)
        && !session.starts_mid
        && !session.ends_mid
}

/// Some writer received BackupComplete, so the requester called it, visibly or not.
fn was_told_of_completion(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    operation
        .iter(case.timeline)
        .any(|(_, event)| matches!(&event.what, What::Callback { callback: Callback::BackupComplete, .. }))
}

/// With every call visible the context says whether writers take part; where it is not known, the writers themselves have
/// to be visible, or the call that makes them prepare.
fn had_writers(operation: &Operation<'_>, session: &Session, set: &SnapshotSet) -> bool {
    let every_call = session.detail == SessionDetail::Calls;
    let prepared = || operation.calls_of(&Method::PrepareForBackup).any(CallRecord::was_taken);
    (every_call && (operation.context().is_some() || prepared()))
        || set.writers.iter().any(|writer| writer.participation == Participation::Involved)
}

/// The registry trace does not show AbortBackup. After a failure that the evidence does show, an abort is what a good
/// requester does, so a missing BackupComplete says nothing.
fn abort_is_expected(case: &Case<'_>, session: &Session, set: &SnapshotSet) -> bool {
    let crashed = |what: &What| match what {
        What::Service { service, state } => {
            matches!(&**service, "vss" | "swprv") && *state == ServiceState::Crashed
        }
        _ => false,
    };
    let broke_freeze = |phase: &Phase| {
        let over = phase.duration_ms.zip(phase.limit_ms).is_some_and(|(lasted, limit)| lasted >= limit);
        let never_thawed = phase.ended.is_none();
        phase.name == Phase::FREEZE_WINDOW
            && (over || never_thawed || phase.result.as_deref() == Some("abort"))
    };
    session.detail != SessionDetail::Calls
        && (set
            .writers
            .iter()
            .any(|writer| writer.hresult.is_some() || writer.phases.iter().any(broke_freeze))
            || set.snapshots.iter().any(|snapshot| snapshot.state == "lost")
            || session.ended.is_some_and(|end| {
                case.telling_between(&set.host, set.started, end).any(|(_, event)| crashed(&event.what))
            }))
}

fn confidence(session: &Session) -> Confidence {
    match session.detail {
        SessionDetail::Calls => Confidence::Exact,
        _ => Confidence::Weak,
    }
}

/// Severity, and why it is lower than usual.
fn grade(operation: &Operation<'_>, session: &Session) -> (Severity, Option<&'static str>) {
    let no_component = session.component_mode == Some(true)
        && operation.shows_every_call()
        && !operation.calls_of(&Method::AddComponent).any(CallRecord::ok);
    if no_component {
        return (Severity::Info, Some("No component was added, so no writer expected BackupComplete."));
    }
    if let Some(BackupType::Copy | BackupType::Differential) = session.backup_type {
        return (Severity::Warning, Some("The backup type truncates no logs, so less was due."));
    }
    let unseen = operation.shows_every_call()
        && session.backup_type.is_none()
        && operation.calls_of(&Method::SetBackupState).any(CallRecord::was_taken);
    if unseen {
        return (
            Severity::Warning,
            Some("The backup type is not in the trace; of a copy or differential backup less is due."),
        );
    }
    if operation.context().is_some_and(|context| context.is_transportable()) {
        return (Severity::Warning, Some("The set is transportable; for data mining this may be meant."));
    }
    (Severity::Error, None)
}

fn detail(case: &Case<'_>, operation: &Operation<'_>, creation: &CallRecord, why: Option<&str>) -> String {
    let Some(session) = operation.session else { return String::new() };
    let who = words::capital(&operation.requester());
    let created = creation.ended.map(words::iso).unwrap_or_default();
    let ended = session.ended.map(words::iso).unwrap_or_default();
    let end = match session.end_reason {
        EndReason::ProcessExit | EndReason::Crashed if operation.is_transcript(case.timeline) => {
            "then ended, as its own output says".to_owned()
        }
        // Release is not visible in the registry trace.
        EndReason::ProcessExit | EndReason::Crashed if session.detail != SessionDetail::Calls => {
            format!("its process ended at {ended}")
        }
        EndReason::ProcessExit | EndReason::Crashed => {
            format!("its process ended at {ended} without a Release (crash)")
        }
        EndReason::Released => format!("the instance was released at {ended} (released)"),
        _ => format!(
            "the writers got BackupShutdown at {ended}, the requester's own end is not visible (unknown)"
        ),
    };
    let unseen = match session.detail {
        _ if operation.is_transcript(case.timeline) => {
            "It never called BackupComplete; whether it aborted the backup does not show in its output."
        }
        SessionDetail::Calls => "Neither BackupComplete nor AbortBackup was called in between.",
        _ => "BackupComplete is not in the trace; AbortBackup would not be visible in this kind of trace.",
    };
    let context = match operation.context() {
        Some(context) if context.is_auto_release() => " The shadow copies went away with the instance.",
        Some(_) => " The context is not auto-release, so the shadow copies may still be there.",
        None => "",
    };
    let components = match session.component_mode {
        Some(false) => " Without component mode no mark per component was due either.",
        _ => "",
    };
    let why = why.map(|why| format!(" {why}")).unwrap_or_default();
    format!("{who} had its shadow copy set ready at {created}, and {end}. {unseen}{context}{components}{why}")
}

/// What shows the end: Release, the end of the process, BackupShutdown.
fn end_events(case: &Case<'_>, operation: &Operation<'_>) -> Vec<usize> {
    let is_end = |what: &What| match what {
        What::Call { method, .. } => *method == Method::Release,
        What::Callback { callback, .. } => *callback == Callback::BackupShutdown,
        What::ProcessEnded { .. } => true,
        _ => false,
    };
    operation.iter(case.timeline).filter(|(_, event)| is_end(&event.what)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::Context;

    const ID: &str = "backup-shutdown-without-complete";

    fn crash() -> Lab {
        let mut lab = Lab::backup();
        lab.end(426.0, EndReason::ProcessExit);
        lab
    }

    #[test]
    fn a_requester_that_dies_while_copying_is_an_error() {
        let findings = crash().run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, finding.confidence), (Severity::Error, Confidence::Exact));
        assert!(finding.detail.contains("crash"), "{}", finding.detail);
        assert_eq!(finding.set.as_deref(), Some(Lab::SET));
    }

    #[test]
    fn a_plain_release_is_told_apart_from_a_crash() {
        let mut lab = Lab::backup();
        lab.call(400.0, Method::Release);
        lab.end(400.0, EndReason::Released);
        assert!(find(&lab.run(), ID).detail.contains("(released)"));
    }

    #[test]
    fn a_completed_or_aborted_backup_is_silent() {
        for method in [Method::BackupComplete, Method::AbortBackup, Method::Cancel] {
            let mut lab = Lab::backup();
            lab.call(400.0, method);
            lab.end(426.0, EndReason::ProcessExit);
            assert_silent(&lab, ID);
        }
    }

    #[test]
    fn contexts_without_writers_are_silent() {
        let mut lab = crash();
        lab.session().context = Some(Context(0x10));
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_failed_creation_is_silent() {
        let mut lab = crash();
        for call in &mut lab.session().calls {
            if call.method == Method::DoSnapshotSet {
                call.hresult = Some(vsscope_model::HResult::VSS_PROVIDER_VETO);
            }
        }
        assert_silent(&lab, ID);
    }

    #[test]
    fn evidence_that_is_cut_or_torn_is_silent() {
        let cuts: [fn(&mut Lab); 2] =
            [|lab| lab.session().starts_mid = true, |lab| lab.session().ends_mid = true];
        for cut in cuts {
            let mut lab = crash();
            cut(&mut lab);
            assert_silent(&lab, ID);
        }
        let mut lab = Lab::backup();
        lab.event(100.0, What::EventsLost { count: Some(7) });
        lab.end(426.0, EndReason::ProcessExit);
        assert_silent(&lab, ID);
    }

    #[test]
    fn copy_backups_and_sessions_without_components_weigh_less() {
        let mut lab = crash();
        lab.session().backup_type = Some(BackupType::Copy);
        assert_eq!(find(&lab.run(), ID).severity, Severity::Warning);
        let mut lab = crash();
        lab.session().component_mode = Some(true);
        assert_eq!(find(&lab.run(), ID).severity, Severity::Info);
    }

    // The registry trace has neither AbortBackup nor the context.
    #[test]
    fn the_registry_trace_gives_a_possible_finding_where_writers_took_part() {
        let mut lab = crash();
        lab.session().detail = SessionDetail::Phases;
        assert_silent(&lab, ID);
        let mut lab = Lab::backup();
        lab.callback(20.0, "NTDS", Callback::Freeze, true);
        lab.end(426.0, EndReason::ProcessExit);
        lab.session().detail = SessionDetail::Phases;
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, finding.confidence), (Severity::Warning, Confidence::Weak));
        assert!(finding.title.contains("possible"), "{}", finding.title);
    }

    #[test]
    fn a_writer_that_was_told_proves_the_call() {
        let mut lab = Lab::backup();
        lab.callback(300.0, "NTDS", Callback::BackupComplete, true);
        lab.end(426.0, EndReason::ProcessExit);
        lab.session().detail = SessionDetail::Phases;
        assert_silent(&lab, ID);
        assert_fires(&crash(), ID);
    }

    // The registry trace writes the end of DoSnapshotSet without its result.
    #[test]
    fn a_creation_that_the_provider_broke_off_is_silent() {
        use vsscope_model::PhaseActor;
        for (last, fires) in [("CommitSnapshots", false), ("PostFinalCommitSnapshots", true)] {
            let mut lab = Lab::backup();
            lab.callback(20.0, "NTDS", Callback::Freeze, true);
            let step = lab.event(21.0, What::Log);
            lab.phase(last, PhaseActor::Provider, 4.0, 5.0, vec![step]);
            lab.end(426.0, EndReason::ProcessExit);
            lab.session().detail = SessionDetail::Phases;
            for call in &mut lab.session().calls {
                call.hresult = None;
            }
            assert_eq!(lab.run().iter().any(|finding| finding.rule == ID), fires, "{last}");
        }
    }

    #[test]
    fn a_freeze_that_took_too_long_explains_the_end_in_a_registry_trace() {
        let mut lab = Lab::backup();
        lab.freeze("NTDS", 20.0, 81.0, Callback::Thaw);
        if let Some(window) = lab.timeline.sets[0].writers[0].phases.last_mut() {
            window.limit_ms = Some(60_000.0);
        }
        lab.end(426.0, EndReason::ProcessExit);
        lab.session().detail = SessionDetail::Phases;
        assert_silent(&lab, ID);
    }

    // Release is not visible there, so its absence is no crash.
    #[test]
    fn the_end_of_a_process_in_a_registry_trace_is_not_called_a_crash() {
        let mut lab = Lab::backup();
        lab.callback(20.0, "NTDS", Callback::Freeze, true);
        lab.end(426.0, EndReason::ProcessExit);
        lab.session().detail = SessionDetail::Phases;
        assert!(!find(&lab.run(), ID).detail.contains("crash"));
    }
}
