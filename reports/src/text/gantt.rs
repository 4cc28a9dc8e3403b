//! The Gantt chart of a set: one row per phase, bars to scale.
//!
//! A copy that runs for hours between creation and BackupComplete would squeeze the creation into one column. Where that
//! is so, the scale is that of the creation, and what lies outside is named at the edge.

use super::TextOptions;
use super::page::{Page, cut, fit, wrap};
use super::style::Style;
use super::timeline::{depth, percent, took, went_wrong};
use super::units::{duration, limit, millis};
use unicode_width::UnicodeWidthStr;
use vsscope_model::{Participation, Phase, SnapshotSet, Timestamp};

/// How much longer than the creation the whole set may be before the scale is that of the creation alone.
const DWARFED: f64 = 2.0;
/// Bars need not be wider than this to be read.
const WIDEST_BAR: usize = 110;

/// What bars are drawn with.
struct Pen {
    bar: char,
    container: char,
    over: char,
    mark: char,
    limit: char,
    open: char,
    before: char,
    after: char,
    axis: char,
    tick: char,
    sign: &'static str,
}

const UTF8: Pen = Pen {
    bar: '█',
    container: '░',
    over: '▓',
    mark: '┃',
    limit: '┊',
    open: '»',
    before: '«',
    after: '»',
    axis: '─',
    tick: '┬',
    sign: "…",
};
const ASCII: Pen = Pen {
    bar: '#',
    container: '-',
    over: 'X',
    mark: '|',
    limit: ':',
    open: '>',
    before: '<',
    after: '>',
    axis: '-',
    tick: '+',
    sign: "..",
};

struct Row<'a> {
    label: String,
    phase: Option<&'a Phase>,
    container: bool,
}

/// The window of time that the bars are drawn over.
#[derive(Clone, Copy)]
struct Scale {
    from: Timestamp,
    ms: f64,
    columns: usize,
}

impl Scale {
    /// Position in columns; outside of the window where it is negative or above the number of columns.
    fn position(self, time: Timestamp) -> f64 {
        millis(self.from, time) / self.ms * self.columns as f64
    }

    fn column(self, time: Timestamp) -> usize {
        (self.position(time).floor().max(0.0) as usize).min(self.columns - 1)
    }
}

/// The lines of the chart; none where no phase has a time.
pub(super) fn chart(set: &SnapshotSet, page: &Page) -> Vec<String> {
    let options = page.options;
    let (set, timeless) = &measured(set, page);
    let without = left_out(*timeless, options.columns());
    let Some((from, ms, whole)) = window(set) else { return without };
    let rows = rows(set, options);
    let pen = options.either(UTF8, ASCII);
    let widest = |most: usize, texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0).min(most);
    let columns = options.columns();
    let label_width = widest(columns * 2 / 5, &mut rows.iter().map(|row| row.label.width()));
    let texts: Vec<String> =
        rows.iter().map(|row| row.phase.map(|p| words(p, set, from, ms)).unwrap_or_default()).collect();
    let text_width = widest(columns / 3, &mut texts.iter().map(|text| text.width()));
    let bars = columns.saturating_sub(label_width + text_width + 4).clamp(8, WIDEST_BAR);
    let scale = Scale { from, ms, columns: bars };

    let mut lines = vec![axis(label_width, scale), ticks(label_width, scale, &pen)];
    for (row, text) in rows.iter().zip(&texts) {
        let label = fit(&row.label, label_width, pen.sign);
        let bar = row.phase.map(|phase| bar(phase, row.container, scale, &pen, options)).unwrap_or_default();
        let text = cut(text, columns.saturating_sub(label_width + bars + 4), pen.sign);
        lines.push(format!("{label}  {bar}  {text}"));
    }
    lines.extend(legend(&pen, whole, columns));
    lines.extend(without);
    lines
}

