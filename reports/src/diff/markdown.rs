//! A comparison for a ticket. Everything that a log wrote is escaped: it can be no markup.

use super::words;
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

/// Text without any meaning to Markdown, on one line: words that could mean something (markup, addresses, `@names`, `#numbers`,
/// `:emoji:`) are code, in which nothing means anything. CommonMark 2.4 and 6.1; GFM 4.10 (cells), 6.9 (autolinks).
fn escaped(text: &str) -> String {
    let text = safe(text);
    let words = text.split(' ').map(|word| if is_plain(word) { word.to_owned() } else { code(word) });
    words.collect::<Vec<_>>().join(" ")
}

fn is_plain(word: &str) -> bool {
    let is_harmless = |c: char| {
        c.is_ascii_alphanumeric()
            || !c.is_ascii()
            || matches!(c, '-' | '+' | '.' | ',' | ':' | ';' | '(' | ')' | '%' | '/')
    };
    word.chars().all(is_harmless)
        && !word.contains("//")
        && word.matches(':').count() < 3
        && !word.starts_with([':', '/'])
        && !word.to_ascii_lowercase().contains("www.")
}

/// A word as code. A bar would end a cell and stands outside of the code, as an entity.
fn code(word: &str) -> String {
    let part = |part: &str| {
        let runs = part.split(|c| c != '`').map(str::len);
        let fence = "`".repeat(runs.max().unwrap_or(0) + 1);
        let pad = if part.starts_with('`') || part.ends_with('`') { " " } else { "" };
        if part.is_empty() { String::new() } else { format!("{fence}{pad}{part}{pad}{fence}") }
    };
    word.split('|').map(part).collect::<Vec<_>>().join("&#124;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mean_something_is_code() {
        for (text, expected) in [
            (
                "slower by 1.250 s, at 2026-03-03 02:15:00 +01:00",
                "slower by 1.250 s, at 2026-03-03 02:15:00 +01:00",
            ),
            ("a|b VSS_E_BAD", "`a`&#124;`b` `VSS_E_BAD`"),
            ("@me #12 :fire: http://x www.x.y [a](b)", "`@me` `#12` `:fire:` `http://x` `www.x.y` `[a](b)`"),
            ("`x` ``", "`` `x` `` ``` `` ```"),
        ] {
            assert_eq!(escaped(text), expected);
        }
    }
}
