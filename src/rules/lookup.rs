//! Finding a rule by its id, and what is nearest to a name that is not known.

use super::{RuleInfo, catalogue};

/// How alike two names have to be to be suggested (Jaro-Winkler, 1 is equal).
const ALIKE: f64 = 0.75;

/// The rule with this id, compared without case.
pub fn by_id(id: &str) -> Option<&'static RuleInfo> {
    catalogue().iter().map(|rule| rule.info()).find(|info| info.id.eq_ignore_ascii_case(id))
}

/// The message for an id that no rule has.
pub fn unknown(id: &str) -> String {
    let near = nearest(id, catalogue().iter().map(|rule| rule.info().id.to_owned()));
    match near.is_empty() {
        true => format!("no rule {id:?}; `vsscope rules` lists them"),
        false => format!("no rule {id:?}; did you mean {}?", near.join(", ")),
    }
}

/// The three names that are most like what was written, the likest first.
pub fn nearest(written: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let written = written.to_lowercase();
    let mut near: Vec<(f64, String)> = names
        .map(|known| (strsim::jaro_winkler(&written, &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike > ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_gets_a_suggestion() {
        assert!(unknown("unnecesary-delete-snapshots").contains("unnecessary-delete-snapshots"));
        assert!(unknown("zzz").contains("vsscope rules"));
    }

    #[test]
    fn ids_are_found_in_any_case() {
        assert_eq!(by_id("Thaw-Missing").map(|info| info.id), Some("thaw-missing"));
        assert_eq!(by_id("thaw"), None);
    }
}
