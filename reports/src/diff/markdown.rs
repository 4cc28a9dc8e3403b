//! A comparison for a ticket. Everything that a log wrote is escaped: it can be no markup.

use super::words;
use crate::markdown::escape::prose;
use crate::text::{safe, stamp};
use chrono_tz::Tz;
use vsscope_model::{Change, Diff, DiffSet, LoneSet};

/// The comparison as Markdown (GitHub's, for its tables).
pub fn markdown(diff: &Diff, tz: Tz) -> String {
    let mut page = format!("# Comparison of two runs\n\n{}\n\n", escaped(&words::verdict(diff)));
    page.push_str("| side | what | holds |\n|---|---|---|\n");
    for (name, side) in [("good", &diff.good), ("bad", &diff.bad)] {
        page.push_str(&format!("| {name} | {} | {} |\n", escaped(&side.named), escaped(&words::side(side))));
    }
    for pair in &diff.pairs {
        page.push_str(&format!("\n## Set {}\n\n", escaped(&pair.bad.id)));
        page.push_str(&format!("Compared as {}.\n\n", escaped(words::paired_by(pair))));
        page.push_str(&format!("- good: {}\n- bad: {}\n\n", set(&pair.good, tz), set(&pair.bad, tz)));
        page.push_str(&changes(&pair.changes));
    }
    if !diff.changes.is_empty() {
        page.push_str("\n## Outside of these sets\n\n");
        page.push_str(&changes(&diff.changes));
    }
    for (name, sets) in [("good", &diff.only_good), ("bad", &diff.only_bad)] {
        if !sets.is_empty() {
            page.push_str(&format!("\n## Not compared: {name} side\n\n"));
            sets.iter().for_each(|lone| page.push_str(&lone_set(lone, tz)));
        }
    }
    page
}

fn lone_set(lone: &LoneSet, tz: Tz) -> String {
    format!("- {}: {}\n", set(&lone.set, tz), words::lone(lone.reason))
}

fn set(set: &DiffSet, tz: Tz) -> String {
    let time = set.started.map(|time| format!("{}, ", stamp(time, tz))).unwrap_or_default();
    escaped(&format!("{time}{} ({})", words::set(set), set.id))
}

fn changes(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "Nothing differs.\n".to_owned();
    }
    let (told, unseen) = words::split(changes);
    let mut table = "| what | good | bad | change |\n|---|---|---|---|\n".to_owned();
    for change in told.into_iter().chain(unseen) {
        let cells = [
            words::what(change),
            words::value(change.good.as_ref(), change.good_ms),
            words::value(change.bad.as_ref(), change.bad_ms),
            words::how(change),
        ];
        table.push_str(&format!("| {} |\n", cells.map(|cell| escaped(&cell)).join(" | ")));
    }
    table
}

/// Text without any meaning to Markdown, on one line. A lone `-` says that there is nothing, and would be a list.
fn escaped(text: &str) -> String {
    if text == "-" { "–".to_owned() } else { prose(&safe(text)) }
}
