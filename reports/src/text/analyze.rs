//! The post-mortem on one screen: what failed, why, what else, what is missing, what next.

use super::page::Page;
use super::style::Style;
use super::table::{Grid, Kind};
use super::units::{count, duration, limit, millis, thousands};
use super::TextOptions;
use crate::describe::{describe_without_result, short_guid, short_volume};
use std::collections::BTreeMap;
use vsscope_model::{
    Analysis, Confidence, EndReason, Event, Evidence, Finding, FindingStatus, Host, Input, Outcome, Participation, Phase,
    Requester, ServiceRun, Severity, SnapshotSet, Timestamp,
};

/// How many pieces of evidence a finding shows, and how many findings are shown in full, where brevity is wanted.
const PROOFS: usize = 3;
const IN_FULL: usize = 8;

/// The analysis as one screen of text.
pub fn analyze(analysis: &Analysis, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    head(&mut page, analysis);
    findings(&mut page, analysis);
    sets(&mut page, analysis);
    coverage(&mut page, analysis);
    missing(&mut page, analysis);
    page.finish()
}

// ---- head ----

fn head(page: &mut Page, analysis: &Analysis) {
    let options = page.options;
    let (style, word, words) = verdict(analysis);
    let version = options.clean(&format!("{} {}", analysis.tool.name, analysis.tool.version));
    page.heading(&version);
    let word = page.style(style, word);
    page.hanging(&word, 0, LABEL, &words);
    label(page, "Hosts", &hosts(analysis, options));
    if let Some((first, last)) = extent(analysis) {
        let span = duration(millis(first, last));
        label(page, "Time", &format!("{} to {} ({span})", options.instant(first), options.instant(last)));
    }
    label(page, "Input", &inputs(analysis));
}

const LABEL: usize = 10;

fn label(page: &mut Page, name: &str, text: &str) {
    if !text.is_empty() {
        let name = page.style(Style::Dim, name);
        page.hanging(&name, 0, LABEL, text);
    }
}

/// The answer in one line.
fn verdict(analysis: &Analysis) -> (Style, &'static str, String) {
    let outcomes = outcomes(&analysis.sets);
    let sets = match analysis.sets.len() {
        0 => "no snapshot set in the evidence".to_owned(),
        number => format!("{} ({outcomes})", count(number, "snapshot set")),
    };
    let findings = counted(analysis);
    let failed = analysis.sets.iter().any(|set| set.outcome == Outcome::Failed);
    let lost = match analysis.summary.records_lost {
        0 if analysis.inputs.iter().all(|input| input.issues.iter().all(|issue| !issue.kind.is_loss())) => "",
        _ => "; part of the input could not be read",
    };
    let (style, word) = match analysis.worst() {
        _ if failed => (Style::Error, "FAILED"),
        Some(Severity::Error) => (Style::Error, "ERRORS"),
        Some(Severity::Warning) => (Style::Warning, "WARNINGS"),
        Some(Severity::Info) | None if analysis.sets.is_empty() => (Style::Info, "NO SETS"),
        Some(Severity::Info) | None => (Style::Good, "OK"),
    };
    (style, word, format!("{sets}; {findings}{lost}"))
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
        let counts = |finding: &&Finding| finding.status == FindingStatus::New && finding.severity == severity;
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
    let known = [(FindingStatus::Noise, "known noise"), (FindingStatus::Baseline, "from the baseline")];
    parts.extend(known.into_iter().filter(|(s, _)| with(*s) > 0).map(|(s, word)| format!("{} {word}", with(s))));
    parts.join(", ")
}

