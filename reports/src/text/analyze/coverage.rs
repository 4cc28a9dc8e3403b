//! What was seen, what was not, and what would tell more.

use super::{LABEL, inputs};
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::table::{Grid, Kind};
use crate::text::units::{duration, millis, thousands};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Analysis, EndReason, Gap, ServiceRun, Span};

/// How many sources are listed where brevity is wanted.
const SOURCES: usize = 20;

/// Whether a source has to be told with its host: a filter may show one host, and what was seen stays whole.
pub(crate) fn has_several_hosts(analysis: &Analysis) -> bool {
    let shown = analysis.hosts.iter().map(|host| &*host.name);
    let seen = analysis.coverage.spans.iter().map(|span| &*span.host);
    shown.chain(seen).collect::<BTreeSet<&str>>().len() > 1
}

/// The name of a source; that of carved records says so.
pub(crate) fn source_words(span: &Span, name: String) -> String {
    if span.carved { format!("{name} (carved)") } else { name }
}

pub(crate) fn coverage(page: &mut Page, analysis: &Analysis) {
    page.heading("What was seen");
    let options = page.options;
    let many = has_several_hosts(analysis);
    let columns = [
        ("source", Kind::Flexible),
        ("host", Kind::Flexible),
        ("first record", Kind::Rigid),
        ("last record", Kind::Rigid),
        ("records", Kind::Number),
    ];
    let mut grid = Grid::new(&columns);
    let shown = if options.verbose { usize::MAX } else { SOURCES };
    for span in analysis.coverage.spans.iter().take(shown) {
        let host = if many { options.clean(&span.host) } else { String::new() };
        let (first, last) = (page.second(span.first), page.second(span.last));
        let source = source_words(span, options.clean(&span.source));
        grid.row(vec![source, host, first, last, thousands(span.records)]);
    }
    if !grid.is_empty() {
        page.table(0, &grid);
    }
    let edges = analysis.coverage.spans.iter().take(shown).flat_map(|span| [span.first, span.last]);
    page.legend(edges);
    if analysis.coverage.spans.len() > shown {
        page.paragraph(
            0,
            &format!("and {} more sources (all with --verbose)", analysis.coverage.spans.len() - shown),
        );
    }
    gaps(page, &analysis.coverage.gaps);
    for host in &analysis.hosts {
        let on = if many { format!(" on {}", options.clean(&host.name)) } else { String::new() };
        let services: BTreeSet<&str> = host.runs.iter().map(|run| &*run.service).collect();
        for service in services {
            let runs: Vec<_> = host.runs.iter().filter(|run| run.service == service).collect();
            page.hanging("runs", 0, LABEL, &format!("{}{on} {}", options.clean(service), runs_words(&runs)));
        }
    }
    for input in &analysis.inputs {
        inputs::facts(page, input);
    }
}

/// The gaps. Logs of one host that were cleared in one go are told together where brevity is wanted: a script that clears
/// every log of a machine leaves hundreds of gaps.
fn gaps(page: &mut Page, gaps: &[Gap]) {
    let mut sorted: Vec<&Gap> = gaps.iter().collect();
    sorted.sort_by_key(|gap| (&gap.host, &gap.reason, gap.first, &gap.source));
    let verbose = page.options.verbose;
    let mut groups: Vec<&[&Gap]> = sorted.chunk_by(|a, b| !verbose && in_one_go(a, b)).collect();
    groups.sort_by_key(|group| group.iter().map(|gap| gap.first).min());
    for group in groups {
        let ([gap, ..], [.., end]) = (group, group) else { continue };
        let options = page.options;
        let sources: BTreeSet<&str> = group.iter().map(|gap| &*gap.source).collect();
        let named: Vec<String> = sources.iter().take(2).map(|source| options.clean(source)).collect();
        let named = named.join(", ");
        let what = if sources.len() > 2 { format!("{named} and {} more", sources.len() - 2) } else { named };
        let when = match (page.second(gap.first), page.second(end.last)) {
            (first, last) if first == last => first,
            (first, last) => format!("{first} to {last}"),
        };
        let head = page.style(Style::Warning, "gap");
        let (host, reason) = (options.clean(&gap.host), options.clean(&gap.reason));
        page.hanging(&head, 0, LABEL, &format!("{what} of {host}, {when}: {reason}"));
    }
}

/// Whether two gaps are instants (a log that was cleared) of one host and reason, at most ten minutes apart.
fn in_one_go(a: &Gap, b: &Gap) -> bool {
    let instant = |gap: &Gap| gap.first == gap.last;
    a.host == b.host
        && a.reason == b.reason
        && instant(a)
        && instant(b)
        && millis(a.last, b.first) <= 600_000.0
}

/// `ran 40 times: 38 stopped after idling, 1 asked to stop, 1 under way at the last record; 2 min 20 s to 4 min 39 s each`.
pub(crate) fn runs_words(runs: &[&ServiceRun]) -> String {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs {
        *ends.entry(end_words(run)).or_default() += 1;
    }
    let mut ends: Vec<_> = ends.into_iter().collect();
    ends.sort_by_key(|(words, number)| (std::cmp::Reverse(*number), *words));
    let mut took: Vec<f64> = runs.iter().filter_map(|run| Some(millis(run.started?, run.ended?))).collect();
    took.sort_by(f64::total_cmp);
    let took = match took[..] {
        [] => String::new(),
        [only] if runs.len() == 1 => format!("; {}", duration(only)),
        [only] => format!("; {} where both ends were seen", duration(only)),
        [shortest, .., longest] => format!("; {} to {} each", duration(shortest), duration(longest)),
    };
    let mid = match runs.iter().filter(|run| run.started.is_none()).count() {
        0 => String::new(),
        _ if runs.len() == 1 => "; under way at the first record".to_owned(),
        number => format!("; {number} under way at the first record"),
    };
    match (runs.len(), &ends[..]) {
        (1, [(words, _)]) => format!("ran once: {words}{mid}{took}"),
        (times, ends) => {
            let ends =
                ends.iter().map(|(words, number)| format!("{number} {words}")).collect::<Vec<_>>().join(", ");
            format!("ran {times} times: {ends}{mid}{took}")
        }
    }
}

fn end_words(run: &ServiceRun) -> &'static str {
    match run.end_reason {
        EndReason::Idle => "stopped after idling",
        EndReason::StopRequested => "asked to stop",
        EndReason::Stopped => "stopped (why is not in the evidence)",
        EndReason::Crashed => "crashed",
        EndReason::Restart => "cut off by a restart of the machine",
        EndReason::Open => "under way at the last record",
        other @ (EndReason::Released | EndReason::ProcessExit | EndReason::Shutdown) => other.as_str(),
        EndReason::Unknown => "with an end that is not in the evidence",
    }
}

pub(crate) fn missing(page: &mut Page, analysis: &Analysis) {
    if analysis.coverage.missing.is_empty() {
        return;
    }
    page.heading("What would tell more");
    for missing in &analysis.coverage.missing {
        let options = page.options;
        let source = page.style(Style::Strong, &options.clean(&missing.source));
        let bullet = options.either("•", "-");
        page.hanging(bullet, 0, 2, &format!("{source}: {}", options.clean(&missing.why_it_matters)));
        page.hanging("Collect", 2, LABEL, &options.clean(&missing.how_to_collect));
    }
}
