use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_UNEXPECTED_PROVIDER_ERROR (0x8004230f) from a call or in a record of VSS.
    /// # Why it matters
    /// The provider returned a code that it may not return. What it means is known to its vendor only; VSS writes provider
    /// and method into the Application log.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: the code has one meaning.
    /// # What to do
    /// Read the record of VSS at that time for the provider's own code, and update the provider.
    /// # References
    /// Microsoft: Error Handling in Shadow Copy Providers; IVssBackupComponents::DoSnapshotSet.
    pub struct ProviderUnexpectedError {
        id: "provider-unexpected-error",
        title: "Unexpected error of a provider",
        severity: Error,
        scope: Provider,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[CodeWatch::of(HResult::VSS_UNEXPECTED_PROVIDER_ERROR, &[])],
    meaning: "A provider answered with an error outside of its contract",
    remedy: "Read the error of VSS in the Application log at that time: it names provider, method and the code that \
             it gave. Update the provider or ask its vendor.",
};

impl Rule for ProviderUnexpectedError {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
