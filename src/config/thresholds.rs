//! `[thresholds]`: the fields of [`Thresholds`] under their names.

use super::reader::{self, Mistakes, Table};
use crate::rules::Thresholds;
use chrono::TimeDelta;

/// Where a threshold is kept, and thereby what it is.
enum Field {
    Duration(fn(&mut Thresholds) -> &mut TimeDelta),
    Count(fn(&mut Thresholds) -> &mut usize),
    Share(fn(&mut Thresholds) -> &mut f64),
}
use Field::{Count, Duration, Share};

const FIELDS: &[(&str, Field)] = &[
    ("freeze-window-share", Share(|t| &mut t.freeze_window_share)),
    ("freeze-handler", Duration(|t| &mut t.freeze_handler)),
    ("prepare-handler", Duration(|t| &mut t.prepare_handler)),
    ("flush-hold", Duration(|t| &mut t.flush_hold)),
    ("provider-commit", Duration(|t| &mut t.provider_commit)),
    ("provider-precommit", Duration(|t| &mut t.provider_precommit)),
    ("set-open", Duration(|t| &mut t.set_open)),
    ("set-idle", Duration(|t| &mut t.set_idle)),
    ("release-after-work", Duration(|t| &mut t.release_after_work)),
    ("release-after-delete", Duration(|t| &mut t.release_after_delete)),
    ("complete-after-snapshot", Duration(|t| &mut t.complete_after_snapshot)),
    ("use-after-complete", Duration(|t| &mut t.use_after_complete)),
    ("orphaned-after", Duration(|t| &mut t.orphaned_after)),
    ("blocked-for", Duration(|t| &mut t.blocked_for)),
    ("blocked-requesters", Count(|t| &mut t.blocked_requesters)),
    ("retry-pause", Duration(|t| &mut t.retry_pause)),
    ("retries", Count(|t| &mut t.retries)),
    ("mass-delete", Count(|t| &mut t.mass_delete)),
    ("mass-delete-within", Duration(|t| &mut t.mass_delete_within)),
    ("creation-overlap", Duration(|t| &mut t.creation_overlap)),
    ("two-products-within", Duration(|t| &mut t.two_products_within)),
    ("restore-chain-open", Duration(|t| &mut t.restore_chain_open)),
];

/// What a threshold is, with its default; durations in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A duration.
    Duration(f64),
    /// A whole number above zero.
    Count(usize),
    /// A share above 0 and up to 1.
    Share(f64),
}

/// Every threshold by its name.
pub fn kinds() -> Vec<(&'static str, Kind)> {
    let mut defaults = Thresholds::default();
    let mut kind = |field: &Field| match field {
        Duration(place) => Kind::Duration(place(&mut defaults).as_seconds_f64()),
        Count(place) => Kind::Count(*place(&mut defaults)),
        Share(place) => Kind::Share(*place(&mut defaults)),
    };
    FIELDS.iter().map(|(name, field)| (*name, kind(field))).collect()
}

/// Sets what the file sets.
pub fn read(root: &Table<'_>, thresholds: &mut Thresholds, mistakes: &mut Mistakes<'_>) {
    let Some((entries, span)) = root.table("thresholds", mistakes) else { return };
    let known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    let table = Table::new(entries, span, &known, mistakes);
    for (name, field) in FIELDS {
        match field {
            Duration(place) => {
                if let Some(value) = table.duration(name, mistakes) {
                    *place(thresholds) = value;
                }
            }
            Count(place) => {
                let above_zero =
                    |value: &_| reader::count(value).and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
                if let Some(value) = table.read(name, "a whole number above zero", mistakes, above_zero) {
                    *place(thresholds) = value;
                }
            }
            Share(place) => {
                let share = |value: &_| reader::number(value).filter(|n| *n > 0.0 && *n <= 1.0);
                if let Some(value) = table.read(name, "a share above 0 and up to 1", mistakes, share) {
                    *place(thresholds) = value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threshold_can_be_set() {
        let debug = format!("{:#?}", Thresholds::default());
        let fields = debug.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        let mut names: Vec<String> =
            fields.filter_map(|line| Some(line.trim().split_once(':')?.0.replace('_', "-"))).collect();
        let mut known: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
        names.sort();
        known.sort_unstable();
        assert_eq!(known, names);
    }
}
