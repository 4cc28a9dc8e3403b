//! The summary of a run whose reports are split by host: a line for each host, with the verdict and the report's file.

use crate::ReportOptions;
use crate::markdown::cell;
use crate::text::analyze::head;
use crate::text::style::Style;
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vsscope_model::{Analysis, Outcome};

pub use crate::text::hosts as text;

/// One host.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its name.
    pub host: &'a str,
    /// What there is to say about it.
    pub analysis: &'a Analysis,
    /// The file with its report, beside the summary.
    pub file: &'a str,
    /// What the run as a whole had left out.
    pub left_out: Option<crate::LeftOut>,
}

impl Row<'_> {
    /// `Post-mortem of shadow copies: 3 hosts, 1 of them with a failed set`.
    pub(crate) fn title(rows: &[Row<'_>]) -> String {
        let failed = |row: &&Row<'_>| row.analysis.sets.iter().any(|set| set.outcome == Outcome::Failed);
        let hosts = if rows.len() == 1 { "host" } else { "hosts" };
        let failed = rows.iter().filter(failed).count();
        format!("Post-mortem of shadow copies: {} {hosts}, {failed} with a failed set", rows.len())
    }

    /// The verdict and how it looks.
    pub(crate) fn styled(&self) -> (Style, &'static str) {
        let (style, word, _) = head::verdict(self.analysis, self.left_out.as_ref());
        (style, word)
    }

    /// Sets, errors, warnings.
    pub(crate) fn figures(&self) -> [String; 3] {
        let findings = &self.analysis.summary.findings;
        [self.analysis.sets.len(), findings.error, findings.warning].map(|number| number.to_string())
    }
}

/// The summary as Markdown.
pub fn markdown(rows: &[Row<'_>]) -> String {
    let mut out = format!("# {}\n\n", Row::title(rows));
    out.push_str("| Host | Verdict | Sets | Errors | Warnings | File |\n|---|---|---:|---:|---:|---|\n");
    for row in rows {
        let [sets, errors, warnings] = row.figures();
        let (host, file, (_, verdict)) = (cell(row.host), cell(row.file), row.styled());
        out.push_str(&format!("| {host} | {verdict} | {sets} | {errors} | {warnings} | {file} |\n"));
    }
    out
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8886; padding: .4rem .7rem; text-align: left; overflow-wrap: anywhere; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<table>
<thead><tr><th scope="col">Host</th><th scope="col">Verdict</th><th scope="col" class="n">Sets</th><th scope="col" class="n">Errors</th><th scope="col" class="n">Warnings</th></tr></thead>
<tbody>
{% for line in lines -%}
<tr><td><a href="{{ line.href }}">{{ line.host }}</a></td><td>{{ line.verdict }}</td><td class="n">{{ line.figures[0] }}</td><td class="n">{{ line.figures[1] }}</td><td class="n">{{ line.figures[2] }}</td></tr>
{% endfor -%}
</tbody>
</table>
<p>Written by {{ tool }}.</p>
</body>
</html>
"#
)]
struct Page {
    title: String,
    lines: Vec<Line>,
    tool: String,
}

struct Line {
    host: String,
    href: String,
    verdict: &'static str,
    figures: [String; 3],
}

/// The summary as a page with links to the reports.
pub fn html(rows: &[Row<'_>], _options: &ReportOptions<'_>) -> String {
    let line = |row: &Row<'_>| Line {
        host: row.host.to_owned(),
        href: format!("./{}", utf8_percent_encode(row.file, NAME)),
        verdict: row.styled().1,
        figures: row.figures(),
    };
    let tool = rows.first().map(|row| format!("{} {}", row.analysis.tool.name, row.analysis.tool.version));
    let page = Page {
        title: Row::title(rows),
        lines: rows.iter().map(line).collect(),
        tool: tool.unwrap_or_default(),
    };
    // Writing to a string does not fail.
    page.render().unwrap_or_default()
}

/// What a file name in an address has to hold encoded: all but the unreserved characters of RFC 3986.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
