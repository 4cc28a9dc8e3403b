//! Rules over a provider.

mod provider_veto;

pub use provider_veto::ProviderVeto;
