use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, Event, What};

rule! {
    /// # What it flags
    /// A record of an error of which no other finding speaks: of level error or critical from VSS, volsnap, SQLWRITER,
    /// SQLVDI, SPP, Windows Server Backup, or Hyper-V (VMMS, integration services on the host and in the guest); CAPI2
    /// 512 and 513 of that level; whatever their level: Windows Server Backup 517, 521, 546, 561 and 564, SPP 16387, SQL
    /// Server 3041 and 18210, System Restore 8193, 8210, 8211 and 8214, and a shadow copy that volsnap could not make.
    /// Equal records are one finding.
    /// # Why it matters
    /// Something went wrong in the machinery of shadow copies or in a program that uses it. Whether a shadow copy had a
    /// part in it, and what it means for a backup, is not always clear from this record alone.
    /// # Evidence needed
    /// The Application, the System or the Hyper-V logs.
    /// # When it is silent
    /// The record is known noise, or another finding rests on it.
    /// # What to do
    /// Look the id and the code up in Microsoft's pages, and read what other logs have at that time.
    /// # References
    /// Microsoft: VSS Error Logging; Volume Snapshot Driver Integrity.
    pub struct VssErrorLogged {
        id: "vss-error-logged",
        title: "Error logged",
        severity: Warning,
        scope: Host,
        basis: "documented events",
    }
}

/// Records that tell of an error; the key is (provider, ids or level). The ids and their meanings are those of the
/// providers' message tables and manifests.
const ERRORS: &[(Provider, Which)] = &[
    (Provider::Is("VSS"), Which::Errors),
    (Provider::Is("volsnap"), Which::Errors),
    (Provider::Is("SQLWRITER"), Which::Errors),
    (Provider::Is("SQLVDI"), Which::Errors),
    (Provider::Is("Microsoft-Windows-Backup"), Which::Errors),
    (Provider::Is("Microsoft-Windows-Backup"), Which::Ids(&[517, 521, 546, 561, 564])),
    (Provider::Is("SPP"), Which::Errors),
    (Provider::Is("SPP"), Which::Ids(&[16387])),
    (Provider::Is("MSSQLSERVER"), Which::Ids(SQL_BACKUP_FAILED)),
    (Provider::StartsWith("MSSQL$"), Which::Ids(SQL_BACKUP_FAILED)),
    (Provider::Is("System Restore"), Which::Ids(&[8193, 8210, 8211, 8214])),
    (Provider::Is("Microsoft-Windows-Hyper-V-VMMS"), Which::Errors),
    (Provider::Is("Microsoft-Windows-Hyper-V-Integration"), Which::Errors),
    (Provider::Is("Microsoft-Windows-Hyper-V-Integration-VSS"), Which::Errors),
    (Provider::Is("Microsoft-Windows-Hyper-V-Guest-Drivers-IcSvc"), Which::Errors),
    (Provider::Is("Microsoft-Windows-CAPI2"), Which::ErrorsOf(&[512, 513])),
];

/// A failed BACKUP command, and a failed operation on its device.
const SQL_BACKUP_FAILED: &[u32] = &[3041, 18210];

