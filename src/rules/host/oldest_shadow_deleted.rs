use crate::rules::pattern::volsnap::{self, VolsnapRecord};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Severity;

rule! {
    /// # What it flags
    /// volsnap 33: the oldest shadow copy of a volume was deleted so that the diff area stays under its limit.
    /// # Why it matters
    /// That is how retention works under a limit. Where the copy was the source of a running backup, it is a loss.
    /// # Evidence needed
    /// The System log; for the second a timeline of the backup that names the copy's device.
    /// # When it is silent
    /// It is an information unless the record names a copy of a running backup.
    /// # What to do
    /// If restore points vanish sooner than they should, raise the limit of the diff area.
    /// # References
    /// KB 312067 (records of volsnap); IVssDifferentialSoftwareSnapshotMgmt::ChangeDiffAreaMaximumSize.
    pub struct OldestShadowDeleted {
        id: "oldest-shadow-deleted",
        title: "Oldest shadow copy deleted to stay under the limit",
        severity: Info,
        scope: Host,
        basis: "documented event",
    }
}

const RECORD: VolsnapRecord = VolsnapRecord {
    id: 33,
    meaning: "its oldest shadow copy was deleted to keep the storage under its limit",
    remedy: "Nothing, if the remaining copies are enough. Else raise the limit with vssadmin resize shadowstorage, \
             or make fewer copies.",
    in_backup: Severity::Error,
    names_the_copy: true,
};

impl Rule for OldestShadowDeleted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        volsnap::check(self.info(), case, findings, &RECORD);
    }
}