/// The set without the phases that cannot be drawn to scale, and how many these are: those without times, or with times
/// of another clock than that of the set's start.
pub(crate) fn measured(set: &SnapshotSet, page: &Page) -> (SnapshotSet, usize) {
    let edges = |phase: &Phase| [phase.started, phase.ended];
    let all = set.phases.iter().chain(set.writers.iter().flat_map(|writer| &writer.phases));
    let start = std::iter::once(set.started)
        .chain(all.flat_map(edges).flatten())
        .find(|time| page.reading(*time).measures());
    let mut set = SnapshotSet { started: start.unwrap_or(set.started), ..set.clone() };
    let clock = page.reading(set.started);
    let mut left_out = 0;
    let mut sift = |phases: &mut Vec<Phase>| {
        let all = phases.len();
        let comparable = |time: Timestamp| clock.measures() && page.reading(time) == clock;
        phases.retain(|phase| edges(phase).into_iter().flatten().all(comparable));
        left_out += all - phases.len();
    };
    sift(&mut set.phases);
    set.writers.iter_mut().for_each(|writer| sift(&mut writer.phases));
    (set, left_out)
}

/// What is said of the steps that have no bar.
fn left_out(number: usize, columns: usize) -> Vec<String> {
    let words = match number {
        0 => return Vec::new(),
        1 => "1 step has no bar: it has no time, or one of another clock.".to_owned(),
        _ => format!("{number} steps have no bars: they have no times, or those of another clock."),
    };
    wrap(&words, columns, columns)
}

/// What the signs mean.
fn legend(pen: &Pen, whole: bool, columns: usize) -> Vec<String> {
    let Pen { bar, container, over, mark, limit, after, .. } = pen;
    let signs = format!(
        "{bar} step, {container} holds others or waits, {mark} no length, {limit} limit, {over} beyond, {after} goes on"
    );
    let scale = (!whole).then_some("To the scale of the creation; what lies outside is given by its time.");
    std::iter::once(&*signs).chain(scale).flat_map(|line| wrap(line, columns, columns)).collect()
}

/// The phases of the set, then those of every writer that took part.
fn rows<'a>(set: &'a SnapshotSet, options: &TextOptions) -> Vec<Row<'a>> {
    let row = |phase: &'a Phase, indent: usize, all: &[Phase]| Row {
        label: format!("{}{}", " ".repeat(indent), options.clean(&phase.name)),
        phase: Some(phase),
        container: all.iter().any(|other| other.parent.as_deref() == Some(&phase.name))
            || phase.name == Phase::FREEZE_WINDOW,
    };
    let mut rows: Vec<Row> =
        set.phases.iter().map(|phase| row(phase, depth(phase, &set.phases), &set.phases)).collect();
    for writer in set.writers.iter().filter(|writer| writer.participation == Participation::Involved) {
        if !writer.phases.is_empty() {
            rows.push(Row { label: options.clean(&writer.name), phase: None, container: false });
            rows.extend(writer.phases.iter().map(|phase| row(phase, 2, &writer.phases)));
        }
    }
    rows
}

/// Start and length in ms of the window, and whether it holds everything.
pub(crate) fn window(set: &SnapshotSet) -> Option<(Timestamp, f64, bool)> {
    let all = || set.phases.iter().chain(set.writers.iter().flat_map(|writer| &writer.phases));
    let edges = |phase: &Phase| [phase.started, phase.ended];
    let first = all().flat_map(edges).flatten().min()?;
    let last = all().flat_map(edges).flatten().max()?;
    let named = |name: &str| set.phases.iter().find(|phase| phase.name == name);
    let creation = named("DoSnapshotSet").and_then(|creation| {
        let start = named("PrepareForBackup").and_then(|phase| phase.started).or(creation.started)?;
        Some((start, creation.ended?)).filter(|(start, end)| start < end)
    });
    let whole = millis(first, last);
    match creation {
        Some((start, end)) if whole > millis(start, end) * DWARFED => {
            Some((start, millis(start, end), false))
        }
        _ => Some((first, if whole > 0.0 { whole } else { 1.0 }, true)),
    }
}

