use crate::rules::pattern::code::{self, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_PROVIDER_NOT_REGISTERED (0x80042304) from a call or in a record of VSS. An information where a volume was
    /// refused so and added afterwards, a warning where the set was made without it.
    /// # Why it matters
    /// The requester asked for a provider that this host does not have: it was uninstalled, or its id is wrong.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: the code has one meaning.
    /// # What to do
    /// Register the provider, or let VSS choose (GUID_NULL).
    /// # References
    /// Microsoft: IVssBackupComponents::AddToSnapshotSet.
    pub struct ProviderNotRegistered {
        id: "provider-not-registered",
        title: "Provider not registered",
        severity: Error,
        scope: Provider,
        basis: "documented",
    }
}

const WATCH: CodeWatch = CodeWatch::of(HResult::VSS_PROVIDER_NOT_REGISTERED, &[]);
const MEANING: &str = "The provider that was asked for is not registered on this host";
const REMEDY: &str = "Compare the provider id in the requester's settings with vssadmin list providers. Install the \
                      provider again, or let VSS choose one.";

impl Rule for ProviderNotRegistered {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for hit in code::hits(case, &WATCH) {
            findings.add(code::report_refusal(self.info(), case, &hit, MEANING).remedy(REMEDY));
        }
    }
}
