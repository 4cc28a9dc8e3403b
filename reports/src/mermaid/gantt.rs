//! Phases as bars. The axis of Mermaid has one scale, so several sets are laid over one another: each counts from its start.

use super::escape::label;
use crate::text::analyze::short_id;
use crate::text::clock::Reading;
use crate::text::gantt::{measured, window};
use crate::text::page::Page;
use crate::text::timeline::{against_limit, depth, percent, took, went_wrong};
use chrono::{Duration, Offset as _};
use vsscope_model::{Event, Participation, Phase, PhaseActor, SnapshotSet, Timestamp, WriterRun};

const FORM: &str = "%Y-%m-%dT%H:%M:%S%.3f";
/// Characters of the name of a bar.
const NAME: usize = 72;
/// How many bars one set has at most.
const BARS: usize = 300;

const HEAD: &str = "    dateFormat YYYY-MM-DDTHH:mm:ss.SSS\n    axisFormat %H:%M:%S\n    todayMarker off\n";

/// Title and form of the times of a chart with one set.
pub(super) fn head_of_one(set: &SnapshotSet, page: &Page<'_>) -> String {
    let (measured, _) = measured(set, page);
    let zone = match page.reading(measured.started) {
        Reading::Instant if page.options.offset(measured.started) == "Z" => "UTC".to_owned(),
        Reading::Instant => {
            format!("UTC{}", page.options.offset(measured.started).trim_start_matches('\u{a0}'))
        }
        other => other.words().unwrap_or("no times").to_owned(),
    };
    let day = page.options.day(measured.started, page.reading(measured.started));
    let part = match window(&measured) {
        Some((.., false)) => ", the creation",
        _ => "",
    };
    let title = format!("Set {}, {}{part}, {day} {zone}", short_id(set, page.options), set.outcome.as_str(),);
    format!("gantt\n    title {}\n{HEAD}", label(&title, 120))
}

/// The same for several sets.
pub(super) fn head_of_several() -> String {
    format!("gantt\n    title Snapshot sets, time since the start of each\n{HEAD}")
}

/// A chart that says why it is empty.
pub(super) fn nothing(why: &str) -> String {
    format!(
        "    section {}\n    {} :milestone, {}, 0ms\n",
        label("Snapshot sets", NAME),
        label(why, NAME),
        Event::NO_TIME.format(FORM)
    )
}

/// One set: a section for each actor, and one for each writer that took part. Empty where nothing has a time.
pub(super) fn actors(set: &SnapshotSet, page: &Page<'_>) -> String {
    let chart = Chart::of(set, page, false);
    let mut text = String::new();
    for actor in [PhaseActor::Requester, PhaseActor::Service, PhaseActor::Provider, PhaseActor::Volsnap] {
        let name = match actor {
            PhaseActor::Service => "VSS service",
            PhaseActor::Requester => "Requester",
            PhaseActor::Provider => "Provider",
            PhaseActor::Volsnap => "volsnap",
            PhaseActor::Writer => "Writers",
        };
        let bars = chart.set.phases.iter().filter(|phase| phase.actor == actor).filter_map(|phase| {
            let indent = "· ".repeat(depth(phase, &chart.set.phases));
            chart.bar(phase, &indent)
        });
        text.push_str(&section_of(name, bars.take(BARS)));
    }
    for writer in involved(&chart.set) {
        let bars = writer.phases.iter().filter_map(|phase| chart.bar(phase, ""));
        text.push_str(&section_of(&writer.name, bars.take(BARS)));
    }
    if text.is_empty() { text } else { chart.comments() + &text }
}

/// One of several sets: its own phases, and of the writers how long they were frozen and what went wrong.
pub(super) fn section(set: &SnapshotSet, page: &Page<'_>) -> String {
    let chart = Chart::of(set, page, true);
    let own =
        chart.set.phases.iter().filter_map(|phase| chart.bar(phase, &format!("{} ", phase.actor.as_str())));
    let told = |phase: &&Phase| phase.name == Phase::FREEZE_WINDOW || went_wrong(phase);
    let of_writers = involved(&chart.set).flat_map(|writer| {
        writer.phases.iter().filter(told).filter_map(|phase| chart.bar(phase, &format!("{} ", writer.name)))
    });
    let name = format!("Set {} {}", short_id(set, page.options), set.outcome.as_str());
    let text = section_of(&name, own.chain(of_writers).take(BARS));
    if text.is_empty() { text } else { chart.comments() + &text }
}

