//! Events and findings for Timesketch, in the order of time.
//!
//! What Timesketch asks for is on its page "Create timeline from JSONL or CSV file": `message`, `datetime` (ISO 8601) and
//! `timestamp_desc` in each entry; `timestamp` counts microseconds since 1970. Its CSV reader takes the form of all times from
//! the first one and cannot mix offsets, so all are UTC with six decimals.
//!
//! A time without a date is no place in a timeline: what has none is left out, and a note at the end says how much that is.
//! A local time of an unknown zone is given as it is written, with a tag.

mod entry;

use crate::ReportOptions;
use crate::tables::owners;
use crate::text::clock::{Clocks, Reading};
use entry::{COLUMNS, Entry};
use vsscope_model::Analysis;

/// One JSON object per line; what is not known has no key.
pub fn jsonl(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    entries(analysis, options).iter().map(|entry| entry.json() + "\n").collect()
}

/// A table with a line of column names; texts that a spreadsheet would take for formulas are defused.
pub fn csv(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let mut table = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    let written = table.write_record(COLUMNS).and_then(|()| {
        let rows = entries(analysis, options);
        rows.iter().try_for_each(|row| table.write_record(row.cells().map(|cell| cell.into_owned())))
    });
    let bytes = table.into_inner().unwrap_or_default();
    // Memory takes everything, and every row has one cell per column.
    debug_assert!(written.is_ok());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn entries(analysis: &Analysis, options: &ReportOptions<'_>) -> Vec<Entry> {
    let clocks = Clocks::of(analysis);
    let sets = analysis.sets.iter().map(|set| (set.id.as_str(), set.events.as_slice()));
    let owners = owners(analysis.events.len(), sets);
    let events =
        analysis.events.iter().zip(owners).map(|(event, set)| {
            (event.time, Reading::of(event.clock, event.time), Entry::of_event(event, set))
        });
    let findings = analysis.findings.iter().map(|finding| {
        (finding.time, clocks.reading(finding.time), Entry::of_finding(finding, &analysis.inputs))
    });
    let all = events.chain(findings).map(|(time, reading, entry)| entry.at(time, reading));
    let (mut placed, without): (Vec<Entry>, Vec<Entry>) = all.partition(Entry::has_time);
    // Stable: events stand before the findings of their time.
    placed.sort_by_key(|entry| entry.time);
    let told = note(without.len(), options);
    if let (Some(last), Some(told)) = (placed.last(), told) {
        placed.push(Entry::note(told, last.time));
    }
    placed
}

/// What is not in the timeline; nothing where all of it is.
fn note(without_time: usize, options: &ReportOptions<'_>) -> Option<String> {
    let timeless = (without_time > 0)
        .then(|| format!("{without_time} entries whose time or date is not known are not in this timeline"));
    let filtered = options.left_out.filter(|left_out| left_out.is_something()).map(|left_out| {
        format!("a filter left out {} sets and {} findings", left_out.sets, left_out.findings)
    });
    let parts: Vec<String> = timeless.into_iter().chain(filtered).collect();
    (!parts.is_empty()).then(|| format!("vsscope: {}", parts.join("; ")))
}
