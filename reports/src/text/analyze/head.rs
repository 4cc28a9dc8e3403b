//! The head: the answer, and what it rests on.

use super::LABEL;
use crate::text::clock::Reading;
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::units::{count, duration, thousands};
use crate::text::{LeftOut, TextOptions};
use vsscope_model::{Analysis, Finding, FindingStatus, Host, Input, Outcome, Severity, SnapshotSet};

pub(super) fn head(page: &mut Page, analysis: &Analysis) {
    let options = page.options;
    let (style, word, words) = verdict(analysis, options.left_out.as_ref());
    let version = options.clean(&format!("{} {}", analysis.tool.name, analysis.tool.version));
    page.heading(&version);
    let word = page.style(style, word);
    page.hanging(&word, 0, LABEL, &words);
    label(page, "Filter", &options.left_out.map(left_out).unwrap_or_default());
    label(page, "Hosts", &hosts(analysis, options));
    label(page, "Time", &times(page, analysis));
    label(page, "Input", &inputs(analysis));
}

/// The answer in one line.
pub(crate) fn verdict(analysis: &Analysis, left_out: Option<&LeftOut>) -> (Style, &'static str, String) {
    let outcomes = outcomes(&analysis.sets);
    let hidden_sets = left_out.is_some_and(|left_out| left_out.sets > 0);
    let sets = match analysis.sets.len() {
        0 if hidden_sets => "no snapshot set passes the filter".to_owned(),
        0 => "no snapshot set in the evidence".to_owned(),
        number => format!("{} ({outcomes})", count(number, "snapshot set")),
    };
    let findings = counted(analysis);
    let ended = |outcome| analysis.sets.iter().any(|set| set.outcome == outcome);
    let worst = analysis.worst();
    let lossy = analysis.summary.records_lost > 0
        || analysis.inputs.iter().any(|input| input.issues.iter().any(|issue| issue.kind.is_loss()));
    let lost = if lossy { "; some of the input was unreadable" } else { "" };
    // The first that holds. What is not known is not called well.
    let verdicts = [
        (ended(Outcome::Failed), Style::Error, "FAILED"),
        (worst == Some(Severity::Error), Style::Error, "ERRORS"),
        (ended(Outcome::Aborted), Style::Warning, "ABORTED"),
        (worst == Some(Severity::Warning), Style::Warning, "WARNINGS"),
        (ended(Outcome::Incomplete), Style::Warning, "OPEN END"),
        (analysis.sets.is_empty() && hidden_sets, Style::Info, "NO MATCH"),
        (analysis.sets.is_empty(), Style::Info, "NO SETS"),
        (lossy, Style::Warning, "PARTIAL"),
        (ended(Outcome::Unknown), Style::Info, "UNKNOWN"),
        (left_out.is_some_and(LeftOut::is_something), Style::Info, "FILTERED"),
    ];
    let first = verdicts.into_iter().find(|(holds, ..)| *holds);
    let (style, word) = first.map_or((Style::Good, "OK"), |(_, style, word)| (style, word));
    (style, word, format!("{sets}; {findings}{lost}"))
}

/// `leaves out 2 snapshot sets and 3 findings, the gravest of them an error`.
pub(crate) fn left_out(left_out: LeftOut) -> String {
    let gravest = match left_out.worst {
        Some(Severity::Error) if left_out.findings == 1 => ", an error",
        Some(Severity::Error) => ", the gravest of them an error",
        Some(Severity::Warning) if left_out.findings == 1 => ", a warning",
        Some(Severity::Warning) => ", the gravest of them a warning",
        Some(Severity::Info) | None => "",
    };
    let counted = [(left_out.sets, "snapshot set"), (left_out.findings, "finding")];
    let parts: Vec<String> = counted
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, one)| count(number, one))
        .collect();
    match parts.is_empty() {
        true => "leaves out no snapshot set and no finding".to_owned(),
        false => format!("leaves out {}{gravest}", parts.join(" and ")),
    }
}