fn hosts(analysis: &Analysis, options: &TextOptions) -> String {
    let name = |host: &Host| match host.aliases.is_empty() {
        true => options.clean(&host.name),
        false => format!("{} (also {})", options.clean(&host.name), options.clean(&host.aliases.join(", "))),
    };
    analysis.hosts.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn extent(analysis: &Analysis) -> Option<(Timestamp, Timestamp)> {
    let first = analysis.inputs.iter().filter_map(|input| input.first).min()?;
    let last = analysis.inputs.iter().filter_map(|input| input.last).max()?;
    Some((first, last))
}

fn inputs(analysis: &Analysis) -> String {
    let troubled = analysis.inputs.iter().filter(|input| !input.issues.is_empty()).count();
    let troubled = if troubled == 0 { String::new() } else { format!(" ({troubled} with remarks, see below)") };
    let lost = match analysis.summary.records_lost {
        0 => String::new(),
        lost => format!(", {} lost", thousands(lost)),
    };
    let events: u64 = analysis.inputs.iter().map(|input| input.events).sum();
    let (number, records) = (analysis.inputs.len(), thousands(analysis.summary.records_read));
    format!("{}{troubled}, {records} records{lost}, {} of them about VSS", count(number, "input"), thousands(events))
}

// ---- findings ----

fn findings(page: &mut Page, analysis: &Analysis) {
    let of = |status| analysis.findings.iter().filter(move |finding| finding.status == status);
    if of(FindingStatus::New).next().is_some() {
        page.heading("Findings");
    }
    let names = InputNames::new(&analysis.inputs);
    let (long, short): (Vec<_>, Vec<_>) = of(FindingStatus::New).enumerate().partition(|(at, finding)| {
        page.options.verbose || finding.severity == Severity::Error || *at < IN_FULL
    });
    for (_, finding) in long {
        page.gap();
        finding_in_full(page, analysis, finding, &names);
    }
    if !short.is_empty() {
        page.gap();
        page.paragraph(0, &format!("{} more, in short (in full with --verbose):", short.len()));
        for (_, finding) in short {
            finding_in_short(page, finding);
        }
    }
    folded(page, of(FindingStatus::Baseline), "known from the baseline");
    folded(page, of(FindingStatus::Noise), "known noise: looks alarming and is not");
}

fn finding_in_full(page: &mut Page, analysis: &Analysis, finding: &Finding, names: &InputNames) {
    let options = page.options;
    let word = page.style(finding.severity.into(), &finding.severity.as_str().to_uppercase());
    let title = page.style(Style::Strong, &options.clean(&finding.title));
    page.hanging(&format!("{word} "), 0, BODY, &title);
    page.paragraph(BODY, &place(analysis, finding, options));
    if let Some(cause) = &finding.cause {
        let title = analysis.findings.iter().find(|other| other.id == *cause).map(|other| options.clean(&other.title));
        let title = title.map(|title| format!(", {title}")).unwrap_or_default();
        page.hanging("Because", BODY, TEXT, &format!("of {}{title}", options.clean(cause)));
    }
    for (at, paragraph) in finding.detail.lines().map(|line| options.clean(line)).filter(|l| !l.is_empty()).enumerate() {
        page.hanging(if at == 0 { "Why" } else { "" }, BODY, TEXT, &paragraph);
    }
    let shown = if options.verbose { usize::MAX } else { PROOFS };
    for (at, evidence) in finding.evidence.iter().take(shown).enumerate() {
        page.hanging(if at == 0 { "Proof" } else { "" }, BODY, TEXT, &proof(evidence, names, page.options));
    }
    if finding.evidence.len() > shown {
        page.paragraph(TEXT, &format!("and {} more", finding.evidence.len() - shown));
    }
    let remedy = options.clean(&finding.remedy);
    if !remedy.is_empty() {
        page.hanging("Do", BODY, TEXT, &remedy);
    }
}

const BODY: usize = 8;
const TEXT: usize = 16;

/// Set, host, writer, time, rule: where a finding belongs.
fn place(analysis: &Analysis, finding: &Finding, options: &TextOptions) -> String {
    let dot = options.dot();
    let set = finding.set.as_deref().map(|id| {
        let known = analysis.sets.iter().find(|set| set.id == id);
        format!("set {}", known.map_or_else(|| options.clean(id), |set| short_id(set, options)))
    });
    let sure = match finding.confidence {
        Confidence::Exact => None,
        other => Some(format!("confidence {other}")),
    };
    let parts = [
        set,
        finding.host.as_deref().map(|host| options.clean(host)),
        finding.writer.as_deref().map(|writer| options.clean(writer)),
        Some(options.instant(finding.time)),
        sure,
        Some(format!("{} {}", finding.id, finding.rule)).map(|id| options.clean(&id)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(dot)
}

fn finding_in_short(page: &mut Page, finding: &Finding) {
    let options = page.options;
    let word = page.style(finding.severity.into(), finding.severity.as_str());
    let set = finding.set.as_deref().map(|set| format!("set {}, ", options.clean(set))).unwrap_or_default();
    let host = finding.host.as_deref().map(|host| format!("{}, ", options.clean(host))).unwrap_or_default();
    let title = options.clean(&finding.title);
    let time = options.second(finding.time);
    page.hanging(&word, 2, 2 + BODY, &format!("{title} ({set}{host}{time}, {})", options.clean(&finding.id)));
}

fn folded<'a>(page: &mut Page, findings: impl Iterator<Item = &'a Finding>, words: &str) {
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() {
        return;
    }
    page.gap();
    let head = page.style(Style::Dim, &format!("{} {words}", findings.len()));
    page.paragraph(0, &head);
    for finding in findings {
        let options = page.options;
        let reason = finding.noise_reason.as_deref().map(|reason| format!(": {}", options.clean(reason)));
        let line = format!("{} {}{}", options.either("·", "-"), options.clean(&finding.title), reason.unwrap_or_default());
        if options.verbose { page.hanging("", 2, 4, &line) } else { page.single(2, &line) }
    }
}

/// `Security.evtx #4711  what it says`.
fn proof(evidence: &Evidence, names: &InputNames, options: &TextOptions) -> String {
    let name = options.clean(names.get(&evidence.input));
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    let record = evidence.record.map(|record| format!(" #{record}")).unwrap_or_default();
    let offset = match (evidence.offset, evidence.line.or(evidence.record)) {
        (Some(offset), None) => format!(" @0x{offset:x}"),
        (Some(offset), Some(_)) if options.verbose => format!(" @0x{offset:x}"),
        _ => String::new(),
    };
    format!("{name}{line}{record}{offset}  {}", options.clean(&evidence.text))
}

/// Short names of the inputs: as much of the end of each path as tells it from the others.
struct InputNames<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> InputNames<'a> {
    fn new(inputs: &'a [Input]) -> Self {
        let paths: Vec<&str> = inputs.iter().map(|input| &*input.path).collect();
        let short = |path: &'a str| {
            let starts = path.match_indices(['/', '\\', '!']).map(|(at, _)| &path[at + 1..]);
            let mut tails: Vec<&str> = std::iter::once(path).chain(starts).filter(|tail| !tail.is_empty()).collect();
            tails.reverse();
            let alone = |tail: &&&str| paths.iter().filter(|other| other.ends_with(**tail)).count() == 1;
            tails.iter().find(alone).copied().unwrap_or(path)
        };
        InputNames(inputs.iter().map(|input| (&*input.id, short(&input.path))).collect())
    }

    /// The name, or the id itself where no input has it.
    fn get(&self, id: &'a str) -> &'a str {
        self.0.get(id).copied().unwrap_or(id)
    }
}

// ---- sets ----

fn sets(page: &mut Page, analysis: &Analysis) {
    if analysis.sets.is_empty() {
        return without_sets(page, analysis);
    }
    page.heading("Snapshot sets");
    let options = page.options;
    let columns = [
        ("set", Kind::Rigid),
        ("started", Kind::Rigid),
        ("requester", Kind::Flexible),
        ("outcome", Kind::Rigid),
        ("creation", Kind::Number),
        ("frozen", Kind::Number),
        ("writers", Kind::Flexible),
        ("volumes", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns);
    for set in &analysis.sets {
        let host = if analysis.hosts.len() > 1 { options.clean(&set.host) } else { String::new() };
        let requester = analysis.sessions.iter().find(|s| Some(&s.id) == set.session.as_ref()).map(|s| &s.requester);
        let outcome = page.style(outcome_style(set.outcome), set.outcome.as_str());
        grid.row(vec![
            stacked(options, &short_id(set, options), &host),
            stacked(options, &options.day(set.started), &seconds_of_day(options, set.started)),
            requester.map(|requester| requester_cell(requester, options)).unwrap_or_default(),
            stacked(options, &outcome, set.confidence.as_str()),
            creation_ms(set).map(duration).unwrap_or_default(),
            freeze(set).map(|phase| frozen_cell(phase, options)).unwrap_or_default(),
            writers_cell(set, options),
            set.volumes.iter().map(|v| options.clean(&short_volume(v))).collect::<Vec<_>>().join(", "),
        ]);
    }
    page.table(0, &grid);
}

/// Two parts of a cell: one above the other on a narrow page, else side by side.
fn stacked(options: &TextOptions, upper: &str, lower: &str) -> String {
    match (lower.is_empty(), options.is_wide()) {
        (true, _) => upper.to_owned(),
        (_, true) => format!("{upper} {lower}"),
        (_, false) => format!("{upper}\n{lower}"),
    }
}

fn seconds_of_day(options: &TextOptions, time: Timestamp) -> String {
    let second = options.second(time);
    second.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or(second)
}

/// Head of the GUID, or the local name of a set whose GUID is not known.
pub(super) fn short_id(set: &SnapshotSet, options: &TextOptions) -> String {
    set.guid.map_or_else(|| options.clean(&set.id), short_guid)
}

pub(super) fn outcome_style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Failed => Style::Error,
        Outcome::Aborted | Outcome::Incomplete => Style::Warning,
        Outcome::Created | Outcome::Completed => Style::Good,
        Outcome::Unknown => Style::Dim,
    }
}

