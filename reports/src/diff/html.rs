//! A comparison as one page that opens in a browser without a network.

use super::words;
use crate::text::{safe, stamp};
use askama::Template;
use chrono_tz::Tz;
use vsscope_model::{Change, Diff, DiffSet, LoneSet, Turn};

/// The comparison as a page of its own.
pub fn html(diff: &Diff, tz: Tz) -> String {
    let page = Page {
        verdict: safe(&words::verdict(diff)),
        sides: [("good", &diff.good), ("bad", &diff.bad)]
            .map(|(name, side)| [name.to_owned(), safe(&side.named), words::side(side)]),
        parts: parts(diff, tz),
        lone: [("good", &diff.only_good), ("bad", &diff.only_bad)]
            .into_iter()
            .flat_map(|(name, sets)| sets.iter().map(move |lone| lone_set(name, lone, tz)))
            .collect(),
        tool: format!("{} {}", diff.tool.name, diff.tool.version),
    };
    // Fails only where a value of the template does; strings do not.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "diff.html")]
struct Page {
    verdict: String,
    sides: [[String; 3]; 2],
    parts: Vec<Part>,
    lone: Vec<[String; 3]>,
    tool: String,
}

/// A table of changes below its heading.
struct Part {
    heading: String,
    sets: Vec<[String; 2]>,
    paired_by: &'static str,
    told: Vec<Row>,
    unseen: Vec<Row>,
}

struct Row {
    class: &'static str,
    cells: [String; 4],
}

fn parts(diff: &Diff, tz: Tz) -> Vec<Part> {
    let pairs = diff.pairs.iter().map(|pair| Part {
        heading: format!("Set {}", safe(&pair.bad.id)),
        sets: vec![["good".to_owned(), set(&pair.good, tz)], ["bad".to_owned(), set(&pair.bad, tz)]],
        paired_by: words::paired_by(pair),
        ..Part::of(&pair.changes)
    });
    let outside = (!diff.changes.is_empty())
        .then(|| Part { heading: "Outside of these sets".to_owned(), ..Part::of(&diff.changes) });
    pairs.chain(outside).collect()
}

impl Part {
    fn of(changes: &[Change]) -> Self {
        let (told, unseen) = words::split(changes);
        let rows = |changes: Vec<&Change>| changes.into_iter().map(row).collect();
        Part {
            heading: String::new(),
            sets: Vec::new(),
            paired_by: "",
            told: rows(told),
            unseen: rows(unseen),
        }
    }
}

fn row(change: &Change) -> Row {
    Row {
        class: match change.turn {
            Turn::Worse => "worse",
            Turn::Better => "better",
            Turn::Neutral => "neutral",
        },
        cells: [
            words::what(change),
            words::value(change.good.as_ref(), change.good_ms),
            words::value(change.bad.as_ref(), change.bad_ms),
            words::how(change),
        ]
        .map(|cell| safe(&cell)),
    }
}

fn set(set: &DiffSet, tz: Tz) -> String {
    let time = set.started.map(|time| format!("{}, ", stamp(time, tz))).unwrap_or_default();
    safe(&format!("{time}{} ({})", words::set(set), set.id))
}

fn lone_set(side: &str, lone: &LoneSet, tz: Tz) -> [String; 3] {
    [side.to_owned(), set(&lone.set, tz), words::lone(lone.reason).to_owned()]
}
