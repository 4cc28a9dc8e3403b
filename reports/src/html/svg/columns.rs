//! Small charts of the statistics: outcomes by day, how long writers were frozen.

use super::{element, percent, title};
use crate::html::markup::Html;
use crate::text::page::Page;
use crate::text::statistics::length_of;
use crate::text::style::HARD_BLANK;
use crate::text::units::count;
use vsscope_model::{DayStatistics, FreezeBucket, OutcomeCounts};

const HEIGHT: usize = 110;
const FOOT: usize = 18;

/// Outcomes by day, one column a day, the worst at the foot; absent where there are fewer than two days.
pub(in crate::html) fn days(days: &[DayStatistics]) -> Option<Html> {
    let dated: Vec<_> = days.iter().filter_map(|row| Some((row.day?, &row.counts))).collect();
    let (first, last) = (dated.first()?.0, dated.last()?.0);
    let span = (last - first).num_days() + 1;
    let most = dated.iter().map(|(_, counts)| counts.sets).max().filter(|most| *most > 0)?;
    if span < 2 {
        return None;
    }
    let width = 100.0 / span as f64;
    let mut drawn =
        title("Snapshot sets by day and outcome") + "<desc>The table below has the figures.</desc>";
    for (day, counts) in dated {
        let x = (day - first).num_days() as f64 * width;
        let words = title(&format!("{day}: {}", day_words(counts)));
        drawn.push_str(&element("g", &[], &(words + &column(counts, x, width, most))));
    }
    let foot = (HEIGHT + FOOT - 4).to_string();
    let first = element("text", &[("class", "first"), ("x", "0"), ("y", &foot)], &first.to_string());
    let last = element("text", &[("class", "last"), ("x", "100%"), ("y", &foot)], &last.to_string());
    Some(whole("columns", &(drawn + &first + &last)))
}

fn parts(counts: &OutcomeCounts) -> [(&'static str, usize); 5] {
    [
        ("failed", counts.failed),
        ("aborted", counts.aborted),
        ("unknown", counts.unknown),
        ("created", counts.created),
        ("completed", counts.completed),
    ]
}

fn day_words(counts: &OutcomeCounts) -> String {
    let words = parts(counts).into_iter().filter(|(_, number)| *number > 0);
    words.map(|(word, number)| format!("{number} {word}")).collect::<Vec<_>>().join(", ")
}

fn column(counts: &OutcomeCounts, x: f64, width: f64, most: usize) -> String {
    let mut below = 0;
    let mut drawn = String::new();
    for (class, number) in parts(counts).into_iter().filter(|(_, number)| *number > 0) {
        let foot = HEIGHT - below * HEIGHT / most;
        below += number;
        let top = (HEIGHT - below * HEIGHT / most).min(foot - 1);
        let (x, width) = (percent(x + width * 0.1), percent(width * 0.8));
        let (y, tall) = (top.to_string(), (foot - top).to_string());
        let place = [("class", class), ("x", &*x), ("y", &*y), ("width", &*width), ("height", &*tall)];
        drawn.push_str(&element("rect", &place, ""));
    }
    drawn
}

/// How many freeze windows lasted how long; absent where none was measured.
pub(in crate::html) fn freeze_times(buckets: &[FreezeBucket], page: &Page) -> Option<Html> {
    let most = buckets.iter().map(|bucket| bucket.windows).max().filter(|most| *most > 0)?;
    let width = 100.0 / buckets.len() as f64;
    let mut drawn =
        title("Freeze windows of writers by length") + "<desc>The table below has the figures.</desc>";
    for (at, bucket) in buckets.iter().enumerate() {
        let x = at as f64 * width;
        let tall = if bucket.windows == 0 { 0 } else { (bucket.windows * (HEIGHT - 14) / most).max(1) };
        let length = length_of(bucket, page.options).replace(HARD_BLANK, " ");
        let (left, wide) = (percent(x + width * 0.15), percent(width * 0.7));
        let (top, high) = ((HEIGHT - tall).to_string(), tall.to_string());
        // From a minute on, a writer is beyond the limit of VSS.
        let class = if bucket.from_ms >= 60_000 { "failed" } else { "freeze" };
        let place = [("class", class), ("x", &*left), ("y", &*top), ("width", &*wide), ("height", &*high)];
        let words = title(&format!("{length}: {}", count(bucket.windows, "freeze")));
        drawn.push_str(&element("rect", &place, &words));
        let middle = percent(x + width * 0.5);
        let (above, foot) = ((HEIGHT - tall - 3).to_string(), (HEIGHT + FOOT - 4).to_string());
        let label = |y: &str, text: &str| {
            element("text", &[("class", "mid"), ("x", &middle), ("y", y)], &crate::html::markup::escape(text))
        };
        drawn.push_str(&label(&above, &bucket.windows.to_string()));
        drawn.push_str(&label(&foot, &length));
    }
    Some(whole("columns", &drawn))
}

fn whole(class: &str, drawn: &str) -> Html {
    let height = (HEIGHT + FOOT).to_string();
    Html::ours(element("svg", &[("class", class), ("height", &height), ("role", "img")], drawn))
}
