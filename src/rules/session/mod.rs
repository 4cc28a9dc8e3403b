//! Rules over one requester session, by what they look at.

use super::Rule;

pub mod components;
pub mod end;
pub mod instance;
pub mod preparation;
pub mod restore;
pub mod results;

/// The rules of each folder.
pub(super) const RULES: &[&[&dyn Rule]] =
    &[end::RULES, instance::RULES, components::RULES, preparation::RULES, restore::RULES, results::RULES];
