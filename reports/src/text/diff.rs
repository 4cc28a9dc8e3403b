//! A comparison of two runs for a terminal.

use super::page::{Page, cut};
use super::style::Style;
use super::table::{Grid, Kind};
use super::{TextOptions, clock::Reading};
use crate::diff::words;
use vsscope_model::{Change, Diff, DiffSet, LoneSet, Severity, Turn};

/// How many changes that only one side's evidence tells of are shown where brevity is wanted, and how many lone sets.
const SHOWN: usize = 6;

/// From this width on the last column keeps its width.
const ROOMY: usize = 100;

/// The comparison.
pub fn diff(diff: &Diff, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let verdict = words::verdict(diff);
    let style = match (diff.is_worse(Severity::Error), diff.all().any(|c| c.turn == Turn::Worse)) {
        (true, _) => Style::Error,
        (false, true) => Style::Warning,
        (false, false) => Style::Good,
    };
    page.paragraph(0, &page.style(style, &verdict));
    page.gap();
    for (name, side) in [("Good", &diff.good), ("Bad", &diff.bad)] {
        page.hanging(name, 2, 8, &format!("{} ({})", options.clean(&side.named), words::side(side)));
    }
    for pair in &diff.pairs {
        // The rule of a heading takes four columns.
        let room = options.columns().saturating_sub(4);
        let id = format!("Set {}", options.clean(&pair.bad.id));
        page.heading(&cut(&id, room, options.either("…", "...")));
        for (name, set) in [("Good", &pair.good), ("Bad", &pair.bad)] {
            page.hanging(name, 2, 8, &described(set, options));
        }
        page.hanging("Why", 2, 8, words::paired_by(pair));
        page.gap();
        changes(&mut page, &pair.changes);
    }
    if !diff.changes.is_empty() {
        page.heading("Outside of these sets");
        changes(&mut page, &diff.changes);
    }
    lone(&mut page, "good", &diff.only_good);
    lone(&mut page, "bad", &diff.only_bad);
    page.finish()
}

fn described(set: &DiffSet, options: &TextOptions) -> String {
    let time = set.started.map(|time| format!("{}, ", options.second(time, Reading::Instant)));
    format!("{}{} ({})", time.unwrap_or_default(), options.clean(&words::set(set)), options.clean(&set.id))
}

fn changes(page: &mut Page, changes: &[Change]) {
    if changes.is_empty() {
        return page.paragraph(2, "Nothing differs.");
    }
    let (told, unseen) = words::split(changes);
    if !told.is_empty() {
        page.table(2, &grid(page, &told));
    }
    if unseen.is_empty() {
        return;
    }
    page.gap();
    page.paragraph(2, "Told by the evidence of one side only; whether the other differs is not known:");
    let shown = if page.options.verbose { unseen.len() } else { SHOWN.min(unseen.len()) };
    let (shown, folded) = unseen.split_at(shown);
    page.table(2, &grid(page, shown));
    if !folded.is_empty() {
        page.paragraph(2, &format!("and {} more (--verbose shows them)", folded.len()));
    }
}

fn grid(page: &Page, changes: &[&Change]) -> Grid {
    // What a change means is not broken over lines where there is room for the rest.
    let how = if page.options.columns() >= ROOMY { Kind::Rigid } else { Kind::Flexible };
    let kinds = [Kind::Flexible, Kind::Flexible, Kind::Flexible, how];
    let heads = ["What", "Good", "Bad", "Change"];
    let columns: Vec<(&str, Kind)> = heads.into_iter().zip(kinds).collect();
    let mut grid = Grid::new(&columns);
    for change in changes {
        let style = match change.turn {
            Turn::Worse => Some(Style::Error),
            Turn::Better => Some(Style::Good),
            Turn::Neutral => None,
        };
        let how = words::how(change);
        let clean = |text: String| page.options.clean(&text);
        grid.row(vec![
            clean(words::what(change)),
            clean(words::value(change.good.as_ref(), change.good_ms)),
            clean(words::value(change.bad.as_ref(), change.bad_ms)),
            style.map_or_else(|| how.clone(), |style| page.style(style, &how)),
        ]);
    }
    grid
}

/// Sets that were compared with none: by reason, the newest last.
fn lone(page: &mut Page, side: &str, sets: &[LoneSet]) {
    if sets.is_empty() {
        return;
    }
    page.heading(&format!("Not compared: {} of the {side} side", sets.len()));
    let shown = if page.options.verbose { sets.len() } else { SHOWN.min(sets.len()) };
    let (shown, folded) = sets.split_at(shown);
    for lone in shown {
        let text = format!("{}: {}", described(&lone.set, page.options), words::lone(lone.reason));
        page.hanging(page.options.either("•", "-"), 2, 4, &text);
    }
    if !folded.is_empty() {
        page.paragraph(4, &format!("and {} more (--verbose shows them)", folded.len()));
    }
}