/// What stands behind a bar: duration, share of the limit, a bad result; the time where the bar is off the scale.
fn words(phase: &Phase, set: &SnapshotSet, from: Timestamp, ms: f64) -> String {
    let outside = phase.started.filter(|&start| {
        let at = millis(from, start);
        at > ms || phase.ended.is_some_and(|end| millis(from, end) < 0.0)
    });
    let at = outside.map(|start| {
        let at = millis(set.started, start);
        format!("at {}{}", if at < 0.0 { "" } else { "+" }, duration(at))
    });
    let share =
        percent(phase).zip(phase.limit_ms).map(|(percent, most)| format!("{percent}% of {}", limit(most)));
    let wrong = phase.result.clone().filter(|_| went_wrong(phase));
    let parts = [Some(took(phase)), share, wrong, at].into_iter().flatten().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

fn bar(phase: &Phase, container: bool, scale: Scale, pen: &Pen, options: &TextOptions) -> String {
    let mut cells = vec![' '; scale.columns];
    let inside = |time: Timestamp| (0.0..=scale.columns as f64).contains(&scale.position(time));
    let last = scale.columns - 1;
    match (phase.started, phase.ended) {
        (Some(start), _) if scale.position(start) > scale.columns as f64 => cells[last] = pen.after,
        (_, Some(end)) if scale.position(end) < 0.0 => cells[0] = pen.before,
        (Some(start), None) => {
            cells[scale.column(start)..].fill(pen.bar);
            cells[last] = pen.open;
        }
        (None, Some(end)) => cells[scale.column(end)] = pen.before,
        (Some(start), Some(end)) if start >= end => cells[scale.column(start)] = pen.mark,
        (Some(start), Some(end)) => {
            let from = scale.column(start);
            let to = (scale.position(end).ceil() as usize).clamp(from + 1, scale.columns);
            cells[from..to].fill(if container { pen.container } else { pen.bar });
            if !inside(end) {
                cells[last] = pen.after;
            }
        }
        (None, None) => {}
    }
    draw_limit(&mut cells, phase, scale, pen);
    let drawn: String = cells.into_iter().collect();
    let style = if percent(phase).is_some_and(|percent| percent >= 100) || went_wrong(phase) {
        Style::Error
    } else if percent(phase).is_some_and(|percent| percent >= 50) {
        Style::Warning
    } else {
        return drawn;
    };
    style.on(&drawn, options.color)
}

/// Marks the end of the time allowed, and what of the bar lies behind it.
fn draw_limit(cells: &mut [char], phase: &Phase, scale: Scale, pen: &Pen) {
    let Some((start, most)) = phase.started.zip(phase.limit_ms) else { return };
    let position = scale.position(start) + most / scale.ms * scale.columns as f64;
    if !(0.0..scale.columns as f64).contains(&position) {
        return;
    }
    let at = position.floor() as usize;
    for cell in cells.iter_mut().skip(at).filter(|cell| [pen.bar, pen.container].contains(cell)) {
        *cell = pen.over;
    }
    cells[at] = pen.limit;
}

/// Positions of round numbers of seconds, and how they are written.
fn marks(scale: Scale) -> Vec<(usize, String)> {
    let rough = scale.ms / (scale.columns as f64 / 9.0).max(1.0);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|&step| step >= rough);
    let step = step.unwrap_or(rough);
    (0u32..)
        .map(|number| f64::from(number) * step)
        .take_while(|&ms| ms < scale.ms)
        .map(|ms| {
            (((ms / scale.ms * scale.columns as f64) as usize).min(scale.columns - 1), tick_words(ms, step))
        })
        .collect()
}

fn tick_words(ms: f64, step: f64) -> String {
    match step {
        step if step >= 60_000.0 => duration(ms),
        step if step >= 1000.0 => format!("{:.0} s", ms / 1000.0),
        step if step >= 100.0 => format!("{:.1} s", ms / 1000.0),
        _ => format!("{ms} ms"),
    }
}

fn axis(label_width: usize, scale: Scale) -> String {
    let mut line = " ".repeat(label_width + 2);
    for (at, words) in marks(scale) {
        let from = label_width + 2 + at;
        if line.width() <= from && at + words.width() <= scale.columns {
            line = format!("{line:<from$}{words} ");
        }
    }
    line
}

