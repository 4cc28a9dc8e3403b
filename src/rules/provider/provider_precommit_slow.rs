use crate::rules::pattern::provider_step::{self, SlowStep};
use crate::rules::{Case, Described, Findings, Rule, words};
use vsscope_model::ProviderStep;

rule! {
    /// # What it flags
    /// PreCommitSnapshots or PostCommitSnapshots of a set took longer than two seconds (threshold `provider-precommit`).
    /// # Why it matters
    /// Writers are frozen while these calls run, and what they take is missing from the writers' time.
    /// # Evidence needed
    /// A trace with the calls into the provider, or the registry trace.
    /// # When it is silent
    /// The clock was set in between.
    /// # What to do
    /// A provider does long work in EndPrepareSnapshots or after the thaw: ask its vendor.
    /// # References
    /// Microsoft: Shadow Copy Creation for Providers; IVssProviderCreateSnapshotSet::PreCommitSnapshots.
    pub struct ProviderPrecommitSlow {
        id: "provider-precommit-slow",
        title: "PreCommitSnapshots or PostCommitSnapshots slow",
        severity: Warning,
        scope: Provider,
        basis: "documented limit, inferred threshold",
    }
}

impl Rule for ProviderPrecommitSlow {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let slow = SlowStep {
            steps: &[ProviderStep::PreCommitSnapshots, ProviderStep::PostCommitSnapshots],
            slow_ms: words::length(case.thresholds.provider_precommit),
            error_ms: f64::INFINITY,
            meaning: "The writers are frozen while it runs.",
            remedy: "Ask the provider's vendor to move the work into EndPrepareSnapshots or behind the thaw; until then \
                     put fewer volumes into one set and lower the load of the storage at that time.",
        };
        provider_step::check(self.info(), case, findings, &slow);
    }
}
