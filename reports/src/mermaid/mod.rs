//! Snapshot sets as Mermaid diagrams, for those who paste into wikis.
//!
//! A file holds one diagram, and viewers refuse one of more than 50,000 characters: where the sets are many, those that did
//! not end well are drawn before the others, and a comment says what was left out.

mod escape;
mod gantt;
mod sequence;

use crate::ReportOptions;
use crate::text::TextOptions;
use crate::text::analyze::sets_to_show;
use crate::text::page::Page;
use crate::text::units::count;
use vsscope_model::{Analysis, SnapshotSet};

/// Characters of all sets together; Mermaid's own limit (`maxTextSize`) is 50,000.
const ROOM: usize = 45_000;

/// The phases of the sets along time: of one set in sections by actor, of several in a section each.
pub fn gantt(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let text = text_options(options);
    let page = Page::about(analysis, &text);
    let one = analysis.sets.len() == 1;
    let drawn: Vec<(&SnapshotSet, String)> = sets_to_show(&analysis.sets, false)
        .into_iter()
        .map(|set| (set, if one { gantt::actors(set, &page) } else { gantt::section(set, &page) }))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let (shown, comments) = fitting(analysis, drawn);
    let head = match analysis.sets.first().filter(|_| one) {
        Some(set) => gantt::head_of_one(set, &page),
        None => gantt::head_of_several(),
    };
    let body = if shown.is_empty() { gantt::nothing(text.without_sets()) } else { shown };
    format!("{head}{comments}{body}")
}

/// Who calls whom in the sets, in the order of time.
pub fn sequence(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let text = text_options(options);
    let page = Page::about(analysis, &text);
    let mut cast = sequence::Cast::default();
    let drawn: Vec<(&SnapshotSet, String)> = sets_to_show(&analysis.sets, false)
        .into_iter()
        .map(|set| (set, sequence::scene(set, analysis, &page, &mut cast)))
        .collect();
    let (shown, comments) = fitting(analysis, drawn);
    let body = if shown.is_empty() { sequence::nothing(text.without_sets()) } else { shown };
    format!("sequenceDiagram\n{comments}{}{body}", cast.participants())
}

fn text_options(options: &ReportOptions<'_>) -> TextOptions {
    TextOptions { tz: options.tz, left_out: options.left_out, ..TextOptions::default() }
}

/// The sets that fit into a diagram, in the order of time, and the comments about the others.
fn fitting(analysis: &Analysis, drawn: Vec<(&SnapshotSet, String)>) -> (String, String) {
    // The newest of the sets that did not end well, then the newest of the others.
    let mut order: Vec<usize> = (0..drawn.len()).rev().collect();
    order.sort_by_key(|at| drawn.get(*at).is_some_and(|(set, _)| !set.outcome.is_bad()));
    let mut room = ROOM;
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        let Some((_, text)) = drawn.get(at) else { continue };
        if let Some(rest) = room.checked_sub(text.chars().count()) {
            room = rest;
            kept.push(at);
        }
    }
    kept.sort_unstable();
    let left_out = analysis.sets.len() - kept.len();
    let comment = match left_out {
        0 => String::new(),
        number => format!(
            "%% {} not drawn here. vsscope timeline --set ID -f mermaid draws one of them\n",
            if number == 1 { "1 set is".to_owned() } else { format!("{} are", count(number, "set")) }
        ),
    };
    (kept.into_iter().filter_map(|at| drawn.get(at)).map(|(_, text)| text.as_str()).collect(), comment)
}