/// Name of a provider, compared without case.
enum Provider {
    Is(&'static str),
    /// For names that end in the name of an instance.
    StartsWith(&'static str),
}

impl Provider {
    fn matches(&self, name: &str) -> bool {
        match self {
            Provider::Is(known) => name.eq_ignore_ascii_case(known),
            Provider::StartsWith(start) => {
                name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
            }
        }
    }
}

/// Which records of a provider.
enum Which {
    /// Of level critical or error.
    Errors,
    /// Of these ids and of level critical or error.
    ErrorsOf(&'static [u32]),
    /// Of these ids: they always tell of an error, and not every version of Windows gives them its level.
    Ids(&'static [u32]),
}

impl Which {
    fn matches(&self, event: &Event) -> bool {
        let is_error = matches!(event.level, Some(1 | 2));
        let is_of = |ids: &[u32]| event.event_id.is_some_and(|id| ids.contains(&id));
        match self {
            Which::Errors => is_error,
            Which::ErrorsOf(ids) => is_error && is_of(ids),
            Which::Ids(ids) => is_of(ids),
        }
    }
}

impl Rule for VssErrorLogged {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let records = case
            .telling()
            .filter(|(index, event)| {
                is_error(event) && !findings.cites(*index) && case.noise(*index).is_none()
            })
            .map(|(index, event)| {
                let status = event.status.map(|status| status.to_string());
                let host = event.host.as_deref().unwrap_or_default();
                ((host, event.provider.to_lowercase(), event.event_id, status), index)
            });
        let groups = group::by(records);
        for ((host, _, id, status), events) in groups {
            let Some(first) = events.first().and_then(|&index| case.event(index)) else { continue };
            let name = match id {
                Some(id) => format!("{} {id}", first.provider),
                None => first.provider.to_string(),
            };
            let code = status.map(|code| format!(" with {code}")).unwrap_or_default();
            let owners = events.iter().map(|&index| case.operation_of(index).map(std::ptr::from_ref));
            let owner = owners.reduce(|a, b| if a == b { a } else { None }).flatten();
            let operation = owner.and_then(|owner| case.operations.iter().find(|o| std::ptr::eq(*o, owner)));
            let draft = match operation {
                Some(operation) => Draft::of(self.info(), operation),
                None => Draft::new(self.info(), host),
            };
            findings.add(
                draft
                    .about(&format!("{name}{code}"))
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "{}. Logged {}.",
                        vsscope_reports::describe(first).trim_end_matches('.'),
                        group::count(case, &events)
                    ))
                    .remedy("See what Microsoft says of this record and its code, and what other logs have at that time.")
                    .evidence(events),
            );
        }
    }
}

fn is_error(event: &Event) -> bool {
    let listed =
        |(provider, which): &(Provider, Which)| provider.matches(&event.provider) && which.matches(event);
    ERRORS.iter().any(listed) || matches!(event.what, What::ShadowFailure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::HResult;

    const ID: &str = "vss-error-logged";

    #[test]
    fn equal_records_are_one_finding() {
        let mut lab = Lab::new();
        for at in [1.0, 2.0] {
            lab.record(at, "VSS", 12292, 2, Some(HResult(0x8004_0154)));
        }
        lab.record(3.0, "VSS", 12292, 2, Some(HResult(0x8007_0422)));
        let findings = lab.run();
        assert_eq!(findings.len(), 2);
        assert!(find(&findings, ID).detail.contains("2 times"), "{}", find(&findings, ID).detail);
    }

    #[test]
    fn what_another_finding_cites_is_silent() {
        let mut lab = Lab::new();
        lab.record(1.0, "VSS", 12293, 2, Some(HResult::VSS_PROVIDER_VETO));
        assert_silent(&lab, ID);
        assert_fires(&lab, "provider-veto");
    }

    #[test]
    fn warnings_other_providers_and_noise_are_silent() {
        let mut lab = Lab::new();
        lab.record(1.0, "VSS", 12290, 3, None);
        lab.record(2.0, "ESENT", 2007, 2, None);
        lab.record(3.0, "VSS", 8194, 2, Some(HResult::ACCESS_DENIED));
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_failed_creation_of_volsnap_needs_no_level() {
        let mut lab = Lab::new();
        let index = lab.record(1.0, "volsnap", 28, 2, None);
        lab.timeline.events[index].what = What::ShadowFailure;
        lab.timeline.events[index].level = None;
        assert_fires(&lab, ID);
    }

    #[test]
    fn what_was_logged_and_how_often_are_two_sentences() {
        let mut lab = Lab::new();
        lab.record(1.0, "VSS", 12292, 2, Some(HResult(0x8004_0154)));
        assert!(find(&lab.run(), ID).detail.contains(". Logged once"));
    }

    #[test]
    fn every_family_counts() {
        let records = [
            ("VSS", 12292, 2),
            ("volsnap", 39, 2),
            ("SQLWRITER", 24583, 2),
            ("SQLVDI", 1, 2),
            ("Microsoft-Windows-Backup", 517, 4),
            ("Microsoft-Windows-Backup", 544, 2),
            ("Microsoft-Windows-Backup", 514, 1),
            ("SPP", 16387, 4),
            ("SPP", 12292, 2),
            ("MSSQLSERVER", 3041, 4),
            ("MSSQL$SALES", 18210, 4),
            ("System Restore", 8193, 4),
            ("System Restore", 8211, 4),
            ("Microsoft-Windows-Hyper-V-VMMS", 10172, 2),
            ("Microsoft-Windows-Hyper-V-Integration", 4096, 2),
            ("Microsoft-Windows-Hyper-V-Integration-VSS", 4097, 2),
            ("Microsoft-Windows-Hyper-V-Guest-Drivers-IcSvc", 22, 2),
            ("Microsoft-Windows-CAPI2", 512, 2),
            ("Microsoft-Windows-CAPI2", 513, 2),
        ];
        for (provider, id, level) in records {
            let mut lab = Lab::new();
            lab.record(1.0, provider, id, level, None);
            let findings = lab.run();
            let finding = findings.iter().find(|finding| finding.rule == ID);
            let finding = finding.unwrap_or_else(|| panic!("{provider} {id} is silent"));
            assert!(finding.title.contains(&format!("{provider} {id}")), "{}", finding.title);
        }
    }

    #[test]
    fn the_same_ids_of_other_providers_and_levels_are_silent() {
        let records = [
            ("System Restore", 8194, 4),
            ("System Restore", 517, 4),
            ("Microsoft-Windows-Backup", 4, 4),
            ("Microsoft-Windows-Backup", 519, 3),
            ("Microsoft-Windows-Backup", 16387, 4),
            ("SQLSERVERAGENT", 3041, 2),
            ("MSSQLSERVER", 17806, 2),
            ("VSS", 8211, 4),
            ("Microsoft-Windows-Hyper-V-VMMS", 10104, 4),
            ("Microsoft-Windows-CAPI2", 4107, 2),
            ("Microsoft-Windows-CAPI2", 513, 3),
        ];
        for (provider, id, level) in records {
            let mut lab = Lab::new();
            lab.record(1.0, provider, id, level, None);
            let findings = lab.run();
            assert!(
                findings.iter().all(|finding| finding.rule != ID),
                "{provider} {id} at level {level} fires"
            );
        }
    }
}
