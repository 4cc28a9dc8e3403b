use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_INSUFFICIENT_STORAGE (0x8004231f) as the result of a call, in a record of VSS, or in a writer's status.
    /// # Why it matters
    /// The diff area, or the storage of a hardware provider, has no room for another shadow copy. No copy is made.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: the code has one meaning.
    /// # What to do
    /// Free space on the volume that holds the diff area, raise its limit (vssadmin resize shadowstorage), or delete old
    /// persistent copies.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet; IVssProviderCreateSnapshotSet::EndPrepareSnapshots.
    pub struct InsufficientStorage {
        id: "insufficient-storage",
        title: "Not enough storage for the shadow copy",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODE: CodeRule = CodeRule {
    watches: &[CodeWatch {
        code: HResult::VSS_INSUFFICIENT_STORAGE,
        methods: &[],
        records: true,
        statuses: true,
    }],
    meaning: "There was no room for the shadow copy's storage",
    remedy: "Free space on the volume of the diff area, raise its limit with vssadmin resize shadowstorage, move it to \
             another volume, or delete old persistent shadow copies.",
};

impl Rule for InsufficientStorage {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::Method;

    const ID: &str = "insufficient-storage";

    #[test]
    fn the_code_of_a_call_is_enough() {
        let mut lab = Lab::creating();
        lab.call(5.0, Method::DoSnapshotSet).hresult = Some(HResult::VSS_INSUFFICIENT_STORAGE);
        let findings = lab.run();
        assert!(find(&findings, ID).detail.contains("DoSnapshotSet"));
        assert_eq!(find(&findings, ID).set.as_deref(), Some(Lab::SET));
    }

    #[test]
    fn so_is_a_record_outside_of_any_session() {
        let mut lab = Lab::new();
        lab.record(5.0, "VSS", 12293, 2, Some(HResult::VSS_INSUFFICIENT_STORAGE));
        assert_eq!(find(&lab.run(), ID).evidence.len(), 1);
    }

    #[test]
    fn other_codes_and_other_providers_are_silent() {
        let mut lab = Lab::creating();
        lab.call(5.0, Method::DoSnapshotSet).hresult = Some(HResult::VSS_PROVIDER_VETO);
        lab.record(6.0, "SomeBackup", 12293, 2, Some(HResult::VSS_INSUFFICIENT_STORAGE));
        assert_silent(&lab, ID);
    }
}
