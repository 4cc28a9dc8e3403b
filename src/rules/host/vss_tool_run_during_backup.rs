use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Confidence, Event, SessionKind, What};

rule! {
    /// # What it flags
    /// While a backup was under way, somebody started a tool of VSS that creates or changes shadow copies or their storage:
    /// diskshadow, vshadow, ntdsutil, or vssadmin and wmic with a command that changes something.
    /// # Why it matters
    /// One host makes one snapshot set at a time, and such tools delete, revert or resize what the backup reads from. A
    /// failure of the backup at that time may have its reason here.
    /// # Evidence needed
    /// Records of started processes with their command lines (Sysmon 1, Security 4688), and the backup's session.
    /// # When it is silent
    /// Commands that only list; the tool is the requester of the session itself (the same process or, where one of the ids
    /// is missing, the same program); commands that delete shadow copies or set the maximum of their storage, of which
    /// shadow-copies-deleted-by-command and shadow-storage-resized-by-command speak.
    /// # What to do
    /// Ask who ran it and why, and keep such work out of the time of backups.
    /// # References
    /// Microsoft: vssadmin, diskshadow, Vshadow Tool and Sample; State Transitions in Shadow Copy Providers.
    pub struct VssToolRunDuringBackup {
        id: "vss-tool-run-during-backup",
        title: "VSS tool run while a backup was under way",
        severity: Info,
        scope: Host,
        basis: "inferred",
    }
}

/// Tools that make shadow copies, whatever stands on their command line.
const MAKERS: &[&str] = &["diskshadow.exe", "vshadow.exe", "ntdsutil.exe"];
/// Tools that also list, and the words of the commands that change something.
const CHANGERS: &[(&str, &[&str])] =
    &[("vssadmin.exe", &["create", "add", "delete", "revert"]), ("wmic.exe", &["create"])];

impl Rule for VssToolRunDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let Some(session) = operation.session.filter(|session| session.kind == SessionKind::Backup)
            else {
                continue;
            };
            let ended = session.ended.unwrap_or(operation.ended);
            for (index, event) in case.telling_between(operation.host(), operation.started, ended) {
                let Some(command) = changing_command(event).filter(|_| !is_of(operation, event)) else {
                    continue;
                };
                findings.add(
                    Draft::of(self.info(), operation)
                        .confidence(Confidence::Strong)
                        .at(event.time)
                        .detail(format!(
                            "While {} was at work, this was started at {}: {}",
                            operation.requester(),
                            words::iso(event.time),
                            words::excerpt(command)
                        ))
                        .remedy("Ask who ran it and why, and keep such work out of the time of backups.")
                        .evidence([index]),
                );
            }
        }
    }
}

/// The command line of a tool that creates or changes something.
fn changing_command(event: &Event) -> Option<&str> {
    let command = match &event.what {
        What::ProcessStarted { command_line: Some(command) } => command,
        What::DiffAreaCommand { text } => text,
        _ => return None,
    };
    let image = event.process.image_name()?.to_ascii_lowercase();
    let has = |words: &[&str]| {
        command.split_whitespace().any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    let changes =
        MAKERS.contains(&image.as_str()) || CHANGERS.iter().any(|(tool, words)| *tool == image && has(words));
    changes.then_some(command)
}

/// Whether the process is the requester of the operation: by its id, or by its program where one of the ids is missing.
fn is_of(operation: &Operation<'_>, event: &Event) -> bool {
    let Some(requester) = operation.session.map(|session| &session.requester) else { return false };
    if let (Some(own), Some(started)) = (requester.pid, event.process.pid) {
        return own == started;
    }
    requester
        .image_name()
        .zip(event.process.image_name())
        .is_some_and(|(own, started)| own.eq_ignore_ascii_case(started))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::EndReason;

    const ID: &str = "vss-tool-run-during-backup";

    fn with(image: &str, command: &str) -> Lab {
        let mut lab = Lab::backup();
        let index = lab.event(100.0, What::ProcessStarted { command_line: Some(command.into()) });
        lab.timeline.events[index].process.image = Some(image.into());
        lab.call(200.0, vsscope_model::Method::BackupComplete);
        lab.end(201.0, EndReason::Released);
        lab
    }

    #[test]
    fn a_tool_that_creates_is_told() {
        let findings = with(r"C:\Windows\System32\vssadmin.exe", "vssadmin create shadow /for=C:").run();
        assert!(find(&findings, ID).detail.contains("create shadow"));
        find(&with("diskshadow.exe", "diskshadow /s x.dsh").run(), ID);
    }

    #[test]
    fn a_list_is_silent() {
        assert_silent(&with("vssadmin.exe", "vssadmin list writers"), ID);
    }

    #[test]
    fn the_requester_itself_is_silent() {
        let mut lab = with("diskshadow.exe", "diskshadow /s x.dsh");
        lab.session().requester.image = Some(r"C:\Windows\System32\diskshadow.exe".into());
        assert_silent(&lab, ID);
    }

    // Another diskshadow than that of the session.
    #[test]
    fn another_process_of_the_same_program_is_told() {
        let mut lab = with("diskshadow.exe", "diskshadow /s x.dsh");
        lab.session().requester.image = Some("diskshadow.exe".into());
        lab.session().requester.pid = Some(4120);
        let started = lab.timeline.events.iter_mut().find(|e| matches!(e.what, What::ProcessStarted { .. }));
        started.expect("a process").process.pid = Some(4820);
        find(&lab.run(), ID);
    }
}
