use crate::rules::pattern::volsnap::{self, VolsnapRecord};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Severity;

rule! {
    /// # What it flags
    /// volsnap 24: there is not enough space left to let the diff area of a volume grow.
    /// # Why it matters
    /// When the diff area is full the driver deletes the copies of the volume, those of a running backup too.
    /// # Evidence needed
    /// The System log.
    /// # When it is silent
    /// No record of this id; equal records of one volume are one finding.
    /// # What to do
    /// Free space on the volume that holds the diff area, or move the diff area to another one.
    /// # References
    /// KB 312067 (records of volsnap).
    pub struct DiffAreaLow {
        id: "diff-area-low",
        title: "Storage for shadow copies cannot grow",
        severity: Warning,
        scope: Host,
        basis: "documented event",
    }
}

const RECORD: VolsnapRecord = VolsnapRecord {
    id: 24,
    meaning: "there is no space left to let the storage of its shadow copies grow",
    remedy: "Free space on the volume that holds the diff area (vssadmin list shadowstorage names it), or move the \
             diff area to another volume, before the copies are lost.",
    in_backup: Severity::Warning,
    names_the_copy: false,
};

impl Rule for DiffAreaLow {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        volsnap::check(self.info(), case, findings, &RECORD);
    }
}
