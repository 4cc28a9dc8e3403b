//! The timeline of a set: a lane per actor, phases as bars, limits as lines.
//!
//! It opens on the same window as the chart of the text report. What lies outside is there as well, and is reached by
//! zooming out. Steps that overlap within a lane lie below one another.

use super::{element, percent, round_up, title};
use crate::html::markup::{Html, escape};
use crate::text::gantt;
use crate::text::page::{Page, cut};
use crate::text::timeline::{percent as share, took, went_wrong};
use crate::text::units::{duration, limit, millis};
use vsscope_model::{Participation, Phase, PhaseActor, SnapshotSet, Timestamp, WriterRun};

/// Height of a bar and of its row, of the axis, and the room around a lane, in px.
const BAR: usize = 13;
const ROW: usize = 16;
const AXIS: usize = 20;
const PAD: usize = 4;
/// The share of the window that a step without length takes when rows are given out, in percent.
const POINT: f64 = 0.6;
/// A plot is about so wide, and a letter at most, in px: bars without room for their name do not show it. The page's script
/// knows better.
const USUAL: f64 = 1000.0;
const LETTER: f64 = 6.2;
/// Columns of a lane's name.
const NAME: usize = 22;

/// A drawn timeline.
pub(in crate::html) struct Chart {
    /// Names of the lanes and the plot beside them.
    pub(in crate::html) svg: Html,
    /// The plot's window: where it begins after the set's start, and how long it is, in ms.
    pub(in crate::html) from_ms: f64,
    pub(in crate::html) ms: f64,
    /// First and last percent that hold something.
    pub(in crate::html) extent: (f64, f64),
    /// Steps that have no bar.
    pub(in crate::html) without: usize,
}

/// One bar.
struct Bar<'a> {
    phase: &'a Phase,
    holds: bool,
    from: f64,
    to: f64,
    row: usize,
}

struct Lane<'a> {
    name: String,
    class: &'static str,
    failed: bool,
    bars: Vec<Bar<'a>>,
    rows: usize,
}

/// Where times are in percent of the window.
#[derive(Clone, Copy)]
struct Scale {
    from: Timestamp,
    ms: f64,
    last: f64,
}

impl Scale {
    fn at(self, time: Timestamp) -> f64 {
        millis(self.from, time) / self.ms * 100.0
    }
}

/// The chart; absent where no phase has a time that can be drawn.
pub(in crate::html) fn timeline(set: &SnapshotSet, page: &Page) -> Option<Chart> {
    let (set, without) = gantt::measured(set, page);
    let (from, ms, _) = gantt::window(&set)?;
    let edges = || {
        let all = set.phases.iter().chain(set.writers.iter().flat_map(|writer| &writer.phases));
        all.flat_map(|phase| [phase.started, phase.ended])
            .flatten()
            .map(|time| millis(from, time) / ms * 100.0)
    };
    let extent = (edges().fold(0.0, f64::min), edges().fold(100.0, f64::max));
    let lanes = lanes(&set, page, Scale { from, ms, last: extent.1 });
    if lanes.is_empty() {
        return None;
    }
    let height = AXIS + lanes.iter().map(|lane| lane.rows * ROW + 2 * PAD).sum::<usize>();
    let from_ms = millis(set.started, from);
    let svg = Html::ours(names(&lanes, height) + &plot(&lanes, height, Window { from_ms, ms }, page, &set));
    Some(Chart { svg, from_ms, ms, extent, without })
}

/// Requester, service, writers, provider, volsnap; actors that did nothing have no lane.
fn lanes<'a>(set: &'a SnapshotSet, page: &Page, scale: Scale) -> Vec<Lane<'a>> {
    let of = |actor: PhaseActor, class: &'static str| {
        let phases: Vec<&Phase> = set.phases.iter().filter(|phase| phase.actor == actor).collect();
        lane(actor.as_str().to_owned(), class, false, &phases, &set.phases, scale)
    };
    let writer = |writer: &'a WriterRun| {
        let failed = writer.hresult.is_some_and(|code| code.is_failure())
            || writer.state.is_some_and(|state| state.failed_at().is_some());
        let phases: Vec<&Phase> = writer.phases.iter().collect();
        lane(page.options.clean(&writer.name), "w", failed, &phases, &writer.phases, scale)
    };
    let took_part = set.writers.iter().filter(|writer| writer.participation == Participation::Involved);
    let mut lanes = vec![of(PhaseActor::Requester, "q"), of(PhaseActor::Service, "s")];
    lanes.push(of(PhaseActor::Writer, "w"));
    lanes.extend(took_part.map(writer));
    lanes.extend([of(PhaseActor::Provider, "p"), of(PhaseActor::Volsnap, "v")]);
    lanes.retain(|lane| !lane.bars.is_empty());
    lanes
}

