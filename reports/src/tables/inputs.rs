//! `inputs`: what was read, and what was wrong with it.

use super::column::{list, table, word};
use vsscope_model::{Analysis, Input, TimeBasis};

fn rows(analysis: &Analysis) -> Vec<&Input> {
    analysis.inputs.iter().collect()
}

/// The word that JSON has for the basis of an input's times.
fn basis(input: &Input) -> Option<String> {
    word(serde_json::to_value(&input.times).ok()?.get("basis")?)
}

fn zone(input: &Input) -> Option<&String> {
    match &input.times {
        TimeBasis::Given { zone } => Some(zone),
        _ => None,
    }
}

fn added(input: &Input) -> Option<f64> {
    match input.times {
        TimeBasis::Aligned { added_s, .. } => Some(added_s),
        _ => None,
    }
}

fn lossy(input: &Input) -> u64 {
    let losses = input.issues.iter().filter(|issue| issue.kind.is_loss());
    losses.fold(0, |sum, issue| sum.saturating_add(issue.count))
}

fn issues(input: &Input) -> Option<String> {
    list(input.issues.iter().map(|issue| format!("{}: {}", issue.place, issue.message)))
}

table!("inputs", "One row per input, by path.", rows, {
    input: Text = |row| Some(&row.id), "Id of the input within this analysis";
    path: Text = |row| Some(&row.path), "Path; a member of an archive is `archive.zip!member`";
    format: Text = |row| Some(&row.format), "Format found";
    bytes: Integer = |row| Some(row.bytes), "Size in bytes";
    records: Integer = |row| Some(row.records), "Records read";
    lost: Integer = |row| Some(row.lost), "Records known to be lost";
    event_count: Integer = |row| Some(row.events), "Events that speak of VSS";
    first_time: Time = |row| row.first, "Time of the first record";
    last_time: Time = |row| row.last, "Time of the last record";
    time_basis: Text = |row| basis(row), "What its times are: `utc`, `given`, `aligned`, `local`, `ticks`, `order`";
    zone: Text = |row| zone(row), "Zone in which times were read (`given`)";
    added_s: Number = |row| added(row), "What was added to times as written, in s (`aligned`)";
    layout: Text = |row| row.text.as_ref().map(|text| &text.layout), "Layout of text: a profile, or `adaptive`";
    layout_confidence: Text = |row| Some(row.text.as_ref()?.confidence.as_str()),
        "How sure the layout is: `exact`, `strong`, `weak`";
    encoding: Text = |row| row.text.as_ref().map(|text| &text.encoding), "Encoding of text";
    line_count: Integer = |row| Some(row.text.as_ref()?.lines), "Lines of text";
    lines_unknown: Integer = |row| Some(row.text.as_ref()?.unknown), "Lines that could not be told, kept as text";
    partial: Text = |row| row.partial.as_ref(), "Why this kind of input never tells everything";
    issue_count: Integer = |row| Some(row.issues.len()), "How many different things are wrong with it";
    loss_count: Integer = |row| Some(lossy(row)), "How many unreadable parts there are";
    issues: Text = |row| issues(row), "What is wrong, each with its first place, a list";
});
