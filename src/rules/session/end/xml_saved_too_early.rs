use crate::rules::pattern::job::Job;
use crate::rules::pattern::prerequisite::{self, Prerequisite};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// A backup with components saved its document before PrepareForBackup had succeeded.
    /// # Why it matters
    /// The writers have not filled in the document yet. A restore from it lacks what they record for their components.
    /// # Evidence needed
    /// A trace with the requester's calls, from the initialisation of the instance on.
    /// # When it is silent
    /// Restores, imports, backups without components, contexts without writers; the trace begins inside the session or
    /// lost records.
    /// # What to do
    /// Save the document after BackupComplete; of a transportable set after DoSnapshotSet.
    /// # References
    /// Microsoft: IVssBackupComponents::SaveAsXML; Overview of Pre-Backup Tasks.
    pub struct XmlSavedTooEarly {
        id: "xml-saved-too-early",
        title: "SaveAsXML before PrepareForBackup",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Prerequisite = Prerequisite {
    calls: &[Method::SaveAsXml],
    needs: &[Method::PrepareForBackup],
    applies: has_components,
    remedy: "Let the requester save the document at the end, and check that the document that was kept is the \
             last one.",
};

impl Rule for XmlSavedTooEarly {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        prerequisite::check(self.info(), case, findings, &PATTERN);
    }
}

/// Whether components were added before this place, in a backup with writers.
fn has_components(job: &Job<'_, '_>, at: usize) -> bool {
    let added = job.before(at).iter().any(|call| call.method == Method::AddComponent && call.ok());
    added && job.is_backup() && job.has_writers(at)
}
