//! Rules over a provider.

use super::Rule;

mod provider_veto;

pub use provider_veto::ProviderVeto;

/// The rules of this folder.
pub(super) const RULES: &[&dyn Rule] = &[&ProviderVeto];