fn lane<'a>(
    name: String,
    class: &'static str,
    failed: bool,
    phases: &[&'a Phase],
    all: &[Phase],
    scale: Scale,
) -> Lane<'a> {
    let bar = |phase: &&'a Phase| {
        let (from, to) = match (phase.started, phase.ended) {
            (Some(start), Some(end)) => (scale.at(start), scale.at(end)),
            (Some(start), None) => (scale.at(start), scale.last),
            // How long before its end it began is not known: a stub.
            (None, Some(end)) => (scale.at(end) - POINT * 2.0, scale.at(end)),
            (None, None) => return None,
        };
        let holds = phase.name == Phase::FREEZE_WINDOW
            || all.iter().any(|other| other.parent.as_deref() == Some(&phase.name));
        Some(Bar { phase, holds, from, to: to.max(from), row: 0 })
    };
    let mut bars: Vec<Bar> = phases.iter().filter_map(bar).collect();
    bars.sort_by(|a, b| a.from.total_cmp(&b.from).then(b.to.total_cmp(&a.to)));
    let mut ends: Vec<f64> = Vec::new();
    for bar in &mut bars {
        let free = ends.iter().position(|end| *end <= bar.from + 1e-6);
        bar.row = free.unwrap_or(ends.len());
        let end = bar.to.max(bar.from + POINT);
        match ends.get_mut(bar.row) {
            Some(last) => *last = end,
            None => ends.push(end),
        }
    }
    let failed = failed || bars.iter().any(|bar| went_wrong(bar.phase));
    Lane { name, class, failed, bars, rows: ends.len() }
}

/// The names of the lanes.
fn names(lanes: &[Lane], height: usize) -> String {
    let mut y = AXIS;
    let mut drawn = String::new();
    for lane in lanes {
        let sign = if lane.failed { "✕ " } else { "" };
        let name = format!("{sign}{}", cut(&lane.name, NAME, "…"));
        let class = if lane.failed { "bad" } else { "" };
        let at = (y + PAD + BAR - 2).to_string();
        let text = title(&lane.name) + &escape(&name);
        drawn.push_str(&element("text", &[("class", class), ("x", "0"), ("y", &at)], &text));
        y += lane.rows * ROW + 2 * PAD;
    }
    element("svg", &[("class", "names"), ("height", &height.to_string()), ("aria-hidden", "true")], &drawn)
}

#[derive(Clone, Copy)]
struct Window {
    from_ms: f64,
    ms: f64,
}

fn plot(lanes: &[Lane], height: usize, window: Window, page: &Page, set: &SnapshotSet) -> String {
    let name = format!("Timeline of the set: {} in {}", page.options.clean(&set.id), duration(window.ms));
    let words = "Each lane is an actor, each bar a step. The table below has the same steps.";
    let mut drawn = format!("{}<desc>{words}</desc>", title(&name));
    let mut y = AXIS;
    for (at, lane) in lanes.iter().enumerate() {
        let tall = lane.rows * ROW + 2 * PAD;
        if at % 2 == 0 {
            let (top, tall) = (y.to_string(), tall.to_string());
            let stripe = [("class", "stripe"), ("y", &*top), ("width", "100%"), ("height", &*tall)];
            drawn.push_str(&element("rect", &stripe, ""));
        }
        y += tall;
    }
    drawn.push_str(&element("g", &[("class", "axis")], &ticks(window, height)));
    let mut y = AXIS;
    for lane in lanes {
        let bars =
            lane.bars.iter().map(|bar| draw(bar, lane.class, y + PAD + bar.row * ROW, window.ms, page));
        drawn.extend(bars);
        y += lane.rows * ROW + 2 * PAD;
    }
    element("svg", &[("class", "plot"), ("height", &height.to_string()), ("role", "img")], &drawn)
}

