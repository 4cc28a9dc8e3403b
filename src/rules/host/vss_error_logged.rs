use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, Event, What};

rule! {
    /// # What it flags
    /// A record of level error or critical from VSS, volsnap, SQLWRITER or SQLVDI, or a shadow copy that volsnap could not
    /// make, of which no other finding speaks. Equal records are one finding.
    /// # Why it matters
    /// Something went wrong in the machinery of shadow copies. What it means for a backup is not clear from this record
    /// alone.
    /// # Evidence needed
    /// The Application or the System log.
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

/// Providers whose errors always concern shadow copies.
const PROVIDERS: [&str; 4] = ["VSS", "volsnap", "SQLWRITER", "SQLVDI"];

impl Rule for VssErrorLogged {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let records = case
            .events()
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
    let of_vss = PROVIDERS.iter().any(|provider| event.provider.eq_ignore_ascii_case(provider));
    (of_vss && matches!(event.level, Some(1 | 2))) || matches!(event.what, What::ShadowFailure)
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
}
