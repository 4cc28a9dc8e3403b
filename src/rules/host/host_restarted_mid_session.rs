use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Confidence, EndReason, Method, SessionKind};

rule! {
    /// # What it flags
    /// Windows went down or started anew while a backup session was open: a call had not come back, or the session had
    /// neither completed nor aborted.
    /// # Why it matters
    /// Nothing of the session is left after a restart: neither the requester nor the creation nor an auto-release copy.
    /// # Evidence needed
    /// The System log (Kernel-General 12 and 13, EventLog 6006 and 6008, Kernel-Power 41) beside the requester's calls.
    /// # When it is silent
    /// The end of the session was seen; AbortBackup had come before, or a BackupComplete that succeeded or whose result is
    /// not known. User32 1074 only asks for a restart, and EventLog 6005 alone only says that the event log started. Without
    /// an open call the session may have ended unseen before the restart, so the finding is only possible.
    /// # What to do
    /// Find out why the machine went down (Kernel-Power 41 and EventLog 6008 say that it was not shut down in order), and
    /// repeat the backup.
    /// # References
    /// Microsoft: Handling BackupShutdown Events; Kernel-Power event 41.
    pub struct HostRestartedMidSession {
        id: "host-restarted-mid-session",
        title: "Machine went down during a session",
        severity: Error,
        scope: Host,
        basis: "documented",
    }
}

/// Whether nothing was left to do after a call. After a BackupComplete that failed the backup is not complete.
fn is_over(call: &CallRecord) -> bool {
    call.ended.is_some()
        && match call.method {
            Method::AbortBackup => true,
            Method::BackupComplete => !call.failed(),
            _ => false,
        }
}

impl Rule for HostRestartedMidSession {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(session) = operation.session.filter(|s| s.end_reason == EndReason::Restart) else {
                continue;
            };
            if session.kind != SessionKind::Backup || session.calls.iter().any(is_over) {
                continue;
            }
            let Some((down, event)) =
                session.events.last().and_then(|&index| Some((index, case.event(index)?)))
            else {
                continue;
            };
            let open = session.calls.iter().find(|call| call.ended.is_none());
            let at_work = match open {
                Some(call) => format!("{} had not come back", words::call(call)),
                None => "it had neither completed nor aborted".to_owned(),
            };
            let shown = open.or(session.calls.last()).map(|call| call.events.clone()).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), operation)
                    .confidence(if open.is_some() { Confidence::Strong } else { Confidence::Weak })
                    .at(event.time)
                    .detail(format!(
                        "The session of {} was open when the machine went down, which {} shows: {at_work}.",
                        words::requester(session),
                        words::iso(event.time)
                    ))
                    .remedy(
                        "Find out why the machine went down (Kernel-Power 41, EventLog 6008, User32 1074), and repeat the \
                         backup.",
                    )
                    .evidence(shown)
                    .evidence([down]),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::{Severity, What};

    const ID: &str = "host-restarted-mid-session";

    fn restarted(mut lab: Lab) -> Lab {
        let index = lab.event(300.0, What::Startup);
        lab.session().end_reason = EndReason::Restart;
        lab.session().events.push(index);
        lab
    }

    #[test]
    fn a_restart_inside_an_open_call_is_an_error() {
        let mut lab = Lab::creating();
        let call = lab.call(5.0, Method::DoSnapshotSet);
        (call.ended, call.hresult) = (None, None);
        let findings = restarted(lab).run();
        let finding = find(&findings, ID);
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.detail.contains("DoSnapshotSet"), "{}", finding.detail);
    }

    #[test]
    fn without_an_open_call_it_is_only_possible() {
        let findings = restarted(Lab::backup()).run();
        assert_eq!(find(&findings, ID).severity, Severity::Warning);
    }

    #[test]
    fn a_backup_complete_that_failed_completes_nothing() {
        let mut lab = Lab::backup();
        lab.call(100.0, Method::BackupComplete).hresult = Some(vsscope_model::HResult::VSS_BAD_STATE);
        find(&restarted(lab).run(), ID);
    }

    #[test]
    fn a_completed_backup_is_silent() {
        let mut lab = Lab::backup();
        lab.call(100.0, Method::BackupComplete);
        assert_silent(&restarted(lab), ID);
    }
}
