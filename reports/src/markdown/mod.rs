//! Markdown for a ticket or a mail: CommonMark and the tables of GFM, nothing else, so that GitHub, GitLab, Jira's importer
//! and a plain mail all show it.
//!
//! Every text passes through `escape`: nothing that a log wrote can become a link, a picture, a heading, a mention.

pub(crate) mod escape;
mod findings;
mod sets;
mod sources;
mod statistics;

use crate::ReportOptions;
use crate::text::TextOptions;
use crate::text::analyze::head;
use crate::text::analyze::short_id;
use crate::text::page::Page;
use escape::{code, prose};
use vsscope_model::Analysis;

/// A text of a log as a cell of a table.
pub(crate) fn cell(text: &str) -> String {
    if text.is_empty() { String::new() } else { code(text) }
}

/// The whole report.
pub fn report(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let text = text_options(options);
    let doc = &mut Document { analysis, page: Page::about(analysis, &text), text: String::new() };
    let (_, word, words) = head::verdict(analysis, options.left_out.as_ref());
    doc.heading(1, &format!("Post-mortem of shadow copies: {word}"));
    doc.paragraph(&format!("{}.", prose(&words)));
    facts(doc, true);
    findings::in_full(doc, options.rules);
    sets::table(doc);
    sets::phases(doc);
    statistics::statistics(doc);
    sources::seen(doc);
    sources::missing(doc);
    let tool = format!("{} {}", analysis.tool.name, analysis.tool.version);
    doc.paragraph(&format!("Written by {}.", prose(&tool)));
    doc.text.trim_end().to_owned() + "\n"
}

/// The short form: the answer, the explanations, what is missing, what next.
pub fn ticket(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let text = text_options(options);
    let doc = &mut Document { analysis, page: Page::about(analysis, &text), text: String::new() };
    let (_, word, words) = head::verdict(analysis, options.left_out.as_ref());
    doc.paragraph(&format!("**Shadow copies: {word}** — {}.", prose(&words)));
    facts(doc, false);
    findings::in_short(doc);
    sources::missing_in_short(doc);
    next(doc);
    doc.text.trim_end().to_owned() + "\n"
}

/// Cells that are stacked on a narrow terminal are one line here.
fn text_options(options: &ReportOptions<'_>) -> TextOptions {
    TextOptions { width: 1000, tz: options.tz, left_out: options.left_out, ..TextOptions::default() }
}

/// A text under construction, with the analysis that it is about.
struct Document<'a> {
    analysis: &'a Analysis,
    /// Knows what the times are worth and how they are written; its layout is not used.
    page: Page<'a>,
    text: String,
}

impl Document<'_> {
    /// A heading; the text has been through [`prose`] where it is not ours.
    fn heading(&mut self, level: usize, text: &str) {
        self.text.push_str(&format!("{} {text}\n\n", "#".repeat(level)));
    }

    fn paragraph(&mut self, text: &str) {
        self.text.push_str(&format!("{text}\n\n"));
    }

    /// An item of a list; `depth` is 0 for the outermost.
    fn item(&mut self, depth: usize, text: &str) {
        self.text.push_str(&format!("{}- {text}\n", "  ".repeat(depth)));
    }

    /// The end of a list or a table.
    fn end(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A table; the cells have been through [`prose`] or [`code`]. Columns without content are left out.
    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let filled: Vec<usize> = (0..head.len())
            .filter(|at| rows.iter().any(|row| row.get(*at).is_some_and(|cell| !cell.is_empty())))
            .collect();
        if filled.is_empty() {
            return;
        }
        let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        self.text.push_str(&line(filled.iter().filter_map(|at| head.get(*at).copied()).collect()));
        self.text.push_str(&line(vec!["---"; filled.len()]));
        for row in rows {
            let cells = filled.iter().map(|at| row.get(*at).map_or("", String::as_str)).collect();
            self.text.push_str(&line(cells));
        }
        self.text.push('\n');
    }

    /// Text of a rule, its times in the form of the page.
    fn told(&self, text: &str, about: vsscope_model::Timestamp) -> String {
        text.lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| prose(&self.page.told(line, about)))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What the report is about: hosts, time, inputs, what a filter left out.
fn facts(doc: &mut Document<'_>, whole: bool) {
    let (analysis, options) = (doc.analysis, doc.page.options);
    let filter = options.left_out.map(head::left_out).unwrap_or_default();
    let facts = [
        ("Filter", prose(&filter)),
        ("Hosts", prose(&head::hosts(analysis, options))),
        ("Time", prose(&head::times(&doc.page, analysis))),
        ("Input", if whole { prose(&head::inputs(analysis)) } else { String::new() }),
    ];
    for (name, words) in facts.into_iter().filter(|(_, words)| !words.is_empty()) {
        doc.item(0, &format!("**{name}:** {words}"));
    }
    doc.end();
}

/// How many sets and rules the next steps name.
const NEXT: usize = 3;

/// What to ask vsscope next.
fn next(doc: &mut Document<'_>) {
    let analysis = doc.analysis;
    let sets = analysis.sets.iter().rev().filter(|set| set.outcome.is_bad()).take(NEXT);
    let sets: Vec<String> = sets.map(|set| short_id(set, doc.page.options)).collect();
    let mut rules: Vec<&str> = Vec::new();
    for explanation in crate::explanations::explanations(analysis) {
        if !rules.contains(&explanation.cause.rule.as_str()) && rules.len() < NEXT {
            rules.push(&explanation.cause.rule);
        }
    }
    if sets.is_empty() && rules.is_empty() {
        return;
    }
    doc.paragraph("**Next**");
    for set in sets {
        doc.item(
            0,
            &format!(
                "{} shows this set phase by phase.",
                code(&format!("vsscope timeline --set {set} PATH"))
            ),
        );
    }
    if !rules.is_empty() {
        doc.item(
            0,
            &format!("{} says more about the causes.", code(&format!("vsscope explain {}", rules.join(" ")))),
        );
    }
    doc.end();
}
