use crate::rules::pattern::code::{self, CodeWatch};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// A call of the requester ended with E_ACCESSDENIED (0x80070005).
    /// # Why it matters
    /// Requesters have to run as administrator, backup operator or local system, and have to allow the writers to call
    /// back. Without that there is no backup, however often the job is repeated.
    /// # Evidence needed
    /// A trace with the requester's calls and their results.
    /// # When it is silent
    /// VSS 8194 with the same code is written for single writers while the backup goes on; it is shown as known noise.
    /// # What to do
    /// Correct the account of the job, its rights, and the requester's COM security (CoInitializeSecurity).
    /// # References
    /// Microsoft: Security Considerations for Requestors; Security Considerations for Writers.
    pub struct AccessDenied {
        id: "access-denied",
        title: "Requester's call refused: access denied",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

const WATCH: CodeWatch =
    CodeWatch { code: HResult::ACCESS_DENIED, methods: &[], records: false, statuses: false };

impl Rule for AccessDenied {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for hit in code::hits(case, &WATCH) {
            let Some(operation) = hit.operation else { continue };
            let named: Vec<String> = hit.calls.iter().map(|call| words::call(call)).collect();
            let user = operation.session.and_then(|session| session.requester.user.as_deref());
            let account = user.map(|user| format!(" The account is {user}.")).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), operation)
                    .detail(format!(
                        "{} was refused: {}.{account}",
                        words::capital(&operation.requester()),
                        words::list(&named)
                    ))
                    .remedy(
                        "Run the job as a member of Administrators or Backup Operators or as Local System, and check \
                         the requester's COM security settings.",
                    )
                    .evidence(hit.events()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::{FindingStatus, Method};

    const ID: &str = "access-denied";

    #[test]
    fn a_refused_call_is_an_error() {
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::GatherWriterMetadata).hresult = Some(HResult::ACCESS_DENIED);
        assert!(find(&lab.run(), ID).detail.contains("GatherWriterMetadata"));
    }

    #[test]
    fn other_failures_are_silent() {
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::GatherWriterMetadata).hresult = Some(HResult::VSS_BAD_STATE);
        assert_silent(&lab, ID);
    }

    #[test]
    fn the_writers_record_is_noise() {
        let mut lab = Lab::session_only();
        lab.record(1.0, "VSS", 8194, 2, Some(HResult::ACCESS_DENIED));
        assert_silent(&lab, ID);
        let findings = lab.run();
        assert!(findings.iter().all(|finding| finding.status == FindingStatus::Noise), "{findings:?}");
    }
}