fn requester_cell(requester: &Requester, options: &TextOptions) -> String {
    let image = requester.image.as_deref().map(|image| image.rsplit(['\\', '/']).next().unwrap_or(image));
    let pid = requester.pid.map(|pid| format!("pid {pid}")).unwrap_or_default();
    match image {
        Some(image) => stacked(options, &options.clean(image), &pid),
        None => pid,
    }
}

/// How long the creation took: `DoSnapshotSet`, which spans its asynchronous work.
fn creation_ms(set: &SnapshotSet) -> Option<f64> {
    set.phases.iter().find(|phase| phase.name == "DoSnapshotSet")?.duration_ms
}

/// The freeze window nearest to its limit; of the set itself where no writer has one.
fn freeze(set: &SnapshotSet) -> Option<&Phase> {
    let windows = |phases: &'_ [Phase]| phases.iter().position(|p| p.name == "FreezeWindow" && p.duration_ms.is_some());
    let of_writers = set.writers.iter().filter_map(|writer| windows(&writer.phases).map(|at| &writer.phases[at]));
    let share = |phase: &Phase| match (phase.duration_ms, phase.limit_ms) {
        (Some(took), Some(limit)) if limit > 0.0 => took / limit,
        (took, _) => took.unwrap_or(0.0) / 1e9,
    };
    of_writers.max_by(|a, b| share(a).total_cmp(&share(b))).or_else(|| windows(&set.phases).map(|at| &set.phases[at]))
}

