//! `[severity]`: other severities than the rules' own.

use super::reader::{Mistakes, Table, suggestion, word};
use crate::rules::Severities;
use vsscope_model::Severity;

/// The words for severities.
pub const LEVELS: &[&str] = &["error", "warning", "info"];
/// The same, and the word for a rule that is not to run.
pub const WANTED: &[&str] = &["error", "warning", "info", "off"];

/// The severity that a word means.
pub fn level(word: &str) -> Option<Severity> {
    Some(match word {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        _ => return None,
    })
}

/// The wanted severities; `ids` are the rules that there are.
pub fn read(root: &Table<'_>, ids: &[&str], mistakes: &mut Mistakes<'_>) -> Severities {
    let Some((entries, _)) = root.table("severity", mistakes) else { return Severities::new() };
    let mut severities = Severities::new();
    for (key, value) in entries {
        let id = key.get_ref();
        if !ids.contains(&&**id) {
            mistakes.add(key.span(), format!("no rule \"{id}\"{}", suggestion(id, ids)));
        }
        if let Some(word) = word(value, WANTED, mistakes) {
            severities.insert(id.to_string(), level(word));
        }
    }
    severities
}
