use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED (0x80042317) or VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED (0x80042312).
    /// # Why it matters
    /// A volume can have 512 software copies (64 by default for Shadow Copies of Shared Folders), a set 64 volumes. Nothing
    /// beyond that is made, although IsVolumeSupported still says yes.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: each of the two codes has one meaning.
    /// # What to do
    /// Delete old copies and mend the retention that should have; or spread the volumes over several sets.
    /// # References
    /// Microsoft: IVssBackupComponents::AddToSnapshotSet; IVssBackupComponents::IsVolumeSupported; Usage Conventions.
    pub struct SnapshotLimitReached {
        id: "snapshot-limit-reached",
        title: "Limit of shadow copies or volumes reached",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[
        CodeWatch::of(HResult::VSS_MAXIMUM_NUMBER_OF_SNAPSHOTS, &[]),
        CodeWatch::of(HResult::VSS_MAXIMUM_NUMBER_OF_VOLUMES, &[]),
    ],
    meaning: "The volume has as many shadow copies, or the set as many volumes, as it can have",
    remedy: "Count the shadow copies of the volume (vssadmin list shadows), delete those that nobody needs, and see \
             why the retention did not. If the set has 64 volumes, split it.",
};

impl Rule for SnapshotLimitReached {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
