//! What every report has to fulfil, whatever was read.

use crate::budget::Budget;
use vsscope_model::{Event, InputReport, IssueKind};
use vsscope_parsers::{Format, ReadOptions, read_bytes};

/// Name of the input in all targets.
pub const NAME: &str = "input";
/// Issues that a report may have: a hundred messages, and one more per kind.
const ISSUES: usize = 100 + 20;

/// Reads the bytes twice within a budget, and checks the reports.
pub fn read_within(budget: &Budget, bytes: &[u8], options: &ReadOptions) -> Vec<InputReport> {
    let reports = budget.spend(bytes.len(), || read_bytes(NAME, bytes, options));
    for report in &reports {
        check(report, bytes);
    }
    // One input in four is read again: what depends on chance shows soon enough. So does what depends on skipping.
    if crc32fast::hash(bytes) & 3 == 0 {
        assert_eq!(reports, read_bytes(NAME, bytes, options), "reading twice gives two results");
        let options = ReadOptions { no_skip: true, ..options.clone() };
        skipping_loses_nothing(&reports, &read_bytes(NAME, bytes, &options));
        reports.iter().for_each(comes_back);
    }
    reports
}

/// Reading quickly and reading all in full give the same. Of a damaged event log the quick way may give more: it goes by the
/// sizes that stand in a record, where the crate loses its place or gives up.
fn skipping_loses_nothing(quick: &[InputReport], full: &[InputReport]) {
    if quick == full {
        return;
    }
    assert_eq!(quick.len(), full.len(), "skipping changes the inputs");
    for (quick, full) in quick.iter().zip(full) {
        if full.format != "evtx" {
            assert_eq!(quick, full, "skipping changes the result");
        }
        assert!(quick.records >= full.records, "skipping loses records: {quick:#?}\n{full:#?}");
        assert!(quick.lost <= full.lost, "skipping loses records: {quick:#?}\n{full:#?}");
        for event in &full.events {
            let is_there = quick.events.iter().any(|other| other.source.offset == event.source.offset);
            assert!(is_there, "skipping loses {event:#?}");
        }
    }
}

/// Reads one input that is no archive.
pub fn read_one(bytes: &[u8], options: &ReadOptions) -> InputReport {
    read_one_within(&Budget::READER, bytes, options)
}

/// The same within another budget.
pub fn read_one_within(budget: &Budget, bytes: &[u8], options: &ReadOptions) -> InputReport {
    let mut reports = read_within(budget, bytes, options);
    assert_eq!(reports.len(), 1, "one input, one report");
    let report = reports.remove(0);
    assert_eq!(&*report.path, NAME);
    assert!(report.bytes <= length(bytes), "{} bytes read of {}", report.bytes, bytes.len());
    report
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("64 bits")
}

/// What holds for every report.
fn check(report: &InputReport, bytes: &[u8]) {
    counts(report);
    for event in &report.events {
        provenance(event, report, bytes);
    }
    assert!(report.issues.len() <= ISSUES, "{} issues", report.issues.len());
    for issue in &report.issues {
        assert!(issue.count > 0 && !issue.message.is_empty(), "{issue:?}");
    }
    if report.lost > 0 {
        assert!(
            report.issues.iter().any(|issue| issue.kind.is_loss()),
            "{} lost, and no word of it",
            report.lost
        );
    }
}

fn counts(report: &InputReport) {
    let spans = report.spans.iter().map(|span| span.records).sum::<u64>();
    assert!(spans <= report.records, "{spans} records in spans, {} in all", report.records);
    for span in &report.spans {
        assert!(span.first <= span.last && span.records > 0, "{span:?}");
    }
    if let Some(text) = &report.text {
        let told = text.parsed + text.continuation + text.unknown;
        assert_eq!(text.lines, told, "lines do not add up: {text:?}");
    }
    for provider in &report.providers {
        assert!(provider.decoded <= provider.events, "{provider:?}");
    }
}

/// An event leads back to its place.
fn provenance(event: &Event, report: &InputReport, bytes: &[u8]) {
    let source = &event.source;
    if let Some(via) = &source.via {
        assert_eq!(via.input, report.path);
        assert!(via.line > 0);
        return;
    }
    assert_eq!(source.input, report.path, "{event:?}");
    let has_place = source.record.is_some() || source.line.is_some() || source.offset.is_some();
    assert!(has_place, "an event from nowhere: {event:?}");
    assert!(source.line != Some(0), "lines count from 1: {event:?}");
    // A member of an archive has offsets of its own.
    if &*report.path == NAME {
        assert!(source.offset.is_none_or(|offset| offset < length(bytes)), "{event:?}");
    }
}

/// Events are written as JSON and read again by other commands.
fn comes_back(report: &InputReport) {
    let text = serde_json::to_string(report).expect("reports are JSON");
    let back: InputReport = serde_json::from_str(&text).expect("reports come back");
    assert_eq!(&back, report, "a report changed on its way through JSON");
}

/// What is true of formats whose records all have a time: every one is in a span, and nothing is read without a word.
pub fn timed(report: &InputReport) {
    let spans = report.spans.iter().map(|span| span.records).sum::<u64>();
    assert_eq!(spans, report.records, "records of no span");
    assert!(report.records > 0 || !report.issues.is_empty(), "nothing read and nothing said");
}

/// The options that ask for a format.
pub fn as_format(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..ReadOptions::default() }
}

/// Whether the input was not told.
pub fn is_unknown(report: &InputReport) -> bool {
    report.issues.iter().any(|issue| issue.kind == IssueKind::UnknownFormat)
}
