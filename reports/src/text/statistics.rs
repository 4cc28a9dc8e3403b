//! Figures over many sets: how often, how long, what comes back.

use super::TextOptions;
use super::analyze::stacked;
use super::page::Page;
use super::style::{HARD_BLANK, Style};
use super::table::{Grid, Kind};
use super::units::{count, duration, thousands};
use vsscope_model::{
    Analysis, CopyStatistics, DayStatistics, DiffAreaStatistics, FreezeBucket, OutcomeCounts, RepeatOffender,
    RequesterStatistics, Trend, WriterStatistics,
};

/// How many rows a table has where brevity is wanted.
const ROWS: usize = 8;
/// The longest bar, in columns.
const BAR: usize = 30;
/// Columns of the distribution beside its bar.
const BESIDE_BAR: usize = 22;

/// The figures, where there are any.
pub(crate) fn statistics(page: &mut Page, analysis: &Analysis) {
    let Some(statistics) = &analysis.statistics else { return };
    page.heading("Statistics");
    total(page, &statistics.sets);
    requesters(page, &statistics.requesters);
    days(page, &statistics.days);
    writers(page, &statistics.writers);
    freeze_times(page, &statistics.freeze_times);
    copies(page, &statistics.copies);
    diff_area(page, &statistics.diff_area, analysis.hosts.len() > 1);
    offenders(page, &statistics.repeat_offenders);
}

/// How many rows are shown.
fn shown(page: &Page) -> usize {
    if page.options.verbose { usize::MAX } else { ROWS }
}

/// A table with an empty line above, and what it leaves out.
fn table(page: &mut Page, grid: &Grid, hidden: usize, of: &str) {
    page.gap();
    page.table(0, grid);
    if hidden > 0 {
        page.paragraph(0, &format!("and {} (all with --verbose)", count(hidden, of)));
    }
}

