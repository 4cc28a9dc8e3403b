//! All sets over time: a lane per outcome, a mark per set. Where there are many, marks that would lie on one another become
//! one bar, whose height says how many they are.

use super::{element, percent, title};
use crate::html::markup::Html;
use crate::text::page::Page;
use crate::text::style::HARD_BLANK;
use crate::text::units::{count, millis};
use std::collections::BTreeMap;
use vsscope_model::{Outcome, SnapshotSet, Timestamp};

const LANE: usize = 26;
const AXIS: usize = 20;
/// More sets than this are drawn as bars over so many steps of time.
const SINGLE: usize = 300;
const STEPS: f64 = 160.0;
/// From worst to best.
const LANES: [Outcome; 6] = [
    Outcome::Failed,
    Outcome::Aborted,
    Outcome::Incomplete,
    Outcome::Unknown,
    Outcome::Created,
    Outcome::Completed,
];

/// The chart of sets and their anchors; absent where fewer than two have comparable times.
pub(in crate::html) fn overview(sets: &[(&SnapshotSet, &str)], page: &Page) -> Option<Html> {
    let first = sets.iter().map(|(set, _)| set.started).find(|time| page.reading(*time).measures())?;
    let clock = page.reading(first);
    let drawn: Vec<_> = sets.iter().filter(|(set, _)| page.reading(set.started) == clock).collect();
    let from = drawn.iter().map(|(set, _)| set.started).min()?;
    let to = drawn.iter().map(|(set, _)| set.started).max()?;
    let whole = millis(from, to);
    if drawn.len() < 2 || whole <= 0.0 {
        return None;
    }
    // A margin keeps the first and the last mark in the picture.
    let at = |time: Timestamp| 1.0 + millis(from, time) / whole * 98.0;
    let lanes: Vec<Outcome> =
        LANES.into_iter().filter(|lane| drawn.iter().any(|(set, _)| set.outcome == *lane)).collect();
    let height = AXIS + lanes.len() * LANE;
    let mut names = String::new();
    let words = format!("{} by start and outcome", count(drawn.len(), "snapshot set"));
    let mut plot = title(&words) + "<desc>The table below lists the same sets.</desc>";
    for (number, lane) in lanes.iter().enumerate() {
        let top = number * LANE;
        let own: Vec<_> = drawn.iter().filter(|(set, _)| set.outcome == *lane).collect();
        let y = (top + LANE - 9).to_string();
        names.push_str(&element(
            "text",
            &[("x", "0"), ("y", &y)],
            &format!("{} {}", lane.as_str(), own.len()),
        ));
        let line = (top + LANE - 4).to_string();
        let base = [("class", "base"), ("x1", "0"), ("x2", "100%"), ("y1", &*line), ("y2", &*line)];
        plot.push_str(&element("line", &base, ""));
        let marks: String = match drawn.len() > SINGLE {
            true => bars(&own, *lane, top, at),
            false => own.iter().map(|(set, anchor)| mark(set, anchor, at(set.started), top, page)).collect(),
        };
        plot.push_str(&element("g", &[("class", lane.as_str())], &marks));
    }
    plot.push_str(&ends(from, to, height, page));
    let tall = height.to_string();
    let names = element("svg", &[("class", "names"), ("height", &tall), ("aria-hidden", "true")], &names);
    let role = if drawn.len() > SINGLE { "img" } else { "group" };
    let attributes = [("class", "all"), ("height", &*tall), ("role", role), ("aria-label", &*words)];
    let plot = element("svg", &attributes, &plot);
    Some(Html::ours(names + &plot))
}

/// A mark that leads to its set.
fn mark(set: &SnapshotSet, anchor: &str, x: f64, top: usize, page: &Page) -> String {
    let words = format!("{}, {}", page.second(set.started), set.outcome.as_str()).replace(HARD_BLANK, " ");
    let (x, y) = (percent(x), (top + 12).to_string());
    let inner = title(&words) + &element("circle", &[("cx", &x), ("cy", &y), ("r", "6")], "");
    element("a", &[("href", &format!("#{anchor}")), ("aria-label", &words)], &inner)
}

/// How many sets each step of time has.
fn bars(sets: &[&&(&SnapshotSet, &str)], lane: Outcome, top: usize, at: impl Fn(Timestamp) -> f64) -> String {
    let mut steps: BTreeMap<u32, usize> = BTreeMap::new();
    for (set, _) in sets.iter().map(|set| **set) {
        *steps.entry((at(set.started) / 100.0 * STEPS) as u32).or_default() += 1;
    }
    let most = steps.values().copied().max().unwrap_or(1);
    let bar = |(step, number): (&u32, &usize)| {
        let tall = (number * 20).div_ceil(most).max(3);
        let (x, width) = (percent(f64::from(*step) * 100.0 / STEPS), percent(80.0 / STEPS));
        let (y, tall) = ((top + LANE - 4 - tall).to_string(), tall.to_string());
        let place = [("x", &*x), ("y", &*y), ("width", &*width), ("height", &*tall)];
        element("rect", &place, &title(&format!("{number} {}", lane.as_str())))
    };
    steps.iter().map(bar).collect()
}

fn ends(from: Timestamp, to: Timestamp, height: usize, page: &Page) -> String {
    let y = (height - 5).to_string();
    let words = |time| page.second(time).replace(HARD_BLANK, " ");
    let start = element("text", &[("class", "first"), ("x", "0"), ("y", &y)], &words(from));
    start + &element("text", &[("class", "last"), ("x", "100%"), ("y", &y)], &words(to))
}