/// `1 completed, 1 failed`, worst last.
fn outcomes(sets: &[SnapshotSet]) -> String {
    use Outcome::{Aborted, Completed, Created, Failed, Incomplete, Unknown};
    [Completed, Created, Unknown, Incomplete, Aborted, Failed]
        .into_iter()
        .map(|outcome| (outcome, sets.iter().filter(|set| set.outcome == outcome).count()))
        .filter(|(_, number)| *number > 0)
        .map(|(outcome, number)| format!("{number} {}", outcome.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `2 errors, 1 warning`; what there is none of is left out.
fn counted(analysis: &Analysis) -> String {
    let of = |severity| {
        let counts =
            |finding: &&Finding| finding.status == FindingStatus::New && finding.severity == severity;
        analysis.findings.iter().filter(counts).count()
    };
    let with = |status| analysis.findings.iter().filter(|finding| finding.status == status).count();
    let severities = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let mut parts: Vec<String> = severities
        .into_iter()
        .map(|(severity, word)| (of(severity), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| count(number, word))
        .collect();
    if parts.is_empty() {
        parts.push("no findings".to_owned());
    }
    let known = [
        (FindingStatus::Noise, "known noise"),
        (FindingStatus::Baseline, "from the baseline"),
        (FindingStatus::Ignored, "ignored"),
    ];
    parts.extend(
        known.into_iter().filter(|(s, _)| with(*s) > 0).map(|(s, word)| format!("{} {word}", with(s))),
    );
    parts.join(", ")
}

pub(crate) fn hosts(analysis: &Analysis, options: &TextOptions) -> String {
    let name = |host: &Host| match host.aliases.is_empty() {
        true => options.clean(&host.name),
        false => format!("{} (also {})", options.clean(&host.name), options.clean(&host.aliases.join(", "))),
    };
    analysis.hosts.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// From when to when the inputs reach. Those without comparable times count only where there is nothing else.
pub(crate) fn times(page: &Page, analysis: &Analysis) -> String {
    let (known, other): (Vec<&Input>, Vec<&Input>) =
        analysis.inputs.iter().partition(|input| input.times.is_known());
    let placed = |inputs: &[&Input]| {
        let first = inputs.iter().filter_map(|input| input.first).min()?;
        Some((first, inputs.iter().filter_map(|input| input.last).max()?))
    };
    let is_timeless = |time| page.reading(time) == Reading::None;
    let from_to = |first, last| {
        if is_timeless(first) && is_timeless(last) {
            return "not in the evidence, only an order".to_owned();
        }
        let span = page.millis(first, last).map(|ms| format!(" ({})", duration(ms))).unwrap_or_default();
        format!("{} to {}{span}", page.instant(first), page.instant(last))
    };
    match (placed(&known), placed(&other)) {
        (Some((first, last)), _) => match other.len() {
            0 => from_to(first, last),
            number => {
                format!(
                    "{}; without {} whose times are not comparable, see below",
                    from_to(first, last),
                    count(number, "input")
                )
            }
        },
        (None, Some((first, last))) => {
            let words = page.reading(first).words().map(|words| format!("; {words}")).unwrap_or_default();
            format!("{}{words}", from_to(first, last))
        }
        (None, None) if !other.is_empty() => "not in the evidence, only an order".to_owned(),
        (None, None) => String::new(),
    }
}

pub(crate) fn inputs(analysis: &Analysis) -> String {
    let troubled = analysis.inputs.iter().filter(|input| !input.issues.is_empty()).count();
    let troubled =
        if troubled == 0 { String::new() } else { format!("; {troubled} with remarks, see below") };
    let lost = match analysis.summary.records_lost {
        0 => String::new(),
        lost => format!(", {} lost", thousands(lost)),
    };
    let events = thousands(analysis.inputs.iter().map(|input| input.events).sum());
    let (number, records) = (analysis.inputs.len(), thousands(analysis.summary.records_read));
    format!("{}, {records} records ({events} about VSS{lost}){troubled}", count(number, "input"))
}

fn label(page: &mut Page, name: &str, text: &str) {
    if !text.is_empty() {
        let name = page.style(Style::Dim, name);
        page.hanging(&name, 0, LABEL, text);
    }
}