fn total(page: &mut Page, counts: &OutcomeCounts) {
    let parts = [
        (counts.completed, "completed"),
        (counts.failed, "failed"),
        (counts.aborted, "aborted"),
        (counts.created, "created (how the backup ended is not known)"),
        (counts.unknown, "of unknown outcome"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", thousands(*number as u64)))
        .collect();
    let known = (counts.completed + counts.failed + counts.aborted) as u64;
    let success = match counts.success_percent {
        Some(share) => {
            format!("{} of the {} with a known outcome succeeded.", percent(share), thousands(known))
        }
        None => "Too few outcomes are known for a rate of success.".to_owned(),
    };
    page.paragraph(0, &format!("{}: {}. {success}", count(counts.sets, "set"), parts.join(", ")));
}

/// `66.7 %`, `100 %`.
fn percent(share: f64) -> String {
    let digits = usize::from(share.fract() != 0.0);
    format!("{share:.digits$}{HARD_BLANK}%")
}

fn requesters(page: &mut Page, requesters: &[RequesterStatistics]) {
    let image = |row: &RequesterStatistics| match &row.image {
        Some(image) => page.options.clean(image),
        None => "not known".to_owned(),
    };
    let rows: Vec<_> =
        requesters.iter().take(shown(page)).map(|row| (image(row), row.counts.clone())).collect();
    let hidden = requesters.len() - rows.len();
    let grid = outcomes(page, ("requester", Kind::Flexible), &rows);
    table(page, &grid, hidden, "more requester");
}

/// The newest days, the oldest of them first.
fn days(page: &mut Page, days: &[DayStatistics]) {
    let hidden = days.len().saturating_sub(shown(page));
    let day = |row: &DayStatistics| row.day.map_or_else(|| "no date".to_owned(), |day| day.to_string());
    let rows: Vec<_> = days.iter().skip(hidden).map(|row| (day(row), row.counts.clone())).collect();
    let grid = outcomes(page, ("day (UTC)", Kind::Rigid), &rows);
    table(page, &grid, hidden, "earlier day");
}

/// A table of outcomes; kinds of outcome that no row has get no column.
fn outcomes(page: &Page, (head, kind): (&str, Kind), rows: &[(String, OutcomeCounts)]) -> Grid {
    let mut grid = Grid::new(&[
        (head, kind),
        ("sets", Kind::Number),
        ("completed", Kind::Number),
        ("failed", Kind::Number),
        ("aborted", Kind::Number),
        ("created", Kind::Number),
        ("unknown", Kind::Number),
        ("success", Kind::Number),
    ]);
    for (name, counts) in rows {
        grid.row(vec![
            name.clone(),
            thousands(counts.sets as u64),
            thousands(counts.completed as u64),
            failed(page, counts.failed),
            number(counts.aborted),
            number(counts.created),
            number(counts.unknown),
            counts.success_percent.map(percent).unwrap_or_default(),
        ]);
    }
    grid
}

/// A number of failed sets; red where there are any.
fn failed(page: &Page, number: usize) -> String {
    let text = thousands(number as u64);
    if number == 0 { text } else { page.style(Style::Error, &text) }
}

/// A number; nothing for none.
fn number(number: usize) -> String {
    if number == 0 { String::new() } else { thousands(number as u64) }
}

fn writers(page: &mut Page, writers: &[WriterStatistics]) {
    if writers.is_empty() {
        return;
    }
    let mut grid = Grid::new(&[
        ("writer", Kind::Flexible),
        ("freezes", Kind::Number),
        ("median", Kind::Number),
        ("95 %", Kind::Number),
        ("longest", Kind::Number),
        ("trend", Kind::Number),
        ("failed", Kind::Number),
    ]);
    let long = |ms: Option<f64>| ms.map(duration).unwrap_or_default();
    let rows = shown(page).min(writers.len());
    for writer in writers.iter().take(rows) {
        grid.row(vec![
            page.options.clean(&writer.name),
            number(writer.windows),
            long(writer.median_ms),
            long(writer.p95_ms),
            long(writer.max_ms),
            writer.trend.map(|trend| trend_cell(trend, page.options)).unwrap_or_default(),
            page.style(Style::Error, &number(writer.failures)),
        ]);
    }
    table(page, &grid, writers.len() - rows, "more writer");
    if writers.iter().take(rows).any(|writer| writer.trend.is_some()) {
        page.paragraph(0, "trend: from the median of a writer's earlier freezes to that of its later ones");
    }
}

/// One median above the other on a narrow page.
fn trend_cell(trend: Trend, options: &TextOptions) -> String {
    let arrow = options.either("→", "->");
    let later = format!("{arrow}{HARD_BLANK}{}", duration(trend.later_median_ms));
    stacked(options, &duration(trend.earlier_median_ms), &later)
}

fn freeze_times(page: &mut Page, buckets: &[FreezeBucket]) {
    let most = buckets.iter().map(|bucket| bucket.windows).max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let options = page.options;
    let room = options.columns().saturating_sub(BESIDE_BAR).clamp(1, BAR);
    let mut grid = Grid::new(&[("frozen for", Kind::Rigid), ("freezes", Kind::Number), ("", Kind::Rigid)]);
    for bucket in buckets {
        let length = (bucket.windows * room).div_ceil(most);
        let bar = options.either("█", "#").repeat(length);
        grid.row(vec![length_of(bucket, options), bucket.windows.to_string(), bar]);
    }
    table(page, &grid, 0, "");
}

/// `< 1 s`, `1-5 s`, `>= 60 s`.
pub(crate) fn length_of(bucket: &FreezeBucket, options: &TextOptions) -> String {
    let from = bucket.from_ms / 1000;
    match bucket.below_ms.map(|below| below / 1000) {
        Some(below) if from == 0 => format!("< {below} s"),
        Some(below) => format!("{from}{}{below} s", options.either("–", "-")),
        None => format!("{} {from} s", options.either("≥", ">=")),
    }
}

fn copies(page: &mut Page, copies: &CopyStatistics) {
    let number = |number: usize| thousands(number as u64);
    let commands = match copies.delete_commands {
        0 => String::new(),
        some => format!("; {} to delete shadow copies", count(some, "command")),
    };
    page.gap();
    page.paragraph(
        0,
        &format!(
            "Shadow copies made: {} in {}; deleted by a call: {} ({}); lost during their backup: {} of {}{commands}.",
            number(copies.copies_made),
            count(copies.sets_made, "set"),
            number(copies.copies_deleted),
            count(copies.sets_deleted, "whole set"),
            number(copies.copies_lost),
            count(copies.sets_lost, "set"),
        ),
    );
}

fn diff_area(page: &mut Page, volumes: &[DiffAreaStatistics], with_host: bool) {
    if volumes.is_empty() {
        return;
    }
    let options = page.options;
    let mut grid = Grid::new(&[
        ("diff area of", Kind::Flexible),
        ("host", Kind::Flexible),
        ("losses", Kind::Number),
        ("failures", Kind::Number),
        ("no room", Kind::Number),
        ("oldest deleted", Kind::Number),
    ]);
    let rows = shown(page).min(volumes.len());
    for row in volumes.iter().take(rows) {
        let host = row.host.as_deref().filter(|_| with_host).map(|host| options.clean(host));
        grid.row(vec![
            row.volume.as_deref().map_or_else(|| "not named".to_owned(), |volume| options.clean(volume)),
            host.unwrap_or_default(),
            number(row.losses),
            number(row.failures),
            number(row.low),
            number(row.oldest_deleted),
        ]);
    }
    table(page, &grid, volumes.len() - rows, "more volume");
}

fn offenders(page: &mut Page, offenders: &[RepeatOffender]) {
    if offenders.is_empty() {
        return;
    }
    let mut grid = Grid::new(&[
        ("again and again", Kind::Flexible),
        ("about", Kind::Flexible),
        ("sets", Kind::Number),
        ("findings", Kind::Number),
    ]);
    let rows = shown(page).min(offenders.len());
    for row in offenders.iter().take(rows) {
        grid.row(vec![
            page.options.clean(&row.rule),
            format!("{} {}", row.kind.as_str(), page.options.clean(&row.name)),
            number(row.sets),
            number(row.findings),
        ]);
    }
    table(page, &grid, offenders.len() - rows, "more line");
}
