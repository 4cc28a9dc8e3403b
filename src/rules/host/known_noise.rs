use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use std::collections::BTreeMap;

rule! {
    /// # What it flags
    /// Records that look alarming and are known not to be: VSS 8194 with access denied, VSS 13 and 8193 at shutdown, time
    /// limits of the optimization writer (8219, 8220, 8226), VSS 8229 with the code for success, VSS 12289 for devices
    /// that do not know a request or for the state of old backups, VSS 8193 for the name of an ended process, VSS 12290 of
    /// the ASR writer, CAPI2 513 about a legacy driver (AddLegacyDriverFiles).
    /// # Why it matters
    /// They stand in nearly every Application log and lead many searches astray. Each is shown once per host, with its
    /// count and the reason, and counts for nothing.
    /// # Evidence needed
    /// The Application log; for some kinds also the records around them.
    /// # When it is silent
    /// A record whose code or surroundings do not fit its kind is no noise: 13 and 8193 without a shutdown near by, 12290
    /// beside a failed Windows Server Backup job, 12289 from another function.
    /// # What to do
    /// Nothing. If a record stands beside a real failure, read on in the findings above it.
    /// # References
    /// Microsoft: pages on VSS events 8194, 12289 and 8229; KB 978773. Records of healthy systems.
    pub struct KnownNoise {
        id: "known-noise",
        title: "Known noise",
        severity: Info,
        scope: Host,
        basis: "documented and observed",
    }
}

impl Rule for KnownNoise {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut reasons: BTreeMap<&str, &str> = BTreeMap::new();
        let records = case.all_noise().filter(|(index, _)| !findings.cites(*index)).map(|(index, noise)| {
            reasons.insert(noise.kind, noise.reason);
            let host = case.event(index).and_then(|event| event.host.as_deref()).unwrap_or_default();
            ((host, noise.kind), index)
        });
        let groups = group::by(records);
        for ((host, kind), events) in groups {
            findings.add(
                Draft::new(self.info(), host)
                    .about(kind)
                    .detail(format!("Logged {}.", group::count(case, &events)))
                    .remedy("Nothing to do.")
                    .noise(reasons.get(kind).copied().unwrap_or_default())
                    .evidence(events),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::{FindingStatus, HResult, What};

    const ID: &str = "known-noise";

    #[test]
    fn one_kind_of_one_host_is_one_finding_with_its_reason() {
        let mut lab = Lab::new();
        for at in [1.0, 2.0, 3.0] {
            lab.record(at, "VSS", 8194, 2, Some(HResult::ACCESS_DENIED));
        }
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((findings.len(), finding.status, finding.evidence.len()), (1, FindingStatus::Noise, 3));
        assert!(finding.noise_reason.as_deref().is_some_and(|reason| reason.contains("call back")));
    }

    #[test]
    fn a_refused_server_is_noise_near_a_shutdown_only() {
        for (shutdown, noise) in [(200.0, true), (500.0, false)] {
            let mut lab = Lab::new();
            lab.record(1.0, "VSS", 13, 2, Some(HResult::SHUTDOWN_IN_PROGRESS));
            lab.event(shutdown, What::Shutdown);
            let rule = if noise { ID } else { "vss-error-logged" };
            assert_eq!(lab.run().iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), [rule], "{shutdown}");
        }
    }

    #[test]
    fn a_device_that_knows_no_request_is_noise_and_a_failed_open_is_not() {
        for (routine, noise) in
            [("DeviceIoControl(\\\\?\\fdc#...)", true), ("CreateFileW(\\\\?\\GLOBALROOT)", false)]
        {
            let mut lab = Lab::new();
            let index = lab.record(1.0, "VSS", 12289, 2, Some(HResult(0x8007_0001)));
            lab.param(index, routine);
            assert_eq!(find(&lab.run(), if noise { ID } else { "vss-error-logged" }).evidence.len(), 1);
        }
    }

    #[test]
    fn the_asr_note_counts_beside_a_failed_job() {
        for (job, noise) in [(false, true), (true, false)] {
            let mut lab = Lab::new();
            let index = lab.record(1.0, "VSS", 12290, 2, Some(HResult::OK));
            lab.param(index, "ASR writer Error 0x80070001.");
            if job {
                lab.record(40.0, "Microsoft-Windows-Backup", 521, 2, None);
            }
            assert_eq!(lab.run().iter().any(|finding| finding.rule == ID), noise);
        }
    }

    #[test]
    fn other_records_are_no_noise() {
        let mut lab = Lab::new();
        lab.record(1.0, "VSS", 8194, 2, Some(HResult(0x8007_000E)));
        lab.record(2.0, "Microsoft-Windows-CAPI2", 512, 2, None);
        lab.record(3.0, "Microsoft-Windows-Security-SPP", 8220, 4, None);
        assert_silent(&lab, ID);
        lab.record(4.0, "VSS", 8220, 4, None);
        assert_fires(&lab, ID);
    }
}
