use crate::rules::pattern::command::{self, DiffAreaChange};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{Confidence, Severity, What};

rule! {
    /// # What it flags
    /// A command changed the diff area (`vssadmin resize shadowstorage`, `delete shadowstorage`, `add shadowstorage`) while a
    /// backup was reading from shadow copies of the host.
    /// # Why it matters
    /// A smaller maximum deletes shadow copies at once, also those that a backup is reading from.
    /// # Evidence needed
    /// Records of started processes with their command lines, beside a timeline of the session.
    /// # When it is silent
    /// No set is in use at that time. It is only information where an area was added or its limit was taken away
    /// (`/maxsize=UNBOUNDED`, or none given). Whether a new maximum is smaller than the one before, and of which volume, is
    /// not worked out of the command; an increase does no harm.
    /// # What to do
    /// Change the diff area between backups.
    /// # References
    /// Microsoft: IVssDifferentialSoftwareSnapshotMgmt::ChangeDiffAreaMaximumSize; vssadmin resize shadowstorage.
    pub struct DiffAreaChangedDuringBackup {
        id: "diff-area-changed-during-backup",
        title: "Diff area changed while a backup was running",
        severity: Warning,
        scope: Set,
        basis: "documented effect, inferred rule",
    }
}

impl Rule for DiffAreaChangedDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for (index, event) in case.events() {
            let What::DiffAreaCommand { text } = &event.what else { continue };
            let severity = match command::diff_area_change(text) {
                Some(DiffAreaChange::Grows) => Severity::Info,
                _ => Severity::Warning,
            };
            let host = event.host.as_deref().unwrap_or_default();
            for operation in
                case.operations.iter().filter(|operation| operation.host().eq_ignore_ascii_case(host))
            {
                for set in &operation.sets {
                    let Some(liveness) = case.liveness(operation, set, event.time) else { continue };
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .severity(severity)
                            .confidence(liveness.min(Confidence::Strong))
                            .at(event.time)
                            .detail(format!(
                                "While {} was backing up from the set, a command changed a diff area at {}: {}.",
                                operation.requester(),
                                words::iso(event.time),
                                words::excerpt(text)
                            ))
                            .remedy("Find who ran the command, and change the diff area between backups only.")
                            .evidence([index])
                            .evidence(operation.creation(set).into_iter().flat_map(|call| call.events.iter().copied())),
                    );
                }
            }
        }
    }
}