fn frozen_cell(phase: &Phase, options: &TextOptions) -> String {
    let took = phase.duration_ms.map(duration).unwrap_or_default();
    let of = phase.limit_ms.map(|ms| format!("of {}", limit(ms))).unwrap_or_default();
    let over = matches!((phase.duration_ms, phase.limit_ms), (Some(took), Some(limit)) if took >= limit);
    let took = if over { Style::Error.on(&format!("{took} (!)"), options.color) } else { took };
    stacked(options, &took, &of)
}

fn writers_cell(set: &SnapshotSet, options: &TextOptions) -> String {
    let involved: Vec<_> = set.writers.iter().filter(|w| w.participation == Participation::Involved).collect();
    match (set.writerless, involved.len(), options.is_wide()) {
        (Some(true), 0, _) => "without".to_owned(),
        (_, 0, _) if set.writers.is_empty() => String::new(),
        (_, number, false) => format!("{number} of {}", set.writers.len()),
        (_, number, true) => {
            let names: Vec<_> = involved.iter().map(|writer| options.clean(&writer.name)).collect();
            format!("{number} of {}: {}", set.writers.len(), names.join(", "))
        }
    }
}

/// What there is to say where no set was found: which records about VSS the logs hold.
fn without_sets(page: &mut Page, analysis: &Analysis) {
    page.heading("Snapshot sets");
    page.paragraph(0, "No snapshot set can be told from this evidence.");
    let mut kinds: BTreeMap<(String, Option<u32>), Vec<&Event>> = BTreeMap::new();
    for event in &analysis.events {
        kinds.entry((event.provider.to_lowercase(), event.event_id)).or_default().push(event);
    }
    let mut kinds: Vec<_> = kinds.into_values().collect();
    kinds.sort_by_key(|events| (std::cmp::Reverse(events.len()), events[0].time));
    if kinds.is_empty() {
        return;
    }
    page.paragraph(0, "What the logs say about VSS:");
    let shown = if page.options.verbose { usize::MAX } else { IN_FULL };
    let columns = [("times", Kind::Number), ("first", Kind::Rigid), ("what", Kind::Flexible)];
    let mut grid = Grid::new(&columns);
    for events in kinds.iter().take(shown) {
        let what = page.options.clean(&describe_without_result(events[0]));
        grid.row(vec![thousands(events.len() as u64), page.options.second(events[0].time), what]);
    }
    page.table(0, &grid);
    if kinds.len() > shown {
        page.paragraph(0, &format!("and {} more kinds of records", kinds.len() - shown));
    }
}

// ---- coverage ----

