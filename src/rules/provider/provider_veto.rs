use crate::rules::pattern::code::{self, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use chrono::TimeDelta;
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// VSS_E_PROVIDER_VETO (0x80042306) from DoSnapshotSet, AddToSnapshotSet, Query, DeleteSnapshots or ExposeSnapshot, or
    /// in a record of VSS. An information where AddToSnapshotSet was refused and the volume was added afterwards, a warning
    /// where the set was made without it.
    /// # Why it matters
    /// The provider refused its part. VSS does not say why; the provider should have, in the Application log.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// BreakSnapshotSet on a software copy is refused with this code by design.
    /// # What to do
    /// Read the events of the provider at that time, and those of volsnap for the system provider. Repeat after ten
    /// minutes, at most three times; a veto that stays is a matter for the provider's vendor.
    /// # References
    /// Microsoft: Error Handling in Shadow Copy Providers; IVssBackupComponents::DoSnapshotSet.
    pub struct ProviderVeto {
        id: "provider-veto",
        title: "Provider refused",
        severity: Error,
        scope: Provider,
        basis: "documented",
    }
}

const WATCH: CodeWatch = CodeWatch {
    code: HResult::VSS_PROVIDER_VETO,
    methods: &[
        Method::DoSnapshotSet,
        Method::AddToSnapshotSet,
        Method::Query,
        Method::DeleteSnapshots,
        Method::ExposeSnapshot,
    ],
    records: true,
    statuses: false,
};

/// How near a refused BreakSnapshotSet has to be to explain a record.
const BREAK_NEAR: TimeDelta = TimeDelta::seconds(10);

impl Rule for ProviderVeto {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for mut hit in code::hits(case, &WATCH) {
            hit.others.retain(|&index| !is_of_break(case, hit.host, index));
            if hit.events().next().is_none() {
                continue;
            }
            let provider = hit.provider(case);
            let who = provider.map_or_else(|| "The provider".to_owned(), |name| format!("Provider {name}"));
            findings.add(code::report_refusal(self.info(), case, &hit, &format!("{who} refused its part")).remedy(
                "Read the provider's own events and those of volsnap at that time. Repeat the backup after ten minutes, \
                 at most three times; then ask the provider's vendor.",
            ));
        }
    }
}

/// Whether a record comes from a refused BreakSnapshotSet.
fn is_of_break(case: &Case<'_>, host: &str, index: usize) -> bool {
    let Some(event) = case.event(index) else { return false };
    let on_host = case.operations.iter().filter(|operation| operation.host() == host);
    on_host.flat_map(|operation| operation.calls_of(&Method::BreakSnapshotSet)).any(|call| {
        call.hresult == Some(HResult::VSS_PROVIDER_VETO) && (event.time - call.started).abs() <= BREAK_NEAR
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "provider-veto";

    #[test]
    fn a_vetoed_creation_is_an_error() {
        let mut lab = Lab::creating();
        lab.call(5.0, Method::DoSnapshotSet).hresult = Some(HResult::VSS_PROVIDER_VETO);
        assert!(find(&lab.run(), ID).detail.contains("DoSnapshotSet"));
    }

    #[test]
    fn a_record_of_vss_names_the_provider() {
        let mut lab = Lab::new();
        let index = lab.record(5.0, "VSS", 12293, 2, Some(HResult::VSS_PROVIDER_VETO));
        lab.timeline.events[index].provider_id = Some(vsscope_model::Guid::from_bits(7));
        assert!(find(&lab.run(), ID).detail.contains("000000000007"));
    }

    #[test]
    fn a_software_copy_cannot_be_broken_off() {
        let mut lab = Lab::session_only();
        lab.call(5.0, Method::BreakSnapshotSet).hresult = Some(HResult::VSS_PROVIDER_VETO);
        lab.record(5.5, "VSS", 12293, 2, Some(HResult::VSS_PROVIDER_VETO));
        assert_silent(&lab, ID);
    }
}