/// Round times after the start of the set.
fn ticks(window: Window, height: usize) -> String {
    let step = round_up(window.ms / 6.0);
    let first = (window.from_ms / step).ceil() * step;
    let marks = (0..20u32).map(|n| first + f64::from(n) * step);
    let drawn = marks.take_while(|&ms| ms <= window.from_ms + window.ms).map(|ms| {
        let x = percent((ms - window.from_ms) / window.ms * 100.0);
        let end = height.to_string();
        element("line", &[("x1", &x), ("x2", &x), ("y1", "14"), ("y2", &end)], "")
            + &element("text", &[("x", &x), ("y", "11")], &escape(&after(ms)))
    });
    drawn.collect()
}

/// A time after the start of the set, as the page's script writes it too.
fn after(ms: f64) -> String {
    let sign = if ms < 0.0 { "-" } else { "+" };
    let ms = ms.abs();
    let number = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match ms {
        _ if ms < 1000.0 => format!("{sign}{} ms", number(ms)),
        _ if ms < 120_000.0 => format!("{sign}{} s", number(ms / 1000.0)),
        _ if ms < 7_200_000.0 => format!("{sign}{} min", number(ms / 60_000.0)),
        _ => format!("{sign}{} h", number(ms / 3_600_000.0)),
    }
}

fn draw(bar: &Bar, lane: &str, y: usize, ms: f64, page: &Page) -> String {
    let phase = bar.phase;
    let over = share(phase).is_some_and(|percent| percent >= 100);
    let wrong = went_wrong(phase);
    let open = phase.started.is_none() || phase.ended.is_none();
    let name = page.options.clean(&phase.name);
    let classes = [
        Some("bar"),
        Some(lane),
        bar.holds.then_some("holds"),
        open.then_some("open"),
        (wrong || over).then_some("bad"),
    ];
    let classes = classes.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (x, width) = (percent(bar.from), percent(bar.to - bar.from));
    let top = y.to_string();
    let mut drawn = title(&words(phase, &name, page));
    if bar.to > bar.from {
        drawn.push_str(&element("rect", &[("x", &x), ("y", &top), ("width", &width)], ""));
        let room = (bar.to - bar.from) * USUAL / 100.0;
        let class = if room < name.chars().count() as f64 * LETTER + LETTER { "t thin" } else { "t" };
        let foot = (y + BAR - 3).to_string();
        drawn.push_str(&element("text", &[("class", class), ("x", &x), ("y", &foot)], &escape(&name)));
    } else {
        drawn.push_str(&line("point", &x, y, y + BAR));
    }
    let end = phase.limit_ms.filter(|_| phase.started.is_some()).map(|most| bar.from + most / ms * 100.0);
    if let Some(end) = end {
        if over && end < bar.to {
            let (x, width) = (percent(end), percent(bar.to - end));
            let place = [("class", "over"), ("x", &*x), ("y", &*top), ("width", &*width)];
            drawn.push_str(&element("rect", &place, ""));
        }
        drawn.push_str(&line("limit", &percent(end), y.saturating_sub(2), y + BAR + 2));
    }
    if wrong {
        let at = (y + BAR - 2).to_string();
        drawn.push_str(&element("text", &[("class", "cross"), ("x", &percent(bar.to)), ("y", &at)], "✕"));
    }
    element("g", &[("class", &classes)], &drawn)
}

fn line(class: &str, x: &str, from: usize, to: usize) -> String {
    let (from, to) = (from.to_string(), to.to_string());
    element("line", &[("class", class), ("x1", x), ("x2", x), ("y1", &from), ("y2", &to)], "")
}

/// What a bar says when it is pointed at: name, duration, limit, result. The page's script
/// adds when it was.
fn words(phase: &Phase, name: &str, page: &Page) -> String {
    let clean = |text: &str| page.options.clean(text);
    let missing = match (phase.started, phase.ended) {
        (Some(_), None) => Some("end not seen".to_owned()),
        (None, Some(_)) => Some("start not seen".to_owned()),
        _ => Some(took(phase)).filter(|took| !took.is_empty()),
    };
    let parts = [
        missing,
        phase.limit_ms.map(|most| match share(phase) {
            Some(percent) => format!("{percent}% of {}", limit(most)),
            None => format!("limit {}", limit(most)),
        }),
        phase.result.as_deref().map(|result| format!("result {}", clean(result))),
        phase.note.as_deref().map(clean),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{name}: {}", parts.join(", ")).replace(crate::text::style::HARD_BLANK, " ")
}
