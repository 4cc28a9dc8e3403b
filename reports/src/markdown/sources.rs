//! What was seen, what was wrong with the inputs, and what would tell more.

use super::Document;
use super::escape::{code, prose};
use crate::text::analyze::coverage::{has_several_hosts, source_words};
use crate::text::analyze::inputs;
use crate::text::units::{count, thousands};
use vsscope_model::{Gap, Input, Missing, Span};

/// Rows of a table, gaps, and pieces of missing evidence in a ticket.
const ROWS: usize = 100;
const GAPS: usize = 30;
const MISSING: usize = 5;

/// Sources, holes in them, inputs.
pub(super) fn seen(doc: &mut Document<'_>) {
    let analysis = doc.analysis;
    doc.heading(2, "What was seen");
    let several = has_several_hosts(analysis);
    let row = |span: &Span| {
        vec![
            source_words(span, prose(&span.source)),
            if several { code(&span.host) } else { String::new() },
            prose(&doc.page.second(span.first)),
            prose(&doc.page.second(span.last)),
            thousands(span.records),
        ]
    };
    let spans: Vec<Vec<String>> = analysis.coverage.spans.iter().take(ROWS).map(row).collect();
    doc.table(&["Source", "Host", "First record", "Last record", "Records"], &spans);
    more(doc, analysis.coverage.spans.len(), ROWS, "source");
    for gap in analysis.coverage.gaps.iter().take(GAPS) {
        let words = gap_words(doc, gap);
        doc.item(0, &words);
    }
    doc.end();
    more(doc, analysis.coverage.gaps.len(), GAPS, "gap");
    inputs(doc);
}

fn more(doc: &mut Document<'_>, all: usize, shown: usize, what: &str) {
    if all > shown {
        doc.paragraph(&format!("And {}.", count(all - shown, &format!("further {what}"))));
    }
}

fn gap_words(doc: &Document<'_>, gap: &Gap) -> String {
    let (first, last) = (doc.page.second(gap.first), doc.page.second(gap.last));
    let when = if first == last { prose(&first) } else { format!("{} to {}", prose(&first), prose(&last)) };
    format!("**Gap:** {} of {}, {when}: {}", prose(&gap.source), code(&gap.host), prose(&gap.reason))
}

fn inputs(doc: &mut Document<'_>) {
    let analysis = doc.analysis;
    doc.heading(2, "Inputs");
    let row = |input: &Input| {
        let lost = if input.lost > 0 { thousands(input.lost) } else { String::new() };
        vec![code(&input.path), prose(&input.format), thousands(input.records), thousands(input.events), lost]
    };
    let rows: Vec<Vec<String>> = analysis.inputs.iter().take(ROWS).map(row).collect();
    doc.table(&["Input", "Format", "Records", "About VSS", "Lost"], &rows);
    more(doc, analysis.inputs.len(), ROWS, "input");
    for input in &analysis.inputs {
        remarks(doc, input);
    }
    doc.end();
}

/// What its times are, how it was read, what was wrong with it.
fn remarks(doc: &mut Document<'_>, input: &Input) {
    let options = doc.page.options;
    let said = [
        inputs::times(&input.times, options).map(|words| format!("times: {}", prose(&words))),
        input.text.as_ref().map(|reading| format!("read as {}", prose(&inputs::text(reading, options)))),
        input.partial.as_deref().map(|why| format!("partial: {}", prose(why))),
    ];
    let mut lines: Vec<String> = said.into_iter().flatten().collect();
    for issue in &input.issues {
        let place = if issue.place.is_empty() { String::new() } else { format!("{}: ", prose(&issue.place)) };
        let times =
            if issue.count > 1 { format!(" ({} times)", thousands(issue.count)) } else { String::new() };
        lines.push(format!("{place}{}{times}", prose(&issue.message)));
    }
    if lines.is_empty() {
        return;
    }
    doc.item(0, &code(&input.path));
    lines.iter().for_each(|line| doc.item(1, line));
}

/// Sources that are not in the evidence, with how to get them.
pub(super) fn missing(doc: &mut Document<'_>) {
    if doc.analysis.coverage.missing.is_empty() {
        return;
    }
    doc.heading(2, "What would tell more");
    for missing in &doc.analysis.coverage.missing {
        item(doc, missing);
    }
    doc.end();
}

/// The first of them.
pub(super) fn missing_in_short(doc: &mut Document<'_>) {
    let all = &doc.analysis.coverage.missing;
    if all.is_empty() {
        return;
    }
    doc.paragraph("**Missing evidence**");
    for missing in all.iter().take(MISSING) {
        item(doc, missing);
    }
    if all.len() > MISSING {
        doc.item(0, &format!("and {}", count(all.len() - MISSING, "further source")));
    }
    doc.end();
}

fn item(doc: &mut Document<'_>, missing: &Missing) {
    let Missing { source, why_it_matters, how_to_collect } = missing;
    let collect =
        if how_to_collect.is_empty() { String::new() } else { format!(" Collect: {}", code(how_to_collect)) };
    doc.item(0, &format!("**{}** {}.{collect}", prose(source), prose(why_it_matters)));
}