fn coverage(page: &mut Page, analysis: &Analysis) {
    page.heading("What was seen");
    let options = page.options;
    let many = analysis.hosts.len() > 1;
    let columns = [
        ("source", Kind::Flexible),
        ("host", Kind::Flexible),
        ("first record", Kind::Rigid),
        ("last record", Kind::Rigid),
        ("records", Kind::Number),
    ];
    let mut grid = Grid::new(&columns);
    for span in &analysis.coverage.spans {
        let host = if many { options.clean(&span.host) } else { String::new() };
        let (first, last) = (options.second(span.first), options.second(span.last));
        grid.row(vec![options.clean(&span.source), host, first, last, thousands(span.records)]);
    }
    if !grid.is_empty() {
        page.table(0, &grid);
    }
    for gap in &analysis.coverage.gaps {
        let (first, last) = (options.second(gap.first), options.second(gap.last));
        let (source, host) = (options.clean(&gap.source), options.clean(&gap.host));
        let head = page.style(Style::Warning, "gap");
        page.hanging(&head, 0, LABEL, &format!("{source} of {host}, {first} to {last}: {}", options.clean(&gap.reason)));
    }
    for host in &analysis.hosts {
        let on = if many { format!(" on {}", options.clean(&host.name)) } else { String::new() };
        let services: std::collections::BTreeSet<&str> = host.runs.iter().map(|run| &*run.service).collect();
        for service in services {
            let runs: Vec<_> = host.runs.iter().filter(|run| run.service == service).collect();
            page.hanging("runs", 0, LABEL, &format!("{}{on}: {}", options.clean(service), runs_words(&runs)));
        }
    }
    for input in &analysis.inputs {
        input_issues(page, input);
    }
}

/// `40 runs: 38 idle, 1 asked to stop, 1 under way at the last record; 140.000 s to 279.000 s long`.
fn runs_words(runs: &[&ServiceRun]) -> String {
    let mut ends: Vec<(&str, usize)> = Vec::new();
    for run in runs {
        let words = end_words(run);
        match ends.iter_mut().find(|(known, _)| *known == words) {
            Some((_, number)) => *number += 1,
            None => ends.push((words, 1)),
        }
    }
    ends.sort_by_key(|(words, number)| (std::cmp::Reverse(*number), *words));
    let ends = ends.iter().map(|(words, number)| format!("{number} {words}")).collect::<Vec<_>>().join(", ");
    let mut took: Vec<f64> = runs.iter().filter_map(|run| Some(millis(run.started?, run.ended?))).collect();
    took.sort_by(f64::total_cmp);
    let took = match took[..] {
        [] => String::new(),
        [only] => format!("; {}", duration(only)),
        [shortest, .., longest] => format!("; {} to {}", duration(shortest), duration(longest)),
    };
    let mid = runs.iter().filter(|run| run.started.is_none()).count();
    let mid = if mid > 0 { format!("; {mid} under way at the first record") } else { String::new() };
    format!("{}: {ends}{mid}{took}", count(runs.len(), "run"))
}

fn end_words(run: &ServiceRun) -> &'static str {
    match run.end_reason {
        EndReason::Idle => "stopped after idling",
        EndReason::StopRequested => "asked to stop",
        EndReason::Stopped => "stopped (why is not in the evidence)",
        EndReason::Crashed => "crashed",
        EndReason::Open => "under way at the last record",
        EndReason::Shutdown => "ended with Windows",
        EndReason::Released | EndReason::ProcessExit => "ended with their process",
        EndReason::Unknown => "with an end that is not in the evidence",
    }
}

fn input_issues(page: &mut Page, input: &Input) {
    let options = page.options;
    if input.issues.is_empty() {
        return;
    }
    let lost = if input.lost > 0 { format!(", {} lost", thousands(input.lost)) } else { String::new() };
    let path = options.clean(&input.path);
    let facts = format!("({}, {} records{lost})", options.clean(&input.format), thousands(input.records));
    page.hanging("input", 0, LABEL, &format!("{path} {facts}"));
    for issue in &input.issues {
        let times = if issue.count > 1 { format!(" ({} times)", thousands(issue.count)) } else { String::new() };
        let place = options.clean(&issue.place);
        let style = if issue.kind.is_loss() { Style::Warning } else { Style::Dim };
        let place = page.style(style, &place);
        page.hanging("", LABEL, LABEL + 2, &format!("{place}: {}{times}", options.clean(&issue.message)));
    }
}

// ---- what next ----

fn missing(page: &mut Page, analysis: &Analysis) {
    if analysis.coverage.missing.is_empty() {
        return;
    }
    page.heading("What would tell more");
    for missing in &analysis.coverage.missing {
        let options = page.options;
        let source = page.style(Style::Strong, &options.clean(&missing.source));
        page.hanging("", 0, 2, &format!("{source}: {}", options.clean(&missing.why_it_matters)));
        page.hanging("Collect", 2, LABEL, &options.clean(&missing.how_to_collect));
    }
}
