//! What the user decided about the rules: thresholds, severities, rules of their own.

use super::Thresholds;
use super::custom::CustomRule;
use std::collections::BTreeMap;
use vsscope_model::Severity;

/// The wanted severity by rule id; nothing for a rule that is switched off.
pub type Severities = BTreeMap<String, Option<Severity>>;

/// How the rules are to be run. The default is the catalogue as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    /// What counts as long, soon or many.
    pub thresholds: Thresholds,
    /// Other severities than the rules' own.
    pub severities: Severities,
    /// The user's own rules.
    pub rules: Vec<CustomRule>,
}
