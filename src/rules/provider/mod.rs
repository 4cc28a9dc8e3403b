//! Rules over a provider.

use super::Rule;

mod provider_aborted;
mod provider_call_order;
mod provider_commit_slow;
mod provider_not_registered;
mod provider_precommit_slow;
mod provider_set_superseded;
mod provider_unexpected_error;
mod provider_veto;

pub use provider_aborted::ProviderAborted;
pub use provider_call_order::ProviderCallOrder;
pub use provider_commit_slow::ProviderCommitSlow;
pub use provider_not_registered::ProviderNotRegistered;
pub use provider_precommit_slow::ProviderPrecommitSlow;
pub use provider_set_superseded::ProviderSetSuperseded;
pub use provider_unexpected_error::ProviderUnexpectedError;
pub use provider_veto::ProviderVeto;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[
    &ProviderVeto,
    &ProviderUnexpectedError,
    &ProviderNotRegistered,
    &ProviderCommitSlow,
    &ProviderPrecommitSlow,
    &ProviderAborted,
    &ProviderCallOrder,
    &ProviderSetSuperseded,
];
