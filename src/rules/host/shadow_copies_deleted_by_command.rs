use crate::rules::pattern::command;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, Event, What};

rule! {
    /// # What it flags
    /// A command or a script asked Windows to delete shadow copies (vssadmin, wmic, PowerShell), or the backups or the
    /// catalogue of Windows Server Backup (`wbadmin delete backup`, `systemstatebackup`, `catalog`).
    /// # Why it matters
    /// Backup scripts do it, and so does ransomware before it encrypts. Copies that a running backup reads from, restore
    /// points and Previous Versions can be gone afterwards.
    /// # Evidence needed
    /// Records of started processes with their command lines, or PowerShell's own logs.
    /// # When it is silent
    /// Deletes through the VSS interface without a command of this kind; foreign-delete-of-live-set sees those. Commands
    /// that change the storage of shadow copies; shadow-storage-resized-by-command speaks of them.
    /// # What to do
    /// Find the account and the parent process. If nobody meant it, treat the host as compromised.
    /// # References
    /// Microsoft: vssadmin delete shadows; MITRE ATT&CK T1490, Inhibit System Recovery.
    pub struct ShadowCopiesDeletedByCommand {
        id: "shadow-copies-deleted-by-command",
        title: "Command to delete shadow copies",
        severity: Warning,
        scope: Host,
        basis: "observed",
    }
}

impl Rule for ShadowCopiesDeletedByCommand {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for noted in command::noted(case, text) {
            findings.add(
                Draft::new(self.info(), noted.host)
                    .confidence(Confidence::Strong)
                    .detail(command::told(case, &noted))
                    .remedy(
                        "Find the account and the parent process. If the command was not meant, treat the host as \
                         compromised and check that backups still exist elsewhere.",
                    )
                    .evidence(noted.events),
            );
        }
    }
}

fn text(event: &Event) -> Option<&str> {
    match &event.what {
        What::DeleteCommand { text } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "shadow-copies-deleted-by-command";

    fn command(lab: &mut Lab, at: f64, text: &str) {
        lab.event(at, What::DeleteCommand { text: text.into() });
    }

    // PowerShell notes one command as a pipeline, a module record and a script block.
    #[test]
    fn one_command_in_several_records_is_one_finding() {
        let mut lab = Lab::new();
        command(&mut lab, 1.0, "vssadmin  delete shadows /all /quiet");
        command(&mut lab, 1.1, "CommandInvocation(vssadmin)");
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((findings.len(), finding.evidence.len()), (1, 2));
        assert!(finding.detail.contains("vssadmin delete shadows /all"), "{}", finding.detail);
    }

    #[test]
    fn a_command_that_comes_every_day_is_one_finding_and_another_one_is_another() {
        let mut lab = Lab::new();
        command(&mut lab, 1.0, "vssadmin delete shadows /oldest");
        command(&mut lab, 86_401.0, "vssadmin delete shadows /oldest");
        command(&mut lab, 90_000.0, "wmic shadowcopy delete");
        assert_eq!(lab.run().len(), 2);
    }

    #[test]
    fn a_started_process_alone_is_silent() {
        let mut lab = Lab::new();
        lab.event(1.0, What::ProcessStarted { command_line: Some("vssadmin list shadows".into()) });
        assert_silent(&lab, ID);
    }
}
