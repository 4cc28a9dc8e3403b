use crate::rules::pattern::command::{self, DiffAreaChange};
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, Event, Severity, What};

rule! {
    /// # What it flags
    /// A command set the maximum size of the shadow copy storage (`vssadmin resize shadowstorage`).
    /// # Why it matters
    /// Under a smaller maximum Windows deletes shadow copies at once. Ransomware uses that instead of a deletion, with a
    /// maximum of a few hundred MB; administrators use it to make room.
    /// # Evidence needed
    /// Records of started processes with their command lines.
    /// # When it is silent
    /// Commands that list, add or delete a storage. It is only information where the new maximum is no limit
    /// (`/maxsize=UNBOUNDED`, or none given) or a part of the volume (`/maxsize=20%`). Whether a size in bytes is smaller
    /// than the one before is not in the command. diff-area-changed-during-backup speaks of a backup that was reading.
    /// # What to do
    /// Find the account and the parent process, and look at what is left (vssadmin list shadows). If nobody meant it, treat
    /// the host as compromised.
    /// # References
    /// Microsoft: vssadmin resize shadowstorage; MITRE ATT&CK T1490, Inhibit System Recovery.
    pub struct ShadowStorageResizedByCommand {
        id: "shadow-storage-resized-by-command",
        title: "Command to resize the shadow copy storage",
        severity: Warning,
        scope: Host,
        basis: "documented effect, inferred rule",
    }
}

impl Rule for ShadowStorageResizedByCommand {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for noted in command::noted(case, resize) {
            let in_bytes =
                noted.texts.iter().any(|text| command::diff_area_change(text) == Some(DiffAreaChange::Bytes));
            let (severity, remedy) = match in_bytes {
                true => (
                    Severity::Warning,
                    "Find the account and the parent process, and see with vssadmin list shadows what is left. If the \
                     command was not meant, treat the host as compromised and check that backups still exist elsewhere.",
                ),
                false => (
                    Severity::Info,
                    "Nothing, if it was meant; else find the account and the parent process.",
                ),
            };
            findings.add(
                Draft::new(self.info(), noted.host)
                    .severity(severity)
                    .confidence(Confidence::Strong)
                    .detail(command::told(case, &noted))
                    .remedy(remedy)
                    .evidence(noted.events),
            );
        }
    }
}

/// The text of a command that sets a maximum.
fn resize(event: &Event) -> Option<&str> {
    let What::DiffAreaCommand { text } = &event.what else { return None };
    let change = command::diff_area_change(text)?;
    (change != DiffAreaChange::Deletes && text.to_ascii_lowercase().contains("resize")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "shadow-storage-resized-by-command";

    fn command(text: &str) -> Lab {
        let mut lab = Lab::new();
        lab.event(1.0, What::DiffAreaCommand { text: text.into() });
        lab
    }

    #[test]
    fn a_maximum_in_bytes_is_a_warning() {
        let findings = command("vssadmin resize shadowstorage /for=c: /on=c: /maxsize=401MB").run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, findings.len()), (Severity::Warning, 1));
        assert!(finding.detail.contains("401MB"), "{}", finding.detail);
    }

    #[test]
    fn no_limit_and_a_part_of_the_volume_are_information() {
        for size in ["/maxsize=UNBOUNDED", "/maxsize=10%", ""] {
            let findings = command(&format!("vssadmin resize shadowstorage /for=c: /on=c: {size}")).run();
            assert_eq!(find(&findings, ID).severity, Severity::Info, "{size}");
        }
    }

    #[test]
    fn other_changes_are_silent() {
        assert_silent(&command("vssadmin add shadowstorage /for=c: /on=d:"), ID);
        assert_silent(&command("vssadmin delete shadowstorage /for=c:"), ID);
    }
}