fn involved(set: &SnapshotSet) -> impl Iterator<Item = &WriterRun> {
    set.writers.iter().filter(|writer| writer.participation == Participation::Involved)
}

fn section_of(name: &str, bars: impl Iterator<Item = String>) -> String {
    let bars: String = bars.collect();
    if bars.is_empty() { bars } else { format!("    section {}\n{bars}", label(name, NAME)) }
}

/// A set on its scale.
struct Chart<'a> {
    set: SnapshotSet,
    page: &'a Page<'a>,
    /// Where the times count from; absent where they are shown as they are.
    zero: Option<Timestamp>,
    window: Option<(Timestamp, Timestamp)>,
    without_time: usize,
}

impl<'a> Chart<'a> {
    fn of(set: &SnapshotSet, page: &'a Page<'a>, counts: bool) -> Self {
        let (set, without_time) = measured(set, page);
        let window = window(&set)
            .map(|(from, ms, _)| (from, from + Duration::microseconds((ms * 1000.0).ceil() as i64)));
        Chart { zero: counts.then_some(set.started), set, page, window, without_time }
    }

    /// Whether a phase touches the window: a copy of hours would squeeze the creation into nothing.
    fn is_within(&self, phase: &Phase) -> bool {
        let Some((from, to)) = self.window else { return false };
        let Some(start) = phase.started.or(phase.ended) else { return false };
        start <= to && phase.ended.unwrap_or(start) >= from
    }

    fn time(&self, time: Timestamp) -> String {
        match (self.zero, self.page.reading(time)) {
            // The axis shows hours, minutes and seconds of it only.
            (Some(zero), _) => (chrono::DateTime::UNIX_EPOCH + (time - zero)).format(FORM).to_string(),
            // One offset for the whole chart, which its title names: bars keep their length where the clock is changed.
            (None, Reading::Instant) => {
                let offset = self.set.started.with_timezone(&self.page.options.tz).offset().fix();
                time.with_timezone(&offset).format(FORM).to_string()
            }
            (None, _) => time.format(FORM).to_string(),
        }
    }

    /// The line of one phase; nothing for one without a time and for one outside of the window.
    fn bar(&self, phase: &Phase, before: &str) -> Option<String> {
        let start = phase.started.or(phase.ended).filter(|_| self.is_within(phase))?;
        let over = percent(phase).is_some_and(|percent| percent >= 100);
        let of = against_limit(phase);
        let result = phase.result.clone().filter(|_| went_wrong(phase));
        let words = [Some(took(phase)).filter(|took| !took.is_empty()), of, result];
        let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = label(format!("{before}{} {words}", phase.name).trim_end(), NAME);
        let crit = if over || went_wrong(phase) { "crit, " } else { "" };
        let end = phase.ended.filter(|end| *end > start && phase.started.is_some());
        Some(match end {
            Some(end) => format!("    {name} :{crit}{}, {}\n", self.time(start), self.time(end)),
            None => format!("    {name} :{crit}milestone, {}, 0ms\n", self.time(start)),
        })
    }

    /// What has no bar.
    fn comments(&self) -> String {
        let all = || self.set.phases.iter().chain(involved(&self.set).flat_map(|writer| &writer.phases));
        let outside =
            all().filter(|phase| phase.started.or(phase.ended).is_some() && !self.is_within(phase)).count();
        let said = [
            (outside, "step lies outside of the creation", "steps lie outside of the creation"),
            (self.without_time, "step has no comparable time", "steps have no comparable time"),
        ];
        let set = label(&format!("set {}", short_id(&self.set, self.page.options)), NAME);
        said.into_iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, several)| match number {
                1 => format!("%% {set}, no bar, 1 {one}\n"),
                _ => format!("%% {set}, no bars, {number} {several}\n"),
            })
            .collect()
    }
}
