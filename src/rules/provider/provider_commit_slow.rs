use crate::knowledge::limits::FLUSH_AND_HOLD_MS;
use crate::rules::pattern::provider_step::{self, SlowStep};
use crate::rules::{Case, Described, Findings, Rule, words};
use vsscope_model::ProviderStep;

rule! {
    /// # What it flags
    /// CommitSnapshots of a set took longer than two seconds (threshold `provider-commit`); from ten seconds on it is an
    /// error.
    /// # Why it matters
    /// All writes on the volumes of the set stand still during this call, and the hold ends after ten seconds whether the
    /// provider is ready or not. It should need less than a second.
    /// # Evidence needed
    /// A trace with the calls into the provider, or the registry trace.
    /// # When it is silent
    /// The clock was set in between.
    /// # What to do
    /// Look at the load of the storage, put fewer volumes into one set, and ask the provider's vendor.
    /// # References
    /// Microsoft: IVssProviderCreateSnapshotSet::CommitSnapshots; Required Behaviors for Shadow Copy Providers.
    pub struct ProviderCommitSlow {
        id: "provider-commit-slow",
        title: "CommitSnapshots slow",
        severity: Warning,
        scope: Provider,
        basis: "documented limit, inferred threshold",
    }
}

impl Rule for ProviderCommitSlow {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let slow = SlowStep {
            steps: &[ProviderStep::CommitSnapshots],
            slow_ms: words::length(case.thresholds.provider_commit),
            error_ms: FLUSH_AND_HOLD_MS,
            meaning: "Every write on the set's volumes waits for it, for at most ten seconds.",
            remedy: "Look at the load of the storage at that time and put fewer volumes into one set. If the step stays \
                     slow, ask the provider's vendor.",
        };
        provider_step::check(self.info(), case, findings, &slow);
    }
}