fn ticks(label_width: usize, scale: Scale, pen: &Pen) -> String {
    let mut cells = vec![pen.axis; scale.columns];
    for (at, _) in marks(scale) {
        cells[at] = pen.tick;
    }
    format!("{}{}", " ".repeat(label_width + 2), cells.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use vsscope_model::Event;

    /// A set of the year 2001; phases are name, start and end in ms (or null), limit in ms (or null).
    fn set(phases: &[(&str, Value, Value, Value)]) -> SnapshotSet {
        let time = |ms: &Value| {
            let start = Timestamp::UNIX_EPOCH + chrono::TimeDelta::seconds(1_000_000_000);
            let instant = ms.as_i64().map(|ms| start + chrono::TimeDelta::milliseconds(ms));
            serde_json::to_value(instant).expect("a time")
        };
        let took = |from: &Value, to: &Value| Some(to.as_f64()? - from.as_f64()?);
        let phases: Vec<Value> = phases
            .iter()
            .map(|(name, from, to, limit)| {
                json!({"name": name, "actor": "requester", "started": time(from), "ended": time(to),
                       "duration_ms": took(from, to), "limit_ms": limit, "result": null})
            })
            .collect();
        serde_json::from_value(json!({
            "id": "s", "guid": null, "host": "h", "session": null, "provider": null, "volumes": [], "snapshots": [],
            "started": time(&json!(0)), "ended": null, "outcome": "unknown", "phases": phases, "writers": [],
            "confidence": "weak", "writerless": null, "evidence_count": 0
        }))
        .expect("a set")
    }

    /// The bars alone, in ASCII, drawn over ten columns.
    fn bars(set: &SnapshotSet) -> Vec<String> {
        let (from, ms, _) = window(set).expect("a window");
        let scale = Scale { from, ms, columns: 10 };
        let options = TextOptions { ascii: true, ..TextOptions::default() };
        rows(set, &options)
            .iter()
            .map(|row| bar(row.phase.expect("a phase"), row.container, scale, &ASCII, &options))
            .collect()
    }

    #[test]
    fn bars_are_to_scale_and_steps_without_length_are_marked() {
        let set = set(&[
            ("Whole", json!(0), json!(10_000), Value::Null),
            ("Half", json!(5_000), json!(10_000), Value::Null),
            ("Point", json!(3_000), json!(3_000), Value::Null),
            ("Open", json!(7_000), Value::Null, Value::Null),
            ("Headless", Value::Null, json!(4_000), Value::Null),
        ]);
        assert_eq!(bars(&set), ["##########", "     #####", "   |      ", "       ##>", "    <     "]);
    }

    #[test]
    fn the_limit_is_marked_and_what_lies_beyond_looks_different() {
        let set = set(&[
            ("Over", json!(0), json!(10_000), json!(6_000)),
            ("Under", json!(0), json!(2_000), json!(6_000)),
            ("Far", json!(5_000), json!(6_000), json!(60_000)),
        ]);
        assert_eq!(bars(&set), ["######:XXX", "##    :   ", "     #    "]);
    }

    #[test]
    fn a_long_copy_does_not_squeeze_the_creation() {
        let phases = [
            ("GatherWriterMetadata", json!(-900_000), json!(-899_000), Value::Null),
            ("PrepareForBackup", json!(0), json!(1_000), Value::Null),
            ("DoSnapshotSet", json!(1_000), json!(10_000), Value::Null),
            ("BackupComplete", json!(3_600_000), json!(3_601_000), Value::Null),
        ];
        assert_eq!(bars(&set(&phases)), ["<         ", "#         ", " #########", "         >"]);
        let (_, ms, whole) = window(&set(&phases)).expect("a window");
        assert_eq!((ms, whole), (10_000.0, false));
        let text =
            chart(&set(&phases), &Page::new(&TextOptions::default())).join("\n").replace('\u{a0}', " ");
        assert!(text.contains("1.000 s at +1 h 0 min"), "{text}");
        assert!(text.contains("1.000 s at -15 min 0 s"), "{text}");
    }

    #[test]
    fn steps_without_a_time_have_no_bars_and_the_chart_says_so() {
        let mut mixed = set(&[
            ("PrepareForBackup", json!(0), json!(1_000), Value::Null),
            ("DoSnapshotSet", json!(1_000), json!(10_000), Value::Null),
        ]);
        mixed.phases[0].started = Some(Event::NO_TIME);
        let text = chart(&mixed, &Page::new(&TextOptions::default())).join("\n");
        assert!(!text.contains("PrepareForBackup") && text.contains("DoSnapshotSet"), "{text}");
        assert!(text.ends_with("1 step has no bar: it has no time, or one of another clock."), "{text}");
        for phase in &mut mixed.phases {
            (phase.started, phase.ended) = (Some(Event::NO_TIME), None);
        }
        mixed.started = Event::NO_TIME;
        let lines = chart(&mixed, &Page::new(&TextOptions::default()));
        assert_eq!(lines, ["2 steps have no bars: they have no times, or those of another clock."]);
    }

    #[test]
    fn a_set_without_times_has_no_chart() {
        assert!(
            chart(
                &set(&[("Freeze", Value::Null, Value::Null, Value::Null)]),
                &Page::new(&TextOptions::default())
            )
            .is_empty()
        );
    }
}
