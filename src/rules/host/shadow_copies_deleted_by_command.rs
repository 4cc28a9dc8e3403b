use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Confidence, What};

rule! {
    /// # What it flags
    /// A command or a script asked Windows to delete shadow copies (vssadmin, wmic, PowerShell and the like).
    /// # Why it matters
    /// Backup scripts do it, and so does ransomware before it encrypts. Copies that a running backup reads from, restore
    /// points and Previous Versions can be gone afterwards.
    /// # Evidence needed
    /// Records of started processes with their command lines, or PowerShell's own logs.
    /// # When it is silent
    /// Deletes through the VSS interface without a command of this kind; foreign-delete-of-live-set sees those.
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
        let commands = case.events().filter_map(|(index, event)| match &event.what {
            What::DeleteCommand { text } => {
                Some(((event.host.as_deref().unwrap_or_default(), words::excerpt(text)), index))
            }
            _ => None,
        });
        for ((host, text), events) in group::by(commands) {
            let first = events.first().and_then(|&index| case.event(index));
            let account = first.and_then(|event| event.process.user.as_deref());
            let image = first.and_then(|event| event.process.image_name());
            let by = match (image, account) {
                (Some(image), Some(account)) => format!(" by {image}, account {account}"),
                (Some(image), None) => format!(" by {image}"),
                (None, Some(account)) => format!(" by account {account}"),
                (None, None) => String::new(),
            };
            findings.add(
                Draft::new(self.info(), host)
                    .confidence(Confidence::Strong)
                    .detail(format!("Noted{by} {}: {text}", group::count(case, &events)))
                    .remedy(
                        "Find the account and the parent process. If the command was not meant, treat the host as \
                         compromised and check that backups still exist elsewhere.",
                    )
                    .evidence(events),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "shadow-copies-deleted-by-command";

    #[test]
    fn one_command_in_several_records_is_one_finding() {
        let mut lab = Lab::new();
        for at in [1.0, 1.1] {
            lab.event(at, What::DeleteCommand { text: "vssadmin  delete shadows /all /quiet".into() });
        }
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((findings.len(), finding.evidence.len()), (1, 2));
        assert!(finding.detail.contains("vssadmin delete shadows /all"), "{}", finding.detail);
    }

    #[test]
    fn a_started_process_alone_is_silent() {
        let mut lab = Lab::new();
        lab.event(1.0, What::ProcessStarted { command_line: Some("vssadmin list shadows".into()) });
        assert_silent(&lab, ID);
    }
}
