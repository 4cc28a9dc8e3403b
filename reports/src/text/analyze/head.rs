//! The head: the answer, and what it rests on.

use super::{LABEL, short_id};
use crate::explanations::{Explanation, explanations};
use crate::text::clock::Reading;
use crate::text::page::{Page, together};
use crate::text::style::Style;
use crate::text::units::{count, duration, thousands};
use crate::text::{LeftOut, TextOptions};
use std::collections::BTreeSet;
use vsscope_model::{Analysis, Finding, FindingStatus, Host, Input, Outcome, Severity, SnapshotSet};

pub(super) fn head(page: &mut Page, analysis: &Analysis) {
    let options = page.options;
    let (style, word, words) = verdict(analysis, options.left_out.as_ref());
    let version = options.clean(&format!("{} {}", analysis.tool.name, analysis.tool.version));
    page.heading(&version);
    let word = page.style(style, word);
    page.hanging(&word, 0, LABEL, &words);
    let (explanations, bad) = (explanations(analysis), wanting_a_look(analysis));
    label(page, "Sets", &bad_sets(page, analysis, &bad));
    label(page, "Cause", &causes(&explanations, options));
    label(page, "Filter", &options.left_out.map(left_out).unwrap_or_default());
    label(page, "Hosts", &hosts(analysis, options));
    label(page, "Time", &times(page, analysis));
    label(page, "Input", &inputs(analysis));
    label(page, "Missing", &missing(analysis, options));
    label(page, "Next", &next(analysis, &explanations, &bad, options));
}

/// How many sets, causes and sources the head names.
const NAMED: usize = 2;

/// The sets that did not end well or have an error, newest first: `9b3e77c0 of agent.exe, 2026-03-03 01:14:58Z, failed`.
fn bad_sets(page: &Page, analysis: &Analysis, bad: &[&SnapshotSet]) -> String {
    let options = page.options;
    let words = |set: &&SnapshotSet| {
        let session = analysis.sessions.iter().find(|session| Some(&session.id) == set.session.as_ref());
        let image = session.and_then(|session| session.requester.image_name());
        let of = image.map(|image| format!(" of {}", named(image, options))).unwrap_or_default();
        let time = page.second(set.started);
        together(&format!("{}{of}", short_id(set, options))) + &format!(", {time}, {}", set.outcome.as_str())
    };
    listed(bad.iter().map(words), "; ")
}

/// The sets that have to be looked into, newest first: they did not end well, or an error that counts is about them.
fn wanting_a_look(analysis: &Analysis) -> Vec<&SnapshotSet> {
    let is_error = |finding: &&Finding| finding.counts() && finding.severity == Severity::Error;
    let with_error: BTreeSet<&str> =
        analysis.findings.iter().filter(is_error).filter_map(|finding| finding.set.as_deref()).collect();
    let wants = |set: &&SnapshotSet| set.outcome.is_bad() || with_error.contains(&*set.id);
    analysis.sets.iter().rev().filter(wants).collect()
}

/// Columns of a name in the head.
const NAME: usize = 48;

/// A name of a log, cut where it would push the answer off the screen.
fn named(name: &str, options: &TextOptions) -> String {
    let clean = options.clean(name);
    let end = clean.char_indices().nth(NAME).map(|(at, _)| at).filter(|_| !options.verbose);
    match end {
        Some(end) => format!("{}{}", &clean[..end], if options.ascii { "..." } else { "…" }),
        None => clean,
    }
}

/// What is behind the findings: each title once, with the findings that have it.
fn causes(explanations: &[Explanation<'_>], options: &TextOptions) -> String {
    let mut causes: Vec<(&str, Vec<&str>)> = Vec::new();
    for Explanation { cause, .. } in explanations {
        match causes.iter_mut().find(|(title, _)| *title == cause.title) {
            Some((_, ids)) => ids.push(&cause.id),
            None => causes.push((&cause.title, vec![&cause.id])),
        }
    }
    let words = |(title, ids): &(&str, Vec<&str>)| {
        let ids = listed(ids.iter().map(|id| options.clean(id)), ", ");
        format!("{} ({ids})", options.clean(title))
    };
    listed(causes.iter().map(words), "; ")
}

/// The sources that would tell more; why and how is at the end of the page.
fn missing(analysis: &Analysis, options: &TextOptions) -> String {
    listed(analysis.coverage.missing.iter().map(|missing| options.clean(&missing.source)), ", ")
}

/// What to do first.
fn next(
    analysis: &Analysis,
    explanations: &[Explanation<'_>],
    bad: &[&SnapshotSet],
    options: &TextOptions,
) -> String {
    let cause = explanations.first().map(|explanation| explanation.cause);
    let advice = cause.filter(|cause| !cause.remedy.is_empty());
    let its_set = cause.and_then(|cause| cause.set.as_ref());
    let set = analysis.sets.iter().find(|set| Some(&set.id) == its_set).or(bad.first().copied());
    let collect = analysis.coverage.missing.first().filter(|_| cause.is_some() || analysis.sets.is_empty());
    let steps = [
        advice.map(|cause| format!("do what {} says", options.clean(&cause.id))),
        set.map(|set| format!("vsscope timeline --set {} PATH", short_id(set, options))),
        cause.map(|cause| format!("vsscope explain {}", options.clean(&cause.rule))),
        collect.map(|missing| format!("collect: {}", options.clean(&missing.how_to_collect))),
    ];
    steps.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The first of several, and how many more there are.
fn listed(words: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let more = words.len().saturating_sub(NAMED);
    let named = words.take(NAMED).collect::<Vec<_>>().join(between);
    if more > 0 { format!("{named}{between}{more} more") } else { named }
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
        let counts = |finding: &&Finding| finding.counts() && finding.severity == severity;
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

/// How many hosts the head names.
const HOSTS: usize = 12;

pub(crate) fn hosts(analysis: &Analysis, options: &TextOptions) -> String {
    let name = |host: &Host| match host.aliases.is_empty() {
        true => named(&host.name, options),
        false => {
            format!("{} (also {})", named(&host.name, options), named(&host.aliases.join(", "), options))
        }
    };
    let shown = if options.verbose { usize::MAX } else { HOSTS };
    let mut names: Vec<String> = analysis.hosts.iter().take(shown).map(name).collect();
    let more = analysis.hosts.len().saturating_sub(shown);
    names.extend((more > 0).then(|| format!("{more} more")));
    names.join(", ")
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
